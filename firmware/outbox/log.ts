import { assert } from "../base/assert.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { FlashPartition } from "../ports/storage.ts";
import { PageBuffers } from "./pages.ts";
import {
	blockHeaderBytes,
	checkRecord,
	headerBytes,
	RecordKind,
	recordKind,
	recordLength,
	recordSequence,
	recordSize,
	sealRecord,
	unitBytes,
} from "./record.ts";

/** Bytes that are read at first: most records are no longer. */
const usualBytes = 64;

const erased = 0xff;

/**
 * The flash partition behind buffers that are allocated once. Here, and only here, exceptions of the
 * flash become `Status.StorageFailed`.
 */
export class FlashMedium {
	/** Calls of the flash that failed, and writes that did not read back as written. */
	faults = 0;
	readonly blocks: number;
	readonly blockLength: number;
	/** What the next `write` writes, from index 0. */
	readonly out: Uint8Array;
	readonly outView: DataView;
	/** What the last `read` has read. */
	readonly in: Uint8Array;
	readonly inView: DataView;
	readonly #flash: FlashPartition;
	readonly #outs: readonly Uint8Array[];
	readonly #ins: readonly Uint8Array[];

	/**
	 * @param pages  lent for the length of each call of the outbox
	 * @throws {Error} when the partition is not one that the records fit on
	 */
	constructor(flash: FlashPartition, pages = new PageBuffers()) {
		const { blocks, blockLength, writeAlign, eraseValue } = flash.status();
		assert(unitBytes % writeAlign === 0, `writeAlign is ${writeAlign}, not a divisor of 16`);
		assert(eraseValue === erased, "erased flash does not read as 0xff");
		this.#flash = flash;
		this.blocks = blocks;
		this.blockLength = blockLength;
		this.out = pages.out;
		this.outView = pages.outView;
		this.in = pages.in;
		this.inView = pages.inView;
		this.#outs = pages.outs;
		this.#ins = pages.ins;
	}

	/** The first `length` bytes of `out`, a multiple of `unitBytes`. */
	outPrefix(length: number): Uint8Array {
		return this.#outs[length / unitBytes]!;
	}

	/** The first `length` bytes of `in`, a multiple of `unitBytes`. */
	inPrefix(length: number): Uint8Array {
		return this.#ins[length / unitBytes]!;
	}

	/** Fills the first `length` bytes of `in`, a multiple of `unitBytes`. */
	read(offset: number, length: number): Status {
		try {
			this.#flash.read(this.inPrefix(length), offset);
			return Status.Ok;
		} catch {
			this.faults += 1;
			return Status.StorageFailed;
		}
	}

	/** Writes the first `length` bytes of `out` and reads them back; `in` holds them afterwards. */
	write(offset: number, length: number): Status {
		try {
			this.#flash.write(this.outPrefix(length), offset);
			this.#flash.read(this.inPrefix(length), offset);
		} catch {
			this.faults += 1;
			return Status.StorageFailed;
		}
		for (let at = 0; at < length; at++) {
			if (this.in[at] !== this.out[at]) {
				this.faults += 1;
				return Status.StorageFailed;
			}
		}
		return Status.Ok;
	}

	erase(block: number): Status {
		try {
			this.#flash.eraseBlock(block);
			return Status.Ok;
		} catch {
			this.faults += 1;
			return Status.StorageFailed;
		}
	}
}

const BlockState = Object.freeze({
	/** Free, and whatever an interrupted erase may have left. */
	Dirty: 0,
	/** Free, and erased to the end since the start. */
	Clean: 1,
	Used: 2,
	/** Not blank and without a readable first record: torn, or damaged. */
	Suspect: 3,
	/** Failed since the start; not used again before the next one. */
	Broken: 4,
} as const);

/**
 * An append-only log of records over a range of erase blocks. It knows blocks, torn writes and
 * wear; what a record means, and which block may be released, is up to its owner.
 *
 * A block is opened in three steps: `begin` erases it, the owner appends whatever later records
 * build on, `commit` writes the first record of the block. A power cut before `commit` leaves the block
 * before it in force. Blocks are opened in the order in which they lie, skipping those in use, so each is
 * erased once a round: that is the whole of wear levelling.
 */
