import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { StationMetadata } from "../../cloud/metadata.ts";
import { CloudBench } from "../support/cloud.ts";

const site = { name: "valley", latitude: 37.7, longitude: -105.9, heightM: 2317 };
const sensors = { BME280: { part: "BME280", serial: "A1", calibrated: "2026-03-01" } };

let bench: CloudBench;
beforeEach(() => {
	bench = new CloudBench();
});
afterEach(() => bench.end());

const lines = (): StationMetadata[] =>
	bench
		.read("archive/stations.jsonl")
		.split("\n")
		.slice(0, -1)
		.map((line) => JSON.parse(line));

test("each archive says where its stations stand and with what they measure, from when on", async () => {
	const cloud = await bench.start();
	const before = new Date().toISOString();
	await cloud.updateShadow("a", { state: { reported: { site, sensors, firmware: "1" } } });
	await cloud.updateShadow("a", { state: { reported: { firmware: "2" } } });
	await cloud.updateShadow("b", { state: { reported: { firmware: "1" } } });
	await cloud.updateShadow("a", { state: { reported: { sensors: { BME280: { serial: "A2" } } } } });
	await cloud.close();
	expect(lines()).toMatchObject([
		{ thing: "a", site, sensors },
		{ thing: "a", site, sensors: { BME280: { part: "BME280", serial: "A2" } } },
	]);
	expect(lines()[0]!.time >= before).toBe(true);
});

test("a restart repeats nothing and cuts off a torn line", async () => {
	const cloud = await bench.start();
	await cloud.updateShadow("a", { state: { reported: { site, sensors } } });
	await cloud.close();
	appendFileSync(join(bench.dataDir, "archive/stations.jsonl"), '{"thing":"a","si');
	const second = await bench.start();
	await second.updateShadow("a", { state: { reported: { site, sensors, firmware: "3" } } });
	await second.close();
	expect(lines()).toHaveLength(1);
	expect(bench.lines).toContainEqual(
		expect.stringMatching(/stations\.jsonl: cut off 16 bytes of a torn line/),
	);
});
