import { statSync } from "node:fs";
import { join } from "node:path";
import { GroupCommit, type Settled } from "./commit.ts";
import { type AppendLog, DiskLog, readLines } from "./log.ts";
import { SequenceSet } from "./sequences.ts";
import { Compactor } from "./store/compactor.ts";
import { readManifest } from "./store/manifest.ts";
import { recover } from "./store/recover.ts";
import { lineStart } from "./store/rows.ts";
import { activeFile, closedSegments, landingPaths, segmentFile } from "./store/segments.ts";
import { Store } from "./store/store.ts";
import type { LineCodec } from "./vault/lines.ts";
import { Vault } from "./vault/vault.ts";

/** Opens the log that grows; a test puts one in that fails or waits. */
export type OpenLog = (
	path: string,
	onLine: (line: string) => void,
	codec: LineCodec,
) => Promise<{ log: AppendLog; torn: number }>;

export interface RowLogOptions {
	/** What its rows are, in lines for people: "observations". */
	readonly what: string;
	/** How its files stand on disk; as they are unless given. */
	readonly vault?: Vault | undefined;
	readonly openLog?: OpenLog | undefined;
	/** What a query may take, as of `StoreOptions`. */
	readonly memory?: string;
	isDirection(channel: string): boolean;
	log(line: string): void;
}

/**
 * Rows in a folder, each once by thing and sequence: appended to a landing log, which is synced before
 * anybody is called back, and moved from there to Parquet. The one way on which anything gets into an archive.
 */
export class RowLog {
	readonly #directory: string;
	readonly #vault: Vault;
	readonly #rows: GroupCommit;
	readonly #known: Map<string, SequenceSet>;
	/** Reads what is there, for queries. */
	readonly store: Store;
	/** Moves what is there to Parquet. */
	readonly compactor: Compactor;

	private constructor(
		directory: string,
		{ vault = Vault.plain, what, memory, isDirection, log }: RowLogOptions,
		rows: AppendLog,
		known: Map<string, SequenceSet>,
	) {
		this.#directory = directory;
		this.#vault = vault;
		this.#rows = new GroupCommit(rows);
		this.#known = known;
		const settled = (): number => rows.size ?? Number.POSITIVE_INFINITY;
		this.store = new Store({ directory, vault, settled, memory });
		this.compactor = new Compactor({
			...{ directory, vault, store: this.store, what, isDirection, log },
			rotate: () => this.#rotate(),
		});
	}

	/** Opens the log in a directory; repairs a torn tail and reports it, and learns what is there. */
	static async open(directory: string, options: RowLogOptions): Promise<RowLog> {
		const { openLog = DiskLog.open, vault = Vault.plain, log } = options;
		const path = join(directory, activeFile);
		const manifest = readManifest(directory, vault);
		recover(directory, manifest);
		const known = new Map(
			[...manifest.known].map(([thing, { intervals }]) => [thing, SequenceSet.of(intervals)]),
		);
		let unreadable = 0;
		const onLine = (line: string): void => {
			const match = lineStart.exec(line);
			if (match) setOf(known, match[1]!).add(Number(match[2]));
			else unreadable += 1;
		};
		for (const closed of landingPaths(directory, manifest).slice(0, -1)) {
			await readLines(closed, onLine, vault.lines(closed));
		}
		const rows = await openLog(path, onLine, vault.lines(path));
		if (rows.torn > 0) log(`archive: cut off a torn last line of ${rows.torn} bytes`);
		if (unreadable > 0) log(`archive: ${unreadable} unreadable lines in ${path}, left as they are`);
		return new RowLog(directory, options, rows.log, known);
	}

	/** Things that have rows here. */
	get things(): Iterable<string> {
		return this.#known.keys();
	}

	/** The sequence numbers of a thing, whenever its rows were written; empty before the first. */
	sequences(thing: string): Pick<SequenceSet, "size" | "count" | "intervals"> {
		return this.#known.get(thing) ?? new SequenceSet();
	}

	/**
	 * Writes those of some rows of one thing that are not there. Their sequence numbers follow each other.
	 *
	 * @param first  sequence number of row 0
	 * @param linesOf  the lines of rows by their places, which ascend; copied before this returns
	 * @param done  called when all of them are on disk, with the places of those that were not there before; with
	 *   an error when they could not be written
	 */
	add(
		thing: string,
		first: number,
		count: number,
		linesOf: (rows: readonly number[]) => string | Uint8Array,
		done: (error: Error | undefined, rows: readonly number[]) => void,
	): void {
		const known = setOf(this.#known, thing);
		const rows: number[] = [];
		for (let row = 0; row < count; row++) {
			if (known.add(first + row)) rows.push(row);
		}
		this.#rows.add(
			linesOf(rows),
			(error) => done(error, rows),
			() => {
				for (const row of rows) known.remove(first + row);
			},
		);
	}

	/** Calls back when all that was handed in before is on disk: at once when nothing is under way. */
	settle(done: Settled): void {
		if (this.#rows.busy) this.#rows.add("", done);
		else done();
	}

	/** Each line of the landing log. */
	async readLanding(onLine: (line: string) => void): Promise<void> {
		for (const path of this.#landingPaths()) await readLines(path, onLine, this.#vault.lines(path));
	}

	/** The landing log: its bytes, and since when it has been growing, UTC ms. */
	landing(): { bytes: number; since: number } {
		const files = this.#landingPaths().map((path) => statSync(path));
		const bytes = files.reduce((sum, { size }) => sum + size, 0);
		return { bytes, since: files[0]!.birthtimeMs };
	}

	kill(): void {
		this.compactor.kill();
		this.#rows.kill();
		void this.store.close();
	}

	async close(): Promise<void> {
		await this.compactor.idle();
		await this.#rows.close();
		await this.store.close();
	}

	#landingPaths(): string[] {
		return landingPaths(this.#directory, readManifest(this.#directory, this.#vault));
	}

	/** Ends the segment that grows, if it has a row. */
	async #rotate(): Promise<void> {
		await this.#rows.between((log) => {
			if (log.size === 0) return;
			const last = closedSegments(this.#directory).at(-1) ?? 0;
			const { compacted } = readManifest(this.#directory, this.#vault);
			const number = Math.max(last, compacted) + 1;
			log.rotate!(join(this.#directory, segmentFile(number)));
		});
	}
}

/** The set of a thing; a new one where it has none. */
export function setOf(sets: Map<string, SequenceSet>, thing: string): SequenceSet {
	let set = sets.get(thing);
	if (!set) {
		set = new SequenceSet();
		sets.set(thing, set);
	}
	return set;
}
