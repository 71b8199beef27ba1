import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { statusName } from "../firmware/base/status.ts";
import { decodeColumns, type ReportColumns } from "../firmware/payload/columns.ts";
import { observationOf } from "../firmware/payload/decode.ts";
import type { ChannelTable } from "../firmware/sensing/channel.ts";
import { BoundedLog } from "./boundedlog.ts";
import { usualBounds } from "./bounds.ts";
import { GroupCommit, type Settled } from "./commit.ts";
import { type AppendLog, DiskLog, readLines } from "./log.ts";
import { type ArchivedObservation, toRow } from "./row.ts";
import { RowWriter } from "./rowwriter.ts";
import { SequenceSet } from "./sequences.ts";
import { auditParts, rowsOfParts } from "./store/audit.ts";
import { Compactor } from "./store/compactor.ts";
import { readManifest } from "./store/manifest.ts";
import { recover } from "./store/recover.ts";
import { lineStart } from "./store/rows.ts";
import { activeFile, closedSegments, landingPaths, segmentFile } from "./store/segments.ts";
import { Store } from "./store/store.ts";
import type { LineCodec } from "./vault/lines.ts";
import { Vault } from "./vault/vault.ts";

export interface ArchiveOptions {
	readonly channels: ChannelTable;
	log(line: string): void;
	/** How its files stand on disk; as they are unless given. */
	readonly vault?: Vault;
	/** As in Bounds. */
	readonly rejectedBytes?: number;
	/** Opens one of the two files; a test puts one in that fails or waits. */
	openLog?(
		path: string,
		onLine: (line: string) => void,
		codec: LineCodec,
	): Promise<{ log: AppendLog; torn: number }>;
}

const rejectedFile = "rejected.jsonl";
const previousRejectedFile = "rejected.1.jsonl";
/** The years that ISO 8601 writes with four digits, and every reader of the archive can: 0001 to 9999. */
const [secondsMinimum, secondsMaximum] = [-62_135_596_800, 253_402_300_799];

/**
 * The append-only archive: each observation once, keyed by thing and sequence, on disk before its
 * report is acknowledged.
 */
export class Archive {
	readonly #directory: string;
	readonly #vault: Vault;
	readonly #channels: ChannelTable;
	readonly #log: (line: string) => void;
	readonly #observations: GroupCommit;
	readonly #rejected: GroupCommit;
	readonly #known: Map<string, SequenceSet>;
	readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
	readonly #writer = new RowWriter();
	readonly #noted = new Set<string>();

	/** Reads what is there, for queries. */
	readonly store: Store;
	/** Moves what is there to Parquet. */
	readonly compactor: Compactor;
	/** Called with observations that are on disk and were not there before, in the order of a report. */
	onArchived: ((rows: readonly ArchivedObservation[]) => void) | undefined;
	/** Observations written since the start. */
	archived = 0;
	/** Observations that came again since the start, and were not written again. */
	duplicates = 0;
	/** Reports kept in rejected.jsonl since the start. */
	rejected = 0;

	private constructor(
		directory: string,
		options: ArchiveOptions,
		observations: AppendLog,
		rejected: AppendLog,
		known: Map<string, SequenceSet>,
	) {
		const { vault = Vault.plain } = options;
		this.#directory = directory;
		this.#vault = vault;
		this.store = new Store({
			directory,
			vault,
			settled: () => observations.size ?? Number.POSITIVE_INFINITY,
		});
		this.compactor = new Compactor({
			directory,
			vault,
			store: this.store,
			isDirection: (name) => isDirection(options.channels, name),
			rotate: () => this.#rotate(),
			log: options.log,
		});
		this.#channels = options.channels;
		this.#log = options.log;
		this.#observations = new GroupCommit(observations);
		this.#rejected = new GroupCommit(boundRejected(directory, options, rejected));
		this.#known = known;
	}

