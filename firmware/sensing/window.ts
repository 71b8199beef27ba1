import { assert } from "../base/assert.ts";
import type { Observation } from "../base/observation.ts";
import { Limits } from "../limits.ts";
import type { Ticks } from "../ports/clock.ts";
import { bearing, calmMps, radiansPerDegree } from "./bearing.ts";
import { ChannelIndex, type ChannelTable, reasonCode } from "./channel.ts";

/**
 * What a round of sampling has said of speed or direction so far: both are needed to weight one by
 * the other, and they come from different sensors, in either order.
 */
const Heard = Object.freeze({ Nothing: 0, Value: 1, Missing: 2 } as const);
type Heard = (typeof Heard)[keyof typeof Heard];

/**
 * Takes the wind of one round.
 *
 * @param speed      m/s, NaN when it is missing
 * @param direction  degrees the wind comes from, NaN when it is missing or there is no vane
 * @param duration   ms since the round before
 */
export type WindListener = (speed: number, direction: number, duration: number, now: Ticks) => void;

/**
 * Gathers the samples of the half-open time between two observation deadlines. Each round of
 * sampling gives every fitted channel a value or a reason, exactly once.
 *
 * A channel without a good sample closes as NaN with the last reason, a fitted one that nothing was
 * heard of as "silent"; a count closes as 0. No value outlives its window. A channel that no sensor
 * fills closes as NaN without a reason.
 *
 * Allocates: nothing after construction.
 */
export class Window {
	readonly #channels: ChannelTable;
	readonly #onWind: WindListener | undefined;
	readonly #isFitted: Uint8Array;
	/** Good samples. */
	readonly #counts: Uint32Array;
	/** Sum, lowest, highest or newest, as the channel is aggregated. */
	readonly #totals: Float64Array;
	/** Why the newest missing sample is missing, 0 when none is. */
	readonly #reasons: Uint8Array;
	readonly #latest: Float64Array;
	/** Sums of unit vectors. */
	readonly #east: Float64Array;
	readonly #north: Float64Array;
	/** Sums of wind vectors and of their lengths, over the rounds that had both speed and direction. */
	#windEast = 0;
	#windNorth = 0;
	#windTotal = 0;
	#speedHeard: Heard = Heard.Nothing;
	#directionHeard: Heard = Heard.Nothing;
	/** When the wind of the last round was known; NaN before the first. */
	#windAt = Number.NaN;

	/**
	 * @param channels  those of a station
	 * @param onWind    is given each round's wind, but for the first: nobody knows how long that was
	 */
	constructor(channels: ChannelTable, onWind?: WindListener) {
		const { length } = channels;
		assert(length <= Limits.channels, "the channels of a station");
		this.#channels = channels;
		this.#onWind = onWind;
		this.#isFitted = new Uint8Array(length);
		this.#counts = new Uint32Array(length);
		this.#totals = new Float64Array(length);
		this.#reasons = new Uint8Array(length);
		this.#latest = new Float64Array(length).fill(Number.NaN);
		this.#east = new Float64Array(length);
		this.#north = new Float64Array(length);
	}

	/** Says that a sensor fills this channel, so that its silence is noticed. */
	fit(channel: number): void {
		this.#isFitted[channel] = 1;
	}

