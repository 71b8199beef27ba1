import fs, {
	appendFileSync,
	cpSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import fsPromises from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Archive } from "../../cloud/archive.ts";
import { Series } from "../../cloud/store/series.ts";
import { selectHourly } from "../../cloud/store/source.ts";
import { Upkeep } from "../../cloud/store/upkeep.ts";
import { Vault } from "../../cloud/vault/vault.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { makeReport } from "../support/cloud.ts";
import { dataKey, filesOf } from "../support/vault.ts";

const channels = new ChannelTable();
const daySeconds = 86_400;
/** 2023-11-14T00:00:00Z */
const day = 1_699_920_000;
const later = (day + 30 * daySeconds) * 1000;
let directory: string;
let lines: string[];
const opened: Archive[] = [];
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "isobar-"));
	lines = [];
});
afterEach(async () => {
	jest.restoreAllMocks();
	for (const archive of opened.splice(0)) await archive.close();
	rmSync(directory, { recursive: true, force: true });
});

async function open(from = directory, key?: string): Promise<Archive> {
	const vault = await Vault.open(from, { dataKey: key, encrypt: key !== undefined });
	const archive = await Archive.open(from, { channels, vault, log: (line) => lines.push(line) });
	opened.push(archive);
	return archive;
}

async function close(archive: Archive): Promise<void> {
	opened.splice(opened.indexOf(archive), 1);
	await archive.close();
}

function append(archive: Archive, thing: string, report: string | object): Promise<void> {
	const text = typeof report === "string" ? report : JSON.stringify({ v: 1, p: 60, ...report });
	return new Promise((resolve, reject) =>
		archive.append(thing, Buffer.from(text), (error) => (error ? reject(error) : resolve())),
	);
}

/** Paths below a folder of the archive. */
function files(folder: string): string[] {
	return readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
		.sort();
}

