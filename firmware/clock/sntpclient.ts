import { assert } from "../base/assert.ts";
import { Backoff } from "../base/backoff.ts";
import { freezeDeep } from "../base/freeze.ts";
import { Status, statusName } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import type { Epoch, Random, Ticks, Timed } from "../ports/clock.ts";
import type { Datagram, DatagramConstructor, Resolver } from "../ports/socket.ts";
import {
	decodeSntpReply,
	encodeSntpRequest,
	type SntpReply,
	type SntpRequest,
	sntpBytes,
} from "./sntp.ts";

/**
 * Asks a time server, again and again while the station runs.
 *
 * ```
 * state      input               next       action
 * stopped    open                resolving  ask for the address
 * resolving  address             asking     send the request
 * resolving  no address          waiting
 * asking     good reply          waiting    onTime; the long period
 * asking     other datagram      asking
 * waiting    deadline, network up  resolving
 * resolving, asking  deadline    waiting    the backoff
 * any        close               stopped
 * ```
 *
 * Source: RFC 4330 §5 (messages) and §10 (how often a client may ask).
 */
export const SntpState = Object.freeze({
	Stopped: 0,
	Resolving: 1,
	Asking: 2,
	Waiting: 3,
} as const);

export type SntpState = (typeof SntpState)[keyof typeof SntpState];

const { Stopped, Resolving, Asking, Waiting } = SntpState;

const transitions: Readonly<Record<SntpState, readonly SntpState[]>> = freezeDeep({
	[Stopped]: [Resolving],
	[Resolving]: [Asking, Waiting, Stopped],
	[Asking]: [Waiting, Stopped],
	[Waiting]: [Resolving, Stopped],
});

const ntpPort = 123;
/** How long a name or a reply may take, in ms. */
const answerTimeout = 5_000;
/** RFC 4330 §10: not more often than every 15 s, and ever less while nobody answers. */
const backoffBase = 30_000;
const backoffCap = 3_600_000;
const backoffFloor = 15_000;
/** From a good reply to the next request, in ms: a crystal of 50 ppm drifts 0.7 s in it. */
const period = 14_400_000;
/** Largest error of a reply that is believed, in ms. */
const errorLimit = 1_000;

/** What the client is given. */
export interface SntpClientOptions {
	/** Host name of the server. */
	readonly host: string;
	readonly resolver: Resolver;
	readonly Datagram: DatagramConstructor;
	readonly random: Random;
	/** The present moment, for what the network calls: those callbacks carry no time. */
	ticks(): Ticks;
	/** A moment that has certainly passed. */
	floor(now: Ticks): Epoch;
	/** A server has told the time of `now`. */
	onTime(epoch: Epoch, now: Ticks): void;
	/** A call of the network has been dealt with: deadlines may have moved. */
	onEvent(now: Ticks): void;
	log(line: string): void;
}

export class SntpClient implements Timed {
	deadline = never as Ticks;
	readonly #options: SntpClientOptions;
	readonly #backoff: Backoff;
	readonly #bytes = new Uint8Array(sntpBytes);
	readonly #request: SntpRequest = {
		nonceHigh: 0,
		nonceLow: 0,
		sentAt: 0 as Ticks,
		floor: 0 as Epoch,
	};
	readonly #reply: SntpReply = { epoch: 0 as Epoch, errorMs: 0 };
	#state: SntpState = Stopped;
	#datagram: Datagram | undefined;
	/** Tells the answer of the resolver from those to questions that were given up. */
	#attempt = 0;

	constructor(options: SntpClientOptions) {
		this.#options = options;
		this.#backoff = new Backoff(backoffBase, backoffCap, backoffFloor, () => options.random.next());
	}

	get state(): SntpState {
		return this.#state;
	}

	open(now: Ticks): void {
		if (this.#state === Stopped) this.#resolve(now);
	}

	close(): void {
		if (this.#state !== Stopped) this.#enter(Stopped, never as Ticks);
	}

	/** The network is there: a server that could not be reached may be now. */
	networkUp(now: Ticks): void {
		if (this.#state !== Waiting || this.#backoff.attempts === 0) return;
		this.#backoff.reset();
		this.#resolve(now);
	}

	onDeadline(now: Ticks): void {
		if (this.#state === Waiting) this.#resolve(now);
		else this.#fail("no answer", now);
	}

	#resolve(now: Ticks): void {
		const { host, resolver, ticks, onEvent } = this.#options;
		this.#enter(Resolving, after(now, answerTimeout));
		const attempt = this.#attempt;
		resolver.resolve(host, (address) => {
			if (attempt !== this.#attempt) return;
			const then = ticks();
			if (address === undefined) this.#fail("no address", then);
			else this.#ask(address, then);
			onEvent(then);
		});
	}

	#ask(address: string, now: Ticks): void {
		const { random, Datagram, floor } = this.#options;
		this.#request.nonceHigh = random.next();
		this.#request.nonceLow = random.next();
		this.#request.sentAt = now;
		this.#request.floor = floor(now);
		encodeSntpRequest(this.#request, this.#bytes, 0);
		this.#enter(Asking, after(now, answerTimeout));
		const attempt = this.#attempt;
		try {
			this.#datagram = new Datagram({
				onReadable: () => {
					if (attempt === this.#attempt) this.#receive();
				},
			});
			this.#datagram.write(this.#bytes, address, ntpPort);
		} catch (error) {
			this.#fail(String(error), now);
		}
	}

	#receive(): void {
		const now = this.#options.ticks();
		const status = this.#read(now);
		if (status === Status.Ok) {
			this.#backoff.reset();
			this.#enter(Waiting, after(now, period));
			this.#options.onTime(this.#reply.epoch, now);
		} else if (status !== Status.NotFound) {
			this.#fail(statusName(status), now);
		}
		this.#options.onEvent(now);
	}

	/** NotFound for a datagram that is no reply to the request: the real one may still come. */
	#read(now: Ticks): Status {
		let length = 0;
		try {
			length = this.#datagram!.read(this.#bytes);
		} catch {
			return Status.Unreachable;
		}
		if (length === 0) return Status.NotFound;
		const status = decodeSntpReply(this.#bytes, 0, length, this.#request, this.#reply, now);
		if (status === Status.Malformed) return Status.NotFound;
		return status === Status.Ok && this.#reply.errorMs > errorLimit ? Status.BadValue : status;
	}

	#fail(reason: string, now: Ticks): void {
		this.#options.log(`time: ${this.#options.host}, ${reason}`);
		this.#enter(Waiting, after(now, this.#backoff.next()));
	}

	#enter(next: SntpState, deadline: Ticks): void {
		assert(transitions[this.#state].includes(next), `sntp state ${this.#state} to ${next}`);
		if (next !== Asking) {
			this.#datagram?.close();
			this.#datagram = undefined;
		}
		this.#attempt += 1;
		this.#state = next;
		this.deadline = deadline;
	}
}
