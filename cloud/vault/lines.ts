import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { CloudFault } from "../fault.ts";
import { damaged } from "./fault.ts";
import { cipherName, nonceBytes, subkey, tagBytes } from "./key.ts";

/**
 * How lines stand in one file that grows. It goes through the file from its first line on, and is then
 * what adds to it.
 */
export interface LineCodec {
	/**
	 * Takes the next line of the file.
	 *
	 * @returns the lines that were handed in and stand in it
	 * @throws {CloudFault} "Damaged" with file and line, or "KeyNeeded"
	 */
	open(line: string): readonly string[];
	/** What is added to the file for whole lines; it counts after `written`. */
	seal(lines: Uint8Array): Uint8Array;
	written(): void;
	/**
	 * Told of a last line that has no end, as a crash in the middle of a write leaves it.
	 *
	 * @throws {CloudFault} "Damaged" when no crash does that
	 */
	openTorn(tail: string): void;
	/** The same for an empty file. */
	anew(): LineCodec;
}

const header = "isobar-sealed-lines-1 ";
const saltBytes = 32;

/** Whether bytes begin as those of a file of sealed lines. */
export function isSealedLines(stored: Uint8Array): boolean {
	return Buffer.from(header).equals(stored.subarray(0, header.length));
}

/** Lines as they are. */
export function plainLines(path: string): LineCodec {
	return {
		open(line) {
			if (!line.startsWith(header)) return [line];
			throw new CloudFault(
				"KeyNeeded",
				`${path} is encrypted, and vault.json, which has its key, is not in the data directory; put it back from a copy`,
			);
		},
		seal: (lines) => lines,
		written: () => {},
		openTorn: () => {},
		anew: () => plainLines(path),
	};
}

/**
 * Lines that are sealed as they are written: what one sync takes is one line, Base64 of nonce, ciphertext
 * and tag of AES-256-GCM, whose associated data is its number in the file. So none can be changed, moved, doubled, left
 * out in between, or taken from another file: before the first one stands a random salt, from which the file has a key
 * of its own.
 *
 * The nonce is random and does not count: a line that a crash has torn was seen by whoever looks at the disk, and
 * another one takes its number.
 */
export class SealedLines implements LineCodec {
	readonly #key: Uint8Array;
	readonly #name: string;
	readonly #path: string;
	#salt: Buffer | undefined;
	#fileKey: Buffer | undefined;
	/** Sealed lines of the file that came by, without its header. */
	#count = 0;

	/**
	 * @param name  of the file when it was begun, which goes into its key
	 * @param path  where it is, for faults
	 */
	constructor(key: Uint8Array, name: string, path: string) {
		this.#key = key;
		this.#name = name;
		this.#path = path;
	}

	open(line: string): readonly string[] {
		if (this.#fileKey === undefined) {
			this.#begin(line);
			return [];
		}
		const text = this.#openRecord(line);
		if (text === undefined) throw this.#damaged();
		this.#count += 1;
		return text.endsWith("\n") ? text.slice(0, -1).split("\n") : [text];
	}

	seal(lines: Uint8Array): Uint8Array {
		this.#salt ??= randomBytes(saltBytes);
		const isNew = this.#fileKey === undefined;
		const key = this.#fileKey ?? this.#keyOf(this.#salt);
		const nonce = randomBytes(nonceBytes);
		const cipher = createCipheriv(cipherName, key, nonce).setAAD(this.#number());
		const sealed = [nonce, cipher.update(lines), cipher.final(), cipher.getAuthTag()];
		const head = isNew ? `${header}${this.#salt.toString("base64")}\n` : "";
		return Buffer.from(`${head}${Buffer.concat(sealed).toString("base64")}\n`);
	}

	written(): void {
		this.#fileKey ??= this.#keyOf(this.#salt!);
		this.#count += 1;
	}

	/** A crash leaves the beginning of a line. One that is whole had an end, which has been changed. */
	openTorn(tail: string): void {
		if (this.#fileKey !== undefined && this.#openRecord(tail.slice(0, -1)) !== undefined) {
			throw this.#damaged();
		}
	}

	anew(): LineCodec {
		return new SealedLines(this.#key, this.#name, this.#path);
	}

	#begin(line: string): void {
		const salt = line.startsWith(header) ? fromBase64(line.slice(header.length)) : undefined;
		if (salt?.length !== saltBytes) throw this.#damaged();
		this.#salt = salt;
		this.#fileKey = this.#keyOf(salt);
	}

	#openRecord(line: string): string | undefined {
		const record = fromBase64(line);
		if (record === undefined || record.length < nonceBytes + tagBytes) return undefined;
		const nonce = record.subarray(0, nonceBytes);
		const opener = createDecipheriv(cipherName, this.#fileKey!, nonce).setAAD(this.#number());
		opener.setAuthTag(record.subarray(record.length - tagBytes));
		const text = opener.update(record.subarray(nonceBytes, record.length - tagBytes));
		try {
			opener.final();
		} catch {
			return undefined;
		}
		return text.toString();
	}

	#keyOf(salt: Buffer): Buffer {
		return subkey(this.#key, salt, `lines ${this.#name}`);
	}

	/** Of the next line. */
	#number(): Buffer {
		const bytes = Buffer.alloc(8);
		bytes.writeBigUInt64BE(BigInt(this.#count));
		return bytes;
	}

	#damaged(): CloudFault {
		const line = this.#fileKey === undefined ? 1 : this.#count + 2;
		return damaged(`${this.#path}, line ${line},`);
	}
}

/** Node reads more than it writes, such as blanks and other alphabets; what was written has one form. */
function fromBase64(text: string): Buffer | undefined {
	const bytes = Buffer.from(text, "base64");
	return bytes.toString("base64") === text ? bytes : undefined;
}
