import type { RandomStream } from "../kernel/random.ts";

/** Where stations of a garden and of a roof are found: dBm at the weakest and at the strongest place. */
const [weakest, strongest] = [-82, -48];
/** What walls, leaves and people do to it: how far it wanders, and how far one reading is from the next, dB. */
const wander = 4;
const flicker = 1.2;
/** How much of where it has wandered to is left at the next reading. */
const memory = 0.9;

/**
 * The reception of one station: a mean by its place, around which it wanders. Only how it looks is
 * modelled: what is lost on the way is the affair of the path.
 */
export class Radio {
	readonly #random: RandomStream;
	readonly #mean: number;
	#wandered = 0;

	/** @param random  of nothing else, so that a reading changes nothing but the next one */
	constructor(random: RandomStream) {
		this.#random = random;
		this.#mean = weakest + random.unit() * (strongest - weakest);
	}

	/** A reading in dBm, a whole number as of the chip. */
	get rssiDbm(): number {
		const random = this.#random;
		const step = wander * Math.sqrt(1 - memory * memory);
		this.#wandered = memory * this.#wandered + step * random.normal();
		const level = Math.round(this.#mean + this.#wandered + flicker * random.normal());
		return Math.min(-30, Math.max(-100, level));
	}
}
