import { crc8 } from "../firmware/base/crc.ts";

/**
 * A word as all Sensirion parts send it: two bytes, the higher first, and their CRC-8.
 *
 * @param at  index of the first of the three bytes
 * @returns 0..65535, or NaN when the checksum is wrong
 */
export function wordAt(bytes: Uint8Array, at: number): number {
	if (crc8(bytes, at, at + 2) !== bytes[at + 2]) return Number.NaN;
	return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Puts a command and an argument with its CRC-8 into the five bytes of `into`. */
export function writeCommand(into: Uint8Array, command: number, argument: number): void {
	into[0] = command >> 8;
	into[1] = command & 0xff;
	into[2] = argument >> 8;
	into[3] = argument & 0xff;
	into[4] = crc8(into, 2, 4);
}
