import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { Observation, TimeQuality } from "../../../firmware/base/observation.ts";
import { QualityFlag } from "../../../firmware/base/quality.ts";
import type { Epoch } from "../../../firmware/ports/clock.ts";
import { ChannelIndex, ChannelTable } from "../../../firmware/sensing/channel.ts";
import { QualityControl } from "../../../firmware/sensing/quality.ts";
import { QualityLimits } from "../../../firmware/sensing/qualitylimits.ts";
import { sunPosition } from "../../../firmware/sensing/sun.ts";
import { degree } from "../../../firmware/sensing/units.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

const { airTemperature, relativeHumidity, windSpeed, windGust, windDirection, precipitation } =
	ChannelIndex;
const minute = 60;
const hour = 3600;
/** Of the recorded day, UTC seconds. */
const midnight = Date.UTC(2016, 0, 1) / 1000;

const channels = new ChannelTable([], ["illuminance", "uvIndex"]);
/** Alamosa. */
const site = { latitude: 37.7, longitude: -105.92 };
let limits: QualityLimits;
let control: QualityControl;
let observation: Observation;
let flags: Uint8Array;

function begin(): void {
	limits = new QualityLimits(channels, new MapKeyValue());
	control = new QualityControl({ channels, limits, ...site });
}

beforeEach(() => {
	begin();
	observation = new Observation();
	flags = observation.flags;
});

/** Checks an observation of one channel, or of several; gives the flags of the first. */
function check(seconds: number, ...values: (readonly [number, number])[]): number {
	observation.clear();
	observation.startSeconds = seconds;
	for (const [channel, value] of values) observation.values[channel] = value;
	control.check(observation);
	return flags[values[0]![0]]!;
}

describe("range", () => {
	test.each([
		[-80, 0],
		[60, 0],
		[-80.1, QualityFlag.Range],
		[60.1, QualityFlag.Range],
	])("of the channel: %p °C has flags %p", (value, expected) => {
		expect(check(0, [airTemperature, value])).toBe(expected);
	});

	test("of the site, when that is set", () => {
		limits.apply({ airTemperature: { minimum: -30, maximum: 45 } });
		expect(check(0, [airTemperature, -31])).toBe(QualityFlag.Range);
		expect(check(hour, [airTemperature, 46])).toBe(QualityFlag.Range);
		expect(check(2 * hour, [airTemperature, 45])).toBe(0);
	});
});

describe("step", () => {
	test.each([
		[3, 0],
		[3.1, QualityFlag.Step],
		[-3, 0],
		[-3.1, QualityFlag.Step],
	])("Zahumenský 2004: a change of %p °C in a minute has flags %p", (change, expected) => {
		check(0, [airTemperature, 10]);
		expect(check(minute, [airTemperature, 10 + change])).toBe(expected);
	});

	test("is not asked of observations further apart than a minute", () => {
		check(0, [airTemperature, 10]);
		expect(check(minute + 1, [airTemperature, 30])).toBe(0);
	});

	test("is not asked over a missing value", () => {
		check(0, [airTemperature, 10]);
		check(30, [relativeHumidity, 50]);
		expect(check(minute, [airTemperature, 30])).toBe(0);
	});
});

describe("persistence", () => {
	test("Zahumenský 2004: less than 0.1 °C in an hour", () => {
		for (let time = 0; time < hour; time += minute) {
			expect(check(time, [airTemperature, 10 + (time % 120 === 0 ? 0.05 : 0)])).toBe(0);
		}
		expect(check(hour, [airTemperature, 10])).toBe(QualityFlag.Persistence);
		expect(check(hour + minute, [airTemperature, 10.15])).toBe(0);
	});

	test("a gap begins the hour anew", () => {
		for (let time = 0; time < hour; time += minute) check(time, [airTemperature, 10]);
		check(hour, [relativeHumidity, 50]);
		expect(check(hour + minute, [airTemperature, 10])).toBe(0);
		expect(check(2 * hour + minute, [airTemperature, 10])).toBe(QualityFlag.Persistence);
	});

	test("calm and saturated air may stay as they are", () => {
		for (let time = 0; time <= 3 * hour; time += minute) {
			expect(check(time, [windSpeed, 0.2])).toBe(0);
			expect(flags[relativeHumidity]).toBe(0);
		}
		begin();
		for (let time = 0; time <= 3 * hour; time += minute) {
			expect(check(time, [relativeHumidity, 100])).toBe(0);
		}
	});

	test("a clock that was set back begins a new series", () => {
		for (let time = 0; time < hour; time += minute) check(time, [airTemperature, 10]);
		expect(check(0, [airTemperature, 30])).toBe(0);
		expect(check(hour - minute, [airTemperature, 30])).toBe(0);
	});
});

