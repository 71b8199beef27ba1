import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GroupCommit, type Settled } from "../commit.ts";
import { messageOf } from "../fault.ts";
import { makeDirectory } from "../file.ts";
import { type AppendLog, DiskLog, readLines } from "../log.ts";
import type { Vault } from "../vault/vault.ts";

/** Something that is to be done, and must not be forgotten before it is. */
export interface Entry {
	readonly id: string;
}

const segmentBytes = 4 << 20;
const segmentPattern = /^journal-(\d{8})\.jsonl$/;

/** One file of the journal. */
interface Segment {
	readonly path: string;
	/** Entries that began here and have not ended. */
	readonly open: Set<string>;
}

/**
 * What rules have begun and not ended. An entry is on disk before its message is acknowledged; what a
 * crash interrupts is begun again at the next start, so everything happens at least once. The files are
 * deleted from the oldest on, as soon as nothing in them is open.
 */
export class Journal<T extends Entry> {
	readonly #log: (line: string) => void;
	readonly #segments: Segment[];
	readonly #commit: GroupCommit;

	private constructor(log: (line: string) => void, segments: Segment[], writer: SegmentWriter) {
		this.#log = log;
		this.#segments = segments;
		this.#commit = new GroupCommit(writer);
		writer.onTurn = (path) => this.#segments.push({ path, open: new Set() });
	}

	/** @returns the journal, and what was begun before and has not ended, oldest first */
	static async open<T extends Entry>(
		directory: string,
		log: (line: string) => void,
		vault: Vault,
	): Promise<{ journal: Journal<T>; pending: readonly T[] }> {
		await makeDirectory(directory);
		const names = (await readdir(directory)).filter((name) => segmentPattern.test(name)).sort();
		const entries = new Map<string, T>();
		const segments: Segment[] = [];
		for (const name of names) {
			const path = join(directory, name);
			const open = new Set<string>();
			const take = (line: string): void => {
				const { begin, end } = parse<T>(line);
				if (begin) {
					entries.set(begin.id, begin);
					open.add(begin.id);
				} else if (end !== undefined) entries.delete(end);
			};
			await readLines(path, take, vault.lines(path));
			segments.push({ path, open });
		}
		for (const { open } of segments) for (const id of open) if (!entries.has(id)) open.delete(id);
		const last = Number(segmentPattern.exec(names.at(-1) ?? "")?.[1] ?? 0);
		const writer = await SegmentWriter.open(directory, last + 1, vault);
		segments.push({ path: writer.path, open: new Set() });
		const journal = new Journal<T>(log, segments, writer);
		await journal.#clean();
		return { journal, pending: [...entries.values()] };
	}

	/** @param done  called when the entries are on disk, or with the reason why they are not */
	begin(entries: readonly T[], done: Settled): void {
		const text = entries.map((entry) => `${JSON.stringify({ begin: entry })}\n`).join("");
		this.#commit.add(text, (error) => {
			// A new file is begun between two groups of lines, so these are in the newest.
			if (!error) for (const { id } of entries) this.#segments.at(-1)!.open.add(id);
			done(error);
		});
	}

	/** Nobody waits for it: an entry whose end is lost is done once more. */
	end(id: string): void {
		const segment = this.#segments.find(({ open }) => open.has(id));
		this.#commit.add(`${JSON.stringify({ end: id })}\n`, (error) => {
			if (error) this.#log(`rules: ${messageOf(error)}`);
			segment?.open.delete(id);
			void this.#clean();
		});
	}

	kill(): void {
		this.#commit.kill();
	}

	async close(): Promise<void> {
		await this.#commit.close();
	}

	/** Only from the oldest on: the end of an entry stands in a later file than its begin. */
	async #clean(): Promise<void> {
		while (this.#segments.length > 1 && this.#segments[0]!.open.size === 0) {
			const { path } = this.#segments.shift()!;
			await unlink(path).catch((error) => this.#log(`rules: ${messageOf(error)}`));
		}
	}
}

/** Writes lines to one file after another. */
class SegmentWriter implements AppendLog {
	readonly #directory: string;
	readonly #vault: Vault;
	#number: number;
	#log: DiskLog;
	#bytes = 0;
	/** A new file has been begun. */
	onTurn: (path: string) => void = () => {};

	private constructor(directory: string, number: number, vault: Vault, log: DiskLog) {
		this.#directory = directory;
		this.#vault = vault;
		this.#number = number;
		this.#log = log;
	}

	static async open(directory: string, number: number, vault: Vault): Promise<SegmentWriter> {
		const path = pathOf(directory, number);
		const { log } = await DiskLog.open(path, () => {}, vault.lines(path));
		return new SegmentWriter(directory, number, vault, log);
	}

	get path(): string {
		return pathOf(this.#directory, this.#number);
	}

	async append(bytes: Uint8Array): Promise<void> {
		if (this.#bytes >= segmentBytes) {
			const path = pathOf(this.#directory, this.#number + 1);
			const { log } = await DiskLog.open(path, () => {}, this.#vault.lines(path));
			this.#log.close();
			this.#log = log;
			this.#number += 1;
			this.#bytes = 0;
			this.onTurn(this.path);
		}
		await this.#log.append(bytes);
		this.#bytes += bytes.length;
	}

	close(): void {
		this.#log.close();
	}
}

function pathOf(directory: string, number: number): string {
	return join(directory, `journal-${String(number).padStart(8, "0")}.jsonl`);
}

function parse<T>(line: string): { begin?: T; end?: string } {
	try {
		return JSON.parse(line) as { begin?: T; end?: string };
	} catch {
		return {};
	}
}
