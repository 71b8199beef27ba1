import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { GroupCommit } from "../../commit.ts";
import { makeDirectory } from "../../file.ts";
import { DiskLog, readLines } from "../../log.ts";
import type { Timers } from "../../timers.ts";
import type { Vault } from "../../vault/vault.ts";
import { type Action, fileNameOf, nameOf, PermanentFault, text } from "./action.ts";

/** Bounds of a queue, those of SQS where it has one. */
const QueueLimits = Object.freeze({
	messageBytes: 256 * 1024,
	/** Messages that wait or are being worked on. SQS has no such bound. */
	messages: 100_000,
	retentionMs: 4 * 24 * 3_600_000,
	receiveMessages: 10,
	visibilitySeconds: 30,
	visibilitySecondsMaximum: 43_200,
});

/** A message as a consumer gets it, in the words of SQS. */
export interface QueueMessage {
	readonly messageId: string;
	/** Deletes the message, until it becomes visible again and somebody else receives it. */
	readonly receiptHandle: string;
	readonly body: string;
	readonly attributes: {
		/** UTC in ms. */
		readonly sentTimestamp: number;
		readonly approximateReceiveCount: number;
	};
}

interface Kept {
	readonly id: string;
	readonly body: string;
	readonly at: number;
	receipt: string | undefined;
	receives: number;
	visibleAt: number;
}

/** A durable queue with visibility timeouts: a message is delivered at least once, until it is deleted. */
export class Queue {
	readonly name: string;
	readonly #commit: GroupCommit;
	readonly #messages: Map<string, Kept>;
	readonly #timers: Timers;
	/** Those who wait for a message. */
	readonly #waiting = new Set<() => void>();
	#isClosed = false;

	private constructor(
		name: string,
		commit: GroupCommit,
		messages: Map<string, Kept>,
		timers: Timers,
	) {
		this.name = name;
		this.#commit = commit;
		this.#messages = messages;
		this.#timers = timers;
	}

	/** What was being worked on is visible again. The file is written anew without what was deleted. */
	static async open(name: string, path: string, timers: Timers, vault: Vault): Promise<Queue> {
		const messages = new Map<string, Kept>();
		const take = (line: string): void => {
			const { id, body, at, deleted } = JSON.parse(line) as Kept & { deleted?: boolean };
			if (deleted) messages.delete(id);
			else messages.set(id, { id, body, at, receipt: undefined, receives: 0, visibleAt: 0 });
		};
		if (existsSync(path)) await readLines(path, take, vault.lines(path));
		const lines = [...messages.values()].map(({ id, body, at }) => lineOf({ id, body, at }));
		await vault.replaceLines(path, lines.join(""));
		const { log } = await DiskLog.open(path, () => {}, vault.lines(path));
		return new Queue(name, new GroupCommit(log), messages, timers);
	}

