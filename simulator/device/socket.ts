import { BufferPool } from "../../firmware/base/pool.ts";
import { Status } from "../../firmware/base/status.ts";
import type { Random } from "../../firmware/ports/clock.ts";
import type {
	DatagramConstructor,
	Resolver,
	Socket,
	SocketConstructor,
	SocketOptions,
} from "../../firmware/ports/socket.ts";
import type { VirtualClock } from "../kernel/clock.ts";
import type { Turn } from "./clock.ts";
import { type DatagramService, VirtualDatagram } from "./datagram.ts";
import type { DeviceNetwork } from "./network.ts";
import { Pipe } from "./pipe.ts";
import type { Radio } from "./radio.ts";

/** What lies between one station and the world. */
export interface PathOptions {
	/** Milliseconds one way. */
	readonly delay?: number;
	/** Milliseconds, uniform on top of the delay. */
	readonly jitter?: number;
	/** Share of segments that are lost and sent again, 0..1. */
	readonly loss?: number;
	/** Bytes that one side takes before the other has read them; 5,744 as lwIP on the ESP32. */
	readonly window?: number;
	/** Bytes of the largest segment; 1 delivers byte by byte. */
	readonly segment?: number;
}

/** What a server hears of a connection; as `SocketOptions`. */
export type ConnectionHost = Pick<SocketOptions, "onReadable" | "onWritable" | "onError">;

/** The server's end of a connection. */
export interface Connection extends Socket {
	/** Ends it as a crash does: what is under way is lost and the station hears of a reset. */
	reset(): void;
}

/** Something that takes connections. */
export interface Listener {
	/**
	 * A station stands at the door, and TLS has shown who it is.
	 *
	 * @param thing  common name of the station's certificate
	 * @returns what hears of the connection, or the Status with which the station is refused
	 */
	accept(connection: Connection, thing: string): ConnectionHost | Status;
}

/** A good connection to the internet, with the buffers of lwIP on the ESP32. */
export const usualPath: Required<PathOptions> = Object.freeze({
	delay: 20,
	jitter: 0,
	loss: 0,
	window: 5_744,
	segment: 1_436,
});

/** A report of ten observations is about 300 bytes. */
const smallRingBytes = 512;

/** Milliseconds until a lost segment is sent again, doubled each time [RFC 6298 §2.1, §5.5]. */
const retransmissionMs = 1_000;
const retransmissions = 6;
/** Milliseconds after which a question to a server that does not answer has failed. */
const resolveTimeoutMs = 5_000;

/**
 * The network of a simulation in virtual time: names, listeners and the paths of all stations.
 */
export class VirtualNetwork {
	readonly clock: VirtualClock;
	/** What the pipes of all connections take their rings from: for a window, and for a packet or two. */
	readonly rings = new BufferPool(usualPath.window, 0);
	readonly smallRings = new BufferPool(smallRingBytes, 0);
	readonly #addresses = new Map<string, string>();
	readonly #listeners = new Map<string, Listener>();
	readonly #services = new Map<string, DatagramService>();
	readonly #unresolvable = new Set<string>();

	constructor(clock: VirtualClock) {
		this.clock = clock;
	}

	/** Begins to take connections to `host`, which can be resolved from now on. */
	listen(host: string, port: number, listener: Listener): void {
		this.#listeners.set(this.#place(host, port), listener);
	}

	/** Answers datagrams to `host`, which can be resolved from now on. */
	serve(host: string, port: number, service: DatagramService): void {
		this.#services.set(this.#place(host, port), service);
	}

	/** Takes no more connections there: the next attempt is refused. */
	stopListening(host: string, port: number): void {
		this.#listeners.delete(`${this.#addresses.get(host)}:${port}`);
	}

	/** Whether the name servers know this name; all names are known at first. */
	setResolvable(host: string, isResolvable: boolean): void {
		if (isResolvable) this.#unresolvable.delete(host);
		else this.#unresolvable.add(host);
	}

	addressOf(host: string): string | undefined {
		return this.#unresolvable.has(host) ? undefined : this.#addresses.get(host);
	}

