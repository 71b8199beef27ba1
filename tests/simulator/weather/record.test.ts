import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { assert, double, integer, property } from "fast-check";
import {
	parseRecord,
	RecordError,
	RecordIndex,
	recordColumns,
	type WeatherRecord,
} from "../../../simulator/weather/record.ts";

const header = "time,temperature_c,humidity_pct,wind_speed_ms,wind_direction_deg,pressure_hpa";

function row(minute: number, ...cells: (number | string)[]): string {
	return [new Date(Date.UTC(2020, 0, 1, 0, minute)).toISOString(), ...cells].join(",");
}

function parse(...rows: string[]): WeatherRecord {
	return parseRecord([header, ...rows].join("\n"), "w.csv");
}

function at(record: WeatherRecord, minute: number): Float64Array {
	return record.at(Date.UTC(2020, 0, 1, 0, minute), new Float64Array(recordColumns));
}

describe("a weather record", () => {
	test("gives the rows at their times and straight lines between them", () => {
		const record = parse(
			row(0, -10, 40, 2, 100, 1000),
			row(10, 10, 60, 4, 140, 1010),
			row(20, 0, 60, 4, 140, 1010),
		);
		expect([...at(record, 0)]).toEqual([-10, 40, 2, 100, 1000]);
		expect([...at(record, 10)]).toEqual([10, 60, 4, 140, 1010]);
		expect([...at(record, 5)]).toEqual([0, 50, 3, 120, 1005]);
	});

	test("turns the direction the shorter way, through north too", () => {
		const record = parse(
			row(0, 0, 50, 1, 350, 1000),
			row(10, 0, 50, 1, 20, 1000),
			row(20, 0, 50, 1, 340, 1000),
			row(60, 0, 50, 1, 340, 1000),
		);
		expect(at(record, 2)[RecordIndex.windDirection]).toBeCloseTo(356, 9);
		expect(at(record, 5)[RecordIndex.windDirection]).toBeCloseTo(5, 9);
		expect(at(record, 15)[RecordIndex.windDirection]).toBeCloseTo(0, 9);
	});

	test("takes 360 degrees as north", () => {
		const record = parse(row(0, 0, 50, 1, 360, 1000), row(1, 0, 50, 1, 0, 1000));
		expect(at(record, 0)[RecordIndex.windDirection]).toBe(0);
	});

	test("begins anew after the last row, without a jump", () => {
		const record = parse(
			...Array.from({ length: 60 }, (_, minute) => row(minute, minute - 30, 50, 1, minute, 1000)),
		);
		expect(record.period).toBe(60 * 60_000);
		expect([...at(record, 60)]).toEqual([...at(record, 0)]);
		expect([...at(record, -60)]).toEqual([...at(record, 0)]);
		expect([...at(record, 60 * 24 * 365 + 7)]).toEqual([...at(record, 7)]);
		const moment = new Float64Array(recordColumns);
		let before = at(record, 0)[RecordIndex.airTemperature]!;
		for (let time = record.start; time < record.start + 2 * record.period; time += 1_000) {
			const now = record.at(time, moment)[RecordIndex.airTemperature]!;
			expect(Math.abs(now - before)).toBeLessThan(0.2);
			before = now;
		}
	});

	test("interpolates over missing rows and empty cells", () => {
		const record = parse(
			row(0, "", 50, 1, 10, 1000),
			row(1, 4, 50, 1, 10, 1000),
			row(2, "", "", 1, "", 1000),
			row(3, 8, 60, 1, 30, 1000),
			row(40, 8, "", 1, 30, 1000),
		);
		expect(at(record, 0)[RecordIndex.airTemperature]).toBe(4);
		expect([...at(record, 2)]).toEqual([6, 55, 1, 20, 1000]);
		expect(at(record, 25)[RecordIndex.airTemperature]).toBe(8);
		// A gap does not count as the usual interval, which is a minute here.
		expect(record.period).toBe(41 * 60_000);
	});

	test("finds columns by name, whatever else there is, in a file of any line ending", () => {
		const text = [
			"\ufeffstation, pressure_hpa, wind_direction_deg, wind_speed_ms, humidity_pct, temperature_c, time",
			"A, 1000, 90, 3, 50, 20, 2020-01-01T00:00:00Z",
			"A, 1001, 90, 3, 50, 21, 2020-01-01T00:01:00.000Z",
			"",
		].join("\r\n");
		expect([...at(parseRecord(text, "w.csv"), 1)]).toEqual([21, 50, 3, 90, 1001]);
	});

	test("every moment is within what the rows have, whatever the time", () => {
		const record = parseRecord(readFileSync(surfrad, "utf8"), surfrad);
		const moment = new Float64Array(recordColumns);
		assert(
			property(
				integer({ min: -4e12, max: 4e12 }),
				double({ min: 0, max: 1, noNaN: true }),
				(ms, part) => {
					record.at(ms + part, moment);
					expect(moment[RecordIndex.airTemperature]).toBeGreaterThanOrEqual(-25);
					expect(moment[RecordIndex.airTemperature]).toBeLessThanOrEqual(0);
					expect(moment[RecordIndex.windDirection]).toBeGreaterThanOrEqual(0);
					expect(moment[RecordIndex.windDirection]).toBeLessThan(360);
					expect(moment[RecordIndex.stationPressure]).toBeGreaterThan(765);
					expect(moment[RecordIndex.stationPressure]).toBeLessThan(785);
				},
			),
		);
	});
});

