import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { crc8, crc16, crc32 } from "../../../firmware/base/crc.ts";

const digits = Uint8Array.from("123456789", (digit) => digit.charCodeAt(0));

/** The definition, bit by bit: `width` bits, most significant first, as in Williams' text. */
function divide(bytes: Uint8Array, width: number, polynomial: bigint, initial: bigint): bigint {
	const top = 1n << BigInt(width - 1);
	const mask = (1n << BigInt(width)) - 1n;
	let register = initial;
	for (const byte of bytes) {
		register ^= BigInt(byte) << BigInt(width - 8);
		for (let bit = 0; bit < 8; bit++) {
			register = ((register << 1n) ^ (register & top ? polynomial : 0n)) & mask;
		}
	}
	return register;
}

function reflect(value: bigint, width: number): bigint {
	let mirrored = 0n;
	for (let bit = 0; bit < width; bit++) mirrored = (mirrored << 1n) | ((value >> BigInt(bit)) & 1n);
	return mirrored;
}

describe("crc", () => {
	test("gives the check values of the catalogue", () => {
		expect(crc8(digits, 0, 9)).toBe(0xf7);
		expect(crc16(digits, 0, 9)).toBe(0x29b1);
		expect(crc32(digits, 0, 9)).toBe(0xcbf43926);
	});

	test("SHT3x-DIS DS §4.12: CRC of 0xBEEF is 0x92", () => {
		expect(crc8(Uint8Array.of(0xbe, 0xef), 0, 2)).toBe(0x92);
	});

	test("agrees with polynomial division on any bytes and any range", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), fc.nat(64), (bytes, a, b) => {
				const start = Math.min(a, b, bytes.length);
				const end = Math.min(Math.max(a, b), bytes.length);
				const part = bytes.slice(start, end);
				expect(BigInt(crc8(bytes, start, end))).toBe(divide(part, 8, 0x31n, 0xffn));
				expect(BigInt(crc16(bytes, start, end))).toBe(divide(part, 16, 0x1021n, 0xffffn));
				const mirrored = part.map((byte) => Number(reflect(BigInt(byte), 8)));
				const register = divide(mirrored, 32, 0x04c11db7n, 0xffffffffn);
				expect(BigInt(crc32(bytes, start, end))).toBe(reflect(register, 32) ^ 0xffffffffn);
			}),
		);
	});

	test("crc32 goes on where it stopped", () => {
		for (let cut = 0; cut <= digits.length; cut++) {
			expect(crc32(digits, cut, 9, crc32(digits, 0, cut))).toBe(0xcbf43926);
		}
	});

	test("crc32 finds every single and double bit error in a record of 48 bytes", () => {
		const record = Uint8Array.from({ length: 48 }, (_, index) => (index * 37) & 0xff);
		const good = crc32(record, 0, 48);
		let missed = 0;
		for (let one = 0; one < 384; one++) {
			record[one >> 3]! ^= 1 << (one & 7);
			if (crc32(record, 0, 48) === good) missed += 1;
			for (let two = 0; two < one; two++) {
				record[two >> 3]! ^= 1 << (two & 7);
				if (crc32(record, 0, 48) === good) missed += 1;
				record[two >> 3]! ^= 1 << (two & 7);
			}
			record[one >> 3]! ^= 1 << (one & 7);
		}
		expect(missed).toBe(0);
	});
});
