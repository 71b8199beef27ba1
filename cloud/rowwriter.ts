import type { Notes, ReportColumns } from "../firmware/payload/columns.ts";
import { observationOf } from "../firmware/payload/decode.ts";
import { fromWire } from "../firmware/payload/schema.ts";
import type { Channel } from "../firmware/sensing/channel.ts";
import { toRow } from "./row.ts";

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;
const colon = 0x3a;
const secondsPerDay = 86_400;
/** Decimal places that JSON writes without an exponent, whatever the number. */
const placesMaximum = 6;
const wholeMaximum = 999_999_999;
/** Of 10, as far as they are not above that. */
const powers = Array.from({ length: 9 }, (_, exponent) => 10 ** exponent);
/** Bytes of a row beside thing and columns at most, and of a column: a name of 40 and a number. */
const envelopeBytes = 256;
const columnBytes = 80;
const firstBytes = 64 * 1024;

/** How the values of a channel are written. */
interface Format {
	/** Such as `,"airTemperature":`. */
	readonly name: Uint8Array;
	/** Decimal places of a step; -1 where a step is none of 1, 0.1, 0.01 and so on. */
	readonly places: number;
}

/**
 * Writes rows of reports as lines of JSON: each is what `JSON.stringify(toRow(…))` gives.
 *
 * It writes bytes into memory of its own. Rows as objects, and then as text, have to be made, encoded and
 * collected again, which took half of the time that a report takes.
 */
export class RowWriter {
	readonly #formats = new Map<Channel, Format>();
	#buffer = new Uint8Array(firstBytes);
	/** The day that was written last, counted from 1970, and its date with the T behind it. */
	#day = Number.NaN;
	#date: Uint8Array = new Uint8Array(0);

	/**
	 * @param rows  of the report
	 * @returns the lines, which stand there until the next call
	 */
	write(thing: string, report: ReportColumns, rows: readonly number[]): Uint8Array {
		const { columns, reasons, flags, timeQuality } = report;
		const formats = columns.map(({ channel }) => this.#formatOf(channel));
		const mayBePlain = plainName.test(thing);
		const room = thing.length + envelopeBytes + columns.length * columnBytes;
		let at = 0;
		for (const row of rows) {
			if (!mayBePlain || isNoted(reasons, row) || isNoted(flags, row)) {
				at = this.#line(at, thing, report, row);
				continue;
			}
			const buffer = this.#reserve(at, room);
			at = putBytes(buffer, at, thingName);
			at = putText(buffer, at, thing);
			at = putBytes(buffer, at, sequenceName);
			at = putWhole(buffer, at, report.sequence + row);
			at = putBytes(buffer, at, timeName);
			at = this.#time(buffer, at, report.startSeconds + row * report.periodSeconds);
			at = putBytes(buffer, at, periodName);
			at = putWhole(buffer, at, report.periodSeconds);
			if (timeQuality !== 0) {
				at = putBytes(buffer, at, qualityName);
				at = putWhole(buffer, at, timeQuality);
			}
			for (let index = 0; index < columns.length; index++) {
				const { channel, steps } = columns[index]!;
				at = putValue(buffer, at, formats[index]!, channel, steps[row] ?? null);
			}
			at = putBytes(buffer, at, lineEnd);
		}
		return this.#buffer.subarray(0, at);
	}

	/** A row that says more than its values, which is seldom. */
	#line(at: number, thing: string, report: ReportColumns, row: number): number {
		const line = toRow(thing, report.periodSeconds, observationOf(report, row));
		const bytes = bytesOf(`${JSON.stringify(line)}\n`);
		return putBytes(this.#reserve(at, bytes.length), at, bytes);
	}

	#formatOf(channel: Channel): Format {
		let format = this.#formats.get(channel);
		if (format === undefined) {
			format = { name: bytesOf(`,${JSON.stringify(channel.name)}:`), places: placesOf(channel) };
			this.#formats.set(channel, format);
		}
		return format;
	}

