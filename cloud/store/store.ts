import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Database, quoteText } from "./database.ts";
import type { Manifest, ManifestMark, Part } from "./manifest.ts";
import { RowTable, readWholeLines } from "./rows.ts";
import { openSnapshot, type Segment } from "./segments.ts";

/** The archive at one moment, for one query. */
export interface View {
	readonly database: Database;
	readonly manifest: Manifest;
	/** The rows that are not in a part. */
	readonly landing: RowTable;
	/** Path of the Parquet file of a part. */
	path(part: Part): string;
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
			this.#opened ??= this.#open();
			const { database, landing } = await this.#opened;
			const manifest = await this.#catchUp(landing);
			const path = (part: Part): string => this.path(part);
			return work({ database, manifest, landing, path });
		});
	}

	/** Has `work` done while no query looks at files. */
	exclusive<T>(work: () => Promise<T>): Promise<T> {
		const turn = this.#turn.then(work);
		this.#turn = turn.catch(() => {});
		return turn;
	}

	/** Where the Parquet file of a part is. */
	path({ day, file }: Part): string {
		return join(this.#options.directory, "observations", `day=${day}`, file);
	}

	/** Ends DuckDB, when nothing is under way. */
	async close(): Promise<void> {
		await this.exclusive(async () => {
			const opened = await this.#opened?.catch(() => undefined);
			opened?.database.close();
		});
	}

	async #open(): Promise<{ database: Database; landing: RowTable }> {
		const spill = join(this.#options.directory, "spill.tmp");
		mkdirSync(spill, { recursive: true, mode: 0o700 });
		const database = await Database.open(spill);
		return { database, landing: await RowTable.create(database, "landing") };
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

/** A list of the files of parts for `read_parquet`. */
export function fileList(parts: readonly Part[], view: View): string {
	return `[${parts.map((part) => quoteText(view.path(part))).join(", ")}]`;
}
