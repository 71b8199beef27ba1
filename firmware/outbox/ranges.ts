import { Limits } from "../limits.ts";

/**
 * Which sequences are done with: everything below `position`, and a bounded number of ranges above
 * it.
 *
 * A range more than `Limits.outboxRanges` pushes out the smallest one there is. What it held counts
 * as open again and is sent a second time, which the archive drops by (thing, sequence); a range
 * is never widened over something that is open.
 */
export class RangeSet {
	#position = 0;
	#count = 0;
	/** Sequences in the ranges. */
	#held = 0;
	readonly #firsts = new Uint32Array(Limits.outboxRanges + 1);
	readonly #lasts = new Uint32Array(Limits.outboxRanges + 1);

	/** The first sequence that is open. */
	get position(): number {
		return this.#position;
	}

	/** Ranges above the position. */
	get count(): number {
		return this.#count;
	}

	/** First sequence of the range `index`. */
	first(index: number): number {
		return this.#firsts[index]!;
	}

	/** Last sequence of the range `index`. */
	last(index: number): number {
		return this.#lasts[index]!;
	}

	/** Forgets all ranges and starts at `position`. */
	reset(position: number): void {
		this.#position = position;
		this.#count = 0;
		this.#held = 0;
	}

	/** How many sequences below `end` are open. */
	openBelow(end: number): number {
		return end - this.#position - this.#held;
	}

	/** The first open sequence that is `from` or later. */
	next(from: number): number {
		if (from <= this.#position) return this.#position;
		for (let index = 0; index < this.#count; index++) {
			if (from < this.#firsts[index]!) return from;
			if (from <= this.#lasts[index]!) return this.#lasts[index]! + 1;
		}
		return from;
	}

	/** Whether everything from `first` up to and without `end` is done with. */
	covers(first: number, end: number): boolean {
		return first >= end || this.next(first) >= end;
	}

	/**
	 * Marks everything from `first` to `last` as done with.
	 *
	 * @returns how many of them were open
	 */
	add(first: number, last: number): number {
		first = Math.max(first, this.#position);
		if (last < first) return 0;
		let from = 0;
		while (from < this.#count && this.#lasts[from]! + 1 < first) from += 1;
		let to = from;
		let absorbed = 0;
		let low = first;
		let high = last;
		while (to < this.#count && this.#firsts[to]! <= last + 1) {
			absorbed += this.#lasts[to]! + 1 - this.#firsts[to]!;
			low = Math.min(low, this.#firsts[to]!);
			high = Math.max(high, this.#lasts[to]!);
			to += 1;
		}
		const size = high + 1 - low;
		if (low === this.#position) {
			this.#position = high + 1;
			this.#held -= absorbed;
			this.#replace(from, to, 0);
		} else {
			this.#held += size - absorbed;
			this.#replace(from, to, 1);
			this.#firsts[from] = low;
			this.#lasts[from] = high;
			if (this.#count > Limits.outboxRanges) this.#forget();
		}
		return size - absorbed;
	}

	/** Makes room for `inserted` ranges in place of those from `from` up to and without `to`. */
	#replace(from: number, to: number, inserted: number): void {
		this.#firsts.copyWithin(from + inserted, to, this.#count);
		this.#lasts.copyWithin(from + inserted, to, this.#count);
		this.#count += inserted - (to - from);
	}

	#forget(): void {
		let smallest = 0;
		for (let index = 1; index < this.#count; index++) {
			if (this.#size(index) < this.#size(smallest)) smallest = index;
		}
		this.#held -= this.#size(smallest);
		this.#replace(smallest, smallest + 1, 0);
	}

	#size(index: number): number {
		return this.#lasts[index]! + 1 - this.#firsts[index]!;
	}
}