const surfrad = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";

describe("a file that is no record is refused in one line", () => {
	const good = row(0, 1, 50, 1, 10, 1000);
	const cases: readonly (readonly [string, string, string])[] = [
		["an empty file", "", 'w.csv:1: no column "time" among ""'],
		[
			"no column of ours",
			good.replace(/.*/, "time,cloud"),
			'w.csv:1: no column of weather among "time,cloud"',
		],
		["no rows", header, "w.csv: 0 rows of weather; expected at least 2"],
		["one row", `${header}\n${good}\n`, "w.csv: 1 rows of weather; expected at least 2"],
		["a short row", `${header}\n${good}\n2020-01-01T00:01:00Z,1,2`, "w.csv:3: 3 cells in"],
		[
			"a word",
			`${header}\n${good}\n${row(1, "warm", 50, 1, 10, 1000)}`,
			'w.csv:3: temperature_c is "warm"',
		],
		[
			"no number",
			`${header}\n${row(0, "NaN", 50, 1, 10, 1000)}`,
			'w.csv:2: temperature_c is "NaN"',
		],
		[
			"humidity over 100 %",
			`${header}\n${row(0, 1, 101, 1, 10, 1000)}`,
			'humidity_pct is "101"; expected a number from 0 to 100 %',
		],
		[
			"wind below 0",
			`${header}\n${row(0, 1, 50, -1, 10, 1000)}`,
			'wind_speed_ms is "-1"; expected a number from 0 to 120 m/s',
		],
		[
			"a direction beyond north",
			`${header}\n${row(0, 1, 50, 1, 361, 1000)}`,
			'wind_direction_deg is "361"',
		],
		[
			"pressure in Pa",
			`${header}\n${row(0, 1, 50, 1, 10, 100000)}`,
			'pressure_hpa is "100000"; expected a number from 300 to 1100 hPa',
		],
		[
			"a local time",
			`${header}\n2020-01-01 00:00,1,50,1,10,1000`,
			'w.csv:2: time is "2020-01-01 00:00"; expected UTC as',
		],
		[
			"a day that is none",
			`${header}\n2020-13-01T00:00:00Z,1,50,1,10,1000`,
			'w.csv:2: time is "2020-13-01T00:00:00Z"',
		],
		["time that stands still", `${header}\n${good}\n${good}`, "w.csv:3: time is"],
		[
			"an empty column",
			`${header}\n${row(0, "", 50, 1, 10, 1000)}\n${row(1, "", 50, 1, 10, 1000)}`,
			'w.csv: no value in column "temperature_c"',
		],
	];

	test.each(cases)("%s", (_name, text, expected) => {
		const refusal = refusalOf(text);
		expect(refusal).toContain(expected);
		expect(refusal).toContain("expected");
		expect(refusal).not.toContain("\n");
	});

	function refusalOf(text: string): string {
		try {
			parseRecord(text, "w.csv");
		} catch (error) {
			expect(error).toBeInstanceOf(RecordError);
			return (error as Error).message;
		}
		throw new Error("the file was taken");
	}
});
