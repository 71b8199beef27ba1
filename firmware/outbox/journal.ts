import { Status } from "../base/status.ts";
import type { FlashLog } from "./log.ts";
import { RangeSet } from "./ranges.ts";
import {
	blockHeaderBytes,
	headerBytes,
	RecordKind,
	recordKind,
	recordSequence,
	recordSize,
	recordTag,
	sealRecord,
	unitBytes,
} from "./record.ts";
import { StampTable } from "./stamps.ts";

/** Room at the end of a block for the record of what is shed before the next block is opened. */
const reserveBytes = unitBytes;

/** Payload of a `Block` record: generation, position, shed, corrupt, boot, its first sequence, window. */
const stateBytes = 26;

/**
 * The observations in flash and everything that is known of them: which are done with, which were dated
 * afterwards, how many were shed.
 *
 * Every change is a record, and every block begins with all that came before it, so the newest block is
 * all that has to be read at a start. Nothing is erased before a record says why it may be.
 */
export class Journal {
	readonly log: FlashLog;
	/** Which sequences are acknowledged, shed, unreadable, or were never used. */
	readonly done = new RangeSet();
	readonly stamps = new StampTable();
	/** The first sequence that is not in flash. */
	next = 0;
	/** Observations that could not be read back. */
	corrupt = 0;
	/** How often the station has started, and the first sequence since. */
	boot = 0;
	bootFirst = 0;
	#shed = 0;
	/** Loss window that the flash knows of. */
	#window = 0;
	/** Whether the last `prepare` has opened a block. */
	#hasRolled = false;

	constructor(log: FlashLog) {
		this.log = log;
	}

	/** Observations that were given up because the log was full. */
	get shed(): number {
		return this.#shed;
	}

	/** Loss window of the run before, in observations. */
	get window(): number {
		return this.#window;
	}

	/**
	 * Finds what is intact.
	 *
	 * @param firstSequence  the first sequence where there is nothing
	 * @returns how many observations after `next` may have been there and cannot be read, or a negated Status
	 */
	open(firstSequence: number): number {
		this.next = firstSequence;
		this.done.reset(firstSequence);
		this.stamps.clear();
		this.corrupt = 0;
		this.boot = 0;
		this.bootFirst = 0;
		this.#shed = 0;
		this.#window = 0;
		const status = this.log.open();
		if (status !== Status.Ok) return -status;
		const damaged = this.log.count === 0 ? 0 : this.#replay(this.log.count - 1);
		if (damaged < 0) return damaged;
		const salvaged = this.#salvage(firstSequence);
		return salvaged === Status.Ok ? damaged : -salvaged;
	}

	/** Makes `sequence` the next one; those before it that nobody has used do not wait. */
	skipTo(sequence: number): void {
		if (sequence <= this.next) return;
		this.done.add(this.next, sequence - 1);
		this.next = sequence;
	}

	/**
	 * Writes down that the station has started.
	 *
	 * @param isResumed  the boot before goes on
	 * @param window     loss window of this run
	 * @param skipped    whether sequences were left out, which the next start must know too
	 */
	start(isResumed: boolean, window: number, skipped: boolean): Status {
		if (!isResumed) {
			this.boot += 1;
			this.bootFirst = this.next;
		}
		this.#reclaim(0, this.log.count);
		const isKnown = isResumed && !skipped && window === this.#window;
		this.#window = window;
		if (this.log.count === 0) return this.#roll();
		if (isKnown) return Status.Ok;
		return this.#put(RecordKind.Boot, window, this.next, this.boot, this.bootFirst);
	}

	/** Makes room for `size` bytes of observations, and sheds when it must. */
	prepare(size: number): Status {
		this.#hasRolled = !this.#hasRoom(size);
		return this.#ensureRoom(size);
	}

	/** Bytes of observations that fit into the block at hand. */
	get room(): number {
		return this.log.blockLength - reserveBytes - this.log.tail;
	}

