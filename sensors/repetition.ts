/**
 * Conversions in a row with the same result that make a part stuck.
 *
 * The parts that are watched carry noise of at least 1.2 steps of the converter in two values or of
 * 5 steps in one. Two conversions then agree about once in 16: eight in a row are once in 16^7, or in
 * seventeen years at one each two seconds.
 */
const limit = 8;

/**
 * Tells a part that no longer measures from one that does: the noise of a converter changes its
 * lowest bits, so that the same raw values many times in a row are no weather.
 */
export class Repetition {
	#first = Number.NaN;
	#second = Number.NaN;
	#third = Number.NaN;
	#count = 0;

	/**
	 * Takes the raw values of one conversion.
	 *
	 * @returns whether they have now come so often in a row that the part is stuck
	 */
	isStuck(first: number, second: number, third = 0): boolean {
		if (first === this.#first && second === this.#second && third === this.#third) {
			this.#count = Math.min(this.#count + 1, limit);
		} else {
			this.#first = first;
			this.#second = second;
			this.#third = third;
			this.#count = 1;
		}
		return this.#count === limit;
	}
}
