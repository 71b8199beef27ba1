import { describe, expect, test } from "@jest/globals";
import {
	FlashError,
	VirtualFlash,
	VirtualKeyValue,
	VirtualRetainedMemory,
} from "../../simulator/device/storage.ts";

const geometry = { blocks: 4, blockLength: 256, writeAlign: 4 };

const codeOf = (action: () => void) => {
	try {
		action();
		return undefined;
	} catch (error) {
		return error instanceof FlashError ? error.code : error;
	}
};

const read = (flash: VirtualFlash, offset: number, length: number) => {
	const bytes = new Uint8Array(length);
	flash.read(bytes, offset);
	return [...bytes];
};

describe("VirtualFlash keeps the rules of NOR flash", () => {
	test("a write clears bits; one that would set a bit is a violation and changes nothing", () => {
		const flash = new VirtualFlash(geometry);
		flash.write(Uint8Array.of(0xf0, 0xff, 0xff, 0xff), 0);
		flash.write(Uint8Array.of(0x50, 0xff, 0xff, 0x0f), 0);
		expect(read(flash, 0, 4)).toEqual([0x50, 0xff, 0xff, 0x0f]);
		expect(codeOf(() => flash.write(Uint8Array.of(0, 0, 0, 0x1f), 0))).toBe("bit-set");
		expect(read(flash, 0, 4)).toEqual([0x50, 0xff, 0xff, 0x0f]);
		expect(flash.violations).toBe(1);
	});

	test("start and length of a write are multiples of writeAlign", () => {
		const flash = new VirtualFlash(geometry);
		expect(codeOf(() => flash.write(new Uint8Array(4), 2))).toBe("misaligned");
		expect(codeOf(() => flash.write(new Uint8Array(6), 0))).toBe("misaligned");
		expect(flash.violations).toBe(2);
		expect(flash.operations).toBe(0);
	});

	test("wear is counted by block", () => {
		const flash = new VirtualFlash(geometry);
		flash.eraseBlock(2);
		flash.eraseBlock(2);
		flash.eraseBlock(3);
		expect([0, 1, 2, 3].map((block) => flash.wear(block))).toEqual([0, 0, 2, 1]);
	});

	test("a broken block throws on write and erase, and can be read", () => {
		const flash = new VirtualFlash(geometry);
		flash.write(Uint8Array.of(1, 2, 3, 4), 256);
		flash.breakBlock(1);
		expect(codeOf(() => flash.write(new Uint8Array(4), 260))).toBe("broken");
		expect(codeOf(() => flash.eraseBlock(1))).toBe("broken");
		expect(read(flash, 256, 4)).toEqual([1, 2, 3, 4]);
		expect(flash.violations).toBe(0);
	});
});

