import { assert } from "../base/assert.ts";
import { Limits } from "../limits.ts";
import type { RetainedMemory } from "../ports/storage.ts";
import type { FlashMedium } from "./log.ts";
import { pageBytes } from "./pages.ts";
import {
	checkRecord,
	RecordKind,
	recordKind,
	recordSequence,
	sealRecord,
	unitBytes,
} from "./record.ts";

/**
 * Observations in retained memory, in front of the flash: records as in flash, with consecutive
 * sequences, behind one that says where they begin. They survive deep sleep and reset; a power cut
 * takes at most `window` of them.
 *
 * Nothing but the first record needs to be kept up to date: what follows it counts as long as the
 * next sequence stands there, and leftovers of earlier fillings have lower ones.
 */
export class Stage {
	/** Observations at most. */
	readonly window: number;
	/** Observations that are here. */
	count = 0;
	/** Sequence of the first of them. */
	first = 0;
	/** Observations that the last `load` has put into `medium.out`. */
	loaded = 0;
	readonly #memory: RetainedMemory;
	readonly #length: number;
	readonly #medium: FlashMedium;
	/** Where the first record is, and where the next one goes. */
	#head = unitBytes;
	#tail = unitBytes;

	/** @param window  observations, 1..`Limits.stagedObservations` */
	constructor(memory: RetainedMemory, window: number, medium: FlashMedium) {
		assert(window >= 1 && window <= Limits.stagedObservations, "loss window");
		assert(memory.length >= unitBytes + Limits.recordBytes, "retained memory is too small");
		this.window = window;
		this.#memory = memory;
		this.#length = memory.length & -unitBytes;
		this.#medium = medium;
	}

	/**
	 * Looks for what an earlier run has left.
	 *
	 * @param next  the first sequence that is not in flash
	 * @returns whether the memory has kept its bytes; `first` and `count` say what is still to be written
	 */
	restore(next: number): boolean {
		const { inView } = this.#medium;
		this.count = 0;
		if (this.#read(0) === 0 || recordKind(inView) !== RecordKind.Stage) return false;
		const base = recordSequence(inView);
		let sequence = base;
		this.#head = unitBytes;
		this.#tail = unitBytes;
		for (;;) {
			const size = this.#read(this.#tail);
			if (size === 0 || recordKind(inView) !== RecordKind.Observation) break;
			if (recordSequence(inView) !== sequence) break;
			this.#tail += size;
			if (sequence < next) this.#head = this.#tail;
			sequence += 1;
		}
		this.count = Math.max(0, sequence - Math.max(next, base));
		this.first = sequence - this.count;
		return true;
	}

	/** Empties the stage; the next observation has the sequence `next`. */
	reset(next: number): void {
		const { out, outView } = this.#medium;
		const size = sealRecord(out, outView, RecordKind.Stage, 0, next, 0);
		this.#memory.write(this.#medium.outPrefix(size), 0);
		this.#head = unitBytes;
		this.#tail = unitBytes;
		this.first = next;
		this.count = 0;
	}

	/** Whether a record of `size` bytes fits. */
	hasRoom(size: number): boolean {
		return this.count < this.window && this.#tail + size <= this.#length;
	}

	/** Adds the record of `size` bytes in `medium.out`. */
	push(size: number): void {
		this.#memory.write(this.#medium.outPrefix(size), this.#tail);
		this.#tail += size;
		this.count += 1;
	}

	/** Bytes of the first record; 0 when the memory has lost it. */
	headSize(): number {
		return this.#read(this.#head);
	}

	/**
	 * Puts whole records from the first one on into `medium.out`, as many as a page takes.
	 *
	 * @param room  bytes at most, `headSize()` or more
	 * @returns bytes, 1 record or more
	 */
	load(room: number): number {
		const { out, outView } = this.#medium;
		const length = Math.min(pageBytes, room & -unitBytes, this.#tail - this.#head);
		this.#memory.read(this.#medium.outPrefix(length), this.#head);
		let bytes = 0;
		this.loaded = 0;
		while (bytes < length) {
			const size = checkRecord(out, outView, bytes, length);
			if (size === 0) break;
			bytes += size;
			this.loaded += 1;
		}
		return bytes;
	}

	/** Forgets what `load` has given; it is in flash now. */
	drop(bytes: number): void {
		this.#head += bytes;
		this.first += this.loaded;
		this.count -= this.loaded;
		if (this.count === 0) this.reset(this.first);
	}

	/** Reads the record at `offset` into `medium.in`; returns its bytes, 0 when there is none. */
	#read(offset: number): number {
		const length = Math.min(Limits.recordBytes, this.#length - offset);
		if (length < unitBytes) return 0;
		const { in: bytes, inView } = this.#medium;
		this.#memory.read(this.#medium.inPrefix(length), offset);
		return checkRecord(bytes, inView, 0, length);
	}
}
