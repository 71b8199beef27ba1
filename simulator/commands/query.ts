import { queryArchive } from "../../cloud/store/query.ts";
import { ChannelTable } from "../../firmware/index.ts";
import { ExitCode, type Host, type Stream } from "./host.ts";
import { dataKey } from "./secret.ts";

/** What the user asked for, by the names of the options. */
export interface QueryOptions {
	readonly data: string;
	readonly station?: string;
	readonly json?: boolean;
	readonly csv?: boolean;
}

type Output = Parameters<typeof queryArchive>[2];
type Row = Parameters<Output["rows"]>[0][number];

/** Rows that a table shows; the other forms write all. */
const tableRows = 1_000;

/**
 * `isobar query`: SQL over the archive.
 *
 * @throws {Error} with one line about what is wrong with the SQL
 */
export async function query(sql: string, options: QueryOptions, host: Host): Promise<ExitCode> {
	const { station, data, json, csv } = options;
	const own =
		station === undefined
			? []
			: (await host.loadStation(station, `${data}/build`)).definition.channels;
	const { stdout } = host;
	const archive = { channels: new ChannelTable(own), dataKey: dataKey(host) };
	if (json) await queryArchive(data, sql, jsonOutput(stdout), archive);
	else if (csv) await queryArchive(data, sql, csvOutput(stdout), archive);
	else {
		const table = new TableOutput(stdout);
		await queryArchive(data, sql, table, archive);
		table.end();
	}
	return ExitCode.Ok;
}

/** An object a line. */
function jsonOutput(stdout: Stream): Output {
	let names: readonly string[] = [];
	return {
		begin(columns) {
			names = columns;
		},
		rows(rows) {
			for (const row of rows) {
				const members = names.map((name, index) => [name, row[index]] as const);
				stdout.write(`${JSON.stringify(Object.fromEntries(members))}\n`);
			}
			return true;
		},
	};
}

/** RFC 4180, with line feeds. */
function csvOutput(stdout: Stream): Output {
	const write = (cells: readonly string[]): void => {
		stdout.write(
			`${cells.map((cell) => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`,
		);
	};
	return {
		begin: write,
		rows(rows) {
			for (const row of rows) write(row.map(textOf));
			return true;
		},
	};
}

/** Columns side by side, numbers to the right. */
class TableOutput implements Output {
	readonly #stdout: Stream;
	readonly #rows: Row[] = [];
	#columns: readonly string[] = [];
	#hasMore = false;

	constructor(stdout: Stream) {
		this.#stdout = stdout;
	}

	begin(columns: readonly string[]): void {
		this.#columns = columns;
	}

	rows(rows: readonly Row[]): boolean {
		this.#rows.push(...rows.slice(0, tableRows - this.#rows.length));
		this.#hasMore = this.#rows.length === tableRows;
		return !this.#hasMore;
	}

	end(): void {
		const cells = this.#rows.map((row) => row.map(textOf));
		const widths = this.#columns.map((name, column) =>
			Math.max(name.length, ...cells.map((row) => row[column]!.length)),
		);
		const isNumber = this.#columns.map((_, column) =>
			this.#rows.some((row) => typeof row[column] === "number"),
		);
		const line = (row: readonly string[]): string =>
			row
				.map((cell, column) =>
					isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
				)
				.join("  ")
				.trimEnd();
		for (const row of [this.#columns, ...cells]) this.#stdout.write(`${line(row)}\n`);
		if (this.#hasMore) {
			this.#stdout.write(`(the first ${tableRows} rows; --csv and --json write all)\n`);
		}
	}
}

function textOf(cell: Row[number]): string {
	if (cell === null) return "";
	return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}
