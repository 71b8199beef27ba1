/**
 * A running hash over everything that happens in a simulation. Two runs of one seed that end with
 * the same digest have had the same events at the same moments in the same order.
 *
 * 64 bits: two lanes of MurmurHash3 x86-32 with different constants. It finds differences; it does not
 * withstand somebody who makes them.
 */
export class Trace {
	#count = 0;
	#low = 0x243f6a88;
	#high = 0x85a308d3 | 0;
	readonly #number = new DataView(new ArrayBuffer(8));

	/** Events added so far. */
	get count(): number {
		return this.#count;
	}

	/**
	 * Adds one event.
	 *
	 * @param time    moment in ms
	 * @param source  who it happens to, for example the index of a station
	 * @param kind    what happens, a small code of the caller
	 * @param value   any number that tells two such events apart
	 */
	add(time: number, source: number, kind: number, value = 0): void {
		this.#count += 1;
		this.#mixNumber(time);
		this.#mix(source);
		this.#mix(kind);
		this.#mixNumber(value);
	}

	/** Adds bytes that belong to the last event: a packet, a report. */
	bytes(bytes: Uint8Array, start: number, end: number): void {
		this.#mix(end - start);
		for (let at = start; at < end; at += 4) {
			let word = bytes[at]!;
			if (at + 1 < end) word |= bytes[at + 1]! << 8;
			if (at + 2 < end) word |= bytes[at + 2]! << 16;
			if (at + 3 < end) word |= bytes[at + 3]! << 24;
			this.#mix(word);
		}
	}

	/** Adds a text that belongs to the last event. */
	text(text: string): void {
		this.#mix(text.length);
		for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
	}

	/** Sixteen hexadecimal digits; reading them changes nothing. */
	get digest(): string {
		return finish(this.#high, this.#count) + finish(this.#low, this.#count);
	}

	#mixNumber(value: number): void {
		// A NaN has many bit patterns, and which one is stored is up to the engine.
		this.#number.setFloat64(0, Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value + 0);
		this.#mix(this.#number.getUint32(0));
		this.#mix(this.#number.getUint32(4));
	}

	#mix(word: number): void {
		let low = Math.imul(word, 0xcc9e2d51);
		low = this.#low ^ Math.imul((low << 15) | (low >>> 17), 0x1b873593);
		this.#low = (Math.imul((low << 13) | (low >>> 19), 5) + 0xe6546b64) | 0;
		let high = Math.imul(word, 0x239b961b);
		high = this.#high ^ Math.imul((high << 16) | (high >>> 16), 0xab0e9789);
		this.#high = (Math.imul((high << 19) | (high >>> 13), 5) + 0x561ccd1b + this.#low) | 0;
	}
}

function finish(lane: number, count: number): string {
	let hash = lane ^ count;
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
}
