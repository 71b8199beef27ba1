import { asDocument, type Document, parseDecoded } from "../base/json.ts";
import { TimeQuality } from "../base/observation.ts";
import { type QualityName, qualityNames } from "../base/quality.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { MissingReason } from "../ports/sensor.ts";
import type { Channel, ChannelTable } from "../sensing/channel.ts";
import { reasonName } from "../sensing/channel.ts";
import { expandDense } from "./dense.ts";
import { PayloadVersion, wireCircle, wireMaximum } from "./schema.ts";

/** A report as it travels: one column a channel. Rows are its observations, 0 the first. */
export interface ReportColumns extends Envelope {
	/** In the order of the report. */
	readonly columns: readonly Column[];
	/** Of each channel that has nulls with reasons, in the order of the report. */
	readonly reasons: readonly Notes<MissingReason>[];
	/** Of each channel that has values with flags, in the order of the report. */
	readonly flags: readonly Notes<readonly QualityName[]>[];
	/** Members that are none of the envelope and no channel of the table: those of a later version. */
	readonly unknownKeys: readonly string[];
}

interface Envelope {
	readonly version: PayloadVersion;
	/** Sequence number of the first row; each row has the next one. */
	readonly sequence: number;
	/** Rows, 1..Limits.observationsPerReport. */
	readonly count: number;
	/** Start of the window of the first row, UTC seconds; since boot with time quality Unknown. */
	readonly startSeconds: number;
	readonly periodSeconds: number;
	readonly timeQuality: TimeQuality;
}

interface Column {
	readonly channel: Channel;
	/** Wire integer of each row, see `fromWire`; null is missing. */
	readonly steps: readonly (number | null)[];
}

/** What is said of values of one channel, by row; none where nothing is, or nothing this version knows. */
export interface Notes<Note> {
	readonly channel: Channel;
	readonly byRow: readonly (Note | undefined)[];
}

/**
 * Decodes a report as far as its columns; nothing in it is trusted.
 *
 * @param bytes     JSON in UTF-8, at most `Limits.documentBytes`
 * @param text      what the bytes say
 * @param channels  what the columns mean; columns of other channels are skipped and named in
 *   `unknownKeys`
 * @returns the columns, or a Status as `decodeReport`
 *
 * Source: docs/topics.md §2.
 */
export function decodeColumns(
	bytes: Uint8Array,
	text: string,
	channels: ChannelTable,
): ReportColumns | Status {
	if (bytes.length > Limits.documentBytes) return Status.TooLong;
	const document = parseDecoded(bytes, text);
	if (document === undefined) return Status.Malformed;
	const envelope = readEnvelope(document);
	if (envelope === undefined) return Status.BadValue;
	return new ColumnReader(document, envelope, channels).read() ?? Status.BadValue;
}

