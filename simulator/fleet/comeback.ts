import type { FleetObserver } from "./virtual.ts";

const windowMs = 1_000;

/**
 * How a fleet comes back after the first outage of its broker: when how many stand at the door, and
 * when all are in.
 */
export class Comeback implements FleetObserver {
	/** When the broker was there again, UTC ms; `undefined` before. */
	returnedAt: number | undefined;
	/** Milliseconds from there until all stations were connected; `undefined` before. */
	allBackAfter: number | undefined;
	/** The most attempts in any one second, wherever it begins. */
	peak = 0;
	/** Attempts, and stations connected, by the second since the return. */
	readonly attempts: number[] = [];
	readonly connected: number[] = [];
	readonly #stations: number;
	readonly #connections: () => number;
	/** Moments of the attempts within the last second. */
	readonly #recent: number[] = [];

	/** @param connections  how many stations are connected now */
	constructor(stations: number, connections: () => number) {
		this.#stations = stations;
		this.#connections = connections;
	}

	onBroker(isUp: boolean, now: number): void {
		if (isUp) this.returnedAt ??= now;
	}

	onAttempt(now: number): void {
		if (this.returnedAt === undefined || this.allBackAfter !== undefined) return;
		const second = this.#second(now);
		this.attempts[second] = (this.attempts[second] ?? 0) + 1;
		while (this.#recent.length > 0 && this.#recent[0]! <= now - windowMs) this.#recent.shift();
		this.#recent.push(now);
		this.peak = Math.max(this.peak, this.#recent.length);
	}

	onConnect(now: number): void {
		if (this.returnedAt === undefined || this.allBackAfter !== undefined) return;
		// The broker counts this one after it has told us.
		const count = this.#connections() + 1;
		this.connected[this.#second(now)] = count;
		if (count >= this.#stations) this.allBackAfter = now - this.returnedAt;
	}

	#second(now: number): number {
		return Math.floor((now - this.returnedAt!) / windowMs);
	}
}
