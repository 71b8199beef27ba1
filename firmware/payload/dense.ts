import type { ObservationRun } from "../base/observation.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { Channel, ChannelTable } from "../sensing/channel.ts";
import { reasonCode } from "../sensing/channel.ts";
import { isDescribable, openReport, travels } from "./envelope.ts";
import { writeFlags } from "./notes.ts";
import { PayloadVersion, toWire, wireCircle, wireTurn } from "./schema.ts";
import { closeBrace, comma, quote, writeKey, writeName } from "./text.ts";

/**
 * The alphabet: the 92 printable ASCII characters that stand for themselves in JSON, without the
 * blank. What each of them means by its place, 0..91:
 *
 * | place | meaning |
 * |---|---|
 * | 0..56 | the difference -28..28 |
 * | 57..72 | with the place after it: the difference (place - 57) × 92 + next - 736 |
 * | 73 | a difference in base 46, its lowest digit first; 46 is added to each digit but the last. Even numbers stand for 0, 1, 2 …, odd ones for -1, -2, … |
 * | 74..88 | the last element once more, 1..15 times |
 * | 89 | null, for the same reason as the last null of the column; for 1 ("silent") if it is the first |
 * | 90 | null, for the reason whose code is the place after it |
 * | 91 | end of the column: what is left of it is like its last element, as in version 1 |
 */
const Place = Object.freeze({
	Zero: 28,
	Pair: 57,
	Long: 73,
	Repeat: 74,
	Null: 89,
	NullFor: 90,
	End: 91,
} as const);

const places = 92;
/** Half the differences that a pair can say. */
const pairHalf = 736;
const longBase = 46;
const repeatsMaximum = 15;
/** Digits of a difference of 2 × wireMaximum. */
const longDigits = 6;

const firstCharacter = 0x21;
const backslash = 0x5c;
const blank = 0x20;
const denseKey = 0x64;

/**
 * Encodes a run as `encodeReport` does, in fewer bytes: all columns in one string, a character for a small
 * difference. Still JSON, still the same bytes for the same run.
 *
 * @returns as `encodeReport`
 *
 * Allocates: nothing.
 * Source: docs/topics.md §3.
 */
export function encodeDenseReport(
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	if (!isDescribable(run, channels)) return -Status.BadValue;
	let at = openReport(PayloadVersion.Dense, run, into, start);
	at = writeKey(denseKey, into, at);
	into[at++] = quote;
	at = writeNames(run, channels, into, at);
	for (let index = 0; index < channels.length; index++) {
		if (travels(run, channels, index)) at = writeColumn(run, channels.at(index), index, into, at);
	}
	into[at++] = quote;
	into[at++] = comma;
	at = writeFlags(run, channels, into, at);
	into[at - 1] = closeBrace;
	return at > into.length ? -Status.NoRoom : at - start;
}

/** Writes the keys of the columns with commas between them, and a blank. */
function writeNames(
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	let at = start;
	for (let index = 0; index < channels.length; index++) {
		if (!travels(run, channels, index)) continue;
		at = writeName(channels.at(index).key, into, at);
		into[at++] = comma;
	}
	// The blank takes the place of the last comma.
	if (at === start) at += 1;
	into[at - 1] = blank;
	return at;
}

/** Writes one column, and its end when it is shorter than the run. */
function writeColumn(
	run: ObservationRun,
	channel: Channel,
	index: number,
	into: Uint8Array,
	start: number,
): number {
	const circle = wireCircle(channel);
	const first = index * Limits.observationsPerReport;
	const length = columnLength(run, channel, first);
	let at = start;
	let last = Number.NaN;
	let reason = reasonCode("silent");
	/** The element before: a difference, or NaN for a null. */
	let element = Number.POSITIVE_INFINITY;
	let repeats = 0;
	for (let row = first; row < first + length; row++) {
		const steps = toWire(run.values[row]!, channel);
		const code = missingCode(run, row, steps);
		let delta = code < 0 ? steps : Number.NaN;
		if (code < 0) {
			if (!Number.isNaN(last)) delta = circle > 0 ? wireTurn(steps - last, circle) : steps - last;
			last = steps;
		}
		if (delta === element || (Number.isNaN(element) && code === reason)) {
			repeats += 1;
			continue;
		}
		at = writeRepeats(repeats, into, at);
		at = code < 0 ? writeDifference(delta, into, at) : writeMissing(code, reason, into, at);
		if (code >= 0) reason = code;
		element = delta;
		repeats = 0;
	}
	at = writeRepeats(repeats, into, at);
	return length < run.count ? writePlace(Place.End, into, at) : at;
}

/** Code of the reason of a value that is missing, -1 for one that is not. */
function missingCode(run: ObservationRun, row: number, steps: number): number {
	if (Number.isFinite(steps)) return -1;
	return Number.isNaN(steps) ? run.reasons[row]! : reasonCode("wire");
}

/** Rows up to the last one that is not like the one before it. */
function columnLength(run: ObservationRun, channel: Channel, first: number): number {
	let length = run.count;
	let steps = toWire(run.values[first + length - 1]!, channel);
	let code = missingCode(run, first + length - 1, steps);
	while (length > 1) {
		const row = first + length - 2;
		const stepsBefore = toWire(run.values[row]!, channel);
		const codeBefore = missingCode(run, row, stepsBefore);
		if (codeBefore !== code || (code < 0 && stepsBefore !== steps)) break;
		steps = stepsBefore;
		code = codeBefore;
		length -= 1;
	}
	return length;
}

