import { crc32 } from "../base/crc.ts";
import type { RetainedMemory } from "../ports/storage.ts";

/** Bytes of retained memory that a note takes: checksum and numbers. */
export const noteBytes = 32;
const checksumBytes = 4;
/** Numbers in a note at most. */
const numbersMaximum = 3;
/** What the checksum begins with: a note of another format is no note. */
const formatVersion = 1;

/**
 * A few numbers that outlive deep sleep and resets. After a power-on the memory holds anything, and the checksum
 * says that there is no note.
 */
export class RetainedNote {
	readonly #memory: RetainedMemory;
	readonly #bytes = new Uint8Array(noteBytes);
	readonly #view = new DataView(this.#bytes.buffer);

	/** @param memory  `noteBytes` long */
	constructor(memory: RetainedMemory) {
		this.#memory = memory;
	}

	/** The numbers of the last `write`, and zeros up to three; `undefined` when there is none. */
	read(): readonly number[] | undefined {
		this.#memory.read(this.#bytes, 0);
		if (this.#view.getUint32(0) !== this.#checksum()) return undefined;
		return Array.from({ length: numbersMaximum }, (_, index) => this.#view.getFloat64(at(index)));
	}

	/** @param numbers  three at most */
	write(...numbers: readonly number[]): void {
		this.#bytes.fill(0);
		for (let index = 0; index < numbers.length; index++) {
			this.#view.setFloat64(at(index), numbers[index]!);
		}
		this.#view.setUint32(0, this.#checksum());
		this.#memory.write(this.#bytes, 0);
	}

	#checksum(): number {
		return crc32(this.#bytes, checksumBytes, noteBytes, formatVersion);
	}
}

function at(index: number): number {
	return checksumBytes + 8 * index;
}

/** A part of retained memory. */
export class RetainedRange implements RetainedMemory {
	readonly length: number;
	readonly #memory: RetainedMemory;
	readonly #start: number;

	/** From `start` to `end`; all of the rest without `end`. */
	constructor(memory: RetainedMemory, start: number, end = memory.length) {
		this.length = end - start;
		this.#memory = memory;
		this.#start = start;
	}

	read(into: Uint8Array, offset: number): void {
		this.#memory.read(into, this.#start + offset);
	}

	write(from: Uint8Array, offset: number): void {
		this.#memory.write(from, this.#start + offset);
	}
}

/**
 * The ticks at which a run begins: those of the run before it, and the sleep between them, where it has slept;
 * 0 otherwise.
 *
 * @param note  ticks and real-time clock, both in ms, written right before the sleep
 * @param rtc   the real-time clock now; it goes on over the sleep, set or not
 */
export function ticksAfterSleep(note: RetainedNote, hasSlept: boolean, rtc: number): number {
	const numbers = hasSlept ? note.read() : undefined;
	if (numbers === undefined) return 0;
	return numbers[0]! + Math.max(0, rtc - numbers[1]!);
}