describe("compaction", () => {
	test("moves rows to a folder of their day; nothing is different for who asks", async () => {
		const archive = await open();
		await append(archive, "a", {
			s: 1,
			n: 3,
			t: day + daySeconds - 60,
			c: 2,
			T: [100, 1, null],
			e: { T: [1] },
		});
		await append(archive, "b", { s: 7, n: 1, t: day, T: [200], q: { T: [1] } });
		const request = {
			thing: "a",
			channels: ["airTemperature"],
			from: day,
			to: day + 2 * daySeconds,
			points: 9_000,
		};
		const series = new Series(archive.store, channels);
		const before = [await archive.rows("a"), await archive.rows("b"), await series.query(request)];
		await archive.compactor.compact(later);
		expect(files("observations")).toEqual([
			"observations/day=2023-11-14/part-000001.parquet",
			"observations/day=2023-11-15/part-000002.parquet",
		]);
		expect(statSync(join(directory, files("hourly")[0]!)).mode & 0o777).toBe(0o600);
		expect(statSync(join(directory, "observations.jsonl")).size).toBe(0);
		expect(readdirSync(directory).sort()).toEqual([
			"hourly",
			"manifest.json",
			"observations",
			"observations.jsonl",
			"rejected.jsonl",
			"spill.tmp",
		]);
		expect([await archive.rows("a"), await archive.rows("b"), await series.query(request)]).toEqual(
			before,
		);
		expect(await archive.audit()).toEqual({ rows: 4, repeated: 0 });
	});

	test("what has left the log is known, after a start too", async () => {
		const first = await open();
		await append(first, "a", makeReport(1, 6));
		await first.compactor.compact(later);
		await append(first, "a", makeReport(4, 8));
		await close(first);
		const second = await open();
		await append(second, "a", makeReport(1, 9));
		expect(second).toMatchObject({ archived: 1, duplicates: 8 });
		expect([second.count("a"), second.count()]).toEqual([9, 9]);
		await second.compactor.compact(later);
		expect(await second.audit()).toEqual({ rows: 9, repeated: 0 });
	});

	test("the parts of a day that is over become one; channels that came later are in it", async () => {
		const archive = await open();
		for (const [sequence, values] of [
			{ T: [100] },
			{ T: [110], Co2: [400] },
			{ H: [500] },
		].entries()) {
			await append(archive, "a", { s: sequence + 1, n: 1, t: day + 60 * sequence, ...values });
			await archive.compactor.compact(day * 1000);
		}
		expect(files("observations")).toHaveLength(3);
		await archive.compactor.compact(later);
		expect(files("observations")).toEqual(["observations/day=2023-11-14/part-000004.parquet"]);
		expect(files("hourly")).toEqual(["hourly/day=2023-11-14/part-000004.parquet"]);
		expect(await archive.rows("a")).toMatchObject([
			{ sequence: 1, airTemperature: 10 },
			{ sequence: 2, airTemperature: 11, carbonDioxide: 400 },
			{ sequence: 3, relativeHumidity: 50 },
		]);
	});

	test("lines that are no rows are kept beside the archive", async () => {
		writeFileSync(join(directory, "observations.jsonl"), "nonsense\n");
		const archive = await open();
		await append(archive, "a", makeReport(1, 1));
		await archive.compactor.compact(later);
		expect(fs.readFileSync(join(directory, "unreadable-000001.txt"), "utf8")).toBe("nonsense\n");
		expect(await archive.audit()).toEqual({ rows: 1, repeated: 0 });
	});

	test("rows that stand twice in the log stand once in Parquet", async () => {
		const archive = await open();
		await append(archive, "a", makeReport(1, 2));
		await close(archive);
		const log = join(directory, "observations.jsonl");
		appendFileSync(log, fs.readFileSync(log));
		const again = await open();
		await again.compactor.compact(later);
		expect(await again.audit()).toEqual({ rows: 2, repeated: 0 });
	});

	test("a clock that was never set has a folder of its own", async () => {
		const archive = await open();
		await append(archive, "a", { s: 1, n: 1, t: 100_000, c: 3, T: [1] });
		await append(archive, "a", { s: 2, n: 1, t: 250_000_000_000, c: 0, T: [1] });
		await archive.compactor.compact(later);
		expect(files("observations")).toEqual(["observations/day=1970-01-01/part-000001.parquet"]);
		expect(await archive.rows("a")).toHaveLength(2);
	});

	test("a manifest that cannot be read ends the start, and nothing is removed", async () => {
		const archive = await open();
		await append(archive, "a", makeReport(1, 2));
		await archive.compactor.compact(later);
		await close(archive);
		const before = files(".");
		writeFileSync(join(directory, "manifest.json"), "{");
		await expect(open()).rejects.toMatchObject({
			code: "Unreadable",
			message: expect.stringMatching(/manifest\.json: .*; the archive is left as it is$/),
		});
		expect(files(".")).toEqual(before);
	});
});

