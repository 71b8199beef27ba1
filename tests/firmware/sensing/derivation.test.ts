import { beforeEach, describe, expect, test } from "@jest/globals";
import { Observation, TimeQuality } from "../../../firmware/base/observation.ts";
import { QualityFlag } from "../../../firmware/base/quality.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import {
	ChannelIndex,
	ChannelTable,
	reasonCode,
	reasonName,
} from "../../../firmware/sensing/channel.ts";
import { Derivation, needsOf } from "../../../firmware/sensing/derivation.ts";
import { knownChannels } from "../../../firmware/sensing/quantities.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

const { airTemperature, relativeHumidity, stationPressure, precipitation } = ChannelIndex;
const day = 86_400;
/** A midnight UTC. */
const midnight = 20_000 * day;

let channels: ChannelTable;
let derivation: Derivation;
let observation: Observation;
let keyValue: MapKeyValue;

beforeEach(() => {
	keyValue = new MapKeyValue();
	observation = new Observation();
});

/** A station that derives these, and has the channels that they need. */
function open(...names: string[]): void {
	channels = new ChannelTable([], [...names, ...names.flatMap(needsOf)]);
	derivation = new Derivation({ channels, heightM: 100, utcOffsetHours: -7, keyValue });
}

/** An observation of these values; names that are left out are missing. */
function observe(
	startSeconds: number,
	values: Record<string, number>,
	{ period = 60, quality = TimeQuality.Synchronised as TimeQuality } = {},
): void {
	observation.clear();
	observation.startSeconds = startSeconds;
	observation.periodSeconds = period;
	observation.timeQuality = quality;
	for (let index = 0; index < channels.length; index++) {
		const value = values[channels.at(index).name];
		if (value === undefined) observation.reasons[index] = reasonCode("nack");
		else observation.values[index] = value;
	}
	derivation.fill(observation, 0 as Ticks);
}

function value(name: string): number {
	return observation.values[channels.indexOf(name)]!;
}

function reason(name: string): string | undefined {
	return reasonName(observation.reasons[channels.indexOf(name)]!);
}

function isIncomplete(name: string): boolean {
	return (observation.flags[channels.indexOf(name)]! & QualityFlag.Incomplete) !== 0;
}

test("every channel that no sensor fills says what it needs", () => {
	for (const { name, group, of } of knownChannels) {
		expect([name, needsOf(name).length > 0]).toEqual([name, group === "derived"]);
		if (of !== undefined) expect(knownChannels.map((channel) => channel.name)).toContain(of);
	}
});

describe("quantities of the moment", () => {
	test("follow from the means of the observation", () => {
		open("dewPoint", "seaLevelPressure");
		observe(midnight, { airTemperature: 15, relativeHumidity: 60, stationPressure: 100_000 });
		expect(value("dewPoint")).toBeCloseTo(7.3, 1);
		expect(value("seaLevelPressure")).toBeCloseTo(101_189, -1);
	});

	test("are missing for the reason of what they need", () => {
		open("dewPoint", "seaLevelPressure");
		observe(midnight, { airTemperature: 15, relativeHumidity: 60 });
		expect(value("dewPoint")).toBeCloseTo(7.3, 1);
		expect(reason("seaLevelPressure")).toBe("nack");
		observe(midnight, { airTemperature: 15, relativeHumidity: 0, stationPressure: 1e5 });
		expect(reason("dewPoint")).toBe("range");
	});

	test("are not computed for a station without the channels", () => {
		open();
		observe(midnight, { airTemperature: 15, relativeHumidity: 60, stationPressure: 1e5 });
		expect([...observation.values.slice(0, channels.length)].filter(Number.isFinite)).toEqual([
			observation.values[airTemperature],
			observation.values[relativeHumidity],
			observation.values[stationPressure],
		]);
	});
});

