import {
	type ChannelTable,
	channelsOf,
	Limits,
	type Observation,
	type StationDefinition,
} from "../../firmware/index.ts";
import type { StationState } from "../../firmware/station/station.ts";
import type { ReportHead } from "../broker/cloud.ts";
import type { ArchiveWatcher, Report } from "./archive.ts";
import type { Board } from "./board.ts";
import { Book } from "./book.ts";

/** What must hold at every moment of a simulation, or by a moment that is stated. */
export type Invariant =
	/** What the outbox gives up the place of is archived, or counted as shed. */
	| "lost"
	/** The archive has one row for each observation. */
	| "twice"
	/** What is archived was made by that station. */
	| "unknown"
	/** What is archived is what was observed. */
	| "changed"
	/** First deliveries come in the order of the sequence numbers. */
	| "order"
	/** No sequence number is given twice. */
	| "reused"
	/** QoS 2 with sessions that survive brings everything exactly once. */
	| "once"
	/** No table, message or queue exceeds its limit. */
	| "limit"
	/** A report can be read. */
	| "malformed"
	/** The flash is used as NOR flash has to be. */
	| "flash"
	/** No assertion of the firmware fails. */
	| "crash"
	/** After the faults everything made before is archived within the stated time. */
	| "drain"
	/** After the faults every shadow reports what is desired within the stated time. */
	| "shadow";

/** An invariant does not hold. */
export class InvariantError extends Error {
	override readonly name = "InvariantError";
	readonly code = "INVARIANT";
	readonly invariant: Invariant;
	readonly thing: string;
	/** Virtual time, UTC ms. */
	readonly time: number;
	/** Milliseconds since the fleet was switched on. */
	readonly elapsed: number;
	readonly seed: number;

	constructor(
		invariant: Invariant,
		thing: string,
		detail: string,
		at: { readonly time: number; readonly elapsed: number; readonly seed: number },
	) {
		super(
			`invariant "${invariant}" at ${new Date(at.time).toISOString()} (seed ${at.seed}), ${thing}: ${detail}`,
		);
		this.invariant = invariant;
		this.thing = thing;
		this.time = at.time;
		this.elapsed = at.elapsed;
		this.seed = at.seed;
	}
}

export interface CheckerOptions {
	readonly things: readonly string[];
	readonly boards: readonly Board[];
	readonly definition: StationDefinition;
	/** Ends the run. */
	fail(invariant: Invariant, thing: string, detail: string): never;
}

/** Messages of QoS 1 and 2 that a station may have under way at once. */
const inflightLimit = Limits.inflight + Limits.controlMessages;

/** What the checker knows of the boot that a station is in. */
interface Watched {
	readonly book: Book;
	made: number;
	sequence: number;
	shed: number;
	/** The highest sequence number that was archived. */
	highest: number;
	latest: Observation | undefined;
}

/**
 * The invariants of a fleet, checked as things happen. It sees what a person beside the station
 * would: what the firmware says of itself after each turn, and what is in the archive.
 */
export class Checker implements ArchiveWatcher {
	/** Whether a copy that reaches the archive is a fault: QoS 2, and no session was ever lost. */
	expectsOnce: boolean;
	readonly #options: CheckerOptions;
	readonly #channels: ChannelTable;
	readonly #watched: readonly Watched[];
	readonly #places: ReadonlyMap<string, number>;

