/** One fleet in a process of its own: what the benchmark asks of it, and what it answers. */
export interface Task {
	readonly port: number;
	readonly clients: number;
	/** Beside the certificate of the authority and of the client; PEM. Without it plain TCP. */
	readonly credentials:
		| { readonly authority: string; readonly certificate: string; readonly key: string }
		| undefined;
}

export interface ToWorker {
	/** Asked once, before anything else. */
	readonly connect?: Task;
	/** QoS 1 messages of each client. */
	readonly publish?: number;
	readonly measure?: true;
}

export interface FromWorker {
	/** Microseconds of CPU of the process, user and system, that the step has taken. */
	readonly cpuMicros: number;
	/** Bytes of the process. */
	readonly resident: number;
	/** Bytes of the JavaScript heap, and of what hangs on it. */
	readonly heap: number;
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
/** Messages that are under way at once: stations do not report in the same millisecond. */
const publishing = 100;
/** What is there to be collected. */
export let garbage: number[] = [];

/** Does what the parent process says, step by step. */
export function serve(fleet: Fleet): void {
	let clients = 0;
	process.on("message", async ({ connect, publish, measure }: ToWorker) => {
		const start = process.cpuUsage();
		if (connect !== undefined) {
			clients = connect.clients;
			await share(clients, connecting, (index) => fleet.connect(connect, index));
		}
		if (publish !== undefined) await publishAll(fleet, clients, publish);
		const { user, system } = process.cpuUsage(start);
		if (measure === true) await settle();
		const { rss, heapUsed, external } = process.memoryUsage();
		const answer: FromWorker = {
			cpuMicros: user + system,
			resident: rss,
			heap: heapUsed + external,
		};
		process.send!(answer);
	});
	process.once("disconnect", () => process.exit());
}

/**
 * Has everything collected that can be. Before that the young generation is filled to its end, so
 * that all its pages count, whatever the traffic was.
 */
async function settle(): Promise<void> {
	for (let round = 0; round < 4; round++) {
		for (let count = 0; count < 1_000_000; count++) garbage = [count];
		globalThis.gc!();
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Does so many pieces of work, `atOnce` at a time. */
async function share(
	count: number,
	atOnce: number,
	work: (index: number) => Promise<void>,
): Promise<void> {
	let next = 0;
	const worker = async (): Promise<void> => {
		for (let index = next++; index < count; index = next++) await work(index);
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
}

/** One message from each client, then the next one; no promises, which would be measured as well. */
function publishAll(fleet: Fleet, clients: number, perClient: number): Promise<void> {
	return new Promise((resolve) => {
		const all = clients * perClient;
		let sent = 0;
		let acknowledged = 0;
		const next = (): void => {
			if (sent < all) fleet.publish(sent++ % clients, payload, onAcknowledged);
		};
		const onAcknowledged = (): void => {
			acknowledged += 1;
			if (acknowledged === all) resolve();
			else next();
		};
		for (let count = Math.min(publishing, clients); count > 0; count--) next();
	});
}
