import type { Observation } from "../base/observation.ts";
import { Limits } from "../limits.ts";
import { bearing, calmMps, radiansPerDegree } from "./bearing.ts";
import { ChannelIndex, type ChannelTable, reasonCode } from "./channel.ts";

/**
 * What a round of sampling has said of speed or direction so far: both are needed to weight one by
 * the other, and they come from different sensors, in either order.
 */
const Heard = Object.freeze({ Nothing: 0, Value: 1, Missing: 2 } as const);
type Heard = (typeof Heard)[keyof typeof Heard];

/**
 * Gathers the samples of the half-open time between two observation deadlines. Each round of
 * sampling gives every fitted channel a value or a reason, exactly once.
 *
 * A channel without a good sample closes as NaN with the last reason, a fitted one that nothing was
 * heard of as "silent". No value outlives its window. A channel that no sensor fills closes as NaN
 * without a reason.
 *
 * Allocates: nothing after construction.
 */
export class Window {
	readonly #channels: ChannelTable;
	readonly #isFitted = new Uint8Array(Limits.channels);
	/** Good samples. */
	readonly #counts = new Uint32Array(Limits.channels);
	/** Sum, highest or newest, as the channel is aggregated. */
	readonly #totals = new Float64Array(Limits.channels);
	/** Why the newest missing sample is missing, 0 when none is. */
	readonly #reasons = new Uint8Array(Limits.channels);
	readonly #latest = new Float64Array(Limits.channels).fill(Number.NaN);
	/** Sums of unit vectors. */
	readonly #east = new Float64Array(Limits.channels);
	readonly #north = new Float64Array(Limits.channels);
	/** Sums of wind vectors and of their lengths, over the rounds that had both speed and direction. */
	#windEast = 0;
	#windNorth = 0;
	#windTotal = 0;
	#speedHeard: Heard = Heard.Nothing;
	#directionHeard: Heard = Heard.Nothing;

	constructor(channels: ChannelTable) {
		this.#channels = channels;
	}

	/** Says that a sensor fills this channel, so that its silence is noticed. */
	fit(channel: number): void {
		this.#isFitted[channel] = 1;
	}

	/** A good sample, in the unit of the channel and within its range. */
	add(channel: number, value: number): void {
		const isFirst = this.#counts[channel] === 0;
		this.#isFitted[channel] = 1;
		this.#counts[channel]! += 1;
		this.#latest[channel] = value;
		switch (this.#channels.at(channel).aggregate) {
			case "mean":
			case "sum":
				this.#totals[channel]! += value;
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
		this.#hear(channel, Heard.Value);
	}

	/**
	 * A sample that is missing.
	 *
	 * @param reason  code of the reason, see `reasonCode`
	 */
	missing(channel: number, reason: number): void {
		this.#isFitted[channel] = 1;
		this.#latest[channel] = Number.NaN;
		this.#reasons[channel] = reason;
		this.#hear(channel, Heard.Missing);
	}

	/** The newest sample; NaN when that one is missing or there has been none. */
	latest(channel: number): number {
		return this.#latest[channel]!;
	}

	/**
	 * Ends the window and begins the next one.
	 *
	 * @param into  its values and reasons are filled for all channels; the rest is left alone
	 */
	close(into: Observation): void {
		for (let channel = 0; channel < this.#channels.length; channel++) {
			if (this.#counts[channel]! > 0) {
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

	#aggregate(channel: number): number {
		switch (this.#channels.at(channel).aggregate) {
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
	#hear(channel: number, heard: Heard): void {
		if (channel === ChannelIndex.windSpeed) this.#speedHeard = heard;
		else if (channel === ChannelIndex.windDirection) this.#directionHeard = heard;
		else return;
		if (this.#speedHeard === Heard.Nothing || this.#directionHeard === Heard.Nothing) return;
		if (this.#speedHeard === Heard.Value && this.#directionHeard === Heard.Value) {
			const speed = this.#latest[ChannelIndex.windSpeed]!;
			const angle = this.#latest[ChannelIndex.windDirection]! * radiansPerDegree;
			this.#windEast += speed * Math.sin(angle);
			this.#windNorth += speed * Math.cos(angle);
			this.#windTotal += speed;
		}
		this.#speedHeard = Heard.Nothing;
		this.#directionHeard = Heard.Nothing;
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
