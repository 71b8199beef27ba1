/**
 * A set of sequence numbers of one station, kept as merged closed intervals: a station that never
 * lost anything costs two numbers, whatever its age.
 */
export class SequenceSet {
	// Interval i is #first[i]..#last[i]; ascending, never touching.
	readonly #first: number[] = [];
	readonly #last: number[] = [];
	#size = 0;

	/** The set of intervals as `intervals` gives them. */
	static of(intervals: Iterable<readonly [first: number, last: number]>): SequenceSet {
		const set = new SequenceSet();
		for (const [first, last] of intervals) {
			set.#first.push(first);
			set.#last.push(last);
			set.#size += last - first + 1;
		}
		return set;
	}

	/** How many numbers are in the set. */
	get size(): number {
		return this.#size;
	}

	/** The intervals, ascending, as pairs of first and last. */
	get intervals(): readonly (readonly [first: number, last: number])[] {
		return this.#first.map((first, index) => [first, this.#last[index]!] as const);
	}

	has(sequence: number): boolean {
		const at = this.#find(sequence);
		return at >= 0 && sequence <= this.#last[at]!;
	}

	/** How many of the numbers `first` to `last` are in the set. */
	count(first: number, last: number): number {
		let count = 0;
		for (let at = Math.max(0, this.#find(first)); at < this.#first.length; at++) {
			if (this.#first[at]! > last) break;
			const overlap = Math.min(last, this.#last[at]!) - Math.max(first, this.#first[at]!) + 1;
			count += Math.max(0, overlap);
		}
		return count;
	}

	/** @returns whether it was added; false when it was there */
	add(sequence: number): boolean {
		const at = this.#find(sequence);
		if (at >= 0 && sequence <= this.#last[at]!) return false;
		const joinsLeft = at >= 0 && this.#last[at] === sequence - 1;
		const joinsRight = this.#first[at + 1] === sequence + 1;
		if (joinsLeft && joinsRight) {
			this.#last[at] = this.#last[at + 1]!;
			this.#first.splice(at + 1, 1);
			this.#last.splice(at + 1, 1);
		} else if (joinsLeft) {
			this.#last[at] = sequence;
		} else if (joinsRight) {
			this.#first[at + 1] = sequence;
		} else {
			this.#first.splice(at + 1, 0, sequence);
			this.#last.splice(at + 1, 0, sequence);
		}
		this.#size += 1;
		return true;
	}

	/** @returns whether it was removed; false when it was not there */
	remove(sequence: number): boolean {
		const at = this.#find(sequence);
		if (at < 0 || sequence > this.#last[at]!) return false;
		const first = this.#first[at]!;
		const last = this.#last[at]!;
		const rest: [number, number][] = [];
		if (first < sequence) rest.push([first, sequence - 1]);
		if (sequence < last) rest.push([sequence + 1, last]);
		this.#first.splice(at, 1, ...rest.map((interval) => interval[0]));
		this.#last.splice(at, 1, ...rest.map((interval) => interval[1]));
		this.#size -= 1;
		return true;
	}

	/** The last interval that starts at or before `sequence`, or -1. */
	#find(sequence: number): number {
		let low = 0;
		let high = this.#first.length;
		while (low < high) {
			const middle = (low + high) >>> 1;
			if (this.#first[middle]! <= sequence) low = middle + 1;
			else high = middle;
		}
		return low - 1;
	}
}
