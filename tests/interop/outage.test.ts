import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Cloud, provision, startCloud } from "../../cloud/index.ts";
import standard from "../../examples/station.ts";
import { defineStation } from "../../firmware/index.ts";
import { Fleet } from "../../simulator/fleet/fleet.ts";
import { balance, readArchive } from "../../simulator/fleet/ledger.ts";
import { openStorage } from "../../simulator/fleet/storage.ts";
import { RealWorld } from "../../simulator/fleet/world.ts";
import { parseRecord } from "../../simulator/weather/record.ts";

const surfrad = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";
const things = ["station-0001", "station-0002", "station-0003"];
const outageMs = 20_000;

let dataDir: string;
let cloud: Cloud;
let world: RealWorld;
let fleet: Fleet;

beforeEach(async () => {
	dataDir = mkdtempSync(join(tmpdir(), "isobar-outage-"));
	await provision(dataDir, things);
	cloud = await start(0);
	const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
	world = new RealWorld((thing) => ({
		authority: read("ca.crt"),
		certificate: read(`things/${thing}.crt`),
		key: read(`things/${thing}.key`),
	}));
	fleet = new Fleet(world, {
		things,
		endpoint: "localhost",
		port: cloud.port,
		definition: defineStation({
			...standard,
			cadence: { sampleSeconds: 1, observeSeconds: 1, reportSeconds: 3 },
		}),
		weather: parseRecord(readFileSync(surfrad, "utf8"), surfrad),
		seed: 1,
		storage: (thing) => openStorage(join(dataDir, "stations"), thing),
		log: () => {},
	});
	fleet.start();
});
afterEach(async () => {
	fleet.stop();
	world.stop();
	await cloud.close();
	rmSync(dataDir, { recursive: true, force: true });
});

function start(port: number): Promise<Cloud> {
	return startCloud({ dataDir, port, log: () => {} });
}

function pass(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets the fleet drain, and expects each of its observations in the archive, once. */
async function expectWhole(atLeast: number): Promise<void> {
	await fleet.drain(30_000);
	fleet.stop();
	await cloud.close();
	const archive = await readArchive(join(dataDir, "archive", "observations.jsonl"));
	const ledger = balance(fleet.stations, archive);
	expect(ledger).toEqual({
		made: ledger.made,
		acknowledged: expect.any(Number),
		archived: ledger.made,
		shed: 0,
		lost: 0,
		duplicates: 0,
	});
	expect(ledger.made).toBeGreaterThanOrEqual(atLeast);
}

test("a cloud that is killed for 20 s and starts again on its data has everything, once", async () => {
	await pass(5_000);
	const { port } = cloud;
	expect(fleet.totals().acknowledged).toBeGreaterThan(0);
	cloud.kill();
	await pass(outageMs);
	expect(fleet.totals().waiting).toBeGreaterThan(things.length * 15);
	cloud = await start(port);
	await pass(5_000);
	await expectWhole(things.length * 27);
	expect(fleet.totals().reportsResent + fleet.totals().connects).toBeGreaterThan(things.length);
});

test("a station whose power is cut in the middle has everything reported, once", async () => {
	await pass(4_500);
	const [victim, other] = [fleet.stations[0]!, fleet.stations[1]!];
	victim.powerCut();
	expect(victim.state).toBeUndefined();
	await pass(1_000);
	victim.powerOn();
	// In the middle of connecting, and again as soon as it reports.
	await pass(300);
	victim.powerCut();
	victim.powerOn();
	while ((victim.state?.reportsSent ?? 0) === 0) await pass(20);
	victim.powerCut();
	victim.powerOn();
	await pass(4_000);
	await expectWhole(things.length * 7);
	expect(victim.totals().made.length).toBeGreaterThanOrEqual(3);
	expect(other.totals().made).toHaveLength(1);
});
