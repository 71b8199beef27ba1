import { Status } from "./status.ts";

/**
 * A text is put together from pieces of this many characters: no string grows one by one, and the
 * arguments of one call fit the stack of the chip, which has 512 slots.
 */
const pieceLength = 64;

/**
 * The code point that starts at `index`; a lone surrogate gives itself.
 *
 * `codePointAt` does the same, but walks an XS string from its start a second time.
 */
function codePoint(text: string, index: number): number {
	const unit = text.charCodeAt(index);
	if (unit < 0xd800 || unit > 0xdbff || index + 1 >= text.length) return unit;
	const low = text.charCodeAt(index + 1);
	return low < 0xdc00 || low > 0xdfff ? unit : 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

function isSurrogate(code: number): boolean {
	return code >= 0xd800 && code <= 0xdfff;
}

/**
 * Bytes that `text` takes in UTF-8.
 *
 * @returns 0 or more, or -Status.BadValue for a lone surrogate, which UTF-8 cannot hold
 */
export function utf8Length(text: string): number {
	let length = 0;
	for (let index = 0; index < text.length; index++) {
		const code = codePoint(text, index);
		if (isSurrogate(code)) return -Status.BadValue;
		if (code < 0x80) length += 1;
		else if (code < 0x800) length += 2;
		else if (code < 0x1_0000) length += 3;
		else {
			length += 4;
			index += 1;
		}
	}
	return length;
}

/**
 * Writes `text` as UTF-8, without a length before it or a zero behind it.
 *
 * @param start  first byte to write, index into `into`
 * @returns bytes written, -Status.NoRoom when `into` ends first, or -Status.BadValue for a lone
 *   surrogate; after a failure the bytes from `start` on are undefined
 *
 * Allocates: nothing. Source: RFC 3629 §3.
 */
export function writeUtf8(text: string, into: Uint8Array, start: number): number {
	const { length } = text;
	const room = into.length;
	let at = start;
	for (let index = 0; index < length; index++) {
		const code = codePoint(text, index);
		if (code < 0x80) {
			if (at >= room) return -Status.NoRoom;
			into[at++] = code;
		} else if (code < 0x800) {
			if (at + 2 > room) return -Status.NoRoom;
			into[at++] = 0xc0 | (code >> 6);
			into[at++] = 0x80 | (code & 0x3f);
		} else if (code < 0x1_0000) {
			if (isSurrogate(code)) return -Status.BadValue;
			if (at + 3 > room) return -Status.NoRoom;
			into[at++] = 0xe0 | (code >> 12);
			into[at++] = 0x80 | ((code >> 6) & 0x3f);
			into[at++] = 0x80 | (code & 0x3f);
		} else {
			if (at + 4 > room) return -Status.NoRoom;
			into[at++] = 0xf0 | (code >> 18);
			into[at++] = 0x80 | ((code >> 12) & 0x3f);
			into[at++] = 0x80 | ((code >> 6) & 0x3f);
			into[at++] = 0x80 | (code & 0x3f);
			index += 1;
		}
	}
	return at - start;
}

/**
 * Length of the well-formed UTF-8 sequence at `at`.
 *
 * @returns 1..4, or 0 when the bytes are not well formed or go on past `end`: overlong forms,
 *   surrogates and code points above U+10FFFF are refused
 *
 * Source: The Unicode Standard, table 3-7.
 */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
	const first = bytes[at]!;
	if (first < 0x80) return 1;
	if (first < 0xc2 || first > 0xf4) return 0;
	const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (at + length > end) return 0;
	const second = bytes[at + 1]!;
	const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
	const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
	if (second < lowest || second > highest) return 0;
	for (let index = at + 2; index < at + length; index++) {
		if ((bytes[index]! & 0xc0) !== 0x80) return 0;
	}
	return length;
}

/** Whether the bytes from `start` up to `end` are well-formed UTF-8. Allocates: nothing. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
	let at = start;
	while (at < end) {
		const length = sequenceLength(bytes, at, end);
		if (length === 0) return false;
		at += length;
	}
	return true;
}

/**
 * Reads the bytes from `start` up to `end` as UTF-8.
 *
 * @returns the text, or `undefined` when the bytes are not well formed
 */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
	const units: number[] = [];
	let text = "";
	let at = start;
	while (at < end) {
		const length = sequenceLength(bytes, at, end);
		if (length === 0) return undefined;
		const first = bytes[at]!;
		if (length === 1) {
			units.push(first);
		} else if (length === 2) {
			units.push(((first & 0x1f) << 6) | (bytes[at + 1]! & 0x3f));
		} else if (length === 3) {
			units.push(((first & 0x0f) << 12) | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f));
		} else {
			const code =
				((first & 0x07) << 18) |
				((bytes[at + 1]! & 0x3f) << 12) |
				((bytes[at + 2]! & 0x3f) << 6) |
				(bytes[at + 3]! & 0x3f);
			units.push(0xd800 + ((code - 0x1_0000) >> 10), 0xdc00 + (code & 0x3ff));
		}
		at += length;
		if (units.length >= pieceLength) {
			text += String.fromCharCode(...units);
			units.length = 0;
		}
	}
	return text + String.fromCharCode(...units);
}

