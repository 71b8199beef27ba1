import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** An observation, as a line of the archive has it. */
export interface ArchivedRow {
	readonly thing: string;
	readonly sequence: number;
	readonly time: string | null;
	/** Why a channel has no value. */
	readonly reasons?: Readonly<Record<string, string>>;
	readonly [channel: string]: unknown;
}

/** What of a row is no channel. */
const others = new Set(["thing", "sequence", "time", "periodSeconds", "timeQuality", "reasons"]);

/** What is appended to the archive of a local cloud from now on, for one thing; also by another process. */
export class ArchiveTail {
	duplicates = 0;
	readonly #path: string;
	readonly #thing: string;
	readonly #seen = new Set<number>();
	#offset: number;

	/** @param directory  `archive` of the data directory; need not be there yet */
	constructor(directory: string, thing: string) {
		this.#path = join(directory, "observations.jsonl");
		this.#thing = thing;
		this.#offset = existsSync(this.#path) ? statSync(this.#path).size : 0;
	}

	/** Observations that have come. */
	get count(): number {
		return this.#seen.size;
	}

	/** The rows that have come since the last call; a line that is not whole yet is for the next one. */
	read(): ArchivedRow[] {
		if (!existsSync(this.#path)) return [];
		const bytes = readFileSync(this.#path);
		// A segment that was closed is renamed, and the file begins anew.
		if (bytes.length < this.#offset) this.#offset = 0;
		const end = bytes.lastIndexOf(0x0a) + 1;
		if (end <= this.#offset) return [];
		const lines = bytes.toString("utf8", this.#offset, end).trimEnd().split("\n");
		this.#offset = end;
		const rows = lines.map((line) => JSON.parse(line) as ArchivedRow);
		return rows.filter(({ thing }) => thing === this.#thing).filter((row) => this.#isNew(row));
	}

	#isNew({ sequence }: ArchivedRow): boolean {
		if (!this.#seen.has(sequence)) {
			this.#seen.add(sequence);
			return true;
		}
		this.duplicates += 1;
		return false;
	}
}

/** One line for people: when, which, and its values or why there are none. */
export function rowText(row: ArchivedRow): string {
	const values = Object.keys(row)
		.filter((name) => !others.has(name))
		.map((name) => `${name} ${row[name] ?? row.reasons?.[name] ?? "null"}`);
	return `${row.time ?? "undated"} ${row.sequence}: ${values.join(", ")}`;
}