describe("VirtualFlash, power cuts", () => {
	const data = Uint8Array.from({ length: 16 }, (_, index) => index);

	test.each([0, 4, 8, 12, 16])(
		"a write cut after %i bytes: a prefix, one torn unit, the rest blank",
		(keep) => {
			const flash = new VirtualFlash(geometry);
			flash.cutAfter(1, keep);
			expect(codeOf(() => flash.write(data, 32))).toBe("no-power");
			expect(flash.isPowered).toBe(false);
			expect(codeOf(() => read(flash, 0, 1))).toBe("no-power");
			expect(codeOf(() => flash.eraseBlock(0))).toBe("no-power");
			flash.powerOn();
			const bytes = read(flash, 32, 16);
			expect(bytes.slice(0, keep)).toEqual([...data].slice(0, keep));
			bytes.slice(keep, keep + 4).forEach((byte, index) => {
				expect(byte & data[keep + index]!).toBe(data[keep + index]);
			});
			expect(bytes.slice(keep + 4).every((byte) => byte === 0xff)).toBe(true);
		},
	);

	test.each([0, 100, 256])(
		"an erase cut after %i bytes: erased, one torn unit, the rest as before",
		(keep) => {
			const flash = new VirtualFlash(geometry);
			flash.write(new Uint8Array(256), 256);
			flash.cutAfter(1, keep);
			expect(codeOf(() => flash.eraseBlock(1))).toBe("no-power");
			flash.powerOn();
			const bytes = read(flash, 256, 256);
			expect(bytes.slice(0, keep).every((byte) => byte === 0xff)).toBe(true);
			expect(bytes.slice(keep + 4).every((byte) => byte === 0)).toBe(true);
			expect(flash.wear(1)).toBe(1);
		},
	);

	test("the cut comes at the operation that was named, once, and is told before it shows", () => {
		const flash = new VirtualFlash(geometry);
		const told: boolean[] = [];
		flash.onCut = () => told.push(flash.isPowered);
		flash.cutAfter(3, 0);
		flash.eraseBlock(0);
		flash.write(new Uint8Array(4), 0);
		expect(codeOf(() => flash.eraseBlock(1))).toBe("no-power");
		expect(told).toEqual([false]);
		flash.powerOn();
		flash.eraseBlock(1);
		flash.write(new Uint8Array(4), 256);
		expect(told).toHaveLength(1);
	});

	test("torn bits are neither all done nor all undone, and the same from the same seed", () => {
		const torn = (seed: number) => {
			const flash = new VirtualFlash({ ...geometry, writeAlign: 16, seed });
			flash.cutAfter(1, 0);
			codeOf(() => flash.write(new Uint8Array(16), 0));
			flash.powerOn();
			return read(flash, 0, 16).join();
		};
		expect(torn(1)).toBe(torn(1));
		expect(new Set([1, 2, 3, 4].map(torn)).size).toBe(4);
		expect(torn(1)).not.toBe(new Array(16).fill(255).join());
		expect(torn(1)).not.toBe(new Array(16).fill(0).join());
	});
});

describe("VirtualFlash outlives the process", () => {
	test("its image can be kept and loaded, and a clone goes its own way", () => {
		const flash = new VirtualFlash(geometry);
		flash.write(Uint8Array.of(1, 2, 3, 4), 300);
		const other = new VirtualFlash(geometry);
		other.load(flash.image);
		expect(other.image).toEqual(flash.image);
		const clone = flash.clone();
		clone.write(Uint8Array.of(9, 9, 9, 9), 512);
		expect(clone.image).not.toEqual(flash.image);
		expect(codeOf(() => other.load(new Uint8Array(8)))).toBe("out-of-range");
	});

	test("a bit can be turned over", () => {
		const flash = new VirtualFlash(geometry);
		flash.flipBit(700, 3);
		expect(read(flash, 700, 1)).toEqual([0xf7]);
		flash.flipBit(700, 3);
		expect(read(flash, 700, 1)).toEqual([0xff]);
	});
});

describe("VirtualKeyValue", () => {
	test("its items can be kept and loaded", () => {
		const domain = new VirtualKeyValue();
		domain.write("a", Uint8Array.of(1));
		domain.write("b", Uint8Array.of(2));
		domain.delete("b");
		expect(domain.operations).toBe(3);
		const kept = domain.snapshot();
		domain.write("a", Uint8Array.of(7));
		const other = new VirtualKeyValue();
		other.write("old", Uint8Array.of(0));
		other.load(kept);
		expect(other.read("a")).toEqual(Uint8Array.of(1));
		expect(other.read("old")).toBeUndefined();
	});
});

describe("VirtualRetainedMemory", () => {
	test("keeps its bytes until it loses power, and refuses what is outside", () => {
		const memory = new VirtualRetainedMemory(8);
		memory.write(Uint8Array.of(1, 2, 3), 5);
		const bytes = new Uint8Array(3);
		memory.read(bytes, 5);
		expect([...bytes]).toEqual([1, 2, 3]);
		expect(() => memory.write(bytes, 6)).toThrow(RangeError);
		expect(() => memory.read(bytes, -1)).toThrow(RangeError);
		memory.losePower({ next: () => 0x1234 });
		memory.read(bytes, 5);
		expect([...bytes]).toEqual([0x34, 0x34, 0x34]);
	});
});
