import type { Host } from "./host.ts";

/** The user has ended the command before its time. */
export class Interrupted extends Error {
	readonly code = "INTERRUPTED";
}

/**
 * Ctrl-C: the first one asks a command to come to an end, the second one ends it at once.
 */
export class Interrupt {
	readonly #release: () => void;
	readonly #first: Promise<void>;
	readonly #second: Promise<void>;

	constructor(host: Host) {
		let onFirst: () => void;
		let onSecond: () => void;
		this.#first = new Promise((resolve) => {
			onFirst = resolve;
		});
		this.#second = new Promise((resolve) => {
			onSecond = resolve;
		});
		let count = 0;
		this.#release = host.onInterrupt(() => {
			count += 1;
			if (count === 1) onFirst();
			else onSecond();
		});
	}

	/** Resolves after `duration` ms, or at the first Ctrl-C. */
	async wait(duration = Number.POSITIVE_INFINITY): Promise<void> {
		const longest = 2_147_483_647;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const elapsed = new Promise<void>((resolve) => {
			const begin = performance.now();
			// A longer delay than setTimeout takes is waited for in parts.
			const arm = (): void => {
				const rest = begin + duration - performance.now();
				if (rest <= 0) resolve();
				else timer = setTimeout(arm, Math.min(rest, longest));
			};
			arm();
		});
		await Promise.race([elapsed, this.#first]);
		clearTimeout(timer);
	}

	/** What `work` gives. @throws {Interrupted} at the first Ctrl-C */
	orFirst<T>(work: Promise<T>): Promise<T> {
		return Promise.race([work, this.#first.then(stop)]);
	}

	/** What `work` gives. @throws {Interrupted} at the second Ctrl-C */
	orSecond<T>(work: Promise<T>): Promise<T> {
		return Promise.race([work, this.#second.then(stop)]);
	}

	/** Leaves Ctrl-C to others. */
	release(): void {
		this.#release();
	}
}

function stop(): never {
	throw new Interrupted("ended by Ctrl-C");
}
