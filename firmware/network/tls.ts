import { assert } from "../base/assert.ts";
import { freezeDeep } from "../base/freeze.ts";
import type { Status } from "../base/status.ts";
import type { Clock, Deferral, Epoch } from "../ports/clock.ts";
import type { Socket, SocketConstructor, SocketOptions } from "../ports/socket.ts";
import type { Tcp, TcpOptions, TlsEngine } from "../ports/tls.ts";
import { statusOfReason, TlsReason, tlsReasonName } from "./tlsreason.ts";

/** Who the station is and whom it trusts, PEM. */
export interface Credentials {
	readonly authority: Uint8Array;
	readonly certificate: Uint8Array;
	readonly key: Uint8Array;
}

/** What the platform gives to TLS. */
export interface TlsHost {
	/** An engine that nobody has used yet. */
	readonly engine: TlsEngine;
	/** Begins a TCP connection. @throws without a network, or a free socket */
	connect(options: TcpOptions): Tcp;
	/** Makes a call that can be put off until the caller has returned. */
	defer(callback: () => void): Deferral;
	readonly clock: Pick<Clock, "epoch">;
	/** No clock shows less: the time of the build. */
	readonly earliest: Epoch;
	log(line: string): void;
}

/** Bytes that go between TCP and the engine at a time: a TCP segment, and what the SDK's TCP holds. */
const transferBytes = 1_536;

/** What `handshake` of the engine returns. */
const waits = 0;
const isUp = 2;

/**
 * | state       | input                               | next                                  |
 * |-------------|-------------------------------------|---------------------------------------|
 * | Connecting  | TCP takes bytes                     | Handshaking                           |
 * | Handshaking | the engine is up                    | Up                                    |
 * | Connecting to Up | TCP is gone                    | Ending, after the bytes that had come |
 * | Handshaking, Up  | the engine fails               | Ending                                |
 * | Ending      | nothing left to read                | Closed, with `onError`                |
 * | Up          | close                               | Leaving                               |
 * | Leaving     | all is sent, TCP is gone, next open | Closed                                |
 * | any         | close                               | Closed                                |
 */
const State = Object.freeze({
	Closed: 0,
	Connecting: 1,
	Handshaking: 2,
	Up: 3,
	Ending: 4,
	/** The station has closed it, and its last bytes are on their way. */
	Leaving: 5,
} as const);

type State = (typeof State)[keyof typeof State];

const { Closed, Connecting, Handshaking, Up, Ending, Leaving } = State;

const transitions: Readonly<Record<State, readonly State[]>> = freezeDeep({
	[Closed]: [Connecting],
	[Connecting]: [Handshaking, Ending, Closed],
	[Handshaking]: [Up, Ending, Closed],
	[Up]: [Ending, Leaving, Closed],
	[Ending]: [Closed],
	[Leaving]: [Closed],
});

/**
 * TLS sockets over the ECMA-419 TCP socket. There is one engine, made here, and so one connection at
 * a time; a constructor called while there is another throws.
 *
 * @throws {Error} when the credentials are not what they should be
 */
export function tlsSocketWith(credentials: Credentials, host: TlsHost): SocketConstructor {
	const driver = new TlsDriver(credentials, host);
	return class implements Socket {
		constructor(options: SocketOptions) {
			driver.open(this, options);
		}
		read(buffer: Uint8Array): number {
			return driver.owner === this ? driver.read(buffer) : 0;
		}
		write(buffer: Uint8Array): number {
			return driver.owner === this ? driver.write(buffer) : 0;
		}
		close(): void {
			if (driver.owner === this) driver.close();
		}
	};
}

