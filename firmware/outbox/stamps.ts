import { Limits } from "../limits.ts";

/** Which observations were dated after they had been stored, and by how much. */
export class StampTable {
	#count = 0;
	readonly #firsts = new Uint32Array(Limits.outboxStamps);
	readonly #lasts = new Uint32Array(Limits.outboxStamps);
	readonly #offsets = new Uint32Array(Limits.outboxStamps);

	get count(): number {
		return this.#count;
	}

	get isFull(): boolean {
		return this.#count === Limits.outboxStamps;
	}

	/** The sequence after the last one that is stamped. */
	get end(): number {
		return this.#count === 0 ? 0 : this.#lasts[this.#count - 1]! + 1;
	}

	first(index: number): number {
		return this.#firsts[index]!;
	}

	last(index: number): number {
		return this.#lasts[index]!;
	}

	/** Seconds to add. */
	offset(index: number): number {
		return this.#offsets[index]!;
	}

	/** The entry that holds for `sequence`, or -1. */
	indexOf(sequence: number): number {
		for (let index = 0; index < this.#count; index++) {
			if (sequence >= this.#firsts[index]! && sequence <= this.#lasts[index]!) return index;
		}
		return -1;
	}

	clear(): void {
		this.#count = 0;
	}

	/** Adds an entry after all others; the table must not be full. */
	add(first: number, last: number, offsetSeconds: number): void {
		this.#firsts[this.#count] = first;
		this.#lasts[this.#count] = last;
		this.#offsets[this.#count] = offsetSeconds;
		this.#count += 1;
	}

	/** Drops entries of which nothing is left at or above `position`. */
	prune(position: number): void {
		let drop = 0;
		while (drop < this.#count && this.#lasts[drop]! < position) drop += 1;
		this.#firsts.copyWithin(0, drop, this.#count);
		this.#lasts.copyWithin(0, drop, this.#count);
		this.#offsets.copyWithin(0, drop, this.#count);
		this.#count -= drop;
	}
}