	listenerAt(address: string, port: number): Listener | undefined {
		return this.#listeners.get(`${address}:${port}`);
	}

	serviceAt(address: string, port: number): DatagramService | undefined {
		return this.#services.get(`${address}:${port}`);
	}

	#place(host: string, port: number): string {
		let address = this.#addresses.get(host);
		if (address === undefined) {
			address = `10.0.0.${this.#addresses.size + 1}`;
			this.#addresses.set(host, address);
		}
		return `${address}:${port}`;
	}
}

/** The network of one simulated device: its path to everything else. */
export class VirtualPath implements DeviceNetwork {
	readonly Socket: SocketConstructor;
	readonly Datagram: DatagramConstructor;
	readonly resolver: Resolver = { resolve: (host, callback) => this.#resolve(host, callback) };
	readonly thing: string;
	readonly network: VirtualNetwork;
	readonly turn: Turn;
	/** What its signal strength is read from; without one nobody knows it. */
	radio: Radio | undefined;
	readonly #options: Required<PathOptions>;
	readonly #random: Random;
	readonly #open = new Set<VirtualSocket>();
	#isBlockedUp = false;
	#isBlockedDown = false;
	#isCut = false;

	/** @param thing  what the station's certificate says */
	constructor(
		network: VirtualNetwork,
		thing: string,
		random: Random,
		turn: Turn,
		options: PathOptions = {},
	) {
		this.network = network;
		this.thing = thing;
		this.turn = turn;
		this.#random = random;
		this.#options = { ...usualPath, ...options };
		// Bound, not derived: all stations share one class, and the engine has one shape to know.
		this.Socket = VirtualSocket.bind(undefined, this);
		this.Datagram = VirtualDatagram.bind(undefined, this);
	}

	get rssiDbm(): number | undefined {
		return this.radio?.rssiDbm;
	}

	/** A connection has begun, or is over. */
	note(socket: VirtualSocket, isOpen: boolean): void {
		if (isOpen) this.#open.add(socket);
		else this.#open.delete(socket);
	}

	get options(): Required<PathOptions> {
		return this.#options;
	}

	/** Changes what holds for what is sent from now on; the window is that of connections to come. */
	change(options: PathOptions): void {
		Object.assign(this.#options, options);
	}

	/** Connections that are open, or on their way. */
	get connections(): number {
		return this.#open.size;
	}

	get isCut(): boolean {
		return this.#isCut;
	}

	/**
	 * Lets nothing through, without telling anybody: a half-open connection. What is sent waits, as
	 * TCP does, until the path is open again.
	 *
	 * @param up    from the station to the world
	 * @param down  from the world to the station
	 */
	block(up: boolean, down: boolean): void {
		this.#isBlockedUp = up;
		this.#isBlockedDown = down;
		for (const socket of this.#open) socket.kick();
	}

	get isBlockedUp(): boolean {
		return this.#isBlockedUp;
	}

	get isBlockedDown(): boolean {
		return this.#isBlockedDown;
	}

	/** Nothing gets through in both directions, so no question is answered. */
	get isBlocked(): boolean {
		return this.#isBlockedUp || this.#isBlockedDown;
	}

	cut(): void {
		this.#isCut = true;
		for (const socket of [...this.#open]) socket.cut();
	}

	/** Milliseconds that the next segment takes in one direction, lost ones sent again included. */
	transit(): number {
		const { delay, jitter, loss } = this.options;
		let time = delay + (jitter === 0 ? 0 : jitter * this.#unit());
		for (let lost = 0; loss > 0 && lost < retransmissions && this.#unit() < loss; lost++) {
			time += retransmissionMs * 2 ** lost;
		}
		return time;
	}

	/** Whether a datagram in one direction gets lost. */
	losesDatagram(): boolean {
		const { loss } = this.options;
		return this.isBlocked || (loss > 0 && this.#unit() < loss);
	}

	#unit(): number {
		return this.#random.next() / 4_294_967_296;
	}

	#resolve(host: string, callback: (address: string | undefined) => void): void {
		const { clock } = this.network;
		const isLost = this.isBlocked;
		clock.schedule(
			clock.now + (isLost ? resolveTimeoutMs : this.transit() + this.transit()),
			() => {
				const address = isLost ? undefined : this.network.addressOf(host);
				if (!this.#isCut) this.turn(() => callback(address));
			},
		);
	}
}

/** A station's end of a connection through memory. */
class VirtualSocket implements Socket {
	readonly #path: VirtualPath;
	readonly #options: SocketOptions;
	#up: Pipe | undefined;
	#down: Pipe | undefined;
	#isClosed = false;

	constructor(path: VirtualPath, options: SocketOptions) {
		this.#path = path;
		this.#options = options;
		path.note(this, true);
		this.#afterRoundTrip(() => this.#connect());
	}

	read(buffer: Uint8Array): number {
		return this.#down === undefined || this.#isClosed ? 0 : this.#down.read(buffer);
	}

	write(buffer: Uint8Array): number {
		return this.#up === undefined || this.#isClosed ? 0 : this.#up.write(buffer);
	}

	close(): void {
		if (!this.#leave()) return;
		this.#up?.end(undefined);
		this.#down?.abandon();
	}

	/** The power is gone: the other end hears nothing, ever. */
	cut(): void {
		if (!this.#leave()) return;
		this.#up?.abandon();
		this.#down?.abandon();
	}

	/** The path has been opened or blocked. */
	kick(): void {
		this.#up?.kick();
		this.#down?.kick();
	}

	/** An attempt whose packets do not get through ends by nobody's but the caller's deadline. */
	#afterRoundTrip(step: () => void): void {
		const { clock } = this.#path.network;
		clock.schedule(clock.now + this.#path.transit() + this.#path.transit(), () => {
			if (!this.#isClosed && !this.#path.isBlocked) step();
		});
	}

	#connect(): void {
		const { address, port } = this.#options;
		if (this.#path.network.listenerAt(address, port) === undefined) {
			this.#fail(Status.ConnectionRefused);
			return;
		}
		this.#path.turn(() => this.#options.onConnected?.());
		this.#afterRoundTrip(() => this.#handshake());
	}

	#handshake(): void {
		const { address, port } = this.#options;
		const listener = this.#path.network.listenerAt(address, port);
		if (listener === undefined) {
			this.#fail(Status.TlsFailed);
			return;
		}
		const path = this.#path;
		const { turn } = path;
		const isBlockedUp = (): boolean => path.isBlockedUp;
		const isBlockedDown = (): boolean => path.isBlockedDown;
		const up = new Pipe(path, isBlockedUp, isBlockedDown);
		const down = new Pipe(path, isBlockedDown, isBlockedUp);
		const host = listener.accept(connectionOver(up, down), path.thing);
		if (typeof host === "number") {
			this.#fail(host);
			return;
		}
		const { onReadable, onWritable } = this.#options;
		up.open(
			(room) => turn(() => onWritable(room)),
			(count) => host.onReadable(count),
			(status) => host.onError(status),
		);
		down.open(
			(room) => host.onWritable(room),
			(count) => turn(() => onReadable(count)),
			(status) => this.#fail(status),
		);
		this.#up = up;
		this.#down = down;
		host.onWritable(path.options.window);
		if (!this.#isClosed) turn(() => onWritable(path.options.window));
	}

	#fail(status: Status | undefined): void {
		if (!this.#leave()) return;
		this.#up?.abandon();
		this.#path.turn(() => this.#options.onError(status));
	}

	#leave(): boolean {
		if (this.#isClosed) return false;
		this.#isClosed = true;
		this.#path.note(this, false);
		return true;
	}
}

/** The server's end of two pipes. */
function connectionOver(up: Pipe, down: Pipe): Connection {
	return {
		read: (buffer) => up.read(buffer),
		write: (buffer) => down.write(buffer),
		close: () => {
			down.end(undefined);
			up.abandon();
		},
		reset: () => {
			down.reset(Status.ConnectionLost);
			up.abandon();
		},
	};
}
