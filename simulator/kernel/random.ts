/**
 * A stream of random numbers from a seed and a name.
 *
 * A child stream depends on the seed and the path of names only, never on how many numbers have
 * been drawn: adding a station does not change the weather of another one.
 *
 * Generator: sfc32 (C. Doty-Humphrey, PractRand 0.95): 128 bits of state, period at least 2^32 and
 * 2^127 on average, counter included. Seeding: four lanes of the MurmurHash3 finaliser.
 */
export class RandomStream {
	/** What it was seeded with, spread over 128 bits: the stem of its children's seeds. */
	readonly #key: string;
	#a: number;
	#b: number;
	#c: number;
	#counter = 1;
	#spare = Number.NaN;

	/** @param seed  a whole number, or a text such as the one a user typed */
	constructor(seed: number | string) {
		const key = new Uint32Array(4);
		absorb(key, String(seed));
		this.#key = hexadecimal(key);
		// As signed integers, which need no object of their own; the bits are what counts.
		this.#a = key[0]! | 0;
		this.#b = key[1]! | 0;
		this.#c = key[2]! ^ key[3]!;
		// The first outputs of sfc32 still show the seed.
		for (let round = 0; round < 12; round++) this.next();
	}

	/** The stream of this name below this one; the same name always gives the same stream. */
	child(name: string): RandomStream {
		return new RandomStream(`${this.#key}/${name}`);
	}

	/** 32 random bits, as an unsigned integer. */
	next(): number {
		const sum = (this.#a + this.#b + this.#counter) | 0;
		this.#counter = (this.#counter + 1) | 0;
		this.#a = this.#b ^ (this.#b >>> 9);
		this.#b = (this.#c + (this.#c << 3)) | 0;
		this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
		return sum >>> 0;
	}

	/** Uniform in [0, 1), 32 bits fine. */
	unit(): number {
		return this.next() / 4_294_967_296;
	}

	/**
	 * Uniform whole number in [0, bound).
	 *
	 * @param bound  1..2^32; the bias is below bound / 2^32
	 */
	below(bound: number): number {
		return Math.floor(this.unit() * bound);
	}

	/** Whether an event of this probability happens. */
	chance(probability: number): boolean {
		return this.unit() < probability;
	}

	/** Standard normal: mean 0, variance 1. Marsaglia's polar method, two numbers a round. */
	normal(): number {
		const spare = this.#spare;
		if (!Number.isNaN(spare)) {
			this.#spare = Number.NaN;
			return spare;
		}
		for (;;) {
			const x = 2 * this.unit() - 1;
			const y = 2 * this.unit() - 1;
			const square = x * x + y * y;
			if (square === 0 || square >= 1) continue;
			const scale = Math.sqrt((-2 * Math.log(square)) / square);
			this.#spare = y * scale;
			return x * scale;
		}
	}
}

function absorb(key: Uint32Array, text: string): void {
	for (let lane = 0; lane < key.length; lane++) {
		let hash = Math.imul(lane + 1, 0x9e3779b9);
		for (let at = 0; at < text.length; at++) {
			hash = Math.imul(hash ^ text.charCodeAt(at), 0xcc9e2d51);
			hash = Math.imul((hash << 13) | (hash >>> 19), 0x1b873593) ^ lane;
		}
		hash ^= text.length;
		hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
		hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
		key[lane] = hash ^ (hash >>> 16);
	}
}

function hexadecimal(key: Uint32Array): string {
	let text = "";
	for (const word of key) text += word.toString(16).padStart(8, "0");
	return text;
}
