import type { AppendLog } from "./log.ts";

/** A log that is turned when it is full: it has at most two files, and what was in the older one goes. */
export class BoundedLog implements AppendLog {
	readonly #log: AppendLog;
	readonly #previous: string;
	readonly #bytes: number;
	readonly #onTurn: () => void;

	/**
	 * @param log       one that can be rotated and knows its size
	 * @param previous  the name of the file before
	 * @param bytes     from which on a file is full; it may be longer by one append
	 * @param onTurn    called before what is in `previous` goes
	 */
	constructor(log: AppendLog, previous: string, bytes: number, onTurn: () => void) {
		this.#log = log;
		this.#previous = previous;
		this.#bytes = bytes;
		this.#onTurn = onTurn;
	}

	async append(bytes: Uint8Array): Promise<void> {
		if ((this.#log.size ?? 0) >= this.#bytes) {
			this.#onTurn();
			this.#log.rotate!(this.#previous);
		}
		await this.#log.append(bytes);
	}

	close(): void {
		this.#log.close();
	}
}
