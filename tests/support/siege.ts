import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { generate, type Packet, parser } from "mqtt-packet";
import { certificateIdOf } from "../../cloud/access.ts";
import type { Bounds } from "../../cloud/bounds.ts";
import type { Cloud } from "../../cloud/main.ts";
import { provision } from "../../cloud/provision.ts";
import { attachPolicy, createPolicy } from "../../cloud/registry/policies.ts";
import standard from "../../examples/station.ts";
import { defineStation } from "../../firmware/index.ts";
import { Fleet } from "../../simulator/fleet/fleet.ts";
import { balance, readArchive } from "../../simulator/fleet/ledger.ts";
import { openStorage } from "../../simulator/fleet/storage.ts";
import { RealWorld } from "../../simulator/fleet/world.ts";
import { parseRecord } from "../../simulator/weather/record.ts";
import { CloudBench } from "./cloud.ts";

const surfrad = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";
/** ms between two looks at a condition, and after which it counts as one that will never hold. */
const lookMs = 10;
const patienceMs = 240_000;
/** Heap that may be more at the end of an attack than before it, bytes; a leak of a whole attack is more. */
const heapGrowth = 64 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export function pass(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves once a condition holds. @throws {Error} when it never does */
export async function until(condition: () => boolean | Promise<boolean>, what: string) {
	const end = performance.now() + patienceMs;
	while (!(await condition())) {
		if (performance.now() > end) throw new Error(`never: ${what}`);
		await pass(lookMs);
	}
}

/**
 * A station with the real firmware that goes on reporting while others attack its cloud, and what has
 * become of its observations.
 */
export class HonestStation {
	readonly #world: RealWorld;
	readonly #fleet: Fleet;
	readonly #dataDir: string;

	constructor(dataDir: string, thing: string, port: number) {
		const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
		this.#dataDir = dataDir;
		this.#world = new RealWorld((name) => ({
			authority: read("ca.crt"),
			certificate: read(`things/${name}.crt`),
			key: read(`things/${name}.key`),
		}));
		this.#fleet = new Fleet(this.#world, {
			things: [thing],
			endpoint: "localhost",
			port,
			definition: defineStation({
				...standard,
				cadence: { sampleSeconds: 1, observeSeconds: 1, reportSeconds: 1 },
			}),
			weather: parseRecord(readFileSync(surfrad, "utf8"), surfrad),
			seed: 1,
			storage: (name) => openStorage(join(dataDir, "stations"), name),
			log: () => {},
		});
		this.#fleet.start();
	}

	/** Resolves once so many more of its observations are acknowledged. */
	async goesOn(observations = 2): Promise<void> {
		const goal = this.#fleet.totals().acknowledged + observations;
		await until(() => this.#fleet.totals().acknowledged >= goal, "the honest station goes on");
	}

	/** Lets it report what waits. */
	async drain(): Promise<void> {
		await until(() => this.#fleet.stations[0]!.state?.link === "up", "the honest station is up");
		await this.#fleet.drain(60_000);
		this.stop();
	}

	/** What it has made, beside what the files of the archive have; once its cloud is closed. */
	async balance(): Promise<ReturnType<typeof balance> & { connects: number }> {
		const archive = await readArchive(join(this.#dataDir, "archive", "observations.jsonl"));
		const { connects } = this.#fleet.totals();
		return { ...balance(this.#fleet.stations, archive), connects };
	}

	stop(): void {
		this.#fleet.stop();
		this.#world.stop();
	}
}

const everything = JSON.stringify({
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Action: "iot:*", Resource: "*" }],
});

/** A cloud in this process with an honest station, and the means to attack it. */
export class Siege {
	readonly bench = new CloudBench();
	readonly cloud: Cloud;
	readonly honest: HonestStation;
	readonly #sockets = new Set<Socket>();
	#heap = 0;

	private constructor(bench: CloudBench, cloud: Cloud) {
		this.bench = bench;
		this.cloud = cloud;
		this.honest = new HonestStation(bench.dataDir, "honest", cloud.port);
	}

	/** Things of attackers, mallory and trudy, may do everything; eve may do what a station may. */
	static async begin(bounds: Partial<Bounds> = {}, prepare = (_dir: string): void => {}) {
		const bench = new CloudBench();
		await provision(bench.dataDir, ["honest", "mallory", "trudy", "eve"]);
		prepare(bench.dataDir);
		const cloud = await bench.start({ bounds, http: { port: 0 } });
		await cloud.registry.run((state) => createPolicy(state, "everything", everything));
		for (const thing of ["mallory", "trudy"]) {
			const certificate = new X509Certificate(bench.read(`things/${thing}.crt`));
			const target = { certificateId: certificateIdOf(certificate) };
			await cloud.registry.run((state) => attachPolicy(state, "everything", target));
		}
		const siege = new Siege(bench, cloud);
		await siege.honest.goesOn();
		await siege.calm();
		siege.#heap = siege.heap();
		return siege;
	}

	/** A connection below TLS. */
	async plain(port = this.cloud.port, localAddress?: string): Promise<Socket> {
		const socket = connectPlain({ host: "127.0.0.1", port, ...(localAddress && { localAddress }) });
		this.#keep(socket);
		await once(socket, "connect");
		return socket;
	}

	/** A connection with a good certificate, and nothing said yet. */
	async tls(thing: string): Promise<TLSSocket> {
		const socket = connectTls({
			host: "127.0.0.1",
			servername: "localhost",
			port: this.cloud.port,
			ca: this.bench.read("ca.crt"),
			cert: this.bench.read(`things/${thing}.crt`),
			key: this.bench.read(`things/${thing}.key`),
		});
		this.#keep(socket);
		await once(socket, "secureConnect");
		return socket;
	}

	/** One that is accepted, too. */
	async client(thing: string): Promise<TLSSocket> {
		const socket = await this.tls(thing);
		socket.write(this.connectPacket(thing));
		await this.packet(socket, "connack");
		return socket;
	}

	connectPacket(clientId: string, { clean = true } = {}): Buffer {
		return generate({
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion: 4,
			clientId,
			clean,
			keepalive: 1_200,
		});
	}

	/** The next packet of a kind. @throws {Error} when the connection ends before */
	packet(socket: Socket, cmd: Packet["cmd"]): Promise<Packet> {
		return new Promise((resolve, reject) => {
			const reading = parser({ protocolVersion: 4 });
			const onData = (bytes: Buffer): void => void reading.parse(bytes);
			socket.on("data", onData);
			socket.once("close", () => reject(new Error(`closed before a ${cmd}`)));
			reading.on("packet", (packet: Packet) => {
				if (packet.cmd !== cmd) return;
				socket.off("data", onData);
				resolve(packet);
			});
		});
	}

	/** Resolves when the other end has closed. */
	async closed(socket: Socket): Promise<void> {
		socket.resume();
		await until(() => socket.destroyed, "the cloud closes the connection");
	}

	/** A figure of /metrics, 0 where it is not there. */
	async metric(name: string): Promise<number> {
		const text = await (await fetch(`${this.cloud.httpUrl}/metrics`)).text();
		return readMetric(text, name);
	}

	heap(): number {
		collect();
		return process.memoryUsage().heapUsed;
	}

	/** Everybody but the honest station has gone, on both ends. */
	async calm(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		this.#sockets.clear();
		const open = (): Promise<number> => this.metric("isobar_open_connections");
		await until(async () => (await open()) === 1, "one connection is left");
		expectEqual(await this.metric("isobar_half_open_connections"), 0, "half open connections");
		expectEqual(await this.metric("isobar_connected_clients"), 1, "clients");
	}

	/** The attack is over: the station has gone on, nothing is left behind, nothing is lost. */
	async end(): Promise<void> {
		try {
			await this.honest.goesOn();
			await this.calm();
			const grown = this.heap() - this.#heap;
			if (grown > heapGrowth) throw new Error(`the heap has grown by ${grown} bytes`);
			await this.honest.drain();
			await this.cloud.close();
			const { made, acknowledged, archived, lost, duplicates } = await this.honest.balance();
			expectEqual(
				[acknowledged, archived, lost, duplicates].join(),
				`${made},${made},0,0`,
				"ledger",
			);
		} finally {
			await this.abandon();
		}
	}

	async abandon(): Promise<void> {
		this.honest.stop();
		for (const socket of this.#sockets) socket.destroy();
		await this.bench.end();
	}

	#keep(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on("error", () => {});
		socket.once("close", () => this.#sockets.delete(socket));
	}
}

export function readMetric(text: string, name: string): number {
	const line = text.split("\n").find((one) => one.startsWith(`${name} `));
	return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

function expectEqual(got: unknown, wanted: unknown, what: string): void {
	if (got !== wanted) throw new Error(`${what}: got ${got}, expected ${wanted}`);
}
