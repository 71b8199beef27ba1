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

const newline = 0x0a;
const readBytes = 1 << 20;
const syncData = promisify(fdatasync);

/** A file that only grows. */
export interface AppendLog {
	/** Bytes that are on disk to stay, where it can tell. */
	readonly size?: number;
	/** Resolves when the bytes are on disk to stay; rejects when none of them count as written. */
	append(bytes: Uint8Array): Promise<void>;
	/** Gives what is there another name, and goes on with an empty file. Not while an append is under way. */
	rotate?(to: string): void;
	close(): void;
}

/**
 * Reads a file of lines as it stands.
 *
 * @param onLine  called with each whole line, without its end
 * @returns bytes up to the end of the last whole line, and those of a torn one after it
 */
export async function readLines(
	path: string,
	onLine: (line: string) => void,
): Promise<{ whole: number; torn: number }> {
	const file = await open(path, "r");
	try {
		let rest: Buffer = Buffer.alloc(0);
		let whole = 0;
		for (;;) {
			const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes);
			if (bytesRead === 0) return { whole, torn: rest.length };
			rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
			let start = 0;
			for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, start)) {
				onLine(rest.toString("utf8", start, end));
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
	#size: number;
	#failure: Error | undefined;

	private constructor(path: string, file: number) {
		this.#path = path;
		this.#file = file;
		this.#size = fstatSync(file).size;
	}

	/**
	 * Opens a log, and makes it when there is none. A torn last line, as a crash in the middle of a
	 * write leaves it, is cut off: it was never acknowledged to anybody.
	 *
	 * @param onLine  called with each whole line that is there
	 * @returns the log, and how many bytes of a torn line were cut off
	 */
	static async open(
		path: string,
		onLine: (line: string) => void,
	): Promise<{ log: DiskLog; torn: number }> {
		const file = openSync(path, "a", 0o600);
		try {
			const { whole, torn } = await readLines(path, onLine);
			if (torn > 0) ftruncateSync(file, whole);
			// A file that has just been made is there to stay only when its name is.
			syncName(path);
			return { log: new DiskLog(path, file), torn };
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
			for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
			await syncData(this.#file);
			this.#size += bytes.length;
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
