import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { FlashLog } from "./log.ts";
import {
	blockHeaderBytes,
	headerBytes,
	RecordKind,
	recordKind,
	recordLength,
	recordSequence,
	recordSize,
	sealRecord,
	unitBytes,
} from "./record.ts";

/** What a notice is, most important last. */
export const NoticeKind = Object.freeze({
	Health: RecordKind.Health,
	Alert: RecordKind.Alert,
} as const);

export type NoticeKind = (typeof NoticeKind)[keyof typeof NoticeKind];

/** A stored alert or health report. One instance is reused. */
export class Notice {
	/** 1 or more; grows with each notice of a station, also over reboots. */
	number = 0;
	kind: NoticeKind = NoticeKind.Health;
	/** Bytes of `bytes` that are in use. */
	length = 0;
	readonly bytes = new Uint8Array(Limits.recordBytes - headerBytes);
}

/** Payload of a `Block` record: generation, shed. */
const stateBytes = 8;

/**
 * Alerts and health reports that wait, in blocks of their own, so that a flood of observations cannot
 * push them out, nor they the observations.
 *
 * At most `Limits.notices`, and at most half a block of bytes. What is beyond that sheds the oldest health
 * report, and the oldest alert only when no health report waits. All that wait are in the newest
 * block: opening the next one copies them.
 */
export class NoticeLog {
	readonly #log: FlashLog;
	readonly #firstNumber: number;
	#isOpen = false;
	#next = 1;
	#shed = 0;
	#corrupt = 0;
	/** Those that wait, oldest first: number, kind, bytes in flash, place in the newest block. */
	#count = 0;
	#bytes = 0;
	readonly #numbers = new Uint32Array(Limits.notices);
	readonly #kinds = new Uint8Array(Limits.notices);
	readonly #sizes = new Uint8Array(Limits.notices);
	readonly #offsets = new Uint16Array(Limits.notices);
	readonly #copies = new Uint16Array(Limits.notices);

	/** @param firstNumber  the first number where the flash holds none */
	constructor(log: FlashLog, firstNumber: number) {
		this.#log = log;
		this.#firstNumber = firstNumber;
	}

	/** The number of the next notice. */
	get nextNumber(): number {
		return this.#next;
	}

	/** Notices that are neither acknowledged nor shed. */
	get waiting(): number {
		return this.#count;
	}

	/** Notices that were given up for want of room, since the partition was blank. */
	get shed(): number {
		return this.#shed;
	}

	/** Notices that could not be read back, since the start. */
	get corrupt(): number {
		return this.#corrupt;
	}

	/** Finds what is intact. */
	open(): Status {
		const log = this.#log;
		this.#isOpen = false;
		this.#next = this.#firstNumber;
		this.#shed = 0;
		this.#count = 0;
		this.#bytes = 0;
		let status = log.open();
		if (status === Status.Ok && log.count === 0) status = this.#salvage();
		if (status === Status.Ok && log.count > 0) status = this.#replay();
		if (status !== Status.Ok) return status;
		// A power cut between opening a block and erasing the one before it.
		while (log.count > 1) void log.release(0);
		this.#isOpen = true;
		return Status.Ok;
	}

