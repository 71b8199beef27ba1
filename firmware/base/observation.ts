import { Limits } from "../limits.ts";

/** Where the time of an observation comes from, best first; travels with it. */
export const TimeQuality = Object.freeze({
	/** Synchronised, and within its drift bound. */
	Synchronised: 0,
	/** Kept over a reset, or beyond its drift bound. */
	Retained: 1,
	/** Taken before the clock was set and dated afterwards. */
	BackStamped: 2,
	/** Nobody knows; the time is a floor. */
	Unknown: 3,
} as const);

export type TimeQuality = (typeof TimeQuality)[keyof typeof TimeQuality];

/**
 * One closed window over the samples of a station: the unit of loss accounting.
 *
 * Sensing fills it, the outbox keeps it, the payload encodes it. Values are indexed by channel. One
 * instance is reused for the life of a station.
 */
export class Observation {
	/** 1 or more; grows by one with each observation of a station, also over reboots. */
	sequence = 0;
	/** Start of the half-open window, UTC seconds. */
	startSeconds = 0;
	/** Length of the window in seconds. */
	periodSeconds = 0;
	timeQuality: TimeQuality = TimeQuality.Unknown;
	/** In the unit of the channel; NaN is missing. */
	readonly values = new Float32Array(Limits.channels).fill(Number.NaN);
	/** Code of the reason for each missing value, 0 for a value; see sensing/channel.ts. */
	readonly reasons = new Uint8Array(Limits.channels);
	/** What is odd about each value, 0 for nothing and where it is missing; see sensing/quality.ts. */
	readonly flags = new Uint8Array(Limits.channels);

	/** Makes it an observation with no value in any channel. */
	clear(): void {
		this.sequence = 0;
		this.startSeconds = 0;
		this.periodSeconds = 0;
		this.timeQuality = TimeQuality.Unknown;
		this.values.fill(Number.NaN);
		this.reasons.fill(0);
		this.flags.fill(0);
	}
}

/**
 * Consecutive observations of one station with one period and no gap between the windows: what
 * one report can hold. Columns, not rows: value of channel `c` of observation `i` is
 * `values[c * Limits.observationsPerReport + i]`.
 */
export class ObservationRun {
	count = 0;
	firstSequence = 0;
	startSeconds = 0;
	periodSeconds = 0;
	/** One quality for the whole run; a change of quality ends a run. */
	timeQuality: TimeQuality = TimeQuality.Unknown;
	readonly values: Float32Array;
	readonly reasons: Uint8Array;
	readonly flags: Uint8Array;
	/** Columns. */
	readonly channels: number;

	/** @param channels  1..Limits.channels; what an observation has beyond is left out */
	constructor(channels: number = Limits.channels) {
		this.channels = channels;
		this.values = new Float32Array(channels * Limits.observationsPerReport);
		this.reasons = new Uint8Array(channels * Limits.observationsPerReport);
		this.flags = new Uint8Array(channels * Limits.observationsPerReport);
	}

	clear(): void {
		this.count = 0;
	}

	/**
	 * Adds one observation at the end.
	 *
	 * @returns whether it was taken: false when it does not follow on the last one (sequence, time,
	 *   period, time quality) or the run is full, and then nothing has changed
	 */
	add(observation: Observation): boolean {
		const { count } = this;
		if (count === 0) {
			this.firstSequence = observation.sequence;
			this.startSeconds = observation.startSeconds;
			this.periodSeconds = observation.periodSeconds;
			this.timeQuality = observation.timeQuality;
		} else if (
			count === Limits.observationsPerReport ||
			observation.sequence !== this.firstSequence + count ||
			observation.periodSeconds !== this.periodSeconds ||
			observation.startSeconds !== this.startSeconds + count * this.periodSeconds ||
			observation.timeQuality !== this.timeQuality
		) {
			return false;
		}
		let at = count;
		for (let channel = 0; channel < this.channels; channel++) {
			this.values[at] = observation.values[channel]!;
			this.reasons[at] = observation.reasons[channel]!;
			this.flags[at] = observation.flags[channel]!;
			at += Limits.observationsPerReport;
		}
		this.count = count + 1;
		return true;
	}
}