describe("consistency", () => {
	test("a gust is no weaker than the mean", () => {
		check(0, [windGust, 4.9], [windSpeed, 5]);
		expect([flags[windGust], flags[windSpeed]]).toEqual([
			QualityFlag.Consistency,
			QualityFlag.Consistency,
		]);
		expect(check(hour, [windGust, 5], [windSpeed, 5])).toBe(0);
	});

	test("there is no direction without wind", () => {
		expect(check(0, [windDirection, 90], [windSpeed, 0.4])).toBe(QualityFlag.Consistency);
		expect(check(minute, [windDirection, 90], [windSpeed, 0.5])).toBe(0);
		expect(check(2 * minute, [windDirection, 90])).toBe(0);
	});
});

describe("the sun", () => {
	const illuminance = channels.indexOf("illuminance");
	const uvIndex = channels.indexOf("uvIndex");
	const sunset = Date.UTC(2016, 0, 1, 23, 54) / 1000;

	function look(seconds: number, channel: number, value: number): number {
		observation.clear();
		observation.startSeconds = seconds;
		observation.periodSeconds = minute;
		observation.timeQuality = TimeQuality.Synchronised;
		observation.values[channel] = value;
		control.check(observation);
		return flags[channel]!;
	}

	test("does not shine at night, which begins 6° below the horizon", () => {
		expect(look(sunset - 6 * hour, illuminance, 60_000)).toBe(0);
		expect(look(sunset, illuminance, 700)).toBe(0);
		expect(look(sunset + hour, illuminance, 11)).toBe(QualityFlag.Consistency);
		expect(look(sunset + 2 * hour, illuminance, 9)).toBe(0);
		expect(look(sunset + 3 * hour, uvIndex, 0.3)).toBe(QualityFlag.Consistency);
	});

	test("is nowhere while nobody knows the time", () => {
		observation.clear();
		observation.values[illuminance] = 60_000;
		control.check(observation);
		expect(flags[illuminance]).toBe(0);
	});
});

describe("rain", () => {
	test("does not fall in dry air", () => {
		expect(check(0, [precipitation, 0.2], [relativeHumidity, 29])).toBe(QualityFlag.Consistency);
		expect(check(minute, [precipitation, 0.2], [relativeHumidity, 31])).toBe(0);
		expect(check(2 * minute, [precipitation, 0], [relativeHumidity, 20])).toBe(0);
		expect(check(3 * minute, [precipitation, 0.2])).toBe(0);
	});

	test("of a gauge that the wind may shake needs moister air", () => {
		const rain = [precipitation, 0.2] as const;
		const air = [relativeHumidity, 59] as const;
		expect(check(0, rain, air, [windGust, 17])).toBe(0);
		check(minute, rain, air, [windGust, 17.5]);
		expect(flags[precipitation]).toBe(QualityFlag.Consistency);
		check(2 * minute, rain, [relativeHumidity, 61], [windGust, 17.5]);
		expect(flags[precipitation]).toBe(0);
		limits.apply({ precipitation: { shaking: 20 } });
		check(3 * minute, rain, air, [windGust, 17.5]);
		expect(flags[precipitation]).toBe(0);
	});
});

test("flags that are there already stay", () => {
	observation.clear();
	observation.values[airTemperature] = 70;
	observation.flags[airTemperature] = QualityFlag.Incomplete;
	control.check(observation);
	expect(flags[airTemperature]).toBe(QualityFlag.Incomplete | QualityFlag.Range);
});

