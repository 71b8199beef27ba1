import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
	ByteReader,
	ByteWriter,
	isUtf8,
	readUtf8,
	utf8Length,
	writeUtf8,
} from "../../../firmware/base/bytes.ts";
import { Status } from "../../../firmware/base/status.ts";

const wellFormed = fc.string({ unit: "binary", maxLength: 700 });

describe("UTF-8", () => {
	test("writes what the platform's own encoder writes", () => {
		const into = new Uint8Array(4 * 1400);
		fc.assert(
			fc.property(wellFormed, (text) => {
				const expected = new TextEncoder().encode(text);
				expect(utf8Length(text)).toBe(expected.length);
				expect(writeUtf8(text, into, 3)).toBe(expected.length);
				expect(Buffer.compare(into.subarray(3, 3 + expected.length), expected)).toBe(0);
				expect(readUtf8(into, 3, 3 + expected.length)).toBe(text);
			}),
			{ numRuns: 2_000 },
		);
	});

	test("accepts exactly the bytes that the platform's strict decoder accepts", () => {
		const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
		const nearUtf8 = fc.uint8Array({ maxLength: 6 }).map((bytes) => {
			// Continuation bytes are favoured, or nearly nothing but ASCII would be accepted.
			for (let index = 1; index < bytes.length; index++) {
				if (bytes[index]! & 1) bytes[index] = 0x80 | (bytes[index]! & 0x3f);
			}
			return bytes;
		});
		fc.assert(
			fc.property(nearUtf8, (bytes) => {
				let expected: string | undefined;
				try {
					expected = strict.decode(bytes);
				} catch {
					expected = undefined;
				}
				expect(readUtf8(bytes, 0, bytes.length)).toBe(expected);
				expect(isUtf8(bytes, 0, bytes.length)).toBe(expected !== undefined);
			}),
			{ numRuns: 20_000 },
		);
	});

	test.each([
		["overlong slash", [0xc0, 0xaf]],
		["overlong in three bytes", [0xe0, 0x9f, 0xbf]],
		["overlong in four bytes", [0xf0, 0x8f, 0xbf, 0xbf]],
		["surrogate", [0xed, 0xa0, 0x80]],
		["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
		["cut short", [0xe2, 0x82]],
		["continuation alone", [0x80]],
	])("refuses %s", (_name, bytes) => {
		expect(readUtf8(Uint8Array.from(bytes), 0, bytes.length)).toBeUndefined();
	});

	test("refuses lone surrogates in text", () => {
		for (const text of ["\ud800", "a\udc00", "\ud800\ud800\udc00", "\udbffx"]) {
			expect(utf8Length(text)).toBe(-Status.BadValue);
			expect(writeUtf8(text, new Uint8Array(32), 0)).toBe(-Status.BadValue);
		}
	});

	test("says when there is no room, at every length", () => {
		const text = "aé€😀";
		for (let room = 0; room < 10; room++) {
			expect(writeUtf8(text, new Uint8Array(room), 0)).toBe(-Status.NoRoom);
		}
		expect(writeUtf8(text, new Uint8Array(10), 0)).toBe(10);
	});

	test("reads a sequence that ends at `end` and does not look behind it", () => {
		const bytes = Uint8Array.from([0xe2, 0x82, 0xac]);
		expect(readUtf8(bytes, 0, 2)).toBeUndefined();
		expect(readUtf8(bytes, 0, 3)).toBe("€");
	});
});

describe("ByteWriter and ByteReader", () => {
	test("numbers come back, most significant byte first", () => {
		const buffer = new Uint8Array(16);
		const writer = new ByteWriter(buffer, 1);
		writer.uint8(0xab);
		writer.uint16(0x1234);
		writer.uint32(0xfedcba98);
		writer.bytes(Uint8Array.from([9, 8, 7, 6]), 1, 3);
		writer.utf8("é");
		expect([...buffer]).toEqual([
			0, 0xab, 0x12, 0x34, 0xfe, 0xdc, 0xba, 0x98, 8, 7, 0xc3, 0xa9, 0, 0, 0, 0,
		]);
		const reader = new ByteReader(buffer, 1, writer.position);
		expect(reader.uint8()).toBe(0xab);
		expect(reader.uint16()).toBe(0x1234);
		expect(reader.uint32()).toBe(0xfedcba98);
		const two = new Uint8Array(2);
		reader.bytes(two, 0, 2);
		expect([...two]).toEqual([8, 7]);
		expect(reader.remaining).toBe(2);
		expect(reader.utf8(2)).toBe("é");
		expect(reader.underflow).toBe(false);
	});

	test("an integer is written as the platform writes it", () => {
		const buffer = new Uint8Array(32);
		const writer = new ByteWriter(buffer);
		const integers = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1_000, max: 1_000 }));
		fc.assert(
			fc.property(integers, (integer) => {
				writer.reset(buffer);
				writer.decimal(integer);
				expect(readUtf8(buffer, 0, writer.position)).toBe(`${integer}`);
			}),
			{ numRuns: 2_000 },
		);
	});

	test("what does not fit leaves no byte, and the overflow is sticky", () => {
		const writes: ((writer: ByteWriter) => void)[] = [
			(writer) => writer.uint16(1),
			(writer) => writer.uint32(1),
			(writer) => writer.bytes(new Uint8Array(2).fill(1)),
			(writer) => writer.utf8("é"),
			(writer) => writer.decimal(10),
			(writer) => writer.decimal(-1),
			(writer) => writer.utf8("\ud800"),
		];
		for (const write of writes) {
			const buffer = new Uint8Array(3);
			const writer = new ByteWriter(buffer, 1, 2);
			write(writer);
			writer.uint8(7);
			expect(writer.overflow).toBe(true);
			expect(writer.position).toBe(1);
			expect([...buffer]).toEqual([0, 0, 0]);
			writer.reset(buffer);
			writer.uint8(7);
			expect(writer.overflow).toBe(false);
			expect(buffer[0]).toBe(7);
		}
	});

	test("reading past the end gives nothing, and the underflow is sticky", () => {
		const reads: ((reader: ByteReader) => unknown)[] = [
			(reader) => reader.uint16(),
			(reader) => reader.uint32(),
			(reader) => reader.utf8(2),
			(reader) => reader.bytes(new Uint8Array(2), 0, 2),
			(reader) => reader.bytes(new Uint8Array(1), 1, 1),
		];
		for (const read of reads) {
			const reader = new ByteReader(Uint8Array.from([1, 2, 3]), 1, 2);
			expect(read(reader) ?? 0).toBe(0);
			expect(reader.uint8()).toBe(0);
			expect(reader.underflow).toBe(true);
			reader.reset(Uint8Array.from([5]));
			expect(reader.uint8()).toBe(5);
			expect(reader.underflow).toBe(false);
		}
		const invalid = new ByteReader(Uint8Array.from([0xff]));
		expect(invalid.utf8(1)).toBeUndefined();
		expect(invalid.underflow).toBe(true);
	});
});
