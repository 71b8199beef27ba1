import { existsSync } from "node:fs";
import { join } from "node:path";
import { statusName } from "../firmware/base/status.ts";
import { decodeColumns, type ReportColumns } from "../firmware/payload/columns.ts";
import { observationOf } from "../firmware/payload/decode.ts";
import type { ChannelTable } from "../firmware/sensing/channel.ts";
import { BoundedLog } from "./boundedlog.ts";
import { usualBounds } from "./bounds.ts";
import { GroupCommit, type Settled } from "./commit.ts";
import { type AppendLog, DiskLog } from "./log.ts";
import { type ArchivedObservation, toRow } from "./row.ts";
import { type OpenLog, RowLog, setOf } from "./rowlog.ts";
import { RowWriter } from "./rowwriter.ts";
import { auditParts, rowsOfParts } from "./store/audit.ts";
import type { Compactor } from "./store/compactor.ts";
import { lineStart } from "./store/rows.ts";
import type { Store } from "./store/store.ts";
import { Vault } from "./vault/vault.ts";

export interface ArchiveOptions {
	readonly channels: ChannelTable;
	log(line: string): void;
	/** How its files stand on disk; as they are unless given. */
	readonly vault?: Vault;
	/** As in Bounds. */
	readonly rejectedBytes?: number;
	/** Opens one of the two files. */
	readonly openLog?: OpenLog;
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
	readonly #channels: ChannelTable;
	readonly #log: (line: string) => void;
	readonly #observations: RowLog;
	readonly #rejected: GroupCommit;
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
		observations: RowLog,
		rejected: AppendLog,
	) {
		this.store = observations.store;
		this.compactor = observations.compactor;
		this.#channels = options.channels;
		this.#log = options.log;
		this.#observations = observations;
		this.#rejected = new GroupCommit(boundRejected(directory, options, rejected));
	}

	/** Opens the archive in a directory; repairs a torn tail and reports it, and learns what is there. */
	static async open(directory: string, options: ArchiveOptions): Promise<Archive> {
		const { openLog = DiskLog.open, vault = Vault.plain, channels, log } = options;
		const observations = await RowLog.open(directory, {
			...{ what: "observations", vault, openLog, log },
			isDirection: (name) => isDirection(channels, name),
		});
		const path = join(directory, rejectedFile);
		const rejected = await openLog(path, () => {}, vault.lines(path));
		if (rejected.torn > 0) {
			log(`archive: cut off a torn last rejected report of ${rejected.torn} bytes`);
		}
		return new Archive(directory, options, observations, rejected.log);
	}

	/** Things that have observations here. */
	get things(): Iterable<string> {
		return this.#observations.things;
	}

	/** All observations of a thing, or of all things, whenever they were written. */
	count(thing?: string): number {
		const { things } = this.#observations;
		let count = 0;
		for (const one of thing === undefined ? things : [thing]) {
			count += this.#observations.sequences(one).size;
		}
		return count;
	}

	/** How many of the observations `first` to `last` of a thing are there. */
	countBetween(thing: string, first: number, last: number): number {
		return this.#observations.sequences(thing).count(first, last);
	}

	/** Reads the files: the rows of one thing, those in Parquet first, then in the order in which they were written. */
	async rows(thing: string): Promise<ArchivedObservation[]> {
		const rows = (await rowsOfParts(this.store, thing)) as unknown as ArchivedObservation[];
		await this.#observations.readLanding((line) => {
			if (lineStart.exec(line)?.[1] === thing) rows.push(JSON.parse(line));
		});
		return rows;
	}

	/** Reads all files again, and trusts nothing that is in memory: rows, and rows that stand twice. */
	async audit(): Promise<{ rows: number; repeated: number }> {
		const parts = await auditParts(this.store);
		const seen = new Map(parts.known);
		let { rows, repeated } = parts;
		await this.#observations.readLanding((line) => {
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
		this.#observations.settle(done);
	}

	/** The landing log: its bytes, and since when it has been growing, UTC ms. */
	landing(): { bytes: number; since: number } {
		return this.#observations.landing();
	}

	kill(): void {
		this.#observations.kill();
		this.#rejected.kill();
	}

	async close(): Promise<void> {
		await this.compactor.idle();
		await this.#rejected.close();
		await this.#observations.close();
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
		const { sequence, count } = report;
		const linesOf = (rows: readonly number[]) => this.#writer.write(thing, report, rows);
		this.#observations.add(thing, sequence, count, linesOf, (error, rows) => {
			if (!error) {
				this.archived += rows.length;
				this.duplicates += count - rows.length;
				this.onArchived?.(rows.map((row) => rowOf(thing, report, row)));
			}
			done(error);
		});
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
	const onTurn = (): void => {
		const gone = existsSync(previous) ? `; the reports that were in ${previous} are gone` : "";
		log(`archive: ${rejectedFile} is full and is ${previousRejectedFile} now${gone}`);
	};
	return new BoundedLog(rejected, previous, { bytes: rejectedBytes }, { onTurn });
}

function isDirection(channels: ChannelTable, name: string): boolean {
	const index = channels.indexOf(name);
	return index >= 0 && channels.at(index).aggregate === "direction";
}

function rowOf(thing: string, report: ReportColumns, row: number): ArchivedObservation {
	return toRow(thing, report.periodSeconds, observationOf(report, row));
}
