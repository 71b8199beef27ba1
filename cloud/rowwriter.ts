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
	#at = 0;
	/** The day that was written last, counted from 1970, and its date with the T behind it. */
	#day = Number.NaN;
	#date: Uint8Array = new Uint8Array(0);

	/**
	 * @param rows  of the report
	 * @returns the lines, which stand there until the next call
	 */
	write(thing: string, report: ReportColumns, rows: readonly number[]): Uint8Array {
		const { columns, reasons, flags, timeQuality } = report;
		const quality = timeQuality === 0 ? "" : `,"timeQuality":${timeQuality}`;
		const head = bytesOf(`{"thing":${JSON.stringify(thing)},"sequence":`);
		const period = bytesOf(`","periodSeconds":${report.periodSeconds}${quality}`);
		const formats = columns.map(({ channel }) => this.#formatOf(channel));
		this.#at = 0;
		for (const row of rows) {
			if (isNoted(reasons, row) || isNoted(flags, row)) {
				this.#line(thing, report, row);
				continue;
			}
			this.#reserve(head.length + envelopeBytes + columns.length * columnBytes);
			this.#bytes(head);
			this.#whole(report.sequence + row);
			this.#bytes(timeName);
			this.#time(report.startSeconds + row * report.periodSeconds);
			this.#bytes(period);
			for (let index = 0; index < columns.length; index++) {
				const { channel, steps } = columns[index]!;
				this.#value(formats[index]!, channel, steps[row] ?? null);
			}
			this.#bytes(lineEnd);
		}
		return this.#buffer.subarray(0, this.#at);
	}

	/** A row that says more than its values, which is seldom. */
	#line(thing: string, report: ReportColumns, row: number): void {
		const line = toRow(thing, report.periodSeconds, observationOf(report, row));
		const bytes = bytesOf(`${JSON.stringify(line)}\n`);
		this.#reserve(bytes.length);
		this.#bytes(bytes);
	}

	#formatOf(channel: Channel): Format {
		let format = this.#formats.get(channel);
		if (format === undefined) {
			format = { name: bytesOf(`,${JSON.stringify(channel.name)}:`), places: placesOf(channel) };
			this.#formats.set(channel, format);
		}
		return format;
	}

	#value({ name, places }: Format, channel: Channel, step: number | null): void {
		this.#bytes(name);
		if (step === null) this.#bytes(nullWord);
		else if (places < 0) this.#bytes(bytesOf(String(fromWire(step, channel))));
		else this.#decimal(step, places);
	}

	/** A whole number of any size. */
	#whole(value: number): void {
		if (value <= wholeMaximum) this.#decimal(value, 0);
		else this.#bytes(bytesOf(String(value)));
	}

	/** `value` × 10^-`places`. @param value  at most `wholeMaximum` on either side of 0 */
	#decimal(value: number, places: number): void {
		let rest = value < 0 ? -value | 0 : value | 0;
		let behind = places;
		for (; behind > 0 && rest % 10 === 0; behind--) rest = (rest / 10) | 0;
		if (value < 0) this.#buffer[this.#at++] = minus;
		let digits = behind + 1;
		while (digits < powers.length && powers[digits]! <= rest) digits += 1;
		this.#at += behind > 0 ? digits + 1 : digits;
		let at = this.#at;
		for (let digit = 0; digit < digits; digit++) {
			if (behind > 0 && digit === behind) this.#buffer[--at] = point;
			const tenth = (rest / 10) | 0;
			this.#buffer[--at] = zero + rest - tenth * 10;
			rest = tenth;
		}
	}

	/** ISO 8601 in UTC. @param seconds  since 1970, in the years 0001 to 9999 */
	#time(seconds: number): void {
		const day = Math.floor(seconds / secondsPerDay);
		if (day !== this.#day) {
			this.#day = day;
			this.#date = bytesOf(new Date(day * secondsPerDay * 1000).toISOString().slice(0, 11));
		}
		const second = seconds - day * secondsPerDay;
		this.#bytes(this.#date);
		this.#pair((second / 3600) | 0);
		this.#buffer[this.#at++] = colon;
		this.#pair(((second / 60) | 0) % 60);
		this.#buffer[this.#at++] = colon;
		this.#pair(second % 60);
		this.#bytes(timeEnd);
	}

	/** 00 to 99. */
	#pair(value: number): void {
		const tens = (value / 10) | 0;
		this.#buffer[this.#at++] = zero + tens;
		this.#buffer[this.#at++] = zero + value - tens * 10;
	}

	/** Small pieces: to copy them one by one is faster than to ask for it. */
	#bytes(bytes: Uint8Array): void {
		const buffer = this.#buffer;
		let at = this.#at;
		for (let index = 0; index < bytes.length; index++) buffer[at++] = bytes[index]!;
		this.#at = at;
	}

	#reserve(length: number): void {
		if (this.#at + length <= this.#buffer.length) return;
		const larger = new Uint8Array(2 * (this.#at + length));
		larger.set(this.#buffer.subarray(0, this.#at));
		this.#buffer = larger;
	}
}

const timeName = bytesOf(',"time":"');
const timeEnd = bytesOf(".000Z");
const nullWord = bytesOf("null");
const lineEnd = bytesOf("}\n");

function bytesOf(text: string): Uint8Array {
	return Buffer.from(text);
}

function isNoted(notes: readonly Notes<unknown>[], row: number): boolean {
	return notes.some(({ byRow }) => byRow[row] !== undefined);
}

function placesOf({ perUnit }: Channel): number {
	const places = Math.round(Math.log10(perUnit));
	return places >= 0 && places <= placesMaximum && 10 ** places === perUnit ? places : -1;
}
