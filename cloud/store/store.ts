import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Database } from "./database.ts";
import type { Manifest, ManifestMark, Part } from "./manifest.ts";
import type { partFolders } from "./partwriter.ts";
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
			const { parts } = await this.#catchUp(landing);
			return work({ database, parts, landing, path: (part, folder) => this.path(part, folder) });
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
			const spill = join(this.#options.directory, spillFolder);
			mkdirSync(spill, { recursive: true, mode: 0o700 });
			const database = await Database.open(spill);
			return { database, landing: await RowTable.create(database, "landing") };
		})();
		return this.#opened;
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