test("a missing value has no flag", () => {
	check(0, [airTemperature, 10]);
	expect(flags.every((flag) => flag === 0)).toBe(true);
});

describe("labelled faults in a recorded day", () => {
	interface Fault {
		readonly name: string;
		readonly channel: string;
		readonly kind: keyof typeof QualityFlag;
		readonly from: number;
		readonly to: number;
		readonly add?: number;
		readonly set?: number;
		/** What else is so while it lasts. */
		readonly with?: Readonly<Record<string, number>>;
	}
	const { faults }: { faults: Fault[] } = JSON.parse(
		readFileSync("tests/firmware/sensing/qualityfaults.json", "utf8"),
	);

	/**
	 * Rows of values by channel index. Not in the record: gusts, which are 1.4 times the mean; rain, of which
	 * there is none; light, which goes with the sine of the sun's elevation.
	 */
	function recordedDay(): number[][] {
		return readFileSync("simulator/weather/data/surfrad-alamosa-2016-01-01.csv", "utf8")
			.trim()
			.split("\n")
			.slice(1)
			.map((line, row) => {
				const [t, rh, speed, direction, hPa] = line.split(",").slice(1).map(Number) as [
					number,
					number,
					number,
					number,
					number,
				];
				const values = Array(channels.length).fill(Number.NaN);
				const from = speed < 0.5 ? Number.NaN : direction;
				values.splice(0, 7, t, rh, hPa * 100, speed, speed * 1.4, from, 0);
				values[channels.indexOf("illuminance")] = lightAt(midnight + (row + 0.5) * minute);
				return values;
			});
	}

	function lightAt(seconds: number): number {
		const sun = { elevation: degree(0), azimuth: degree(0) };
		const { latitude, longitude } = site;
		sunPosition((seconds * 1000) as Epoch, degree(latitude), degree(longitude), sun);
		return 100_000 * Math.max(0, Math.sin((sun.elevation * Math.PI) / 180));
	}

	/** The flags of every channel at every minute. */
	function checkDay(day: readonly (readonly number[])[]): Uint8Array[] {
		begin();
		return day.map((row, index) => {
			observation.clear();
			observation.startSeconds = midnight + index * minute;
			observation.periodSeconds = minute;
			observation.timeQuality = TimeQuality.Synchronised;
			observation.values.set(row);
			control.check(observation);
			return flags.slice();
		});
	}

	function isHit(found: readonly Uint8Array[], { channel, kind, from, to }: Fault): boolean {
		const index = channels.indexOf(channel);
		return found.slice(from, to + 1).some((row) => (row[index]! & QualityFlag[kind]) !== 0);
	}

	test("hits: 15 of 16; a pressure that jumps by less than 2 hPa is not seen", () => {
		const day = recordedDay();
		for (const { channel, from, to, add, set, with: others = {} } of faults) {
			const index = channels.indexOf(channel);
			for (let row = from; row <= to; row++) {
				const values = day[row]!;
				values[index] = set ?? values[index]! + add!;
				for (const [name, value] of Object.entries(others)) values[channels.indexOf(name)] = value;
			}
		}
		const found = checkDay(day);
		const missed = faults.filter((fault) => !isHit(found, fault)).map(({ name }) => name);
		expect(missed).toEqual(["pressure drops by 1 hPa"]);
		expect(faults).toHaveLength(16);
	});

	test("false alarms on the day as it was: 1.7 % of the values, all for persistence, nearly all of the vane", () => {
		const found = checkDay(recordedDay());
		const count = (flag: number, channel: number): number =>
			found.filter((row) => (row[channel]! & flag) !== 0).length;
		const every = [0, 1, 2, 3, 4, 5, precipitation, channels.indexOf("illuminance")];
		const { Range, Step, Consistency, Persistence } = QualityFlag;
		for (const channel of every) expect(count(Range | Step | Consistency, channel)).toBe(0);
		expect(every.map((channel) => count(Persistence, channel))).toEqual([0, 0, 1, 0, 0, 196, 0, 0]);
		expect(197 / (found.length * every.length)).toBeCloseTo(0.017, 3);
	});
});
