import type { AppendLog } from "./log.ts";
import { Pile } from "./pile.ts";

/** Called once, when what was handed in is safe, or with the reason why it is not. */
export type Settled = (error?: Error) => void;

/**
 * Calls back when both have, with the first error. Callers are called back in the order in which they came,
 * as long as each of the two keeps it [MQTT-4.6.0-2].
 */
export function settleAll(
	one: (settled: Settled) => void,
	other: (settled: Settled) => void,
	done: Settled,
): void {
	let waiting = 2;
	let failure: Error | undefined;
	const settled: Settled = (error) => {
		failure ??= error;
		waiting -= 1;
		if (waiting === 0) done(failure);
	};
	one(settled);
	other(settled);
}

/** What waits for one sync. */
interface Group {
	readonly lines: Pile;
	readonly waiting: { readonly done: Settled; readonly undo: (() => void) | undefined }[];
}

/**
 * Group commit: lines that come in while a sync runs share the next one. Callers are called back in
 * the order in which they came.
 */
export class GroupCommit {
	readonly #log: AppendLog;
	#gathering: Group = { lines: new Pile(), waiting: [] };
	/** Takes the lines of the group after that. */
	#spare = new Pile();
	#running = false;
	#stopped = false;
	#onIdle: (() => void) | undefined;
	#between: (() => void)[] = [];

	constructor(log: AppendLog) {
		this.#log = log;
	}

	/** Whether something is not yet on disk. */
	get busy(): boolean {
		return this.#running || this.#gathering.waiting.length > 0;
	}

	/**
	 * @param lines  whole lines, which are copied, or "" to be called back after all that came before
	 * @param done  called when it is on disk, or could not be written
	 * @param undo  called before `done` when it could not be written
	 */
	add(lines: string | Uint8Array, done: Settled, undo?: () => void): void {
		this.#gathering.lines.add(lines);
		this.#gathering.waiting.push({ done, undo });
		if (!this.#running) void this.#run();
	}

	/**
	 * Does something to the log while nothing is being written to it; what waits is written after that.
	 *
	 * @throws what `work` throws
	 */
	between<T>(work: (log: AppendLog) => T): Promise<T> {
		return new Promise((resolve, reject) => {
			this.#between.push(() => {
				try {
					resolve(work(this.#log));
				} catch (error) {
					reject(error);
				}
			});
			if (!this.#running) this.#turn();
		});
	}

	/** Resolves when nothing is under way. */
	async idle(): Promise<void> {
		if (!this.busy) return;
		await new Promise<void>((resolve) => {
			this.#onIdle = resolve;
		});
	}

	/** From now on nothing is written and nobody is called back, as if the process had ended. */
	kill(): void {
		this.#stopped = true;
		this.#log.close();
	}

	/** Writes what is under way and closes the log. */
	async close(): Promise<void> {
		await this.idle();
		this.kill();
	}

	async #run(): Promise<void> {
		this.#running = true;
		// One turn of the event loop, so that what a single read brought in shares one sync.
		await new Promise<void>((resolve) => setImmediate(resolve));
		while (this.#gathering.waiting.length > 0 && !this.#stopped) {
			const group = this.#gathering;
			this.#gathering = { lines: this.#spare, waiting: [] };
			let failure: Error | undefined;
			try {
				if (group.lines.length > 0) await this.#log.append(group.lines.bytes);
			} catch (error) {
				failure = error as Error;
			}
			if (this.#stopped) return;
			group.lines.clear();
			this.#spare = group.lines;
			if (failure) this.#fail(group, failure);
			else for (const { done } of group.waiting) done();
			this.#turn();
		}
		this.#running = false;
		this.#onIdle?.();
		this.#onIdle = undefined;
	}

	#turn(): void {
		const between = this.#between;
		this.#between = [];
		if (!this.#stopped) for (const work of between) work();
	}

	/**
	 * What gathered meanwhile may count on lines of the failed group being there: a duplicate is not
	 * written again. So it fails with it.
	 */
	#fail(group: Group, failure: Error): void {
		const waiting = [...group.waiting, ...this.#gathering.waiting];
		this.#gathering.lines.clear();
		this.#gathering = { lines: this.#gathering.lines, waiting: [] };
		for (const { undo } of waiting) undo?.();
		for (const { done } of waiting) done(failure);
	}
}
