import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Archive } from "../../cloud/archive.ts";
import { auditFiles } from "../../cloud/store/audit.ts";
import { readManifest } from "../../cloud/store/manifest.ts";
import { landingPaths } from "../../cloud/store/segments.ts";
import { Upkeep, type UpkeepOptions } from "../../cloud/store/upkeep.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { balance, readArchive } from "../../simulator/fleet/ledger.ts";
import type { SimulatedStation } from "../../simulator/fleet/station.ts";

const dayMs = 86_400_000;
/** 2023-11-14T00:00:00Z */
const day = 1_699_920_000_000;
let directory: string;
let archive: Archive;
const lines: string[] = [];
const log = (line: string): void => {
	lines.push(line);
};
beforeEach(async () => {
	directory = mkdtempSync(join(tmpdir(), "isobar-"));
	lines.length = 0;
	archive = await Archive.open(directory, { channels: new ChannelTable(), log });
});
afterEach(async () => {
	await archive.close();
	rmSync(directory, { recursive: true, force: true });
});

/** An observation of station "a" at a time. */
function append(sequence: number, time: number): Promise<void> {
	const report = { v: 1, s: sequence, n: 1, t: time / 1000, p: 60, T: [sequence] };
	return new Promise((resolve, reject) =>
		archive.append("a", Buffer.from(JSON.stringify(report)), (error) =>
			error ? reject(error) : resolve(),
		),
	);
}

function upkeep(options: Partial<UpkeepOptions>): Upkeep {
	const { compactor } = archive;
	return new Upkeep({ compactor, landing: () => archive.landing(), log, ...options });
}

const days = (): string[] => readdirSync(join(directory, "observations")).sort();
const hasMoved = (): boolean => readdirSync(directory).includes("observations");

test("the landing log is moved on the first look of a new day, and at so many bytes", async () => {
	await append(1, day);
	await upkeep({}).look(Date.now());
	expect(hasMoved()).toBe(false);
	await upkeep({ landing: () => ({ bytes: 1, since: day }) }).look(day + dayMs);
	expect(days()).toEqual(["day=2023-11-14"]);
	await append(2, day + dayMs);
	await upkeep({ landingBytesMaximum: 1 }).look(Date.now());
	expect(days()).toEqual(["day=2023-11-14", "day=2023-11-15"]);
});

test("retention by days removes whole days, counts them, and forgets no sequence number", async () => {
	for (let index = 0; index < 4; index++) await append(index + 1, day + index * dayMs);
	await append(5, 1_000_000);
	await archive.compactor.compact(day);
	await upkeep({ retention: { days: 1 } }).look(day + 3 * dayMs);
	expect(days()).toEqual(["day=1970-01-01", "day=2023-11-16", "day=2023-11-17"]);
	expect(readManifest(directory).removed).toMatchObject({ rows: 2, days: 2 });
	expect(lines.at(-1)).toBe("archive: retention removed 2 days, 2 observations");
	await append(1, day);
	expect(archive).toMatchObject({ archived: 5, duplicates: 1 });
});

test("retention by bytes keeps the newest days that fit", async () => {
	for (let index = 0; index < 3; index++) await append(index + 1, day + index * dayMs);
	await archive.compactor.compact(day);
	const [first] = readManifest(directory).parts;
	await upkeep({ retention: { bytes: Math.round(first!.bytes * 1.5) } }).look(day);
	expect(days()).toEqual(["day=2023-11-16"]);
});

test("what fails is logged, and done at the next look", async () => {
	await append(1, day);
	const compactor = {
		compact: () => Promise.reject(new Error("disk full")),
		change: () => Promise.resolve(),
	};
	await upkeep({ compactor, landingBytesMaximum: 1 }).look(Date.now());
	expect(lines).toEqual(["archive: upkeep failed, and is tried again: disk full"]);
	await upkeep({ landingBytesMaximum: 1 }).look(Date.now());
	expect(days()).toEqual(["day=2023-11-14"]);
});

test("the balance of a run counts what has moved", async () => {
	await append(1, day);
	await append(2, day);
	await archive.compactor.compact(day);
	await append(3, day);
	const totals = { acknowledged: 4, shed: 0, made: [{ first: 1, last: 4 }], exposed: [] };
	const stations = [{ thingName: "a", totals: () => totals }] as unknown as SimulatedStation[];
	const witness = await readArchive(landingPaths(directory), await auditFiles(directory));
	expect(balance(stations, witness)).toMatchObject({
		made: 4,
		archived: 3,
		lost: 1,
		duplicates: 0,
	});
});
