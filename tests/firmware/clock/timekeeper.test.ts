import { describe, expect, test } from "@jest/globals";
import { TimeQuality } from "../../../firmware/base/observation.ts";
import { Timekeeper } from "../../../firmware/clock/timekeeper.ts";
import type { Epoch, Ticks } from "../../../firmware/ports/clock.ts";
import type { DatagramOptions } from "../../../firmware/ports/socket.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

const at = (ms: number) => ms as Ticks;
const builtAt = Date.UTC(2026, 0, 1) as Epoch;
const hour = 3_600_000;

interface Setting {
	readonly rtc?: number;
	readonly timeServer?: string;
	readonly keyValue?: MapKeyValue;
}

/** A timekeeper at tick 0; `serve` lets the time server answer. */
class Bench {
	rtc: number | undefined;
	readonly set: number[] = [];
	readonly told: number[] = [];
	readonly keyValue: MapKeyValue;
	readonly timekeeper: Timekeeper;
	now = 0;
	#options: DatagramOptions | undefined;
	#reply: Uint8Array | undefined;

	constructor({ rtc, timeServer, keyValue = new MapKeyValue() }: Setting = {}) {
		const bench = this;
		this.rtc = rtc;
		this.keyValue = keyValue;
		this.timekeeper = new Timekeeper({
			clock: {
				get ticks() {
					return at(bench.now);
				},
				get epoch() {
					return bench.rtc === undefined ? undefined : ((bench.rtc + bench.now) as Epoch);
				},
				set: (epoch) => this.set.push(epoch),
				setAlarm: () => {},
				onAlarm: () => {},
			},
			keyValue,
			network: {
				Socket: class {
					constructor() {
						throw new Error("no TLS here");
					}
				} as never,
				resolver: { resolve: (_host, callback) => callback("192.0.2.1") },
				Datagram: class {
					#request = new Uint8Array(48);
					constructor(options: DatagramOptions) {
						bench.#options = options;
					}
					write(buffer: Uint8Array) {
						this.#request = buffer.slice();
					}
					read(into: Uint8Array) {
						const reply = bench.#reply!;
						reply.set(this.#request.subarray(40, 48), 24);
						into.set(reply);
						return 48;
					}
					close() {}
				},
			},
			random: { next: () => 1 },
			timeServer,
			builtAt,
			onSet: (epoch) => this.told.push(epoch),
			onEvent: () => {},
			log: () => {},
		});
	}

	serve(epoch: number) {
		const reply = new Uint8Array(48);
		const view = new DataView(reply.buffer);
		reply[0] = 0x24;
		reply[1] = 1;
		for (const field of [32, 40]) view.setUint32(field, epoch / 1000 + 2_208_988_800);
		this.#reply = reply;
		this.#options!.onReadable();
	}
}

describe("Timekeeper, the ladder", () => {
	test("a platform that keeps its clock is believed from the start, and nobody is told", () => {
		const bench = new Bench({ rtc: builtAt + hour });
		expect(bench.timekeeper.epochAt(at(0))).toBe(builtAt + hour);
		expect(bench.timekeeper.quality(at(0))).toBe(TimeQuality.Synchronised);
		expect(bench.told).toEqual([]);
	});

	test("a platform whose clock comes up later is read again each second, and told of once", () => {
		const bench = new Bench();
		expect(bench.timekeeper.epochAt(at(0))).toBeUndefined();
		expect(bench.timekeeper.deadline).toBe(1_000);
		bench.now = 1_000;
		bench.rtc = builtAt + hour;
		bench.timekeeper.onDeadline(at(1_000));
		expect(bench.told).toEqual([builtAt + hour + 1_000]);
		bench.now = bench.timekeeper.deadline;
		bench.timekeeper.onDeadline(at(bench.now));
		expect(bench.told).toHaveLength(1);
	});

	test("a retained clock dates with that quality until the server speaks", () => {
		const bench = new Bench({ rtc: builtAt + hour, timeServer: "time.example" });
		expect(bench.timekeeper.quality(at(0))).toBe(TimeQuality.Retained);
		bench.timekeeper.open(at(0));
		bench.serve(builtAt + 2 * hour);
		expect(bench.timekeeper.quality(at(0))).toBe(TimeQuality.Synchronised);
		expect(bench.timekeeper.epochAt(at(0))).toBe(builtAt + 2 * hour);
		expect(bench.set).toEqual([builtAt + 2 * hour]);
	});

	test("without anything the time is unknown until the server speaks, who sets the platform's clock", () => {
		const bench = new Bench({ timeServer: "time.example" });
		bench.timekeeper.open(at(0));
		expect(bench.timekeeper.quality(at(0))).toBe(TimeQuality.Unknown);
		bench.serve(builtAt + hour);
		expect(bench.told).toEqual([builtAt + hour]);
	});

	test("a stored time raises the floor for the next boot: an older retained clock is not believed", () => {
		const first = new Bench({ timeServer: "time.example" });
		first.timekeeper.open(at(0));
		first.serve(builtAt + 24 * hour);
		first.now = hour;
		first.timekeeper.onDeadline(at(hour));
		const { keyValue } = first;
		const second = new Bench({ rtc: builtAt + hour, timeServer: "time.example", keyValue });
		expect(second.timekeeper.epochAt(at(0))).toBeUndefined();
		const third = new Bench({ rtc: builtAt + 26 * hour, timeServer: "time.example", keyValue });
		expect(third.timekeeper.epochAt(at(0))).toBe(builtAt + 26 * hour);
	});

	test("a store that fails costs the floor and nothing else", () => {
		const bench = new Bench({ timeServer: "time.example" });
		bench.keyValue.fails = true;
		bench.timekeeper.open(at(0));
		bench.serve(builtAt + hour);
		bench.now = hour;
		expect(() => bench.timekeeper.onDeadline(at(hour))).not.toThrow();
	});
});

describe("Timekeeper, the gate before TLS", () => {
	test("is shut while the time is unknown, and opens with the server's answer", () => {
		const bench = new Bench({ timeServer: "time.example" });
		bench.timekeeper.open(at(0));
		expect(bench.timekeeper.isPlausible(at(60_000))).toBe(false);
		bench.serve(builtAt + hour);
		expect(bench.timekeeper.isPlausible(at(0))).toBe(true);
	});

	test("opens after five minutes with the build time as floor", () => {
		const bench = new Bench({ timeServer: "time.example" });
		expect(bench.timekeeper.isPlausible(at(299_999))).toBe(false);
		expect(bench.timekeeper.isPlausible(at(300_000))).toBe(true);
	});
});

test("closed, it waits for nothing", () => {
	const bench = new Bench({ timeServer: "time.example" });
	bench.timekeeper.open(at(0));
	bench.timekeeper.close();
	expect(bench.timekeeper.deadline).toBe(Number.POSITIVE_INFINITY);
});
