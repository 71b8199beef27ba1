import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { assert, integer, property } from "fast-check";
import type { Conditions } from "../../../simulator/weather/conditions.ts";
import { parseRecord } from "../../../simulator/weather/record.ts";
import { ReplayWeather } from "../../../simulator/weather/replay.ts";
import { directionBound, gustFactor } from "../../../simulator/weather/wind.ts";

const surfrad = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";
const record = parseRecord(readFileSync(surfrad, "utf8"), surfrad);
const minute = 60_000;
const hour = 60 * minute;

/** A record in which nothing changes: wind of 10 m/s from 180 degrees. */
const steady = parseRecord(
	`time,temperature_c,humidity_pct,wind_speed_ms,wind_direction_deg,pressure_hpa
2020-01-01T00:00:00Z,20,99.9,10,180,1000
2020-01-01T12:00:00Z,20,99.9,10,180,1000`,
	"steady.csv",
);

function conditions(): Conditions {
	return {
		airTemperature: 0,
		relativeHumidity: 0,
		stationPressure: 0,
		windSpeed: 0,
		windDirection: 0,
		precipitationTotal: 0,
		batteryVoltage: 0,
	};
}

describe("replayed weather", () => {
	test("the same moment gives the same conditions, in whatever order it is asked", () => {
		assert(
			property(
				integer(),
				integer({ min: 0, max: 4e12 }),
				integer({ min: 0, max: 4e12 }),
				(seed, a, b) => {
					const one = new ReplayWeather(record, { seed });
					const first = one.at(a, conditions());
					one.at(b, conditions());
					expect(one.at(a, conditions())).toEqual(first);
					expect(new ReplayWeather(record, { seed }).at(a, conditions())).toEqual(first);
				},
			),
		);
	});

	test("an offset is a move in time", () => {
		const time = record.start + 5 * hour;
		const ahead = new ReplayWeather(record, { seed: 1, offset: hour }).at(time, conditions());
		const later = new ReplayWeather(record, { seed: 1 }).at(time + hour, conditions());
		expect(ahead).toEqual(later);
	});

	test("stations with different seeds differ a little, and stay with the record", () => {
		const one = new ReplayWeather(record, { seed: 1 }).at(record.start, conditions());
		const other = new ReplayWeather(record, { seed: 2 }).at(record.start, conditions());
		expect(one.airTemperature).not.toBe(other.airTemperature);
		for (const { airTemperature, relativeHumidity, stationPressure } of [one, other]) {
			expect(Math.abs(airTemperature - -7.6)).toBeLessThanOrEqual(0.2);
			expect(Math.abs(relativeHumidity - 52.7)).toBeLessThanOrEqual(1);
			expect(Math.abs(stationPressure - 77_350)).toBeLessThanOrEqual(30);
		}
	});

	test("humidity stays within 0 to 100 %", () => {
		for (let seed = 0; seed < 5; seed++) {
			const weather = new ReplayWeather(steady, { seed });
			for (let time = 0; time < minute; time += 100) {
				expect(weather.at(time, conditions()).relativeHumidity).toBeLessThanOrEqual(100);
			}
		}
	});
});

describe("modelled wind", () => {
	test.each([1, 2, 3])("gusts exceed the mean by up to the gust factor (seed %i)", (seed) => {
		const weather = new ReplayWeather(steady, { seed });
		const factors: number[] = [];
		for (let begin = 0; begin < 20 * 10 * minute; begin += 10 * minute) {
			const means: number[] = [];
			for (let time = begin; time < begin + 10 * minute; time += 3_000) {
				means.push(meanSpeed(weather, time));
			}
			const mean = means.reduce((sum, speed) => sum + speed) / means.length;
			factors.push(Math.max(...means) / mean);
			expect(Math.max(...means)).toBeGreaterThanOrEqual(mean);
			expect(Math.max(...means)).toBeLessThanOrEqual(10 * gustFactor);
			expect(Math.abs(mean - 10)).toBeLessThan(2.5);
		}
		const typical = factors.reduce((sum, factor) => sum + factor) / factors.length;
		expect(typical).toBeGreaterThan(1.4);
		expect(typical).toBeLessThan(gustFactor);
	});

	function meanSpeed(weather: ReplayWeather, begin: number): number {
		let sum = 0;
		for (let step = 0; step < 6; step++) {
			sum += weather.at(begin + step * 500, conditions()).windSpeed;
		}
		return sum / 6;
	}

	test("keeps the record's mean over a long time", () => {
		const weather = new ReplayWeather(steady, { seed: 5 });
		let sum = 0;
		for (let index = 0; index < 5_000; index++) {
			sum += weather.at(index * 137_000, conditions()).windSpeed;
		}
		expect(sum / 5_000).toBeCloseTo(10, 0);
		expect(Math.abs(sum / 5_000 - 10)).toBeLessThan(0.15);
	});

	test("the direction stays near the record's and the speed above 0", () => {
		const weather = new ReplayWeather(steady, { seed: 6 });
		for (let time = 0; time < hour; time += 500) {
			const { windDirection, windSpeed } = weather.at(time, conditions());
			expect(Math.abs(windDirection - 180)).toBeLessThanOrEqual(directionBound);
			expect(windSpeed).toBeGreaterThan(0);
		}
	});
});

