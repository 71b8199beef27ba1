import type { Observation } from "../base/observation.ts";
import type { Channel, ChannelTable } from "../sensing/channel.ts";

/**
 * Versions of the report format. There is a new one only when a member that exists changes its
 * meaning: a decoder skips members it does not know, and reads every version there has been.
 *
 * A report is one JSON object (RFC 8259). Its members, in the order in which they are written:
 *
 * | key | member |
 * |---|---|
 * | `v` | `PayloadVersion` |
 * | `s` | sequence number of the first observation |
 * | `n` | number of observations, 1..Limits.observationsPerReport |
 * | `t` | start of the first window, UTC seconds; seconds since boot with time quality Unknown |
 * | `p` | length of each window in seconds |
 * | `c` | time quality, left out when it is 0 (Synchronised) |
 * | a capital letter first | version 1: column of one channel |
 * | `e` | version 1: columns of reason codes of the channels that have nulls, left out when there are none |
 * | `d` | version 2: all columns |
 * | `q` | columns of flags of the channels that have any, left out when there are none |
 *
 * A column is `[first, delta, delta, …]` in whole steps of the channel, `null` for a value that is
 * missing. A delta counts from the last value that is present. A column that ends early goes on as
 * its last element says: unchanged after a number, missing after a null. A column of reasons has
 * an element for each null of the channel, as first code and deltas, and ends early alike; one of
 * flags has an element for each value.
 */
export const PayloadVersion = Object.freeze({
	/** A member for each channel, as below. */
	Columns: 1,
	/** All columns in one string, see `dense.ts`. */
	Dense: 2,
} as const);

export type PayloadVersion = (typeof PayloadVersion)[keyof typeof PayloadVersion];

/** Largest magnitude of a wire value; values and deltas both fit a signed 32-bit integer. */
export const wireMaximum = 999_999_999;

/** What `toWire` gives for a value that is finite or infinite and does not fit its column. */
const wireMisfit = Number.POSITIVE_INFINITY;

/** Steps of a full circle, or 0 for a channel that does not wrap. */
export function wireCircle(channel: Channel): number {
	return channel.aggregate === "direction" ? Math.round(360 * channel.perUnit) : 0;
}

/**
 * The wire integer of a value.
 *
 * @param value  in the unit of the channel
 * @returns an integer of at most `wireMaximum` in magnitude, for a direction 0..circle-1; NaN for
 *   NaN; `wireMisfit` for a value that does not fit
 */
export function toWire(value: number, channel: Channel): number {
	const steps = Math.round(value * channel.perUnit);
	const circle = wireCircle(channel);
	if (circle > 0) return steps >= 0 && steps <= circle ? steps % circle : misfit(steps);
	return Math.abs(steps) <= wireMaximum ? steps : misfit(steps);
}

/** How many values of an observation do not fit their columns, and will be nulls with the reason "wire". */
export function misfits({ values }: Observation, channels: ChannelTable): number {
	let count = 0;
	for (let index = 0; index < channels.length; index++) {
		if (channels.at(index).in !== "observation") continue;
		if (toWire(values[index]!, channels.at(index)) === wireMisfit) count += 1;
	}
	return count;
}

/** The value of a wire integer, in the unit of the channel. */
export function fromWire(steps: number, channel: Channel): number {
	const { perUnit } = channel;
	// Dividing by a fraction such as 0.1 would not give a round number back.
	return perUnit >= 1 ? steps / perUnit : steps * Math.round(1 / perUnit);
}

/** The way from one direction to another, at most half a circle; half a circle is positive. */
export function wireTurn(steps: number, circle: number): number {
	if (steps > circle / 2) return steps - circle;
	return steps <= -circle / 2 ? steps + circle : steps;
}

function misfit(steps: number): number {
	return Number.isNaN(steps) ? steps : wireMisfit;
}
