import { TimeQuality } from "../base/observation.ts";
import { after, never } from "../base/ticks.ts";
import type { Clock, Epoch, Random, Ticks, Timed } from "../ports/clock.ts";
import type { Network } from "../ports/socket.ts";
import type { KeyValue } from "../ports/storage.ts";
import { ClockGate } from "./gate.ts";
import { climbLadder, decodeStoredTime, TimeStore } from "./ladder.ts";
import { SntpClient } from "./sntpclient.ts";
import { WallClock } from "./wallclock.ts";

const storageKey = "time";
/** How often a clock that the platform keeps is read, in ms: well within the drift bound. */
const readPeriod = 3_600_000;
const readPeriodUnset = 1_000;

/** What the timekeeper is given by the station. */
export interface TimekeeperOptions {
	readonly clock: Clock;
	readonly keyValue: KeyValue;
	readonly network: Network;
	readonly random: Random;
	/** Host name of the time server; without one the platform keeps its clock right by itself. */
	readonly timeServer: string | undefined;
	/** When this firmware was built: the floor of all time. */
	readonly builtAt: Epoch;
	/** The time is known, and was not before: `epoch` is UTC of `now`. */
	onSet(epoch: Epoch, now: Ticks): void;
	/** Deadlines may have moved. */
	onEvent(now: Ticks): void;
	log(line: string): void;
}

/**
 * What time it is, and how well that is known: the ladder from the time server down to the build
 * time, the stored time, and the gate that holds TLS back.
 */
export class Timekeeper implements Timed {
	readonly #options: TimekeeperOptions;
	readonly #wallClock = new WallClock();
	readonly #store: TimeStore;
	readonly #gate: ClockGate;
	readonly #sntp: SntpClient | undefined;
	/** When the clock of the platform is read again; Infinity with a time server. */
	#readAt = never as Ticks;

	/** Climbs the ladder as far as it goes without a network. */
	constructor(options: TimekeeperOptions) {
		const { clock, network, timeServer, random } = options;
		const now = clock.ticks;
		this.#options = options;
		this.#store = new TimeStore(this.#wallClock, (bytes) => this.#write(bytes));
		// A station that sleeps waits from its boot on, and not from each time that it wakes.
		this.#gate = new ClockGate(this.#wallClock, 0 as Ticks);
		const { Datagram } = network;
		if (timeServer !== undefined && Datagram !== undefined) {
			this.#sntp = new SntpClient({
				host: timeServer,
				resolver: network.resolver,
				Datagram,
				random,
				ticks: () => clock.ticks,
				floor: (then) => this.#wallClock.floorAt(then) ?? options.builtAt,
				onTime: (epoch, then) => this.#onTime(epoch, then),
				onEvent: options.onEvent,
				log: options.log,
			});
		}
		const retained = this.#sntp === undefined ? undefined : clock.epoch;
		const stored = decodeStoredTime(this.#read());
		climbLadder(this.#wallClock, { retained, stored, built: options.builtAt }, now);
		if (this.#sntp === undefined) this.#readPlatform(now);
	}

	get deadline(): Ticks {
		const sntp = this.#sntp?.deadline ?? never;
		return Math.min(this.#readAt, this.#store.deadline, sntp) as Ticks;
	}

	/** Begins to ask, and to store what is known. */
	open(now: Ticks): void {
		this.#store.open(now);
		this.#sntp?.open(now);
	}

	close(): void {
		this.#readAt = never as Ticks;
		this.#store.close();
		this.#sntp?.close();
	}

	networkUp(now: Ticks): void {
		this.#sntp?.networkUp(now);
	}

	onDeadline(now: Ticks): void {
		if (this.#readAt <= now && this.#readPlatform(now)) this.#tell(now);
		if (this.#store.deadline <= now) this.#store.onDeadline(now);
		if (this.#sntp !== undefined && this.#sntp.deadline <= now) this.#sntp.onDeadline(now);
	}

	/** UTC of a moment; `undefined` while nobody has told the time. */
	epochAt(now: Ticks): Epoch | undefined {
		return this.#wallClock.epochAt(now);
	}

	/** The first moment at which `epochAt` gives `epoch` or more; Infinity while it gives nothing. */
	ticksAt(epoch: Epoch): Ticks {
		return this.#wallClock.ticksAt(epoch);
	}

	quality(now: Ticks): TimeQuality {
		return this.#wallClock.quality(now);
	}

	/** Whether certificates can be judged. */
	isPlausible(now: Ticks): boolean {
		return this.#gate.isOpen(now);
	}

	/**
	 * Without a time server of ours the platform's clock is as good as it gets.
	 *
	 * @returns whether the time is known now and was not before
	 */
	#readPlatform(now: Ticks): boolean {
		const { epoch } = this.#options.clock;
		this.#readAt = after(now, epoch === undefined ? readPeriodUnset : readPeriod);
		return epoch !== undefined && this.#set(epoch, now);
	}

	#onTime(epoch: Epoch, now: Ticks): void {
		const isNews = this.#set(epoch, now);
		this.#options.clock.set?.(epoch);
		if (isNews) this.#tell(now);
	}

	#set(epoch: Epoch, now: Ticks): boolean {
		const wasUnknown = this.#wallClock.epochAt(now) === undefined;
		this.#wallClock.set(epoch, TimeQuality.Synchronised, now);
		return wasUnknown;
	}

	#tell(now: Ticks): void {
		this.#options.onSet(this.#wallClock.epochAt(now)!, now);
	}

	#read(): Uint8Array | undefined {
		try {
			return this.#options.keyValue.read(storageKey);
		} catch {
			return undefined;
		}
	}

	/** A floor that was not stored is an hour older at the next boot, and nothing worse. */
	#write(bytes: Uint8Array): void {
		try {
			this.#options.keyValue.write(storageKey, bytes);
		} catch {
			this.#options.log("time: not stored");
		}
	}
}
