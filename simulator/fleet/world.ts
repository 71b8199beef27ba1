import type { OwnCredentials } from "../../firmware/station/boot.ts";
import {
	type Crystal,
	type DeviceClock,
	KernelClock,
	RealClock,
	realNow,
	type Turn,
} from "../device/clock.ts";
import type { DeviceNetwork } from "../device/network.ts";
import type { Radio } from "../device/radio.ts";
import { type PathOptions, usualPath, type VirtualNetwork, VirtualPath } from "../device/socket.ts";
import { type Credentials, TlsNetwork } from "../device/tls.ts";
import type { VirtualClock } from "../kernel/clock.ts";
import type { RandomStream } from "../kernel/random.ts";

/** Time and network in which a fleet lives. */
export interface World {
	/** Milliseconds of the world's epoch, UTC; never goes back. */
	readonly now: number;
	/** Runs `action` once, `delay` milliseconds from now. */
	schedule(delay: number, action: () => void): void;
	/**
	 * @param now      this world's `now`, standing still while the device runs
	 * @param crystal  of the device, where time is virtual
	 * @param boot     the moment from which its ticks count, now unless given
	 */
	createClock(turn: Turn, now: () => number, crystal?: Crystal, boot?: number): DeviceClock;
	/**
	 * @param own    what the device has instead of what it was given
	 * @param radio  what the signal strength is read from; unknown without
	 */
	createNetwork(thing: string, turn: Turn, own?: OwnCredentials, radio?: Radio): DeviceNetwork;
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
		return realNow();
	}

	schedule(delay: number, action: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			action();
		}, delay);
		this.#timers.add(timer);
	}

	createClock(turn: Turn, now: () => number, _crystal?: Crystal, boot?: number): DeviceClock {
		return new RealClock(turn, now, boot);
	}

	createNetwork(thing: string, turn: Turn, own?: OwnCredentials, radio?: Radio): DeviceNetwork {
		const given = this.#credentials(thing);
		const credentials =
			own === undefined ? given : { ...given, certificate: own.certificate, key: own.privateKey };
		const network = new TlsNetwork(credentials, turn, (version) => {
			this.tlsVersion = version;
		});
		network.radio = radio;
		return network;
	}

	/** Forgets everything that was scheduled. */
	stop(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
	}
}

/** What lies between a station and the world, over all its restarts. */
interface Link {
	readonly random: RandomStream;
	readonly options: PathOptions;
	isBlockedUp: boolean;
	isBlockedDown: boolean;
	path: VirtualPath | undefined;
}

/** Virtual time and a network in memory. */
export class VirtualWorld implements World {
	readonly network: VirtualNetwork;
	readonly #clock: VirtualClock;
	readonly #random: RandomStream;
	readonly #options: PathOptions;
	readonly #links = new Map<string, Link>();

	/**
	 * @param network  whose clock counts in ms of the world's epoch
	 * @param random   delays and losses, by the name of the thing
	 * @param options  of every station's path
	 */
	constructor(network: VirtualNetwork, random: RandomStream, options: PathOptions = {}) {
		this.network = network;
		this.#clock = network.clock;
		this.#random = random;
		this.#options = options;
	}

	get now(): number {
		return this.#clock.now;
	}

	schedule(delay: number, action: () => void): void {
		this.#clock.schedule(this.#clock.now + delay, action);
	}

	createClock(turn: Turn, _now?: () => number, crystal?: Crystal, boot?: number): DeviceClock {
		return new KernelClock(this.#clock, turn, crystal, boot);
	}

	createNetwork(thing: string, turn: Turn, _own?: OwnCredentials, radio?: Radio): DeviceNetwork {
		const link = this.#link(thing);
		const path = new VirtualPath(this.network, thing, link.random, turn, link.options);
		path.block(link.isBlockedUp, link.isBlockedDown);
		path.radio = radio;
		link.path = path;
		return path;
	}

	/** The path of a station that is on, or was last on. */
	path(thing: string): VirtualPath | undefined {
		return this.#links.get(thing)?.path;
	}

	/** As `VirtualPath.block`, and still so after a restart of the station. */
	block(thing: string, up: boolean, down: boolean): void {
		const link = this.#link(thing);
		link.isBlockedUp = up;
		link.isBlockedDown = down;
		link.path?.block(up, down);
	}

	/** Changes a station's path, also for its restarts to come; `undefined` puts it back as it was. */
	change(thing: string, options: PathOptions | undefined): void {
		const link = this.#link(thing);
		Object.assign(link.options, usualPath, this.#options, options);
		link.path?.change(link.options);
	}

	#link(thing: string): Link {
		let link = this.#links.get(thing);
		if (link === undefined) {
			link = {
				random: this.#random.child(thing),
				options: { ...this.#options },
				isBlockedUp: false,
				isBlockedDown: false,
				path: undefined,
			};
			this.#links.set(thing, link);
		}
		return link;
	}
}
