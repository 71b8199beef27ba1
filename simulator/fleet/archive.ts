import { SequenceSet } from "../../cloud/sequences.ts";
import type { Archive, ReportHead } from "../broker/cloud.ts";

/** A report with its values. */
export type Report = NonNullable<Parameters<Archive["store"]>[2]>;

/** One observation of an archive in memory. */
export interface ArchivedRow {
	readonly sequence: number;
	/** Start of the half-open window, UTC seconds; seconds since boot with a time quality of 3. */
	readonly startSeconds: number;
	readonly periodSeconds: number;
	/** 0 synchronised, 1 retained, 2 dated afterwards, 3 unknown. */
	readonly timeQuality: number;
	/** By channel name, in the unit of the channel; null is missing. */
	readonly values: Readonly<Record<string, number | null>>;
	/** By channel name, why a value is missing. */
	readonly reasons: Readonly<Record<string, string>>;
	/** By channel name, what is odd about a value. */
	readonly flags: Readonly<Record<string, readonly string[]>>;
}

/** Who watches the archive, in the order in which it writes. */
export interface ArchiveWatcher {
	/** A row is written. */
	onRow(thing: string, sequence: number): void;
	/** A copy of a row has come, and is not written. */
	onCopy(thing: string, sequence: number): void;
	/** All rows of a report are there. */
	onReport(thing: string, head: ReportHead, report: Report | undefined): void;
	/** Something came on the topic of reports that is none. */
	onRejected(thing: string, payload: Uint8Array): void;
}

/** Of so many reports one is read whole, where rows are not kept. */
const readOneOf = 32;

/**
 * The archive of a simulation, in memory: each observation once, by (thing, sequence). It says that
 * it has a report when it has it, and it outlives every broker.
 */
export class ArchiveLedger implements Archive {
	/** Rows written. */
	archived = 0;
	/** Observations that came again, and were not written again. */
	duplicates = 0;
	protected readonly watcher: ArchiveWatcher;
	readonly #keepsRows: boolean;
	readonly #known = new Map<string, SequenceSet>();
	readonly #rows = new Map<string, ArchivedRow[]>();
	#reports = 0;

	/** @param keepsRows  whether `rows` has them; otherwise memory does not grow with time */
	constructor(watcher: ArchiveWatcher, keepsRows: boolean) {
		this.watcher = watcher;
		this.#keepsRows = keepsRows;
	}

	/** The rows of a thing in the order in which they were written. */
	rows(thing: string): readonly ArchivedRow[] {
		return this.#rows.get(thing) ?? [];
	}

	/** Rows of a thing. */
	count(thing: string): number {
		return this.#known.get(thing)?.size ?? 0;
	}

	wants(_thing: string, _head: ReportHead): boolean {
		this.#reports += 1;
		return this.#keepsRows || this.#reports % readOneOf === 0;
	}

	store(thing: string, head: ReportHead, report: Report | undefined): boolean {
		const known = this.#knownOf(thing);
		for (let index = 0; index < head.count; index++) {
			const sequence = head.first + index;
			if (known.add(sequence)) {
				this.write(thing, sequence, head, report, index);
			} else {
				this.duplicates += 1;
				this.watcher.onCopy(thing, sequence);
			}
		}
		this.watcher.onReport(thing, head, report);
		return true;
	}

	reject(thing: string, payload: Uint8Array): void {
		this.watcher.onRejected(thing, payload);
	}

	protected write(
		thing: string,
		sequence: number,
		head: ReportHead,
		report: Report | undefined,
		index: number,
	): void {
		this.archived += 1;
		this.watcher.onRow(thing, sequence);
		if (!this.#keepsRows || report === undefined) return;
		const { startSeconds, timeQuality, values, reasons, flags } = report.observations[index]!;
		const { periodSeconds } = head;
		const row = { sequence, startSeconds, periodSeconds, timeQuality, values, reasons, flags };
		const rows = this.#rows.get(thing);
		if (rows === undefined) this.#rows.set(thing, [row]);
		else rows.push(row);
	}

	#knownOf(thing: string): SequenceSet {
		let known = this.#known.get(thing);
		if (known === undefined) {
			known = new SequenceSet();
			this.#known.set(thing, known);
		}
		return known;
	}
}
