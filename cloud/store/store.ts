import { linkSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../fault.ts";
import type { LineCodec } from "../vault/lines.ts";
import { ClearRoom, inRoom } from "../vault/room.ts";
import { Vault } from "../vault/vault.ts";
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
	/** How its files stand on disk; as they are unless given. */
	readonly vault?: Vault | undefined;
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
	/** What a query may take, as DuckDB writes it; "1GiB" unless given. */
	readonly memory?: string | undefined;
}

/** Takes what does not fit into memory, below the archive; a start removes what a crash leaves. */
export const spillFolder = "spill.tmp";

/** Reads the archive with DuckDB: Parquet parts and, followed as it grows, the landing log. */
export class Store {
	readonly #options: StoreOptions;
	readonly #vault: Vault;
	/** Takes parts that are sealed, while a query looks at them. */
	#room: ClearRoom | undefined;
	#opened: Promise<{ database: Database; landing: RowTable }> | undefined;
	/** What has been looked at last. */
	#last: { readonly mark: ManifestMark; readonly manifest: Manifest } | undefined;
	/** Of each segment the byte behind the last row that has been read, and what reads on from there. */
	readonly #offsets = new Map<number, { at: number; readonly codec: LineCodec }>();
	#turn: Promise<unknown> = Promise.resolve();

	constructor(options: StoreOptions) {
		this.#options = options;
		this.#vault = options.vault ?? Vault.plain;
	}

	/** Has `work` look at the archive as it is now; one after the other. */
	read<T>(work: (view: View) => Promise<T>): Promise<T> {
		return this.exclusive(async () => {
			const { database, landing } = await this.#open();
			const parts = await this.#pinned(landing);
			try {
				return await work({ database, parts, landing, path: this.#readable(this.#openRoom()) });
			} finally {
				await this.#room?.empty();
			}
		});
	}

	/** Gives `work` a connection of its own beside the queries, and parts as it can read them. */
	async besideWithParts<T>(
		work: (database: Database, path: Sources["path"]) => Promise<T>,
	): Promise<T> {
		const room = this.#vault.isSealed ? new ClearRoom() : undefined;
		try {
			return await this.beside((database) => work(database, this.#readable(room)));
		} finally {
			room?.close();
		}
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
			this.#room?.close();
			this.#room = undefined;
		});
	}

	#openRoom(): ClearRoom | undefined {
		if (this.#vault.isSealed) this.#room ??= new ClearRoom();
		return this.#room;
	}

	/** Where DuckDB finds a part: a sealed one is opened into a room when it is asked for. */
	#readable(room: ClearRoom | undefined): Sources["path"] {
		const { pinFolder } = this.#options;
		const opened = new Set<string>();
		return (part, folder) => {
			const path = this.path(part, folder);
			const stored = pinFolder === undefined ? path : pinPath(pinFolder, part, folder);
			if (room === undefined) return stored;
			const clear = room.path(`${folder}-${part.file}`);
			if (!opened.has(clear)) inRoom(() => this.#vault.openFile(stored, clear, path));
			opened.add(clear);
			return clear;
		};
	}

	#open(): Promise<{ database: Database; landing: RowTable }> {
		this.#opened ??= (async () => {
			const { directory, pinFolder, memory } = this.#options;
			const spill = pinFolder ?? join(directory, spillFolder);
			mkdirSync(spill, { recursive: true, mode: 0o700 });
			const database = await Database.open(spill, memory);
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
		const snapshot = openSnapshot(this.#options.directory, this.#vault, this.#last);
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

	async #follow(landing: RowTable, { number, path, file }: Segment, to: number): Promise<void> {
		const known = this.#offsets.get(number) ?? { at: 0, codec: this.#vault.lines(path) };
		if (to <= known.at) return;
		try {
			const add = (lines: string[]): Promise<void> => landing.add(number, lines);
			known.at = await readWholeLines(file, known.at, to, known.codec, add);
			this.#offsets.set(number, known);
		} catch (error) {
			// Some of its rows may be there: the next look begins at the first.
			await landing.remove(number);
			this.#offsets.clear();
			throw error;
		}
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
