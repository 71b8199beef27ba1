import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { FileFlash, FileKeyValue, openStorage } from "../../../simulator/fleet/storage.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";

let directory: string;
let path: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "isobar-storage-"));
	path = join(directory, "station-0001.flash");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const options = { blocks: 8, blockLength: 256, writeAlign: 4 };

/** What another process would find: the file as it is now. */
function reopened(): Uint8Array {
	const flash = new FileFlash(path, options);
	const { image } = flash;
	flash.close();
	return image;
}

describe("a flash in a file", () => {
	test("is erased when it is new, and takes no room", () => {
		const flash = new FileFlash(path, options);
		expect(flash.image.every((byte) => byte === 0xff)).toBe(true);
		expect(statSync(path).size).toBe(0);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		flash.close();
	});

	test("every write and every erase is in the file when the call returns", () => {
		const flash = new FileFlash(path, options);
		const random = new RandomStream(3);
		for (let step = 0; step < 300; step++) {
			const block = random.below(8);
			if (random.chance(0.3)) flash.eraseBlock(block);
			else {
				const offset = block * 256 + random.below(32) * 4;
				const bytes = new Uint8Array(4 * (1 + random.below(20)));
				flash.read(bytes, offset);
				flash.write(
					bytes.map((byte) => byte & random.below(256)),
					offset,
				);
			}
			expect(reopened()).toEqual(flash.image);
		}
		flash.close();
	});

	test("a write far out leaves what is before it erased", () => {
		const flash = new FileFlash(path, options);
		flash.write(Uint8Array.of(1, 2, 3, 4), 1_024);
		flash.close();
		const image = reopened();
		expect(image.subarray(0, 1_024).every((byte) => byte === 0xff)).toBe(true);
		expect([...image.subarray(1_024, 1_028)]).toEqual([1, 2, 3, 4]);
	});

	test("what a power cut has torn is stored once the power is back", () => {
		const flash = new FileFlash(path, options);
		flash.cutAfter(1, 2);
		expect(() => flash.write(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0), 0)).toThrow(/power/);
		flash.powerOn();
		expect(reopened()).toEqual(flash.image);
		expect(flash.image[7]).toBe(0xff);
		flash.close();
	});

	test("a write that is refused changes nothing", () => {
		const flash = new FileFlash(path, options);
		flash.write(new Uint8Array(4), 0);
		expect(() => flash.write(Uint8Array.of(1, 1, 1, 1), 0)).toThrow(/set a bit/);
		expect(reopened()).toEqual(flash.image);
		flash.close();
	});

	test("a file that is too long is none of ours, in one line", () => {
		writeFileSync(path, new Uint8Array(8 * 256 + 1));
		expect(() => new FileFlash(path, options)).toThrow(
			`${path} has 2049 bytes; expected a flash image of at most 2048`,
		);
	});
});

describe("a key-value domain in a file", () => {
	test("survives in another process, whatever the keys and bytes", () => {
		const file = join(directory, "station-0001.kv");
		const one = new FileKeyValue(file);
		expect(one.read("config")).toBeUndefined();
		one.write("config", Uint8Array.of(0, 255, 10));
		one.write("__proto__", Uint8Array.of(1));
		one.write("gone", Uint8Array.of(2));
		one.delete("gone");
		const other = new FileKeyValue(file);
		expect([...other.read("config")!]).toEqual([0, 255, 10]);
		expect([...other.read("__proto__")!]).toEqual([1]);
		expect(other.read("gone")).toBeUndefined();
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(readdirSync(directory)).toEqual(["station-0001.kv"]);
	});

	test("a file that is none of ours is one line", () => {
		const file = join(directory, "a.kv");
		writeFileSync(file, "{ not JSON");
		expect(() => new FileKeyValue(file)).toThrow(
			`${file} is no key-value store of a station; expected JSON`,
		);
		expect(readFileSync(file, "utf8")).toBe("{ not JSON");
	});
});

test("the storage of a station is made with its folder", () => {
	const { flash, keyValue } = openStorage(join(directory, "deep", "stations"), "a");
	keyValue.write("k", Uint8Array.of(1));
	flash.close();
	expect(readdirSync(join(directory, "deep", "stations")).sort()).toEqual(["a.flash", "a.kv"]);
});
