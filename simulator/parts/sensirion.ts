import { BusPart } from "./buspart.ts";
import type { Fault } from "./part.ts";

/**
 * What the Sensirion parts on I2C have in common: commands, and words that are each followed by a
 * CRC-8 (polynomial 0x31, initial value 0xff). While a command is carried out nothing is acknowledged.
 */
export abstract class SensirionPart extends BusPart {
	/** Until when the part is occupied. */
	#busyUntil = Number.NEGATIVE_INFINITY;
	/** What the next read gives; empty when there is nothing to read. */
	#answer: readonly number[] = [];

	constructor(faults: readonly Fault[]) {
		super(["crc", ...faults]);
	}

	/** @returns whether the command is known and was acknowledged */
	protected abstract onCommand(bytes: Uint8Array, now: number): boolean;

	protected occupy(until: number): void {
		this.#busyUntil = until;
	}

	/** Makes words of 16 bits ready to be read. */
	protected answer(words: readonly number[]): void {
		this.#answer = words;
	}

	protected override onAdvance(_now: number): void {}

	protected override onWrite(bytes: Uint8Array, now: number): boolean {
		if (now < this.#busyUntil) return false;
		this.#answer = [];
		return this.onCommand(bytes, now);
	}

	protected override onRead(into: Uint8Array, now: number): boolean {
		if (now < this.#busyUntil || this.#answer.length === 0) return false;
		for (let at = 0; at < into.length; at++) {
			const word = this.#answer[Math.floor(at / 3)] ?? 0xffff;
			into[at] = [word >> 8, word & 0xff, this.#checksum(word)][at % 3]!;
		}
		this.#answer = [];
		return true;
	}

	#checksum(word: number): number {
		const right = checksum([word >> 8, word & 0xff]);
		return this.presentFault === "crc" ? right ^ 0x55 : right;
	}
}

/** Bit by bit, as the data sheets describe it. */
export function checksum(bytes: readonly number[]): number {
	let crc = 0xff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x31) & 0xff : crc << 1;
	}
	return crc;
}

/** A quantity as a word of 16 bits that spans from `lowest` to `highest`. */
export function word(value: number, lowest: number, highest: number): number {
	const share = (value - lowest) / (highest - lowest);
	return Math.min(Math.max(Math.round(share * 65_535), 0), 65_535);
}