	/** Opens the archive in a directory; repairs a torn tail and reports it, and learns what is there. */
	static async open(directory: string, options: ArchiveOptions): Promise<Archive> {
		const { openLog = DiskLog.open, vault = Vault.plain } = options;
		const path = join(directory, activeFile);
		const manifest = readManifest(directory, vault);
		recover(directory, manifest);
		const known = new Map(
			[...manifest.known].map(([thing, { intervals }]) => [thing, SequenceSet.of(intervals)]),
		);
		let unreadable = 0;
		const onLine = (line: string): void => {
			const match = lineStart.exec(line);
			if (match) setOf(known, match[1]!).add(Number(match[2]));
			else unreadable += 1;
		};
		for (const closed of landingPaths(directory, manifest).slice(0, -1)) {
			await readLines(closed, onLine, vault.lines(closed));
		}
		const observations = await openLog(path, onLine, vault.lines(path));
		const rejectedPath = join(directory, rejectedFile);
		const rejected = await openLog(rejectedPath, () => {}, vault.lines(rejectedPath));
		if (observations.torn > 0) {
			options.log(`archive: cut off a torn last line of ${observations.torn} bytes`);
		}
		if (rejected.torn > 0) {
			options.log(`archive: cut off a torn last rejected report of ${rejected.torn} bytes`);
		}
		if (unreadable > 0)
			options.log(`archive: ${unreadable} unreadable lines in ${path}, left as they are`);
		return new Archive(directory, options, observations.log, rejected.log, known);
	}

	/** Things that have observations here. */
	get things(): Iterable<string> {
		return this.#known.keys();
	}

