import { beforeEach, describe, expect, test } from "@jest/globals";
import { type KeeperHost, NetworkKeeper } from "../../../firmware/network/keeper.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { Access, NetworkInterface } from "../../../firmware/ports/interface.ts";

/** An interface under the test's hand, as strict as the SDK's Wi-Fi. */
class FakeInterface implements NetworkInterface {
	connection = 200;
	address = "10.0.0.2";
	BSSID = "aa";
	readonly attempts: Access[] = [];

	connect(access: Access): void {
		this.attempts.push(access);
		if (this.connection !== 200) throw new Error("already connecting");
		this.connection = 300;
	}

	disconnect(): void {
		this.connection = 200;
	}
}

let now: Ticks;
let wifi: FakeInterface;
let events: string[];
let keeper: NetworkKeeper;

beforeEach(() => {
	now = 0 as Ticks;
	wifi = new FakeInterface();
	events = [];
	const host: KeeperHost = {
		onUp: () => events.push("up"),
		onDown: () => events.push("down"),
		onChanged: () => events.push("changed"),
		log: (line) => events.push(line),
	};
	keeper = new NetworkKeeper(wifi, { SSID: "roof" }, { next: () => 0x8000_0000 }, host);
	keeper.open(now);
});

/** Lets time pass, deadline by deadline. */
function run(until: number): void {
	while (keeper.deadline <= until) {
		now = keeper.deadline;
		keeper.onDeadline(now);
	}
	now = until as Ticks;
}

function become(connection: number): void {
	wifi.connection = connection;
	keeper.onChanged(now);
}

/** What was told, without the log. */
const told = (): string[] => events.filter((event) => !event.includes(":"));

describe("NetworkKeeper", () => {
	test("connects after a jittered delay, and says so when it has an address", () => {
		expect(keeper.deadline).toBe(1_250);
		run(1_249);
		expect(wifi.attempts).toEqual([]);
		run(1_250);
		expect(wifi.attempts).toEqual([{ SSID: "roof" }]);
		become(400);
		expect(told()).toEqual([]);
		become(500);
		expect(events).toEqual(["network: up, 10.0.0.2 aa", "up"]);
	});

	test("an attempt that ends is followed by another, later each time up to the cap", () => {
		run(2_000);
		const gaps: number[] = [];
		for (let attempt = 1; attempt <= 12; attempt++) {
			become(200);
			gaps.push(keeper.deadline - now);
			run(keeper.deadline);
			expect(wifi.attempts).toHaveLength(attempt + 1);
		}
		expect(gaps).toEqual([...gaps].sort((one, other) => one - other));
		expect(gaps[0]).toBe(2_250);
		expect(gaps.at(-1)).toBe(60_250);
	});

	test.each([300, 400])("an attempt that hangs at %i is given up", (state) => {
		run(2_000);
		wifi.connection = state;
		run(40_000);
		expect(events).toEqual([`network: gave up at ${state}`]);
		expect(wifi.attempts).toHaveLength(2);
	});

	test("an interface that throws costs an attempt and nothing else", () => {
		wifi.connect = () => {
			throw new Error("no station mode");
		};
		run(40_000);
		expect(events.slice(0, 2)).toEqual([
			"network: Error: no station mode",
			"network: Error: no station mode",
		]);
		expect(keeper.deadline).toBeGreaterThan(now);
	});

	test("a loss is told once, and the way back is one to the same place", () => {
		run(2_000);
		become(500);
		become(200);
		become(200);
		run(10_000);
		become(500);
		expect(told()).toEqual(["up", "down", "up"]);
	});

	test.each(["address", "BSSID"] as const)(
		"another %s is a change, also while it is up",
		(what) => {
			run(2_000);
			become(500);
			wifi[what] = "other";
			run(70_000);
			expect(told()).toEqual(["up", "changed"]);
			become(200);
			wifi[what] = "third";
			run(90_000);
			become(500);
			expect(told()).toEqual(["up", "changed", "down", "changed", "up"]);
		},
	);

	test("a loss that nobody reports is seen at the next look", () => {
		run(2_000);
		become(500);
		wifi.connection = 300;
		run(63_000);
		expect(events).toContain("network: gave up at 300");
		become(500);
		expect(told()).toEqual(["up"]);
	});
});
