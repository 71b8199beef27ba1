import { beforeEach, describe, expect, test } from "@jest/globals";
import {
	type AlarmChange,
	Alarms,
	type LifecycleEvent,
	usualAlarms,
} from "../../../cloud/notice/alarms.ts";

let changes: AlarmChange[];
let alarms: Alarms;
beforeEach(() => {
	changes = [];
	alarms = new Alarms(usualAlarms, (change) => changes.push(change));
});

const seconds = 1000;

function event(
	eventType: LifecycleEvent["eventType"],
	versionNumber: number,
	timestamp: number,
	more: Partial<LifecycleEvent> = {},
): LifecycleEvent {
	const reason = eventType === "disconnected" ? { disconnectReason: "CONNECTION_LOST" } : {};
	return { clientId: "st", eventType, versionNumber, timestamp, ...reason, ...more };
}

/** Sweeps every second, as the cloud does. */
function sweep(from: number, to: number): void {
	for (let now = from; now <= to; now += seconds) alarms.sweep(now);
}

const told = (): string[] => changes.map(({ type, alarms }) => `${type} ${alarms.join("+")}`);

test("a link that is back before a minute is over is no alarm (L09)", () => {
	alarms.take(event("connected", 0, 0), 0);
	alarms.take(event("disconnected", 0, 10 * seconds), 10 * seconds);
	sweep(10 * seconds, 12 * seconds);
	alarms.take(event("connected", 1, 12 * seconds), 12 * seconds);
	sweep(12 * seconds, 3600 * seconds);
	expect(told()).toEqual([]);
});

test("a link that stays away is offline, once, and well again after ten calm minutes", () => {
	alarms.take(event("connected", 0, 0), 0);
	alarms.take(event("disconnected", 0, 10 * seconds), 10 * seconds);
	sweep(10 * seconds, 69 * seconds);
	expect(told()).toEqual([]);
	sweep(70 * seconds, 700 * seconds);
	expect(changes).toMatchObject([
		{
			thing: "st",
			type: "opened",
			at: 70 * seconds,
			text: "st is offline for 60 s: CONNECTION_LOST",
		},
	]);
	alarms.take(event("connected", 1, 700 * seconds), 700 * seconds);
	sweep(700 * seconds, 1299 * seconds);
	expect(told()).toEqual(["opened offline"]);
	sweep(1300 * seconds, 1301 * seconds);
	expect(told()).toEqual(["opened offline", "closed offline"]);
});

test.each([
	["three seconds away each time", 3],
	["gone for longer than it is there", 5],
])("a hundred flaps in ten minutes are one incident: %s", (_, away) => {
	let now = 0;
	for (let version = 0; version < 100; version++) {
		alarms.take(event("connected", version, now), now);
		alarms.take(
			event("disconnected", version, now + (6 - away) * seconds),
			now + (6 - away) * seconds,
		);
		sweep(now, now + 6 * seconds);
		now += 6 * seconds;
	}
	alarms.take(event("connected", 100, now), now);
	sweep(now, now + 599 * seconds);
	expect(told()).toEqual(["opened unstable"]);
	sweep(now + 600 * seconds, now + 7200 * seconds);
	expect(told()).toEqual(["opened unstable", "closed unstable"]);
});

test("flaps with long gaps between them join the one incident", () => {
	let now = 0;
	for (let version = 0; version < 10; version++) {
		alarms.take(event("connected", version, now), now);
		alarms.take(event("disconnected", version, now + seconds), now + seconds);
		sweep(now, now + 90 * seconds);
		now += 90 * seconds;
	}
	expect(told()).toEqual(["opened offline", "joined unstable"]);
});

describe("events out of order settle by their version number", () => {
	/** Every order of a take-over and of an end that follows it. */
	const story = [
		event("connected", 0, 0),
		event("connected", 1, 5 * seconds),
		event("disconnected", 0, 5 * seconds, { disconnectReason: "DUPLICATE_CLIENTID" }),
		event("connected", 2, 8 * seconds),
		event("disconnected", 1, 8 * seconds),
	];

	test("whatever the order, and twice: the station is there, and no alarm comes", () => {
		let orders = 0;
		for (const order of permutations(story)) {
			orders += 1;
			changes = [];
			alarms = new Alarms(usualAlarms, (change) => changes.push(change));
			for (const one of [...order, ...order.slice(0, 3)]) alarms.take(one, 10 * seconds);
			alarms.sweep(80 * seconds);
			expect(told()).toEqual([]);
		}
		expect(orders).toBe(120);
	});

	test("whatever the order: the last end counts, and is an alarm", () => {
		for (const order of permutations([
			...story.slice(0, 4),
			event("disconnected", 2, 9 * seconds),
		])) {
			changes = [];
			alarms = new Alarms(usualAlarms, (change) => changes.push(change));
			for (const one of order) alarms.take(one, 10 * seconds);
			alarms.sweep(80 * seconds);
			expect(told()).toEqual(["opened offline"]);
		}
	});

	test("numbers that begin again after an hour are newer all the same", () => {
		alarms.take(event("connected", 7, 0), 0);
		alarms.take(event("disconnected", 7, seconds), seconds);
		alarms.take(event("connected", 0, 3700 * seconds), 3700 * seconds);
		alarms.take(event("disconnected", 0, 3701 * seconds), 3701 * seconds);
		alarms.take(event("connected", 1, 3702 * seconds), 3702 * seconds);
		sweep(3702 * seconds, 3800 * seconds);
		expect(told()).toEqual([]);
	});
});