describe("wind over 2 and 10 minutes", () => {
	const names = knownChannels
		.map(({ name }) => name)
		.filter((name) => /^wind.*Minutes$/.test(name));

	function blow(minutes: number, speed: number, direction: number): void {
		for (let at = 2_000; at <= minutes * 60_000; at += 2_000) {
			derivation.onWind!(speed, direction, 2_000, at as Ticks);
		}
		observation.clear();
		derivation.fill(observation, (minutes * 60_000) as Ticks);
	}

	test("fills every channel of it", () => {
		open(...names);
		blow(11, 4, 200);
		expect(names.map((name) => [name, Math.round(value(name) * 100) / 100])).toEqual([
			["windSpeed2Minutes", 4],
			["windDirection2Minutes", 200],
			["windSpeed10Minutes", 4],
			["windDirection10Minutes", 200],
			["windGust10Minutes", 4],
			["windGustDirection10Minutes", 200],
			["windGustAge10Minutes", expect.any(Number)],
			["windDirectionFrom10Minutes", 200],
			["windDirectionTo10Minutes", 200],
		]);
		expect(value("windGustAge10Minutes")).toBeLessThanOrEqual(620);
	});

	test("is missing before there are samples enough, the shorter window sooner", () => {
		open(...names);
		blow(3, 4, 200);
		expect(value("windSpeed2Minutes")).toBeCloseTo(4, 6);
		expect(reason("windSpeed10Minutes")).toBe("coverage");
		expect(reason("windGust10Minutes")).toBe("coverage");
		expect(reason("windDirection10Minutes")).toBe("coverage");
	});

	test("has no direction when it is calm", () => {
		open(...names);
		blow(11, 0.2, 200);
		expect(value("windSpeed10Minutes")).toBeCloseTo(0.2, 6);
		expect(reason("windDirection10Minutes")).toBe("calm");
		expect(reason("windDirectionFrom10Minutes")).toBe("calm");
	});

	test("nobody listens to the wind when nothing asks for it", () => {
		open("dewPoint");
		expect(derivation.onWind).toBeUndefined();
	});
});

describe("intensity of rain over 10 minutes", () => {
	const rate = "precipitationRate10Minutes";

	test("is the fall of ten minutes over a sixth of an hour", () => {
		open(rate);
		for (let minute = 0; minute < 20; minute++) {
			observe(midnight + minute * 60, { precipitation: minute === 12 ? 0.2794 : 0 });
		}
		expect(value(rate)).toBeCloseTo(0.2794 * 6, 5);
		observe(midnight + 20 * 60, { precipitation: 0 });
		observe(midnight + 21 * 60, { precipitation: 0 });
		expect(value(rate)).toBeCloseTo(0.2794 * 6, 5);
		observe(midnight + 22 * 60, { precipitation: 0 });
		expect(value(rate)).toBe(0);
	});

	test("needs three quarters of its window, and counts no gap as dry", () => {
		open(rate);
		for (let minute = 0; minute < 7; minute++) {
			observe(midnight + minute * 60, { precipitation: 0.2 });
			expect(reason(rate)).toBe("coverage");
		}
		observe(midnight + 7 * 60, { precipitation: 0.2 });
		expect(value(rate)).toBeCloseTo(12, 5);
		observe(midnight + 8 * 60, {});
		expect(value(rate)).toBeCloseTo(12, 5);
	});

	test("of a long observation is that of the observation", () => {
		open(rate);
		observe(midnight, { precipitation: 3 }, { period: 1800 });
		expect(value(rate)).toBeCloseTo(6, 6);
	});

	test("begins afresh when the clock was set back or far forward", () => {
		open(rate);
		for (let minute = 0; minute < 10; minute++) {
			observe(midnight + minute * 60, { precipitation: 1 });
		}
		observe(midnight - 3600, { precipitation: 0 });
		expect(reason(rate)).toBe("coverage");
		observe(midnight + day, { precipitation: 0 });
		expect(reason(rate)).toBe("coverage");
	});
});

