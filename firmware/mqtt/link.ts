import { assert } from "../base/assert.ts";
import { Backoff } from "../base/backoff.ts";
import { freezeDeep } from "../base/freeze.ts";
import { Status, statusName } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import { Durations, Limits } from "../limits.ts";
import type { Random, Ticks, Timed } from "../ports/clock.ts";
import type { Network, Socket, SocketOptions } from "../ports/socket.ts";
import { isRefusal, nextDelay } from "./patience.ts";
import { type MqttSession, SessionState } from "./session.ts";
import type { Outlet } from "./transmit.ts";

/**
 * Brings a session's transport up and keeps it up: name, TCP, TLS, CONNECT, and the wait before
 * the next attempt. It owns the socket and stands at the one boundary that throws.
 *
 * ```
 * state                    input                                    next
 * Stopped                  start                                    Waiting
 * Waiting                  deadline, the clock is set               Resolving
 *                          deadline, it is not                      AwaitingClock
 * AwaitingClock            deadline, the clock is set               Resolving
 * Resolving                address                                  Connecting
 * Connecting               TCP is up                                Handshaking
 * Connecting, Handshaking  TLS is up                                Opening
 * Opening                  CONNACK                                  Up
 * Resolving to Up          failure, deadline, network down/changed  Waiting
 * Up                       stop, drained, deadline of drain         Closing
 * Closing                  closed by the broker, deadline           Stopped
 *                          start                                    Waiting
 * any but Up, Closing      stop, deadline of drain                  Stopped
 * ```
 * Every state but Stopped has a deadline. The wait counts from the end of an attempt.
 */
export const LinkState = Object.freeze({
	Stopped: 0,
	/** Until the next attempt. */
	Waiting: 1,
	/** Certificates cannot be judged without the date. */
	AwaitingClock: 2,
	Resolving: 3,
	/** TCP. */
	Connecting: 4,
	/** TLS. */
	Handshaking: 5,
	/** CONNECT. */
	Opening: 6,
	Up: 7,
	/** DISCONNECT. */
	Closing: 8,
} as const);

export type LinkState = (typeof LinkState)[keyof typeof LinkState];

const {
	Stopped,
	Waiting,
	AwaitingClock,
	Resolving,
	Connecting,
	Handshaking,
	Opening,
	Up,
	Closing,
} = LinkState;

const transitions: Readonly<Record<LinkState, readonly LinkState[]>> = freezeDeep({
	[Stopped]: [Waiting],
	[Waiting]: [AwaitingClock, Resolving, Stopped],
	[AwaitingClock]: [Resolving, Stopped],
	[Resolving]: [Connecting, Waiting, Stopped],
	[Connecting]: [Handshaking, Opening, Waiting, Stopped],
	[Handshaking]: [Opening, Waiting, Stopped],
	[Opening]: [Up, Waiting, Stopped],
	[Up]: [Waiting, Closing, Stopped],
	[Closing]: [Stopped],
});

/** What the link is given by the station. */
export interface LinkOptions {
	readonly network: Network;
	/** Host name of the broker; also what its certificate must be for. */
	readonly endpoint: string;
	readonly port: number;
	readonly session: MqttSession;
	readonly random: Random;
	/** Whether the date is known well enough to judge a certificate. */
	clockIsSet(now: Ticks): boolean;
	/** The present moment, for what the network calls: those callbacks carry no time. */
	ticks(): Ticks;
	log(line: string): void;
	/** A call of the network has been dealt with: deadlines may have moved. */
	onEvent?(now: Ticks): void;
	onUp?(now: Ticks): void;
	onDown?(status: Status, now: Ticks): void;
}

