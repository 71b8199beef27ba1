import { describe, expect, test } from "@jest/globals";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import type { Conditions } from "../../../simulator/weather/conditions.ts";
import { metarClimate, parseMetar } from "../../../simulator/weather/metar.ts";
import {
	RecordIndex,
	recordColumns,
	type WeatherRecord,
} from "../../../simulator/weather/record.ts";

const heightM = 2317;

/** As NOAA keeps them; made-up reports of a morning in Alamosa. */
const morning = `2016/01/01 14:52
KALS 011452Z 29004KT 10SM CLR M18/M20 A3026 RMK AO2 SLP318 T11781200
2016/01/01 15:52
KALS 011552Z AUTO 00000KT 10SM SCT110 M13/M16 A3027 RMK AO2 SLP322 T11281161 P0004 $
KALS 011652Z VRB03G15KT 1/2SM -SN FZFG VV002 M09/ A3025
`;

function parse(text: string): WeatherRecord {
	return parseMetar(text, "a.metar", heightM);
}

function at(record: WeatherRecord, iso: string): Float64Array {
	return record.at(Date.parse(iso), new Float64Array(recordColumns));
}

describe("METAR", () => {
	test("the groups that matter, FM 15 and the remarks of FMH-1", () => {
		const row = at(parse(morning), "2016-01-01T14:52Z");
		expect(row[RecordIndex.airTemperature]).toBeCloseTo(-17.8, 6);
		// Dew point -20.0: Magnus over water.
		expect(row[RecordIndex.relativeHumidity]).toBeCloseTo(82.8, 0);
		expect(row[RecordIndex.windSpeed]).toBeCloseTo(4 * 0.514444, 4);
		expect(row[RecordIndex.windDirection]).toBe(290);
		// 30.26 inHg at 2,317 m in the standard atmosphere.
		expect(row[RecordIndex.stationPressure]).toBeCloseTo(773, -1);
	});

	test("a calm or variable wind has no direction, which is interpolated", () => {
		const record = parse(morning);
		expect(at(record, "2016-01-01T15:52Z")[RecordIndex.windSpeed]).toBe(0);
		expect(at(record, "2016-01-01T15:52Z")[RecordIndex.windDirection]).toBe(290);
		expect(at(record, "2016-01-01T16:52Z")[RecordIndex.windSpeed]).toBeCloseTo(3 * 0.514444, 4);
	});

	test("what a report leaves out is interpolated, and so is the time between", () => {
		const record = parse(morning);
		const humidity = RecordIndex.relativeHumidity;
		expect(at(record, "2016-01-01T16:52Z")[humidity]).toBe(
			at(record, "2016-01-01T15:52Z")[humidity],
		);
		expect(at(record, "2016-01-01T15:22Z")[RecordIndex.airTemperature]).toBeCloseTo(-15.3, 6);
	});

	test("rain of the hour before is counted", () => {
		const record = parse(morning);
		const start = Date.parse("2016-01-01T14:52Z");
		expect(record.rainAt(start)).toBe(0);
		expect(record.rainAt(start + 3_600_000)).toBeCloseTo(1.016, 6);
		expect(parse(morning.replace("P0004", "")).rainAt(start)).toBeUndefined();
	});

	test.each<[string, Partial<Record<keyof typeof RecordIndex, number>>]>([
		[
			"EDDM 010020Z 24012KT CAVOK 21/12 Q1018 NOSIG",
			{ windSpeed: 12 * 0.514444, airTemperature: 21 },
		],
		[
			"UUEE 010030Z 24007MPS 9999 OVC020 M03/M05 Q0998 TEMPO 35015MPS",
			{ windSpeed: 7, windDirection: 240 },
		],
		["ZBAA 010030Z 36036KMH 9999 10/M02 Q1024=", { windSpeed: 10, windDirection: 0 }],
		[
			"METAR COR EDDF 010050Z AUTO 270P99KT 9999 15/14 Q1001 BECMG 20/20",
			{ windSpeed: 99 * 0.514444 },
		],
		["SPECI KDEN 010053Z /////KT 10SM M00/M01 A2992", { airTemperature: 0 }],
	])("%s", (line, expected) => {
		const record = parse(`2020-03-01\nKALS 010000Z 00000KT 05/05 Q1000\n${line}\n`);
		const [, minutes] = /\d\d00(\d\d)Z/.exec(line)!;
		const row = at(record, `2020-03-01T00:${minutes}Z`);
		for (const [name, value] of Object.entries(expected)) {
			expect(row[RecordIndex[name as keyof typeof RecordIndex]]).toBeCloseTo(value, 3);
		}
	});

	test("a day that is lower begins the next month, a date says which", () => {
		const text = `2019-12-31T23:50Z KALS 312350Z 00000KT 01/00 Q1000
KALS 010050Z 00000KT 02/00 Q1000
KALS 020050Z 00000KT 03/00 Q1000`;
		const record = parse(text);
		expect(at(record, "2020-01-01T00:50Z")[RecordIndex.airTemperature]).toBe(2);
		expect(record.period).toBeGreaterThan(25 * 3_600_000);
	});

	test("a report that came twice counts once, and the order means nothing", () => {
		const lines = morning.trim().split("\n").slice(1);
		const shuffled = ["2016/01/01", lines[3], lines[0], lines[2], lines[0]].join("\n");
		expect(at(parse(shuffled), "2016-01-01T15:52Z")).toEqual(
			at(parse(morning), "2016-01-01T15:52Z"),
		);
	});

	test.each([
		["KALS 011452Z 29004KT M18/M20 A3026", "a.metar:1: a report without a date before it"],
		[
			"2016/01/01\nKALS 011452Z 29004KT M18/M20 A3026",
			"a.metar: 1 rows of weather; expected at least 2",
		],
		["2016/01/01\nTAF KALS 011452Z\nno weather here", "a.metar: 1 rows of weather"],
	])("refuses %j with one line", (text, message) => {
		expect(() => parse(text)).toThrow(message);
	});
});

test("as weather of a fleet each station has the reports at its own height", () => {
	const climate = metarClimate(morning, "a.metar");
	const pressureAt = (heightM: number): number =>
		climate
			.sourceFor({ latitude: 37, longitude: -106, heightM }, new RandomStream(1))
			.at(Date.parse("2016-01-01T15:00Z"), {} as Conditions).stationPressure;
	expect(pressureAt(2317)).toBeLessThan(pressureAt(0) - 20_000);
	expect(() => metarClimate("nothing", "b.metar")).toThrow("b.metar: 0 rows of weather");
});
