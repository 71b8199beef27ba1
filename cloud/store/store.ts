import { linkSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../fault.ts";
import { Database } from "./database.ts";
import type { Manifest, ManifestMark, Part } from "./manifest.ts";
import { partFolders } from "./partwriter.ts";
import { RowTable, readWholeLines } from "./rows.ts";
import { openSnapshot, type Segment } from "./segments.ts";
import type { Sources } from "./source.ts";

/** The archive at one moment, for one query. */
export interface View extends Sources {
	readonly database: Database;
	/** The rows that are not in a part. */
	readonly landing: RowTable;
}

export interface StoreOptions {
	/** The folder of the archive. */
	readonly directory: string;
	/**
	 * How many bytes of the segment that grows are there to stay. Left out by who is not the process
	 * that writes it: whole lines count then.
	 */
	settled?(): number;
	/**
	 * A folder of its own below the archive for a process that is not the one that writes: the files of a query
	 * are linked there, so that nobody takes them away meanwhile.
	 */
	readonly pinFolder?: string;
}

/** Takes what does not fit into memory, below the archive; a start removes what a crash leaves. */
export const spillFolder = "spill.tmp";

/** Reads the archive with DuckDB: Parquet parts and, followed as it grows, the landing log. */
export class Store {
	readonly #options: StoreOptions;
	#opened: Promise<{ database: Database; landing: RowTable }> | undefined;
	/** What has been looked at last. */
	#last: { readonly mark: ManifestMark; readonly manifest: Manifest } | undefined;
	/** The byte behind the last row that has been read of each segment. */
	readonly #offsets = new Map<number, number>();
	#turn: Promise<unknown> = Promise.resolve();

	constructor(options: StoreOptions) {
		this.#options = options;
	}

	/** Has `work` look at the archive as it is now; one after the other. */
	read<T>(work: (view: View) => Promise<T>): Promise<T> {
		return this.exclusive(async () => {
			const { database, landing } = await this.#open();
			const parts = await this.#pinned(landing);
			const { pinFolder } = this.#options;
			const path: Sources["path"] = (part, folder) =>
				pinFolder === undefined ? this.path(part, folder) : pinPath(pinFolder, part, folder);
			return work({ database, parts, landing, path });
		});
	}

	/** Has `work` done while no query looks at files. */
	exclusive<T>(work: () => Promise<T>): Promise<T> {
		const turn = this.#turn.then(work);
		this.#turn = turn.catch(() => {});
		return turn;
	}

	/** Gives `work` a connection of its own, beside the queries. */
	async beside<T>(work: (database: Database) => Promise<T>): Promise<T> {
		const { database } = await this.#open();
		const connection = await database.connect();
		try {
			return await work(connection);
		} finally {
			connection.disconnect();
		}
	}

	/** Path of one of the two files of a part. */
	path({ day, file }: Part, folder: (typeof partFolders)[number]): string {
		return join(this.#options.directory, folder, `day=${day}`, file);
	}

	/** Ends DuckDB, when nothing is under way. */
	async close(): Promise<void> {
		await this.exclusive(async () => {
			const opened = await this.#opened?.catch(() => undefined);
			opened?.database.close();
		});
	}

	#open(): Promise<{ database: Database; landing: RowTable }> {
		this.#opened ??= (async () => {
			const { directory, pinFolder } = this.#options;
			const spill = pinFolder ?? join(directory, spillFolder);
			mkdirSync(spill, { recursive: true, mode: 0o700 });
			const database = await Database.open(spill);
			return { database, landing: await RowTable.create(database, "landing") };
		})();
		return this.#opened;
	}

	/** The parts as they are now, linked where that is asked for. */
	async #pinned(landing: RowTable): Promise<readonly Part[]> {
		const { pinFolder } = this.#options;
		for (;;) {
			const { parts } = await this.#catchUp(landing);
			if (pinFolder === undefined) return parts;
			try {
				for (const part of parts) {
					for (const folder of partFolders) {
						pin(this.path(part, folder), pinPath(pinFolder, part, folder));
					}
				}
				return parts;
			} catch (error) {
				// One has gone since: so there is a newer manifest.
				if (codeOf(error) !== "ENOENT") throw error;
			}
		}
	}

	/** Brings the rows in memory up to what is on disk. */
	async #catchUp(landing: RowTable): Promise<Manifest> {
		const snapshot = openSnapshot(this.#options.directory, this.#last);
		try {
			const { compacted } = snapshot.manifest;
			if (compacted > (this.#last?.manifest.compacted ?? 0)) await landing.remove(compacted);
			const active = snapshot.segments.at(-1);
			for (const segment of snapshot.segments) {
				const settled = segment === active ? this.#options.settled?.() : undefined;
				await this.#follow(landing, segment, Math.min(segment.size, settled ?? segment.size));
			}
			for (const number of this.#offsets.keys()) {
				if (number <= compacted) this.#offsets.delete(number);
			}
			this.#last = snapshot;
			return snapshot.manifest;
		} finally {
			snapshot.close();
		}
	}

	async #follow(landing: RowTable, { number, file }: Segment, to: number): Promise<void> {
		const from = this.#offsets.get(number) ?? 0;
		if (to <= from) return;
		const end = await readWholeLines(file, from, to, (lines) => landing.add(number, lines));
		this.#offsets.set(number, end);
	}
}

/** Links a file that may be linked already: the name of a part is never given to another one. */
function pin(path: string, to: string): void {
	try {
		linkSync(path, to);
	} catch (error) {
		if (codeOf(error) !== "EEXIST") throw error;
	}
}

function pinPath(pinFolder: string, { file }: Part, folder: string): string {
	return join(pinFolder, `${folder}-${file}`);
}