/**
 * Writes numbers, most significant byte first, and text into a buffer of the caller.
 *
 * What does not fit is not written, not even in part, and from then on nothing is: the overflow is
 * sticky, so a caller looks once, at the end. Allocates: nothing.
 */
export class ByteWriter {
	#buffer: Uint8Array;
	#end: number;
	#position: number;
	#overflow = false;

	constructor(buffer: Uint8Array, start = 0, end = buffer.length) {
		this.#buffer = buffer;
		this.#position = start;
		this.#end = end;
	}

	/** Starts afresh, at `start`, with room up to `end`. */
	reset(buffer: Uint8Array, start = 0, end = buffer.length): void {
		this.#buffer = buffer;
		this.#position = start;
		this.#end = end;
		this.#overflow = false;
	}

	/** Index of the next byte to write. */
	get position(): number {
		return this.#position;
	}

	/** Whether something did not fit, or could not be written as what it was to be. */
	get overflow(): boolean {
		return this.#overflow;
	}

	uint8(value: number): void {
		if (this.#take(1)) this.#buffer[this.#position++] = value;
	}

	uint16(value: number): void {
		if (!this.#take(2)) return;
		this.#buffer[this.#position++] = value >>> 8;
		this.#buffer[this.#position++] = value;
	}

	uint32(value: number): void {
		if (!this.#take(4)) return;
		this.#buffer[this.#position++] = value >>> 24;
		this.#buffer[this.#position++] = value >>> 16;
		this.#buffer[this.#position++] = value >>> 8;
		this.#buffer[this.#position++] = value;
	}

	/** Copies `from` from index `start` up to `end`. */
	bytes(from: Uint8Array, start = 0, end = from.length): void {
		if (!this.#take(end - start)) return;
		for (let index = start; index < end; index++) this.#buffer[this.#position++] = from[index]!;
	}

	/** Writes text as UTF-8; a lone surrogate counts as an overflow. */
	utf8(text: string): void {
		const length = utf8Length(text);
		if (length < 0) this.#overflow = true;
		else if (this.#take(length)) this.#position += writeUtf8(text, this.#buffer, this.#position);
	}

	/** Writes an integer in decimal digits, with "-" before a negative one; -0 is "0". */
	decimal(integer: number): void {
		let rest = integer < 0 ? -integer : integer;
		let digits = 1;
		for (let limit = 10; limit <= rest; limit *= 10) digits += 1;
		if (!this.#take(integer < 0 ? digits + 1 : digits)) return;
		if (integer < 0) this.#buffer[this.#position++] = 0x2d;
		for (let at = this.#position + digits - 1; at >= this.#position; at--) {
			const quotient = Math.floor(rest / 10);
			this.#buffer[at] = 0x30 + (rest - quotient * 10);
			rest = quotient;
		}
		this.#position += digits;
	}

	#take(length: number): boolean {
		if (this.#position + length > this.#end) this.#overflow = true;
		return !this.#overflow;
	}
}

/**
 * Reads what ByteWriter writes. Reading past the end gives 0 and `undefined`, and from then on
 * everything does: the underflow is sticky, so a caller looks once, at the end.
 */
export class ByteReader {
	#buffer: Uint8Array;
	#end: number;
	#position: number;
	#underflow = false;

	constructor(buffer: Uint8Array, start = 0, end = buffer.length) {
		this.#buffer = buffer;
		this.#position = start;
		this.#end = end;
	}

	/** Starts afresh, at `start`, with bytes up to `end`. */
	reset(buffer: Uint8Array, start = 0, end = buffer.length): void {
		this.#buffer = buffer;
		this.#position = start;
		this.#end = end;
		this.#underflow = false;
	}

	/** Index of the next byte to read. */
	get position(): number {
		return this.#position;
	}

	/** Bytes that are still to be read. */
	get remaining(): number {
		return this.#end - this.#position;
	}

	/** Whether something was to be read that is not there, or is not what it was to be. */
	get underflow(): boolean {
		return this.#underflow;
	}

	uint8(): number {
		return this.#take(1) ? this.#buffer[this.#position++]! : 0;
	}

	uint16(): number {
		if (!this.#take(2)) return 0;
		return (this.#buffer[this.#position++]! << 8) | this.#buffer[this.#position++]!;
	}

	uint32(): number {
		if (!this.#take(4)) return 0;
		const high = (this.#buffer[this.#position++]! << 8) | this.#buffer[this.#position++]!;
		const low = (this.#buffer[this.#position++]! << 8) | this.#buffer[this.#position++]!;
		return high * 0x1_0000 + low;
	}

	/**
	 * Copies the next `length` bytes into `into` from index `start`; nothing when they are not there.
	 */
	bytes(into: Uint8Array, start: number, length: number): void {
		if (start + length > into.length) this.#underflow = true;
		if (!this.#take(length)) return;
		for (let index = 0; index < length; index++) {
			into[start + index] = this.#buffer[this.#position++]!;
		}
	}

	/** The next `length` bytes as text; `undefined` and an underflow when they are not UTF-8. */
	utf8(length: number): string | undefined {
		if (!this.#take(length)) return undefined;
		const text = readUtf8(this.#buffer, this.#position, this.#position + length);
		this.#position += length;
		if (text === undefined) this.#underflow = true;
		return text;
	}

	#take(length: number): boolean {
		if (this.#position + length > this.#end) this.#underflow = true;
		return !this.#underflow;
	}
}