export class FlashLog {
	readonly medium: FlashMedium;
	readonly blockLength: number;
	/** Blocks in use, the one that is written to last. */
	count = 0;
	/** Blocks that can be opened. */
	free = 0;
	/** Where the next record of the newest block goes. */
	tail = 0;
	readonly #firstBlock: number;
	readonly #blockCount: number;
	readonly #states: Uint8Array;
	/** By age: block, and sequence of its first record. */
	readonly #blocks: Uint8Array | Uint16Array;
	readonly #firsts: Uint32Array;
	/** The block that is written to. */
	#head = 0;
	#generation = 0;

	/**
	 * @param firstBlock  first block of the partition that belongs to this log
	 * @param blockCount  blocks that belong to it, 2 or more
	 */
	constructor(medium: FlashMedium, firstBlock: number, blockCount: number) {
		this.medium = medium;
		this.blockLength = medium.blockLength;
		this.#firstBlock = firstBlock;
		this.#blockCount = blockCount;
		this.#states = new Uint8Array(blockCount);
		this.#blocks = blockCount <= 256 ? new Uint8Array(blockCount) : new Uint16Array(blockCount);
		this.#firsts = new Uint32Array(blockCount);
	}

	/**
	 * Reads the first record of every block and puts the blocks in order. The newest block is closed
	 * for writing until the owner has read it and sets `tail`.
	 */
	open(): Status {
		this.count = 0;
		this.free = this.#blockCount;
		this.#head = 0;
		this.#generation = 0;
		this.close();
		const { medium } = this;
		// By age, as the blocks; nobody asks for them once those are in order.
		const generations = new Uint32Array(this.#blockCount);
		for (let block = 0; block < this.#blockCount; block++) {
			const status = medium.read(this.#offset(block), blockHeaderBytes);
			if (status !== Status.Ok) return status;
			if (this.#isHeader()) {
				const generation = medium.inView.getUint32(headerBytes, true);
				const index = insertSorted(generations, this.count, generation);
				this.#insertAt(index, block, recordSequence(medium.inView));
			} else {
				this.#states[block] = this.#isBlank(blockHeaderBytes)
					? BlockState.Dirty
					: BlockState.Suspect;
			}
		}
		if (this.count > 0) {
			this.#head = this.#blocks[this.count - 1]!;
			this.#generation = generations[this.count - 1]!;
		}
		return Status.Ok;
	}

	/** Sequence at which the block `index` begins, counted from the oldest. */
	first(index: number): number {
		return this.#firsts[index]!;
	}

	/** Number of the block `index` within this log; it stays the same while the block is in use. */
	block(index: number): number {
		return this.#blocks[index]!;
	}

	/** The next suspect block at or after `block`, or -1. */
	suspect(block: number): number {
		while (block < this.#blockCount) {
			if (this.#states[block] === BlockState.Suspect) return block;
			block += 1;
		}
		return -1;
	}

	/**
	 * Takes a suspect block into use, in its place by sequence. When it becomes the newest one it is
	 * closed for writing.
	 *
	 * @returns its index
	 */
	adopt(block: number, first: number): number {
		const index = this.find(first) + 1;
		this.#insertAt(index, block, first);
		if (index === this.count - 1) {
			this.#head = block;
			this.close();
		}
		return index;
	}

	/** Index of the newest block that begins at or before `sequence`; -1 when all begin later. */
	find(sequence: number): number {
		let low = 0;
		let high = this.count;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.#firsts[middle]! <= sequence) low = middle + 1;
			else high = middle;
		}
		return low - 1;
	}

	/** Where the records of the block `index` may end. */
	end(index: number): number {
		return index === this.count - 1 ? this.tail : this.blockLength;
	}

	/**
	 * Reads the record at `offset` of a block into `medium.in`.
	 *
	 * @param block  number of the block within this log
	 * @returns the bytes it takes, 0 when no intact record begins there, or a negated Status
	 */
	read(block: number, offset: number): number {
		const { medium } = this;
		const room = this.blockLength - offset;
		let length = Math.min(usualBytes, room);
		let status = medium.read(this.#offset(block) + offset, length);
		const size = recordSize(recordLength(medium.inView));
		if (status === Status.Ok && size > length && size <= Math.min(Limits.recordBytes, room)) {
			length = size;
			status = medium.read(this.#offset(block) + offset, length);
		}
		if (status !== Status.Ok) return -status;
		return checkRecord(medium.in, medium.inView, 0, length);
	}

	/**
	 * Finds the end of what has been written to a block, intact or not.
	 *
	 * @returns offset after the last unit that is not blank, or a negated Status
	 */
	written(block: number): number {
		let end = this.blockLength;
		while (end > blockHeaderBytes) {
			const length = Math.min(Limits.recordBytes, end - blockHeaderBytes);
			const status = this.medium.read(this.#offset(block) + end - length, length);
			if (status !== Status.Ok) return -status;
			for (let at = length - 1; at >= 0; at--) {
				if (this.medium.in[at] !== erased) {
					return (end - length + at + unitBytes) & -unitBytes;
				}
			}
			end -= length;
		}
		return end;
	}

	/** Whether `size` more bytes fit into the newest block. */
	hasRoom(size: number): boolean {
		return this.tail + size <= this.blockLength;
	}

	/**
	 * Writes the first `size` bytes of `medium.out`, whole records, behind the last one. What could
	 * not be written is left behind as torn.
	 */
	append(size: number): Status {
		if (!this.hasRoom(size)) return Status.NoRoom;
		const at = this.#offset(this.#head) + this.tail;
		this.tail += size;
		return this.medium.write(at, size);
	}

	/** Nothing more is written to the newest block. */
	close(): void {
		this.tail = this.blockLength;
	}

	/**
	 * Erases the next free block; `append` goes there from now on.
	 *
	 * @returns NoRoom when no block is free. A block that fails is not used again before the next start.
	 */
	begin(): Status {
		this.close();
		if (this.free === 0) return Status.NoRoom;
		let block = this.#head;
		do block = block + 1 === this.#blockCount ? 0 : block + 1;
		while (!this.#isFree(block));
		this.#head = block;
		if (this.#states[block] !== BlockState.Clean) {
			const status = this.medium.erase(this.#firstBlock + block);
			if (status !== Status.Ok) return this.abandon(status);
		}
		this.#states[block] = BlockState.Dirty;
		this.tail = blockHeaderBytes;
		return Status.Ok;
	}

	/**
	 * Puts the block in force that `begin` has erased.
	 *
	 * @param first   sequence at which it begins
	 * @param length  payload bytes in `medium.out`; those of the generation are filled in here
	 */
	commit(first: number, length: number): Status {
		const { medium } = this;
		this.#generation += 1;
		medium.outView.setUint32(headerBytes, this.#generation, true);
		sealRecord(medium.out, medium.outView, RecordKind.Block, 0, first, length);
		medium.out.fill(erased, recordSize(length), blockHeaderBytes);
		const status = medium.write(this.#offset(this.#head), blockHeaderBytes);
		if (status !== Status.Ok) return this.abandon(status);
		this.#insertAt(this.count, this.#head, first);
		return Status.Ok;
	}

	/** Gives up the block that `begin` has erased; returns the `status` that is why. */
	abandon(status: Status): Status {
		this.#states[this.#head] = BlockState.Broken;
		this.free -= 1;
		this.close();
		return status;
	}

	/** Erases the block `index`, which must not be the newest one. */
	release(index: number): Status {
		const block = this.#blocks[index]!;
		this.#blocks.copyWithin(index, index + 1, this.count);
		this.#firsts.copyWithin(index, index + 1, this.count);
		this.count -= 1;
		const status = this.medium.erase(this.#firstBlock + block);
		this.#states[block] = status === Status.Ok ? BlockState.Clean : BlockState.Broken;
		if (status === Status.Ok) this.free += 1;
		return status;
	}

	#offset(block: number): number {
		return (this.#firstBlock + block) * this.blockLength;
	}

	#isFree(block: number): boolean {
		const state = this.#states[block]!;
		return state === BlockState.Dirty || state === BlockState.Clean || state === BlockState.Suspect;
	}

	#isHeader(): boolean {
		const { in: bytes, inView: view } = this.medium;
		return (
			checkRecord(bytes, view, 0, blockHeaderBytes) > 0 && recordKind(view) === RecordKind.Block
		);
	}

	#isBlank(length: number): boolean {
		for (let at = 0; at < length; at++) if (this.medium.in[at] !== erased) return false;
		return true;
	}

	#insertAt(index: number, block: number, first: number): void {
		this.#blocks.copyWithin(index + 1, index, this.count);
		this.#firsts.copyWithin(index + 1, index, this.count);
		this.#blocks[index] = block;
		this.#firsts[index] = first;
		this.#states[block] = BlockState.Used;
		this.count += 1;
		this.free -= 1;
	}
}

/**
 * Inserts a value behind those that are not larger.
 *
 * @param count  values that are there, ascending
 * @returns its index
 */
function insertSorted(values: Uint32Array, count: number, value: number): number {
	let index = count;
	while (index > 0 && values[index - 1]! > value) index -= 1;
	values.copyWithin(index + 1, index, count);
	values[index] = value;
	return index;
}
