import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { bearing, turnBetween } from "../../../firmware/sensing/bearing.ts";
import { WindHistory, type WindSummary, windowsMs } from "../../../firmware/sensing/wind.ts";

const [twoMinutes, tenMinutes] = windowsMs;
const second = 1000;
const minute = 60 * second;

let history: WindHistory;
let into: WindSummary;
let now: number;

beforeEach(() => {
	history = new WindHistory();
	now = 0;
	into = {
		speed: 0,
		vectorSpeed: 0,
		direction: 0,
		gust: 0,
		gustDirection: 0,
		gustAt: 0 as Ticks,
		directionFrom: 0,
		directionTo: 0,
	};
});

/** Samples every `period` until `duration` has passed; each stands for the period before it. */
function blow(
	duration: number,
	wind: (time: number) => readonly [number, number],
	period = second,
): void {
	for (const end = now + duration; now < end; now += period) {
		const [speed, direction] = wind(now);
		history.add(speed, direction, period, now as Ticks);
	}
}

function summarize(windowMs: number): boolean {
	return history.summarize(windowMs, into, now as Ticks);
}

describe("means over 2 and 10 minutes", () => {
	test("of a steady wind are the wind", () => {
		blow(10 * minute, () => [5, 200]);
		for (const windowMs of windowsMs) {
			expect(summarize(windowMs)).toBe(true);
			expect(into.speed).toBeCloseTo(5, 9);
			expect(into.vectorSpeed).toBeCloseTo(5, 9);
			expect(into.direction).toBeCloseTo(200, 4);
			expect(into.gust).toBeCloseTo(5, 6);
		}
	});

	test("the shorter one follows a change of wind sooner", () => {
		blow(10 * minute, () => [4, 90]);
		blow(2 * minute, () => [8, 180]);
		summarize(twoMinutes);
		expect([into.speed, into.direction]).toEqual([8, 180]);
		summarize(tenMinutes);
		expect(into.speed).toBeCloseTo((8 * 4 + 2 * 8) / 10, 9);
		expect(into.direction).toBeCloseTo((Math.atan2(32, -16) * 180) / Math.PI, 3);
		expect(into.vectorSpeed).toBeCloseTo(Math.hypot(32, 16) / 10, 9);
	});

	test("weewx/weewx#798: 350° and 10° give 0°", () => {
		blow(2 * minute, (time) => [5, (time / second) % 2 === 0 ? 350 : 10]);
		summarize(twoMinutes);
		expect(into.direction).toBeCloseTo(0, 4);
		expect(into.vectorSpeed).toBeLessThan(5);
	});

	test("windows are half-open: the sample at the end belongs to the next", () => {
		blow(2 * minute, () => [5, 0]);
		history.add(50, 90, second, now as Ticks);
		summarize(twoMinutes);
		expect(into.speed).toBe(5);
		now += 10 * second;
		summarize(twoMinutes);
		expect(into.speed).toBeGreaterThan(5);
	});

	test("slide by ten seconds", () => {
		blow(2 * minute, () => [5, 0]);
		blow(9 * second, () => [50, 0]);
		summarize(twoMinutes);
		expect(into.speed).toBe(5);
	});

	test("a wind below 0.5 m/s is calm and has no direction", () => {
		blow(2 * minute, () => [0.49, 90]);
		expect(summarize(twoMinutes)).toBe(true);
		expect(into.speed).toBeCloseTo(0.49, 9);
		expect([into.direction, into.directionFrom, into.directionTo]).toEqual([
			Number.NaN,
			Number.NaN,
			Number.NaN,
		]);
	});

	test("a vane that is missing leaves the speed", () => {
		blow(2 * minute, () => [5, Number.NaN]);
		expect(summarize(twoMinutes)).toBe(true);
		expect(into.speed).toBe(5);
		expect(into.direction).toBeNaN();
		expect(into.vectorSpeed).toBeNaN();
		expect(into.gust).toBe(5);
		expect(into.gustDirection).toBeNaN();
	});
});

describe("coverage", () => {
	test("a window with less than 75 % of its samples is none", () => {
		blow(89 * second, () => [5, 0]);
		now = 2 * minute;
		expect(summarize(twoMinutes)).toBe(false);
		history = new WindHistory();
		now = 0;
		blow(90 * second, () => [5, 0]);
		now = 2 * minute;
		expect(summarize(twoMinutes)).toBe(true);
	});

	test("missing speeds do not count", () => {
		blow(2 * minute, (time) => [time < 31 * second ? Number.NaN : 5, 0]);
		expect(summarize(twoMinutes)).toBe(false);
	});

	test("after a long sleep nothing of before is left", () => {
		blow(10 * minute, () => [20, 90]);
		now += 60 * minute;
		expect(summarize(tenMinutes)).toBe(false);
		history.add(30, 90, 60 * minute, now as Ticks);
		now += second;
		blow(10 * minute, () => [5, 180]);
		expect(summarize(tenMinutes)).toBe(true);
		expect([into.speed, into.direction, into.gust]).toEqual([5, 180, 5]);
	});

	test("before the first sample there is nothing", () => {
		expect(summarize(twoMinutes)).toBe(false);
	});
});

