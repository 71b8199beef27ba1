import { assert } from "../base/assert.ts";
import type { ObservationRun } from "../base/observation.ts";
import { Limits } from "../limits.ts";
import type { ChannelTable } from "../sensing/channel.ts";
import { openBrace, writeField } from "./text.ts";

/** The keys of the envelope, see `schema.ts`. */
const versionKey = 0x76;
const sequenceKey = 0x73;
const countKey = 0x6e;
const timeKey = 0x74;
const periodKey = 0x70;
const qualityKey = 0x63;

/** Whether a report can say when and what the observations of a run are. */
export function isDescribable(run: ObservationRun, channels: ChannelTable): boolean {
	assert(channels.length <= run.channels, "a run has the channels of the station");
	return (
		run.count > 0 &&
		Number.isSafeInteger(run.firstSequence) &&
		Number.isSafeInteger(run.startSeconds) &&
		Number.isSafeInteger(run.periodSeconds)
	);
}

/** Writes what every report begins with; returns the index behind its last comma. */
export function openReport(
	version: number,
	run: ObservationRun,
	into: Uint8Array,
	start: number,
): number {
	let at = start;
	into[at++] = openBrace;
	at = writeField(versionKey, version, into, at);
	at = writeField(sequenceKey, run.firstSequence, into, at);
	at = writeField(countKey, run.count, into, at);
	at = writeField(timeKey, run.startSeconds, into, at);
	at = writeField(periodKey, run.periodSeconds, into, at);
	return run.timeQuality === 0 ? at : writeField(qualityKey, run.timeQuality, into, at);
}

/** Whether a channel has anything to say in this run. */
export function travels(run: ObservationRun, channels: ChannelTable, index: number): boolean {
	if (channels.at(index).in !== "observation") return false;
	const first = index * Limits.observationsPerReport;
	for (let at = first; at < first + run.count; at++) {
		if (!Number.isNaN(run.values[at]!) || run.reasons[at] !== 0) return true;
	}
	return false;
}
