import type { FlashPartition } from "../../firmware/ports/storage.ts";

/** One requirement on every flash partition. `run` throws when it is not met. */
export interface FlashCase {
	readonly name: string;
	/** @param flash  3 blocks or more; what they hold is lost */
	run(flash: FlashPartition): void;
}

function check(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

function refuses(action: () => void, message: string): void {
	try {
		action();
	} catch (error) {
		check(
			error instanceof Error && error.message !== "",
			`${message}: throws no Error with a message`,
		);
		return;
	}
	throw new Error(`${message}: does not throw`);
}

function readAt(flash: FlashPartition, offset: number, length: number): Uint8Array {
	const bytes = new Uint8Array(length);
	flash.read(bytes, offset);
	return bytes;
}

/** Bytes that differ from each other and from an erased byte. */
function pattern(length: number, seed = 0): Uint8Array {
	return Uint8Array.from({ length }, (_, index) => (index * 31 + seed) & 0x7f);
}

function same(one: Uint8Array, other: Uint8Array): boolean {
	return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

const isErased = (bytes: Uint8Array) => bytes.every((byte) => byte === 0xff);

/** What the outbox relies on in a flash partition, as `firmware/ports/storage.ts` states it. */
export const flashCases: readonly FlashCase[] = [
	{
		name: "status describes a partition of whole blocks (ECMA-419 §28)",
		run(flash) {
			const { size, blocks, blockLength, writeAlign, eraseValue } = flash.status();
			check(blocks >= 3, `${blocks} blocks`);
			check(size === blocks * blockLength, `${size} bytes`);
			check(writeAlign >= 1 && 16 % writeAlign === 0, `writeAlign ${writeAlign}`);
			check(eraseValue === 0xff, `eraseValue ${eraseValue}`);
		},
	},
	{
		name: "an erased block reads as 0xff from its first to its last byte",
		run(flash) {
			const { blockLength } = flash.status();
			flash.eraseBlock(1);
			check(isErased(readAt(flash, blockLength, blockLength)), "not erased");
		},
	},
	{
		name: "what is written is read back, at the edges of a block and across one",
		run(flash) {
			const { blockLength, writeAlign } = flash.status();
			flash.eraseBlock(0);
			flash.eraseBlock(1);
			const bytes = pattern(32);
			for (const offset of [0, blockLength - 16, 2 * blockLength - 32]) {
				flash.write(bytes, offset);
				check(same(readAt(flash, offset, 32), bytes), `at ${offset}`);
			}
			check(isErased(readAt(flash, 32, writeAlign)), "the neighbour has changed");
		},
	},
	{
		name: "the smallest write is writeAlign bytes, beside others",
		run(flash) {
			const { writeAlign } = flash.status();
			flash.eraseBlock(0);
			const bytes = pattern(writeAlign, 5);
			flash.write(bytes, writeAlign);
			flash.write(bytes, 0);
			check(same(readAt(flash, 0, writeAlign), bytes), "first");
			check(same(readAt(flash, writeAlign, writeAlign), bytes), "second");
		},
	},
	{
		name: "erasing one block leaves the others",
		run(flash) {
			const { blockLength } = flash.status();
			for (let block = 0; block < 3; block++) {
				flash.eraseBlock(block);
				flash.write(pattern(64, block), block * blockLength);
			}
			flash.eraseBlock(1);
			check(same(readAt(flash, 0, 64), pattern(64, 0)), "the block before");
			check(same(readAt(flash, 2 * blockLength, 64), pattern(64, 2)), "the block after");
			check(isErased(readAt(flash, blockLength, 64)), "the block itself");
		},
	},
	{
		name: "reading takes any offset and any length, none included",
		run(flash) {
			flash.eraseBlock(0);
			flash.write(pattern(64), 0);
			for (let offset = 0; offset < 20; offset++) {
				for (const length of [0, 1, 3, 17]) {
					const expected = pattern(64).slice(offset, offset + length);
					check(same(readAt(flash, offset, length), expected), `${length} at ${offset}`);
				}
			}
		},
	},
	{
		name: "the buffers belong to the caller again when the call returns",
		run(flash) {
			flash.eraseBlock(0);
			const bytes = pattern(16);
			flash.write(bytes, 0);
			bytes.fill(0);
			const read = readAt(flash, 0, 16);
			read.fill(1);
			check(same(readAt(flash, 0, 16), pattern(16)), "a buffer was kept");
		},
	},
	{
		name: "outside the partition it throws and changes nothing",
		run(flash) {
			const { size, blocks, blockLength } = flash.status();
			flash.eraseBlock(blocks - 1);
			refuses(() => flash.write(pattern(32), size - 16), "write over the end");
			refuses(() => readAt(flash, size - 16, 32), "read over the end");
			refuses(() => readAt(flash, -16, 16), "read before the start");
			refuses(() => flash.eraseBlock(blocks), "erase after the last block");
			check(isErased(readAt(flash, size - blockLength, blockLength)), "something was written");
		},
	},
];