describe("modelled rain", () => {
	test.each([1, 2, 3, 4])(
		"never takes back what has fallen, over the end of the record too (seed %i)",
		(seed) => {
			const weather = new ReplayWeather(record, { seed });
			const moment = conditions();
			let before = Number.NEGATIVE_INFINITY;
			const falls: number[] = [];
			for (let time = record.start - hour; time < record.start + 26 * hour; time += 10_000) {
				const { precipitationTotal } = weather.at(time, moment);
				if (precipitationTotal < before) falls.push(time);
				before = precipitationTotal;
			}
			expect(falls).toEqual([]);
		},
	);
});

const alamosaSite = { latitude: 37.7, longitude: -105.92, heightM: 2317 };

describe("light", () => {
	test("is modelled by the sun of the site", () => {
		const weather = new ReplayWeather(record, { seed: 1, site: alamosaSite });
		const noon = weather.at(Date.UTC(2016, 0, 1, 19), conditions());
		expect(noon.illuminance).toBeGreaterThan(40_000);
		expect(noon.uvIndex).toBeGreaterThan(1);
		const night = weather.at(Date.UTC(2016, 0, 1, 7), conditions());
		expect([night.illuminance! < 1, night.uvIndex]).toEqual([true, 0]);
	});

	test("is not there without a site", () => {
		expect(new ReplayWeather(record, { seed: 1 }).at(0, conditions()).illuminance).toBeUndefined();
	});
});

describe("what a record has besides", () => {
	const full = parseRecord(
		`time,temperature_c,precipitation_mm,illuminance_lx,uv_index
2020-06-01T12:00:00Z,20,0,80000,6
2020-06-01T12:10:00Z,20,1.5,40000,
2020-06-01T12:20:00Z,20,,60000,8
`,
		"full.csv",
	);

	test("is replayed instead of being modelled", () => {
		const weather = new ReplayWeather(full, { seed: 1, site: alamosaSite });
		const at = (minute: number) => ({
			...weather.at(Date.UTC(2020, 5, 1, 12, minute), conditions()),
		});
		expect(at(0).precipitationTotal).toBe(0);
		expect(at(5).precipitationTotal).toBeCloseTo(0.75, 9);
		expect(at(20).precipitationTotal).toBeCloseTo(1.5, 9);
		expect(at(45).precipitationTotal).toBeCloseTo(3, 9);
		expect(at(5).illuminance).toBeCloseTo(60_000, 6);
		expect(at(10).uvIndex).toBeCloseTo(7, 6);
	});

	test("what it does not have at all is what it usually is", () => {
		const { stationPressure, relativeHumidity } = new ReplayWeather(full, { seed: 1 }).at(
			Date.UTC(2020, 5, 1, 12),
			conditions(),
		);
		expect(stationPressure).toBeCloseTo(101_325, -2);
		expect(relativeHumidity).toBeCloseTo(60, -1);
	});
});

describe("the battery", () => {
	test("is charged by day and drained by night, at the station's longitude", () => {
		const greenwich = new ReplayWeather(record, { seed: 1 });
		const alamosa = new ReplayWeather(record, { seed: 1, site: alamosaSite });
		const voltage = (weather: ReplayWeather, utcHour: number) =>
			weather.at(Date.UTC(2026, 5, 1) + utcHour * hour, conditions()).batteryVoltage;
		expect(voltage(greenwich, 17)).toBeCloseTo(4.1, 3);
		expect(voltage(greenwich, 7)).toBeCloseTo(3.7, 3);
		expect(voltage(alamosa, 17 + 105.92 / 15)).toBeCloseTo(4.1, 3);
		for (let at = 0; at < 24; at += 0.25) {
			expect(voltage(greenwich, at)).toBeGreaterThanOrEqual(3.7);
			expect(voltage(greenwich, at)).toBeLessThanOrEqual(4.1);
			const isDay = at >= 7 && at < 17;
			expect(Math.sign(voltage(greenwich, at + 0.1) - voltage(greenwich, at))).toBe(
				isDay && at + 0.1 <= 17 ? 1 : -1,
			);
		}
	});
});
