import { read } from "node:fs";
import { promisify } from "node:util";
import type { LineCodec } from "../vault/lines.ts";
import { type Database, quoteName } from "./database.ts";

const newline = 0x0a;
const readBytes = 1 << 20;
const readAt = promisify(read);

/** The start of a line as the archive writes it, so that a start need not parse whole lines. */
export const lineStart = /^\{"thing":"([a-zA-Z0-9:_-]{1,128})","sequence":(\d{1,16}),.*\}$/;

/**
 * Columns of every row beside its channels: name, type in DuckDB and Parquet, what it says. A channel
 * is a DOUBLE by its name, in its unit, null where the value is missing.
 */
export const rowColumns = Object.freeze([
	["thing", "VARCHAR", "name of the station"],
	["sequence", "BIGINT", "sequence number of the observation, with `thing` its identity"],
	["time", "TIMESTAMPTZ", "start of the half-open window, UTC"],
	["periodSeconds", "BIGINT", "length of the window, s"],
	["timeQuality", "TINYINT", "0 synchronised, 1 retained, 2 dated afterwards, 3 unknown"],
	["reasons", "VARCHAR", "JSON: why values are missing, by channel; null when none is"],
	["flags", "VARCHAR", "JSON: what is odd about values, by channel; null when nothing is"],
] as const);

const isFixed = new Set<string>(rowColumns.map(([name]) => name));
const channelName = /^[a-z][A-Za-z0-9_]{0,39}$/;

/**
 * Reads whole lines of an open file.
 *
 * @param from  first byte, the beginning of a line
 * @param to    byte behind the last one to look at
 * @param codec  how the lines stand there; it has gone through what is before `from`
 * @param onLines  called with some lines at a time, without their ends; awaited
 * @returns the byte behind the last whole line
 */
export async function readWholeLines(
	file: number,
	from: number,
	to: number,
	codec: LineCodec,
	onLines: (lines: string[]) => Promise<void>,
): Promise<number> {
	let rest: Buffer = Buffer.alloc(0);
	let at = from;
	let end = from;
	while (at < to) {
		const buffer = Buffer.allocUnsafe(Math.min(readBytes, to - at));
		const { bytesRead } = await readAt(file, buffer, 0, buffer.length, at);
		if (bytesRead === 0) break;
		at += bytesRead;
		rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
		const whole = rest.lastIndexOf(newline) + 1;
		if (whole === 0) continue;
		const stored = rest.toString("utf8", 0, whole - 1).split("\n");
		await onLines(stored.flatMap((line) => codec.open(line)));
		end += whole;
		rest = rest.subarray(whole);
	}
	return end;
}

/** A table in memory of rows as they stand in the landing log, with the segment of each. */
export class RowTable {
	readonly #database: Database;
	readonly #name: string;
	readonly #staging: string;
	readonly #channels = new Set<string>();

	private constructor(database: Database, name: string) {
		this.#database = database;
		this.#name = name;
		this.#staging = `${name}Lines`;
	}

	static async create(database: Database, name: string): Promise<RowTable> {
		const columns = rowColumns.map(([column, type]) => `${quoteName(column)} ${type}`);
		await database.run(`CREATE TABLE ${name} (segment INTEGER, ${columns})`);
		await database.run(`CREATE TABLE ${name}Lines (line VARCHAR)`);
		return new RowTable(database, name);
	}

	/** Names of the channels that have a column. */
	get channels(): ReadonlySet<string> {
		return this.#channels;
	}

	/**
	 * Adds rows.
	 *
	 * @param lines  as they stand in the log; what is no row is left out
	 */
	async add(segment: number, lines: readonly string[]): Promise<void> {
		const database = this.#database;
		await database.appendTexts(this.#staging, lines);
		await this.#addChannels();
		const members = [
			...rowColumns.map(([name, type]) => [name, name === "time" ? "VARCHAR" : type]),
			...[...this.#channels].map((name) => [name, "DOUBLE"]),
		];
		const notes = ["reasons", "flags"].map((name) => `CAST(o.${name} AS VARCHAR) AS ${name}`);
		await database.run(
			`INSERT INTO ${this.#name} BY NAME
			SELECT ${segment} AS segment, CAST(o.time AS TIMESTAMPTZ) AS time,
				coalesce(o."timeQuality", 0) AS "timeQuality", ${notes},
				${["thing", "sequence", "periodSeconds", ...this.#channels].map((name) => `o.${quoteName(name)}`)}
			FROM (SELECT json_transform(line, $structure) AS o FROM ${this.#staging} WHERE json_valid(line))`,
			{ structure: JSON.stringify(Object.fromEntries(members)) },
		);
		await database.run(`DELETE FROM ${this.#staging}`);
	}

	/** Removes the rows of the segments up to one. */
	async remove(segment: number): Promise<void> {
		await this.#database.run(`DELETE FROM ${this.#name} WHERE segment <= ${segment}`);
	}

	async drop(): Promise<void> {
		await this.#database.run(`DROP TABLE ${this.#name}; DROP TABLE ${this.#staging}`);
	}

	async #addChannels(): Promise<void> {
		const keys = await this.#database.rows(
			`SELECT DISTINCT unnest(json_keys(line)) AS name FROM ${this.#staging} WHERE json_valid(line)`,
		);
		for (const { name } of keys as { name: string }[]) {
			if (isFixed.has(name) || this.#channels.has(name) || !channelName.test(name)) continue;
			await this.#database.run(`ALTER TABLE ${this.#name} ADD COLUMN ${quoteName(name)} DOUBLE`);
			this.#channels.add(name);
		}
	}
}
