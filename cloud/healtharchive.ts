import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Settled } from "./commit.ts";
import { valuesOf } from "./healthchannels.ts";
import { type OpenLog, RowLog } from "./rowlog.ts";
import type { JsonObject } from "./services/document.ts";
import type { Compactor } from "./store/compactor.ts";
import type { Store } from "./store/store.ts";
import type { Vault } from "./vault/vault.ts";

export interface HealthArchiveOptions {
	readonly vault?: Vault;
	readonly openLog?: OpenLog;
	log(line: string): void;
	/** UTC in ms; the clock of this machine unless given. */
	now?(): number;
}

/** A line of the landing log: what every row has, and the channels. */
interface Row {
	readonly thing: string;
	readonly sequence: number;
	/** ISO 8601 in UTC. */
	readonly time: string;
	readonly periodSeconds: number;
	readonly [channel: string]: unknown;
}

/** What was kept of a station last. */
interface Last {
	/** UTC seconds. */
	readonly time: number;
	readonly periodSeconds: number;
	/** The message, as it says itself: start and uptime. */
	readonly id: string;
}

/** Seconds to the next message of a station whose cadence is not known yet: three times the usual. */
const firstPeriod = 900;
const longestPeriod = 86_400;
/** A station says what it has to say each 10 s at the most; what comes sooner than this is not kept. */
const restSeconds = 5;
/** 2000-01-01 to 2099-12-31: a time outside is that of a clock which was never set. UTC seconds. */
const [firstTime, lastTime] = [946_684_800, 4_102_444_799];

/**
 * Health messages over time: of each one row with the channels of `healthchannels.ts`, below the archive in the
 * form of the archive, on disk before the message is acknowledged.
 *
 * A message has no sequence number, so rows are counted here, and one that comes again is known by its start
 * and uptime, unless the cloud has been restarted in between. Its time is the one that the station says, that of its arrival where the station knows none.
 * Its period is that since the row before, at most twice the period of that one: so a gap is seen as one, and
 * a new cadence is followed.
 */
export class HealthArchive {
	/** Reads what is there, for queries. */
	readonly store: Store;
	/** Moves what is there to Parquet. */
	readonly compactor: Compactor;
	readonly #rows: RowLog;
	readonly #now: () => number;
	readonly #last = new Map<string, Last>();
	/** Messages kept since the start. */
	archived = 0;

	private constructor(rows: RowLog, now: () => number) {
		this.#rows = rows;
		this.#now = now;
		this.store = rows.store;
		this.compactor = rows.compactor;
	}

	/** @param archive  the folder of the archive; its own, `health`, is made when it is missing */
	static async open(archive: string, options: HealthArchiveOptions): Promise<HealthArchive> {
		const directory = HealthArchive.folder(archive);
		mkdirSync(directory, { recursive: true, mode: 0o700 });
		const rows = await RowLog.open(directory, {
			...options,
			what: "health messages",
			// A row in five minutes of each station: beside the observations it is little.
			memory: "256MiB",
			isDirection: () => false,
		});
		return new HealthArchive(rows, options.now ?? Date.now);
	}

	/** Where its files are, below an archive. */
	static folder(archive: string): string {
		return join(archive, "health");
	}

	/** How many messages of a thing are there. */
	count(thing: string): number {
		return this.#rows.sequences(thing).size;
	}

	/**
	 * Takes a message.
	 *
	 * @param done  called when it is on disk, or when there is nothing in it to be kept; with an error when it could not
	 *   be written, and then it must not be acknowledged
	 */
	append(thing: string, payload: Uint8Array, done: Settled): void {
		const row = this.#rowOf(thing, payload);
		if (row === undefined) {
			this.settle(done);
			return;
		}
		const lineOf = (): string => `${JSON.stringify(row)}\n`;
		this.#rows.add(thing, row.sequence, 1, lineOf, (error) => {
			// What was not written must be taken when it comes again, and not be known.
			if (error) this.#last.delete(thing);
			else this.archived += 1;
			done(error);
		});
	}

	/** Calls back when all that was handed in before is on disk: at once when nothing is under way. */
	settle(done: Settled): void {
		this.#rows.settle(done);
	}

	/** The landing log: its bytes, and since when it has been growing, UTC ms. */
	landing(): { bytes: number; since: number } {
		return this.#rows.landing();
	}

	kill(): void {
		this.#rows.kill();
	}

	async close(): Promise<void> {
		await this.#rows.close();
	}

	#rowOf(thing: string, payload: Uint8Array): Row | undefined {
		const message = parse(payload);
		const values = message && valuesOf(message);
		if (message === undefined || values === undefined) return undefined;
		const last = this.#last.get(thing);
		const next = this.#next(message, last);
		if (next === undefined) return undefined;
		// What comes late, of a session that outlived an outage, is no measure for what follows.
		if (last === undefined || next.time > last.time) this.#last.set(thing, next);
		const sequence = (this.#rows.sequences(thing).intervals.at(-1)?.[1] ?? 0) + 1;
		const { periodSeconds } = next;
		return {
			...{ thing, sequence, time: new Date(next.time * 1000).toISOString(), periodSeconds },
			...values,
		};
	}

	/** When a message is from; `undefined` when it has been kept, or comes too soon. */
	#next(
		{ epochSeconds, boot, uptimeSeconds }: JsonObject,
		last: Last | undefined,
	): Last | undefined {
		const time = isTime(epochSeconds) ? epochSeconds : Math.floor(this.#now() / 1000);
		const id = boot === undefined ? "" : `${boot} ${uptimeSeconds}`;
		if (last === undefined) return { time, periodSeconds: firstPeriod, id };
		if (id !== "" && id === last.id) return undefined;
		const since = time - last.time;
		if (Math.abs(since) < restSeconds) return undefined;
		const periodSeconds =
			since < 0 ? last.periodSeconds : Math.min(since, 2 * last.periodSeconds, longestPeriod);
		return { time, periodSeconds, id };
	}
}

function isTime(value: unknown): value is number {
	return Number.isSafeInteger(value) && Number(value) >= firstTime && Number(value) <= lastTime;
}

function parse(payload: Uint8Array): JsonObject | undefined {
	try {
		const message = JSON.parse(Buffer.from(payload).toString("utf8"));
		const isObject = typeof message === "object" && message !== null && !Array.isArray(message);
		return isObject ? message : undefined;
	} catch {
		return undefined;
	}
}
