import { beforeEach, describe, expect, test } from "@jest/globals";
import { Observation } from "../../../firmware/base/observation.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import {
	ChannelIndex,
	ChannelTable,
	reasonCode,
	reasonName,
} from "../../../firmware/sensing/channel.ts";
import { Window } from "../../../firmware/sensing/window.ts";

const { airTemperature, windSpeed, windGust, windDirection, precipitation, batteryVoltage } =
	ChannelIndex;
const leafWind = 8;

/** A moment: only the wind of a round asks for it. */
const now = 0 as Ticks;

let window: Window;
let observation: Observation;

beforeEach(() => {
	window = new Window(
		new ChannelTable(
			[
				{
					name: "leafDirection",
					unit: "deg",
					key: "L",
					perUnit: 1,
					aggregate: "direction",
					minimum: 0,
					maximum: 360,
					group: "leaf",
					property: "direction",
					in: "observation",
				},
			],
			[],
		),
	);
	observation = new Observation();
});

function close(channel: number): number {
	window.close(observation);
	return observation.values[channel]!;
}

function reason(channel: number): string | undefined {
	return reasonName(observation.reasons[channel]!);
}

/** One round of both wind sensors. */
function blow(speed: number, direction: number): void {
	window.add(windSpeed, speed, now);
	window.add(windDirection, direction, now);
}

describe("aggregates", () => {
	test("mean", () => {
		for (const value of [-1, 0, 4]) window.add(airTemperature, value, now);
		expect(close(airTemperature)).toBe(1);
		expect(observation.reasons[airTemperature]).toBe(0);
	});

	test("max, also of values below zero", () => {
		for (const value of [3, 8, 5]) window.add(windGust, value, now);
		expect(close(windGust)).toBe(8);
		for (const value of [-3, -8]) window.add(windGust, value, now);
		expect(close(windGust)).toBe(-3);
	});

	test("sum", () => {
		for (let tip = 0; tip < 5; tip++) window.add(precipitation, 0.2, now);
		expect(close(precipitation)).toBeCloseTo(1, 6);
	});

	test("last", () => {
		for (const value of [4.1, 3.9]) window.add(batteryVoltage, value, now);
		expect(close(batteryVoltage)).toBeCloseTo(3.9, 6);
	});

	test("direction of a channel of the user's own, all samples alike", () => {
		for (const value of [80, 100, 120]) window.add(leafWind, value, now);
		expect(close(leafWind)).toBeCloseTo(100, 4);
	});

	test("each window begins afresh", () => {
		window.add(precipitation, 0.2, now);
		window.add(windGust, 20, now);
		window.close(observation);
		window.add(precipitation, 0.4, now);
		window.add(windGust, 2, now);
		window.close(observation);
		expect(observation.values[precipitation]).toBeCloseTo(0.4, 6);
		expect(observation.values[windGust]).toBe(2);
	});
});

describe("wind direction", () => {
	beforeEach(() => {
		window.fit(windSpeed);
		window.fit(windDirection);
	});

	test("weewx/weewx#798: 350° and 10° give 0°", () => {
		blow(5, 350);
		blow(5, 10);
		expect(close(windDirection)).toBeCloseTo(0, 4);
	});

	test("is never 360", () => {
		blow(5, 359.999999999);
		blow(5, 359.999999999);
		expect(close(windDirection)).toBe(0);
	});

	test("weighs by the speed of the same round", () => {
		blow(1, 0);
		blow(3, 90);
		expect(close(windDirection)).toBeCloseTo((Math.atan2(3, 1) * 180) / Math.PI, 4);
	});

	test("does not mind which sensor comes first in a round", () => {
		window.add(windDirection, 0, now);
		window.add(windSpeed, 1, now);
		window.add(windDirection, 90, now);
		window.add(windSpeed, 3, now);
		expect(close(windDirection)).toBeCloseTo((Math.atan2(3, 1) * 180) / Math.PI, 4);
	});

	test("does not pair values of different rounds", () => {
		window.add(windDirection, 180, now);
		window.missing(windSpeed, reasonCode("nack"), now);
		blow(5, 90);
		expect(close(windDirection)).toBeCloseTo(90, 4);
	});

	test("is calm below 0.5 m/s of mean speed", () => {
		blow(0, 45);
		blow(0.9, 45);
		expect(close(windDirection)).toBeNaN();
		expect(reason(windDirection)).toBe("calm");
		blow(0.1, 45);
		blow(0.9, 45);
		expect(close(windDirection)).toBeCloseTo(45, 4);
		expect(reason(windDirection)).toBeUndefined();
	});

	test("is calm when the vectors cancel out", () => {
		blow(5, 0);
		blow(5, 180);
		expect(close(windDirection)).toBeNaN();
		expect(reason(windDirection)).toBe("calm");
	});

	test("counts all samples alike while the speed is missing", () => {
		window.missing(windSpeed, reasonCode("nack"), now);
		window.add(windDirection, 350, now);
		window.missing(windSpeed, reasonCode("nack"), now);
		window.add(windDirection, 20, now);
		expect(close(windDirection)).toBeCloseTo(5, 4);
		expect(reason(windSpeed)).toBe("nack");
	});

	test("keeps the half of a round that came before the end of the window", () => {
		window.add(windSpeed, 4, now);
		window.close(observation);
		window.add(windDirection, 270, now);
		window.add(windSpeed, 4, now);
		expect(close(windDirection)).toBeCloseTo(270, 4);
	});
});