describe("totals since midnight", () => {
	const utc = "precipitationSinceMidnightUtc";
	const local = "precipitationSinceMidnightLocal";

	test("of UTC and of local time begin at their own midnights; edges are half-open", () => {
		open(utc, local);
		// The last minute of the day in UTC, which is 16:59 local; then the first of the next.
		observe(midnight - 60, { precipitation: 1 });
		expect([value(utc), value(local)]).toEqual([1, 1]);
		observe(midnight, { precipitation: 2 });
		expect([value(utc), value(local)]).toEqual([2, 3]);
		for (let hour = 0; hour < 7; hour++) {
			observe(midnight + 60 + hour * 3600, { precipitation: 0.5 }, { period: 3600 });
		}
		expect([value(utc), value(local)]).toEqual([5.5, 6.5]);
		observe(midnight + 7 * 3600 + 60, { precipitation: 0.25 });
		expect([value(utc), value(local)]).toEqual([5.75, 0.25]);
	});

	test("are complete only when nothing of the day is missing", () => {
		open(utc);
		observe(midnight - 60, { precipitation: 1 });
		expect(isIncomplete(utc)).toBe(true);
		observe(midnight, { precipitation: 0 });
		observe(midnight + 60, { precipitation: 1 });
		expect([value(utc), isIncomplete(utc)]).toEqual([1, false]);
		observe(midnight + 180, { precipitation: 1 });
		expect([value(utc), isIncomplete(utc)]).toEqual([2, true]);
		observe(midnight + day, { precipitation: 0 });
		expect(isIncomplete(utc)).toBe(false);
		observe(midnight + day + 60, {});
		expect([value(utc), isIncomplete(utc)]).toEqual([0, true]);
	});

	test("go on after a reboot, with a word about the gap", () => {
		open(utc);
		observe(midnight, { precipitation: 1 });
		observe(midnight + 60, { precipitation: 1 });
		open(utc);
		observe(midnight + 180, { precipitation: 1 });
		expect([value(utc), isIncomplete(utc)]).toEqual([3, true]);
	});

	test("of another day are not taken up after a reboot", () => {
		open(utc);
		observe(midnight, { precipitation: 1 });
		open(utc);
		observe(midnight + day, { precipitation: 1 });
		expect([value(utc), isIncomplete(utc)]).toEqual([1, false]);
	});

	test("do without a store that fails or holds something else", () => {
		keyValue.items.set("daytotals", Uint8Array.of(9, 9, 9));
		keyValue.fails = true;
		open(utc);
		observe(midnight, { precipitation: 1 });
		expect([value(utc), isIncomplete(utc)]).toEqual([1, false]);
	});

	test("wait for the clock", () => {
		open(utc);
		observe(120, { precipitation: 1 }, { quality: TimeQuality.Unknown });
		expect(reason(utc)).toBe("clock");
		expect(keyValue.items.size).toBe(0);
	});

	test("of light: luminous exposure, erythemal dose, solar exposure", () => {
		const names = [
			"luminousExposureSinceMidnightUtc",
			"erythemalDoseSinceMidnightUtc",
			"solarExposureSinceMidnightUtc",
		];
		open(...names);
		for (let hour = 0; hour < 2; hour++) {
			observe(
				midnight + hour * 3600,
				{ illuminance: 50_000, uvIndex: 8, solarIrradiance: 1000 },
				{ period: 3600 },
			);
		}
		// WHO: an hour at a UV index of 8 is 8 × 25 mW/m² × 3600 s = 720 J/m², or 7.2 SED.
		expect(names.map((name) => Math.round(value(name) * 1000) / 1000)).toEqual([
			100_000, 14.4, 7.2,
		]);
	});

	test("a tip counts once: the totals of a day are its tips", () => {
		open(utc);
		for (let minute = 0; minute < 1440; minute++) {
			observe(midnight + minute * 60, { precipitation: minute % 3 === 0 ? 0.2794 : 0 });
		}
		expect(value(utc)).toBeCloseTo(480 * 0.2794, 4);
		expect(observation.values[precipitation]).toBe(0);
	});
});
