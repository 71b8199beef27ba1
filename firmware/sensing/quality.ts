import { type Observation, TimeQuality } from "../base/observation.ts";
import { QualityFlag } from "../base/quality.ts";
import type { Epoch } from "../ports/clock.ts";
import { calmMps } from "./bearing.ts";
import { ChannelIndex, type ChannelTable } from "./channel.ts";
import type { QualityLimits } from "./qualitylimits.ts";
import { type SunPosition, sunPosition } from "./sun.ts";
import { type Degree, degree } from "./units.ts";

/** Seconds between two observations up to which the step check applies. */
const stepSeconds = 60;
/** Seconds after which a value that has not moved is flagged. */
const persistenceSeconds = 3_600;
/** Humidity from which the air counts as saturated: fog holds it steady for hours. */
const saturatedPercent = 95;
/** Difference by which rounding can put a mean above a gust, m/s. */
const gustTolerance = 0.05;
/** Elevation of the sun in degrees at which civil twilight ends and the night begins. */
const nightElevation = -6;

/** What the quality control is given by the station. */
export interface QualityOptions {
	readonly channels: ChannelTable;
	readonly limits: QualityLimits;
	/** Degrees, north and east positive: where the sun stands. */
	readonly latitude: number;
	readonly longitude: number;
}

/**
 * Quality control of observations on the station, after they are closed.
 *
 * Allocates: nothing after construction.
 */
export class QualityControl {
	readonly #channels: ChannelTable;
	readonly #limits: QualityLimits;
	readonly #latitude: Degree;
	readonly #longitude: Degree;
	readonly #sun: SunPosition = { elevation: degree(0), azimuth: degree(0) };
	/** The observation before, for the step. */
	readonly #last: Float64Array;
	#lastSeconds = Number.NEGATIVE_INFINITY;
	/** Lowest and highest value since the channel last moved by its persistence, and since when. */
	readonly #lowest: Float64Array;
	readonly #highest: Float64Array;
	readonly #since: Float64Array;

	constructor({ channels, limits, latitude, longitude }: QualityOptions) {
		const { length } = channels;
		this.#channels = channels;
		this.#limits = limits;
		this.#latitude = degree(latitude);
		this.#longitude = degree(longitude);
		this.#last = new Float64Array(length).fill(Number.NaN);
		this.#lowest = new Float64Array(length).fill(Number.NaN);
		this.#highest = new Float64Array(length).fill(Number.NaN);
		this.#since = new Float64Array(length);
	}

	/**
	 * Checks an observation against its limits, the ones before it, itself and the sun.
	 *
	 * @param observation  follows the one of the call before; an earlier one begins a new series. The
	 *   bits of `QualityFlag` are added to its flags
	 */
	check(observation: Observation): void {
		const { startSeconds, values, flags } = observation;
		const elapsed = startSeconds - this.#lastSeconds;
		if (elapsed < 0) this.#forget();
		for (let channel = 0; channel < this.#channels.length; channel++) {
			const value = values[channel]!;
			if (Number.isNaN(value)) this.#lowest[channel] = Number.NaN;
			else flags[channel]! |= this.#flagsOf(channel, value, elapsed, observation);
			this.#last[channel] = value;
		}
		this.#lastSeconds = startSeconds;
		this.#checkWind(values, flags);
		this.#checkRain(values, flags);
	}

	/** What a value says against itself and its past. */
	#flagsOf(channel: number, value: number, elapsed: number, observation: Observation): number {
		const limits = this.#limits;
		const step = Math.abs(value - this.#last[channel]!);
		let flags = 0;
		if (value < limits.minimum(channel) || value > limits.maximum(channel)) {
			flags |= QualityFlag.Range;
		}
		if (elapsed <= stepSeconds && step > limits.step(channel)) flags |= QualityFlag.Step;
		if (this.#persists(channel, value, observation.startSeconds)) flags |= QualityFlag.Persistence;
		// Where the sun stands is asked for the few channels that depend on it alone.
		if (value > limits.night(channel) && this.#isNight(observation)) {
			flags |= QualityFlag.Consistency;
		}
		return flags;
	}

	/** Whether the channel has not moved for an hour; calm and saturated air may stay as they are. */
	#persists(channel: number, value: number, now: number): boolean {
		this.#lowest[channel] = Math.min(value, this.#lowest[channel]!);
		this.#highest[channel] = Math.max(value, this.#highest[channel]!);
		const moved = this.#highest[channel]! - this.#lowest[channel]!;
		// NaN begins anew as well: it stands for a channel that was missing.
		if (!(moved < this.#limits.persistence(channel)) || isSteadyByNature(channel, value)) {
			this.#lowest[channel] = value;
			this.#highest[channel] = value;
			this.#since[channel] = now;
		}
		return now - this.#since[channel]! >= persistenceSeconds;
	}

	/** Whether the sun was down in the middle of the window; not while nobody knows the time. */
	#isNight({ startSeconds, periodSeconds, timeQuality }: Observation): boolean {
		if (timeQuality === TimeQuality.Unknown) return false;
		const middle = ((startSeconds + periodSeconds / 2) * 1000) as Epoch;
		sunPosition(middle, this.#latitude, this.#longitude, this.#sun);
		return this.#sun.elevation < nightElevation;
	}

	/** A gust is no weaker than the mean wind, and without wind there is no direction. */
	#checkWind(values: Float32Array, flags: Uint8Array): void {
		const { windSpeed, windGust, windDirection } = ChannelIndex;
		if (values[windGust]! < values[windSpeed]! - gustTolerance) {
			flags[windGust]! |= QualityFlag.Consistency;
			flags[windSpeed]! |= QualityFlag.Consistency;
		}
		if (values[windSpeed]! < calmMps && !Number.isNaN(values[windDirection]!)) {
			flags[windDirection]! |= QualityFlag.Consistency;
		}
	}

	/** Rain in dry air is a gauge that the wind shakes, a sprinkler, or a hand that cleans it. */
	#checkRain(values: Float32Array, flags: Uint8Array): void {
		const { precipitation, relativeHumidity, windGust } = ChannelIndex;
		const isShaken = values[windGust]! >= this.#limits.shaking(precipitation);
		const dryAir = this.#limits.dryAir(precipitation) * (isShaken ? 2 : 1);
		const isDry = values[relativeHumidity]! < dryAir;
		if (isDry && values[precipitation]! > 0) flags[precipitation]! |= QualityFlag.Consistency;
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
