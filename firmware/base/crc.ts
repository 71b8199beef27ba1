/**
 * Cyclic redundancy checks. The short ones go four bits at a step with a table of sixteen entries;
 * CRC-32 goes over every record of the outbox and takes a byte at a step, for 4 KB of the chip's flash.
 *
 * Check values are those of the string "123456789" (R. Williams, "A Painless Guide to CRC Error
 * Detection Algorithms", 1993); the names are those of the CRC catalogue of G. Cook.
 */

/** x^8 + x^5 + x^4 + 1 over a nibble in the upper half. */
const table8: readonly number[] = Object.freeze([
	0x00, 0x31, 0x62, 0x53, 0xc4, 0xf5, 0xa6, 0x97, 0xb9, 0x88, 0xdb, 0xea, 0x7d, 0x4c, 0x1f, 0x2e,
]);

/** x^16 + x^12 + x^5 + 1 over a nibble in the upper half. */
const table16: readonly number[] = Object.freeze([
	0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b,
	0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
]);

/** The polynomial of IEEE 802.3 §3.2.9, reflected. */
const polynomial32 = 0xedb8_8320;
const table32: readonly number[] = Object.freeze(makeTable32());

/** What `polynomial32` makes of each byte; signed, since engines keep such integers without an object. */
function makeTable32(): number[] {
	const table: number[] = [];
	for (let byte = 0; byte < 256; byte++) {
		let crc = byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : polynomial32);
		table.push(crc | 0);
	}
	return table;
}

/**
 * CRC-8/NRSC-5 as Sensirion parts send it: polynomial 0x31, initial value 0xff, not reflected.
 *
 * @returns 0..0xff; 0xf7 for "123456789"
 *
 * Source: Sensirion SHT3x-DIS DS §4.12.
 */
export function crc8(bytes: Uint8Array, start: number, end: number): number {
	let crc = 0xff;
	for (let at = start; at < end; at++) {
		crc ^= bytes[at]!;
		crc = ((crc << 4) & 0xff) ^ table8[crc >>> 4]!;
		crc = ((crc << 4) & 0xff) ^ table8[crc >>> 4]!;
	}
	return crc;
}

/**
 * CRC-16/IBM-3740, known as CCITT-FALSE: polynomial 0x1021, initial value 0xffff, not reflected.
 *
 * @returns 0..0xffff; 0x29b1 for "123456789"
 */
export function crc16(bytes: Uint8Array, start: number, end: number): number {
	let crc = 0xffff;
	for (let at = start; at < end; at++) {
		crc ^= bytes[at]! << 8;
		crc = ((crc << 4) & 0xffff) ^ table16[crc >>> 12]!;
		crc = ((crc << 4) & 0xffff) ^ table16[crc >>> 12]!;
	}
	return crc;
}

/**
 * CRC-32/ISO-HDLC: polynomial 0x04c11db7 reflected, initial value and final inversion 0xffffffff.
 *
 * Finds every error burst of up to 32 bits, and up to three wrong bits anywhere in a record of
 * `Limits.recordBytes`.
 *
 * @param crc  the result over the bytes before these, where there are any
 * @returns 0..0xffffffff; 0xcbf43926 for "123456789"
 */
export function crc32(bytes: Uint8Array, start: number, end: number, crc = 0): number {
	crc = ~crc;
	for (let at = start; at < end; at++) {
		crc = (crc >>> 8) ^ table32[(crc ^ bytes[at]!) & 0xff]!;
	}
	return ~crc >>> 0;
}
