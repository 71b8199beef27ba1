import type { ObservationRun } from "../base/observation.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { Channel, ChannelTable } from "../sensing/channel.ts";
import { reasonCode } from "../sensing/channel.ts";
import { schemaVersion, toWire, wireCircle, wireTurn } from "./schema.ts";

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** "n", "u", "l" */
const letterN = 0x6e;
const letterU = 0x75;
const letterL = 0x6c;

/** The envelope's keys, see `schema.ts`. */
const versionKey = 0x76;
const sequenceKey = 0x73;
const countKey = 0x6e;
const timeKey = 0x74;
const periodKey = 0x70;
const qualityKey = 0x63;
const reasonsKey = 0x65;

/**
 * Encodes a run of observations as one report in compact JSON. The same run always gives the same
 * bytes, so that a redelivery needs no stored message.
 *
 * Only channels of reports that have a value or a reason somewhere in the run are written. A value
 * that does not fit its column is a null with the reason "wire".
 *
 * Writing goes on past the end of `into`, where a typed array drops it, and the length alone tells
 * in the end whether all of it fitted.
 *
 * @param run    1..Limits.observationsPerReport consecutive observations; read only
 * @param into   caller's buffer, Limits.reportBytes long in a station
 * @param start  first byte to write, index into `into`
 * @returns bytes written; -Status.NoRoom when they do not fit, with the contents of `into` from
 *   `start` on undefined; -Status.BadValue for a run that no report can describe: empty, or a
 *   sequence, time or period that is not a whole number
 *
 * Allocates: nothing.
 * Source: docs/topics.md §2; RFC 8259 for the JSON subset.
 */
export function encodeReport(
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	if (!isDescribable(run)) return -Status.BadValue;
	let at = start;
	into[at++] = openBrace;
	at = writeField(versionKey, schemaVersion, into, at);
	at = writeField(sequenceKey, run.firstSequence, into, at);
	at = writeField(countKey, run.count, into, at);
	at = writeField(timeKey, run.startSeconds, into, at);
	at = writeField(periodKey, run.periodSeconds, into, at);
	if (run.timeQuality !== 0) at = writeField(qualityKey, run.timeQuality, into, at);
	for (let index = 0; index < channels.length; index++) {
		if (travels(run, channels, index)) at = writeColumn(run, channels.at(index), index, into, at);
	}
	at = writeReasons(run, channels, into, at);
	into[at - 1] = closeBrace;
	return at > into.length ? -Status.NoRoom : at - start;
}

function isDescribable(run: ObservationRun): boolean {
	return (
		run.count > 0 &&
		Number.isSafeInteger(run.firstSequence) &&
		Number.isSafeInteger(run.startSeconds) &&
		Number.isSafeInteger(run.periodSeconds)
	);
}

/** Whether a channel has anything to say in this run. */
function travels(run: ObservationRun, channels: ChannelTable, index: number): boolean {
	if (channels.at(index).in !== "observation") return false;
	const first = index * Limits.observationsPerReport;
	for (let at = first; at < first + run.count; at++) {
		if (!Number.isNaN(run.values[at]!) || run.reasons[at] !== 0) return true;
	}
	return false;
}

/** Writes `"key":[first,delta,…],` without the elements at the end that change nothing. */
function writeColumn(
	run: ObservationRun,
	channel: Channel,
	index: number,
	into: Uint8Array,
	start: number,
): number {
	const circle = wireCircle(channel);
	const first = index * Limits.observationsPerReport;
	let at = openColumn(channel.key, into, start);
	let end = at;
	let last = Number.NaN;
	let wasMissing = false;
	for (let row = 0; row < run.count; row++) {
		const steps = toWire(run.values[first + row]!, channel);
		const isMissing = !Number.isFinite(steps);
		let delta = steps;
		if (isMissing) {
			at = writeNull(into, at);
		} else {
			// Until there is a last value, the value itself stands in for the delta.
			if (!Number.isNaN(last)) delta = circle > 0 ? wireTurn(steps - last, circle) : steps - last;
			at = writeElement(delta, into, at);
			last = steps;
		}
		const saysNothing = row > 0 && isMissing === wasMissing && (isMissing || delta === 0);
		if (!saysNothing) end = at;
		wasMissing = isMissing;
	}
	return closeColumn(into, end);
}

/** Writes `"e":{"key":[code,delta,…],…},` for the channels with nulls that have a reason. */
function writeReasons(
	run: ObservationRun,
	channels: ChannelTable,
	into: Uint8Array,
	start: number,
): number {
	let at = writeKey(reasonsKey, into, start);
	into[at++] = openBrace;
	const first = at;
	for (let index = 0; index < channels.length; index++) {
		if (travels(run, channels, index)) {
			at = writeReasonColumn(run, channels.at(index), index, into, at);
		}
	}
	if (at === first) return start;
	into[at - 1] = closeBrace;
	into[at++] = comma;
	return at;
}

function writeReasonColumn(
	run: ObservationRun,
	channel: Channel,
	index: number,
	into: Uint8Array,
	start: number,
): number {
	const first = index * Limits.observationsPerReport;
	let at = openColumn(channel.key, into, start);
	let end = at;
	let last = 0;
	let isEmpty = true;
	let hasReason = false;
	for (let row = 0; row < run.count; row++) {
		const steps = toWire(run.values[first + row]!, channel);
		if (Number.isFinite(steps)) continue;
		const code = Number.isNaN(steps) ? run.reasons[first + row]! : reasonCode("wire");
		at = writeElement(code - last, into, at);
		if (isEmpty || code !== last) end = at;
		last = code;
		isEmpty = false;
		hasReason ||= code !== 0;
	}
	return hasReason ? closeColumn(into, end) : start;
}

function writeField(key: number, value: number, into: Uint8Array, start: number): number {
	return writeElement(value, into, writeKey(key, into, start));
}

/** Writes `"k":`. */
function writeKey(key: number, into: Uint8Array, at: number): number {
	into[at++] = quote;
	into[at++] = key;
	into[at++] = quote;
	into[at++] = colon;
	return at;
}

/** Writes `"key":[`; the key is ASCII, which `ChannelTable` sees to. */
function openColumn(key: string, into: Uint8Array, at: number): number {
	into[at++] = quote;
	for (let index = 0; index < key.length; index++) into[at++] = key.charCodeAt(index);
	into[at++] = quote;
	into[at++] = colon;
	into[at++] = openBracket;
	return at;
}

/** Turns the comma after the last element that stays into `],`. */
function closeColumn(into: Uint8Array, end: number): number {
	into[end - 1] = closeBracket;
	into[end] = comma;
	return end + 1;
}

/** Writes `null,`. */
function writeNull(into: Uint8Array, at: number): number {
	into[at++] = letterN;
	into[at++] = letterU;
	into[at++] = letterL;
	into[at++] = letterL;
	into[at++] = comma;
	return at;
}

/** Writes a safe integer in decimal and a comma. */
function writeElement(value: number, into: Uint8Array, at: number): number {
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