describe("silence", () => {
	test("three report periods without a report, by the cadence that the shadow tells", () => {
		alarms.take(event("connected", 0, 0), 0);
		alarms.hear("st", 0);
		alarms.setPeriod("st", 30);
		sweep(0, 89 * seconds);
		expect(told()).toEqual([]);
		sweep(90 * seconds, 91 * seconds);
		expect(changes).toMatchObject([
			{ type: "opened", text: "st has not reported for 90 s, more than 3 report periods" },
		]);
		alarms.hear("st", 100 * seconds);
		for (let now = 100; now <= 800; now += 30) {
			alarms.hear("st", now * seconds);
			sweep(now * seconds, (now + 29) * seconds);
		}
		expect(told()).toEqual(["opened silent", "closed silent"]);
	});

	test("by the reports themselves where no shadow tells", () => {
		for (let now = 0; now <= 300; now += 60) {
			alarms.hear("st", now * seconds);
			sweep(now * seconds, (now + 59) * seconds);
		}
		sweep(360 * seconds, 479 * seconds);
		expect(told()).toEqual([]);
		sweep(480 * seconds, 481 * seconds);
		expect(told()).toEqual(["opened silent"]);
	});

	test("a station that says goodbye between its reports sleeps; it is missed when it does not report", () => {
		for (let round = 0; round < 4; round++) {
			const now = round * 600 * seconds;
			alarms.take(event("connected", round, now), now);
			alarms.hear("st", now);
			const bye = { clientInitiatedDisconnect: true };
			alarms.take(event("disconnected", round, now + seconds, bye), now + seconds);
			sweep(now, now + 599 * seconds);
		}
		expect(told()).toEqual([]);
		sweep(2400 * seconds, 3700 * seconds);
		expect(told()).toEqual(["opened silent"]);
	});

	test("a station from before that does not come back", () => {
		alarms.expect("st", 0);
		sweep(0, 899 * seconds);
		expect(told()).toEqual([]);
		sweep(900 * seconds, 901 * seconds);
		expect(changes).toMatchObject([{ text: "st has not reported since the cloud started" }]);
	});

	test("a client that never reports, such as an app, is not missed", () => {
		alarms.take(event("connected", 0, 0), 0);
		sweep(0, 4000 * seconds);
		expect(told()).toEqual([]);
	});

	test("offline and silent are one incident", () => {
		alarms.take(event("connected", 0, 0), 0);
		alarms.hear("st", 0);
		alarms.setPeriod("st", 60);
		alarms.take(event("disconnected", 0, seconds), seconds);
		sweep(0, 1000 * seconds);
		expect(told()).toEqual(["opened offline", "joined silent"]);
	});
});

test("an incident from before a restart is not told again", () => {
	alarms.resume("st", ["offline"]);
	alarms.expect("st", 0);
	sweep(0, 1000 * seconds);
	expect(told()).toEqual(["joined silent"]);
	alarms.take(event("connected", 0, 1000 * seconds), 1000 * seconds);
	alarms.hear("st", 1000 * seconds);
	sweep(1000 * seconds, 1600 * seconds);
	expect(told()).toEqual(["joined silent", "closed offline+silent"]);
});

function* permutations<T>(items: readonly T[]): Generator<T[]> {
	if (items.length === 0) yield [];
	for (const [index, item] of items.entries()) {
		const rest = [...items.slice(0, index), ...items.slice(index + 1)];
		for (const order of permutations(rest)) yield [item, ...order];
	}
}

test("what is wrong now is of the same judgement, and over before the incident is", () => {
	const names = (): string[] => alarms.current("st").map(({ name }) => name);
	alarms.take(event("connected", 0, 0), 0);
	alarms.hear("st", 0);
	alarms.setPeriod("st", 60);
	alarms.take(event("disconnected", 0, 10 * seconds), 10 * seconds);
	sweep(10 * seconds, 69 * seconds);
	expect(names()).toEqual([]);
	sweep(70 * seconds, 70 * seconds);
	expect(alarms.current("st")).toEqual([
		{ name: "offline", detail: "not connected: CONNECTION_LOST" },
	]);
	sweep(71 * seconds, 180 * seconds);
	expect(names()).toEqual(["offline", "silent"]);
	alarms.take(event("connected", 1, 181 * seconds), 181 * seconds);
	expect(names()).toEqual(["silent"]);
	alarms.hear("st", 182 * seconds);
	expect(names()).toEqual([]);
	expect(told()).toEqual(["opened offline", "joined silent"]);
	expect(alarms.current("another")).toEqual([]);
});

test("a station that has said goodbye is not offline, for nobody", () => {
	alarms.take(event("connected", 0, 0), 0);
	const goodbye = { clientInitiatedDisconnect: true };
	alarms.take(event("disconnected", 0, 10 * seconds, goodbye), 10 * seconds);
	sweep(10 * seconds, 3600 * seconds);
	expect([told(), alarms.current("st")]).toEqual([[], []]);
});
