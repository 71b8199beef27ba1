import { isUtf8 } from "../base/bytes.ts";
import { Status } from "../base/status.ts";

/**
 * Topic names and topic filters as UTF-8 bytes; MQTT 3.1.1 §4.7. Bytes, not strings, because XS
 * finds a character of a string by walking it from its start. Nothing here allocates.
 */

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;
const dollar = 0x24;

/** Bytes of the longest UTF-8 string in a packet; MQTT 3.1.1 §1.5.3. */
const stringBytes = 65_535;

/**
 * Whether the bytes from `start` up to `end` are a topic name.
 *
 * @returns Status.Ok; Status.BadValue when it is empty [MQTT-4.7.3-1], has a wildcard
 *   [MQTT-3.3.2-2], has U+0000 [MQTT-4.7.3-2] or is not UTF-8 [MQTT-1.5.3-1]; Status.TooLong over
 *   65,535 bytes [MQTT-4.7.3-3]
 */
export function checkTopicName(bytes: Uint8Array, start: number, end: number): Status {
	if (end - start > stringBytes) return Status.TooLong;
	if (start >= end) return Status.BadValue;
	for (let at = start; at < end; at++) {
		const byte = bytes[at]!;
		if (byte === 0 || byte === plus || byte === hash) return Status.BadValue;
		if (byte >= 0x80) return checkRest(bytes, at, end);
	}
	return Status.Ok;
}

/** The slower way, for the names that are not ASCII. */
function checkRest(bytes: Uint8Array, start: number, end: number): Status {
	for (let at = start; at < end; at++) {
		const byte = bytes[at]!;
		if (byte === 0 || byte === plus || byte === hash) return Status.BadValue;
	}
	return isUtf8(bytes, start, end) ? Status.Ok : Status.BadValue;
}

/**
 * Whether the bytes from `start` up to `end` are a topic filter.
 *
 * @returns Status.Ok; Status.BadValue when it is empty, has U+0000, is not UTF-8, or has a wildcard
 *   that does not fill its level [MQTT-4.7.1-3] or a `#` that is not at the end [MQTT-4.7.1-2];
 *   Status.TooLong over 65,535 bytes
 */
export function checkTopicFilter(bytes: Uint8Array, start: number, end: number): Status {
	if (end - start > stringBytes) return Status.TooLong;
	if (start >= end || !isUtf8(bytes, start, end)) return Status.BadValue;
	for (let at = start; at < end; at++) {
		const byte = bytes[at]!;
		if (byte === 0) return Status.BadValue;
		if (byte !== plus && byte !== hash) continue;
		if (at > start && bytes[at - 1] !== slash) return Status.BadValue;
		if (at + 1 < end && (byte === hash || bytes[at + 1] !== slash)) return Status.BadValue;
	}
	return Status.Ok;
}

/**
 * Whether a valid filter matches a valid name; MQTT 3.1.1 §4.7. `a/#` matches `a`
 * [MQTT-4.7.1-2], and a filter that begins with a wildcard matches no name that begins with `$`
 * [MQTT-4.7.2-1].
 */
export function matchTopic(
	filter: Uint8Array,
	filterStart: number,
	filterEnd: number,
	name: Uint8Array,
	nameStart: number,
	nameEnd: number,
): boolean {
	let at = filterStart;
	let nameAt = nameStart;
	if (name[nameStart] === dollar && (filter[at] === plus || filter[at] === hash)) return false;
	for (; at < filterEnd; at++) {
		const byte = filter[at]!;
		if (byte === hash) return true;
		if (byte === plus) {
			while (nameAt < nameEnd && name[nameAt] !== slash) nameAt += 1;
		} else if (nameAt < nameEnd && name[nameAt] === byte) {
			nameAt += 1;
		} else {
			return (
				nameAt === nameEnd && byte === slash && filter[at + 1] === hash && at + 2 === filterEnd
			);
		}
	}
	return nameAt === nameEnd;
}

/**
 * Levels of a valid name or filter as AWS IoT Core counts them: without the prefixes
 * `$aws/rules/<rule>/` and `$share/<name>/`.
 */
export function countLevels(bytes: Uint8Array, start: number, end: number): number {
	let levels = 1;
	for (let at = countedStart(bytes, start, end); at < end; at++) {
		if (bytes[at] === slash) levels += 1;
	}
	return levels;
}

/** Where the counted part of a topic starts. */
function countedStart(bytes: Uint8Array, start: number, end: number): number {
	if (startsWith(bytes, start, end, "$aws/rules/")) return afterLevels(bytes, start, end, 3);
	if (startsWith(bytes, start, end, "$share/")) return afterLevels(bytes, start, end, 2);
	return start;
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: string): boolean {
	if (end - start < prefix.length || bytes[start] !== dollar) return false;
	for (let index = 1; index < prefix.length; index++) {
		if (bytes[start + index] !== prefix.charCodeAt(index)) return false;
	}
	return true;
}

/** The index behind the `count`-th slash, or `start` when there are fewer. */
function afterLevels(bytes: Uint8Array, start: number, end: number, count: number): number {
	for (let at = start; at < end; at++) {
		if (bytes[at] === slash) count -= 1;
		if (count === 0) return at + 1;
	}
	return start;
}
