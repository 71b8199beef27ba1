import {
	closeSync,
	fdatasync,
	fstatSync,
	fsyncSync,
	ftruncateSync,
	openSync,
	renameSync,
	writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "./fault.ts";
import { type LineCodec, plainLines } from "./vault/lines.ts";

const newline = 0x0a;
const readBytes = 1 << 20;
const syncData = promisify(fdatasync);

/** A file that only grows. */
export interface AppendLog {
	/** Bytes of the file that are on disk to stay, where it can tell. */
	readonly size?: number;
	/**
	 * Resolves when the bytes, which may change after that, are on disk to stay; rejects when none of them
	 * count as written.
	 */
	append(bytes: Uint8Array): Promise<void>;
	/** Gives what is there another name, and goes on with an empty file. Not while an append is under way. */
	rotate?(to: string): void;
	close(): void;
}

/**
 * Reads a file of lines as it stands.
 *
 * @param onLine  called with each whole line, without its end
 * @param codec   how the lines stand in it; as they are unless given
 * @returns bytes up to the end of the last whole line, and those of a torn one after it
 * @throws {CloudFault} what the codec throws for a line that was changed
 */
export async function readLines(
	path: string,
	onLine: (line: string) => void,
	codec: LineCodec = plainLines(path),
): Promise<{ whole: number; torn: number }> {
	const file = await open(path, "r");
	try {
		let rest: Buffer = Buffer.alloc(0);
		let whole = 0;
		for (;;) {
			const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes);
			if (bytesRead === 0) {
				if (rest.length > 0) codec.openTorn(rest.toString("latin1"));
				return { whole, torn: rest.length };
			}
			rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
			let start = 0;
			for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, start)) {
				for (const line of codec.open(rest.toString("utf8", start, end))) onLine(line);
				start = end + 1;
			}
			whole += start;
			rest = rest.subarray(start);
		}
	} finally {
		await file.close();
	}
}

/**
 * A log of lines on disk. One append at a time: the caller waits for the one before.
 *
 * The write itself is synchronous, into the page cache, and only the sync is waited for. So once
 * its owner has stopped calling `append`, nothing of it can reach the file any more.
 */
export class DiskLog implements AppendLog {
	readonly #path: string;
	#file: number;
	#codec: LineCodec;
	#size: number;
	#failure: Error | undefined;

	private constructor(path: string, file: number, codec: LineCodec) {
		this.#path = path;
		this.#file = file;
		this.#codec = codec;
		this.#size = fstatSync(file).size;
	}

	/**
	 * Opens a log, and makes it when there is none. A torn last line, as a crash in the middle of a
	 * write leaves it, is cut off: it was never acknowledged to anybody.
	 *
	 * @param onLine  called with each whole line that is there
	 * @param codec   how the lines stand in it; as they are unless given
	 * @returns the log, and how many bytes of a torn line were cut off
	 */
	static async open(
		path: string,
		onLine: (line: string) => void,
		codec: LineCodec = plainLines(path),
	): Promise<{ log: DiskLog; torn: number }> {
		const file = openSync(path, "a", 0o600);
		try {
			const { whole, torn } = await readLines(path, onLine, codec);
			if (torn > 0) ftruncateSync(file, whole);
			// A file that has just been made is there to stay only when its name is.
			syncName(path);
			return { log: new DiskLog(path, file, codec), torn };
		} catch (error) {
			closeSync(file);
			throw error;
		}
	}

	get size(): number {
		return this.#size;
	}

	async append(bytes: Uint8Array): Promise<void> {
		if (this.#failure) throw this.#failure;
		try {
			const stored = this.#codec.seal(bytes);
			for (let at = 0; at < stored.length; ) at += writeSync(this.#file, stored, at);
			await syncData(this.#file);
			this.#size += stored.length;
			this.#codec.written();
		} catch (error) {
			this.#undo();
			throw error;
		}
	}

	rotate(to: string): void {
		if (this.#failure) throw this.#failure;
		renameSync(this.#path, to);
		try {
			const file = openSync(this.#path, "ax", 0o600);
			closeSync(this.#file);
			this.#file = file;
			this.#codec = this.#codec.anew();
			this.#size = 0;
			// Before anything in the new file is acknowledged.
			syncName(this.#path);
		} catch (error) {
			// What is written now could go into a file that is about to be removed.
			this.#failure = new Error(`the log can't be rotated: ${messageOf(error)}`);
			throw this.#failure;
		}
	}

	close(): void {
		this.#failure = new Error("the log is closed");
		closeSync(this.#file);
	}

	/** Lines that were refused to the sender must not turn up later, or stand torn before others. */
	#undo(): void {
		if (this.#failure) return;
		try {
			ftruncateSync(this.#file, this.#size);
		} catch (error) {
			this.#failure = new Error(`the log can't be repaired: ${messageOf(error)}`);
		}
	}
}

function syncName(path: string): void {
	const directory = openSync(dirname(path), "r");
	try {
		fsyncSync(directory);
	} finally {
		closeSync(directory);
	}
}
