import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Cloud, makeClaim, provision, startCloud } from "../../cloud/index.ts";
import standard from "../../examples/station.ts";
import { defineStation } from "../../firmware/index.ts";
import { Fleet } from "../../simulator/fleet/fleet.ts";
import { balance, readArchive } from "../../simulator/fleet/ledger.ts";
import { openStorage } from "../../simulator/fleet/storage.ts";
import { RealWorld } from "../../simulator/fleet/world.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { parseRecord } from "../../simulator/weather/record.ts";
import { nodeTemplate } from "../support/claim.ts";

const surfrad = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";
const things = ["blank-1", "blank-2", "blank-3"];
const hourMs = 3_600_000;

let dataDir: string;
let cloud: Cloud;
let world: RealWorld;
let fleet: Fleet;
const lines: string[] = [];
/** How far the clock of the cloud is ahead. */
let aheadMs = 0;

/** Stations that are flashed with the claim of their batch and with nothing of their own. */
beforeEach(async () => {
	dataDir = mkdtempSync(join(tmpdir(), "isobar-claim-"));
	lines.length = 0;
	aheadMs = 0;
	await provision(dataDir, []);
	cloud = await start();
	await cloud.templates.create({
		templateName: "batch",
		templateBody: JSON.stringify(nodeTemplate),
		enabled: true,
	});
	const claim = await makeClaim(dataDir, "batch");
	const credentials = {
		authority: readFileSync(join(dataDir, "ca.crt"), "utf8"),
		certificate: readFileSync(claim.certificate, "utf8"),
		key: readFileSync(claim.key, "utf8"),
	};
	world = new RealWorld(() => credentials);
	fleet = new Fleet(world, {
		things,
		endpoint: "localhost",
		port: cloud.port,
		definition: defineStation({
			...standard,
			cadence: { sampleSeconds: 1, observeSeconds: 1, reportSeconds: 2 },
		}),
		weather: parseRecord(readFileSync(surfrad, "utf8"), surfrad),
		seed: 1,
		storage: (thing) => ({
			...openStorage(join(dataDir, "stations"), thing),
			claim: { templateName: "batch", parameters: { SerialNumber: thing.slice(-1) } },
		}),
		log: (thing, line) => lines.push(`${thing} ${line}`),
	});
});
afterEach(async () => {
	fleet.stop();
	world.stop();
	await cloud.close();
	rmSync(dataDir, { recursive: true, force: true });
});

function start(): Promise<Cloud> {
	return startCloud({ dataDir, port: 0, log: () => {}, epoch: () => Date.now() + aheadMs });
}

function pass(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Every station has reported under the name that it was given. */
async function allReport(): Promise<void> {
	while (!["node-1", "node-2", "node-3"].every((thing) => cloud.archive.count(thing) > 2)) {
		await pass(50);
	}
}

/** What the certificates of the things are, without the claim's own. */
function certificatesOf(): string[] {
	return [...cloud.registry.state.certificates]
		.filter(({ policies }) => !policies.includes("isobar-claim-batch"))
		.map(({ status, things: attached, claim }) => {
			return `${status} ${Object.keys(attached).join()} ${claim === undefined ? "used" : "unused"}`;
		})
		.sort();
}

const oneEach = ["ACTIVE node-1 used", "ACTIVE node-2 used", "ACTIVE node-3 used"];

test("stations with a claim alone get themselves an identity over mutual TLS, and report as that", async () => {
	fleet.start();
	await allReport();
	expect(fleet.stations.map(({ thingName }) => thingName)).toEqual(["node-1", "node-2", "node-3"]);
	expect(fleet.stations.map(({ boots }) => boots)).toEqual([2, 2, 2]);
	expect(cloud.registry.state.thing("node-1")?.attributes.serial).toBe("1");
	expect(certificatesOf()).toEqual(oneEach);
	await fleet.drain(30_000);
	fleet.stop();
	await cloud.close();
	const archive = await readArchive(join(dataDir, "archive", "observations.jsonl"));
	expect(balance(fleet.stations, archive)).toMatchObject({ lost: 0, duplicates: 0, shed: 0 });
	expect(fleet.stations.map(({ crashes }) => crashes)).toEqual([0, 0, 0]);
	expect(lines.join("\n")).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/);
});

test("power that fails again and again on the way leaves one live certificate each, and no orphan", async () => {
	const random = new RandomStream(7);
	for (let round = 0; round < 8; round++) {
		for (const station of fleet.stations) {
			station.powerOn();
			setTimeout(() => station.powerCut(), 200 + (random.next() % 1_500));
		}
		await pass(1_750);
	}
	for (const station of fleet.stations) station.powerOn();
	await allReport();
	fleet.stop();
	await cloud.close();
	// What a cut left behind with the service is gone when its token has ended.
	aheadMs = hourMs + 1_000;
	cloud = await start();
	expect(certificatesOf()).toEqual(oneEach);
	expect(fleet.stations.every(({ boots }) => boots >= 9)).toBe(true);
});