describe("gust", () => {
	test("is the highest 3-second mean, with its end and its direction", () => {
		blow(2 * minute, (time) =>
			time >= 60 * second && time < 63 * second ? [12 + time / second - 60, 270] : [4, 180],
		);
		summarize(twoMinutes);
		expect(into.gust).toBeCloseTo(13, 5);
		expect(into.gustAt).toBe(62 * second);
		expect(into.gustDirection).toBeCloseTo(270, 3);
	});

	test("of a single second is a third of it", () => {
		blow(2 * minute, (time) => (time === 60 * second ? [10, 0] : [4, 0]));
		summarize(twoMinutes);
		expect(into.gust).toBeCloseTo((10 + 4 + 4) / 3, 5);
	});

	test("takes the part of a sample of 2 s that lies within the 3 seconds", () => {
		blow(2 * minute, (time) => (time === 60 * second ? [10, 0] : [4, 0]), 2 * second);
		summarize(twoMinutes);
		expect(into.gust).toBeCloseTo((10 * 2 + 4) / 3, 5);
	});

	test("works at 4 Hz", () => {
		blow(2 * minute, (time) => (time % minute < 1500 ? [10, 0] : [4, 0]), 250);
		summarize(twoMinutes);
		expect(into.gust).toBeCloseTo(7, 5);
	});

	test("at 3 s is the sample, beyond it there is none", () => {
		blow(2 * minute, (time) => (time === 60 * second ? [10, 0] : [4, 0]), 3 * second);
		summarize(twoMinutes);
		expect(into.gust).toBe(10);
		history = new WindHistory();
		now = 0;
		blow(2 * minute, () => [4, 0], 4 * second);
		expect(summarize(twoMinutes)).toBe(true);
		expect(into.gust).toBeNaN();
	});

	test("does not reach over a gap", () => {
		blow(2 * minute, (time) => {
			if (time === 60 * second) return [30, 0];
			return [time === 59 * second || time === 61 * second ? Number.NaN : 4, 0];
		});
		summarize(twoMinutes);
		expect(into.gust).toBe(4);
	});
});

describe("variable direction", () => {
	test("is the arc from the first to the second, also through north", () => {
		blow(10 * minute, (time) => [5, (330 + ((time / second) % 71) + 360) % 360]);
		summarize(tenMinutes);
		expect(into.directionFrom).toBeCloseTo(330, 3);
		expect(into.directionTo).toBeCloseTo(40, 3);
	});

	test("of a steady wind is a point", () => {
		blow(10 * minute, () => [5, 10]);
		summarize(tenMinutes);
		expect([into.directionFrom, into.directionTo]).toEqual([10, 10]);
	});

	test("leaves the step that is being filled as it was", () => {
		blow(2 * minute + 5 * second, (time) => [5, time < 2 * minute ? 100 : 200]);
		summarize(twoMinutes);
		expect([into.directionFrom, into.directionTo]).toEqual([100, 100]);
		blow(2 * minute - 5 * second, () => [5, 200]);
		summarize(twoMinutes);
		expect([into.directionFrom, into.directionTo]).toEqual([200, 200]);
	});

	test("a vane that goes round has the full circle", () => {
		blow(10 * minute, (time) => [5, (time / 100) % 360]);
		summarize(tenMinutes);
		expect(into.directionTo).toBeCloseTo(into.directionFrom, 3);
	});

	test("holds every direction that there was", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 359 }),
				fc.array(fc.integer({ min: -80, max: 80 }), { minLength: 120, maxLength: 120 }),
				(middle, turns) => {
					history = new WindHistory();
					now = 0;
					blow(2 * minute, (time) => [5, (middle + turns[time / second]! + 360) % 360]);
					summarize(twoMinutes);
					const length = (into.directionTo - into.directionFrom + 360) % 360;
					expect(length).toBeCloseTo(Math.max(...turns) - Math.min(...turns), 2);
				},
			),
		);
	});
});

describe("bearings", () => {
	test.each([
		[0, 1, 0],
		[1, 0, 90],
		[0, -1, 180],
		[-1, 0, 270],
		[-1e-9, 1, 0],
	])("of (%p, %p)", (east, north, expected) => {
		expect(bearing(east, north, 1)).toBeCloseTo(expected, 5);
		expect(bearing(east, north, 1)).toBeLessThan(360);
	});

	test("there is none without vectors", () => {
		expect(bearing(0, 0, 0)).toBeNaN();
	});

	test.each([
		[350, 10, 20],
		[10, 350, -20],
		[0, 180, 180],
		[180, 0, 180],
		[90, 90, 0],
		[-90, 725, 95],
	])("the way from %p to %p", (from, to, turn) => {
		expect(turnBetween(from, to)).toBe(turn);
	});
});
