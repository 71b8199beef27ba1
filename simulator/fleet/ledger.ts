import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Range, SimulatedStation } from "./station.ts";

/** Where the observations of a run are, in numbers. */
export interface Ledger {
	/** Observations put in flash by the stations. */
	readonly made: number;
	/** Observations that the broker has acknowledged, those of earlier runs included. */
	readonly acknowledged: number;
	/** Observations of this run that stand in the archive; null when nobody can look. */
	readonly archived: number | null;
	/** Observations given up because a flash was full; the station counts them. */
	readonly shed: number;
	/**
	 * Observations that losses of power have taken, each from within the loss window; left out for stations
	 * without one, null when nobody can look.
	 */
	readonly taken?: number | null;
	/** Made, and neither archived nor shed nor taken; null when nobody can look. */
	readonly lost: number | null;
	/** Rows of the archive that stand there more than once; null when nobody can look. */
	readonly duplicates: number | null;
}

/** What an archive says, read from its file and not from the cloud that wrote it. */
export interface Witness {
	/** Rows that are there more than once, counted without the first of each. */
	readonly duplicates: number;
	/** How many of these sequence numbers of a thing are there. */
	count(thing: string, range: Range): number;
}

/**
 * Draws the balance of a run.
 *
 * @param archive  what the archive says; `undefined` when the broker is not ours
 */
export function balance(stations: readonly SimulatedStation[], archive?: Witness): Ledger {
	let made = 0;
	let acknowledged = 0;
	let shed = 0;
	let archived = 0;
	let taken = 0;
	for (const station of stations) {
		const totals = station.totals();
		acknowledged += totals.acknowledged;
		shed += totals.shed;
		for (const range of totals.made) {
			made += range.last - range.first + 1;
			archived += archive?.count(station.thingName, range) ?? 0;
		}
		for (const range of archive === undefined ? [] : overlap(totals.made, totals.exposed)) {
			taken += range.last - range.first + 1 - archive!.count(station.thingName, range);
		}
	}
	const hasWindow = stations.some(({ lossWindow }) => lossWindow > 0);
	if (archive === undefined) {
		const none = hasWindow ? { taken: null } : {};
		return { made, acknowledged, archived: null, shed, ...none, lost: null, duplicates: null };
	}
	const lost = Math.max(0, made - archived - shed - taken);
	const some = hasWindow ? { taken } : {};
	return { made, acknowledged, archived, shed, ...some, lost, duplicates: archive.duplicates };
}

/** What is in a range of both, each number once; ranges of one kind come in order. */
function overlap(some: readonly Range[], others: readonly Range[]): Range[] {
	const ranges: Range[] = [];
	let from = 0;
	for (const other of others) {
		for (const one of some) {
			const first = Math.max(one.first, other.first, from);
			const last = Math.min(one.last, other.last);
			if (first <= last) ranges.push({ first, last });
		}
		from = Math.max(from, other.last + 1);
	}
	return ranges;
}

/** Rows that have left the file, as somebody else has read them. */
export interface MovedRows {
	/** Rows that are there more than once, counted without the first of each. */
	readonly repeated: number;
	readonly known: ReadonlyMap<
		string,
		{ has(sequence: number): boolean; count(first: number, last: number): number }
	>;
}

/** Reads a file of an encrypted archive, from its first line on. */
type LineReader = (path: string) => (line: string) => readonly string[];

/** How the cloud begins a row; one that begins otherwise is parsed as a whole. */
const rowStart = /^\{"thing":"([^"\\]+)","sequence":(\d+)[,}]/;

/**
 * Reads the rows of an archive, JSON by line. A file that is not there has none.
 *
 * @param paths  one file or several
 * @param moved  what is no longer in them
 * @param reader  of each file what makes rows of its lines; they are rows unless given
 */
export async function readArchive(
	paths: string | readonly string[],
	moved?: MovedRows,
	reader: LineReader = () => (line) => [line],
): Promise<Witness> {
	const known = new Map<string, SequenceMap>();
	let duplicates = moved?.repeated ?? 0;
	for await (const line of linesOf([paths].flat(), reader)) {
		const [thing, sequence] = keyOf(line);
		let map = known.get(thing);
		if (map === undefined) {
			map = new SequenceMap();
			known.set(thing, map);
		}
		const isMoved = moved?.known.get(thing)?.has(sequence) ?? false;
		if (isMoved || !map.add(sequence)) duplicates += 1;
	}
	return {
		duplicates,
		count: (thing, range) =>
			(known.get(thing)?.count(range) ?? 0) +
			(moved?.known.get(thing)?.count(range.first, range.last) ?? 0),
	};
}

async function* linesOf(paths: readonly string[], reader: LineReader): AsyncGenerator<string> {
	for (const path of paths) {
		const read = reader(path);
		try {
			const input = createReadStream(path);
			const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
			for await (const line of lines) yield* read(line);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		}
	}
}

function keyOf(line: string): [thing: string, sequence: number] {
	const match = rowStart.exec(line);
	if (match !== null) return [match[1]!, Number(match[2])];
	const { thing, sequence } = JSON.parse(line);
	return [thing, sequence];
}

const pageBits = 4_096;

/** One bit a sequence number, in pages: a month of observations takes a few hundred kilobytes. */
class SequenceMap {
	readonly #pages = new Map<number, Uint8Array>();

	/** Returns whether it is new. */
	add(sequence: number): boolean {
		const page = Math.floor(sequence / pageBits);
		let bytes = this.#pages.get(page);
		if (bytes === undefined) {
			bytes = new Uint8Array(pageBits / 8);
			this.#pages.set(page, bytes);
		}
		const bit = sequence % pageBits;
		const mask = 1 << (bit & 7);
		if ((bytes[bit >> 3]! & mask) !== 0) return false;
		bytes[bit >> 3]! |= mask;
		return true;
	}

	count({ first, last }: Range): number {
		let count = 0;
		for (let sequence = first; sequence <= last; sequence++) {
			const bytes = this.#pages.get(Math.floor(sequence / pageBits));
			const bit = sequence % pageBits;
			if (bytes !== undefined && (bytes[bit >> 3]! & (1 << (bit & 7))) !== 0) count += 1;
		}
		return count;
	}
}
