import { existsSync } from "node:fs";
import { join } from "node:path";
import { BoundedLog } from "../boundedlog.ts";
import { GroupCommit } from "../commit.ts";
import { messageOf } from "../fault.ts";
import { makeDirectory } from "../file.ts";
import { type AppendLog, DiskLog, readLines } from "../log.ts";
import type { JsonObject } from "../services/document.ts";
import { Vault } from "../vault/vault.ts";

/** What an event is about: a station's connection, an alarm and its end, a rule, a mail, the cloud. */
export type EventKind =
	| "connected"
	| "disconnected"
	| "alarm"
	| "cleared"
	| "rule"
	| "mail"
	| "cloud";

/** One thing that has happened, for people. */
export interface CloudEvent {
	/** Grows with each event, over restarts too. */
	readonly id: number;
	/** ISO 8601 in UTC. */
	readonly time: string;
	readonly kind: EventKind;
	readonly thing?: string;
	/** One line. */
	readonly text: string;
	readonly detail?: JsonObject;
}

export type NewEvent = Omit<CloudEvent, "id" | "time">;

/** Which events are asked for, newest first. */
export interface EventQuery {
	readonly thing?: string | undefined;
	/** Only events of these. */
	readonly kinds?: readonly EventKind[] | undefined;
	/** Only events with a smaller id. */
	readonly before?: number | undefined;
	/** 1 to 1000; 100 unless given. */
	readonly limit?: number | undefined;
}

const currentFile = "events.jsonl";
const previousFile = "events.1.jsonl";
/** Events of one file; the newest 5,000 to 10,000 are kept. */
const eventsPerFile = 5_000;
const eventsPerQuery = 1_000;

/**
 * What has happened, newest events first: bounded, and on disk. An event that is a second old survives
 * a crash; one that is younger may be lost with it, since nobody has been promised anything.
 */
export class EventLog {
	readonly #events: CloudEvent[];
	readonly #commit: GroupCommit;
	readonly #log: (line: string) => void;
	readonly #listeners = new Set<(event: CloudEvent) => void>();
	#nextId: number;

	private constructor(file: AppendLog, events: CloudEvent[], log: (line: string) => void) {
		this.#commit = new GroupCommit(file);
		this.#events = events;
		this.#log = log;
		this.#nextId = (events.at(-1)?.id ?? 0) + 1;
	}

	static async open(
		directory: string,
		log: (line: string) => void,
		vault = Vault.plain,
	): Promise<EventLog> {
		await makeDirectory(directory);
		const events: CloudEvent[] = [];
		const take = (line: string): void => {
			const event = parse(line);
			if (event) events.push(event);
		};
		const previous = join(directory, previousFile);
		if (existsSync(previous)) await readLines(previous, take, vault.lines(previous));
		const path = join(directory, currentFile);
		const older = events.length;
		const { log: file } = await DiskLog.open(path, take, vault.lines(path));
		const lines = events.length - older;
		const bounded = new BoundedLog(file, previous, { lines: eventsPerFile }, { lines });
		return new EventLog(bounded, events, log);
	}

	/** @param epochMs  UTC */
	add(event: NewEvent, epochMs: number): CloudEvent {
		const { kind, thing, text, detail } = event;
		const added: CloudEvent = {
			id: this.#nextId++,
			time: new Date(epochMs).toISOString(),
			kind,
			...(thing === undefined ? {} : { thing }),
			text,
			...(detail === undefined ? {} : { detail }),
		};
		this.#events.push(added);
		if (this.#events.length > 2 * eventsPerFile) this.#events.splice(0, eventsPerFile);
		this.#commit.add(`${JSON.stringify(added)}\n`, (error) => {
			if (error) this.#log(`events: ${messageOf(error)}`);
		});
		for (const listener of this.#listeners) listener(added);
		return added;
	}

	/** Newest first. */
	list({
		thing,
		kinds,
		before = Number.POSITIVE_INFINITY,
		limit = 100,
	}: EventQuery = {}): CloudEvent[] {
		const found: CloudEvent[] = [];
		const isWanted = (event: CloudEvent): boolean =>
			event.id < before &&
			(thing === undefined || event.thing === thing) &&
			(kinds === undefined || kinds.includes(event.kind));
		const wanted = Math.min(Math.max(limit, 1), eventsPerQuery);
		for (let at = this.#events.length - 1; at >= 0 && found.length < wanted; at--) {
			const event = this.#events[at]!;
			if (isWanted(event)) found.push(event);
		}
		return found;
	}

	/** Oldest first, all that are kept. */
	get all(): readonly CloudEvent[] {
		return this.#events;
	}

	/** @returns what ends it */
	onEvent(listener: (event: CloudEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Resolves when what was added is on disk. */
	settled(): Promise<void> {
		return this.#commit.idle();
	}

	kill(): void {
		this.#commit.kill();
	}

	async close(): Promise<void> {
		await this.#commit.close();
	}
}

function parse(line: string): CloudEvent | undefined {
	try {
		return JSON.parse(line) as CloudEvent;
	} catch {
		return undefined;
	}
}