	/**
	 * Stores a notice.
	 *
	 * @param bytes  the notice is `bytes[0..length)`; its form is up to the caller
	 * @returns its number when it survives a power cut, or a negated Status: TooLong for more than
	 *   `Limits.recordBytes` with the header; NoRoom for a health report when only alerts wait, and then it is
	 *   in the shed count; StorageFailed
	 */
	append(kind: NoticeKind, bytes: Uint8Array, length: number): number {
		if (!this.#isOpen) return -Status.NotReady;
		const size = recordSize(length);
		if (size > Limits.recordBytes) return -Status.TooLong;
		while (!this.#holds(size)) {
			const index = this.#leastImportant();
			if (kind < this.#kinds[index]!) {
				this.#shed += 1;
				return -Status.NoRoom;
			}
			const number = this.#numbers[index]!;
			this.#remove(index);
			this.#shed += 1;
			const status = this.#write(RecordKind.NoticeShed, number, undefined, 0);
			if (status !== Status.Ok) return -status;
		}
		const number = this.#next;
		// A write that failed may still be found at the next start: no number is used twice.
		this.#next += 1;
		const status = this.#write(kind, number, bytes, length);
		if (status !== Status.Ok) return -status;
		this.#add(number, kind, size, this.#log.tail - size);
		return number;
	}

	/**
	 * Reads the first notice that waits with a number of `from` or more.
	 *
	 * @returns false when there is none
	 */
	peek(from: number, into: Notice): boolean {
		const log = this.#log;
		const { in: bytes, inView: view } = log.medium;
		for (let index = 0; index < this.#count; ) {
			const number = this.#numbers[index]!;
			if (number < from) {
				index += 1;
				continue;
			}
			const size = log.read(log.block(log.count - 1), this.#offsets[index]!);
			if (size < 0) return false;
			if (size === 0 || recordSequence(view) !== number) {
				this.#corrupt += 1;
				this.#remove(index);
				continue;
			}
			into.number = number;
			into.kind = this.#kinds[index] as NoticeKind;
			into.length = recordLength(view);
			for (let at = 0; at < into.length; at++) into.bytes[at] = bytes[headerBytes + at]!;
			return true;
		}
		return false;
	}

	/** Says that the notice has arrived. Idempotent; Ok when this survives a power cut. */
	acknowledge(number: number): Status {
		if (!this.#isOpen) return Status.NotReady;
		if (this.#indexOf(number) < 0) return Status.Ok;
		const status = this.#write(RecordKind.NoticeAcknowledged, number, undefined, 0);
		if (status === Status.Ok) this.#remove(this.#indexOf(number));
		return status;
	}

	// Opening.

	/** Takes a block whose first record is damaged, when there is none that is whole. */
	#salvage(): Status {
		const log = this.#log;
		for (let block = log.suspect(0); block >= 0; block = log.suspect(block + 1)) {
			for (let offset = blockHeaderBytes; offset < log.blockLength; ) {
				const size = log.read(block, offset);
				if (size < 0) return -size as Status;
				if (size > 0 && isNotice(recordKind(log.medium.inView))) {
					log.adopt(block, 0);
					return Status.Ok;
				}
				offset += Math.max(size, unitBytes);
			}
		}
		return Status.Ok;
	}

	/** Applies the records of the newest block, and finds where the next one goes. */
	#replay(): Status {
		const log = this.#log;
		const view = log.medium.inView;
		const block = log.block(log.count - 1);
		const header = log.read(block, 0);
		if (header < 0) return -header as Status;
		if (header > 0) {
			this.#next = recordSequence(view);
			this.#shed = view.getUint32(headerBytes + 4, true);
		}
		const end = log.written(block);
		if (end < 0) return -end as Status;
		let damaged = 0;
		for (let offset = blockHeaderBytes; offset < end; ) {
			const size = log.read(block, offset);
			if (size < 0) return -size as Status;
			if (size === 0) damaged += 1;
			else this.#apply(size, offset);
			offset += Math.max(size, unitBytes);
		}
		// A damaged unit may have been a notice whose number somebody has seen.
		this.#next += damaged;
		if (header > 0) log.tail = end;
		return Status.Ok;
	}

	/** Applies the record that was read last. */
	#apply(size: number, offset: number): void {
		const view = this.#log.medium.inView;
		const kind = recordKind(view);
		const number = recordSequence(view);
		if (isNotice(kind)) {
			this.#next = Math.max(this.#next, number + 1);
			if (this.#holds(size)) this.#add(number, kind, size, offset);
			return;
		}
		const index = this.#indexOf(number);
		if (index < 0) return;
		if (kind === RecordKind.NoticeShed) this.#shed += 1;
		this.#remove(index);
	}

	// Writing.

	/** Puts a record into flash, at the second attempt into another block. */
	#write(kind: number, number: number, bytes: Uint8Array | undefined, length: number): Status {
		const log = this.#log;
		const { out, outView } = log.medium;
		for (let attempt = 1; ; attempt++) {
			let status = log.hasRoom(recordSize(length)) ? Status.Ok : this.#roll();
			if (status === Status.Ok) {
				for (let at = 0; at < length; at++) out[headerBytes + at] = bytes![at]!;
				status = log.append(sealRecord(out, outView, kind, 0, number, length));
			}
			if (status === Status.Ok || attempt === 2) return status;
			log.close();
		}
	}

	/** Goes on in the next block, past any that fail. */
	#roll(): Status {
		const log = this.#log;
		let status: Status;
		do status = this.#openBlock();
		while (status !== Status.Ok && log.free > 0);
		while (status === Status.Ok && log.count > 1) void log.release(0);
		return status;
	}

	/** Opens a block with all notices that wait. */
	#openBlock(): Status {
		const log = this.#log;
		const from = log.count === 0 ? 0 : log.block(log.count - 1);
		let status = log.begin();
		if (status !== Status.Ok) return status;
		for (let index = 0; index < this.#count; index++) {
			const size = log.read(from, this.#offsets[index]!);
			if (size < 0) return log.abandon(-size as Status);
			// What cannot be read gets a place at which no notice stands, for `peek` to find.
			this.#copies[index] = size === 0 ? 0 : log.tail;
			if (size === 0) continue;
			for (let at = 0; at < size; at++) log.medium.out[at] = log.medium.in[at]!;
			status = log.append(size);
			if (status !== Status.Ok) return log.abandon(status);
		}
		log.medium.outView.setUint32(headerBytes + 4, this.#shed, true);
		status = log.commit(this.#next, stateBytes);
		if (status === Status.Ok) this.#offsets.set(this.#copies);
		return status;
	}

	// The table of those that wait.

	#holds(size: number): boolean {
		return this.#count < Limits.notices && this.#bytes + size <= this.#log.blockLength / 2;
	}

	#leastImportant(): number {
		let least = 0;
		for (let index = 1; index < this.#count; index++) {
			if (this.#kinds[index]! < this.#kinds[least]!) least = index;
		}
		return least;
	}

	#indexOf(number: number): number {
		for (let index = 0; index < this.#count; index++) {
			if (this.#numbers[index] === number) return index;
		}
		return -1;
	}

	#add(number: number, kind: number, size: number, offset: number): void {
		const index = this.#count;
		this.#numbers[index] = number;
		this.#kinds[index] = kind;
		this.#sizes[index] = size;
		this.#offsets[index] = offset;
		this.#count += 1;
		this.#bytes += size;
	}

	#remove(index: number): void {
		this.#bytes -= this.#sizes[index]!;
		this.#numbers.copyWithin(index, index + 1, this.#count);
		this.#kinds.copyWithin(index, index + 1, this.#count);
		this.#sizes.copyWithin(index, index + 1, this.#count);
		this.#offsets.copyWithin(index, index + 1, this.#count);
		this.#count -= 1;
	}
}

function isNotice(kind: number): boolean {
	return kind === RecordKind.Health || kind === RecordKind.Alert;
}
