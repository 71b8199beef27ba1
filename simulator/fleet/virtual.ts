import { difference } from "../../cloud/services/document.ts";
import type { StationDefinition } from "../../firmware/index.ts";
import type { ResetReason } from "../../firmware/ports/device.ts";
import { VirtualCloud } from "../broker/cloud.ts";
import { BrokerListener } from "../broker/listener.ts";
import { type Listener, type PathOptions, VirtualNetwork } from "../device/socket.ts";
import { TimeServer } from "../device/timeserver.ts";
import { VirtualClock } from "../kernel/clock.ts";
import { RandomStream } from "../kernel/random.ts";
import { Trace } from "../kernel/trace.ts";
import type { Weather } from "../weather/climate.ts";
import { ArchiveLedger, type ArchiveWatcher } from "./archive.ts";
import { Board } from "./board.ts";
import { Checker, type Invariant, InvariantError } from "./checker.ts";
import { Fleet, type FleetTotals } from "./fleet.ts";
import type { SimulatedStation } from "./station.ts";
import type { Parts } from "./wiring.ts";
import { VirtualWorld } from "./world.ts";

export interface VirtualFleetOptions {
	/** Thing names, one a station. */
	readonly things: readonly string[];
	readonly definition: StationDefinition;
	/** The simulated parts of the user's own sensors. */
	readonly parts?: Parts | undefined;
	/** Recorded weather, each station at its own place in time in it; or the weather that all meet. */
	readonly weather: Weather;
	/** Decides everything random. The share of one station depends on its name and on no other. */
	readonly seed: number;
	/** First moment, UTC ms; by default 2027-01-01. */
	readonly start?: number | undefined;
	/** What lies between the stations and the broker in calm times. */
	readonly path?: PathOptions | undefined;
	/** Crystals are off by at most this many parts per million, uniform. */
	readonly driftPpm?: number | undefined;
	/** Erase blocks of an outbox partition; by default 256 of 4 KiB. */
	readonly flashBlocks?: number | undefined;
	/** Whether the archive keeps rows and not only their numbers; by default it does. */
	readonly keepsRows?: boolean | undefined;
	/** Hears what the firmware logs. */
	log?(thing: string, line: string): void;
	readonly observers?: readonly FleetObserver[] | undefined;
	/** Makes the archive; a test puts a broken one in. */
	createArchive?(watcher: ArchiveWatcher, keepsRows: boolean): ArchiveLedger;
}

/** Where the observations of a fleet are. */
export interface VirtualLedger {
	/** Put in flash by the stations. */
	readonly made: number;
	/** Archived, and the outbox has given up their place: each once, however often a power cut brings it back. */
	readonly acknowledged: number;
	/** Rows of the archive. */
	readonly archived: number;
	/** Given up by a full flash before they were archived. */
	readonly shed: number;
	/** Taken from the loss window of a station by a power cut or a brown-out. */
	readonly taken: number;
	/** In a flash, and not archived yet. */
	readonly waiting: number;
	/** Made, and in none of these places. */
	readonly lost: number;
	/** Rows that are in the archive a second time. */
	readonly duplicates: number;
	/** Copies that the archive was sent and has not written again. */
	readonly copies: number;
}

/** What happens to a fleet, for those who draw it. Times are UTC ms. */
export interface FleetObserver {
	/** A station stands at the door of the broker. */
	onAttempt?(now: number): void;
	/** The broker has accepted a station. */
	onConnect?(now: number): void;
	/** The broker is there, or gone. */
	onBroker?(isUp: boolean, now: number): void;
	/** A report is archived: so many observations, whose newest window ended so many ms ago. */
	onReport?(count: number, latency: number, now: number): void;
	onFault?(kind: string, now: number): void;
}

/** Kinds of events in the trace. */
const Event = Object.freeze({
	Boot: 1,
	Log: 2,
	Made: 3,
	Connect: 4,
	Publish: 5,
	Fault: 6,
} as const);

