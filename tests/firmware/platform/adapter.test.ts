import { beforeEach, describe, expect, jest, test } from "@jest/globals";
import { never } from "../../../firmware/base/ticks.ts";
import type { Epoch, Random, Ticks } from "../../../firmware/ports/clock.ts";
import { builtAt } from "../../../firmware/station/version.ts";

/** The SDK's timers: each fires when it is due, and again after its period until it is moved. */
class SdkTimers {
	now = 0;
	readonly #timers = new Map<object, { callback: () => void; due: number; period: number }>();

	readonly module = {
		repeat: (callback: () => void, period: number): object => {
			const timer = {};
			this.#timers.set(timer, { callback, due: this.now + period, period });
			return timer;
		},
		schedule: (timer: object, delay = Number.POSITIVE_INFINITY, period = 0): void => {
			const entry = this.#timers.get(timer)!;
			expect(delay).toBeGreaterThan(0);
			if (delay !== Number.POSITIVE_INFINITY) expect(period).toBeGreaterThan(0);
			entry.due = this.now + delay;
			entry.period = period;
		},
	};

	/** Lets time pass, event by event. */
	run(until: number): void {
		for (;;) {
			const next = [...this.#timers.values()].sort((one, other) => one.due - other.due)[0];
			if (next === undefined || next.due > until) break;
			this.now = next.due;
			next.due += next.period;
			next.callback();
		}
		this.now = until;
	}
}

/** Wi-Fi of the SDK under the test's hand. */
class FakeInterface {
	static last: FakeInterface;
	connection = 200;
	address = "10.0.0.2";
	BSSID = "aa";
	RSSI = -67;
	attempts = 0;
	readonly #onChanged: () => void;

	constructor(options: { onChanged(): void }) {
		this.#onChanged = options.onChanged;
		FakeInterface.last = this;
	}

	connect(): void {
		this.attempts += 1;
		if (this.connection !== 200) throw new Error("already connecting");
		this.connection = 300;
	}

	disconnect(): void {
		this.connection = 200;
	}

