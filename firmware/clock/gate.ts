import { TimeQuality } from "../base/observation.ts";
import type { Ticks } from "../ports/clock.ts";
import type { WallClock } from "./wallclock.ts";

/** Milliseconds after which TLS is tried with nothing better than the floor. */
export const clockPatienceMs = 300_000;

/**
 * Holds TLS back until certificates can be checked against the time of day.
 *
 * Where no time server can be reached it opens after `clockPatienceMs` all the same, if there is a
 * floor: a certificate that had expired by then is still refused, one that has expired since is
 * not, and a station behind a firewall that blocks NTP gets through.
 */
export class ClockGate {
	readonly #clock: WallClock;
	readonly #openedAt: Ticks;

	constructor(clock: WallClock, now: Ticks) {
		this.#clock = clock;
		this.#openedAt = now;
	}

	/** Whether a handshake may begin. */
	isOpen(now: Ticks): boolean {
		if (this.#clock.quality(now) < TimeQuality.Unknown) return true;
		return now - this.#openedAt >= clockPatienceMs && this.#clock.floorAt(now) !== undefined;
	}
}