	/** All observations of a thing, or of all things, whenever they were written. */
	count(thing?: string): number {
		if (thing !== undefined) return this.#known.get(thing)?.size ?? 0;
		let count = 0;
		for (const sequences of this.#known.values()) count += sequences.size;
		return count;
	}

	/** How many of the observations `first` to `last` of a thing are there. */
	countBetween(thing: string, first: number, last: number): number {
		return this.#known.get(thing)?.count(first, last) ?? 0;
	}

	/** Reads the files: the rows of one thing, those in Parquet first, then in the order in which they were written. */
	async rows(thing: string): Promise<ArchivedObservation[]> {
		const rows = (await rowsOfParts(this.store, thing)) as unknown as ArchivedObservation[];
		await this.#readLog((line) => {
			if (lineStart.exec(line)?.[1] === thing) rows.push(JSON.parse(line));
		});
		return rows;
	}

	/** Reads all files again, and trusts nothing that is in memory: rows, and rows that stand twice. */
	async audit(): Promise<{ rows: number; repeated: number }> {
		const parts = await auditParts(this.store);
		const seen = new Map(parts.known);
		let { rows, repeated } = parts;
		await this.#readLog((line) => {
			const match = lineStart.exec(line);
			if (!match) return;
			rows += 1;
			if (!setOf(seen, match[1]!).add(Number(match[2]))) repeated += 1;
		});
		return { rows, repeated };
	}

	/**
	 * Takes a report.
	 *
	 * @param done  called when its observations are on disk, or those of them that were there already;
	 *   with an error when they could not be written, and then it must not be acknowledged
	 */
	append(thing: string, payload: Uint8Array, done: Settled): void {
		const text = this.#decodeText(payload);
		const report = text === undefined ? "not UTF-8" : this.#decode(payload, text);
		if (typeof report === "string") {
			this.#reject(thing, payload, text, report, done);
			return;
		}
		if (report.unknownKeys.length === 0) {
			this.#keep(thing, report, done);
			return;
		}
		const reason = `unknown channels ${JSON.stringify(report.unknownKeys).slice(0, 200)}`;
		this.#reject(thing, payload, text, reason, (error) => {
			if (error) done(error);
			else this.#keep(thing, report, done);
		});
	}

	/** Calls back when all that was handed in before is on disk: at once when nothing is under way. */
	settle(done: Settled): void {
		if (this.#observations.busy) this.#observations.add("", done);
		else done();
	}

	kill(): void {
		this.compactor.kill();
		this.#observations.kill();
		this.#rejected.kill();
		void this.store.close();
	}

	async close(): Promise<void> {
		await this.compactor.idle();
		await this.#rejected.close();
		await this.#observations.close();
		await this.store.close();
	}

	/** Each line of the landing log. */
	async #readLog(onLine: (line: string) => void): Promise<void> {
		for (const path of this.#landingPaths()) {
			await readLines(path, onLine, this.#vault.lines(path));
		}
	}

	/** The landing log: its bytes, and since when it has been growing, UTC ms. */
	landing(): { bytes: number; since: number } {
		const files = this.#landingPaths().map((path) => statSync(path));
		const bytes = files.reduce((sum, { size }) => sum + size, 0);
		return { bytes, since: files[0]!.birthtimeMs };
	}

	#landingPaths(): string[] {
		return landingPaths(this.#directory, readManifest(this.#directory, this.#vault));
	}

	/** Ends the segment that grows, if it has a row. */
	async #rotate(): Promise<void> {
		await this.#observations.between((log) => {
			if (log.size === 0) return;
			const last = closedSegments(this.#directory).at(-1) ?? 0;
			const { compacted } = readManifest(this.#directory, this.#vault);
			const number = Math.max(last, compacted) + 1;
			log.rotate!(join(this.#directory, segmentFile(number)));
		});
	}

	#decodeText(payload: Uint8Array): string | undefined {
		try {
			return this.#utf8.decode(payload);
		} catch {
			return undefined;
		}
	}

	/** A report, or the reason why it is none. */
	#decode(payload: Uint8Array, text: string): ReportColumns | string {
		const report = decodeColumns(payload, text, this.#channels);
		if (typeof report === "number") return statusName(report);
		const { count, startSeconds, periodSeconds } = report;
		const lastSeconds = startSeconds + (count - 1) * periodSeconds;
		if (startSeconds < secondsMinimum || lastSeconds > secondsMaximum) return "a time out of range";
		return report;
	}

	#keep(thing: string, report: ReportColumns, done: Settled): void {
		const known = setOf(this.#known, thing);
		const rows: number[] = [];
		for (let row = 0; row < report.count; row++) {
			if (known.add(report.sequence + row)) rows.push(row);
		}
		this.#observations.add(
			this.#writer.write(thing, report, rows),
			(error) => {
				if (!error) {
					this.archived += rows.length;
					this.duplicates += report.count - rows.length;
					this.onArchived?.(rows.map((row) => rowOf(thing, report, row)));
				}
				done(error);
			},
			() => {
				for (const row of rows) known.remove(report.sequence + row);
			},
		);
	}

	/** Keeps the bytes of a report that is not wholly understood: what a station sent is never lost. */
	#reject(
		thing: string,
		payload: Uint8Array,
		text: string | undefined,
		reason: string,
		done: Settled,
	): void {
		if (!this.#noted.has(thing)) {
			this.#noted.add(thing);
			this.#log(`archive: kept a report of ${thing} in ${rejectedFile}: ${reason}`);
		}
		const row = {
			time: new Date().toISOString(),
			thing,
			reason,
			...(text === undefined
				? { payloadBase64: Buffer.from(payload).toString("base64") }
				: { payload: text }),
		};
		this.#rejected.add(`${JSON.stringify(row)}\n`, (error) => {
			if (!error) this.rejected += 1;
			done(error);
		});
	}
}

/** Whoever may report may report what nobody understands, too, and would fill the disk with it. */
function boundRejected(
	directory: string,
	{ log, rejectedBytes = usualBounds().rejectedBytes }: ArchiveOptions,
	rejected: AppendLog,
): AppendLog {
	const previous = join(directory, previousRejectedFile);
	return new BoundedLog(rejected, previous, rejectedBytes, () => {
		const gone = existsSync(previous) ? `; the reports that were in ${previous} are gone` : "";
		log(`archive: ${rejectedFile} is full and is ${previousRejectedFile} now${gone}`);
	});
}

function isDirection(channels: ChannelTable, name: string): boolean {
	const index = channels.indexOf(name);
	return index >= 0 && channels.at(index).aggregate === "direction";
}

function setOf(sets: Map<string, SequenceSet>, thing: string): SequenceSet {
	let set = sets.get(thing);
	if (!set) {
		set = new SequenceSet();
		sets.set(thing, set);
	}
	return set;
}

function rowOf(thing: string, report: ReportColumns, row: number): ArchivedObservation {
	return toRow(thing, report.periodSeconds, observationOf(report, row));
}