function writeRepeats(count: number, into: Uint8Array, at: number): number {
	for (let rest = count; rest > 0; rest -= repeatsMaximum) {
		at = writePlace(Place.Repeat + Math.min(rest, repeatsMaximum) - 1, into, at);
	}
	return at;
}

function writeMissing(code: number, reason: number, into: Uint8Array, at: number): number {
	if (code === reason) return writePlace(Place.Null, into, at);
	return writePlace(code, into, writePlace(Place.NullFor, into, at));
}

function writeDifference(delta: number, into: Uint8Array, at: number): number {
	if (Math.abs(delta) <= Place.Zero) return writePlace(Place.Zero + delta, into, at);
	const pair = delta + pairHalf;
	if (pair >= 0 && pair < 2 * pairHalf) {
		at = writePlace(Place.Pair + Math.floor(pair / places), into, at);
		return writePlace(pair % places, into, at);
	}
	at = writePlace(Place.Long, into, at);
	let rest = delta < 0 ? -2 * delta - 1 : 2 * delta;
	while (rest >= longBase) {
		at = writePlace(longBase + (rest % longBase), into, at);
		rest = Math.floor(rest / longBase);
	}
	return writePlace(rest, into, at);
}

/** Writes one character: 33.. without the quotation mark and the backslash. */
function writePlace(place: number, into: Uint8Array, at: number): number {
	let character = firstCharacter + place;
	if (character >= quote) character += 1;
	if (character >= backslash) character += 1;
	into[at] = character;
	return at + 1;
}

/** A column as version 1 has it, in full length, and the code of the reason of each null in it. */
export interface DenseColumn {
	readonly elements: (number | null)[];
	readonly codes: number[];
}

/**
 * Expands the columns of a dense report; nothing in the text is trusted.
 *
 * @param text   member `d` of the report
 * @param count  observations, 1..Limits.observationsPerReport
 * @returns the columns by their keys, or `undefined` for a text that is none
 */
export function expandDense(text: unknown, count: number): Map<string, DenseColumn> | undefined {
	if (typeof text !== "string") return undefined;
	const end = text.indexOf(" ");
	if (end < 0) return undefined;
	const columns = new Map<string, DenseColumn>();
	const reader = new PlaceReader(text, end + 1);
	for (const key of end === 0 ? [] : text.slice(0, end).split(",")) {
		const column = readColumn(reader, count);
		if (column === undefined || columns.has(key)) return undefined;
		columns.set(key, column);
	}
	return reader.isAtEnd ? columns : undefined;
}

function readColumn(reader: PlaceReader, count: number): DenseColumn | undefined {
	const elements: (number | null)[] = [];
	const codes: number[] = [];
	let reason = reasonCode("silent");
	const repeat = (times: number, element: number | null): void => {
		for (let time = 0; time < times; time++) {
			elements.push(element);
			if (element === null) codes.push(reason);
		}
	};
	while (elements.length < count) {
		const place = reader.next();
		const last = elements[elements.length - 1];
		if (place < 0) return undefined;
		if (place < Place.Repeat) {
			const delta = reader.difference(place);
			if (Number.isNaN(delta)) return undefined;
			elements.push(delta);
		} else if (place === Place.Null || place === Place.NullFor) {
			if (place === Place.NullFor) reason = reader.next();
			if (reason < 0) return undefined;
			repeat(1, null);
		} else if (last === undefined) {
			return undefined;
		} else if (place === Place.End) {
			repeat(count - elements.length, last === null ? null : 0);
		} else {
			repeat(place - Place.Repeat + 1, last);
		}
	}
	return elements.length === count ? { elements, codes } : undefined;
}

/** Reads a dense text character by character. */
class PlaceReader {
	readonly #text: string;
	#at: number;

	constructor(text: string, start: number) {
		this.#text = text;
		this.#at = start;
	}

	get isAtEnd(): boolean {
		return this.#at === this.#text.length;
	}

	/** The place of the next character, or -1 for one that is not in the alphabet and at the end. */
	next(): number {
		const character = this.isAtEnd ? blank : this.#text.charCodeAt(this.#at++);
		if (character <= blank || character === quote || character === backslash) return -1;
		const place =
			character - firstCharacter - (character > quote ? 1 : 0) - (character > backslash ? 1 : 0);
		return place < places ? place : -1;
	}

	/** The difference that begins with `first`, NaN when there is none. */
	difference(first: number): number {
		if (first < Place.Pair) return first - Place.Zero;
		if (first < Place.Long) {
			const second = this.next();
			return second < 0 ? Number.NaN : (first - Place.Pair) * places + second - pairHalf;
		}
		let value = 0;
		let factor = 1;
		for (let digit = 0; digit < longDigits; digit++) {
			const place = this.next();
			if (place < 0) return Number.NaN;
			value += (place % longBase) * factor;
			factor *= longBase;
			if (place < longBase) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
		}
		return Number.NaN;
	}
}