	/**
	 * Writes observations, for which `prepare` has made room.
	 *
	 * @param size   bytes in `medium.out`
	 * @param count  whole records in them, with consecutive sequences from `next`
	 */
	append(size: number, count: number): Status {
		const status = this.log.append(size);
		if (status !== Status.Ok) {
			this.log.close();
			return status;
		}
		this.next += count;
		if (this.#hasRolled) void this.#keepSpare(); // The next roll tries again.
		return Status.Ok;
	}

	/** Marks observations as acknowledged; Ok when this survives a power cut. */
	acknowledge(first: number, last: number): Status {
		last = Math.min(last, this.next - 1);
		first = Math.max(first, this.done.position);
		if (this.done.covers(first, last + 1)) return Status.Ok;
		const status = this.#put(RecordKind.Acknowledged, 0, first, last);
		if (status !== Status.Ok) return status;
		this.done.add(first, last);
		this.#reclaim(this.log.find(first), this.log.find(last));
		return Status.Ok;
	}

	/**
	 * Dates observations of this boot up to `last`; Ok when this survives a power cut, NoRoom when the
	 * table of dates is full.
	 */
	stamp(last: number, offsetSeconds: number): Status {
		const { stamps, done } = this;
		stamps.prune(done.position);
		const first = Math.max(this.bootFirst, stamps.end, done.position);
		if (last < first) return Status.Ok;
		if (stamps.isFull) return Status.NoRoom;
		const status = this.#put(RecordKind.Stamp, 0, first, last, offsetSeconds);
		if (status === Status.Ok) stamps.add(first, last, offsetSeconds);
		return status;
	}

	// Opening.

	/**
	 * Applies the records of the block `index`, the newest one, and finds where the next one goes.
	 *
	 * @returns units that may have held observations newer than the last intact one, or a negated Status
	 */
	#replay(index: number): number {
		const log = this.log;
		const block = log.block(index);
		const header = log.read(block, 0);
		if (header < 0) return header;
		if (header > 0) this.#applyState();
		const end = log.written(block);
		if (end < 0) return end;
		let damaged = 0;
		for (let offset = blockHeaderBytes; offset < end; ) {
			const size = log.read(block, offset);
			if (size < 0) return size;
			if (size === 0) damaged += 1;
			else if (this.#apply()) damaged = 0;
			offset += Math.max(size, unitBytes);
		}
		// A block without its first record is left for another one, unless that would shed.
		if (header > 0 || log.free === 0) log.tail = end;
		return damaged;
	}

	/** Takes over the state in a `Block` record. */
	#applyState(): void {
		const view = this.log.medium.inView;
		this.next = recordSequence(view);
		this.done.reset(view.getUint32(headerBytes + 4, true));
		this.#shed = view.getUint32(headerBytes + 8, true);
		this.corrupt = view.getUint32(headerBytes + 12, true);
		this.boot = view.getUint32(headerBytes + 16, true);
		this.bootFirst = view.getUint32(headerBytes + 20, true);
		this.#window = view.getUint16(headerBytes + 24, true);
	}

