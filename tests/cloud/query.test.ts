import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Archive } from "../../cloud/archive.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { parseRecord, RecordIndex } from "../../simulator/weather/record.ts";
import { CommandBench } from "../support/command.ts";

/** 2023-11-14T00:00:00Z */
const day = 1_699_920_000;
let bench: CommandBench;
let archive: Archive;
beforeEach(async () => {
	bench = new CommandBench();
	mkdirSync(join(bench.dataDir, "archive"));
	archive = await Archive.open(join(bench.dataDir, "archive"), {
		channels: new ChannelTable(),
		log: () => {},
	});
	// Two observations in Parquet, one in the landing log, of the same hour.
	await append("a", { s: 1, n: 2, t: day, T: [100, 20], D: [350, 20], R: [2_000, 0] });
	await archive.compactor.compact(day * 1000);
	await append("a", { s: 3, n: 1, t: day + 120, T: [null], e: { T: [1] } });
});
afterEach(async () => {
	await archive.close();
	bench.end();
});

function append(thing: string, report: object): Promise<void> {
	const payload = Buffer.from(JSON.stringify({ v: 1, p: 60, ...report }));
	return new Promise((resolve, reject) =>
		archive.append(thing, payload, (error) => (error ? reject(error) : resolve())),
	);
}

/** SQL has blanks; the words of the bench are split at them. */
function query(sql: string, ...options: string[]): Promise<number> {
	return bench.run(["query", sql.replaceAll(" ", "\t"), "--data", "DIR", ...options].join(" "));
}

describe("isobar query, while the cloud has the archive open", () => {
	test("observations: Parquet and landing log as one table", async () => {
		const sql =
			"SELECT thing, sequence, time, airTemperature, reasons->>'airTemperature' AS why, day FROM observations ORDER BY sequence";
		expect(await query(sql)).toBe(0);
		expect(bench.out).toBe(
			[
				"thing  sequence  time                  airTemperature  why     day",
				"a             1  2023-11-14T00:00:00Z              10          2023-11-14",
				"a             2  2023-11-14T00:01:00Z              12          2023-11-14",
				"a             3  2023-11-14T00:02:00Z                  silent  2023-11-14",
				"",
			].join("\n"),
		);
	});

	test("a view for each channel, as CSV", async () => {
		await query("FROM airTemperature ORDER BY time", "--csv");
		expect(bench.out).toBe(
			[
				"thing,time,value,reason,flags",
				"a,2023-11-14T00:00:00Z,10,,",
				"a,2023-11-14T00:01:00Z,12,,",
				"a,2023-11-14T00:02:00Z,,silent,",
				"",
			].join("\n"),
		);
	});

	test("hourly means over both, as JSON", async () => {
		await query("FROM hourly", "--json");
		const row = JSON.parse(bench.out);
		expect(row).toMatchObject({
			thing: "a",
			hour: "2023-11-14T00:00:00Z",
			observations: 3,
			airTemperature: 11,
			airTemperatureCount: 2,
			airTemperatureMin: 10,
			airTemperatureMax: 12,
			precipitation: 0.2,
			precipitationSum: 0.4,
		});
		expect(Math.round(row.windDirection) % 360).toBe(0);
	});

	test("what there is", async () => {
		await query("SELECT thing, observations FROM stations");
		await query("SELECT unit FROM channels WHERE name = 'stationPressure'");
		expect(bench.out).toBe("thing  observations\na                 3\nunit\nPa\n");
	});

	test("SQL that can't be run is one line", async () => {
		expect(await query("SELECT nothing FROM observations")).toBe(1);
		expect(bench.err).toMatch(/^isobar: Binder Error: Referenced column "nothing" .*\n$/);
		expect(bench.err.trimEnd()).not.toContain("\n");
	});

	test("a directory without an archive", async () => {
		expect(await bench.run("query SELECT --data DIR/nowhere")).toBe(1);
		expect(bench.err).toMatch(/nowhere: no archive is there\n$/);
	});
});

describe("isobar replay", () => {
	test("an archived day is weather for the simulator, with its gaps and its rain", async () => {
		await append("a", { s: 4, n: 2, t: day + 180, T: [300, 100], P: [9_000, 10], c: 0 });
		expect(await bench.run("replay --thing a --from 2023-11-14 --data DIR")).toBe(0);
		expect(bench.out.split("\n").slice(0, 3)).toEqual([
			"time,temperature_c,wind_direction_deg,pressure_hpa,precipitation_mm",
			"2023-11-14T00:00:00Z,10,350,,0.2",
			"2023-11-14T00:01:00Z,12,10,,0.2",
		]);
		const record = parseRecord(bench.out, "day.csv");
		expect(record.valueAt(RecordIndex.airTemperature, (day + 180) * 1000)).toBe(30);
		// The missing one between 12 and 30.
		expect(record.valueAt(RecordIndex.airTemperature, (day + 120) * 1000)).toBe(21);
		expect(record.valueAt(RecordIndex.stationPressure, (day + 180) * 1000)).toBe(900);
	});

	test.each([
		["--thing nobody --from 2023-11-14", 2, '--thing: "nobody" has 0 observations from 2023-11-14'],
		["--thing a --from 2023-02-30", 2, "Expected a UTC day such as 2026-01-31."],
		[
			"--thing a --from 2023-11-14 --to 2023-11-13",
			2,
			"--to: 2023-11-13 is before --from 2023-11-14",
		],
	])("refuses %s", async (words, code, text) => {
		expect(await bench.run(`replay ${words} --data DIR`)).toBe(code);
		expect(bench.err).toContain(text);
	});
});
