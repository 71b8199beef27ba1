import { closeSync, fstatSync, openSync, readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { SequenceSet } from "../sequences.ts";
import { damaged } from "../vault/fault.ts";
import type { LineCodec } from "../vault/lines.ts";
import type { Vault } from "../vault/vault.ts";
import { type Database, quoteName, quoteText } from "./database.ts";
import { type Manifest, type Part, readManifest, writeManifest } from "./manifest.ts";
import { dayOf, PartWriter, partFolders } from "./partwriter.ts";
import { lineStart, RowTable, readWholeLines, rowColumns } from "./rows.ts";
import { closedSegments, segmentFile } from "./segments.ts";
import { selectRows } from "./source.ts";
import type { Store } from "./store.ts";

/** What the compactor works with. */
export interface CompactorOptions {
	/** The archive. */
	readonly directory: string;
	readonly vault: Vault;
	readonly store: Store;
	/** What its rows are, in lines for people: "observations". */
	readonly what: string;
	isDirection(channel: string): boolean;
	/** Ends the segment that grows, if it has a row. */
	rotate(): Promise<void>;
	log(line: string): void;
}

/** A day gets one part again when it has so many. */
const partsOfDay = 8;

/**
 * Moves rows from the landing log to Parquet, a folder for each UTC day.
 *
 * 1. The segment that grows is ended; a new one takes its place.
 * 2. The rows of ended segments are written as new parts, each synced under another name and renamed.
 * 3. The manifest that names the parts and the segments takes the place of the one before. At this moment
 *    the rows change sides.
 * 4. The segments are removed.
 *
 * A crash before 3 leaves parts that nobody counts, one after 3 segments that nobody counts; `recover` removes
 * both. What is known already, by (thing, sequence), is never written again, so a step that is
 * done twice does nothing twice.
 */
export class Compactor {
	readonly #options: CompactorOptions;
	readonly #writer: PartWriter;
	#running: Promise<void> = Promise.resolve();
	#killed = false;

	/** Rows moved since the start. */
	moved = 0;

	constructor(options: CompactorOptions) {
		this.#options = options;
		this.#writer = new PartWriter(options.directory, options.vault, options.isDirection);
	}

	/** Moves all that is in the landing log, then gathers the parts of days that are over. */
	compact(now: number): Promise<void> {
		const run = this.#running.then(() => this.#compact(now));
		this.#running = run.catch(() => {});
		return run;
	}

	/** Resolves when nothing is under way. */
	async idle(): Promise<void> {
		await this.#running;
	}

	/** Changes the manifest with nothing else changing it; removes the files of parts that it no longer names. */
	change(edit: (manifest: Manifest) => Manifest): Promise<void> {
		const run = this.#running.then(async () => {
			const before = this.#manifest();
			const after = edit(before);
			if (after !== before) await this.#commit(before, after);
		});
		this.#running = run.catch(() => {});
		return run;
	}

	/** From now on nothing changes sides, as if the process had ended. */
	kill(): void {
		this.#killed = true;
	}

	async #compact(now: number): Promise<void> {
		const { directory, rotate, store } = this.#options;
		await rotate();
		const numbers = closedSegments(directory);
		await store.beside(async (database) => {
			for (const number of numbers) await this.#move(database, number);
		});
		const today = new Date(now).toISOString().slice(0, 10);
		for (const [day, parts] of partsByDay(this.#manifest().parts)) {
			if (parts.length >= (day < today ? 2 : partsOfDay)) await this.#merge(day);
		}
	}

	/** Moves one segment. */
	async #move(database: Database, number: number): Promise<void> {
		const { directory, vault, what, log } = this.#options;
		const before = this.#manifest();
		if (number <= before.compacted) return;
		const table = await RowTable.create(database, "moving");
		try {
			const reader = new SegmentReader(before.known);
			const path = join(directory, segmentFile(number));
			await reader.read(path, vault.lines(path), (lines) => table.add(number, lines));
			if (reader.unreadable.length > 0) await this.#keepUnreadable(number, reader.unreadable);
			const parts = await this.#writeDays(database, table, before.nextPart);
			const after: Manifest = {
				...before,
				compacted: number,
				nextPart: before.nextPart + parts.length,
				parts: [...before.parts, ...parts],
				known: reader.known,
			};
			await this.#commit(before, after);
			await this.#options.store.exclusive(async () =>
				unlinkSync(join(directory, segmentFile(number))),
			);
			const rows = parts.reduce((sum, part) => sum + part.rows, 0);
			this.moved += rows;
			log(`archive: moved ${rows} ${what} to Parquet, ${parts.length} days`);
		} finally {
			await table.drop();
		}
	}

	async #writeDays(database: Database, table: RowTable, nextPart: number): Promise<Part[]> {
		const days = await database.rows(`SELECT DISTINCT ${dayOf} AS day FROM moving ORDER BY day`);
		const channels = [...table.channels].sort();
		const columns = [...rowColumns.map(([name]) => name), ...channels].map(quoteName).join(", ");
		const parts: Part[] = [];
		for (const { day } of days as { day: string }[]) {
			const rows = `SELECT ${columns} FROM moving WHERE ${dayOf} = ${quoteText(day)}`;
			const number = nextPart + parts.length;
			parts.push(await this.#writer.write(database, { day, number, rows, channels }));
		}
		return parts;
	}

	/** Writes the parts of a day as one. */
	async #merge(day: string): Promise<void> {
		const { store } = this.#options;
		const before = this.#manifest();
		const old = before.parts.filter((part) => part.day === day);
		const channels = [...new Set(old.flatMap((part) => part.channels))].sort();
		const columns = [...rowColumns.map(([name]) => name), ...channels];
		const number = before.nextPart;
		const part = await store.besideWithParts((database, path) => {
			const rows = selectRows({ parts: old, path }, { columns });
			return this.#writer.write(database, { day, number, rows, channels });
		});
		const parts = [...before.parts.filter((one) => one.day !== day), part];
		const copied = old.filter(({ uploaded }) => uploaded).map(({ file }) => ({ day, file }));
		const stale = [...(before.stale ?? []), ...copied];
		await this.#commit(before, { ...before, nextPart: number + 1, parts, stale });
	}

	/** Puts the new manifest in place; after that removes the files of parts that it no longer names. */
	async #commit(before: Manifest, after: Manifest): Promise<void> {
		const { directory, store, vault } = this.#options;
		if (this.#killed) throw new Error("the archive is closed");
		await writeManifest(directory, after, vault);
		const kept = new Set(after.parts.map(({ file }) => file));
		const gone = before.parts.filter(({ file }) => !kept.has(file));
		if (gone.length === 0) return;
		await store.exclusive(async () => {
			for (const { day, file } of gone) {
				for (const folder of partFolders) removeFile(join(directory, folder, `day=${day}`), file);
			}
		});
	}

	#manifest(): Manifest {
		return readManifest(this.#options.directory, this.#options.vault);
	}

	/** Lines that are no rows are kept beside the archive: nobody knows what they were. */
	async #keepUnreadable(number: number, lines: readonly string[]): Promise<void> {
		const { directory, vault, log } = this.#options;
		const file = `unreadable-${String(number).padStart(6, "0")}.txt`;
		await vault.replace(join(directory, file), `${lines.join("\n")}\n`, 0o600);
		log(`archive: kept ${lines.length} unreadable lines in ${file}`);
	}
}

