/**
 * ECMA-419 flash partition (§28) and key-value domain (§30), as far as they are used here. All of
 * them may throw when the medium fails; the files that touch them turn this into a `Status`.
 */
export interface FlashStatus {
	/** Bytes of the partition, a multiple of `blockLength`. */
	readonly size: number;
	/** Number of erase blocks. */
	readonly blocks: number;
	/** Bytes of an erase block. */
	readonly blockLength: number;
	/** Writes start at a multiple of this and have a length that is a multiple of it. */
	readonly writeAlign: number;
	/** What an erased byte reads as; a write can only clear bits. */
	readonly eraseValue: number;
}

export interface FlashPartition {
	status(): FlashStatus;
	/** Fills `into` from `offset`. */
	read(into: Uint8Array, offset: number): void;
	/** Writes `from` at `offset`. A power cut may leave any prefix of it, the last unit torn. */
	write(from: Uint8Array, offset: number): void;
	eraseBlock(block: number): void;
	close(): void;
}

export interface KeyValue {
	/** The stored bytes, or `undefined`. */
	read(key: string): Uint8Array | undefined;
	/** Replaces the stored bytes; on return they survive a power cut, before it the old ones do. */
	write(key: string, value: Uint8Array): void;
	delete(key: string): void;
}

/**
 * Memory that keeps its bytes over deep sleep and over a reset with the supply on, and holds anything
 * after a power cut: RTC memory on the ESP32. Reading and writing never fail.
 */
export interface RetainedMemory {
	/** Bytes of it. */
	readonly length: number;
	/** Fills `into` from `offset`. */
	read(into: Uint8Array, offset: number): void;
	/** Writes `from` at `offset`. */
	write(from: Uint8Array, offset: number): void;
}
