import type { ObservationRun } from "../base/observation.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { Channel, ChannelTable } from "../sensing/channel.ts";
import { isDescribable, openReport, travels } from "./envelope.ts";
import { writeFlags, writeReasons } from "./notes.ts";
import { PayloadVersion, toWire, wireCircle, wireTurn } from "./schema.ts";
import { closeBrace, closeColumn, openColumn, writeElement, writeNull } from "./text.ts";

/**
 * Encodes a run of observations as one report in compact JSON. The same run always gives the same
 * bytes, so that a redelivery needs no stored message.
 *
 * Only channels of reports that have a value or a reason somewhere in the run are written. A value
 * that does not fit its column is a null with the reason "wire".
 *
 * Writing goes on past the end of `into`, where a typed array drops it, and the length alone tells
 * in the end whether all of it fitted.
 *
 * @param run    1..Limits.observationsPerReport consecutive observations; read only
 * @param into   caller's buffer, Limits.reportBytes long in a station
 * @param start  first byte to write, index into `into`
 * @returns bytes written; -Status.NoRoom when they do not fit, with the contents of `into` from
 *   `start` on undefined; -Status.BadValue for a run that no report can describe: empty, or a
 *   sequence, time or period that is not a whole number
 *
 * Allocates: nothing.
 * Source: docs/topics.md §2; RFC 8259 for the JSON subset.
 */
export function encodeReport(
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	if (!isDescribable(run, channels)) return -Status.BadValue;
	let at = openReport(PayloadVersion.Columns, run, into, start);
	for (let index = 0; index < channels.length; index++) {
		if (travels(run, channels, index)) at = writeColumn(run, channels.at(index), index, into, at);
	}
	at = writeReasons(run, channels, into, at);
	at = writeFlags(run, channels, into, at);
	into[at - 1] = closeBrace;
	return at > into.length ? -Status.NoRoom : at - start;
}

/** Writes `"key":[first,delta,…],` without the elements at the end that change nothing. */
function writeColumn(
	run: ObservationRun,
	channel: Channel,
	index: number,
	into: Uint8Array,
	start: number,
): number {
	const circle = wireCircle(channel);
	const first = index * Limits.observationsPerReport;
	let at = openColumn(channel.key, into, start);
	let end = at;
	let last = Number.NaN;
	let wasMissing = false;
	for (let row = 0; row < run.count; row++) {
		const steps = toWire(run.values[first + row]!, channel);
		const isMissing = !Number.isFinite(steps);
		let delta = steps;
		if (isMissing) {
			at = writeNull(into, at);
		} else {
			// Until there is a last value, the value itself stands in for the delta.
			if (!Number.isNaN(last)) delta = circle > 0 ? wireTurn(steps - last, circle) : steps - last;
			at = writeElement(delta, into, at);
			last = steps;
		}
		const saysNothing = row > 0 && isMissing === wasMissing && (isMissing || delta === 0);
		if (!saysNothing) end = at;
		wasMissing = isMissing;
	}
	return closeColumn(into, end);
}
