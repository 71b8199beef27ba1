import { assert } from "../base/assert.ts";
import type { Ticks } from "../ports/clock.ts";
import { bearing, calmMps, radiansPerDegree, turnBetween } from "./bearing.ts";

/** Milliseconds over which a gust is a mean (WMO-No. 8 Vol. I, Annex 1.A and chapter 5). */
const gustMs = 3_000;

/** The averages that the WMO asks for, in ms: aeronautical and synoptic. */
export const windowsMs = Object.freeze([120_000, 600_000] as const);

/** Part of a window that samples must cover (Zahumenský 2004: 75 % for wind). */
const leastCovered = 0.75;

/** Windows slide by this step, in ms. */
const stepMs = 10_000;
/** The longest window and the step that is being filled. */
const steps = 61;
/** Samples that make up a gust at the fastest sampling of 4 Hz, and one that is cut. */
const gustSamples = 13;

/** The wind over a window that ends with the last full step. */
export interface WindSummary {
	/** Mean of the speeds, m/s. */
	speed: number;
	/** Length of the mean vector, m/s. */
	vectorSpeed: number;
	/** Direction of the mean vector, NaN when it is calm. */
	direction: number;
	/** Highest 3-second mean, m/s; NaN when samples are more than 3 s apart. */
	gust: number;
	/** Direction of the mean vector of those 3 seconds. */
	gustDirection: number;
	/** The end of those 3 seconds. */
	gustAt: Ticks;
	/** Arc in which the direction varied, clockwise from the first to the second; NaN when it is calm. */
	directionFrom: number;
	directionTo: number;
}

/**
 * Wind over the last 2 and 10 minutes, after WMO-No. 8 Vol. I, chapter 5.
 *
 * Samples are means since the sample before, as a cup anemometer gives them. Windows are half-open
 * and slide by 10 s: a sample at their end belongs to the next step.
 *
 * Allocates: nothing after construction, 61 steps of 12 numbers.
 */
export class WindHistory {
	readonly #gust = new GustFilter();
	/** Number of the step that is being filled, counted from boot. */
	#step = 0;
	readonly #coveredMs = new Float64Array(steps);
	readonly #speedMs = new Float64Array(steps);
	/** Wind vectors times milliseconds, and their time: speed and direction can be missing singly. */
	readonly #east = new Float64Array(steps);
	readonly #north = new Float64Array(steps);
	readonly #vectorMs = new Float64Array(steps);
	readonly #gusts = new Float32Array(steps).fill(Number.NaN);
	readonly #gustDirections = new Float32Array(steps);
	readonly #gustAt = new Float64Array(steps);
	/** The arc of directions: its beginning, and its length clockwise; NaN while there is none. */
	readonly #arcFrom = new Float32Array(steps).fill(Number.NaN);
	readonly #arcLength = new Float32Array(steps);

	/**
	 * Takes one sample.
	 *
	 * @param speed      m/s, mean over `duration`; NaN when it is missing
	 * @param direction  degrees the wind comes from; NaN when it is missing
	 * @param duration   ms since the sample before; one over more than the shortest window, as after a
	 *   sleep, says nothing of now and is left out
	 */
	add(speed: number, direction: number, duration: number, now: Ticks): void {
		this.#advance(now);
		this.#gust.add(speed, direction, duration);
		if (Number.isNaN(speed) || duration > windowsMs[0]) return;
		const at = this.#step % steps;
		this.#coveredMs[at]! += duration;
		this.#speedMs[at]! += speed * duration;
		this.#addGust(at, now);
		if (Number.isNaN(direction)) return;
		this.#east[at]! += speed * Math.sin(direction * radiansPerDegree) * duration;
		this.#north[at]! += speed * Math.cos(direction * radiansPerDegree) * duration;
		this.#vectorMs[at]! += duration;
		if (speed > 0) this.#widen(at, direction, 0);
	}

