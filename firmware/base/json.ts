import { Limits } from "../limits.ts";
import { readUtf8 } from "./bytes.ts";

/** A parsed document: an object whose members nobody has looked at yet. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * Parses a document that came from outside. This file has the only JSON.parse of the firmware, and the
 * only catch around it.
 *
 * Size and nesting are bounded before the parser sees a byte, because a parser that runs out of
 * heap or stack ends the machine.
 *
 * @param bytes  UTF-8 JSON, at most `Limits.documentBytes`
 * @returns the document, or `undefined` when it is too long, too deep, not JSON or not an object
 *
 * Source: RFC 8259.
 */
export function parseDocument(bytes: Uint8Array): Document | undefined {
	if (bytes.length > Limits.documentBytes || !isShallow(bytes)) return undefined;
	const text = readUtf8(bytes, 0, bytes.length);
	if (text === undefined) return undefined;
	try {
		return asDocument(JSON.parse(text));
	} catch {
		return undefined;
	}
}

/**
 * The same for who has the bytes as text already, and would not decode them again.
 *
 * @param text  what the bytes say
 */
export function parseDecoded(bytes: Uint8Array, text: string): Document | undefined {
	if (bytes.length > Limits.documentBytes || !isShallow(bytes)) return undefined;
	try {
		return asDocument(JSON.parse(text));
	} catch {
		return undefined;
	}
}

/** The value as a document, or `undefined` when it is a scalar, an array or null. */
export function asDocument(value: unknown): Document | undefined {
	return typeof value === "object" && value !== null && !Array.isArray(value)
		? (value as Document)
		: undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Whether no value stands deeper than a shadow's envelope around `Limits.documentLevels`. */
function isShallow(bytes: Uint8Array): boolean {
	let depth = 0;
	let inString = false;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at];
		if (inString) {
			if (byte === backslash) at += 1;
			else if (byte === quote) inString = false;
		} else if (byte === quote) {
			inString = true;
		} else if (byte === openBrace || byte === openBracket) {
			depth += 1;
			if (depth > Limits.documentLevels + envelopeLevels) return false;
		} else if (byte === closeBrace || byte === closeBracket) {
			depth -= 1;
		}
	}
	return true;
}

/** "state", "desired" and the metadata object of a leaf stand around the levels that users count. */
const envelopeLevels = 3;