describe("missing", () => {
	test("esphome/issues#5495: no value outlives its window", () => {
		window.add(airTemperature, 20, now);
		window.close(observation);
		window.missing(airTemperature, reasonCode("nack"), now);
		expect(close(airTemperature)).toBeNaN();
		expect(reason(airTemperature)).toBe("nack");
	});

	test("the last reason counts", () => {
		window.missing(airTemperature, reasonCode("nack"), now);
		window.missing(airTemperature, reasonCode("part"), now);
		window.close(observation);
		expect(reason(airTemperature)).toBe("part");
	});

	test("one good sample is a value", () => {
		window.missing(airTemperature, reasonCode("nack"), now);
		window.add(airTemperature, 7, now);
		window.missing(airTemperature, reasonCode("nack"), now);
		expect(close(airTemperature)).toBe(7);
		expect(reason(airTemperature)).toBeUndefined();
	});

	test("a fitted channel without a word is silent", () => {
		window.fit(airTemperature);
		expect(close(airTemperature)).toBeNaN();
		expect(reason(airTemperature)).toBe("silent");
		window.add(windGust, 3, now);
		window.close(observation);
		expect(close(windGust)).toBeNaN();
		expect(reason(windGust)).toBe("silent");
	});

	test("a channel that no sensor fills has neither value nor reason", () => {
		expect(close(airTemperature)).toBeNaN();
		expect(observation.reasons[airTemperature]).toBe(0);
	});

	test("latest is the last sample, and NaN when that is missing", () => {
		expect(window.latest(airTemperature)).toBeNaN();
		window.add(airTemperature, 7, now);
		window.close(observation);
		expect(window.latest(airTemperature)).toBe(7);
		window.missing(airTemperature, reasonCode("crc"), now);
		expect(window.latest(airTemperature)).toBeNaN();
	});
});

test("close leaves what is not of the window alone", () => {
	observation.sequence = 41;
	observation.startSeconds = 1_451_606_400;
	window.add(airTemperature, 1, now);
	window.close(observation);
	expect(observation).toMatchObject({ sequence: 41, startSeconds: 1_451_606_400 });
});

describe("statistics of a channel", () => {
	const table = new ChannelTable(
		[],
		["airTemperatureMinimum", "airTemperatureMaximum", "airTemperatureSamples"],
	);
	const [lowest, highest, samples] = [8, 9, 10] as const;

	function closed(...values: number[]): number[] {
		window = new Window(table);
		for (const channel of [airTemperature, lowest, highest, samples]) {
			window.fit(channel);
			for (const value of values) window.add(channel, value, now);
		}
		window.close(observation);
		return [airTemperature, lowest, highest, samples].map(
			(channel) => observation.values[channel]!,
		);
	}

	test("are its lowest and highest sample and their number", () => {
		expect(closed(-4, 3, -2)).toEqual([-1, -4, 3, 3]);
	});

	test("without a sample: none, and the number is 0", () => {
		expect(closed()).toEqual([Number.NaN, Number.NaN, Number.NaN, 0]);
		expect(reason(lowest)).toBe("silent");
		expect(reason(samples)).toBeUndefined();
	});
});

describe("the wind of each round", () => {
	let told: (readonly number[])[];

	/** A window that has both wind sensors, or the anemometer alone. */
	function open(...fitted: number[]): void {
		told = [];
		window = new Window(new ChannelTable([], []), (...wind) => told.push(wind));
		for (const channel of fitted) window.fit(channel);
	}

	const at = (ms: number): Ticks => ms as Ticks;

	test("is told once speed and direction are known, with the time since the round before", () => {
		open(windSpeed, windDirection);
		for (const [ms, speed] of [
			[0, 3],
			[2000, 4],
			[4000, 5],
		] as const) {
			window.add(windSpeed, speed, at(ms));
			window.add(windDirection, 90, at(ms + 10));
		}
		expect(told).toEqual([
			[4, 90, 2000, 2010],
			[5, 90, 2000, 4010],
		]);
	});

	test("goes on over the end of an observation", () => {
		open(windSpeed, windDirection);
		window.add(windSpeed, 3, at(0));
		window.add(windDirection, 90, at(0));
		window.close(observation);
		window.add(windSpeed, 4, at(2000));
		window.close(observation);
		window.add(windDirection, 90, at(2010));
		expect(told).toEqual([[4, 90, 2010, 2010]]);
	});

	test("has NaN for what is missing, and for the direction where there is no vane", () => {
		open(windSpeed);
		window.add(windSpeed, 3, at(0));
		window.add(windSpeed, 4, at(2000));
		window.missing(windSpeed, reasonCode("nack"), at(4000));
		expect(told).toEqual([
			[4, Number.NaN, 2000, 2000],
			[Number.NaN, Number.NaN, 2000, 4000],
		]);
	});
});
