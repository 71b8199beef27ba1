import { assert } from "../base/assert.ts";
import type { Observation, TimeQuality } from "../base/observation.ts";
import { Limits } from "../limits.ts";
import {
	headerBytes,
	RecordKind,
	recordFlags,
	recordLength,
	recordSequence,
	recordSize,
	recordTag,
	sealRecord,
} from "./record.ts";

/** Bytes of payload in front of the channels: start in UTC seconds. */
const fixedBytes = 4;

/** Identifiers of channels are below this. */
const idsMaximum = 128;

/** Channels of one group have identifiers that differ in their lower three bits only. */
const groupShift = 3;
const groupMask = 7;

/** Bit of a group's number: a map of notes follows. Bit of a note: it is a reason, without a value. */
const noted = 0x80;
const missing = 0x80;

/**
 * Bytes in flash of an observation of `channels` values, none flagged.
 *
 * @param groups  of identifiers that they are in; as few as there can be when it is left out
 */
export function observationBytes(
	channels: number,
	groups = Math.ceil(channels / (groupMask + 1)),
): number {
	return recordSize(fixedBytes + 2 * groups + 4 * channels);
}

/** Identifiers for a store that is given none: the indices themselves. */
export function plainIds(): Uint8Array {
	return Uint8Array.from({ length: Limits.channels }, (_, index) => index);
}

/**
 * How an observation stands in a record. The tag is the period in seconds, the flags are the time
 * quality. Payload: start in UTC seconds (4), then each group of eight channel identifiers of which
 * at least one has a value or a reason:
 *
 * | bytes | of a group |
 * |---|---|
 * | 1 | its number: identifier >> 3; and 0x80 when there are notes |
 * | 1 | bitmap of the channels that follow, lowest identifier in bit 0 |
 * | 0 or 1 | bitmap of those that begin with a note |
 * | 0 or 1 | of each channel: the note, 0x80 + the reason of a missing value or the flags of a value |
 * | 0 or 4 | of each channel: the value as float32, unless it is missing |
 *
 * Identifiers and not indices, because observations wait in flash over an update that gives the
 * station other sensors. A channel that the station no longer has is left out when it is read.
 *
 * Allocates: nothing after construction.
 */
export class ObservationCodec {
	/** Indices of the channels in the order of their identifiers, and those identifiers. */
	readonly #indices: Uint8Array;
	readonly #ids: Uint8Array;
	/** Index of each identifier, -1 for those that the station does not have. */
	readonly #indexOf = new Int8Array(idsMaximum).fill(-1);
	/** What `#measure` has found: channels with a value or a reason, and those with a note. */
	#present = 0;
	#notes = 0;

	/**
	 * @param ids  identifier of each channel, 0..127, by index; 128 or more for a channel that is not
	 *   stored
	 * @throws {Error} when so many channels would not fit into a record
	 */
	constructor(ids: Uint8Array) {
		const stored = Array.from(ids, (id, index) => ({ id, index }))
			.filter(({ id }) => id < idsMaximum)
			.sort((one, other) => one.id - other.id);
		this.#indices = Uint8Array.from(stored, ({ index }) => index);
		this.#ids = Uint8Array.from(stored, ({ id }) => id);
		for (const { id, index } of stored) this.#indexOf[id] = index;
		const groups = new Set(stored.map(({ id }) => id >> groupShift)).size;
		const largest = recordSize(fixedBytes + 3 * groups + 5 * stored.length);
		assert(largest <= Limits.recordBytes, "channels that do not fit into a record");
	}

