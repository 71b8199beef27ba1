import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { HonestStation, readMetric, until } from "../../support/siege.ts";

/** Connections of the attack, where there are descriptors for so many; and of one go. */
const wanted = 10_000;
const batch = 250;
/** The first bytes of a ClientHello of 512. */
const half = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc]);

/**
 * A cloud in a process of its own, whose descriptors are its own too. On a slow machine the attack takes
 * longer than a handshake may: here it is not time that ends them, but their number.
 */
const program = `
	import { startCloud } from "./cloud/index.ts";
	const [dataDir] = process.argv.slice(1);
	const bounds = { handshakeMs: 3_600_000 };
	const cloud = await startCloud({ dataDir, port: 0, http: { port: 0 }, bounds, log: () => {} });
	process.once("SIGTERM", () => cloud.close());
	console.log(cloud.port, cloud.httpUrl);
`;

let dataDir: string;
let child: ChildProcess;
const stations: HonestStation[] = [];
const sockets = new Set<Socket>();
beforeEach(async () => {
	dataDir = mkdtempSync(join(tmpdir(), "isobar-halfopen-"));
	await provision(dataDir, ["honest", "newcomer"]);
});
afterEach(() => {
	for (const station of stations.splice(0)) station.stop();
	for (const socket of sockets) socket.destroy();
	child.kill("SIGKILL");
	rmSync(dataDir, { recursive: true, force: true });
});

async function start(descriptors?: number): Promise<{ port: number; url: string }> {
	const words = [process.execPath, "--import", "./tests/support/register.mjs"];
	words.push("--input-type=module", "-e", program, dataDir);
	const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors}; `;
	child = spawn("sh", ["-c", `${limit}exec "$@"`, "sh", ...words], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [line] = (await once(createInterface({ input: child.stdout! }), "line")) as [string];
	const [port, url] = line.split(" ");
	return { port: Number(port), url: url! };
}

async function metrics(url: string): Promise<(name: string) => number> {
	const text = await (await fetch(`${url}/metrics`)).text();
	return (name) => readMetric(text, name);
}

/** Connections that say nothing, and ones that begin to, from as many addresses as there are goes. */
async function attack(port: number, count: number): Promise<void> {
	for (let begun = 0; begun < count; begun += batch) {
		const go = Array.from({ length: Math.min(batch, count - begun) }, (_, index) => {
			const localAddress = `127.0.0.${2 + ((begun / batch) % 200)}`;
			const socket = connect({ host: "127.0.0.1", port, localAddress });
			sockets.add(socket);
			socket.once("connect", () => index % 2 === 0 && socket.write(half));
			socket.on("error", () => {});
			socket.once("close", () => sockets.delete(socket));
			return new Promise((resolve) => {
				socket.once("connect", resolve);
				socket.once("close", resolve);
			});
		});
		await Promise.all(go);
	}
}

function descriptors(): number {
	try {
		const text = readFileSync("/proc/self/limits", "utf8");
		return Number(/^Max open files +(\d+)/m.exec(text)![1]);
	} catch {
		return 4_096;
	}
}

/** Everything the stations have made is there, once, and the cloud ends well. */
async function expectWhole(): Promise<void> {
	for (const station of stations) await station.drain();
	child.kill("SIGTERM");
	expect(await once(child, "exit")).toEqual([0, null]);
	for (const station of stations) {
		const { made, acknowledged, archived, lost, duplicates } = await station.balance();
		expect([acknowledged, archived, lost, duplicates]).toEqual([made, made, 0, 0]);
	}
}

test("10,000 half open connections: a bound, a station that goes on, and another that comes", async () => {
	const count = Math.min(wanted, descriptors() - 1_000);
	if (count < wanted) console.warn(`descriptors allow ${count} connections, not ${wanted}`);
	const { port, url } = await start();
	const honest = new HonestStation(dataDir, "honest", port);
	stations.push(honest);
	await honest.goesOn();
	const before = (await metrics(url))("process_resident_memory_bytes");

	const attacking = attack(port, count);
	const newcomer = new HonestStation(dataDir, "newcomer", port);
	stations.push(newcomer);
	let most = 0;
	const look = async (): Promise<number> => {
		const figure = await metrics(url);
		most = Math.max(most, figure("isobar_half_open_connections"));
		return figure("isobar_dropped_half_open_total");
	};
	await Promise.all([
		attacking,
		honest.goesOn(),
		newcomer.goesOn(),
		until(async () => (await look()) >= count - 4_096 - 100, "the oldest of them are let go"),
	]);
	await look();
	expect(most).toBeLessThanOrEqual(4_096);
	expect(most).toBeGreaterThan(Math.min(count, 4_096) / 2);
	// The first connection of the station was there before all of them.
	expect((await honest.balance()).connects).toBe(1);

	for (const socket of sockets) socket.destroy();
	await until(async () => (await metrics(url))("isobar_open_connections") === 2, "they are gone");
	const after = await metrics(url);
	expect(after("isobar_half_open_connections")).toBe(0);
	// Of 10,000 kept ones there would be more; what a process has had it keeps.
	expect(after("process_resident_memory_bytes") - before).toBeLessThan(600e6);
	await Promise.all(stations.map((station) => station.goesOn()));
	await expectWhole();
}, 900_000);

test("more connections than there are descriptors take no file from the archive", async () => {
	const { port, url } = await start(300);
	const honest = new HonestStation(dataDir, "honest", port);
	stations.push(honest);
	await honest.goesOn();
	await attack(port, 600);
	await honest.goesOn(4);
	const figure = await metrics(url);
	// Half of the descriptors are for connections.
	expect(figure("isobar_open_connections")).toBeLessThanOrEqual(150);
	expect(figure("isobar_dropped_connections_total")).toBeGreaterThanOrEqual(400);
	for (const socket of sockets) socket.destroy();
	await until(async () => (await metrics(url))("isobar_open_connections") === 1, "they are gone");
	await expectWhole();
}, 900_000);
