import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { MqttClient } from "mqtt";
import { provision } from "../../cloud/provision.ts";
import { Vault } from "../../cloud/vault/vault.ts";
import { CloudBench, makeReport } from "../support/cloud.ts";
import { PackageBench } from "../support/package.ts";
import { dataKey } from "../support/vault.ts";

/** Built once, so that a start takes no compiler. */
const built = new PackageBench();
beforeAll(() => built.build());
afterAll(() => built.end());

let bench: CloudBench;
const processes: ChildProcess[] = [];
beforeEach(() => {
	bench = new CloudBench();
});
afterEach(async () => {
	for (const child of processes.splice(0)) child.kill("SIGKILL");
	await bench.end();
});

const program = `
	const [entry, dataDir, port, dataKey] = process.argv.slice(1);
	const { startCloud } = await import(entry);
	const cloud = await startCloud({ dataDir, port: Number(port), dataKey, log: console.error });
	console.log(cloud.port);
`;

/** A cloud in a process of its own. */
async function spawnCloud(
	port: number,
	key: string[],
): Promise<{ child: ChildProcess; port: number }> {
	const words = [join(built.root, "dist/cloud.js"), bench.dataDir, `${port}`, ...key];
	const child = spawn(process.execPath, ["--input-type=module", "-e", program, ...words], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	processes.push(child);
	const [line] = await once(child.stdout!, "data");
	return { child, port: Number(line) };
}

/** Sends reports of six without end, eight under way at once, until the connection is gone. */
async function pump(client: MqttClient, thing: string, acknowledged: Set<number>): Promise<void> {
	// What is under way when the connection ends has failed; MQTT.js says so only to who ends it.
	client.once("close", () => client.end(true));
	let next = 1;
	while (acknowledged.has(next)) next += 6;
	const lane = async (): Promise<void> => {
		while (client.connected) {
			const first = next;
			next += 6;
			await client.publishAsync(`isobar/${thing}/report`, makeReport(first, first + 5), { qos: 1 });
			acknowledged.add(first);
		}
	};
	await Promise.allSettled(Array.from({ length: 8 }, lane));
}

test.each([
	["", undefined],
	[", encrypted", dataKey],
])(
	"SIGKILL at any moment%s: what was acknowledged is archived, and nothing twice",
	async (_, key) => {
		const vault = await Vault.open(bench.dataDir, { dataKey: key, encrypt: key !== undefined });
		await provision(bench.dataDir, ["a", "b", "c"], undefined, { vault });
		const acknowledged = { a: new Set<number>(), b: new Set<number>(), c: new Set<number>() };
		let port = 0;
		for (let round = 1; round <= 3; round++) {
			const cloud = await spawnCloud(port, key === undefined ? [] : [key]);
			({ port } = cloud);
			const pumps = Object.entries(acknowledged).map(async ([thing, set]) => {
				const client = await bench.connected(port, thing, {
					key: vault.readSync(join(bench.dataDir, "things", `${thing}.key`)),
				});
				client.on("packetreceive", () => {
					if (acknowledged.a.size >= round * 20) cloud.child.kill("SIGKILL");
				});
				await pump(client, thing, set);
			});
			await Promise.all(pumps);
		}

		const cloud = await bench.start({ dataKey: key });
		const { rows, repeated } = await cloud.archive.audit();
		expect(repeated).toBe(0);
		for (const [thing, set] of Object.entries(acknowledged)) {
			for (const first of set) {
				expect([first, cloud.archive.countBetween(thing, first, first + 5)]).toEqual([first, 6]);
			}
		}
		expect(rows).toBeGreaterThanOrEqual(60 * 6);
	},
);
