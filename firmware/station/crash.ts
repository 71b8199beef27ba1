import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { crc16 } from "../base/crc.ts";
import { Limits } from "../limits.ts";
import type { RetainedMemory } from "../ports/storage.ts";

/** Wraps what the host calls, so that nothing is thrown out of it. */
export type Guard = <Arguments extends readonly unknown[]>(
	work: (...parameters: Arguments) => void,
) => (...parameters: Arguments) => void;

/**
 * Ends the run with a line about what was thrown. It stands around every call of the host, so that
 * nothing is thrown out of one.
 */
export function guardWith(log: (line: string) => void, crash: () => never): Guard {
	return (work) =>
		(...parameters) => {
			try {
				work(...parameters);
			} catch (error) {
				log(`crash: ${String(error)}`);
				crash();
			}
		};
}

/** Bytes of retained memory that the record takes: length, checksum, text. */
export const crashBytes = 512;
const headerBytes = 4;
const lineCount = 6;

/**
 * The last log lines, in memory that outlives a reset: what a run that ended badly has said is read
 * by the next one. A watchdog and a brown-out give no notice, so every line is there at once.
 */
export class CrashRecord {
	/** The lines of the run before this one, the oldest first; empty after a power cut. */
	readonly lastLines: readonly string[];
	readonly #memory: RetainedMemory;
	readonly #bytes = new Uint8Array(crashBytes);
	readonly #writer = new ByteWriter(this.#bytes);
	readonly #lines: string[] = [];

	/** @param memory  `crashBytes` long */
	constructor(memory: RetainedMemory) {
		this.#memory = memory;
		memory.read(this.#bytes, 0);
		this.lastLines = this.#parse();
		this.#store();
	}

	/** Adds a line; the oldest leave when it gets too much. */
	note(line: string): void {
		if (this.#lines.length === lineCount) this.#lines.shift();
		this.#lines.push(line.slice(0, Limits.logLineChars));
		this.#store();
	}

	#parse(): string[] {
		const reader = new ByteReader(this.#bytes);
		const length = reader.uint16();
		const sum = reader.uint16();
		const end = headerBytes + length;
		if (length === 0 || end > crashBytes) return [];
		if (crc16(this.#bytes, headerBytes, end) !== sum) return [];
		return reader.utf8(length)?.split("\n") ?? [];
	}

	#store(): void {
		while (!this.#write()) this.#lines.shift();
		const length = this.#writer.position - headerBytes;
		this.#writer.reset(this.#bytes);
		this.#writer.uint16(length);
		this.#writer.uint16(crc16(this.#bytes, headerBytes, headerBytes + length));
		this.#memory.write(this.#bytes, 0);
	}

	/** Whether it fits. */
	#write(): boolean {
		this.#writer.reset(this.#bytes, headerBytes);
		for (let index = 0; index < this.#lines.length; index++) {
			if (index > 0) this.#writer.utf8("\n");
			this.#writer.utf8(this.#lines[index]!);
		}
		return !this.#writer.overflow;
	}
}
