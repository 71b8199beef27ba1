import { randomBytes } from "node:crypto";
import {
	closeSync,
	constants,
	fstatSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { VirtualFlash, type VirtualFlashOptions, VirtualKeyValue } from "../device/storage.ts";

/** The storage of one station that survives the end of the process. */
export interface StationStorage {
	readonly flash: FileFlash;
	readonly keyValue: FileKeyValue;
}

/**
 * Opens the storage of a station, and makes it when there is none.
 *
 * @param directory  where `<thing>.flash` and `<thing>.kv` are
 * @throws {Error} with one line when a file is there that is none of ours
 */
export function openStorage(directory: string, thing: string): StationStorage {
	mkdirSync(directory, { recursive: true, mode: 0o700 });
	return {
		flash: new FileFlash(join(directory, `${thing}.flash`)),
		keyValue: new FileKeyValue(join(directory, `${thing}.kv`)),
	};
}

/**
 * A NOR flash whose bytes are in a file. Every write and erase is in the file when the call returns,
 * so that the end of the process, a SIGKILL too, is no more than a power cut. A crash of the whole
 * machine may take the last seconds, as nothing waits for the disk.
 *
 * The file is as long as the partition has ever been written; what is beyond is erased.
 */
export class FileFlash extends VirtualFlash {
	readonly #file: number;
	#length: number;
	#isTorn = false;

	/** @param path  made when it is missing */
	constructor(path: string, options: VirtualFlashOptions = {}) {
		super(options);
		const { size, eraseValue } = this.status();
		this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
		this.#length = fstatSync(this.#file).size;
		if (this.#length > size) {
			closeSync(this.#file);
			throw new Error(
				`${path} has ${this.#length} bytes; expected a flash image of at most ${size}`,
			);
		}
		const image = new Uint8Array(size).fill(eraseValue);
		image.set(readFileSync(this.#file));
		this.load(image);
	}

	override write(from: Uint8Array, offset: number): void {
		this.#do(() => super.write(from, offset), offset, from.length);
	}

	override eraseBlock(block: number): void {
		const { blockLength } = this.status();
		this.#do(() => super.eraseBlock(block), block * blockLength, blockLength);
	}

	override powerOn(): void {
		super.powerOn();
		if (this.#isTorn) this.#store(0, this.status().size);
		this.#isTorn = false;
	}

	override close(): void {
		closeSync(this.#file);
	}

	#do(operation: () => void, offset: number, length: number): void {
		try {
			operation();
		} finally {
			// Without power nothing can be read; what the cut has left is stored when it is back.
			if (this.isPowered) this.#store(offset, length);
			else this.#isTorn = true;
		}
	}

	#store(offset: number, length: number): void {
		const start = Math.min(offset, this.#length);
		const bytes = new Uint8Array(offset + length - start);
		this.read(bytes, start);
		for (let at = 0; at < bytes.length; ) {
			at += writeSync(this.#file, bytes, at, bytes.length - at, start + at);
		}
		this.#length = Math.max(this.#length, offset + length);
	}
}

/** A key-value domain in a file, which is replaced as a whole by each write. */
export class FileKeyValue extends VirtualKeyValue {
	readonly #path: string;

	/** @param path  JSON, made at the first write: the items in Base64 by their keys */
	constructor(path: string) {
		super();
		this.#path = path;
		const items = readItems(path);
		if (items !== undefined) this.load(items);
	}

	override write(key: string, value: Uint8Array): void {
		super.write(key, value);
		this.#store();
	}

	override delete(key: string): void {
		super.delete(key);
		this.#store();
	}

	#store(): void {
		const items = [...this.snapshot()].map(([key, value]) => [
			key,
			Buffer.from(value).toString("base64"),
		]);
		const temporary = `${this.#path}.${randomBytes(4).toString("hex")}.tmp`;
		writeFileSync(temporary, `${JSON.stringify(Object.fromEntries(items))}\n`, { mode: 0o600 });
		renameSync(temporary, this.#path);
	}
}

function readItems(path: string): Map<string, Uint8Array> | undefined {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw error;
	}
	try {
		const items: Record<string, string> = JSON.parse(text);
		return new Map(
			Object.entries(items).map(([key, value]) => [
				key,
				Uint8Array.from(Buffer.from(value, "base64")),
			]),
		);
	} catch {
		throw new Error(`${path} is no key-value store of a station; expected JSON`);
	}
}