/** The firmware was built on 2026-11-01; no time server shows an earlier time. */
const usualStart = Date.UTC(2027, 0, 1);
const brokerHost = "broker.isobar.example";
const brokerPort = 8883;
const timeHost = "time.isobar.example";
const timePort = 123;
/** Milliseconds between two looks at what shows in no turn, and at whether a fleet has settled. */
const sweepMs = 3_600_000;
const lookMs = 5_000;
/** Alarms of the kernel that one station may have set at once; more is a leak. */
const alarmsPerStation = 64;

/**
 * A fleet in virtual time: stations with the real firmware, a broker with the cloud behind it, a time
 * server, and a checker that watches all of them. Nothing in here waits; `runUntil` is a loop.
 */
export class VirtualFleet {
	readonly clock: VirtualClock;
	readonly seed: RandomStream;
	readonly things: readonly string[];
	readonly definition: StationDefinition;
	readonly network: VirtualNetwork;
	readonly world: VirtualWorld;
	readonly cloud: VirtualCloud;
	readonly timeServer: TimeServer;
	readonly archive: ArchiveLedger;
	readonly checker: Checker;
	readonly boards: readonly Board[];
	readonly trace = new Trace();
	/** How often each fault has happened. */
	readonly faults: Record<string, number> = {};
	readonly #options: VirtualFleetOptions;
	readonly #fleet: Fleet;
	readonly #observers: readonly FleetObserver[];
	readonly #listener: Listener;
	readonly #start: number;
	readonly #crashes = new Map<number, string>();
	#isListening = true;
	#error: InvariantError | undefined;

