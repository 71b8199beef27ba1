import type { AppendLog } from "./log.ts";

/** From when on a file is full; it may be longer by one append. */
export interface Fullness {
	readonly bytes?: number;
	readonly lines?: number;
}

/** A log that is turned when it is full: it has at most two files, and what was in the older one goes. */
export class BoundedLog implements AppendLog {
	readonly #log: AppendLog;
	readonly #previous: string;
	readonly #full: Fullness;
	readonly #onTurn: () => void;
	#lines: number;

	/**
	 * @param log       one that can be rotated and knows its size
	 * @param previous  the name of the file before
	 * @param lines     those that the log has; none unless given
	 * @param onTurn    called before what is in `previous` goes
	 */
	constructor(
		log: AppendLog,
		previous: string,
		full: Fullness,
		{ lines = 0, onTurn = () => {} }: { readonly lines?: number; onTurn?(): void } = {},
	) {
		this.#log = log;
		this.#previous = previous;
		this.#full = full;
		this.#lines = lines;
		this.#onTurn = onTurn;
	}

	async append(bytes: Uint8Array): Promise<void> {
		if (this.#isFull) {
			this.#onTurn();
			this.#log.rotate!(this.#previous);
			this.#lines = 0;
		}
		await this.#log.append(bytes);
		for (const byte of bytes) if (byte === newline) this.#lines += 1;
	}

	close(): void {
		this.#log.close();
	}

	get #isFull(): boolean {
		const { bytes = Number.POSITIVE_INFINITY, lines = Number.POSITIVE_INFINITY } = this.#full;
		return (this.#log.size ?? 0) >= bytes || this.#lines >= lines;
	}
}

const newline = 0x0a;