	become(connection: number): void {
		this.connection = connection;
		this.#onChanged();
	}
}

const guard =
	<A extends readonly unknown[]>(work: (...parameters: A) => void) =>
	(...parameters: A) =>
		work(...parameters);
const random: Random = { next: () => 0x8000_0000 };

let timers: SdkTimers;
let counterOffset: number;
let timesSet: [now: number, seconds: number][];

beforeEach(() => {
	jest.resetModules();
	timers = new SdkTimers();
	counterOffset = 0;
	timesSet = [];
	const time = {
		/** As on the chip: signed, and it wraps. */
		get ticks() {
			return (timers.now + counterOffset) | 0;
		},
		set: (seconds: number) => timesSet.push([timers.now, seconds]),
	};
	const options = { virtual: true };
	jest.doMock("time", () => ({ __esModule: true, default: time }), options);
	jest.doMock("timer", () => ({ __esModule: true, default: timers.module }), options);
	jest.doMock(
		"embedded:isobar/interface",
		() => ({ __esModule: true, default: FakeInterface }),
		options,
	);
	for (const socket of [
		"embedded:io/socket/udp",
		"embedded:io/socket/tcp",
		"embedded:isobar/tls",
	]) {
		jest.doMock(socket, () => ({ __esModule: true, default: class {} }), options);
	}
});

describe("clock", () => {
	const load = async () =>
		new (await import("../../../firmware/platform/moddable/clock.ts")).ModdableClock(guard);

	test("ticks begin at 0 and go on where the counter of 32 bits wraps, also twice", async () => {
		counterOffset = 2 ** 32 - 5_000;
		const clock = await load();
		expect(clock.ticks).toBe(0);
		const days = 120 * 86_400_000;
		timers.run(days);
		expect(clock.ticks).toBe(days);
	});

	test("the alarm fires once, at its deadline, however far away that is", async () => {
		const clock = await load();
		const fired: number[] = [];
		clock.onAlarm = (now) => fired.push(now);
		const deadline = 60 * 86_400_000 + 7;
		clock.setAlarm(deadline as Ticks);
		timers.run(deadline - 1);
		expect(fired).toEqual([]);
		timers.run(deadline + 90 * 86_400_000);
		expect(fired).toEqual([deadline]);
	});

	test("an alarm moves, is taken back, and is set again from its own callback", async () => {
		const clock = await load();
		const fired: number[] = [];
		clock.onAlarm = (now) => {
			fired.push(now);
			if (fired.length < 3) clock.setAlarm((now + 10) as Ticks);
		};
		clock.setAlarm(50 as Ticks);
		clock.setAlarm(20 as Ticks);
		timers.run(100);
		expect(fired).toEqual([20, 30, 40]);
		clock.setAlarm(150 as Ticks);
		clock.setAlarm(never as Ticks);
		timers.run(1_000_000);
		expect(fired).toHaveLength(3);
	});

	test("a deadline that has passed fires after the caller has returned", async () => {
		const clock = await load();
		const fired: number[] = [];
		clock.onAlarm = (now) => fired.push(now);
		timers.run(500);
		clock.setAlarm(100 as Ticks);
		expect(fired).toEqual([]);
		timers.run(502);
		expect(fired).toHaveLength(1);
	});

	test("the real-time clock is set when its next whole second begins", async () => {
		const clock = await load();
		timers.run(1_000);
		clock.set(1_800_000_000_250 as Epoch);
		timers.run(5_000);
		expect(timesSet).toEqual([[1_750, 1_800_000_001]]);
	});

	test("ticks go on after a sleep, and a sleep waits for a real-time clock that is to be set", async () => {
		const { ModdableClock } = await import("../../../firmware/platform/moddable/clock.ts");
		const clock = new ModdableClock(guard, 5_000);
		expect(clock.ticks).toBe(5_000);
		timers.run(1_000);
		expect(clock.ticks).toBe(6_000);
		const slept: number[] = [];
		clock.whenSet(() => slept.push(timers.now));
		clock.set(1_800_000_000_250 as Epoch);
		clock.whenSet(() => slept.push(timers.now));
		timers.run(5_000);
		clock.whenSet(() => slept.push(timers.now));
		expect(slept).toEqual([1_000, 1_750, 5_000]);
		expect(timesSet).toEqual([[1_750, 1_800_000_001]]);
	});

	test("a real-time clock that shows less than the build was never set", async () => {
		const clock = await load();
		const now = jest.spyOn(Date, "now");
		now.mockReturnValue(builtAt - 1);
		expect(clock.epoch).toBeUndefined();
		now.mockReturnValue(builtAt);
		expect(clock.epoch).toBe(builtAt);
		now.mockRestore();
	});
});

describe("network interface", () => {
	async function load() {
		const { ModdableClock } = await import("../../../firmware/platform/moddable/clock.ts");
		const { keepConnected } = await import("../../../firmware/platform/moddable/network.ts");
		const events: string[] = [];
		const clock = new ModdableClock(guard);
		const network = keepConnected({ SSID: "roof" }, 0 as Ticks, clock, random, guard, {
			onUp: (now) => events.push(`${now} up`),
			onDown: (now) => events.push(`${now} down`),
			onChanged: (now) => events.push(`${now} changed`),
			log: () => {},
		});
		return { wifi: FakeInterface.last, network, events };
	}

	test("hands out the interface that it keeps, for the signal strength to be read from", async () => {
		const { wifi, network } = await load();
		expect(network).toBe(wifi);
		wifi.RSSI = -81;
		expect(network.RSSI).toBe(-81);
	});

	test("the timer of the SDK makes the attempts, and what the interface says gets through", async () => {
		const { wifi, events } = await load();
		timers.run(1_000);
		expect(wifi.attempts).toBe(0);
		timers.run(2_000);
		expect(wifi.attempts).toBe(1);
		wifi.become(500);
		timers.run(3_000);
		wifi.become(200);
		expect(events).toEqual(["2000 up", "3000 down"]);
		timers.run(10_000);
		expect(wifi.attempts).toBe(2);
	});

	test("an attempt that hangs is given up, and an address that changes is seen", async () => {
		const { wifi, events } = await load();
		timers.run(2_000);
		timers.run(200_000);
		expect(wifi.attempts).toBeGreaterThan(1);
		wifi.become(500);
		wifi.address = "10.0.0.3";
		timers.run(270_000);
		expect(events).toEqual(["200000 up", "260000 changed"]);
	});
});