	/** @throws {Error} with one line when a sensor has no simulated part */
	constructor(options: VirtualFleetOptions) {
		const { things, definition, start = usualStart, keepsRows = true } = options;
		this.#options = options;
		this.#observers = options.observers ?? [];
		this.#start = start;
		this.things = things;
		this.definition = definition;
		this.seed = new RandomStream(options.seed);
		this.clock = new VirtualClock(start);
		this.network = new VirtualNetwork(this.clock);
		this.world = new VirtualWorld(this.network, this.seed.child("paths"), options.path);
		this.timeServer = new TimeServer(() => this.clock.now);
		this.network.serve(timeHost, timePort, (request) => this.timeServer.answer(request));
		this.boards = things.map((thing) => this.#makeBoard(thing));
		this.checker = new Checker({
			things,
			boards: this.boards,
			definition,
			fail: (invariant, thing, detail) => this.#fail(invariant, thing, detail),
		});
		this.archive = this.#makeArchive(keepsRows);
		this.cloud = this.#makeCloud();
		this.#listener = this.#makeListener();
		this.network.listen(brokerHost, brokerPort, this.#listener);
		this.#fleet = this.#makeFleet();
		this.#fleet.start();
		this.#sweepAt(start + sweepMs);
	}

	get stations(): readonly SimulatedStation[] {
		return this.#fleet.stations;
	}

	/** UTC ms. */
	get now(): number {
		return this.clock.now;
	}

	/** Milliseconds since the fleet was switched on. */
	get elapsed(): number {
		return this.clock.now - this.#start;
	}

	/**
	 * Lets everything happen up to and including a moment.
	 *
	 * @param moment  UTC ms
	 * @throws {InvariantError} at the first invariant that does not hold, and at every call after it
	 */
	runUntil(moment: number): void {
		if (this.#error !== undefined) throw this.#error;
		this.clock.runUntil(moment);
	}

	/**
	 * Lets time pass until everything that was made before this call is archived or given up, and
	 * every shadow reports what is desired.
	 *
	 * @param limit  ms within which that has to be so
	 * @returns ms that it took
	 * @throws {InvariantError} "drain" or "shadow" when it takes longer
	 */
	settle(limit: number): number {
		const begin = this.now;
		const marks = this.things.map((_, index) => this.checker.book(index).newest);
		for (;;) {
			const open = this.things.findIndex((_, index) => this.#isOpen(index, marks[index]!));
			const apart = this.things.findIndex((thing) => !this.#isInStep(thing));
			if (open < 0 && apart < 0) return this.now - begin;
			if (this.now - begin >= limit) {
				const late = `${Math.round(limit / 1000)} s after the last fault`;
				if (open >= 0) this.#fail("drain", this.things[open]!, this.#describeOpen(open, late));
				this.#fail("shadow", this.things[apart]!, `not what is desired ${late}`);
			}
			this.runUntil(Math.min(this.now + lookMs, begin + limit));
		}
	}

	/** Has every station report what it has and say goodbye; ends when all have, or after `limit` ms. */
	drain(limit: number): void {
		const end = this.now + limit;
		for (const station of this.stations) station.drain(limit);
		while (this.now < end && !this.stations.every(({ isDrained }) => isDrained)) {
			this.runUntil(Math.min(this.now + 1_000, end));
		}
	}

	/** Switches everything off. */
	stop(): void {
		this.#fleet.stop();
	}

	totals(): FleetTotals {
		return this.#fleet.totals();
	}

	/** Where the observations are. */
	ledger(): VirtualLedger {
		const ledger = {
			made: 0,
			archived: 0,
			shed: 0,
			taken: 0,
			waiting: 0,
			lost: 0,
			acknowledged: 0,
		};
		for (let index = 0; index < this.things.length; index++) {
			const book = this.checker.book(index);
			ledger.made += book.made.size;
			ledger.acknowledged += book.archived.count(0, book.accounted - 1);
			ledger.archived += book.archived.size;
			ledger.shed += book.shed;
			ledger.taken += book.taken;
			ledger.waiting += book.open(book.accounted, book.newest);
			ledger.lost += book.open(0, book.accounted - 1);
		}
		const { duplicates: copies } = this.archive;
		// A second row ends the run where it is written.
		return { ...ledger, duplicates: 0, copies };
	}

	// The broker.

	startBroker(): void {
		if (this.#isListening) return;
		this.#isListening = true;
		this.network.listen(brokerHost, brokerPort, this.#listener);
		for (const observer of this.#observers) observer.onBroker?.(true, this.now);
	}

	/** The broker is gone, as after a crash of its machine. */
	stopBroker(keepsSessions: boolean): void {
		if (!this.#isListening) return;
		this.#isListening = false;
		this.network.stopListening(brokerHost, brokerPort);
		this.cloud.broker.crash(keepsSessions);
		if (!keepsSessions) this.checker.expectsOnce = false;
		for (const observer of this.#observers) observer.onBroker?.(false, this.now);
	}

	/** Whether names can be resolved. */
	setNames(areKnown: boolean): void {
		for (const host of [brokerHost, timeHost]) this.network.setResolvable(host, areKnown);
	}

	/** Notes that a fault happens. */
	noteFault(kind: string, index: number): void {
		this.faults[kind] = (this.faults[kind] ?? 0) + 1;
		this.trace.add(this.now, index, Event.Fault);
		this.trace.text(kind);
		for (const observer of this.#observers) observer.onFault?.(kind, this.now);
	}

	#makeBoard(thing: string): Board {
		const random = this.seed.child("boards").child(thing);
		const { driftPpm = 0, flashBlocks } = this.#options;
		return new Board({ random, flashBlocks, driftPpm: driftPpm * (2 * random.unit() - 1) });
	}

	#makeArchive(keepsRows: boolean): ArchiveLedger {
		const { checker } = this;
		const watcher: ArchiveWatcher = {
			onRow: (thing, sequence) => checker.onRow(thing, sequence),
			onCopy: (thing, sequence) => checker.onCopy(thing, sequence),
			onRejected: (thing, payload) => checker.onRejected(thing, payload),
			onReport: (thing, head, report) => {
				checker.onReport(thing, head, report);
				const end = (head.startSeconds + head.count * head.periodSeconds) * 1000;
				const latency = head.timeQuality === 0 ? this.now - end : Number.NaN;
				for (const observer of this.#observers) observer.onReport?.(head.count, latency, this.now);
			},
		};
		const make = this.#options.createArchive;
		return make === undefined ? new ArchiveLedger(watcher, keepsRows) : make(watcher, keepsRows);
	}

	#makeCloud(): VirtualCloud {
		const places = new Map(this.things.map((thing, index) => [thing, index]));
		const { definition, trace, checker } = this;
		return new VirtualCloud({
			clock: this.clock,
			archive: this.archive,
			reportTopic: definition.topics.report,
			channels: definition.channels,
			onConnect: (thing) => {
				trace.add(this.now, places.get(thing)!, Event.Connect);
				for (const observer of this.#observers) observer.onConnect?.(this.now);
			},
			onPublish: (thing, { topicName, payload }) => {
				trace.add(this.now, places.get(thing)!, Event.Publish);
				trace.bytes(payload, 0, payload.length);
				checker.onPublish(thing, topicName.length, payload.length);
			},
		});
	}

	#makeListener(): Listener {
		const listener = new BrokerListener(this.cloud.broker, this.clock);
		return {
			accept: (connection, thing) => {
				for (const observer of this.#observers) observer.onAttempt?.(this.now);
				return listener.accept(connection, thing);
			},
		};
	}

	#makeFleet(): Fleet {
		const { things, definition, trace } = this;
		const { parts, weather, seed } = this.#options;
		const places = new Map(things.map((thing, index) => [thing, index]));
		return new Fleet(this.world, {
			things,
			endpoint: brokerHost,
			port: brokerPort,
			definition,
			...(parts === undefined ? {} : { parts }),
			weather,
			seed,
			storage: (thing) => this.#hardwareOf(places.get(thing)!),
			log: (thing, line) => {
				const index = places.get(thing)!;
				trace.add(this.now, index, Event.Log);
				trace.text(line);
				if (line.startsWith("crashed: ")) this.#crashes.set(index, line);
				this.#options.log?.(thing, line);
			},
		});
	}

	#hardwareOf(index: number) {
		const board = this.boards[index]!;
		const { checker, trace } = this;
		let made = 0;
		return {
			flash: board.flash,
			keyValue: board.keyValue,
			crystal: board.crystal,
			timeServer: timeHost,
			onBoot: (reason: ResetReason, hasMemory: boolean) => {
				// The supply was on all the time, and a cut that is to come still is.
				if (reason !== "deep-sleep") board.powerOn();
				checker.onBoot(index, hasMemory);
				trace.add(this.now, index, Event.Boot);
				made = 0;
			},
			onTurn: (state: Parameters<Checker["onTurn"]>[1]) => {
				checker.onTurn(index, state);
				if (state.made !== made) {
					made = state.made;
					trace.add(this.now, index, Event.Made, state.lastSequence);
				}
				if (this.#crashes.size > 0) checker.onCrash(index, this.#crashes.get(index)!);
				board.afterTurn();
			},
		};
	}

	#sweepAt(moment: number): void {
		this.clock.schedule(moment, () => {
			this.things.forEach((thing, index) => {
				this.checker.sweep(index, this.world.path(thing)?.connections ?? 0);
			});
			const { pending } = this.clock;
			if (pending > alarmsPerStation * this.things.length + alarmsPerStation) {
				this.#fail("limit", "the kernel", `${pending} alarms are set`);
			}
			this.#sweepAt(moment + sweepMs);
		});
	}

	#isOpen(index: number, mark: number): boolean {
		const book = this.checker.book(index);
		return mark >= book.accounted && book.open(book.accounted, mark) > 0;
	}

	#describeOpen(index: number, late: string): string {
		const book = this.checker.book(index);
		const waiting = book.open(book.accounted, book.newest);
		const link = this.stations[index]!.state?.link ?? "off";
		return `${waiting} observations still wait ${late}; link ${link}`;
	}

	#isInStep(thing: string): boolean {
		const shadow = this.cloud.shadow(thing);
		if (shadow?.desired === undefined) return true;
		return difference(shadow.desired, shadow.reported?.value ?? {}) === undefined;
	}

	#fail(invariant: Invariant, thing: string, detail: string): never {
		const { now: time, elapsed } = this;
		const { seed } = this.#options;
		this.#error ??= new InvariantError(invariant, thing, detail, { time, elapsed, seed });
		throw this.#error;
	}
}
