import { utf8Length, writeUtf8 } from "../base/bytes.ts";
import { asDocument, type Document, parseDocument } from "../base/json.ts";
import { TimeQuality } from "../base/observation.ts";
import { type QualityName, qualityNames } from "../base/quality.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { MissingReason } from "../ports/sensor.ts";
import type { Channel, ChannelTable } from "../sensing/channel.ts";
import { reasonName } from "../sensing/channel.ts";
import { expandDense } from "./dense.ts";
import { fromWire, PayloadVersion, wireCircle, wireMaximum } from "./schema.ts";

/** One observation as it stood in a report. */
interface DecodedObservation {
	readonly sequence: number;
	/** Start of the half-open window, UTC seconds; since boot with time quality Unknown. */
	readonly startSeconds: number;
	readonly timeQuality: TimeQuality;
	/** By channel name, in the unit of the channel; null is missing. Channels without a column have no member. */
	readonly values: Record<string, number | null>;
	/** By channel name, for each null whose reason is known to this version. */
	readonly reasons: Record<string, MissingReason>;
	/** By channel name, for each value with flags that are known to this version. */
	readonly flags: Record<string, readonly QualityName[]>;
}

export interface DecodedReport {
	readonly version: number;
	readonly periodSeconds: number;
	readonly observations: readonly DecodedObservation[];
	/** Members that are none of the envelope and no channel of the table: those of a later version. */
	readonly unknownKeys: readonly string[];
}

/**
 * Decodes a report. Used by the cloud and by tests; nothing in the text is trusted.
 *
 * @param text      JSON, at most `Limits.documentBytes` as UTF-8
 * @param channels  what the columns mean; columns of other channels are skipped and named in
 *   `unknownKeys`
 * @returns the report, or a Status: TooLong, Malformed for text that is no JSON object, BadValue for
 *   a member that is missing, of the wrong type or out of its range, or a version of the future
 *
 * Source: docs/topics.md §2.
 */
export function decodeReport(text: string, channels: ChannelTable): DecodedReport | Status {
	const size = utf8Length(text);
	if (size > Limits.documentBytes) return Status.TooLong;
	if (size < 0) return Status.Malformed;
	const bytes = new Uint8Array(size);
	writeUtf8(text, bytes, 0);
	const document = parseDocument(bytes);
	if (document === undefined) return Status.Malformed;
	const envelope = readEnvelope(document);
	return envelope === undefined ? Status.BadValue : readReport(document, envelope, channels);
}

interface Envelope {
	readonly version: PayloadVersion;
	readonly sequence: number;
	readonly count: number;
	readonly startSeconds: number;
	readonly periodSeconds: number;
	readonly timeQuality: TimeQuality;
}

/** Members of each version that are no columns. */
const envelopeKeys: Readonly<Record<PayloadVersion, readonly string[]>> = Object.freeze({
	[PayloadVersion.Columns]: Object.freeze(["v", "s", "n", "t", "p", "c", "e", "q"]),
	[PayloadVersion.Dense]: Object.freeze(["v", "s", "n", "t", "p", "c", "d", "q"]),
});

function readEnvelope(document: Document): Envelope | undefined {
	const { v, s, n, t, p, c = TimeQuality.Synchronised } = document;
	const isValid =
		(v === PayloadVersion.Columns || v === PayloadVersion.Dense) &&
		isWithin(s, 1, Number.MAX_SAFE_INTEGER - Limits.observationsPerReport) &&
		isWithin(n, 1, Limits.observationsPerReport) &&
		isWithin(t, -secondsMaximum, secondsMaximum) &&
		isWithin(p, 1, secondsMaximum) &&
		isWithin(c, TimeQuality.Synchronised, TimeQuality.Unknown);
	if (!isValid) return undefined;
	return {
		version: v,
		sequence: s as number,
		count: n as number,
		startSeconds: t as number,
		periodSeconds: p as number,
		timeQuality: c as TimeQuality,
	};
}

/** Seconds on either side of 1970 that a date can express (ECMA-262, time values). */
const secondsMaximum = 8_640_000_000_000;

function readReport(
	document: Document,
	envelope: Envelope,
	channels: ChannelTable,
): DecodedReport | Status {
	const { version, periodSeconds } = envelope;
	const observations = makeObservations(envelope);
	const unknownKeys: string[] = [];
	const others = Object.keys(document).filter((key) => !envelopeKeys[version].includes(key));
	let isValid: boolean;
	if (version === PayloadVersion.Dense) {
		unknownKeys.push(...others);
		isValid = readDense(document, observations, channels, unknownKeys);
	} else {
		isValid = readColumns(document, others, observations, channels, unknownKeys);
	}
	if (!isValid || !readNotes(document.q, observations, channels, flagNote)) return Status.BadValue;
	return { version, periodSeconds, observations, unknownKeys };
}

