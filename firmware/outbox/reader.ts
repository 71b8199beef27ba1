import type { FlashLog } from "./log.ts";
import { blockHeaderBytes, RecordKind, recordKind, recordSequence, unitBytes } from "./record.ts";

/**
 * Finds observations by sequence. Reading on from the last one costs one record; reading from anywhere
 * else costs a look at the index and the records of one block up to there.
 */
export class Reader {
	readonly #log: FlashLog;
	/** Where reading goes on: everything from `#sequence` is at or behind this place. */
	#index = -1;
	#offset = 0;
	#sequence = 0;
	/** Blocks that the log had released when the place was noted. */
	#releases = 0;

	constructor(log: FlashLog) {
		this.#log = log;
	}

	/** Forgets the place; the log was opened anew. */
	reset(): void {
		this.#index = -1;
	}

	/**
	 * Reads the first intact observation with a sequence of `sequence` or more into `medium.in`.
	 *
	 * @param end  what to return when there is none
	 * @returns its sequence, or a negated Status
	 */
	seek(sequence: number, end: number): number {
		const log = this.#log;
		if (!this.#isAt(sequence)) this.#jump(sequence);
		for (;;) {
			const found = this.#seekInBlock(sequence);
			if (found !== 0) return found;
			if (this.#index === log.count - 1) return end;
			this.#index += 1;
			this.#offset = blockHeaderBytes;
		}
	}

	#isAt(sequence: number): boolean {
		const isThere = this.#index >= 0 && this.#releases === this.#log.releases;
		return isThere && this.#sequence === sequence;
	}

	#jump(sequence: number): void {
		this.#index = Math.max(0, this.#log.find(sequence));
		this.#offset = blockHeaderBytes;
		this.#sequence = sequence;
		this.#releases = this.#log.releases;
	}

	/** The same for the rest of the block; 0 when it is not there. */
	#seekInBlock(sequence: number): number {
		const log = this.#log;
		const view = log.medium.inView;
		const block = log.block(this.#index);
		const end = log.end(this.#index);
		while (this.#offset < end) {
			const size = log.read(block, this.#offset);
			if (size < 0) return size;
			if (size > 0 && recordKind(view) === RecordKind.Observation) {
				const found = recordSequence(view);
				if (found > sequence) return found;
				this.#offset += size;
				if (found < sequence) continue;
				this.#sequence = sequence + 1;
				return found;
			}
			this.#offset += Math.max(size, unitBytes);
		}
		return 0;
	}
}