/** Moves bytes between TCP, the engine and the socket that owns it now. One object for the life of a station. */
class TlsDriver {
	/** The socket whose connection this is. */
	owner: Socket | undefined;
	readonly #host: TlsHost;
	readonly #engine: TlsEngine;
	readonly #transfer = new Uint8Array(transferBytes);
	/** Continues a handshake, so that nothing waits for more than one step of it; and ends. */
	readonly #later: Deferral;
	#state: State = Closed;
	#options!: SocketOptions;
	#tcp: Tcp | undefined;
	/** Bytes that TCP has for us, and that it takes. */
	#readable = 0;
	#writable = 0;
	/** A write has been refused for want of room. */
	#isFull = false;
	/** What `onError` will say. */
	#status: Status | undefined;

	constructor({ authority, certificate, key }: Credentials, host: TlsHost) {
		this.#host = host;
		this.#engine = host.engine;
		const reason = this.#engine.create(authority, certificate, key);
		if (reason !== TlsReason.Ok) throw new Error(`tls: ${tlsReasonName(reason)}`);
		this.#later = host.defer(() => this.#onLater());
	}

	open(owner: Socket, options: SocketOptions): void {
		if (this.#state === Leaving) this.#drop();
		if (this.#state !== Closed) throw new Error("tls: there is a connection");
		this.#readable = 0;
		this.#writable = 0;
		this.#isFull = false;
		this.#status = undefined;
		this.#tcp = this.#connect(options);
		this.#options = options;
		this.owner = owner;
		this.#enter(Connecting);
	}

	read(buffer: Uint8Array): number {
		if (this.#state !== Up && this.#state !== Ending) return 0;
		for (;;) {
			const count = this.#engine.read(buffer);
			if (count > 0) return count;
			if (count < 0) this.#end(count);
			if (count < 0 || !this.#feed()) break;
		}
		if (this.#state === Ending) this.#later.ask();
		return 0;
	}

	write(buffer: Uint8Array): number {
		if (this.#state !== Up) return 0;
		const count = this.#engine.write(buffer);
		if (count < 0) {
			this.#end(count);
			return 0;
		}
		this.#send();
		this.#isFull = count < buffer.length;
		return count;
	}

	close(): void {
		this.owner = undefined;
		if (this.#state !== Up) {
			this.#drop();
			return;
		}
		this.#engine.close();
		this.#enter(Leaving);
		this.#leave();
	}

	#connect({ address, port }: SocketOptions): Tcp {
		const tcp: Tcp = this.#host.connect({
			address,
			port,
			nodelay: true,
			onReadable: (count) => this.#tcp === tcp && this.#onReadable(count),
			onWritable: (count) => this.#tcp === tcp && this.#onWritable(count),
			onError: () => this.#tcp === tcp && this.#onError(),
		});
		return tcp;
	}

	#onReadable(count: number): void {
		this.#readable = count;
		if (this.#state === Handshaking) this.#step();
		else if (this.#state === Up) this.#tellReadable();
	}

	#onWritable(count: number): void {
		this.#writable = count;
		switch (this.#state) {
			case Connecting:
				this.#begin();
				return;
			case Handshaking:
				this.#step();
				return;
			case Up:
				this.#send();
				this.#tellWritable();
				return;
			case Leaving:
				this.#leave();
		}
	}

	/** TCP has given all it had, but the engine may hold the alert that says why it ended. */
	#onError(): void {
		this.#tcp?.close();
		this.#tcp = undefined;
		if (this.#state === Leaving) this.#drop();
		while (this.#state === Handshaking) {
			const progress = this.#engine.handshake();
			if (progress < 0) this.#fail(progress);
			else if (progress === waits) break;
			else if (progress === isUp) this.#onUp();
		}
		if (this.#state >= Connecting && this.#state <= Up) {
			this.#enter(Ending);
			this.#later.ask();
		}
	}

	#begin(): void {
		const { clock, earliest } = this.#host;
		const { epoch } = clock;
		// The link waits for the clock, and where there is none to be had goes on without [clock/gate.ts].
		const seconds = Math.floor((epoch ?? earliest) / 1000);
		this.#enter(Handshaking);
		const reason = this.#engine.open(this.#options.host, seconds, epoch === undefined);
		this.#options.onConnected?.();
		if (this.#state !== Handshaking) return;
		if (reason === TlsReason.Ok) this.#step();
		else this.#fail(-reason);
	}

	/** One step of the handshake; the next one is for later, and so is sampling in between. */
	#step(): void {
		this.#feed();
		const progress = this.#engine.handshake();
		this.#send();
		if (progress < 0) this.#fail(progress);
		else if (progress === isUp) this.#onUp();
		else if (progress !== waits || this.#readable > 0) this.#later.ask();
	}

	#onUp(): void {
		const engine = this.#engine;
		this.#enter(Up);
		this.#host.log(`tls: ${engine.isResumed() ? "resumed" : "up"}, ${engine.suite()}`);
		this.#options.onWritable(engine.writable());
		if (this.#state === Up) this.#tellReadable();
	}

	#onLater(): void {
		if (this.#state === Handshaking) this.#step();
		else if (this.#state === Ending) this.#finish();
	}

	/** Ends it when everything that came has been read; `read` comes back here. */
	#finish(): void {
		if (this.#status === undefined && this.#engine.readable() > 0) {
			this.#options.onReadable(this.#engine.readable());
			return;
		}
		this.#drop();
		this.#options.onError(this.#status);
	}

	#tellReadable(): void {
		let count: number;
		do count = this.#engine.readable();
		while (count === 0 && this.#feed());
		if (count < 0) this.#end(count);
		else if (count > 0) this.#options.onReadable(count);
	}

	#tellWritable(): void {
		const count = this.#engine.writable();
		if (!this.#isFull || count === 0) return;
		this.#isFull = false;
		this.#options.onWritable(count);
	}

	/** Moves some ciphertext from TCP to the engine; returns whether there was any, and room for it. */
	#feed(): boolean {
		const count = Math.min(this.#readable, this.#engine.room(), transferBytes);
		if (count === 0 || this.#tcp === undefined) return false;
		// TCP fills the whole of what it is given.
		this.#tcp.read(this.#transfer.subarray(0, count));
		this.#readable -= count;
		this.#engine.feed(this.#transfer, count);
		return true;
	}

	/** Moves ciphertext from the engine to TCP, as far as that takes it. */
	#send(): void {
		while (this.#writable > 0 && this.#tcp !== undefined) {
			const count = this.#engine.take(this.#transfer, Math.min(this.#writable, transferBytes));
			if (count === 0) return;
			this.#writable -= count;
			try {
				this.#tcp.write(this.#transfer.subarray(0, count));
			} catch {
				// A connection that is gone; `onError` follows when what has come from it was read.
				this.#writable = 0;
			}
		}
	}

	/** The engine has failed, or the peer has closed, in the middle of a call of the owner's. */
	#end(negated: number): void {
		if (this.#state === Up) this.#fail(negated);
	}

	#fail(negated: number): void {
		const reason = -negated;
		const alert = this.#engine.alert();
		if (reason !== TlsReason.Closed || this.#state === Handshaking) {
			this.#status = statusOfReason(reason);
			const why = alert === 0 ? `code ${this.#engine.code()}` : `alert ${alert}`;
			this.#host.log(`tls: ${tlsReasonName(reason)}, ${why}`);
		}
		this.#send();
		this.#enter(Ending);
		this.#later.ask();
	}

	/** Sends what is left, and then is gone. */
	#leave(): void {
		this.#send();
		if (this.#writable > 0) this.#drop();
	}

	#drop(): void {
		this.#later.cancel();
		this.#tcp?.close();
		this.#tcp = undefined;
		this.owner = undefined;
		if (this.#state !== Closed) this.#enter(Closed);
	}

	#enter(next: State): void {
		assert(transitions[this.#state].includes(next), `tls socket ${this.#state} to ${next}`);
		this.#state = next;
	}
}