	/**
	 * Sums up a window that ends with the last full step before now.
	 *
	 * @param windowMs  one of `windowsMs`
	 * @param into      filled when the result is true
	 * @returns false while samples cover less than 75 % of the window
	 */
	summarize(windowMs: number, into: WindSummary, now: Ticks): boolean {
		assert(windowMs / stepMs < steps, "a window that the history holds");
		this.#advance(now);
		const first = Math.max(0, this.#step - windowMs / stepMs);
		let coveredMs = 0;
		let speedMs = 0;
		let east = 0;
		let north = 0;
		let vectorMs = 0;
		into.gust = Number.NaN;
		for (let step = first; step < this.#step; step++) {
			const at = step % steps;
			coveredMs += this.#coveredMs[at]!;
			speedMs += this.#speedMs[at]!;
			east += this.#east[at]!;
			north += this.#north[at]!;
			vectorMs += this.#vectorMs[at]!;
			if (this.#gusts[at]! > into.gust || Number.isNaN(into.gust)) this.#takeGust(at, into);
		}
		if (coveredMs < leastCovered * windowMs) return false;
		into.speed = speedMs / coveredMs;
		const hasVector = vectorMs >= leastCovered * windowMs;
		into.vectorSpeed = hasVector ? Math.hypot(east, north) / vectorMs : Number.NaN;
		const isCalm = into.speed < calmMps;
		into.direction = hasVector && !isCalm ? bearing(east, north, speedMs) : Number.NaN;
		this.#takeArc(first, !Number.isNaN(into.direction), into);
		return true;
	}

	#addGust(at: number, now: Ticks): void {
		const { speed } = this.#gust;
		if (Number.isNaN(speed) || speed <= this.#gusts[at]!) return;
		this.#gusts[at] = speed;
		this.#gustDirections[at] = this.#gust.direction;
		this.#gustAt[at] = now;
	}

	#takeGust(at: number, into: WindSummary): void {
		into.gust = this.#gusts[at]!;
		into.gustDirection = this.#gustDirections[at]!;
		into.gustAt = this.#gustAt[at] as Ticks;
	}

	/** Joins the arcs of all steps in the one that is being filled, which is put back afterwards. */
	#takeArc(first: number, hasDirection: boolean, into: WindSummary): void {
		const scratch = this.#step % steps;
		const from = this.#arcFrom[scratch]!;
		const length = this.#arcLength[scratch]!;
		this.#arcFrom[scratch] = Number.NaN;
		for (let step = first; step < this.#step; step++) {
			const at = step % steps;
			const start = this.#arcFrom[at]!;
			if (!Number.isNaN(start)) this.#widen(scratch, start, this.#arcLength[at]!);
		}
		const joined = this.#arcFrom[scratch]!;
		into.directionFrom = hasDirection ? joined : Number.NaN;
		into.directionTo = hasDirection ? (joined + this.#arcLength[scratch]!) % 360 : Number.NaN;
		this.#arcFrom[scratch] = from;
		this.#arcLength[scratch] = length;
	}

	/** Widens the arc of a step so that it holds another arc too, on the side where it takes less. */
	#widen(at: number, from: number, length: number): void {
		const start = this.#arcFrom[at]!;
		if (Number.isNaN(start)) {
			this.#arcFrom[at] = from % 360;
			this.#arcLength[at] = length;
			return;
		}
		// Both arcs measured from the middle of ours, where the shorter way is the right one.
		const half = this.#arcLength[at]! / 2;
		const middle = start + half;
		const low = Math.min(-half, turnBetween(middle, from + length / 2) - length / 2);
		const high = Math.max(half, turnBetween(middle, from + length / 2) + length / 2);
		this.#arcFrom[at] = (middle + low + 720) % 360;
		this.#arcLength[at] = Math.min(360, high - low);
	}

	/** Moves on to the step of `now`; the ones that were left out are empty. */
	#advance(now: Ticks): void {
		const wanted = Math.floor(now / stepMs);
		const first = Math.max(this.#step + 1, wanted - steps + 1);
		for (let step = first; step <= wanted; step++) this.#clear(step % steps);
		this.#step = Math.max(this.#step, wanted);
	}

	#clear(at: number): void {
		this.#coveredMs[at] = 0;
		this.#speedMs[at] = 0;
		this.#east[at] = 0;
		this.#north[at] = 0;
		this.#vectorMs[at] = 0;
		this.#gusts[at] = Number.NaN;
		this.#arcFrom[at] = Number.NaN;
	}
}

/** Mean over the last 3 seconds, from samples that are means themselves. */
class GustFilter {
	/** NaN until samples without a gap cover 3 seconds. */
	speed = Number.NaN;
	direction = Number.NaN;
	readonly #speeds = new Float64Array(gustSamples);
	readonly #directions = new Float64Array(gustSamples);
	readonly #durations = new Float64Array(gustSamples);
	#newest = 0;
	#count = 0;

	add(speed: number, direction: number, duration: number): void {
		this.speed = Number.NaN;
		if (Number.isNaN(speed) || duration > gustMs) {
			this.#count = 0;
			return;
		}
		this.#newest = (this.#newest + 1) % gustSamples;
		this.#speeds[this.#newest] = speed;
		this.#directions[this.#newest] = direction;
		this.#durations[this.#newest] = duration;
		this.#count = Math.min(this.#count + 1, gustSamples);
		this.#average();
	}

	/** The oldest sample counts with the part of it that lies within the 3 seconds. */
	#average(): void {
		let rest = gustMs;
		let sum = 0;
		let east = 0;
		let north = 0;
		for (let back = 0; back < this.#count && rest > 0; back++) {
			const at = (this.#newest - back + gustSamples) % gustSamples;
			const weight = Math.min(rest, this.#durations[at]!);
			const speed = this.#speeds[at]! * weight;
			const angle = this.#directions[at]! * radiansPerDegree;
			sum += speed;
			east += speed * Math.sin(angle);
			north += speed * Math.cos(angle);
			rest -= weight;
		}
		if (rest > 0) return;
		this.speed = sum / gustMs;
		this.direction = bearing(east, north, sum);
	}
}
