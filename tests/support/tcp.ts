import { connect, type Socket as NodeSocket } from "node:net";
import { Status } from "../../firmware/base/status.ts";
import type { Resolver, Socket, SocketOptions } from "../../firmware/ports/socket.ts";
import type { Turn } from "../../simulator/device/clock.ts";
import type { DeviceNetwork } from "../../simulator/device/network.ts";

/** Bytes that the kernel hands over at a time, to whichever socket it is: they are taken at once. */
const arrivals = new Uint8Array(65_536);
const nothing = arrivals.subarray(0, 0);

/** Bytes that a socket is given at most: Node's high-water mark. */
const departureBytes = 16_384;
/** What is written; once the kernel has taken it, it serves the next write of whichever socket. */
let departures = new Uint8Array(departureBytes);

/** Plain TCP behind the ports of one device, for brokers on loopback that ask for no certificate. */
export class TcpNetwork implements DeviceNetwork {
	readonly Socket: new (
		options: SocketOptions,
	) => Socket;
	readonly resolver: Resolver = {
		resolve: (_host, callback) => queueMicrotask(() => this.#turn(() => callback("127.0.0.1"))),
	};
	readonly #turn: Turn;
	#current: TcpSocket | undefined;

	constructor(turn: Turn) {
		this.#turn = turn;
		const network = this;
		this.Socket = class extends TcpSocket {
			constructor(options: SocketOptions) {
				super(options, turn);
				network.#current = this;
			}
		};
	}

	cut(): void {
		this.#current?.cut();
	}
}

class TcpSocket implements Socket {
	readonly #socket: NodeSocket;
	/** Bytes that have arrived and not been read: most of the time a part of `arrivals`. */
	#unread: Uint8Array = nothing;
	#phase: "connecting" | "up" | "closed" = "connecting";
	#isRefused = false;
	/** Nothing arrives until somebody has read. */
	#isPaused = false;

	constructor(options: SocketOptions, turn: Turn) {
		const onArrived = (): void => options.onReadable(this.#unread.length);
		const onRoom = (): void => options.onWritable(this.#room);
		this.#socket = connect({
			host: options.address,
			port: options.port,
			noDelay: true,
			onread: {
				buffer: arrivals,
				callback: (count) => {
					if (this.#phase !== "up") return true;
					this.#unread = arrivals.subarray(0, count);
					turn(onArrived);
					this.#isPaused = this.#unread.length > 0;
					if (this.#isPaused) this.#unread = this.#unread.slice();
					return !this.#isPaused;
				},
			},
		});
		this.#socket
			.on("connect", () => {
				if (this.#phase !== "connecting") return;
				this.#phase = "up";
				turn(() => options.onConnected?.());
				turn(onRoom);
			})
			.on("drain", () => {
				if (this.#phase === "up") turn(onRoom);
			})
			.on("error", (error: NodeJS.ErrnoException) => {
				this.#isRefused = error.code === "ECONNREFUSED";
			})
			.on("close", () => {
				if (this.#phase === "closed") return;
				this.#phase = "closed";
				turn(() =>
					options.onError(this.#isRefused ? Status.ConnectionRefused : Status.ConnectionLost),
				);
			});
	}

	read(buffer: Uint8Array): number {
		const bytes = this.#unread;
		const count = Math.min(buffer.length, bytes.length);
		if (count === 0) return 0;
		buffer.set(count === bytes.length ? bytes : bytes.subarray(0, count));
		this.#unread = count === bytes.length ? nothing : bytes.subarray(count);
		if (this.#unread.length === 0 && this.#isPaused) {
			this.#isPaused = false;
			this.#socket.resume();
		}
		return count;
	}

	write(buffer: Uint8Array): number {
		if (this.#phase !== "up") return 0;
		const count = Math.min(this.#room, buffer.length, departureBytes);
		if (count <= 0) return 0;
		const bytes = departures.subarray(0, count);
		for (let at = 0; at < count; at++) bytes[at] = buffer[at]!;
		this.#socket.write(bytes);
		// What the kernel did not take at once is written later, from there.
		if (this.#socket.writableLength > 0) departures = new Uint8Array(departureBytes);
		return count;
	}

	close(): void {
		const wasUp = this.#phase === "up";
		this.#phase = "closed";
		if (wasUp) this.#socket.destroySoon();
		else this.#socket.destroy();
	}

	cut(): void {
		this.#phase = "closed";
		this.#socket.destroy();
	}

	get #room(): number {
		return this.#socket.writableHighWaterMark - this.#socket.writableLength;
	}
}
