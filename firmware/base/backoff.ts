/**
 * Capped exponential delay with full jitter: uniform between the floor and the ceiling of the
 * attempt, so that a fleet that lost its broker at one moment does not come back at one moment.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("full jitter").
 */
export class Backoff {
	readonly #base: number;
	readonly #cap: number;
	readonly #floor: number;
	readonly #random: () => number;
	#attempts = 0;

	/**
	 * @param base    ceiling of the first delay, in ms
	 * @param cap     largest ceiling, in ms
	 * @param floor   smallest delay ever given, in ms
	 * @param random  32 random bits per call
	 */
	constructor(base: number, cap: number, floor: number, random: () => number) {
		this.#base = base;
		this.#cap = cap;
		this.#floor = floor;
		this.#random = random;
	}

	/** Delays given since the last reset. */
	get attempts(): number {
		return this.#attempts;
	}

	/**
	 * The delay before the next attempt, in ms, counted from the end of the last one.
	 *
	 * @param scale  how much longer than usual this reason waits, 1 or more; the cap still holds
	 */
	next(scale = 1): number {
		const ceiling = Math.min(this.#cap, this.#base * scale * 2 ** Math.min(this.#attempts, 30));
		this.#attempts += 1;
		const unit = (this.#random() >>> 0) / 4_294_967_296;
		return this.#floor + Math.floor(unit * Math.max(0, ceiling - this.#floor));
	}

	reset(): void {
		this.#attempts = 0;
	}
}
