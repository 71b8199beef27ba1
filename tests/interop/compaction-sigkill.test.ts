import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { provision } from "../../cloud/provision.ts";
import { CloudBench, makeReport } from "../support/cloud.ts";
import { PackageBench } from "../support/package.ts";

/** Built once, so that a start takes no compiler. */
const built = new PackageBench();
beforeAll(() => built.build());
afterAll(() => built.end());

let bench: CloudBench;
const processes: ChildProcess[] = [];
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(async () => {
	for (const child of processes.splice(0)) child.kill("SIGKILL");
	await bench.end();
});

/**
 * A cloud that moves its landing log to Parquet again and again, and that ends itself with SIGKILL just before
 * its call number `killAt` that changes a name or syncs a file of the archive.
 */
const program = `
	import fs from "node:fs";
	import fsPromises from "node:fs/promises";
	import { syncBuiltinESMExports } from "node:module";
	const [entry, dataDir, killAt] = process.argv.slice(1);
	let calls = 0;
	let counts = false;
	for (const [module, names] of [
		[fs, ["renameSync", "unlinkSync", "fdatasync", "fsyncSync"]],
		[fsPromises, ["rename", "chmod", "open"]],
	]) {
		for (const name of names) {
			const real = module[name];
			module[name] = (...words) => {
				if (counts && ++calls === Number(killAt)) process.kill(process.pid, "SIGKILL");
				return real(...words);
			};
		}
	}
	syncBuiltinESMExports();
	const { startCloud } = await import(entry);
	const cloud = await startCloud({ dataDir, port: 0, log: () => {} });
	console.log(cloud.port);
	cloud.subscribe("isobar/+/report", () => { counts = true; });
	for (;;) {
		await cloud.archive.compactor.compact(Date.now());
		await new Promise((resolve) => setImmediate(resolve));
	}
`;

async function spawnCloud(killAt: number): Promise<{ port: number; ended: Promise<unknown> }> {
	const words = [join(built.root, "dist/cloud.js"), bench.dataDir, `${killAt}`];
	const child = spawn(process.execPath, ["--input-type=module", "-e", program, ...words], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	processes.push(child);
	const ended = once(child, "exit");
	const [line] = await Promise.race([once(child.stdout!, "data"), ended]);
	return { port: Number(line), ended };
}

/** Sends reports of six, one after the other, until the connection is gone. */
async function pump(port: number, thing: string, acknowledged: Set<number>): Promise<void> {
	const client = await bench.connected(port, thing);
	client.once("close", () => client.end(true));
	try {
		for (let first = 1; client.connected; first += 6) {
			if (acknowledged.has(first)) continue;
			await client.publishAsync(`isobar/${thing}/report`, makeReport(first, first + 5), { qos: 1 });
			acknowledged.add(first);
		}
	} catch {
		// The cloud has ended; what was under way is sent again to the next one.
	}
}

test("SIGKILL at ten steps of ingest and compaction: what was acknowledged is there, and nothing twice", async () => {
	const acknowledged = { a: new Set<number>(), b: new Set<number>() };
	for (const killAt of [1, 4, 9, 13, 18, 24, 31, 39, 48, 60]) {
		const { port, ended } = await spawnCloud(killAt);
		await Promise.all([
			...Object.entries(acknowledged).map(([thing, set]) => pump(port, thing, set)),
			ended,
		]);
	}

	const cloud = await bench.start();
	for (const [thing, set] of Object.entries(acknowledged)) {
		expect(set.size).toBeGreaterThan(10);
		for (const first of set) {
			expect([first, cloud.archive.countBetween(thing, first, first + 5)]).toEqual([first, 6]);
		}
	}
	// What is known is what stands in the files, each once.
	const rows = cloud.archive.count();
	expect(await cloud.archive.audit()).toEqual({ rows, repeated: 0 });
	await cloud.archive.compactor.compact(Date.now());
	expect(await cloud.archive.audit()).toEqual({ rows, repeated: 0 });
});
