import { utf8Length, writeUtf8 } from "../base/bytes.ts";
import { asDocument, type Document, parseDocument } from "../base/json.ts";
import { TimeQuality } from "../base/observation.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { MissingReason } from "../ports/sensor.ts";
import type { Channel, ChannelTable } from "../sensing/channel.ts";
import { reasonName } from "../sensing/channel.ts";
import { fromWire, schemaVersion, wireCircle, wireMaximum } from "./schema.ts";

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
	readonly sequence: number;
	readonly count: number;
	readonly startSeconds: number;
	readonly periodSeconds: number;
	readonly timeQuality: TimeQuality;
}

const envelopeKeys: readonly string[] = Object.freeze(["v", "s", "n", "t", "p", "c", "e"]);

function readEnvelope(document: Document): Envelope | undefined {
	const { v, s, n, t, p, c = TimeQuality.Synchronised } = document;
	const isValid =
		v === schemaVersion &&
		isWithin(s, 1, Number.MAX_SAFE_INTEGER - Limits.observationsPerReport) &&
		isWithin(n, 1, Limits.observationsPerReport) &&
		isWithin(t, -secondsMaximum, secondsMaximum) &&
		isWithin(p, 1, secondsMaximum) &&
		isWithin(c, TimeQuality.Synchronised, TimeQuality.Unknown);
	if (!isValid) return undefined;
	return {
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
	const reasons = asDocument(document.e ?? {});
	if (reasons === undefined) return Status.BadValue;
	const observations = makeObservations(envelope);
	const unknownKeys: string[] = [];
	for (const key of Object.keys(document)) {
		if (envelopeKeys.includes(key)) continue;
		const index = channels.indexOfKey(key);
		if (index < 0) {
			unknownKeys.push(key);
			continue;
		}
		const channel = channels.at(index);
		if (!fillValues(observations, channel, document[key])) return Status.BadValue;
		if (Object.hasOwn(reasons, key) && !fillReasons(observations, channel, reasons[key])) {
			return Status.BadValue;
		}
	}
	return {
		version: schemaVersion,
		periodSeconds: envelope.periodSeconds,
		observations,
		unknownKeys,
	};
}

function makeObservations(envelope: Envelope): DecodedObservation[] {
	return Array.from({ length: envelope.count }, (_, row) => ({
		sequence: envelope.sequence + row,
		startSeconds: envelope.startSeconds + row * envelope.periodSeconds,
		timeQuality: envelope.timeQuality,
		values: {},
		reasons: {},
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

/** Fills the reasons of the nulls of one channel; false when the column is not one. */
function fillReasons(
	observations: readonly DecodedObservation[],
	channel: Channel,
	column: unknown,
): boolean {
	if (!isColumn(column, observations.length)) return false;
	let code = 0;
	let row = 0;
	for (const { values, reasons } of observations) {
		if (values[channel.name] !== null) continue;
		const delta = row < column.length ? column[row] : 0;
		if (!isWithin(delta, -codeMaximum, codeMaximum)) return false;
		code += delta;
		row += 1;
		const reason = reasonName(code);
		if (reason !== undefined) reasons[channel.name] = reason;
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
