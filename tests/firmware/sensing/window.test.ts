import { beforeEach, describe, expect, test } from "@jest/globals";
import { Observation } from "../../../firmware/base/observation.ts";
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

let window: Window;
let observation: Observation;

beforeEach(() => {
	window = new Window(
		new ChannelTable([
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
		]),
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
	window.add(windSpeed, speed);
	window.add(windDirection, direction);
}

describe("aggregates", () => {
	test("mean", () => {
		for (const value of [-1, 0, 4]) window.add(airTemperature, value);
		expect(close(airTemperature)).toBe(1);
		expect(observation.reasons[airTemperature]).toBe(0);
	});

	test("max, also of values below zero", () => {
		for (const value of [3, 8, 5]) window.add(windGust, value);
		expect(close(windGust)).toBe(8);
		for (const value of [-3, -8]) window.add(windGust, value);
		expect(close(windGust)).toBe(-3);
	});

	test("sum", () => {
		for (let tip = 0; tip < 5; tip++) window.add(precipitation, 0.2);
		expect(close(precipitation)).toBeCloseTo(1, 6);
	});

	test("last", () => {
		for (const value of [4.1, 3.9]) window.add(batteryVoltage, value);
		expect(close(batteryVoltage)).toBeCloseTo(3.9, 6);
	});

	test("direction of a channel of the user's own, all samples alike", () => {
		for (const value of [80, 100, 120]) window.add(leafWind, value);
		expect(close(leafWind)).toBeCloseTo(100, 4);
	});

	test("each window begins afresh", () => {
		window.add(precipitation, 0.2);
		window.add(windGust, 20);
		window.close(observation);
		window.add(precipitation, 0.4);
		window.add(windGust, 2);
		window.close(observation);
		expect(observation.values[precipitation]).toBeCloseTo(0.4, 6);
		expect(observation.values[windGust]).toBe(2);
	});
});

describe("wind direction", () => {
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
		window.add(windDirection, 0);
		window.add(windSpeed, 1);
		window.add(windDirection, 90);
		window.add(windSpeed, 3);
		expect(close(windDirection)).toBeCloseTo((Math.atan2(3, 1) * 180) / Math.PI, 4);
	});

	test("does not pair values of different rounds", () => {
		window.add(windDirection, 180);
		window.missing(windSpeed, reasonCode("nack"));
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
		window.missing(windSpeed, reasonCode("nack"));
		window.add(windDirection, 350);
		window.missing(windSpeed, reasonCode("nack"));
		window.add(windDirection, 20);
		expect(close(windDirection)).toBeCloseTo(5, 4);
		expect(reason(windSpeed)).toBe("nack");
	});

	test("keeps the half of a round that came before the end of the window", () => {
		window.add(windSpeed, 4);
		window.close(observation);
		window.add(windDirection, 270);
		window.add(windSpeed, 4);
		expect(close(windDirection)).toBeCloseTo(270, 4);
	});
});

describe("missing", () => {
	test("esphome/issues#5495: no value outlives its window", () => {
		window.add(airTemperature, 20);
		window.close(observation);
		window.missing(airTemperature, reasonCode("nack"));
		expect(close(airTemperature)).toBeNaN();
		expect(reason(airTemperature)).toBe("nack");
	});

	test("the last reason counts", () => {
		window.missing(airTemperature, reasonCode("nack"));
		window.missing(airTemperature, reasonCode("part"));
		window.close(observation);
		expect(reason(airTemperature)).toBe("part");
	});

	test("one good sample is a value", () => {
		window.missing(airTemperature, reasonCode("nack"));
		window.add(airTemperature, 7);
		window.missing(airTemperature, reasonCode("nack"));
		expect(close(airTemperature)).toBe(7);
		expect(reason(airTemperature)).toBeUndefined();
	});

	test("a fitted channel without a word is silent", () => {
		window.fit(airTemperature);
		expect(close(airTemperature)).toBeNaN();
		expect(reason(airTemperature)).toBe("silent");
		window.add(windGust, 3);
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
		window.add(airTemperature, 7);
		window.close(observation);
		expect(window.latest(airTemperature)).toBe(7);
		window.missing(airTemperature, reasonCode("crc"));
		expect(window.latest(airTemperature)).toBeNaN();
	});
});

test("close leaves what is not of the window alone", () => {
	observation.sequence = 41;
	observation.startSeconds = 1_451_606_400;
	window.add(airTemperature, 1);
	window.close(observation);
	expect(observation).toMatchObject({ sequence: 41, startSeconds: 1_451_606_400 });
});
