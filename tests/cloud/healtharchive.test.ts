import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Archive } from "../../cloud/archive.ts";
import { HealthArchive } from "../../cloud/healtharchive.ts";
import { HealthChannels } from "../../cloud/healthchannels.ts";
import { DiskLog } from "../../cloud/log.ts";
import { Series } from "../../cloud/store/series.ts";
import { Upkeep } from "../../cloud/store/upkeep.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";

/** 2023-11-14T22:15:00Z */
const start = 1_700_000_100;
const dayMs = 86_400_000;
let directory: string;
let health: HealthArchive;
let now: number;
const lines: string[] = [];
const log = (line: string): void => {
	lines.push(line);
};
const open = (): Promise<HealthArchive> =>
	HealthArchive.open(directory, { log, now: () => now * 1000 });
beforeEach(async () => {
	directory = mkdtempSync(join(tmpdir(), "isobar-"));
	lines.length = 0;
	now = start;
	health = await open();
});
afterEach(async () => {
	await health.close();
	rmSync(directory, { recursive: true, force: true });
});

function append(message: unknown, thing = "a"): Promise<void> {
	const payload = Buffer.from(typeof message === "string" ? message : JSON.stringify(message));
	return new Promise((resolve, reject) =>
		health.append(thing, payload, (error) => (error ? reject(error) : resolve())),
	);
}

const landing = (): string => join(directory, "health", "observations.jsonl");
const rows = (): Record<string, unknown>[] =>
	readFileSync(landing(), "utf8")
		.split("\n")
		.slice(0, -1)
		.map((line) => JSON.parse(line));

function seriesOf(channels: string[], hours = 2) {
	const observations = { store: health.store, channels: new ChannelTable() };
	const series = new Series(observations.store, observations.channels, {
		store: health.store,
		channels: HealthChannels,
	});
	return series.query({
		thing: "a",
		channels,
		from: start,
		to: start + hours * 3_600,
		points: 200,
	});
}

describe("health messages over time", () => {
	test("one that could not be written is not acknowledged, and is taken when it comes again", async () => {
		await health.close();
		let isFull = true;
		health = await HealthArchive.open(directory, {
			log,
			async openLog(path, onLine, codec) {
				const { log: disk, torn } = await DiskLog.open(path, onLine, codec);
				const append = (bytes: Uint8Array): Promise<void> =>
					isFull ? Promise.reject(new Error("no space left on device")) : disk.append(bytes);
				return { log: { append, close: () => disk.close() }, torn };
			},
		});
		const message = { boot: 3, uptimeSeconds: 60, batteryMv: 3_912 };
		await expect(append(message)).rejects.toThrow("no space");
		isFull = false;
		await append(message);
		expect(rows()).toMatchObject([{ sequence: 1, batteryVoltage: 3.912 }]);
		expect(health.archived).toBe(1);
	});

	test("a row has the numbers of the message, in units, at the time of the station", async () => {
		await append({
			...{ boot: 3, uptimeSeconds: 60, epochSeconds: start - 5, freeHeapBytes: 40_000 },
			...{ batteryMv: 3_912, stateOfCharge: 78, rssiDbm: -67, connects: 2 },
			observations: { waiting: 4, shed: 0 },
			reasons: { NoRoute: 1 },
		});
		expect(rows()).toEqual([
			{
				...{ thing: "a", sequence: 1, time: "2023-11-14T22:14:55.000Z", periodSeconds: 900 },
				...{ batteryVoltage: 3.912, stateOfCharge: 78, signalStrength: -67, freeHeap: 40_000 },
				...{ uptime: 60, boot: 3, connects: 2, observationsWaiting: 4, observationsShed: 0 },
			},
		]);
	});

	test("a station that does not know the time has that of the arrival", async () => {
		await append({ batteryMv: 4_000 });
		now += 300;
		await append({ batteryMv: 3_990, epochSeconds: 12 });
		expect(rows().map(({ time }) => time)).toEqual([
			"2023-11-14T22:15:00.000Z",
			"2023-11-14T22:20:00.000Z",
		]);
	});

	test.each<[string, object]>([
		["a signal above what is", { rssiDbm: 4 }],
		["a battery of a thousand volts", { batteryMv: 1_000_000 }],
		["a charge below nothing", { stateOfCharge: -1 }],
		["text", { batteryMv: "4000" }],
	])("a value out of its range is left out, the others are kept: %s", async (_, wrong) => {
		await append({ uptimeSeconds: 1, ...wrong });
		expect(Object.keys(rows()[0]!)).toEqual([
			...["thing", "sequence", "time", "periodSeconds", "uptime"],
		]);
	});

	test.each(["no JSON", "[1]", "null", "{}", '{"batteryMv":null}'])(
		"what has nothing to keep is acknowledged and not kept: %s",
		async (payload) => {
			await append(payload);
			expect([rows(), health.archived]).toEqual([[], 0]);
		},
	);

	test("a message that comes again, or sooner than a station sends, is kept once", async () => {
		const message = { boot: 1, uptimeSeconds: 10, batteryMv: 4_000 };
		await append(message);
		now += 3_600;
		await append(message);
		await append({ ...message, uptimeSeconds: 3_610 });
		now += 2;
		await append({ ...message, uptimeSeconds: 3_612 });
		expect(rows().map(({ uptime }) => uptime)).toEqual([10, 3_610]);
	});

	test("the period follows the cadence, and a pause is a gap", async () => {
		for (const seconds of [0, 300, 600, 6_000, 6_300]) {
			now = start + seconds;
			await append({ batteryMv: 4_000 - seconds / 100 });
		}
		expect(rows().map(({ periodSeconds }) => periodSeconds)).toEqual([900, 300, 300, 600, 300]);
		const { time, channels } = await seriesOf(["batteryVoltage"]);
		expect(channels.batteryVoltage).toMatchObject({
			unit: "V",
			mean: [4, 3.997, 3.994, null, 3.94, 3.937],
		});
		expect(time[3]).toBeLessThan(start + 6_000);
	});

	test("a series is of observations or of health, and says so", async () => {
		await append({ batteryMv: 4_000 });
		await expect(seriesOf(["batteryVoltage", "airTemperature"])).rejects.toThrow(
			'channels "batteryVoltage,airTemperature": batteryVoltage are of health messages; expected them in a request of their own',
		);
		await expect(seriesOf(["stateOfCharge"])).resolves.toMatchObject({
			channels: { stateOfCharge: { unit: "%", mean: [null] } },
		});
	});
});

