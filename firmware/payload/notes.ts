import type { ObservationRun } from "../base/observation.ts";
import { Limits } from "../limits.ts";
import type { ChannelTable } from "../sensing/channel.ts";
import { reasonCode } from "../sensing/channel.ts";
import { travels } from "./envelope.ts";
import { toWire } from "./schema.ts";
import {
	closeBrace,
	closeColumn,
	comma,
	openBrace,
	openColumn,
	writeElement,
	writeKey,
} from "./text.ts";

/** The keys of the two members. */
const reasonsKey = 0x65;
const flagsKey = 0x71;

/**
 * What there is to say of one place in a column: the note in a member `e` is the reason of a missing
 * value, in a member `q` the flags of a value; -1 where the member has nothing to do with the place.
 */
type NoteOf = (run: ObservationRun, at: number, steps: number) => number;

const reasonAt: NoteOf = (run, at, steps) => {
	if (Number.isFinite(steps)) return -1;
	return Number.isNaN(steps) ? run.reasons[at]! : reasonCode("wire");
};

const flagsAt: NoteOf = (run, at, steps) => (Number.isFinite(steps) ? run.flags[at]! : -1);

/** Writes `"e":{"key":[code,delta,…],…},` for the channels with nulls that have a reason. */
export function writeReasons(
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	return writeNotes(reasonsKey, reasonAt, run, channels, into, start);
}

/** Writes `"q":{"key":[flags,delta,…],…},` for the channels with values that have flags. */
export function writeFlags(
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	return writeNotes(flagsKey, flagsAt, run, channels, into, start);
}

function writeNotes(
	key: number,
	noteOf: NoteOf,
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	let at = writeKey(key, into, start);
	into[at++] = openBrace;
	const first = at;
	for (let index = 0; index < channels.length; index++) {
		if (travels(run, channels, index)) at = writeColumn(noteOf, run, channels, index, into, at);
	}
	if (at === first) return start;
	into[at - 1] = closeBrace;
	into[at++] = comma;
	return at;
}

/** Writes a column unless all of its notes are 0. */
function writeColumn(
	noteOf: NoteOf,
	run: ObservationRun,
	channels: ChannelTable,
	index: number,
	into: Uint8Array,
	start: number,
): number {
	const channel = channels.at(index);
	const first = index * Limits.observationsPerReport;
	let at = openColumn(channel.key, into, start);
	let end = at;
	let last = 0;
	let isEmpty = true;
	let hasNote = false;
	for (let row = first; row < first + run.count; row++) {
		const note = noteOf(run, row, toWire(run.values[row]!, channel));
		if (note < 0) continue;
		at = writeElement(note - last, into, at);
		if (isEmpty || note !== last) end = at;
		last = note;
		isEmpty = false;
		hasNote ||= note !== 0;
	}
	return hasNote ? closeColumn(into, end) : start;
}