	/** Applies the record that was read last; returns whether it is an observation. */
	#apply(): boolean {
		const view = this.log.medium.inView;
		const sequence = recordSequence(view);
		const last = view.getUint32(headerBytes, true);
		switch (recordKind(view)) {
			case RecordKind.Observation:
				this.next = Math.max(this.next, sequence + 1);
				return true;
			case RecordKind.Acknowledged:
				this.done.add(sequence, last);
				break;
			case RecordKind.Shed:
				this.#shed += this.done.add(sequence, last);
				break;
			case RecordKind.Stamp:
				this.stamps.prune(this.done.position);
				if (!this.stamps.isFull) {
					this.stamps.add(sequence, last, view.getUint32(headerBytes + 4, true));
				}
				break;
			case RecordKind.Boot:
				this.skipTo(sequence);
				this.boot = view.getUint32(headerBytes, true);
				this.bootFirst = view.getUint32(headerBytes + 4, true);
				this.#window = recordTag(view);
				break;
		}
		return false;
	}

	/**
	 * Looks into blocks whose first record is damaged for observations that still wait. There are
	 * none in a block that a power cut has caught while it was erased or opened.
	 */
	#salvage(firstSequence: number): Status {
		const log = this.log;
		const isBlind = log.count === 0;
		if (isBlind) this.done.reset(0);
		let least = Number.POSITIVE_INFINITY;
		let isNewest = false;
		for (let block = log.suspect(0); block >= 0; block = log.suspect(block + 1)) {
			const first = this.#firstWaiting(block);
			if (first < 0) return -first as Status;
			if (first === Number.POSITIVE_INFINITY) continue;
			least = Math.min(least, first);
			if (log.adopt(block, first) === log.count - 1) isNewest = true;
		}
		if (isBlind) {
			// Nothing says what is done with, so everything that can be read waits.
			this.next = isNewest ? least : firstSequence;
			this.done.reset(this.next);
		}
		if (!isNewest) return Status.Ok;
		const damaged = this.#replay(log.count - 1);
		if (damaged < 0) return -damaged as Status;
		this.skipTo(this.next + damaged);
		if (isBlind) this.skipTo(firstSequence);
		return Status.Ok;
	}

	/** The least sequence in a block of an observation that waits, Infinity, or a negated Status. */
	#firstWaiting(block: number): number {
		const log = this.log;
		let first = Number.POSITIVE_INFINITY;
		for (let offset = blockHeaderBytes; offset < log.blockLength; ) {
			const size = log.read(block, offset);
			if (size < 0) return size;
			if (size > 0 && recordKind(this.log.medium.inView) === RecordKind.Observation) {
				const sequence = recordSequence(this.log.medium.inView);
				if (this.done.next(sequence) === sequence) first = Math.min(first, sequence);
			}
			offset += Math.max(size, unitBytes);
		}
		return first;
	}

	// Writing.

	/** Puts a record of one or two numbers into flash, at the second attempt into another block. */
	#put(kind: number, tag: number, sequence: number, value: number, second = -1): Status {
		const size = recordSize(second < 0 ? 4 : 8);
		for (let attempt = 1; ; attempt++) {
			let status = this.#ensureRoom(size);
			if (status === Status.Ok) status = this.#appendNumbers(kind, tag, sequence, value, second);
			if (status === Status.Ok || attempt === 2) return status;
			this.log.close();
		}
	}

	#appendNumbers(kind: number, tag: number, sequence: number, value: number, second = -1): Status {
		const { out, outView } = this.log.medium;
		outView.setUint32(headerBytes, value, true);
		if (second >= 0) outView.setUint32(headerBytes + 4, second, true);
		const length = second < 0 ? 4 : 8;
		return this.log.append(sealRecord(out, outView, kind, tag, sequence, length));
	}

	#hasRoom(size: number): boolean {
		return this.log.hasRoom(size + reserveBytes);
	}

	/** Makes room for a record. Goes on in the next block when it must. */
	#ensureRoom(size: number): Status {
		return this.#hasRoom(size) ? Status.Ok : this.#roll();
	}

	/** Goes on in the next block, past any that fail. */
	#roll(): Status {
		const log = this.log;
		let status: Status = this.#keepSpare();
		if (status !== Status.Ok) return status;
		do status = this.#openBlock();
		while (status !== Status.Ok && log.free > 0);
		if (status === Status.Ok) this.#reclaim(log.count - 3, log.count);
		return status;
	}

	/** Opens a block with everything that its records build on, so that no older block is needed. */
	#openBlock(): Status {
		const log = this.log;
		let status = log.begin();
		if (status !== Status.Ok) return status;
		const done = this.done;
		for (let index = 0; index < done.count && status === Status.Ok; index++) {
			const first = done.first(index);
			status = this.#appendNumbers(RecordKind.Acknowledged, 0, first, done.last(index));
		}
		const stamps = this.stamps;
		stamps.prune(done.position);
		for (let index = 0; index < stamps.count && status === Status.Ok; index++) {
			const offset = stamps.offset(index);
			const last = stamps.last(index);
			status = this.#appendNumbers(RecordKind.Stamp, 0, stamps.first(index), last, offset);
		}
		if (status !== Status.Ok) return log.abandon(status);
		const view = this.log.medium.outView;
		view.setUint32(headerBytes + 4, done.position, true);
		view.setUint32(headerBytes + 8, this.#shed, true);
		view.setUint32(headerBytes + 12, this.corrupt, true);
		view.setUint32(headerBytes + 16, this.boot, true);
		view.setUint32(headerBytes + 20, this.bootFirst, true);
		view.setUint16(headerBytes + 24, this.#window, true);
		return log.commit(this.next, stateBytes);
	}

	/**
	 * Makes sure that a block is free; sheds when it must. Observations leave one free for
	 * acknowledgements, which need room before they make some.
	 */
	#keepSpare(): Status {
		const log = this.log;
		if (log.free === 0) this.#reclaim(0, log.count);
		while (log.free === 0) {
			if (log.count < 2) return Status.StorageFailed;
			const status = this.#shedOldest();
			if (status !== Status.Ok) return status;
		}
		return Status.Ok;
	}

	/** Gives up what still waits in the oldest block. */
	#shedOldest(): Status {
		const position = this.done.position;
		const last = this.log.first(1) - 1;
		if (last >= position) {
			const status = this.#appendNumbers(RecordKind.Shed, 0, position, last);
			// A block that was closed for a failed write has no room; the next one says it.
			if (status !== Status.Ok && status !== Status.NoRoom) return status;
			this.#shed += this.done.add(position, last);
		}
		return this.log.release(0);
	}

	/**
	 * Erases the blocks from index `from` to `to` in which nothing waits. The block before the newest
	 * one stays: it holds a second copy of everything that the first record of the newest one says.
	 */
	#reclaim(from: number, to: number): void {
		const log = this.log;
		for (let index = Math.min(to, log.count - 3); index >= Math.max(from, 0); index--) {
			if (this.done.covers(log.first(index), log.first(index + 1))) {
				void this.log.release(index); // A block that cannot be erased is out of use.
			}
		}
	}
}
