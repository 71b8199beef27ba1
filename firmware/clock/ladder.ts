import { TimeQuality } from "../base/observation.ts";
import { never } from "../base/ticks.ts";
import type { Epoch, Ticks, Timed } from "../ports/clock.ts";
import type { WallClock } from "./wallclock.ts";

/** Nobody expects a firmware to run for longer than this, in ms: 30 years. */
const longestLifeMs = 30 * 365.25 * 86_400_000;

/** Milliseconds between two storings of the time: what a floor can be behind after a power cut. */
export const storePeriodMs = 3_600_000;

/** Bytes of a stored time. */
export const storedTimeBytes = 8;

/** What is known of the time at boot, best first; SNTP comes later and is better than all of them. */
export interface BootTimes {
	/** The real-time clock, where it was kept over the reset. */
	readonly retained: Epoch | undefined;
	/** The last time that was stored, see `TimeStore`. */
	readonly stored: Epoch | undefined;
	/** When this firmware was built. */
	readonly built: Epoch;
}

/**
 * Gives the clock what is known at boot: the later of the stored and the build time is a floor,
 * and the retained clock counts when it lies between the floor and the end of the firmware's life.
 */
export function climbLadder(clock: WallClock, times: BootTimes, now: Ticks): void {
	const { retained, stored, built } = times;
	const latest = built + longestLifeMs;
	const floor = stored !== undefined && stored > built && stored < latest ? stored : built;
	clock.set(floor, TimeQuality.Unknown, now);
	if (retained !== undefined && retained >= floor && retained < latest) {
		clock.set(retained, TimeQuality.Retained, now);
	}
}

/** Writes a time for storage: milliseconds as 64 bits, big-endian. */
export function encodeStoredTime(epoch: Epoch, into: Uint8Array): void {
	let rest: number = epoch;
	for (let at = storedTimeBytes - 1; at >= 0; at--) {
		into[at] = rest % 256;
		rest = Math.floor(rest / 256);
	}
}

/** Reads a stored time; `undefined` when there is none or it is not one. */
export function decodeStoredTime(bytes: Uint8Array | undefined): Epoch | undefined {
	if (bytes === undefined || bytes.length !== storedTimeBytes) return undefined;
	let epoch = 0;
	for (const byte of bytes) epoch = epoch * 256 + byte;
	return Number.isSafeInteger(epoch) ? (epoch as Epoch) : undefined;
}

/** Stores the time once an hour while it is synchronised, so that a boot without a net has a floor. */
export class TimeStore implements Timed {
	deadline = never as Ticks;
	readonly #clock: WallClock;
	readonly #store: (bytes: Uint8Array) => void;
	readonly #bytes = new Uint8Array(storedTimeBytes);

	/** @param store  keeps a copy of the bytes over a reset */
	constructor(clock: WallClock, store: (bytes: Uint8Array) => void) {
		this.#clock = clock;
		this.#store = store;
	}

	open(now: Ticks): void {
		this.deadline = (now + storePeriodMs) as Ticks;
	}

	close(): void {
		this.deadline = never as Ticks;
	}

	onDeadline(now: Ticks): void {
		this.deadline = (now + storePeriodMs) as Ticks;
		const epoch = this.#clock.epochAt(now);
		if (epoch === undefined || this.#clock.quality(now) !== TimeQuality.Synchronised) return;
		encodeStoredTime(epoch, this.#bytes);
		this.#store(this.#bytes);
	}
}
