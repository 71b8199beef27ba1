import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provision } from "../cloud/provision.ts";
import { hasMosquitto, Mosquitto } from "../tests/support/mosquitto.ts";
import { type Comparison, compare, print, readOptions, spreadOf } from "./report.ts";
import type { FromWorker, Task, ToWorker } from "./worker.ts";

const usage = `npm run bench -- fleet [--clients 2000] [--messages 10] [--rounds 6] [--passes 3] [--json]

A fleet of our sessions beside the same fleet on MQTT.js, each in a process of its own, all connected
to one mosquitto on this machine: first over plain TCP, then over mutual TLS. In each round one fleet
after the other publishes \`messages\` of 200 bytes at QoS 1 from every client, 100 messages under way
at once. A pass begins with new processes.

  CPU per message     user and system time of the process, divided by messages
  CPU per connection  the same for connecting
  memory per client   of the process (resident set), and of the JavaScript heap with all that hangs
                      on it: what a fleet has more than one of a quarter of its size that has done
                      the same, divided by the clients it has more

"Transport alone" is a third fleet: sockets of Node that write a packet made beforehand and read its
acknowledgement, without any MQTT. Nobody can be below it.
`;

const fleets = ["isobar", "mqttjs", "bare"] as const;
/**
 * For every fleet: garbage collection when it is asked for and in the one thread that is measured,
 * and a young generation of one size.
 */
const flags = [
	"--expose-gc",
	"--single-threaded",
	"--min-semi-space-size=16",
	"--max-semi-space-size=16",
];
/** Without it each thread of Node has a heap of its own for what is not JavaScript's. */
const environment = { ...process.env, MALLOC_ARENA_MAX: "1" };

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
		this.#process = fork(file, { execArgv: flags, env: environment });
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
		if (this.#process.connected) this.#process.disconnect();
	}
}

interface Options {
	readonly clients: number;
	readonly messages: number;
	readonly rounds: number;
	readonly passes: number;
}

/** The memory of a fleet of a quarter of the size, after as many messages from each client. */
async function measureQuarter(name: string, options: Options, task: Task): Promise<FromWorker> {
	const worker = new Worker(name);
	try {
		await worker.ask({ connect: { ...task, clients: task.clients >> 2 } });
		for (let round = 0; round <= options.rounds; round++) {
			await worker.ask({ publish: options.messages });
		}
		return await worker.ask({ measure: true });
	} finally {
		worker.stop();
	}
}

/** One pass: new processes, which are connected, publish in turns, and are measured in the end. */
async function measurePass(options: Options, task: Task, all: readonly Series[]): Promise<void> {
	const { messages, rounds } = options;
	const { clients } = task;
	const quarters: FromWorker[] = [];
	for (const name of fleets) quarters.push(await measureQuarter(name, options, task));
	const workers = fleets.map((name) => new Worker(name));
	try {
		for (const [index, worker] of workers.entries()) {
			const { cpuMicros } = await worker.ask({ connect: task });
			all[index]!.connection.push(cpuMicros / clients);
			// What is compiled while it runs for the first time is nobody's message.
			await worker.ask({ publish: messages });
		}
		for (let round = 0; round < rounds; round++) {
			for (let turn = 0; turn < fleets.length; turn++) {
				const index = (turn + round) % fleets.length;
				const { cpuMicros } = await workers[index]!.ask({ publish: messages });
				all[index]!.message.push(cpuMicros / (clients * messages));
			}
		}
		for (const [index, worker] of workers.entries()) {
			const { resident, heap } = await worker.ask({ measure: true });
			const more = 1_024 * (clients - (clients >> 2));
			all[index]!.resident.push((resident - quarters[index]!.resident) / more);
			all[index]!.heap.push((heap - quarters[index]!.heap) / more);
		}
	} finally {
		for (const worker of workers) worker.stop();
	}
}

/** All passes over one transport. */
async function run(options: Options, broker: Mosquitto, task: Task): Promise<Series[]> {
	const all: Series[] = fleets.map(() => ({ message: [], connection: [], resident: [], heap: [] }));
	try {
		for (let pass = 0; pass < options.passes; pass++) await measurePass(options, task, all);
	} finally {
		await broker.stop();
	}
	return all;
}

function comparisons(transport: string, [ours, theirs, bare]: readonly Series[]): Comparison[] {
	const row = (key: keyof Series, quantity: string, atMost?: number): Comparison => ({
		...compare(
			`${transport}: ${quantity}`,
			ours![key],
			theirs![key],
			atMost === undefined ? undefined : { atMost },
		),
		floor: spreadOf(bare![key]),
	});
	return [
		row("message", "CPU µs/message", 0.5),
		row("connection", "CPU µs/connection"),
		row("resident", "KiB/client, resident", transport === "TCP" ? 0.6 : undefined),
		row("heap", "KiB/client, heap"),
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
		const tcp = await run(options, plain, { port: plain.port, clients, credentials: undefined });
		const secure = await Mosquitto.start(dataDir);
		const tls = await run(options, secure, { port: secure.port, clients, credentials });
		const title = `${clients} clients of mosquitto, QoS 1 PUBLISH of 200 bytes`;
		const rows = [...comparisons("TCP", tcp), ...comparisons("mutual TLS", tls)];
		print(title, "MQTT.js", rows, options.json);
	} finally {
		rmSync(dataDir, { recursive: true, force: true });
	}
}

const options = readOptions(usage, { clients: 2_000, messages: 10, rounds: 6, passes: 3 });
if (options !== undefined) {
	try {
		if (!hasMosquitto) throw new Error("mosquitto is not installed (apt-get install mosquitto)");
		await main(options);
	} catch (error) {
		process.stderr.write(`bench: ${(error as Error).message}\n`);
		process.exitCode = 1;
	}
}
