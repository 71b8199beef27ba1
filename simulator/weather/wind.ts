import { NoiseStream } from "./noise.ts";

/**
 * Turbulence on top of a mean wind, since a record of one-minute means has none.
 *
 * Gust factor: the highest 3 s mean within 10 minutes is 1.66 times the mean of those 10 minutes in
 * roughly open terrain inland [WMO/TD-No. 1555 (2010), Harper, Kepert and Ginger, table 1.1]. The
 * model never goes beyond it, and reaches a good part of it in most windows of 10 minutes.
 */
export const gustFactor = 1.66;

/** Standard deviation of the speed over its mean; the gust factor is then a bit over 3 of them. */
const intensity = 0.2;

/** ms between independent values, in equal steps on a logarithmic scale; all weigh the same. */
const octaves: readonly number[] = Object.freeze([5_000, 15_000, 45_000, 135_000]);

/** smoothNoise has a deviation of 1/2; that of the sum grows with the root of the count. */
const scale = 2 / Math.sqrt(octaves.length);

/**
 * Degrees. Across the wind the deviation is 0.8 of that along it [Panofsky and Dutton, Atmospheric
 * Turbulence, 1984, §7.2]; over the mean speed this is an angle.
 */
const directionDeviation = (0.8 * intensity * 180) / Math.PI;

/** The most that the direction leaves the mean by, in degrees. */
export const directionBound = 30;

/** The turbulence of one station in speed or direction. */
export class Turbulence {
	readonly #noises: readonly NoiseStream[];

	/** @param stream  of the seed; takes as many from there on as there are octaves */
	constructor(seed: number, stream: number) {
		this.#noises = octaves.map((period, octave) => new NoiseStream(seed, stream + octave, period));
	}

	/** The wind at one moment over its mean: 1 - bound .. gustFactor, 1 on average. */
	gustiness(time: number): number {
		const bound = gustFactor - 1;
		return 1 + Math.max(-bound, Math.min(bound, intensity * this.#at(time)));
	}

	/** How far the direction is off its mean, in degrees: -directionBound .. directionBound. */
	veer(time: number): number {
		const angle = directionDeviation * this.#at(time);
		return Math.max(-directionBound, Math.min(directionBound, angle));
	}

	/** Mean 0, standard deviation 1. */
	#at(time: number): number {
		let sum = 0;
		for (let octave = 0; octave < this.#noises.length; octave++) {
			sum += this.#noises[octave]!.smooth(time);
		}
		return sum * scale;
	}
}