	/** ISO 8601 in UTC. @param seconds  since 1970, in the years 0001 to 9999 */
	#time(buffer: Uint8Array, start: number, seconds: number): number {
		const day = Math.floor(seconds / secondsPerDay);
		if (day !== this.#day) {
			this.#day = day;
			this.#date = bytesOf(new Date(day * secondsPerDay * 1000).toISOString().slice(0, 11));
		}
		const second = seconds - day * secondsPerDay;
		let at = putBytes(buffer, start, this.#date);
		at = putPair(buffer, at, (second / 3600) | 0);
		buffer[at++] = colon;
		at = putPair(buffer, at, ((second / 60) | 0) % 60);
		buffer[at++] = colon;
		at = putPair(buffer, at, second % 60);
		return putBytes(buffer, at, timeEnd);
	}

	/** @returns the memory, with room for `length` bytes from `at` on */
	#reserve(at: number, length: number): Uint8Array {
		if (at + length <= this.#buffer.length) return this.#buffer;
		const larger = new Uint8Array(2 * (at + length));
		larger.set(this.#buffer.subarray(0, at));
		this.#buffer = larger;
		return larger;
	}
}

// Each of these writes from `at` on, and gives the place behind what it has written.

/** Small pieces: to copy them one by one is faster than to ask for it. */
function putBytes(buffer: Uint8Array, at: number, bytes: Uint8Array): number {
	for (let index = 0; index < bytes.length; index++) buffer[at + index] = bytes[index]!;
	return at + bytes.length;
}

/** @param text  ASCII */
function putText(buffer: Uint8Array, at: number, text: string): number {
	for (let index = 0; index < text.length; index++) buffer[at + index] = text.charCodeAt(index);
	return at + text.length;
}

function putValue(
	buffer: Uint8Array,
	at: number,
	{ name, places }: Format,
	channel: Channel,
	step: number | null,
): number {
	const start = putBytes(buffer, at, name);
	if (step === null) return putBytes(buffer, start, nullWord);
	if (places < 0) return putText(buffer, start, String(fromWire(step, channel)));
	return putDecimal(buffer, start, step, places);
}

/** A whole number of any size. */
function putWhole(buffer: Uint8Array, at: number, value: number): number {
	return value <= wholeMaximum
		? putDecimal(buffer, at, value, 0)
		: putText(buffer, at, String(value));
}

/** `value` × 10^-`places`. @param value  at most `wholeMaximum` on either side of 0 */
function putDecimal(buffer: Uint8Array, start: number, value: number, places: number): number {
	let at = start;
	let rest = value < 0 ? -value | 0 : value | 0;
	let behind = places;
	for (; behind > 0 && rest % 10 === 0; behind--) rest = (rest / 10) | 0;
	if (value < 0) buffer[at++] = minus;
	let digits = behind + 1;
	while (digits < powers.length && powers[digits]! <= rest) digits += 1;
	const end = at + (behind > 0 ? digits + 1 : digits);
	at = end;
	for (let digit = 0; digit < digits; digit++) {
		if (behind > 0 && digit === behind) buffer[--at] = point;
		const tenth = (rest / 10) | 0;
		buffer[--at] = zero + rest - tenth * 10;
		rest = tenth;
	}
	return end;
}

/** 00 to 99. */
function putPair(buffer: Uint8Array, at: number, value: number): number {
	const tens = (value / 10) | 0;
	buffer[at] = zero + tens;
	buffer[at + 1] = zero + value - tens * 10;
	return at + 2;
}

/** Names that stand in JSON as they are. */
const plainName = /^[a-zA-Z0-9:_-]*$/;
const thingName = bytesOf('{"thing":"');
const sequenceName = bytesOf('","sequence":');
const timeName = bytesOf(',"time":"');
const timeEnd = bytesOf('.000Z"');
const periodName = bytesOf(',"periodSeconds":');
const qualityName = bytesOf(',"timeQuality":');
const nullWord = bytesOf("null");
const lineEnd = bytesOf("}\n");

function bytesOf(text: string): Uint8Array {
	return Buffer.from(text);
}

function isNoted(notes: readonly Notes<unknown>[], row: number): boolean {
	return notes.length > 0 && notes.some(({ byRow }) => byRow[row] !== undefined);
}

function placesOf({ perUnit }: Channel): number {
	const places = Math.round(Math.log10(perUnit));
	return places >= 0 && places <= placesMaximum && 10 ** places === perUnit ? places : -1;
}
