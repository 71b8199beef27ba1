import { chmod, open, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeDirectory, syncDirectory, temporarySuffix } from "../file.ts";
import { ClearRoom } from "../vault/room.ts";
import type { Vault } from "../vault/vault.ts";
import { type Database, quoteName, quoteText } from "./database.ts";
import { selectHours } from "./hourly.ts";
import type { Part } from "./manifest.ts";
import { rowColumns } from "./rows.ts";

/** The two folders of Parquet files below the archive, each with a folder for a day. */
export const partFolders = Object.freeze(["observations", "hourly"] as const);

function partFile(number: number): string {
	return `part-${String(number).padStart(6, "0")}.parquet`;
}

/**
 * What is being written: `.part-000001.parquet.tmp`. A name that begins with a dot is passed over by
 * whoever reads the folder as a data set.
 */
function temporaryName(file: string): string {
	return `.${file}${temporarySuffix}`;
}

/** Days before and after these are no dates of observations: the time of a clock that was never set. */
const [firstDay, lastDay] = ["2000-01-01", "2099-12-31"];
/** The folder of rows whose time is none. */
export const undatedDay = "1970-01-01";

/** SQL for the folder to which a row belongs. */
export const dayOf = `CASE WHEN time >= '${firstDay} 00:00:00Z' AND time < '${lastDay} 24:00:00Z'
	THEN strftime(time, '%Y-%m-%d') ELSE '${undatedDay}' END`;

/** Rows per group of a file: a station's day lies in one or two of them, at a report a minute. */
const rowGroup = 20_480;

/** What becomes a part. */
export interface PartSource {
	readonly day: string;
	readonly number: number;
	/** SQL that selects the fixed columns and the channels. */
	readonly rows: string;
	readonly channels: readonly string[];
}

/** Writes Parquet parts: whole and on disk to stay, or not under their names. */
export class PartWriter {
	readonly #directory: string;
	readonly #vault: Vault;
	readonly #isDirection: (channel: string) => boolean;

	/** @param directory  the archive */
	constructor(directory: string, vault: Vault, isDirection: (channel: string) => boolean) {
		this.#directory = directory;
		this.#vault = vault;
		this.#isDirection = isDirection;
	}

	/** Writes the two files of a part. It counts when a manifest names it. */
	async write(database: Database, source: PartSource): Promise<Part> {
		const { day, rows, number, channels } = source;
		const columns = [...rowColumns.map(([name]) => name), ...channels].map(quoteName).join(", ");
		const hours = selectHours(rows, channels, this.#isDirection);
		const sorted = {
			observations: `SELECT ${columns} FROM (${rows}) ORDER BY thing, time, sequence`,
			hourly: `${hours} ORDER BY thing, hour`,
		};
		let bytes = 0;
		for (const folder of partFolders) {
			bytes += await this.#writeFile(database, join(folder, `day=${day}`), number, sorted[folder]);
		}
		const [figures] = await database.rows(
			`SELECT count(*)::DOUBLE AS rows, floor(epoch(min(time))) AS "from", ceil(epoch(max(time))) AS "to" FROM (${rows})`,
		);
		const { rows: count, from, to } = figures as { rows: number; from: number; to: number };
		return { day, file: partFile(number), rows: count, bytes, from, to, channels };
	}

	async #writeFile(
		database: Database,
		folder: string,
		number: number,
		select: string,
	): Promise<number> {
		const directory = join(this.#directory, folder);
		await makeDirectory(directory);
		const path = join(directory, partFile(number));
		const temporary = join(directory, temporaryName(partFile(number)));
		if (this.#vault.isSealed) await this.#copySealed(database, select, temporary, path);
		else await copy(database, select, temporary);
		await chmod(temporary, 0o600);
		await syncFile(temporary);
		await rename(temporary, path);
		await syncDirectory(directory);
		// The folder of the day may be new, and so may the one that holds it.
		await syncDirectory(dirname(directory));
		await syncDirectory(this.#directory);
		return (await stat(path)).size;
	}

	/** What DuckDB writes does not come into the archive before it is sealed. */
	async #copySealed(
		database: Database,
		select: string,
		temporary: string,
		path: string,
	): Promise<void> {
		const room = new ClearRoom();
		try {
			const clear = room.path("part.parquet");
			await copy(database, select, clear);
			await this.#vault.sealFile(clear, temporary, path);
		} finally {
			room.close();
		}
	}
}

async function copy(database: Database, select: string, to: string): Promise<void> {
	await database.run(
		`COPY (${select}) TO ${quoteText(to)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${rowGroup})`,
	);
}

async function syncFile(path: string): Promise<void> {
	const file = await open(path, "r+");
	try {
		await file.sync();
	} finally {
		await file.close();
	}
}