describe("an archive that is encrypted", () => {
	/** The same rows into a plain archive and an encrypted one, moved to Parquet and cut by retention. */
	async function fill(archive: Archive): Promise<unknown[]> {
		for (let index = 0; index < 5; index++) {
			const t = day + index * daySeconds;
			const values = { T: [100 + index, 1, null], D: [350, 5, 10], R: [2_000, 0, 5] };
			await append(archive, "a", { s: 1 + 3 * index, n: 3, t, ...values, e: { T: [2] } });
			await append(archive, "b", { s: 1 + index, n: 1, t: t + 3_600, H: [400 + index] });
			await archive.compactor.compact(day * 1000);
		}
		await append(archive, "a", { s: 16, n: 1, t: day + 4 * daySeconds + 300, T: [7] });
		await archive.compactor.compact(later);
		const now = (day + 5 * daySeconds) * 1000;
		const { compactor } = archive;
		const landing = () => archive.landing();
		const log = (line: string): void => void lines.push(line);
		await new Upkeep({ compactor, landing, retention: { days: 3 }, log }).look(now);
		await append(archive, "a", { s: 17, n: 2, t: day + 4 * daySeconds + 360, T: [8, 1] });
		const series = new Series(archive.store, channels);
		const range = { from: day, to: day + 9 * daySeconds };
		return [
			await archive.rows("a"),
			await archive.rows("b"),
			await archive.audit(),
			archive.count(),
			await series.query({
				thing: "a",
				channels: ["airTemperature", "windDirection"],
				...range,
				points: 9_000,
			}),
			await series.query({ thing: "a", channels: ["precipitation"], ...range, points: 10 }),
			await archive.store.read(({ database, ...sources }) =>
				database.rows(`SELECT * FROM (${selectHourly(sources, () => false)}) ORDER BY ALL`),
			),
		];
	}

	test("gives the answers of a plain one, after retention and a start too, and nothing stays open", async () => {
		const plain = await fill(await open());
		const other = join(directory, "encrypted");
		const first = await open(other, dataKey);
		expect(await fill(first)).toEqual(plain);
		expect(lines.filter((line) => /retention/.test(line))).toEqual([
			"archive: retention removed 2 days, 8 observations",
			"archive: retention removed 2 days, 8 observations",
		]);
		await close(first);
		const second = await open(other, dataKey);
		expect([await second.rows("a"), await second.rows("b")]).toEqual(plain.slice(0, 2));
		await close(second);
		for (const [name, bytes] of filesOf(other)) {
			const text = bytes.toString("latin1");
			expect([name, /PAR1|airTemperature|sequence/.test(text)]).toEqual([name, false]);
		}
		const room = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
		const own = `isobar-clear-${process.pid}-`;
		expect(readdirSync(room).filter((name) => name.startsWith(own))).toEqual([]);
	});

	test("a segment whose end was changed is not moved to Parquet", async () => {
		const archive = await open(directory, dataKey);
		await append(archive, "a", makeReport(1, 3));
		const log = join(directory, "observations.jsonl");
		const bytes = fs.readFileSync(log);
		bytes[bytes.length - 1] = 0x20;
		writeFileSync(log, bytes);
		await expect(archive.compactor.compact(later)).rejects.toMatchObject({ code: "Damaged" });
		await close(archive);
		await expect(open(directory, dataKey)).rejects.toMatchObject({
			code: "Damaged",
			message: expect.stringMatching(/observations-000001\.jsonl, line 2, can't be opened/),
		});
	});
});

describe("a crash in a compaction", () => {
	/** Every call after which something else stands in the directory. */
	const calls = [
		...(["renameSync", "unlinkSync", "writeSync", "openSync"] as const).map((name) => [fs, name]),
		...(["rename", "unlink", "open", "chmod"] as const).map((name) => [fsPromises, name]),
	] as [Record<string, (...words: unknown[]) => unknown>, string][];

	test.each([
		["", undefined],
		[", encrypted", dataKey],
	])(
		"at every step%s: all rows are there once, and what comes again is known",
		async (_, key) => {
			const archive = await open(directory, key);
			await append(archive, "a", makeReport(1, 3));
			await append(archive, "a", { s: 100, n: 1, t: day, T: [1] });
			await archive.compactor.compact(day * 1000);
			await append(archive, "a", makeReport(4, 6));
			await append(archive, "b", { s: 1, n: 1, t: day, T: [1] });

			const copies = mkdtempSync(join(tmpdir(), "isobar-"));
			let count = 0;
			let copying = false;
			for (const [module, name] of calls) {
				const real = module[name]!.bind(module);
				jest.spyOn(module, name).mockImplementation((...words) => {
					if (!copying && String(words[0]).startsWith(directory)) {
						copying = true;
						cpSync(directory, join(copies, `${++count}`), { recursive: true });
						copying = false;
					}
					return real(...words);
				});
			}
			// A part and the merging of two days.
			await archive.compactor.compact(later);
			jest.restoreAllMocks();
			expect(count).toBeGreaterThan(30);
			for (let step = 1; step <= count; step++) {
				const copy = await open(join(copies, `${step}`), key);
				await append(copy, "a", makeReport(1, 6));
				expect([step, copy.archived, copy.duplicates]).toEqual([step, 0, 6]);
				await copy.compactor.compact(later);
				expect([step, await copy.audit()]).toEqual([step, { rows: 8, repeated: 0 }]);
				await close(copy);
			}
			rmSync(copies, { recursive: true });
		},
		120_000,
	);
});
