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
