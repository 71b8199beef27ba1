import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { damaged } from "./fault.ts";
import { cipherName, nonceBytes, subkey, tagBytes } from "./key.ts";

/** Bytes that are read in pieces: of a file, or of memory. */
export interface Source {
	readonly size: number;
	/** The bytes from `at` on, `length` of them. */
	read(at: number, length: number): Uint8Array;
}

/**
 * A sealed file: these bytes, a salt, and the text in chunks, each with its tag.
 *
 * The chunks are the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce is the number
 * of the chunk and whether it is the last one. So none can be changed, moved, left out, added or cut off. The key is
 * one of this file alone (its salt is random, its name goes in), so counting is no reuse of a nonce.
 */
const magic = Buffer.from("isobar-sealed-file-1\n");
const saltBytes = 32;
const headBytes = magic.length + saltBytes;
const chunkBytes = 1 << 20;
const sealedBytes = chunkBytes + tagBytes;

/** Whether bytes begin as those of a sealed file. */
export function isEnvelope(stored: Uint8Array): boolean {
	return magic.equals(stored.subarray(0, magic.length));
}

/** Seals the text of a file, chunk by chunk. @param name  of the file, which goes into its key */
export function* seal(key: Uint8Array, name: string, text: Source): Generator<Buffer> {
	const salt = randomBytes(saltBytes);
	yield Buffer.concat([magic, salt]);
	const fileKey = subkey(key, salt, `file ${name}`);
	const chunks = Math.max(1, Math.ceil(text.size / chunkBytes));
	for (let index = 0; index < chunks; index++) {
		const at = index * chunkBytes;
		const length = Math.min(chunkBytes, text.size - at);
		const cipher = createCipheriv(cipherName, fileKey, nonceOf(index, index === chunks - 1));
		const bytes = cipher.update(text.read(at, length));
		yield Buffer.concat([bytes, cipher.final(), cipher.getAuthTag()]);
	}
}

/**
 * Opens a sealed file, chunk by chunk. It is whole only when the end is reached.
 *
 * @param place  what the fault names
 * @throws {CloudFault} "Damaged"
 */
export function* open(
	key: Uint8Array,
	name: string,
	stored: Source,
	place: string,
): Generator<Buffer> {
	if (stored.size < headBytes + tagBytes) throw damaged(place);
	const head = stored.read(0, headBytes);
	if (!isEnvelope(head)) throw damaged(place);
	const fileKey = subkey(key, head.subarray(magic.length), `file ${name}`);
	const size = stored.size - headBytes;
	const chunks = Math.ceil(size / sealedBytes);
	for (let index = 0; index < chunks; index++) {
		const at = index * sealedBytes;
		const chunk = stored.read(headBytes + at, Math.min(sealedBytes, size - at));
		const text = openChunk(fileKey, nonceOf(index, index === chunks - 1), chunk);
		if (text === undefined) throw damaged(place);
		yield text;
	}
}

/** Bytes in memory. */
export function memory(bytes: Uint8Array): Source {
	return { size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) };
}

function openChunk(key: Buffer, nonce: Buffer, chunk: Uint8Array): Buffer | undefined {
	const end = chunk.length - tagBytes;
	if (end < 0) return undefined;
	const opener = createDecipheriv(cipherName, key, nonce);
	opener.setAuthTag(chunk.subarray(end));
	const text = opener.update(chunk.subarray(0, end));
	try {
		opener.final();
	} catch {
		return undefined;
	}
	return text;
}

function nonceOf(index: number, isLast: boolean): Buffer {
	const nonce = Buffer.alloc(nonceBytes);
	nonce.writeUInt32BE(index, nonceBytes - 5);
	nonce[nonceBytes - 1] = isLast ? 1 : 0;
	return nonce;
}
