import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { TimeQuality } from "../../../firmware/base/observation.ts";
import { driftBoundMs, driftPpm, WallClock } from "../../../firmware/clock/wallclock.ts";
import type { Epoch, Ticks } from "../../../firmware/ports/clock.ts";

const { Synchronised, Retained, BackStamped, Unknown } = TimeQuality;
const noon = 1_451_649_600_000;
/** Ticks over which the drift alone uses up the bound. */
const validMs = (driftBoundMs / driftPpm) * 1e6;

let clock: WallClock;

beforeEach(() => {
	clock = new WallClock();
});

function set(epoch: number, quality: TimeQuality, now: number): void {
	clock.set(epoch as Epoch, quality, now as Ticks);
}

const epochAt = (now: number): number | undefined => clock.epochAt(now as Ticks);
const ticksAt = (epoch: number): number => clock.ticksAt(epoch as Epoch);
const quality = (now: number): TimeQuality => clock.quality(now as Ticks);
const floorAt = (now: number): number | undefined => clock.floorAt(now as Ticks);

describe("before it is set", () => {
	test("it says that it does not know", () => {
		expect(epochAt(5)).toBeUndefined();
		expect(ticksAt(noon)).toBe(Number.POSITIVE_INFINITY);
		expect(quality(5)).toBe(Unknown);
		expect(floorAt(5)).toBeUndefined();
	});

	test("a floor dates nothing, but is there for certificates", () => {
		set(noon, Unknown, 100);
		expect(epochAt(100)).toBeUndefined();
		expect(quality(100)).toBe(Unknown);
		expect(floorAt(350)).toBe(noon + 250);
	});

	test("the highest floor counts", () => {
		set(noon, Unknown, 100);
		set(noon - 1, Unknown, 100);
		expect(floorAt(100)).toBe(noon);
		set(noon + 500, Unknown, 200);
		expect(floorAt(200)).toBe(noon + 500);
	});
});

describe("set", () => {
	test("it follows the ticks", () => {
		set(noon, Synchronised, 1000);
		expect(epochAt(1000)).toBe(noon);
		expect(epochAt(61_000)).toBe(noon + 60_000);
		expect(ticksAt(noon + 60_000)).toBe(61_000);
		expect(floorAt(61_000)).toBe(noon + 60_000);
	});

	test("a floor above the time does not hold it back", () => {
		set(noon + 86_400_000, Unknown, 0);
		set(noon, Synchronised, 1000);
		expect(epochAt(1000)).toBe(noon);
		expect(floorAt(1000)).toBe(noon);
	});

	test("forward it steps", () => {
		set(noon, Synchronised, 0);
		set(noon + 5000, Synchronised, 100);
		expect(epochAt(100)).toBe(noon + 5000);
	});

	test("back it goes at half speed until the step is absorbed", () => {
		set(noon, Synchronised, 0);
		set(noon + 700, Synchronised, 1000);
		expect(epochAt(1000)).toBe(noon + 1000);
		expect(epochAt(1200)).toBe(noon + 1100);
		expect(epochAt(1600)).toBe(noon + 1300);
		expect(epochAt(2000)).toBe(noon + 1700);
	});

	test("a worse source is not heard, a fresh one of the same kind is", () => {
		set(noon, Retained, 0);
		set(noon + 10, Unknown, 0);
		expect(epochAt(0)).toBe(noon);
		set(noon + 20, Retained, 0);
		expect(epochAt(0)).toBe(noon + 20);
		set(noon + 30, Synchronised, 0);
		set(noon + 40, Retained, 0);
		expect(epochAt(0)).toBe(noon + 30);
		expect(quality(0)).toBe(Synchronised);
	});

	test("it is never set to back-stamped time", () => {
		expect(() => set(noon, BackStamped, 0)).toThrow("assertion failed");
	});
});

describe("quality", () => {
	test("is Synchronised while the drift is within its bound", () => {
		set(noon, Synchronised, 500);
		expect(quality(500)).toBe(Synchronised);
		expect(quality(500 + validMs)).toBe(Synchronised);
		expect(quality(501 + validMs)).toBe(Retained);
		set(noon + validMs, Synchronised, 501 + validMs);
		expect(quality(501 + validMs)).toBe(Synchronised);
	});

	test("a source of lower rank is heard once the bound is passed", () => {
		set(noon, Synchronised, 0);
		set(noon + 5, Retained, validMs + 1);
		expect(quality(validMs + 1)).toBe(Retained);
	});

	test("is Retained while a large step back is being absorbed", () => {
		set(noon, Synchronised, 0);
		set(noon - 3_600_000, Synchronised, 1000);
		expect(quality(1000)).toBe(Retained);
		expect(quality(1000 + 2 * 3_601_000 - 3000)).toBe(Retained);
		expect(quality(1000 + 2 * 3_601_000)).toBe(Synchronised);
	});

	test("does not rise by itself", () => {
		set(noon, Retained, 0);
		expect(quality(1)).toBe(Retained);
	});
});

describe("whatever it is told", () => {
	const told = fc.array(
		fc.record({
			wait: fc.integer({ min: 0, max: 100_000 }),
			step: fc.integer({ min: -50_000, max: 50_000 }),
			quality: fc.constantFrom(Synchronised, Retained, Unknown),
		}),
		{ maxLength: 20 },
	);

	test("it never runs backward", () => {
		fc.assert(
			fc.property(told, (settings) => {
				clock = new WallClock();
				let now = 0;
				let given = 0;
				for (const { wait, step, quality: rank } of settings) {
					for (const then of [now, now + wait / 3, now + wait]) {
						expect(epochAt(then) ?? noon).toBeGreaterThanOrEqual(given);
						given = epochAt(then) ?? given;
					}
					now += wait;
					set(noon + now + step, rank, now);
				}
			}),
		);
	});

	test("ticksAt is the first tick at which epochAt reaches a moment", () => {
		fc.assert(
			fc.property(told, fc.nat({ max: 200_000 }), (settings, ahead) => {
				clock = new WallClock();
				let now = 0;
				set(noon, Retained, now);
				for (const { wait, step, quality: rank } of settings) {
					now += wait;
					set(noon + now + step, rank, now);
				}
				const epoch = (epochAt(now) as number) + 1 + ahead;
				const ticks = ticksAt(epoch);
				expect(Number.isInteger(ticks)).toBe(true);
				expect(epochAt(ticks)).toBeGreaterThanOrEqual(epoch);
				expect(epochAt(ticks - 1)).toBeLessThan(epoch);
			}),
		);
	});
});
