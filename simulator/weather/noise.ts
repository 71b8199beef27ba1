/**
 * Noise that is a pure function of seed, stream and time. No state is kept, so that any moment can
 * be asked for in any order and always gives the same answer.
 */

/** Spreads the bits of a 32-bit integer; a bijection, every output bit depends on every input bit. */
function mix(bits: number): number {
	bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
	bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
	return (bits ^ (bits >>> 16)) >>> 0;
}

/**
 * 32 bits that belong to this seed, stream and index.
 *
 * @param stream  which of the independent noises of one seed
 * @param index   any whole number up to 2^53
 */
function hash(seed: number, stream: number, index: number): number {
	const high = Math.floor(index / 4_294_967_296);
	return mix(mix(mix(mix(seed) + stream) + high) + (index >>> 0));
}

/** Uniform in [0, 1). */
export function uniform(seed: number, stream: number, index: number): number {
	return hash(seed, stream, index) / 4_294_967_296;
}

/**
 * The noise of one stream, for those who ask often: what depends on seed and stream alone is
 * computed once. The values are those of `uniform` and `smoothNoise`.
 */
export class NoiseStream {
	readonly #key: number;
	/** Of the indices below 2^32. */
	readonly #lowKey: number;
	readonly #period: number;
	/** The values on both sides of the time that was asked for last: the next one is mostly close. */
	#index = Number.NaN;
	#before = 0;
	#behind = 0;

	/** @param period  ms from one independent value to the next */
	constructor(seed: number, stream: number, period: number) {
		this.#key = mix(mix(seed) + stream);
		this.#lowKey = mix(this.#key);
		this.#period = period;
	}

	/** As `smoothNoise`. */
	smooth(time: number): number {
		const position = time / this.#period;
		const index = Math.floor(position);
		if (index !== this.#index) {
			this.#before = index === this.#index + 1 ? this.#behind : this.#uniform(index);
			this.#behind = this.#uniform(index + 1);
			this.#index = index;
		}
		const rise = this.#behind - this.#before;
		return 2 * (this.#before + rise * smoothstep(position - index)) - 1;
	}

	#uniform(index: number): number {
		const high = index >= 0 && index < 4_294_967_296 ? 0 : Math.floor(index / 4_294_967_296);
		const key = high === 0 ? this.#lowKey : mix(this.#key + high);
		return mix(key + (index >>> 0)) / 4_294_967_296;
	}
}

/** 0 at 0, 1 at 1, level at both ends. */
export function smoothstep(x: number): number {
	return x * x * (3 - 2 * x);
}

/**
 * Smooth noise in [-1, 1] with mean 0 and a standard deviation of one half.
 *
 * Independent uniform values stand at multiples of `period` and are joined by smoothsteps; over all
 * moments the variance is 26/105, so the deviation is 0.498.
 *
 * @param time    ms
 * @param period  ms from one independent value to the next
 */
export function smoothNoise(seed: number, stream: number, time: number, period: number): number {
	const position = time / period;
	const index = Math.floor(position);
	const before = uniform(seed, stream, index);
	const behind = uniform(seed, stream, index + 1);
	return 2 * (before + (behind - before) * smoothstep(position - index)) - 1;
}

/**
 * Smooth noise over a plane in [-1, 1], as `smoothNoise` is over time.
 *
 * @param size   distance from one independent value to the next, in the unit of x and y
 * @param layer  which of the independent planes of a stream
 */
export function smoothField(
	seed: number,
	stream: number,
	x: number,
	y: number,
	size: number,
	layer: number,
): number {
	const column = Math.floor(x / size);
	const row = Math.floor(y / size);
	const along = smoothstep(x / size - column);
	const up = smoothstep(y / size - row);
	const corner = (east: number, north: number): number =>
		uniform(seed, stream, (layer * latticeRows + row + north) * latticeColumns + column + east);
	const south = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * along;
	const north = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * along;
	return 2 * (south + (north - south) * up) - 1;
}

/** Of the lattices that lie in one sequence of whole numbers; regions are smaller than that. */
const latticeRows = 65_536;
const latticeColumns = 65_536;