/** Members of each version that are no columns. */
const envelopeKeys: Readonly<Record<PayloadVersion, ReadonlySet<string>>> = Object.freeze({
	[PayloadVersion.Columns]: new Set(["v", "s", "n", "t", "p", "c", "e", "q"]),
	[PayloadVersion.Dense]: new Set(["v", "s", "n", "t", "p", "c", "d", "q"]),
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

/** Reads the columns of one report. Its methods give false for what can't be. */
class ColumnReader {
	readonly #document: Document;
	readonly #envelope: Envelope;
	readonly #channels: ChannelTable;
	readonly #columns: Column[] = [];
	readonly #reasons: Notes<MissingReason>[] = [];
	readonly #flags: Notes<readonly QualityName[]>[] = [];
	readonly #unknownKeys: string[] = [];

	constructor(document: Document, envelope: Envelope, channels: ChannelTable) {
		this.#document = document;
		this.#envelope = envelope;
		this.#channels = channels;
	}

	read(): ReportColumns | undefined {
		const { version, sequence, count, startSeconds, periodSeconds, timeQuality } = this.#envelope;
		const others: string[] = [];
		for (const key of Object.keys(this.#document)) {
			if (!envelopeKeys[version].has(key)) others.push(key);
		}
		const isDense = version === PayloadVersion.Dense;
		if (!(isDense ? this.#readDense(others) : this.#readColumns(others))) return undefined;
		if (!this.#readNotes(this.#document.q, false, this.#flags, flagOf)) return undefined;
		// Member by member: to spread the envelope takes as long as to parse the report.
		return {
			version,
			sequence,
			count,
			startSeconds,
			periodSeconds,
			timeQuality,
			columns: this.#columns,
			reasons: this.#reasons,
			flags: this.#flags,
			unknownKeys: this.#unknownKeys,
		};
	}

	/** Reads the columns of version 1. */
	#readColumns(keys: readonly string[]): boolean {
		for (const key of keys) {
			const channel = this.#channelOf(key);
			if (channel === undefined) this.#unknownKeys.push(key);
			else if (!this.#readSteps(channel, this.#document[key])) return false;
		}
		return this.#readNotes(this.#document.e, true, this.#reasons, reasonName);
	}

	/** Reads the one string of version 2. */
	#readDense(others: readonly string[]): boolean {
		this.#unknownKeys.push(...others);
		const dense = expandDense(this.#document.d, this.#envelope.count);
		if (dense === undefined) return false;
		for (const [key, { elements, codes }] of dense) {
			const channel = this.#channelOf(key);
			if (channel === undefined) {
				this.#unknownKeys.push(key);
				continue;
			}
			if (!this.#readSteps(channel, elements)) return false;
			let next = 0;
			const byRow = elements.map((element) =>
				element === null ? reasonName(codes[next++]!) : undefined,
			);
			if (next > 0) this.#reasons.push({ channel, byRow });
		}
		return true;
	}

	#channelOf(key: string): Channel | undefined {
		const index = this.#channels.indexOfKey(key);
		return index < 0 ? undefined : this.#channels.at(index);
	}

	/** Reads the column of one channel. */
	#readSteps(channel: Channel, column: unknown): boolean {
		const { count } = this.#envelope;
		if (!isColumn(column, count)) return false;
		const circle = wireCircle(channel);
		const deltaMaximum = circle > 0 ? circle - 1 : 2 * wireMaximum;
		const rows: (number | null)[] = [];
		let steps = 0;
		let element: unknown;
		for (let row = 0; row < count; row++) {
			// Past the end of the column its last element goes on: a null, or a delta of 0.
			if (row < column.length) element = column[row];
			else if (element !== null) element = 0;
			if (element === null) {
				rows.push(null);
				continue;
			}
			if (!isWithin(element, -deltaMaximum, deltaMaximum)) return false;
			steps += element;
			if (circle > 0) steps = (steps + circle) % circle;
			if (!isWithin(steps, -wireMaximum, wireMaximum)) return false;
			rows.push(steps);
		}
		this.#columns.push({ channel, steps: rows });
		return true;
	}

	/**
	 * Reads what a member says of the channels that have a column.
	 *
	 * @param ofMissing  whether it is said of nulls, or of values
	 */
	#readNotes<Note>(
		member: unknown,
		ofMissing: boolean,
		notes: Notes<Note>[],
		noteOf: (code: number) => Note | undefined,
	): boolean {
		if (member === undefined) return true;
		const columns = asDocument(member ?? {});
		if (columns === undefined) return false;
		for (const key of Object.keys(columns)) {
			const channel = this.#channelOf(key);
			if (channel === undefined) continue;
			const codes = columns[key];
			if (!isColumn(codes, this.#envelope.count)) return false;
			const column = this.#columns.find((one) => one.channel === channel);
			const byRow = column ? notesOf(column, codes, ofMissing, noteOf) : [];
			if (byRow === undefined) return false;
			notes.push({ channel, byRow });
		}
		return true;
	}
}

/** The notes of one column; `undefined` when they are none. */
function notesOf<Note>(
	{ steps }: Column,
	codes: readonly unknown[],
	ofMissing: boolean,
	noteOf: (code: number) => Note | undefined,
): (Note | undefined)[] | undefined {
	const byRow: (Note | undefined)[] = [];
	let code = 0;
	let next = 0;
	for (const step of steps) {
		if ((step === null) !== ofMissing) {
			byRow.push(undefined);
			continue;
		}
		const delta = next < codes.length ? codes[next] : 0;
		if (!isWithin(delta, -codeMaximum, codeMaximum)) return undefined;
		code += delta;
		next += 1;
		byRow.push(noteOf(code));
	}
	return byRow;
}

function flagOf(code: number): readonly QualityName[] | undefined {
	const names = qualityNames(code);
	return names.length > 0 ? names : undefined;
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
