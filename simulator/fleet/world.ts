import { type DeviceClock, RealClock, type Turn } from "../device/clock.ts";
import type { DeviceNetwork } from "../device/network.ts";
import { type Credentials, TlsNetwork } from "../device/tls.ts";

/** Time and network in which a fleet lives. */
export interface World {
	/** Milliseconds of the world's epoch, UTC; never goes back. */
	readonly now: number;
	/** Runs `action` once, `delay` milliseconds from now. */
	schedule(delay: number, action: () => void): void;
	createClock(turn: Turn): DeviceClock;
	createNetwork(thing: string, turn: Turn): DeviceNetwork;
}

/** Real time and real sockets. */
export class RealWorld implements World {
	/** Version of TLS of the last connection that came up, for example "TLSv1.3". */
	tlsVersion: string | undefined;
	readonly #credentials: (thing: string) => Credentials;
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();

	/** @param credentials  of each station */
	constructor(credentials: (thing: string) => Credentials) {
		this.#credentials = credentials;
	}

	get now(): number {
		return performance.timeOrigin + performance.now();
	}

	schedule(delay: number, action: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			action();
		}, delay);
		this.#timers.add(timer);
	}

	createClock(turn: Turn): DeviceClock {
		return new RealClock(turn);
	}

	createNetwork(thing: string, turn: Turn): DeviceNetwork {
		return new TlsNetwork(this.#credentials(thing), turn, (version) => {
			this.tlsVersion = version;
		});
	}

	/** Forgets everything that was scheduled. */
	stop(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}
}