/** Reads an ended segment, and leaves out what is known. */
class SegmentReader {
	/** Those of before, and those of the segment. */
	readonly known: Map<string, SequenceSet>;
	readonly unreadable: string[] = [];
	readonly #fresh = new Set<string>();

	constructor(known: ReadonlyMap<string, SequenceSet>) {
		this.known = new Map(known);
	}

	/** @throws {CloudFault} "Damaged" also for a last line without an end: it grows no more */
	async read(
		path: string,
		codec: LineCodec,
		onLines: (lines: string[]) => Promise<void>,
	): Promise<void> {
		const file = openSync(path, "r");
		try {
			const { size } = fstatSync(file);
			const end = await readWholeLines(file, 0, size, codec, (lines) =>
				onLines(lines.filter((line) => this.#isNew(line))),
			);
			if (end < size) throw damaged(path);
		} finally {
			closeSync(file);
		}
	}

	#isNew(line: string): boolean {
		const match = lineStart.exec(line);
		if (match === null) {
			this.unreadable.push(line);
			return false;
		}
		return this.#setOf(match[1]!).add(Number(match[2]));
	}

	/** The set of a thing; those of the manifest before are not touched. */
	#setOf(thing: string): SequenceSet {
		let set = this.known.get(thing);
		if (set === undefined || !this.#fresh.has(thing)) {
			set = SequenceSet.of(set?.intervals ?? []);
			this.known.set(thing, set);
			this.#fresh.add(thing);
		}
		return set;
	}
}

function partsByDay(parts: readonly Part[]): Map<string, Part[]> {
	const days = new Map<string, Part[]>();
	for (const part of parts) days.set(part.day, [...(days.get(part.day) ?? []), part]);
	return days;
}

/** Removes a file, and its folder when it was the last one. */
function removeFile(folder: string, file: string): void {
	unlinkSync(join(folder, file));
	if (readdirSync(folder).length === 0) rmdirSync(folder);
}
