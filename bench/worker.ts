/** One fleet in a process of its own: what the benchmark asks of it, and what it answers. */
export interface Task {
	readonly port: number;
	/** So many are to be connected in the end. */
	readonly clients: number;
	/** Beside the certificate of the authority and of the client; PEM. Without it plain TCP. */
	readonly credentials:
		| { readonly authority: string; readonly certificate: string; readonly key: string }
		| undefined;
}

export interface ToWorker {
	readonly connect?: Task;
	/** QoS 1 messages of each client, one after the other, all clients at once. */
	readonly publish?: number;
	readonly measure?: true;
}

export interface FromWorker {
	/** Microseconds of CPU of the process, user and system. */
	readonly cpuMicros: number;
	/** Clients that were connected in this step. */
	readonly connected: number;
	/** Bytes that the process has grown by for each client since memory was first measured. */
	readonly residentBytes: number;
	/** The same of the JavaScript heap and of what hangs on it. */
	readonly heapBytes: number;
}

/** A fleet of clients of one kind. */
export interface Fleet {
	/** Connects a client; resolves with CONNACK. */
	connect(task: Task, index: number): Promise<void>;
	/** Publishes one message of QoS 1; calls back once when it is acknowledged. */
	publish(index: number, payload: Uint8Array, onAcknowledged: () => void): void;
}

/** Payload of every message. */
export const payload = Uint8Array.from({ length: 200 }, (_, index) => 32 + (index % 90));
export const topicName = "isobar/station-0001/report";
/** Seconds; long enough for no PINGREQ to fall into what is measured. */
export const keepAlive = 600;
/** Connections that are being made at once. */
const connecting = 50;
/** Does what the parent process says, step by step. */
export function serve(fleet: Fleet): void {
	let clients = 0;
	let measured: { clients: number; rss: number; heap: number } | undefined;
	process.on("message", async ({ connect, publish, measure }: ToWorker) => {
		const there = clients;
		const start = process.cpuUsage();
		if (connect !== undefined) {
			clients = connect.clients;
			await connectAll(fleet, connect, there, clients);
		}
		if (publish !== undefined) await publishAll(fleet, clients, publish);
		const { user, system } = process.cpuUsage(start);
		let perClient = { residentBytes: Number.NaN, heapBytes: Number.NaN };
		if (measure === true) {
			const { rss, heapUsed, external } = await settled();
			const heap = heapUsed + external;
			measured ??= { clients, rss, heap };
			const more = clients - measured.clients;
			perClient = {
				residentBytes: (rss - measured.rss) / more,
				heapBytes: (heap - measured.heap) / more,
			};
		}
		const answer: FromWorker = {
			cpuMicros: user + system,
			connected: clients - there,
			...perClient,
		};
		process.send!(answer);
	});
	process.once("disconnect", () => process.exit());
}

/** Memory after everything that can be collected has been. */
async function settled(): Promise<NodeJS.MemoryUsage> {
	for (let round = 0; round < 4; round++) {
		globalThis.gc!();
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return process.memoryUsage();
}

async function connectAll(fleet: Fleet, task: Task, from: number, to: number): Promise<void> {
	let next = from;
	const work = async (): Promise<void> => {
		for (let index = next++; index < to; index = next++) await fleet.connect(task, index);
	};
	await Promise.all(Array.from({ length: connecting }, work));
}

function publishAll(fleet: Fleet, clients: number, perClient: number): Promise<void> {
	return new Promise((resolve) => {
		let working = clients;
		const next = (index: number, left: number): void => {
			if (left > 0) fleet.publish(index, payload, () => next(index, left - 1));
			else if (--working === 0) resolve();
		};
		for (let index = 0; index < clients; index++) next(index, perClient);
	});
}
