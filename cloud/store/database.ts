import type {
	DuckDBConnection,
	DuckDBInstance,
	DuckDBTimestampTZValue,
	DuckDBValue,
	Json,
} from "@duckdb/node-api";

/** One connection to DuckDB in this process: nothing of it is on disk but what it is told to write. */
export class Database {
	readonly #instance: DuckDBInstance;
	readonly #connection: DuckDBConnection;

	private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
		this.#instance = instance;
		this.#connection = connection;
	}

	/**
	 * Loads DuckDB, which takes a fifth of a second and 70 MB: so only when something is asked of it.
	 *
	 * @param spillDirectory  takes what does not fit into memory while a statement runs
	 * @param memory  that a statement may take before
	 */
	static async open(spillDirectory: string, memory = "1GiB"): Promise<Database> {
		const { DuckDBInstance } = await import("@duckdb/node-api");
		const instance = await DuckDBInstance.create(":memory:", {
			temp_directory: spillDirectory,
			// What spills is as secret as what is stored.
			temp_file_encryption: "true",
			memory_limit: memory,
			// Nothing is fetched from anywhere: what is needed is compiled in.
			autoinstall_known_extensions: "false",
			autoload_known_extensions: "false",
		});
		return Database.#connect(instance);
	}

	static async #connect(instance: DuckDBInstance): Promise<Database> {
		const connection = await instance.connect();
		// The footers of Parquet files, which never change under a name, are read once.
		await connection.run("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true");
		return new Database(instance, connection);
	}

	/** A second connection, for work that others need not wait for. */
	async connect(): Promise<Database> {
		return Database.#connect(this.#instance);
	}

	async run(sql: string, values?: Record<string, DuckDBValue>): Promise<void> {
		await this.#connection.run(sql, values);
	}

	/** The rows as plain objects: whole numbers beyond 2^53, times and the like as text. */
	async rows(sql: string, values?: Record<string, DuckDBValue>): Promise<Record<string, Json>[]> {
		const reader = await this.#connection.runAndReadAll(sql, values);
		return reader.getRowObjectsJson();
	}

	/** The same by column, in the order of the rows. */
	async columns(
		sql: string,
		values?: Record<string, DuckDBValue>,
	): Promise<Record<string, Json[]>> {
		const reader = await this.#connection.runAndReadAll(sql, values);
		return reader.getColumnsObjectJson();
	}

	/** Hands the rows of the last statement on as they come: times as ISO 8601. */
	async stream(
		sql: string,
		output: {
			begin(columns: readonly string[]): void;
			rows(rows: readonly (readonly Value[])[]): boolean;
		},
	): Promise<void> {
		const result = await this.#connection.stream(sql);
		output.begin(result.deduplicatedColumnNames());
		const types = result.columnTypes().map(String);
		const seen: TimeTexts = new Map();
		for await (const chunk of result) {
			const columns = types.map((type, index) => {
				const values = chunk.getColumnValues(index);
				if (type === "TIMESTAMP WITH TIME ZONE") return values.map((time) => timeText(time, seen));
				return values.map(toValue);
			});
			const rows = Array.from({ length: chunk.rowCount }, (_, row) =>
				columns.map((column) => column[row]!),
			);
			if (!output.rows(rows)) break;
		}
	}

	/** Appends texts to a table of one column of text. */
	async appendTexts(table: string, texts: readonly string[]): Promise<void> {
		const appender = await this.#connection.createAppender(table);
		for (const text of texts) {
			appender.appendVarchar(text);
			appender.endRow();
		}
		appender.closeSync();
	}

	/** Ends this connection alone. */
	disconnect(): void {
		this.#connection.closeSync();
	}

	/** Ends all. */
	close(): void {
		this.#connection.closeSync();
		this.#instance.closeSync();
	}
}

type Value = string | number | boolean | null | object;

/** Times as texts, by their microseconds: the same ones come again and again. */
type TimeTexts = Map<bigint, string>;
const timeTextsMaximum = 100_000;

function timeText(time: DuckDBValue, seen: TimeTexts): string | null {
	if (time === null) return null;
	const { micros } = time as DuckDBTimestampTZValue;
	let text = seen.get(micros);
	if (text === undefined) {
		text = new Date(Number(micros / 1_000n)).toISOString().replace(".000Z", "Z");
		if (seen.size === timeTextsMaximum) seen.clear();
		seen.set(micros, text);
	}
	return text;
}

/** Whole numbers as numbers where they fit; dates, lists and the like as DuckDB writes them. */
function toValue(cell: DuckDBValue): Value {
	if (typeof cell === "bigint") {
		return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell);
	}
	return typeof cell === "object" && cell !== null ? String(cell) : cell;
}

/** A name as SQL has it between quotation marks. */
export function quoteName(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL has it between apostrophes. */
export function quoteText(text: string): string {
	return `'${text.replaceAll("'", "''")}'`;
}
