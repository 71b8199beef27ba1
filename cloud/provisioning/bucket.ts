/** Lets so many pass in a second, and as many at once. */
export class Bucket {
	readonly #perSecond: number;
	#tokens: number;
	#since = 0;

	constructor(perSecond: number) {
		this.#perSecond = perSecond;
		this.#tokens = perSecond;
	}

	/** @returns whether one more may pass now */
	take(epochMs: number): boolean {
		const gained = (Math.max(epochMs - this.#since, 0) / 1000) * this.#perSecond;
		this.#tokens = Math.min(this.#tokens + gained, this.#perSecond);
		this.#since = epochMs;
		if (this.#tokens < 1) return false;
		this.#tokens -= 1;
		return true;
	}
}
