import { crc32 } from "../base/crc.ts";

/**
 * A record as it stands in flash, little-endian:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 4 | CRC-32 over bytes 4 to the end of the payload, begun at `formatVersion` |
 * | 4 | 1 | kind in the lower four bits, flags of that kind in the upper ones |
 * | 5 | 1 | length of the payload in bytes |
 * | 6 | 2 | tag; what it means is up to the kind |
 * | 8 | 4 | sequence |
 * | 12 | up to `Limits.recordBytes` - 12 | payload |
 *
 * The rest up to a multiple of `unitBytes` stays erased. A record never crosses a block boundary.
 */
export const RecordKind = Object.freeze({
	/** First record of a block, written last; payload: generation, then the state of its owner. */
	Block: 1,
	Observation: 2,
	/** Observations from `sequence` to the one in the payload need no longer be sent. */
	Acknowledged: 3,
	/** The same range was given up because the log was full. */
	Shed: 4,
	/** The station started; `sequence` is its next one, the tag its loss window. */
	Boot: 5,
	/** Observations from `sequence` to the one in the payload got their time afterwards. */
	Stamp: 6,
	Health: 7,
	Alert: 8,
	/** The notice `sequence` need no longer be sent. */
	NoticeAcknowledged: 9,
	/** The notice `sequence` was given up. */
	NoticeShed: 10,
	/** First record of retained memory: `sequence` is that of the first record after it. */
	Stage: 11,
} as const);

/** Records start at multiples of this: the coarsest `writeAlign` there is, that of flash encryption. */
export const unitBytes = 16;

/** Bytes in front of the payload. */
export const headerBytes = 12;

/** Room in front of a block's records for its `Block` record. */
export const blockHeaderBytes = 48;

/** What the CRC begins with: a record of another format is no record. */
const formatVersion = 2;

/** Bytes that a record takes in flash, for a payload of `length` bytes. */
export function recordSize(length: number): number {
	return (headerBytes + length + unitBytes - 1) & -unitBytes;
}

/** Kind of the record at the start of `view`. */
export function recordKind(view: DataView): number {
	return view.getUint8(4) & 0x0f;
}

/** Flags of the record at the start of `view`, 0..15. */
export function recordFlags(view: DataView): number {
	return view.getUint8(4) >> 4;
}

/** Bytes of payload of the record at the start of `view`. */
export function recordLength(view: DataView): number {
	return view.getUint8(5);
}

export function recordTag(view: DataView): number {
	return view.getUint16(6, true);
}

export function recordSequence(view: DataView): number {
	return view.getUint32(8, true);
}

/**
 * Puts header and CRC around a payload that stands at `headerBytes` of `bytes` already.
 *
 * @param view  over the same bytes
 * @param kind  the kind, with its flags in the upper four bits
 * @returns bytes to write, a multiple of `unitBytes`
 */
export function sealRecord(
	bytes: Uint8Array,
	view: DataView,
	kind: number,
	tag: number,
	sequence: number,
	length: number,
): number {
	const end = headerBytes + length;
	const size = recordSize(length);
	view.setUint8(4, kind);
	view.setUint8(5, length);
	view.setUint16(6, tag, true);
	view.setUint32(8, sequence, true);
	view.setUint32(0, crc32(bytes, 4, end, formatVersion), true);
	for (let at = end; at < size; at++) bytes[at] = 0xff;
	return size;
}

/**
 * Checks the record at `start`.
 *
 * @param end  end of the bytes that may belong to it
 * @returns the bytes it takes, or 0 when there is no intact record
 */
export function checkRecord(bytes: Uint8Array, view: DataView, start: number, end: number): number {
	const length = view.getUint8(start + 5);
	const payloadEnd = start + headerBytes + length;
	if (payloadEnd > end) return 0;
	const crc = crc32(bytes, start + 4, payloadEnd, formatVersion);
	if (view.getUint32(start, true) !== crc) return 0;
	return recordSize(length);
}
