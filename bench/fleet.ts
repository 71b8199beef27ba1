import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provision } from "../cloud/provision.ts";
import { hasMosquitto, Mosquitto } from "../tests/support/mosquitto.ts";
import { type Comparison, compare, print, readOptions } from "./report.ts";
import type { FromWorker, Task, ToWorker } from "./worker.ts";

const usage = `npm run bench -- fleet [--clients 2000] [--messages 10] [--rounds 6] [--passes 3] [--json]

A fleet of our sessions beside the same fleet on MQTT.js, each in a process of its own, both connected
to one mosquitto on this machine: first over plain TCP, then over mutual TLS. In each round one fleet
and then the other publishes \`messages\` of 200 bytes at QoS 1 from every client, the next one as
soon as the one before is acknowledged. A pass begins with new processes.

  CPU per message     user and system time of the process, divided by messages
  CPU per connection  the same for connecting
  memory per client   growth of the process (resident set), and of the JavaScript heap with all that
                      hangs on it, from a quarter of the clients to all; after the traffic, collected
`;

const fleets = ["isobar", "mqttjs"] as const;
/** A young generation of one size, so that it is in the memory before the first client as well. */
const flags = ["--expose-gc", "--min-semi-space-size=16", "--max-semi-space-size=16"];

/** What one fleet has shown, round by round and pass by pass. */
interface Series {
	readonly message: number[];
	readonly connection: number[];
	readonly resident: number[];
	readonly heap: number[];
}

/** A fleet in its process. */
class Worker {
	readonly #process: ChildProcess;

	constructor(name: string) {
		const file = fileURLToPath(new URL(`fleet-${name}.js`, import.meta.url));
		this.#process = fork(file, { execArgv: flags });
	}

	ask(question: ToWorker): Promise<FromWorker> {
		return new Promise((resolve, reject) => {
			const onExit = (): void => reject(new Error("a fleet has ended; see the lines above"));
			this.#process.once("exit", onExit);
			this.#process.once("message", (answer: FromWorker) => {
				this.#process.off("exit", onExit);
				resolve(answer);
			});
			this.#process.send(question);
		});
	}

	stop(): void {
		this.#process.disconnect();
	}
}

interface Options {
	readonly clients: number;
	readonly messages: number;
	readonly rounds: number;
	readonly passes: number;
}

async function run(options: Options, task: Task): Promise<Series[]> {
	const { clients, messages, rounds, passes } = options;
	const all: Series[] = fleets.map(() => ({ message: [], connection: [], resident: [], heap: [] }));
	for (let pass = 0; pass < passes; pass++) {
		const workers = fleets.map((name) => new Worker(name));
		for (const [index, worker] of workers.entries()) {
			// Code, tables and room for garbage that all clients share are there before memory is counted.
			await worker.ask({ connect: { ...task, clients: clients >> 2 } });
			await worker.ask({ publish: messages * 4, measure: true });
			const { cpuMicros, connected } = await worker.ask({ connect: task });
			all[index]!.connection.push(cpuMicros / connected);
		}
		for (let round = 0; round < rounds; round++) {
			const order = round % 2 === 0 ? [0, 1] : [1, 0];
			for (const index of order) {
				const { cpuMicros } = await workers[index]!.ask({ publish: messages });
				all[index]!.message.push(cpuMicros / (clients * messages));
			}
		}
		for (const [index, worker] of workers.entries()) {
			const { residentBytes, heapBytes } = await worker.ask({ measure: true });
			all[index]!.resident.push(residentBytes / 1_024);
			all[index]!.heap.push(heapBytes / 1_024);
			worker.stop();
		}
	}
	return all;
}

function comparisons(transport: string, [ours, theirs]: readonly Series[]): Comparison[] {
	const row = (key: keyof Series, quantity: string, atMost?: number): Comparison =>
		compare(
			`${transport}: ${quantity}`,
			ours![key],
			theirs![key],
			atMost === undefined ? undefined : { atMost },
		);
	return [
		row("message", "CPU µs/message", 0.5),
		row("connection", "CPU µs/connection"),
		row("resident", "KiB/client, resident", transport === "TCP" ? 0.6 : undefined),
		row("heap", "KiB/client, heap", transport === "TCP" ? 0.6 : undefined),
	];
}

async function main(options: Options & { readonly json: boolean }): Promise<void> {
	const dataDir = mkdtempSync(join(tmpdir(), "isobar-bench-"));
	const { clients } = options;
	try {
		await provision(dataDir, ["bench"]);
		const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
		const credentials = {
			authority: read("ca.crt"),
			certificate: read("things/bench.crt"),
			key: read("things/bench.key"),
		};
		const plain = await Mosquitto.startPlain(dataDir);
		const tcp = await run(options, { port: plain.port, clients, credentials: undefined });
		await plain.stop();
		const secure = await Mosquitto.start(dataDir);
		const tls = await run(options, { port: secure.port, clients, credentials });
		await secure.stop();
		const title = `${clients} clients of mosquitto, QoS 1 PUBLISH of 200 bytes`;
		const rows = [...comparisons("TCP", tcp), ...comparisons("mutual TLS", tls)];
		print(title, "MQTT.js", rows, options.json);
	} finally {
		rmSync(dataDir, { recursive: true, force: true });
	}
}

const options = readOptions(usage, { clients: 2_000, messages: 10, rounds: 6, passes: 3 });
if (options !== undefined) {
	if (hasMosquitto) await main(options);
	else {
		process.stderr.write("bench: mosquitto is not installed (apt-get install mosquitto)\n");
		process.exitCode = 1;
	}
}
