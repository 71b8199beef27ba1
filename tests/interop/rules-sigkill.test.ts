import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { MqttClient } from "mqtt";
import { provision } from "../../cloud/provision.ts";
import { CloudBench } from "../support/cloud.ts";

let bench: CloudBench;
const processes: ChildProcess[] = [];
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a"]);
	mkdirSync(join(bench.dataDir, "rules"), { recursive: true });
	const rule = {
		sql: "SELECT n FROM 'isobar/+/note'",
		actions: [{ sqs: { queueUrl: "notes" } }, { timestream: table }],
	};
	writeFileSync(join(bench.dataDir, "rules", "notes.json"), JSON.stringify(rule));
});
afterEach(async () => {
	for (const child of processes.splice(0)) child.kill("SIGKILL");
	await bench.end();
});

const table = {
	databaseName: "d",
	tableName: "notes",
	dimensions: [{ name: "thing", value: "${topic(2)}" }],
};

const program = `
	import { startCloud } from "./cloud/index.ts";
	const [dataDir, port] = process.argv.slice(1);
	const cloud = await startCloud({ dataDir, port: Number(port), log: console.error });
	console.log(cloud.port);
`;

async function spawnCloud(port: number): Promise<{ child: ChildProcess; port: number }> {
	const register = "./tests/support/register.mjs";
	const options = ["--import", register, "--input-type=module", "-e", program];
	const child = spawn(process.execPath, [...options, bench.dataDir, `${port}`], {
		stdio: ["ignore", "pipe", "ignore"],
	});
	processes.push(child);
	const [line] = await once(child.stdout!, "data");
	return { child, port: Number(line) };
}

/** Publishes until the connection is gone, eight messages under way at once. */
async function pump(client: MqttClient, first: number, acknowledged: Set<number>): Promise<void> {
	client.once("close", () => client.end(true));
	let next = first;
	const lane = async (): Promise<void> => {
		while (client.connected) {
			const n = next++;
			await client.publishAsync("isobar/a/note", JSON.stringify({ n }), { qos: 1 });
			acknowledged.add(n);
		}
	};
	await Promise.allSettled(Array.from({ length: 8 }, lane));
}

test("SIGKILL at any moment: what was acknowledged is in the queue and in the table", async () => {
	const acknowledged = new Set<number>();
	let port = 0;
	for (let round = 1; round <= 3; round++) {
		const cloud = await spawnCloud(port);
		({ port } = cloud);
		const client = await bench.connected(port, "a");
		client.on("packetreceive", () => {
			if (acknowledged.size >= round * 40) cloud.child.kill("SIGKILL");
		});
		await pump(client, round * 100_000, acknowledged);
	}

	const cloud = await bench.start();
	await cloud.rules.rules.idle();
	const queued = new Set<number>();
	const queue = (await cloud.rules.queues.get("notes"))!;
	for (;;) {
		const messages = queue.receive(10);
		if (messages.length === 0) break;
		for (const { body } of messages) queued.add(JSON.parse(body).n);
	}
	const rows = bench.read("targets/tables/notes.jsonl").split("\n").slice(0, -1);
	const stored = new Set(rows.map((row) => JSON.parse(row).n));
	expect([...acknowledged].filter((n) => !queued.has(n))).toEqual([]);
	expect([...acknowledged].filter((n) => !stored.has(n))).toEqual([]);
	expect(acknowledged.size).toBeGreaterThanOrEqual(120);
});
