import type { Observation } from "../base/observation.ts";
import { QualityFlag } from "../base/quality.ts";
import { calmMps } from "./bearing.ts";
import { ChannelIndex, type ChannelTable } from "./channel.ts";

/** Limits of one channel, in its unit. NaN switches a check off. */
export interface QualityLimit {
	minimum: number;
	maximum: number;
	/** Largest change between observations that are at most a minute apart. */
	step: number;
	/** Smallest change within an hour. */
	persistence: number;
}

/** Seconds between two observations up to which the step check applies. */
const stepSeconds = 60;
/** Seconds after which a value that has not moved is flagged. */
const persistenceSeconds = 3_600;
/** Humidity from which the air counts as saturated: fog holds it steady for hours. */
const saturatedPercent = 95;
/** Difference by which rounding can put a mean above a gust, m/s. */
const gustTolerance = 0.05;

/**
 * Step and persistence by channel name.
 *
 * Source: I. Zahumenský, "Guidelines on Quality Control Procedures for Data from Automatic Weather
 * Stations", WMO CBS ET-AWS 2004: erroneous step between one-minute values, and required
 * variability over 60 minutes. Precipitation is not checked in time.
 */
const published: Readonly<Record<string, readonly [step: number, persistence: number]>> =
	Object.freeze({
		airTemperature: Object.freeze([3, 0.1] as const),
		relativeHumidity: Object.freeze([15, 1] as const),
		stationPressure: Object.freeze([200, 10] as const),
		windSpeed: Object.freeze([20, 0.5] as const),
		windDirection: Object.freeze([Number.NaN, 10] as const),
	});

/**
 * Quality control of observations on the station, after they are closed.
 *
 * Allocates: nothing after construction.
 */
export class QualityControl {
	readonly #channels: ChannelTable;
	readonly #limits: readonly QualityLimit[];
	/** The observation before, for the step. */
	readonly #last: Float64Array;
	#lastSeconds = Number.NEGATIVE_INFINITY;
	/** Lowest and highest value since the channel last moved by its persistence, and since when. */
	readonly #lowest: Float64Array;
	readonly #highest: Float64Array;
	readonly #since: Float64Array;

	/** Begins with the range of each channel and the published limits. */
	constructor(channels: ChannelTable) {
		const { length } = channels;
		this.#channels = channels;
		this.#last = new Float64Array(length).fill(Number.NaN);
		this.#lowest = new Float64Array(length).fill(Number.NaN);
		this.#highest = new Float64Array(length).fill(Number.NaN);
		this.#since = new Float64Array(length);
		this.#limits = Array.from({ length: channels.length }, (_, index) => {
			const { name, minimum, maximum } = channels.at(index);
			const [step, persistence] = published[name] ?? [Number.NaN, Number.NaN];
			return { minimum, maximum, step, persistence };
		});
	}

	/** Limits of a channel; to be changed in place by the configuration of the site. */
	limitOf(channel: number): QualityLimit {
		return this.#limits[channel]!;
	}

	/**
	 * Checks an observation against its limits, the ones before it, and itself.
	 *
	 * @param observation  follows the one of the call before; an earlier one begins a new series
	 * @param flags        filled with the bits of `QualityFlag` of each channel; 0 for a missing value
	 */
	check(observation: Observation, flags: Uint8Array): void {
		const { startSeconds, values } = observation;
		const elapsed = startSeconds - this.#lastSeconds;
		if (elapsed < 0) this.#forget();
		for (let channel = 0; channel < this.#channels.length; channel++) {
			const value = values[channel]!;
			const limit = this.#limits[channel]!;
			flags[channel] = 0;
			if (Number.isNaN(value)) {
				this.#lowest[channel] = Number.NaN;
			} else {
				if (value < limit.minimum || value > limit.maximum) flags[channel]! |= QualityFlag.Range;
				const step = Math.abs(value - this.#last[channel]!);
				if (elapsed <= stepSeconds && step > limit.step) flags[channel]! |= QualityFlag.Step;
				if (this.#persists(channel, value, startSeconds)) {
					flags[channel]! |= QualityFlag.Persistence;
				}
			}
			this.#last[channel] = value;
		}
		this.#lastSeconds = startSeconds;
		checkConsistency(values, flags);
	}

	/** Whether the channel has not moved for an hour; calm and saturated air may stay as they are. */
	#persists(channel: number, value: number, now: number): boolean {
		this.#lowest[channel] = Math.min(value, this.#lowest[channel]!);
		this.#highest[channel] = Math.max(value, this.#highest[channel]!);
		const moved = this.#highest[channel]! - this.#lowest[channel]!;
		// NaN begins anew as well: it stands for a channel that was missing.
		if (!(moved < this.#limits[channel]!.persistence) || isSteadyByNature(channel, value)) {
			this.#lowest[channel] = value;
			this.#highest[channel] = value;
			this.#since[channel] = now;
		}
		return now - this.#since[channel]! >= persistenceSeconds;
	}

	#forget(): void {
		this.#last.fill(Number.NaN);
		this.#lowest.fill(Number.NaN);
	}
}

function isSteadyByNature(channel: number, value: number): boolean {
	if (channel === ChannelIndex.windSpeed) return value < calmMps;
	return channel === ChannelIndex.relativeHumidity && value >= saturatedPercent;
}

/** A gust is no weaker than the mean wind, and without wind there is no direction. */
function checkConsistency(values: Float32Array, flags: Uint8Array): void {
	const { windSpeed, windGust, windDirection } = ChannelIndex;
	if (values[windGust]! < values[windSpeed]! - gustTolerance) {
		flags[windGust]! |= QualityFlag.Consistency;
		flags[windSpeed]! |= QualityFlag.Consistency;
	}
	if (values[windSpeed]! < calmMps && !Number.isNaN(values[windDirection]!)) {
		flags[windDirection]! |= QualityFlag.Consistency;
	}
}