/** Reads the columns of version 1; false when one is none. */
function readColumns(
	document: Document,
	keys: readonly string[],
	observations: readonly DecodedObservation[],
	channels: ChannelTable,
	unknownKeys: string[],
): boolean {
	for (const key of keys) {
		const channel = channelOf(key, channels);
		if (channel === undefined) unknownKeys.push(key);
		else if (!fillValues(observations, channel, document[key])) return false;
	}
	return readNotes(document.e, observations, channels, reasonNote);
}

/** Reads the one string of version 2; false when it is none. */
function readDense(
	document: Document,
	observations: readonly DecodedObservation[],
	channels: ChannelTable,
	unknownKeys: string[],
): boolean {
	const columns = expandDense(document.d, observations.length);
	if (columns === undefined) return false;
	for (const [key, { elements, codes }] of columns) {
		const channel = channelOf(key, channels);
		if (channel === undefined) {
			unknownKeys.push(key);
			continue;
		}
		if (!fillValues(observations, channel, elements)) return false;
		let next = 0;
		for (const observation of observations) {
			if (observation.values[channel.name] !== null) continue;
			reasonNote.take(observation, channel.name, codes[next]!);
			next += 1;
		}
	}
	return true;
}

function channelOf(key: string, channels: ChannelTable): Channel | undefined {
	const index = channels.indexOfKey(key);
	return index < 0 ? undefined : channels.at(index);
}

function makeObservations(envelope: Envelope): DecodedObservation[] {
	return Array.from({ length: envelope.count }, (_, row) => ({
		sequence: envelope.sequence + row,
		startSeconds: envelope.startSeconds + row * envelope.periodSeconds,
		timeQuality: envelope.timeQuality,
		values: {},
		reasons: {},
		flags: {},
	}));
}

/** Fills one channel from its column; false when the column is not one. */
function fillValues(
	observations: readonly DecodedObservation[],
	channel: Channel,
	column: unknown,
): boolean {
	if (!isColumn(column, observations.length)) return false;
	const circle = wireCircle(channel);
	const deltaMaximum = circle > 0 ? circle - 1 : 2 * wireMaximum;
	let steps = 0;
	let element: unknown;
	for (const [row, { values }] of observations.entries()) {
		// Past the end of the column its last element goes on: a null, or a delta of 0.
		if (row < column.length) element = column[row];
		else if (element !== null) element = 0;
		if (element === null) {
			values[channel.name] = null;
			continue;
		}
		if (!isWithin(element, -deltaMaximum, deltaMaximum)) return false;
		steps += element;
		if (circle > 0) steps = (steps + circle) % circle;
		if (!isWithin(steps, -wireMaximum, wireMaximum)) return false;
		values[channel.name] = fromWire(steps, channel);
	}
	return true;
}

/** What the columns of a member `e` or `q` are about. */
interface Note {
	readonly ofMissing: boolean;
	take(observation: DecodedObservation, name: string, code: number): void;
}

const reasonNote: Note = Object.freeze({
	ofMissing: true,
	take({ reasons }, name, code) {
		const reason = reasonName(code);
		if (reason !== undefined) reasons[name] = reason;
	},
} satisfies Note);

const flagNote: Note = Object.freeze({
	ofMissing: false,
	take({ flags }, name, code) {
		const names = qualityNames(code);
		if (names.length > 0) flags[name] = names;
	},
} satisfies Note);

/** Fills what a member says of the channels that have a column; false when it is none. */
function readNotes(
	member: unknown,
	observations: readonly DecodedObservation[],
	channels: ChannelTable,
	note: Note,
): boolean {
	const columns = asDocument(member ?? {});
	if (columns === undefined) return false;
	for (const key of Object.keys(columns)) {
		const channel = channelOf(key, channels);
		if (channel === undefined) continue;
		if (!fillNotes(observations, channel, columns[key], note)) return false;
	}
	return true;
}

/** Fills the notes of one channel; false when the column is not one. */
function fillNotes(
	observations: readonly DecodedObservation[],
	{ name }: Channel,
	column: unknown,
	{ ofMissing, take }: Note,
): boolean {
	if (!isColumn(column, observations.length)) return false;
	let code = 0;
	let row = 0;
	for (const observation of observations) {
		const value = observation.values[name];
		if (value === undefined || (value === null) !== ofMissing) continue;
		const delta = row < column.length ? column[row] : 0;
		if (!isWithin(delta, -codeMaximum, codeMaximum)) return false;
		code += delta;
		row += 1;
		take(observation, name, code);
	}
	return true;
}

/** Codes are bytes in storage. */
const codeMaximum = 255;

function isColumn(column: unknown, count: number): column is readonly unknown[] {
	return Array.isArray(column) && column.length > 0 && column.length <= count;
}

function isWithin(value: unknown, minimum: number, maximum: number): value is number {
	return (
		Number.isSafeInteger(value) && (value as number) >= minimum && (value as number) <= maximum
	);
}
