import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import S3rver from "s3rver";
import { Archive } from "../../cloud/archive.ts";
import { readManifest } from "../../cloud/store/manifest.ts";
import { Upkeep } from "../../cloud/store/upkeep.ts";
import { Uploader } from "../../cloud/store/upload.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";

const dayMs = 86_400_000;
/** 2023-11-14T00:00:00Z */
const day = 1_699_920_000_000;
const bucket = "weather";
let directory: string;
let archive: Archive;
let server: S3rver;
let endpoint: string;
let lines: string[];
const log = (line: string): void => {
	lines.push(line);
};
beforeEach(async () => {
	lines = [];
	directory = mkdtempSync(join(tmpdir(), "isobar-"));
	// Those that the server knows.
	process.env.AWS_ACCESS_KEY_ID = "S3RVER";
	process.env.AWS_SECRET_ACCESS_KEY = "S3RVER";
	server = new S3rver({
		address: "127.0.0.1",
		port: 0,
		directory: join(directory, "buckets"),
		silent: true,
		configureBuckets: [{ name: bucket }],
	});
	endpoint = `http://127.0.0.1:${(await server.run()).port}`;
	archive = await Archive.open(directory, { channels: new ChannelTable(), log });
});
afterEach(async () => {
	delete process.env.AWS_ACCESS_KEY_ID;
	delete process.env.AWS_SECRET_ACCESS_KEY;
	await archive.close();
	await server.close();
	rmSync(directory, { recursive: true, force: true });
});

function append(sequence: number, time: number): Promise<void> {
	const report = { v: 1, s: sequence, n: 1, t: time / 1000, p: 60, T: [sequence] };
	return new Promise((resolve, reject) =>
		archive.append("a", Buffer.from(JSON.stringify(report)), (error) =>
			error ? reject(error) : resolve(),
		),
	);
}

function upkeep(target = endpoint): Upkeep {
	const { compactor } = archive;
	const place = { bucket, prefix: "isobar", endpoint: target };
	const uploader = new Uploader({ ...place, directory, compactor, log });
	return new Upkeep({
		compactor,
		landing: () => archive.landing(),
		landingBytesMaximum: 1,
		retention: { days: 1 },
		uploader,
		log,
	});
}

/** Keys in the bucket, and the bytes of one. */
async function keys(): Promise<string[]> {
	const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true });
	const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
	client.destroy();
	return Contents.map(({ Key }) => Key!).sort();
}

async function read(key: string): Promise<Buffer> {
	const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true });
	const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
	const bytes = Buffer.from(await Body!.transformToByteArray());
	client.destroy();
	return bytes;
}

test("days that are over are copied, whole; today is not", async () => {
	await append(1, day);
	await append(2, day + dayMs);
	await upkeep().look(day + dayMs);
	expect(await keys()).toEqual([
		"isobar/hourly/day=2023-11-14/part-000001.parquet",
		"isobar/observations/day=2023-11-14/part-000001.parquet",
	]);
	const file = "observations/day=2023-11-14/part-000001.parquet";
	expect((await read(`isobar/${file}`)).equals(readFileSync(join(directory, file)))).toBe(true);
	expect(readManifest(directory).parts.map(({ uploaded }) => uploaded)).toEqual([true, undefined]);
});

test("rows that come late: the new file is copied before the old one goes", async () => {
	await append(1, day);
	await upkeep().look(day + dayMs);
	await append(2, day);
	await upkeep().look(day + dayMs);
	expect(await keys()).toEqual([
		"isobar/hourly/day=2023-11-14/part-000003.parquet",
		"isobar/observations/day=2023-11-14/part-000003.parquet",
	]);
	expect(readManifest(directory).stale).toEqual([]);
});

test("nothing is removed here before its copy is confirmed there", async () => {
	await append(1, day);
	process.env.AWS_ACCESS_KEY_ID = "NOBODY";
	await upkeep().look(day + 5 * dayMs);
	expect(lines.at(-1)).toMatch(/^archive: upkeep failed, and is tried again: .*Access Key/);
	expect(readdirSync(join(directory, "observations"))).toEqual(["day=2023-11-14"]);

	process.env.AWS_ACCESS_KEY_ID = "S3RVER";
	await upkeep().look(day + 5 * dayMs);
	expect(await keys()).toHaveLength(2);
	expect(existsSync(join(directory, "observations/day=2023-11-14"))).toBe(false);
	expect(readManifest(directory).removed.rows).toBe(1);
});