	/** A good sample, in the unit of the channel and within its range. */
	add(channel: number, value: number, now: Ticks): void {
		const isFirst = this.#counts[channel] === 0;
		this.#isFitted[channel] = 1;
		this.#counts[channel]! += 1;
		this.#latest[channel] = value;
		switch (this.#channels.at(channel).aggregate) {
			case "mean":
			case "sum":
				this.#totals[channel]! += value;
				break;
			case "min":
				if (isFirst || value < this.#totals[channel]!) this.#totals[channel] = value;
				break;
			case "max":
				if (isFirst || value > this.#totals[channel]!) this.#totals[channel] = value;
				break;
			case "last":
				this.#totals[channel] = value;
				break;
			case "direction":
				this.#east[channel]! += Math.sin(value * radiansPerDegree);
				this.#north[channel]! += Math.cos(value * radiansPerDegree);
				break;
		}
		this.#hear(channel, Heard.Value, now);
	}

	/**
	 * A sample that is missing.
	 *
	 * @param reason  code of the reason, see `reasonCode`
	 */
	missing(channel: number, reason: number, now: Ticks): void {
		this.#isFitted[channel] = 1;
		this.#latest[channel] = Number.NaN;
		this.#reasons[channel] = reason;
		this.#hear(channel, Heard.Missing, now);
	}

	/** The newest sample; NaN when that one is missing or there has been none. */
	latest(channel: number): number {
		return this.#latest[channel]!;
	}

	/**
	 * Ends the window and begins the next one.
	 *
	 * @param into  its values and reasons are filled for all channels and its flags cleared; the rest is
	 *   left alone
	 */
	close(into: Observation): void {
		into.flags.fill(0);
		for (let channel = 0; channel < this.#channels.length; channel++) {
			if (this.#counts[channel]! > 0 || this.#isCounted(channel)) {
				const value = this.#aggregate(channel);
				into.values[channel] = value;
				into.reasons[channel] = Number.isNaN(value) ? reasonCode("calm") : 0;
			} else {
				into.values[channel] = Number.NaN;
				into.reasons[channel] = this.#reasonOfSilence(channel);
			}
		}
		this.#clear();
	}

	/** Whether no sample is a value, too. */
	#isCounted(channel: number): boolean {
		return this.#isFitted[channel] === 1 && this.#channels.at(channel).aggregate === "count";
	}

	#aggregate(channel: number): number {
		switch (this.#channels.at(channel).aggregate) {
			case "count":
				return this.#counts[channel]!;
			case "mean":
				return this.#totals[channel]! / this.#counts[channel]!;
			case "direction":
				return channel === ChannelIndex.windDirection
					? this.#windDirection()
					: bearing(this.#east[channel]!, this.#north[channel]!, this.#counts[channel]!);
			default:
				return this.#totals[channel]!;
		}
	}

	/**
	 * Direction of the vector mean; NaN when it is calm or the vectors cancel out. While the speed is
	 * not known all directions weigh the same.
	 */
	#windDirection(): number {
		const { windSpeed, windDirection } = ChannelIndex;
		const speeds = this.#counts[windSpeed]!;
		if (speeds > 0 && this.#totals[windSpeed]! / speeds < calmMps) return Number.NaN;
		if (this.#windTotal > 0) return bearing(this.#windEast, this.#windNorth, this.#windTotal);
		return bearing(
			this.#east[windDirection]!,
			this.#north[windDirection]!,
			this.#counts[windDirection]!,
		);
	}

	/** Pairs speed and direction of one round. */
	#hear(channel: number, heard: Heard, now: Ticks): void {
		const { windSpeed, windDirection } = ChannelIndex;
		if (channel === windSpeed) this.#speedHeard = heard;
		else if (channel === windDirection) this.#directionHeard = heard;
		else return;
		if (this.#speedHeard === Heard.Nothing) return;
		const hasVane = this.#isFitted[windDirection] === 1;
		if (hasVane && this.#directionHeard === Heard.Nothing) return;
		if (this.#speedHeard === Heard.Value && this.#directionHeard === Heard.Value) {
			const speed = this.#latest[windSpeed]!;
			const angle = this.#latest[windDirection]! * radiansPerDegree;
			this.#windEast += speed * Math.sin(angle);
			this.#windNorth += speed * Math.cos(angle);
			this.#windTotal += speed;
		}
		this.#speedHeard = Heard.Nothing;
		this.#directionHeard = Heard.Nothing;
		this.#tellWind(now);
	}

	#tellWind(now: Ticks): void {
		const { windSpeed, windDirection } = ChannelIndex;
		const duration = now - this.#windAt;
		this.#windAt = now;
		if (this.#onWind === undefined || !(duration > 0)) return;
		this.#onWind(this.#latest[windSpeed]!, this.#latest[windDirection]!, duration, now);
	}

	#reasonOfSilence(channel: number): number {
		const reason = this.#reasons[channel]!;
		return reason === 0 && this.#isFitted[channel] === 1 ? reasonCode("silent") : reason;
	}

	/** Half a pair stays: its other half belongs to the same round and comes soon. */
	#clear(): void {
		this.#counts.fill(0);
		this.#totals.fill(0);
		this.#reasons.fill(0);
		this.#east.fill(0);
		this.#north.fill(0);
		this.#windEast = 0;
		this.#windNorth = 0;
		this.#windTotal = 0;
	}
}
