import type {
	FlashPartition,
	FlashStatus,
	KeyValue,
	RetainedMemory,
} from "../../firmware/ports/storage.ts";
import { RandomStream } from "../kernel/random.ts";

/** Why the virtual flash refused; the first three are mistakes of the program that used it. */
export type FlashErrorCode = "misaligned" | "out-of-range" | "bit-set" | "broken" | "no-power";

export class FlashError extends Error {
	readonly code: FlashErrorCode;

	constructor(code: FlashErrorCode, message: string) {
		super(message);
		this.code = code;
	}
}

export interface VirtualFlashOptions {
	/** Erase blocks; 256 makes the default partition of 1 MiB. */
	readonly blocks?: number;
	/** Bytes of an erase block. */
	readonly blockLength?: number;
	/** 4 for plain NOR flash, 16 with flash encryption. */
	readonly writeAlign?: number;
	/** Decides what a torn unit looks like. */
	readonly seed?: number | string;
}

/** What is held of a block that is erased. */
const erased = new Uint8Array(0);
/** Bytes of a block that are held at least once something was written to it. */
const smallestBlock = 512;

/**
 * A NOR flash partition: erasing sets all bits of a block, writing clears bits and never sets one, and
 * a power cut stops either in the middle.
 *
 * Only what was written takes memory, so that ten thousand stations fit into one process: of a block that
 * is not erased the bytes up to the last one written, or a little more. What is behind them is erased.
 */
export class VirtualFlash implements FlashPartition {
	/** Writes and erases begun so far. */
	operations = 0;
	/** Calls that broke a rule of NOR flash or of the port; 0 as long as the firmware is right. */
	violations = 0;
	/** Called when the power goes in the middle of an operation, before the exception. */
	onCut: (() => void) | undefined;
	readonly #status: FlashStatus;
	readonly #seed: number | string;
	/** By block. */
	readonly #blocks = new Map<number, Uint8Array>();
	/** By block; nothing before the first erase. */
	#wear: Map<number, number> | undefined;
	#broken: Set<number> | undefined;
	#powered = true;
	#cutAt = Number.POSITIVE_INFINITY;
	#cutKeep = 0;

