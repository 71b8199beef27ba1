import { assert } from "../base/assert.ts";
import type { Observation, TimeQuality } from "../base/observation.ts";
import { Limits } from "../limits.ts";
import {
	headerBytes,
	RecordKind,
	recordFlags,
	recordSequence,
	recordSize,
	recordTag,
	sealRecord,
} from "./record.ts";

/**
 * Payload of an observation: start in UTC seconds (4), bitmap of channels with a value (2), bitmap
 * of channels with a reason (2), the values as float32 in the order of channels, the reasons as one
 * byte each. The tag is the period in seconds, the flags are the time quality. A channel in neither
 * bitmap is not fitted.
 */
const fixedBytes = 8;

/** Bytes in flash of an observation with so many values and so many reasons. */
export function observationBytes(values: number, reasons: number): number {
	return recordSize(fixedBytes + 4 * values + reasons);
}

/** Bytes that `observation` takes in flash. */
export function observationSize(observation: Observation): number {
	let length = fixedBytes;
	for (let channel = 0; channel < Limits.channels; channel++) {
		if (!Number.isNaN(observation.values[channel]!)) length += 4;
		else if (observation.reasons[channel] !== 0) length += 1;
	}
	return recordSize(length);
}

/**
 * Encodes an observation as a record.
 *
 * @param bytes  gets the record from index 0
 * @param view   over the same bytes
 * @returns bytes to write
 */
export function encodeObservation(
	observation: Observation,
	bytes: Uint8Array,
	view: DataView,
): number {
	const { startSeconds, periodSeconds, values, reasons } = observation;
	assert(startSeconds >= 0 && startSeconds <= 0xffff_ffff, "start of an observation");
	assert(periodSeconds >= 0 && periodSeconds <= 0xffff, "period of an observation");
	let valueMap = 0;
	let reasonMap = 0;
	let at = headerBytes + fixedBytes;
	for (let channel = 0; channel < Limits.channels; channel++) {
		if (Number.isNaN(values[channel]!)) continue;
		valueMap |= 1 << channel;
		view.setFloat32(at, values[channel]!, true);
		at += 4;
	}
	for (let channel = 0; channel < Limits.channels; channel++) {
		if (!Number.isNaN(values[channel]!) || reasons[channel] === 0) continue;
		reasonMap |= 1 << channel;
		bytes[at] = reasons[channel]!;
		at += 1;
	}
	view.setUint32(headerBytes, startSeconds, true);
	view.setUint16(headerBytes + 4, valueMap, true);
	view.setUint16(headerBytes + 6, reasonMap, true);
	const kind = RecordKind.Observation | (observation.timeQuality << 4);
	return sealRecord(bytes, view, kind, periodSeconds, observation.sequence, at - headerBytes);
}

/** Fills `into` from the intact record at the start of `bytes`. */
export function decodeObservation(bytes: Uint8Array, view: DataView, into: Observation): void {
	into.clear();
	into.sequence = recordSequence(view);
	into.periodSeconds = recordTag(view);
	into.timeQuality = recordFlags(view) as TimeQuality;
	into.startSeconds = view.getUint32(headerBytes, true);
	const valueMap = view.getUint16(headerBytes + 4, true);
	const reasonMap = view.getUint16(headerBytes + 6, true);
	let at = headerBytes + fixedBytes;
	for (let channel = 0; channel < Limits.channels; channel++) {
		if ((valueMap & (1 << channel)) === 0) continue;
		into.values[channel] = view.getFloat32(at, true);
		at += 4;
	}
	for (let channel = 0; channel < Limits.channels; channel++) {
		if ((reasonMap & (1 << channel)) === 0) continue;
		into.reasons[channel] = bytes[at]!;
		at += 1;
	}
}
