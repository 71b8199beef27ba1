import { readRetained, retainedBytes, writeRetained } from "embedded:isobar/chip";
import flash from "embedded:storage/flash";
import keyValue from "embedded:storage/key-value";
import type { FlashPartition, KeyValue, RetainedMemory } from "../../ports/storage.ts";

/**
 * A data partition by its label. Flash takes single bytes; four at a time are what its driver writes
 * without reading first.
 */
export function openFlash(label: string): FlashPartition {
	const partition = flash.open({ path: label });
	const { size, blocks, blockLength } = partition.status();
	const status = Object.freeze({ size, blocks, blockLength, writeAlign: 4, eraseValue: 0xff });
	return {
		status: () => status,
		read: (into, offset) => void partition.read(into, offset),
		write: (from, offset) => partition.write(from, offset),
		eraseBlock: (block) => partition.eraseBlock(block),
		close: () => partition.close(),
	};
}

/** A domain of the key-value partition. Keys have at most 15 characters. */
export function openKeyValue(name: string): KeyValue {
	const domain = keyValue.open({ path: name });
	return {
		read(key) {
			const buffer = domain.read(key);
			return buffer && new Uint8Array(buffer);
		},
		write: (key, value) => domain.write(key, value),
		delete: (key) => domain.delete(key),
	};
}

/** The part of the retained memory from `start` to `end`; all of the rest without `end`. */
export function openRetained(start: number, end = retainedBytes()): RetainedMemory {
	return {
		length: end - start,
		read: (into, offset) => readRetained(into, start + offset),
		write: (from, offset) => writeRetained(from, start + offset),
	};
}