	/** Bytes that `observation` takes in flash. */
	size(observation: Observation): number {
		let length = fixedBytes;
		for (let from = 0; from < this.#ids.length; from = this.#groupEnd(from)) {
			length += this.#measure(observation, from);
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
	encode(observation: Observation, bytes: Uint8Array, view: DataView): number {
		const { startSeconds, periodSeconds, timeQuality } = observation;
		assert(startSeconds >= 0 && startSeconds <= 0xffff_ffff, "start of an observation");
		assert(periodSeconds >= 0 && periodSeconds <= 0xffff, "period of an observation");
		view.setUint32(headerBytes, startSeconds, true);
		let at = headerBytes + fixedBytes;
		for (let from = 0; from < this.#ids.length; from = this.#groupEnd(from)) {
			if (this.#measure(observation, from) > 0) at = this.#encodeGroup(observation, from, view, at);
		}
		const kind = RecordKind.Observation | (timeQuality << 4);
		return sealRecord(bytes, view, kind, periodSeconds, observation.sequence, at - headerBytes);
	}

	/** Fills `into` from the intact record at the start of `view`. */
	decode(view: DataView, into: Observation): void {
		into.clear();
		into.sequence = recordSequence(view);
		into.periodSeconds = recordTag(view);
		into.timeQuality = recordFlags(view) as TimeQuality;
		into.startSeconds = view.getUint32(headerBytes, true);
		const end = headerBytes + recordLength(view);
		let at = headerBytes + fixedBytes;
		while (at < end) at = this.#decodeGroup(view, at, into);
	}

	/** The place after the last channel of the group that begins at `from`. */
	#groupEnd(from: number): number {
		const group = this.#ids[from]! >> groupShift;
		let end = from + 1;
		while (end < this.#ids.length && this.#ids[end]! >> groupShift === group) end += 1;
		return end;
	}

	/** Finds the bitmaps of a group; returns its bytes, 0 when no channel has anything. */
	#measure({ values, reasons, flags }: Observation, from: number): number {
		const end = this.#groupEnd(from);
		let length = 0;
		this.#present = 0;
		this.#notes = 0;
		for (let place = from; place < end; place++) {
			const index = this.#indices[place]!;
			const bit = 1 << (this.#ids[place]! & groupMask);
			const isMissing = Number.isNaN(values[index]!);
			const note = isMissing ? reasons[index]! : flags[index]!;
			if (isMissing && note === 0) continue;
			this.#present |= bit;
			if (!isMissing) length += 4;
			if (note === 0) continue;
			this.#notes |= bit;
			length += 1;
		}
		if (this.#present === 0) return 0;
		return length + (this.#notes === 0 ? 2 : 3);
	}

	/** Encodes the group that was measured last; returns the index after it. */
	#encodeGroup(observation: Observation, from: number, view: DataView, at: number): number {
		const { values, reasons, flags } = observation;
		const present = this.#present;
		const notes = this.#notes;
		const end = this.#groupEnd(from);
		view.setUint8(at++, (this.#ids[from]! >> groupShift) | (notes === 0 ? 0 : noted));
		view.setUint8(at++, present);
		if (notes !== 0) view.setUint8(at++, notes);
		for (let place = from; place < end; place++) {
			const index = this.#indices[place]!;
			const bit = 1 << (this.#ids[place]! & groupMask);
			if ((present & bit) === 0) continue;
			const isMissing = Number.isNaN(values[index]!);
			if ((notes & bit) !== 0) {
				view.setUint8(at++, isMissing ? missing | reasons[index]! : flags[index]!);
			}
			if (isMissing) continue;
			view.setFloat32(at, values[index]!, true);
			at += 4;
		}
		return at;
	}

	/** Decodes the group at `at`; returns the index after it. */
	#decodeGroup(view: DataView, at: number, into: Observation): number {
		const head = view.getUint8(at++);
		const present = view.getUint8(at++);
		const notes = (head & noted) === 0 ? 0 : view.getUint8(at++);
		for (let place = 0; place <= groupMask; place++) {
			if ((present & (1 << place)) === 0) continue;
			const index = this.#indexOf[((head & ~noted) << groupShift) | place]!;
			const note = (notes & (1 << place)) === 0 ? 0 : view.getUint8(at++);
			if ((note & missing) !== 0) {
				if (index >= 0) into.reasons[index] = note & ~missing;
				continue;
			}
			if (index >= 0) {
				into.values[index] = view.getFloat32(at, true);
				into.flags[index] = note;
			}
			at += 4;
		}
		return at;
	}
}