/** See the table at the top of this file. One object for the life of a station. */
export class MqttLink implements Timed {
	/** Connections that the broker has accepted. */
	connects = 0;
	readonly #options: LinkOptions;
	readonly #session: MqttSession;
	readonly #backoff: Backoff;
	readonly #outlet: Outlet = { write: (bytes, start, end) => this.#write(bytes, start, end) };
	/** By Status; only those that happened, and a map only when one did. */
	#reasons: Map<Status, number> | undefined;
	#state: LinkState = Stopped;
	#deadline = never as Ticks;
	/** When draining ends; `never` while nobody drains. */
	#drainDeadline = never as Ticks;
	#socket: Socket | undefined;
	/** Tells the callbacks of this attempt from those of one that was given up. */
	#attempt = 0;
	#upSince = 0 as Ticks;
	#lastFailure: Status = Status.Ok;
	/** Connections since the last good one that the broker closed as soon as they were made. */
	#kicks = 0;
	/**
	 * Whether a network that came up has brought its early attempt since the last good connection.
	 */
	#wasEarly = false;

	constructor(options: LinkOptions) {
		const { random } = options;
		this.#options = options;
		this.#session = options.session;
		this.#backoff = new Backoff(
			Durations.backoffBase,
			Durations.backoffCap,
			Durations.backoffFloor,
			() => random.next(),
		);
	}

	get state(): LinkState {
		return this.#state;
	}

	get deadline(): Ticks {
		const own = this.#isSessions() ? this.#session.deadline : this.#deadline;
		return Math.min(own, this.#drainDeadline) as Ticks;
	}

	/** How often an attempt or a connection has ended, or could not begin, for this reason. */
	reasonCount(status: Status): number {
		return this.#reasons?.get(status) ?? 0;
	}

	/**
	 * Begins to connect, after a first jittered delay: a power cut ends for the whole fleet at once.
	 */
	start(now: Ticks): void {
		if (this.#state === Closing) this.#stopAtOnce(now);
		if (this.#state !== Stopped) return;
		this.#deadline = after(now, this.#backoff.next());
		this.#enter(Waiting);
	}

	/** Says DISCONNECT where there is a connection, and makes no other. */
	stop(now: Ticks): void {
		// A host that stops in the middle of onOpen or onClosed is ahead of the link.
		this.#follow(now);
		if (this.#state !== Up) {
			if (this.#state !== Stopped && this.#state !== Closing) this.#stopAtOnce(now);
			return;
		}
		this.#drainDeadline = never as Ticks;
		this.#deadline = after(now, Durations.linger);
		this.#enter(Closing);
		this.#session.close(now);
	}

	/**
	 * Stops as soon as every message under way is acknowledged, at `deadline` in any case; connects
	 * for that if need be. Once the state is Stopped, session.inflightCount is what remains.
	 */
	drain(deadline: Ticks, now: Ticks): void {
		if (this.#state === Stopped || this.#state === Closing) return;
		this.#drainDeadline = deadline;
		this.#stopWhenDrained(now);
	}

	/**
	 * The network is there again: one early attempt, jittered, for each good connection before. A
	 * broker that refused us does so on any network.
	 */
	networkUp(now: Ticks): void {
		if (this.#state !== Waiting || this.#wasEarly) return;
		if (isRefusal(this.#lastFailure) || this.#isKicked()) return;
		this.#wasEarly = true;
		const { backoffBase, backoffFloor } = Durations;
		const unit = (this.#options.random.next() >>> 0) / 4_294_967_296;
		const early = after(now, backoffFloor + Math.floor(unit * (backoffBase - backoffFloor)));
		this.#deadline = Math.min(this.#deadline, early) as Ticks;
	}

	networkDown(now: Ticks): void {
		if (this.#isTrying()) this.#fail(Status.NetworkDown, now);
	}

	/** A new address or access point: the connection is dead, whatever TCP believes. */
	networkChanged(now: Ticks): void {
		if (this.#isTrying()) this.#fail(Status.NetworkChanged, now);
		this.networkUp(now);
	}

	onDeadline(now: Ticks): void {
		if (now >= this.#drainDeadline) {
			this.#drainDeadline = never as Ticks;
			this.stop(now);
			return;
		}
		switch (this.#state) {
			case Waiting:
			case AwaitingClock:
				if (now >= this.#deadline) this.#resolve(now);
				return;
			case Resolving:
				if (now >= this.#deadline) this.#fail(Status.NameNotResolved, now);
				return;
			case Connecting:
				if (now >= this.#deadline) this.#fail(Status.ConnectTimedOut, now);
				return;
			case Handshaking:
				if (now >= this.#deadline) this.#fail(Status.HandshakeTimedOut, now);
				return;
			case Opening:
			case Up:
				this.#session.onDeadline(now);
				this.#follow(now);
				return;
			case Closing:
				if (now >= this.#deadline) this.#stopAtOnce(now);
		}
	}

	/** Whether an attempt or a connection is under way. */
	#isTrying(): boolean {
		return this.#state >= Resolving && this.#state <= Up;
	}

	/** Whether the session has the socket. */
	#isSessions(): boolean {
		return this.#state === Opening || this.#state === Up;
	}

	#isKicked(): boolean {
		return this.#kicks >= Limits.kicks;
	}

	#resolve(now: Ticks): void {
		if (!this.#options.clockIsSet(now)) {
			this.#deadline = after(now, Durations.clockCheck);
			if (this.#state === AwaitingClock) return;
			this.#enter(AwaitingClock);
			this.#count(Status.ClockNotSet);
			this.#options.log("link: ClockNotSet, certificates wait for the date");
			return;
		}
		this.#attempt += 1;
		this.#deadline = after(now, Durations.resolve);
		this.#enter(Resolving);
		const attempt = this.#attempt;
		try {
			this.#options.network.resolver.resolve(this.#options.endpoint, (address) => {
				if (attempt !== this.#attempt || this.#state !== Resolving) return;
				const then = this.#options.ticks();
				if (address === undefined) this.#fail(Status.NameNotResolved, then);
				else this.#connect(address, then);
				this.#options.onEvent?.(then);
			});
		} catch {
			this.#fail(Status.NameNotResolved, now);
		}
	}

	#connect(address: string, now: Ticks): void {
		this.#deadline = after(now, Durations.connect);
		this.#enter(Connecting);
		try {
			this.#socket = new this.#options.network.Socket(this.#socketOptions(address));
		} catch {
			this.#fail(Status.SocketFailed, now);
		}
	}

	/** The callbacks of one socket. They are made once for it, not once for each call. */
	#socketOptions(address: string): SocketOptions {
		const attempt = this.#attempt;
		return {
			address,
			host: this.#options.endpoint,
			port: this.#options.port,
			onConnected: () => this.#hear(attempt, this.#onConnected),
			onReadable: () => this.#hear(attempt, this.#read),
			onWritable: () => this.#hear(attempt, this.#onWritable),
			onError: (status) => this.#hear(attempt, this.#onError, status as Status | undefined),
		};
	}

	/** Does what a callback of the socket asks for, unless its attempt was given up. */
	#hear(attempt: number, work: (now: Ticks, status?: Status) => void, status?: Status): void {
		if (attempt !== this.#attempt) return;
		const now = this.#options.ticks();
		work.call(this, now, status);
		this.#stopWhenDrained(now);
		this.#options.onEvent?.(now);
	}

	#onConnected(now: Ticks): void {
		if (this.#state !== Connecting) return;
		this.#deadline = after(now, Durations.handshake);
		this.#enter(Handshaking);
	}

	#onWritable(now: Ticks): void {
		if (this.#state === Connecting || this.#state === Handshaking) {
			this.#enter(Opening);
			const status = this.#session.open(this.#outlet, now);
			if (status !== Status.Ok) this.#fail(status, now);
		} else {
			const status = this.#session.writable(now);
			if (status !== Status.Ok && this.#isTrying()) this.#fail(status, now);
		}
		// What came too early, or was left for want of room for the answers.
		this.#read(now);
	}

	/** Reads all there is, as long as the answers have room; the rest waits for `onWritable`. */
	#read(now: Ticks): void {
		if (this.#state === Connecting || this.#state === Handshaking) return;
		const { input } = this.#session;
		const bytes = input.take();
		this.#readInto(bytes, now);
		input.give(bytes);
	}

	#readInto(bytes: Uint8Array, now: Ticks): void {
		const socket = this.#socket;
		while (socket !== undefined && socket === this.#socket && this.#session.canReceive) {
			const count = this.#readSocket(socket, bytes);
			if (count === 0) return;
			// Unread bytes would make TCP reset the connection, and DISCONNECT with it [RFC 1122
			// §4.2.2.13].
			if (this.#state === Closing && count > 0) continue;
			const status = count < 0 ? (-count as Status) : this.#session.receive(bytes, 0, count, now);
			if (socket !== this.#socket) return;
			if (status !== Status.Ok) {
				if (this.#isTrying()) this.#fail(status, now);
				return;
			}
			this.#follow(now);
		}
	}

	/** The link goes where the session has gone. */
	#follow(now: Ticks): void {
		if (this.#state === Opening && this.#session.state === SessionState.Open) {
			this.connects += 1;
			this.#upSince = now;
			this.#enter(Up);
			this.#options.log("link: up");
			this.#options.onUp?.(now);
		} else if (this.#isSessions() && this.#session.state === SessionState.Closed) {
			this.#fail(this.#session.reason, now);
		}
	}

	/** The socket is gone. Nobody but the state knows what a bare end means. */
	#onError(now: Ticks, status: Status | undefined): void {
		if (this.#state === Closing) {
			this.#stopAtOnce(now);
			return;
		}
		const isBare = status === undefined || status === Status.ConnectionLost;
		this.#fail(isBare ? this.#endStatus(now) : status, now);
	}

	#endStatus(now: Ticks): Status {
		switch (this.#state) {
			case Connecting:
				return Status.Unreachable;
			case Handshaking:
				return Status.TlsFailed;
			case Opening:
				return Status.ClosedBeforeConnack;
			default:
				return now - this.#upSince < Durations.kick ? Status.Kicked : Status.ConnectionLost;
		}
	}

	#stopWhenDrained(now: Ticks): void {
		if (this.#drainDeadline === never || this.#state !== Up) return;
		if (this.#session.inflightCount === 0) this.stop(now);
	}

	#stopAtOnce(now: Ticks): void {
		const wasUp = this.#state === Closing;
		this.#drainDeadline = never as Ticks;
		this.#deadline = never as Ticks;
		this.#dropSocket();
		this.#enter(Stopped);
		this.#session.lost(Status.ClosedByStation, now);
		if (wasUp) this.#options.onDown?.(Status.ClosedByStation, now);
	}

	#fail(status: Status, now: Ticks): void {
		const wasUp = this.#state === Up;
		if (wasUp && now - this.#upSince >= Durations.stable) {
			this.#backoff.reset();
			this.#kicks = 0;
			this.#wasEarly = false;
		}
		if (status === Status.Kicked || status === Status.ClosedBeforeConnack) this.#kicks += 1;
		this.#dropSocket();
		this.#count(status);
		this.#lastFailure = status;
		const delay = nextDelay(status, this.#isKicked(), this.#backoff);
		this.#deadline = after(now, delay);
		this.#enter(Waiting);
		this.#options.log(`link: ${statusName(status)}, next attempt in ${delay} ms`);
		this.#session.lost(status, now);
		if (wasUp) this.#options.onDown?.(status, now);
	}

	#count(status: Status): void {
		this.#reasons ??= new Map();
		this.#reasons.set(status, this.reasonCount(status) + 1);
	}

	#dropSocket(): void {
		const socket = this.#socket;
		this.#socket = undefined;
		this.#attempt += 1;
		try {
			socket?.close();
		} catch {
			// It is given up; what it says about that changes nothing.
		}
	}

	#readSocket(socket: Socket, into: Uint8Array): number {
		try {
			return socket.read(into);
		} catch {
			return -Status.SocketFailed;
		}
	}

	/** Counts as taken what the socket takes. A view is made for each call: the port has no range. */
	#write(bytes: Uint8Array, start: number, end: number): number {
		if (this.#socket === undefined) return -Status.ConnectionLost;
		try {
			return this.#socket.write(bytes.subarray(start, end));
		} catch {
			return -Status.SocketFailed;
		}
	}

	#enter(next: LinkState): void {
		assert(transitions[this.#state].includes(next), `link ${this.#state} to ${next}`);
		this.#state = next;
	}
}