describe("its files", () => {
	test("a torn tail is cut off, and numbers go on behind what is there", async () => {
		await append({ batteryMv: 4_000 });
		await health.close();
		appendFileSync(landing(), '{"thing":"a","sequ');
		health = await open();
		expect(lines).toEqual(["archive: cut off a torn last line of 18 bytes"]);
		now += 300;
		await append({ batteryMv: 3_990 });
		expect(rows().map(({ sequence }) => sequence)).toEqual([1, 2]);
	});

	test("rows move to Parquet and are in series still; numbers go on", async () => {
		await append({ batteryMv: 4_000 });
		await health.compactor.compact(Date.now());
		now += 300;
		await append({ batteryMv: 3_990 });
		expect([rows().length, rows()[0]!.sequence, health.count("a")]).toEqual([1, 2, 2]);
		const { channels } = await seriesOf(["batteryVoltage"]);
		expect(channels.batteryVoltage!.mean).toEqual([4, 3.99]);
	});

	test("retention takes their days with those of the observations", async () => {
		const archive = await Archive.open(directory, { channels: new ChannelTable(), log });
		const report = { v: 1, s: 1, n: 1, t: start, p: 60, T: [1] };
		await new Promise<void>((resolve) =>
			archive.append("a", Buffer.from(JSON.stringify(report)), () => resolve()),
		);
		await append({ batteryMv: 4_000 });
		now += 3 * 86_400;
		await append({ batteryMv: 3_900 });
		await new Upkeep({
			compactor: archive.compactor,
			landing: () => ({ bytes: 1, since: 0 }),
			health: {
				what: "health messages",
				compactor: health.compactor,
				landing: () => ({ bytes: 1, since: 0 }),
			},
			retention: { days: 1 },
			log,
		}).look(start * 1000 + 3 * dayMs);
		expect(lines.slice(-2)).toEqual([
			"archive: retention removed 1 days, 1 observations",
			"archive: retention removed 1 days, 1 health messages",
		]);
		const { channels } = await seriesOf(["batteryVoltage"], 4 * 24);
		expect(channels.batteryVoltage!.mean).toEqual([3.9]);
		await archive.close();
	});
});