	constructor(options: VirtualFlashOptions = {}) {
		const { blocks = 256, blockLength = 4096, writeAlign = 4, seed = 0 } = options;
		this.#status = {
			size: blocks * blockLength,
			blocks,
			blockLength,
			writeAlign,
			eraseValue: 0xff,
		};
		this.#seed = seed;
	}

	status(): FlashStatus {
		return this.#status;
	}

	read(into: Uint8Array, offset: number): void {
		this.#check(offset, into.length, 1);
		const { blockLength } = this.#status;
		let block = this.#blockOf(offset);
		let from = offset - block * blockLength;
		for (let at = 0; at < into.length; block++) {
			const bytes = this.#blocks.get(block) ?? erased;
			const end = Math.min(into.length, at + blockLength - from);
			const written = Math.max(at, Math.min(end, at + bytes.length - from));
			const shift = from - at;
			while (at < written) {
				into[at] = bytes[at + shift]!;
				at += 1;
			}
			into.fill(0xff, at, end);
			at = end;
			from = 0;
		}
	}

	write(from: Uint8Array, offset: number): void {
		this.#check(offset, from.length, this.#status.writeAlign);
		this.#checkBits(from, offset);
		const keep = this.#begin(this.#blockOf(offset), from.length);
		this.#program(from, 0, keep, offset);
		if (this.#powered) return;
		const random = this.#tear();
		const end = Math.min(keep + this.#status.writeAlign, from.length);
		this.#program(
			from.map((byte) => byte | random.below(256)),
			keep,
			end,
			offset,
		);
		this.#cut();
	}

	eraseBlock(block: number): void {
		const { blockLength, writeAlign } = this.#status;
		this.#check(block * blockLength, blockLength, 1);
		const keep = this.#begin(block, blockLength);
		this.#wear ??= new Map();
		this.#wear.set(block, this.wear(block) + 1);
		if (this.#powered) {
			this.#blocks.delete(block);
			return;
		}
		const bytes = this.#blocks.get(block);
		if (bytes !== undefined) {
			bytes.fill(0xff, 0, keep);
			const random = this.#tear();
			const end = Math.min(keep + writeAlign, bytes.length);
			for (let at = keep; at < end; at++) bytes[at]! |= random.below(256);
		}
		this.#cut();
	}

	close(): void {}

	/** How often a block has been erased. */
	wear(block: number): number {
		return this.#wear?.get(block) ?? 0;
	}

	/**
	 * Cuts the power in the middle of an operation to come. From then on every call throws, until
	 * `powerOn`.
	 *
	 * @param count  1 is the next write or erase
	 * @param keep   bytes of it that are done; the unit of `writeAlign` after them is torn, each of
	 *   its bits changed or not, and the rest is as before
	 */
	cutAfter(count: number, keep = 0): void {
		this.#cutAt = this.operations + count;
		this.#cutKeep = keep;
	}

	/** Whether the power is on. */
	get isPowered(): boolean {
		return this.#powered;
	}

	powerOn(): void {
		this.#powered = true;
	}

	/** Makes every write and erase of a block throw, as a worn one may. */
	breakBlock(block: number): void {
		this.#broken ??= new Set();
		this.#broken.add(block);
	}

	/** Turns one bit over, as radiation, age and a weak supply do. */
	flipBit(offset: number, bit: number): void {
		const place = offset % this.#status.blockLength;
		this.#own(this.#blockOf(offset), place + 1)[place]! ^= 1 << bit;
	}

	/** A copy of all bytes, to be kept elsewhere. */
	get image(): Uint8Array {
		const image = new Uint8Array(this.#status.size);
		this.read(image, 0);
		return image;
	}

	/** Replaces all bytes. */
	load(image: Uint8Array): void {
		const { size, blockLength } = this.#status;
		if (image.length !== size) {
			throw new FlashError("out-of-range", `image has ${image.length} bytes, partition ${size}`);
		}
		this.#blocks.clear();
		for (let start = 0; start < size; start += blockLength) {
			const bytes = image.slice(start, start + blockLength);
			if (bytes.some((byte) => byte !== 0xff)) this.#blocks.set(start / blockLength, bytes);
		}
	}

	/** A second flash with the same bytes and wear, powered and with no cut to come. */
	clone(): VirtualFlash {
		const copy = new VirtualFlash({ ...this.#status, seed: this.#seed });
		copy.operations = this.operations;
		for (const [block, bytes] of this.#blocks) copy.#blocks.set(block, bytes.slice());
		copy.#wear = this.#wear && new Map(this.#wear);
		return copy;
	}

	#blockOf(offset: number): number {
		return Math.floor(offset / this.#status.blockLength);
	}

	/** Throws when a bit would have to rise. */
	#checkBits(from: Uint8Array, offset: number): void {
		const { blockLength } = this.#status;
		let block = this.#blockOf(offset);
		let into = offset - block * blockLength;
		for (let at = 0; at < from.length; block++) {
			const bytes = this.#blocks.get(block) ?? erased;
			const end = Math.min(from.length, at + blockLength - into);
			const held = Math.min(end, at + bytes.length - into);
			const shift = into - at;
			for (; at < held; at++) {
				if ((from[at]! & ~bytes[at + shift]!) !== 0) {
					this.#violate("bit-set", `write at ${offset + at} would set a bit`);
				}
			}
			at = end;
			into = 0;
		}
	}

	/** Clears the bits that are 0 in `from[start..end)`; `offset` is where `from[0]` belongs. */
	#program(from: Uint8Array, start: number, end: number, offset: number): void {
		const { blockLength } = this.#status;
		let block = this.#blockOf(offset + start);
		let into = offset + start - block * blockLength;
		for (let at = start; at < end; block++) {
			const stop = Math.min(end, at + blockLength - into);
			const bytes = this.#own(block, into + stop - at);
			const shift = into - at;
			for (; at < stop; at++) bytes[at + shift]! &= from[at]!;
			into = 0;
		}
	}

	/** The bytes of a block, at least up to `end`. */
	#own(block: number, end: number): Uint8Array {
		const bytes = this.#blocks.get(block) ?? erased;
		if (bytes.length >= end) return bytes;
		const length = Math.max(end, 2 * bytes.length, smallestBlock);
		const longer = new Uint8Array(Math.min(length, this.#status.blockLength)).fill(0xff);
		longer.set(bytes);
		this.#blocks.set(block, longer);
		return longer;
	}

	#check(offset: number, length: number, align: number): void {
		if (!this.#powered) throw new FlashError("no-power", "the flash has no power");
		if (!(offset >= 0 && offset + length <= this.#status.size)) {
			this.#violate("out-of-range", `${length} bytes at ${offset} are outside the partition`);
		}
		if (offset % align !== 0 || length % align !== 0) {
			this.#violate("misaligned", `${length} bytes at ${offset} are not aligned to ${align}`);
		}
	}

	#violate(code: FlashErrorCode, message: string): never {
		this.violations += 1;
		throw new FlashError(code, message);
	}

	/** Counts an operation; returns how many of its bytes will be done. */
	#begin(block: number, length: number): number {
		if (this.#broken?.has(block)) throw new FlashError("broken", `block ${block} is worn out`);
		this.operations += 1;
		if (this.operations < this.#cutAt) return length;
		this.#cutAt = Number.POSITIVE_INFINITY;
		this.#powered = false;
		return Math.min(this.#cutKeep, length);
	}

	#tear(): RandomStream {
		return new RandomStream(`${this.#seed}/${this.operations}/${this.#cutKeep}`);
	}

	#cut(): never {
		this.onCut?.();
		throw new FlashError("no-power", "the power went in the middle of an operation");
	}
}

/**
 * A key-value domain. A write is atomic: a power cut leaves the old bytes or the new ones, so a test of
 * one cuts before or after the call.
 */
export class VirtualKeyValue implements KeyValue {
	/** Writes and deletions so far. */
	operations = 0;
	readonly #items = new Map<string, Uint8Array>();

	read(key: string): Uint8Array | undefined {
		return this.#items.get(key)?.slice();
	}

	write(key: string, value: Uint8Array): void {
		this.operations += 1;
		this.#items.set(key, value.slice());
	}

	delete(key: string): void {
		this.operations += 1;
		this.#items.delete(key);
	}

	/** All items, to be kept elsewhere. */
	snapshot(): ReadonlyMap<string, Uint8Array> {
		return new Map([...this.#items].map(([key, value]) => [key, value.slice()]));
	}

	/** Replaces all items. */
	load(items: ReadonlyMap<string, Uint8Array>): void {
		this.#items.clear();
		for (const [key, value] of items) this.#items.set(key, value.slice());
	}
}

/**
 * Memory that keeps its bytes over deep sleep and reset, and holds anything after a power cut. It takes
 * memory of the host from the first write on only, as many stations never write it.
 */
export class VirtualRetainedMemory implements RetainedMemory {
	readonly length: number;
	#bytes: Uint8Array | undefined;

	/** @param length  bytes; the ESP32 has 8 KB of RTC memory for everything */
	constructor(length: number) {
		this.length = length;
	}

	read(into: Uint8Array, offset: number): void {
		this.#check(into, offset);
		const bytes = this.#bytes;
		if (bytes === undefined) into.fill(0);
		else for (let at = 0; at < into.length; at++) into[at] = bytes[offset + at]!;
	}

	write(from: Uint8Array, offset: number): void {
		this.#check(from, offset);
		this.#bytes ??= new Uint8Array(this.length);
		this.#bytes.set(from, offset);
	}

	/** What a power cut leaves. */
	losePower(random: { next(): number }): void {
		const bytes = this.#bytes;
		if (bytes === undefined) return;
		for (let at = 0; at < this.length; at++) bytes[at] = random.next() & 0xff;
	}

	#check(bytes: Uint8Array, offset: number): void {
		if (!(offset >= 0 && offset + bytes.length <= this.length)) throw new RangeError("outside");
	}
}
