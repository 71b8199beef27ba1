import { assert } from "../base/assert.ts";
import { TimeQuality } from "../base/observation.ts";
import { never } from "../base/ticks.ts";
import type { Epoch, Ticks } from "../ports/clock.ts";

/**
 * Most that the clock is assumed to gain or lose, in parts per million: a 40 MHz crystal of ±10 ppm,
 * as Espressif asks for, with ageing and the temperatures of a mast. See docs/meteorology.md, Time.
 */
export const driftPpm = 50;

/** Error in ms beyond which the time is no longer synchronised: a fifth of the shortest observation. */
export const driftBoundMs = 1_000;

/** Part of the elapsed time by which a clock that is ahead is held back. */
const absorbed = 0.5;

/**
 * UTC, from the ticks of the device and the last time somebody told it.
 *
 * Between two settings it follows the ticks. Set forward, it steps. Set back, it goes at half speed
 * until it has lost what it was ahead, so that no moment comes twice and none is dated before one
 * that was given out already.
 *
 * A time of quality Unknown is a floor and dates nothing: `epochAt` stays undefined, and only
 * `floorAt`, which certificates are checked against, knows of it.
 */
export class WallClock {
	/** What the source said, and when; the base of `epochAt`. */
	#epoch = 0;
	#setAt = 0 as Ticks;
	#quality: TimeQuality = TimeQuality.Unknown;
	/** How far the clock was ahead of the source when it was set, in ms. */
	#ahead = 0;
	/** The highest floor that was set, minus Infinity before the first. */
	#floor = -never;
	#floorAt = 0 as Ticks;

	/**
	 * Takes the time from a source. A source that is worse than what the clock has now is not heard.
	 *
	 * @param epoch    UTC of `now`
	 * @param quality  Synchronised, Retained, or Unknown for a floor
	 */
	set(epoch: Epoch, quality: TimeQuality, now: Ticks): void {
		assert(quality !== TimeQuality.BackStamped, "observations are back-stamped, clocks are not");
		if (quality === TimeQuality.Unknown) {
			this.#raiseFloor(epoch, now);
			return;
		}
		if (quality > this.quality(now)) return;
		const given = this.epochAt(now) ?? epoch;
		this.#ahead = Math.max(0, given - epoch);
		this.#epoch = epoch;
		this.#setAt = now;
		this.#quality = quality;
	}

	/** UTC of a moment not before the last setting; `undefined` while nobody has told the time. */
	epochAt(now: Ticks): Epoch | undefined {
		if (this.#quality === TimeQuality.Unknown) return undefined;
		const elapsed = now - this.#setAt;
		return Math.floor(this.#epoch + elapsed + this.#aheadAfter(elapsed)) as Epoch;
	}

	/**
	 * The first tick at which `epochAt` gives `epoch` or more; Infinity while nobody has told the time.
	 */
	ticksAt(epoch: Epoch): Ticks {
		if (this.#quality === TimeQuality.Unknown) return never as Ticks;
		const wanted = epoch - this.#epoch;
		const held = (wanted - this.#ahead) / (1 - absorbed);
		const elapsed = this.#aheadAfter(held) > 0 ? held : wanted;
		return (this.#setAt + Math.ceil(elapsed)) as Ticks;
	}

	/**
	 * Synchronised while the drift since the setting, and what is still to be absorbed, stay within
	 * `driftBoundMs`; Retained beyond that.
	 */
	quality(now: Ticks): TimeQuality {
		if (this.#quality !== TimeQuality.Synchronised) return this.#quality;
		const elapsed = now - this.#setAt;
		const error = this.#aheadAfter(elapsed) + (elapsed * driftPpm) / 1e6;
		return error <= driftBoundMs ? TimeQuality.Synchronised : TimeQuality.Retained;
	}

	/** The latest moment that has certainly passed by `now`, or `undefined` when not even that is known. */
	floorAt(now: Ticks): Epoch | undefined {
		const epoch = this.epochAt(now);
		if (epoch !== undefined || this.#floor === -never) return epoch;
		return (this.#floor + (now - this.#floorAt)) as Epoch;
	}

	#raiseFloor(epoch: Epoch, now: Ticks): void {
		if (epoch <= this.#floor + (now - this.#floorAt)) return;
		this.#floor = epoch;
		this.#floorAt = now;
	}

	#aheadAfter(elapsed: number): number {
		return Math.max(0, this.#ahead - elapsed * absorbed);
	}
}