	/** Messages that can be received now, and those that somebody works on. */
	get attributes(): { readonly visible: number; readonly inFlight: number } {
		this.#expire();
		const now = this.#timers.now();
		let visible = 0;
		for (const { visibleAt } of this.#messages.values()) if (visibleAt <= now) visible += 1;
		return { visible, inFlight: this.#messages.size - visible };
	}

	/** Resolves with its id when the message is on disk. */
	async send(body: string): Promise<string> {
		if (Buffer.byteLength(body) > QueueLimits.messageBytes) {
			throw new PermanentFault("a message of a queue is not longer than 256 KB");
		}
		this.#expire();
		if (this.#messages.size >= QueueLimits.messages) {
			throw new Error(`the queue is full: ${QueueLimits.messages} messages wait`);
		}
		const id = randomUUID();
		const at = this.#timers.now();
		await this.#write(lineOf({ id, body, at }));
		this.#messages.set(id, { id, body, at, receipt: undefined, receives: 0, visibleAt: 0 });
		this.#wake();
		return id;
	}

	/**
	 * Hands out messages, oldest first; nobody else gets them for the time of their visibility timeout.
	 *
	 * @param count              1 to 10
	 * @param visibilitySeconds  0 to 43,200
	 */
	receive(
		count: number,
		visibilitySeconds: number = QueueLimits.visibilitySeconds,
	): QueueMessage[] {
		this.#expire();
		const now = this.#timers.now();
		const received: QueueMessage[] = [];
		for (const message of this.#messages.values()) {
			if (received.length >= count) break;
			if (message.visibleAt > now) continue;
			message.receipt = randomUUID();
			message.receives += 1;
			message.visibleAt = now + visibilitySeconds * 1000;
			received.push(shown(message));
		}
		return received;
	}

	/**
	 * The same, and waits for a message while there is none.
	 *
	 * @param waitSeconds  0 to 20, as SQS has it
	 */
	async receiveWithin(
		waitSeconds: number,
		count: number,
		visibilitySeconds?: number,
	): Promise<QueueMessage[]> {
		const end = this.#timers.now() + waitSeconds * 1000;
		for (;;) {
			const received = this.receive(count, visibilitySeconds);
			const leftMs = end - this.#timers.now();
			if (received.length > 0 || leftMs <= 0 || this.#isClosed) return received;
			await this.#arrival(leftMs);
		}
	}

	/** Deletes what a receipt stands for, for good. @returns whether it stands for anything yet */
	async delete(receiptHandle: string): Promise<boolean> {
		for (const { id, receipt } of this.#messages.values()) {
			if (receipt !== receiptHandle) continue;
			await this.#write(lineOf({ id, deleted: true }));
			this.#messages.delete(id);
			return true;
		}
		return false;
	}

	kill(): void {
		this.#end();
		this.#commit.kill();
	}

	close(): Promise<void> {
		this.#end();
		return this.#commit.close();
	}

	#end(): void {
		this.#isClosed = true;
		this.#wake();
	}

	#arrival(atMostMs: number): Promise<void> {
		return new Promise((resolve) => {
			const wake = (): void => {
				callOff();
				this.#waiting.delete(wake);
				resolve();
			};
			const callOff = this.#timers.after(atMostMs, wake);
			this.#waiting.add(wake);
		});
	}

	#wake(): void {
		for (const wake of [...this.#waiting]) wake();
	}

	/** Messages come in the order of their age. */
	#expire(): void {
		const oldest = this.#timers.now() - QueueLimits.retentionMs;
		for (const { id, at } of this.#messages.values()) {
			if (at >= oldest) return;
			this.#messages.delete(id);
			this.#commit.add(lineOf({ id, deleted: true }), () => {});
		}
	}

	#write(line: string): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#commit.add(line, (error) => (error ? reject(error) : resolve()));
		});
	}
}

/** The queues of a folder, made when a message is sent to them. */
export class Queues {
	readonly #directory: string;
	readonly #timers: Timers;
	readonly #vault: Vault;
	readonly #queues = new Map<string, Promise<Queue>>();

	private constructor(directory: string, timers: Timers, vault: Vault) {
		this.#directory = directory;
		this.#vault = vault;
		this.#timers = timers;
	}

	static async open(directory: string, timers: Timers, vault: Vault): Promise<Queues> {
		await makeDirectory(directory);
		const queues = new Queues(directory, timers, vault);
		for (const name of await readdir(directory)) {
			if (name.endsWith(".jsonl")) await queues.make(name.slice(0, -".jsonl".length));
		}
		return queues;
	}

	get names(): readonly string[] {
		return [...this.#queues.keys()].sort();
	}

	/** The queue of this name; `undefined` when there is none. */
	get(name: string): Promise<Queue> | undefined {
		return this.#queues.get(name);
	}

	/** @throws {PermanentFault} for a name that a queue can't have */
	async make(name: string): Promise<Queue> {
		fileNameOf("queue", name);
		let queue = this.#queues.get(name);
		if (!queue) {
			const path = join(this.#directory, `${name}.jsonl`);
			queue = Queue.open(name, path, this.#timers, this.#vault);
			this.#queues.set(name, queue);
			queue.catch(() => this.#queues.delete(name));
		}
		return queue;
	}

	async kill(): Promise<void> {
		for (const queue of this.#queues.values()) (await queue).kill();
	}

	async close(): Promise<void> {
		for (const queue of this.#queues.values()) await (await queue).close();
	}
}

/** The action `sqs`. */
export function queueAction(queues: Queues): Action {
	return {
		name: "SqsAction",
		resource: (parameters) => text(parameters, "queueUrl"),
		async perform({ parameters, bytes }) {
			const queue = await queues.make(nameOf(text(parameters, "queueUrl")));
			const encoding = parameters.useBase64 === true ? "base64" : "utf8";
			await queue.send(Buffer.from(bytes).toString(encoding));
		},
	};
}

function shown({ id, receipt, body, at, receives }: Kept): QueueMessage {
	return {
		messageId: id,
		receiptHandle: receipt!,
		body,
		attributes: { sentTimestamp: at, approximateReceiveCount: receives },
	};
}

function lineOf(value: object): string {
	return `${JSON.stringify(value)}\n`;
}
