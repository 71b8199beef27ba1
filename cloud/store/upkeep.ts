import { messageOf } from "../fault.ts";
import type { Compactor } from "./compactor.ts";
import type { Manifest, Part } from "./manifest.ts";
import { undatedDay } from "./partwriter.ts";
import type { Uploader } from "./upload.ts";

/** How much of the archive is kept; what is left out is not limited. Whole days go, the oldest first. */
export interface Retention {
	/** Days before today, in UTC. Rows without a date are kept. */
	readonly days?: number;
	/** Bytes of Parquet files. Rows without a date go first. */
	readonly bytes?: number;
}

/** Rows in one folder, and what is done with them. */
export interface Kept {
	/** What the rows are, in lines for people; "observations" unless given. */
	readonly what?: string;
	readonly compactor: Pick<Compactor, "compact" | "change">;
	/** The landing log now: its bytes, and since when it has been growing, UTC ms. */
	landing(): { readonly bytes: number; readonly since: number };
	/** Copies parts elsewhere; retention then waits until that is confirmed. */
	readonly uploader?: Pick<Uploader, "look" | "close"> | undefined;
}

export interface UpkeepOptions extends Kept {
	/** Rows beside the observations: their days go together, and their bytes count together. */
	readonly health?: Kept;
	/** At so many bytes of the landing log it is moved to Parquet; 32 MiB unless given. */
	readonly landingBytesMaximum?: number;
	readonly retention?: Retention;
	log(line: string): void;
}

const dayMs = 86_400_000;

/** How often it is looked whether something is due, ms. */
const lookMs = 60_000;

/** Looks after the archive: when rows are moved to Parquet, and when days go. */
export class Upkeep {
	readonly #options: UpkeepOptions;
	readonly #all: readonly Kept[];
	#timer: NodeJS.Timeout | undefined;
	#running: Promise<void> = Promise.resolve();

	constructor(options: UpkeepOptions) {
		this.#options = options;
		this.#all = options.health === undefined ? [options] : [options, options.health];
	}

	/** Looks now and every minute, until `kill` or `close`. */
	start(): void {
		const look = (): void => {
			this.#running = this.#running.then(() => this.look(Date.now()));
		};
		this.#timer = setInterval(look, lookMs).unref();
		look();
	}

	/**
	 * Does what is due: with the first look on a new UTC day, or at so many bytes, the landing log is moved.
	 * What fails is logged, and due again at the next look.
	 *
	 * @param now  UTC ms
	 */
	async look(now: number): Promise<void> {
		const { log } = this.#options;
		try {
			for (const kept of this.#all) await this.#move(kept, now);
			await this.#retain(now);
		} catch (error) {
			log(`archive: upkeep failed, and is tried again: ${messageOf(error)}`);
		}
	}

	kill(): void {
		clearInterval(this.#timer);
		for (const { uploader } of this.#all) uploader?.close();
	}

	/** Lets what is under way come to its end. */
	async close(): Promise<void> {
		clearInterval(this.#timer);
		await this.#running;
		this.kill();
	}

	async #move({ compactor, landing, uploader }: Kept, now: number): Promise<void> {
		const { landingBytesMaximum = 32 << 20 } = this.#options;
		const { bytes, since } = landing();
		const isOfToday = dayOf(since) === dayOf(now);
		if (bytes >= landingBytesMaximum || (bytes > 0 && !isOfToday)) await compactor.compact(now);
		await uploader?.look(now);
	}

	async #retain(now: number): Promise<void> {
		const { retention } = this.#options;
		if (retention === undefined) return;
		const parts: Part[] = [];
		for (const { compactor } of this.#all) {
			await compactor.change((manifest) => {
				parts.push(...manifest.parts);
				return manifest;
			});
		}
		const days = overdue(parts, retention, now);
		if (days.size === 0) return;
		for (const kept of this.#all) await this.#remove(kept, days);
	}

	async #remove(
		{ compactor, uploader, what = "observations" }: Kept,
		days: ReadonlySet<string>,
	): Promise<void> {
		await compactor.change((manifest) => {
			const gone = manifest.parts.filter(
				(part) => days.has(part.day) && (part.uploaded || uploader === undefined),
			);
			if (gone.length === 0) return manifest;
			const after = without(manifest, gone);
			const count = after.removed.days - manifest.removed.days;
			this.#options.log(`archive: retention removed ${count} days, ${sum(gone, "rows")} ${what}`);
			return after;
		});
	}
}

/** The days that have to go. */
function overdue(parts: readonly Part[], { days, bytes }: Retention, now: number): Set<string> {
	const first = days === undefined ? "" : dayOf(now - days * dayMs);
	const sorted = [...parts].sort((one, other) => (one.day < other.day ? 1 : -1));
	let total = 0;
	const gone = new Set<string>();
	let isFull = false;
	for (const day of new Set(sorted.map((part) => part.day))) {
		total += sum(
			parts.filter((part) => part.day === day),
			"bytes",
		);
		isFull ||= bytes !== undefined && total > bytes;
		if (isFull || (day < first && day !== undatedDay)) gone.add(day);
	}
	return gone;
}

function without(manifest: Manifest, gone: readonly Part[]): Manifest {
	const { removed } = manifest;
	return {
		...manifest,
		parts: manifest.parts.filter((part) => !gone.includes(part)),
		removed: {
			rows: removed.rows + sum(gone, "rows"),
			bytes: removed.bytes + sum(gone, "bytes"),
			days: removed.days + new Set(gone.map(({ day }) => day)).size,
		},
	};
}

function sum(parts: readonly Part[], figure: "rows" | "bytes"): number {
	return parts.reduce((total, part) => total + part[figure], 0);
}

function dayOf(now: number): string {
	return new Date(now).toISOString().slice(0, 10);
}