	constructor(options: CheckerOptions) {
		this.#options = options;
		this.#channels = channelsOf(options.definition);
		this.expectsOnce = options.definition.qos === 2;
		this.#watched = options.things.map(() => ({
			book: new Book(),
			made: 0,
			sequence: 0,
			shed: 0,
			highest: 0,
			latest: undefined,
		}));
		this.#places = new Map(options.things.map((thing, index) => [thing, index]));
	}

	/** What is known of the observations of a station. */
	book(index: number): Book {
		return this.#watched[index]!.book;
	}

	/**
	 * The firmware of a station starts: it counts from nothing again.
	 *
	 * @param hasMemory  whether what was in retained memory still is
	 */
	onBoot(index: number, hasMemory: boolean): void {
		const watched = this.#watched[index]!;
		if (!hasMemory) watched.book.expose(this.#options.definition.lossWindow);
		watched.made = 0;
		watched.sequence = 0;
	}

	/** The firmware of a station has run; it may have lost its power in the middle of that. */
	onTurn(index: number, state: StationState): void {
		const watched = this.#watched[index]!;
		const { sequence } = state.lastObservation;
		if (state.made !== watched.made || sequence !== watched.sequence) {
			this.#onAttempt(index, watched, state);
		}
		// After a cut in the middle of it every block fails, and what the outbox then gives up it has again
		// at the next start.
		if (!this.#options.boards[index]!.isPowered) return;
		if (state.shed !== watched.shed) this.#onShed(index, watched, state);
		if (state.oldest > watched.book.accounted) this.#account(index, watched, state.oldest);
		if (state.inflight > inflightLimit) {
			this.#fail("limit", index, `${state.inflight} messages under way, limit ${inflightLimit}`);
		}
	}

	onRow(thing: string, sequence: number): void {
		const index = this.#indexOf(thing);
		const watched = this.#watched[index]!;
		if (!watched.book.archive(sequence)) {
			this.#fail("twice", index, `observation ${sequence} is in the archive twice`);
		}
		if (!watched.book.made.has(sequence)) this.#onUnsaid(index, watched, sequence);
		if (sequence < watched.highest) {
			this.#fail("order", index, `observation ${sequence} came after ${watched.highest}`);
		}
		watched.highest = sequence;
	}

	onReport(thing: string, head: ReportHead, report: Report | undefined): void {
		const index = this.#indexOf(thing);
		const watched = this.#watched[index]!;
		const last = head.first + head.count - 1;
		if (head.count > Limits.observationsPerReport) {
			this.#fail("limit", index, `${head.count} observations in a report`);
		}
		if (report !== undefined && watched.latest?.sequence === last) {
			this.#compare(index, watched.latest, report.observations[head.count - 1]!);
		}
	}

	onCopy(thing: string, sequence: number): void {
		if (!this.expectsOnce) return;
		this.#fail("once", this.#indexOf(thing), `observation ${sequence} came twice at QoS 2`);
	}

	onRejected(thing: string, payload: Uint8Array): void {
		const text = new TextDecoder().decode(payload.subarray(0, 200));
		this.#fail("malformed", this.#indexOf(thing), `no report: ${text}`);
	}

	/** A station has published. */
	onPublish(thing: string, topicBytes: number, payloadBytes: number): void {
		if (topicBytes > Limits.topicBytes || payloadBytes > Limits.reportBytes) {
			const detail = `a message of ${payloadBytes} bytes on a topic of ${topicBytes}`;
			this.#fail("limit", this.#indexOf(thing), detail);
		}
	}

	/** An assertion of the firmware has failed. */
	onCrash(index: number, message: string): void {
		this.#fail("crash", index, message);
	}

	/** What does not show in a turn; to be called now and then. */
	sweep(index: number, connections: number): void {
		const { flash, keyValue } = this.#options.boards[index]!;
		if (flash.violations > 0) this.#fail("flash", index, `${flash.violations} rules of NOR broken`);
		if (keyValue.largest > Limits.keyValueBytes) {
			this.#fail("limit", index, `an item of ${keyValue.largest} bytes in the key-value domain`);
		}
		if (connections > 1) this.#fail("limit", index, `${connections} connections at once`);
	}

	/** An observation was closed: with Ok it is the station's from now on. */
	#onAttempt(index: number, watched: Watched, state: StationState): void {
		const { book } = watched;
		const { sequence } = state.lastObservation;
		const count = state.made - watched.made;
		watched.made = state.made;
		watched.sequence = sequence;
		if (count === 0) {
			book.attempt(sequence);
			return;
		}
		watched.latest = state.lastObservation;
		for (let one = sequence - count + 1; one <= sequence; one++) {
			if (!book.made.add(one)) this.#fail("reused", index, `sequence number ${one} given twice`);
		}
	}

	/** The power went before the outbox could say Ok, and the observation was stored all the same. */
	#onUnsaid(index: number, { book }: Watched, sequence: number): void {
		if (!book.wasAttempted(sequence)) {
			this.#fail("unknown", index, `observation ${sequence} is archived and was never made`);
		}
		book.made.add(sequence);
	}

	/** The outbox has given something up, or a power cut has made it forget that. */
	#onShed(index: number, watched: Watched, state: StationState): void {
		const { book } = watched;
		const count = state.shed - watched.shed;
		watched.shed = state.shed;
		if (count <= 0) return;
		const open = book.giveUp(book.accounted, state.oldest - 1);
		if (open > count) {
			this.#fail("lost", index, `${open} observations given up, ${count} of them counted as shed`);
		}
	}

	/**
	 * The outbox has done with everything before `oldest`. What a loss of power has taken is gone there too, and
	 * was within the loss window that the definition states.
	 */
	#account(index: number, watched: Watched, oldest: number): void {
		const { book } = watched;
		book.take(book.accounted, oldest - 1);
		const open = book.firstOpen(book.accounted, oldest - 1);
		if (open !== undefined) {
			this.#fail("lost", index, `observation ${open} is neither archived nor shed nor waiting`);
		}
		book.accounted = oldest;
	}

	#compare(index: number, made: Observation, archived: Report["observations"][number]): void {
		for (let channel = 0; channel < this.#channels.length; channel++) {
			const { name, perUnit, aggregate } = this.#channels.at(channel);
			const value = archived.values[name];
			if (value === undefined) continue;
			const wanted = made.values[channel]!;
			const isMissing = Number.isNaN(wanted);
			let difference = value === null || isMissing ? 0 : Math.abs(value - wanted);
			if (aggregate === "direction") difference = Math.min(difference, 360 - difference);
			const slack = 0.5 / perUnit + Math.abs(wanted) * 1e-6;
			const isNull = value === null && archived.reasons[name] !== "wire";
			if (difference > slack || isNull !== isMissing) {
				const what = `${name} of observation ${made.sequence}`;
				this.#fail("changed", index, `${what} was ${wanted} and is archived as ${value}`);
			}
		}
	}

	#indexOf(thing: string): number {
		return this.#places.get(thing)!;
	}

	#fail(invariant: Invariant, index: number, detail: string): never {
		return this.#options.fail(invariant, this.#options.things[index]!, detail);
	}
}
