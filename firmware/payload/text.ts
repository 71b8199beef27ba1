/**
 * The pieces of JSON that reports are made of, written as bytes. Each function writes at an index and
 * returns the one behind. Writing goes on past the end of `into`, where a typed array drops it.
 *
 * Allocates: nothing.
 */

export const quote = 0x22;
export const comma = 0x2c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
const minus = 0x2d;
const zero = 0x30;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const letterL = 0x6c;
const letterN = 0x6e;
const letterU = 0x75;

/** Writes `"k":1,`; the key is one ASCII character. */
export function writeField(key: number, value: number, into: Uint8Array, start: number): number {
	return writeElement(value, into, writeKey(key, into, start));
}

/** Writes `"k":`. */
export function writeKey(key: number, into: Uint8Array, at: number): number {
	into[at++] = quote;
	into[at++] = key;
	into[at++] = quote;
	into[at++] = colon;
	return at;
}

/** Writes the key of a channel, which is ASCII: `ChannelTable` sees to it. */
export function writeName(key: string, into: Uint8Array, at: number): number {
	for (let index = 0; index < key.length; index++) into[at++] = key.charCodeAt(index);
	return at;
}

/** Writes `"key":[`. */
export function openColumn(key: string, into: Uint8Array, at: number): number {
	into[at++] = quote;
	at = writeName(key, into, at);
	into[at++] = quote;
	into[at++] = colon;
	into[at++] = openBracket;
	return at;
}

/** Turns the comma after the last element that stays into `],`. */
export function closeColumn(into: Uint8Array, end: number): number {
	into[end - 1] = closeBracket;
	into[end] = comma;
	return end + 1;
}

/** Writes `null,`. */
export function writeNull(into: Uint8Array, at: number): number {
	into[at++] = letterN;
	into[at++] = letterU;
	into[at++] = letterL;
	into[at++] = letterL;
	into[at++] = comma;
	return at;
}

/** Writes a safe integer in decimal and a comma. */
export function writeElement(value: number, into: Uint8Array, at: number): number {
	let rest = value;
	if (rest < 0) {
		into[at++] = minus;
		rest = -rest;
	}
	let end = at + 1;
	for (let ten = 10; ten <= rest; ten *= 10) end += 1;
	for (let digit = end - 1; digit >= at; digit--) {
		const tenth = Math.floor(rest / 10);
		into[digit] = zero + (rest - tenth * 10);
		rest = tenth;
	}
	into[end] = comma;
	return end + 1;
}
