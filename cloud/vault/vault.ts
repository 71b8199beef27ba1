import {
	closeSync,
	existsSync,
	fstatSync,
	openSync,
	readFileSync,
	readSync,
	writeSync,
} from "node:fs";
import { open as openFile, readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import { CloudFault, codeOf } from "../fault.ts";
import { createFile, makeDirectory, readIfPresent, replaceFile, syncDirectory } from "../file.ts";
import { Layout } from "../layout.ts";
import { isEnvelope, memory, open, type Source, seal } from "./envelope.ts";
import { KeyFault } from "./fault.ts";
import { makeDataKey, parseKeyRecord, subkey, unwrapKey } from "./key.ts";
import { isSealedLines, type LineCodec, plainLines, SealedLines } from "./lines.ts";

/** How a data directory is opened. */
export interface VaultOptions {
	/** A passphrase, or 32 random bytes in hex or Base64; see docs/cloud.md. */
	readonly dataKey?: string | undefined;
	/** Encrypts a directory that is new; one that is encrypted already stays so. */
	readonly encrypt?: boolean | undefined;
}

/**
 * How the files of one data directory stand on disk: as they are, or sealed with its key
 * ([ADR](../../docs/adr/0008-encryption-at-rest.md)). Whatever holds what stations said, or a secret, is
 * read and written through it.
 */
export class Vault {
	/** Files as they are. */
	static readonly plain = new Vault("", undefined);
	readonly #root: string;
	readonly #key: Buffer | undefined;

	private constructor(root: string, key: Buffer | undefined) {
		this.#root = root;
		this.#key = key;
	}

	/**
	 * Opens the vault of a data directory; nothing else of it is looked at before the key is known to be right.
	 *
	 * @throws {KeyFault} when the key is missing, wrong or not wanted; nothing is changed then
	 */
	static async open(dataDir: string, options: VaultOptions = {}): Promise<Vault> {
		const { dataKey, encrypt } = options;
		const layout = new Layout(dataDir);
		const text = await readIfPresent(layout.vault);
		if (text !== undefined) return Vault.#unlock(layout, text, dataKey);
		if (encrypt !== true) {
			if (dataKey === undefined) return Vault.plain;
			throw new KeyFault(
				"NotEncrypted",
				`${dataDir} is not encrypted and a key is given; expected --encrypt for a new directory, or no key`,
			);
		}
		if (dataKey === undefined) throw new KeyFault("KeyNeeded", `--encrypt: ${wanted}`);
		const plain = layout.owned.find((path) => existsSync(path));
		if (plain !== undefined) {
			throw new KeyFault(
				"PlainData",
				`--encrypt: ${plain} is there and not encrypted; expected a new directory, or an encrypted copy of this one (isobar encrypt)`,
			);
		}
		const { record } = await makeDataKey(dataKey);
		await makeDirectory(dataDir);
		await createFile(layout.vault, `${JSON.stringify(record)}\n`, 0o600);
		await syncDirectory(dataDir);
		// Of two that make it at one time the first one counts.
		return Vault.#unlock(layout, (await readIfPresent(layout.vault))!, dataKey);
	}

	static async #unlock(
		{ root, vault }: Layout,
		text: string,
		dataKey: string | undefined,
	): Promise<Vault> {
		const record = parseKeyRecord(vault, text);
		if (dataKey === undefined) throw new KeyFault("KeyNeeded", `${root} is encrypted; ${wanted}`);
		const key = await unwrapKey(record, dataKey);
		if (key !== undefined) return new Vault(root, key);
		throw new KeyFault("WrongKey", `${root} can't be opened with this key; nothing was changed`);
	}

	get isSealed(): boolean {
		return this.#key !== undefined;
	}

	/** The text of a file, or `undefined` when there is none. @throws {CloudFault} "Damaged" */
	async read(path: string): Promise<string | undefined> {
		try {
			return this.#opened(path, await readFile(path)).toString();
		} catch (error) {
			if (codeOf(error) === "ENOENT") return undefined;
			throw error;
		}
	}

	/** The text of a file that is there. @throws {CloudFault} "Damaged" */
	readSync(path: string): string {
		return this.#opened(path, readFileSync(path)).toString();
	}

	/** A file of any kind as it would stand open. @throws {CloudFault} "Damaged" */
	readAny(path: string): Buffer {
		const stored = readFileSync(path);
		if (this.#key === undefined || isEnvelope(stored)) return this.#opened(path, stored);
		if (!isSealedLines(stored)) return stored;
		const codec = this.lines(path);
		const lines = stored.toString().split("\n").slice(0, -1);
		return Buffer.from(
			lines
				.flatMap((line) => codec.open(line))
				.map((line) => `${line}\n`)
				.join(""),
		);
	}

	/** As `createFile`. */
	create(path: string, text: string, mode: number): Promise<boolean> {
		return createFile(path, this.#sealed(path, text), mode);
	}

	/** As `replaceFile`. */
	replace(
		path: string,
		text: string | Uint8Array,
		mode: number,
		stillWanted?: () => boolean,
	): Promise<boolean> {
		return replaceFile(path, this.#sealed(path, text), mode, stillWanted);
	}

	/** For a file of lines, from its first line on. */
	lines(path: string): LineCodec {
		if (this.#key === undefined) return plainLines(path);
		return new SealedLines(this.#key, this.#nameOf(path), path);
	}

	/** The text of a new file of lines. */
	async replaceLines(path: string, text: string): Promise<void> {
		const bytes = Buffer.from(text);
		await replaceFile(path, bytes.length === 0 ? bytes : this.lines(path).seal(bytes), 0o600);
	}

	/** A passphrase for a file that has an encryption of its own; `undefined` for a vault that seals nothing. */
	passphrase(path: string): string | undefined {
		if (this.#key === undefined) return undefined;
		return subkey(this.#key, Buffer.alloc(0), `passphrase ${this.#nameOf(path)}`).toString("hex");
	}

	/** Writes what stands open in one file to another, sealed and on disk to stay. @param path  its later name */
	async sealFile(from: string, to: string, path: string): Promise<void> {
		const source = openSync(from, "r");
		try {
			const file = await openFile(to, "w", 0o600);
			try {
				for (const chunk of seal(this.#key!, this.#nameOf(path), sourceOf(source))) {
					await file.writeFile(chunk); // All of it: `write` may stop short.
				}
				await file.sync();
			} finally {
				await file.close();
			}
		} finally {
			closeSync(source);
		}
	}

	/**
	 * Writes what is sealed in one file to another, open.
	 *
	 * @param path  the name of the first one, where a link has another
	 * @throws {CloudFault} "Damaged"; what has been written is not to be used then
	 */
	openFile(from: string, to: string, path: string): void {
		const source = openSync(from, "r");
		try {
			const file = openSync(to, "w", 0o600);
			try {
				for (const chunk of open(this.#key!, this.#nameOf(path), sourceOf(source), path)) {
					for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
				}
			} finally {
				closeSync(file);
			}
		} finally {
			closeSync(source);
		}
	}

	#sealed(path: string, text: string | Uint8Array): string | Uint8Array {
		if (this.#key === undefined) return text;
		return Buffer.concat([...seal(this.#key, this.#nameOf(path), memory(Buffer.from(text)))]);
	}

	#opened(path: string, stored: Buffer): Buffer {
		if (this.#key !== undefined) {
			return Buffer.concat([...open(this.#key, this.#nameOf(path), memory(stored), path)]);
		}
		if (!isEnvelope(stored)) return stored;
		throw new CloudFault(
			"KeyNeeded",
			`${path} is encrypted, and vault.json, which has its key, is not in the data directory; put it back from a copy`,
		);
	}

	/** Files may change places with no other: their names below the root go into their keys. */
	#nameOf(path: string): string {
		return firstName(relative(this.#root, path).split(sep).join("/"));
	}
}

const wanted =
	"expected its key in ISOBAR_DATA_KEY, or a file with it in ISOBAR_DATA_KEY_FILE or --key-file";

/** Names that files are given later, and those under which they were begun. */
const renames: readonly (readonly [later: RegExp, first: string])[] = Object.freeze([
	[/observations-\d{6,}\.jsonl$/, "observations.jsonl"],
	[/rejected\.1\.jsonl$/, "rejected.jsonl"],
	[/events\.1\.jsonl$/, "events.jsonl"],
	[/\.full$/, ".part"],
]);

function firstName(name: string): string {
	return renames.reduce((text, [later, first]) => text.replace(later, first), name);
}

function sourceOf(file: number): Source {
	return {
		size: fstatSync(file).size,
		read(at, length) {
			const bytes = Buffer.allocUnsafe(length);
			let done = 0;
			while (done < length) {
				const count = readSync(file, bytes, done, length - done, at + done);
				if (count === 0) break;
				done += count;
			}
			return bytes.subarray(0, done);
		},
	};
}
