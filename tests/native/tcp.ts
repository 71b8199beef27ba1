import { connect, type Socket } from "node:net";
import type { Deferral } from "../../firmware/ports/clock.ts";
import type { Tcp, TcpOptions } from "../../firmware/ports/tls.ts";

/** Bytes that it takes before it is full, as the SDK's on Linux. */
const windowBytes = 1_536;

/** The TCP socket of ECMA-419 §11.2 over node:net, as strict as Moddable's about counts. */
export class NodeTcp implements Tcp {
	readonly #socket: Socket;
	readonly #options: TcpOptions;
	#unread: Buffer = Buffer.alloc(0);
	#room = 0;
	#isGone = false;
	#isClosed = false;

	constructor(options: TcpOptions) {
		this.#options = options;
		this.#socket = connect({ host: options.address, port: options.port, noDelay: true })
			.on("connect", () => this.#onRoom(windowBytes))
			.on("data", (chunk) => this.#onData(chunk))
			.on("error", () => {})
			.on("close", () => {
				this.#isGone = true;
				this.#onEmpty();
			});
	}

	read(into: Uint8Array): number {
		if (into.length === 0 || into.length > this.#unread.length) throw new Error("invalid");
		into.set(this.#unread.subarray(0, into.length));
		this.#unread = this.#unread.subarray(into.length);
		if (this.#unread.length < windowBytes) this.#socket.resume();
		setImmediate(() => this.#onEmpty());
		return into.length;
	}

	write(from: Uint8Array): number {
		if (this.#isGone) throw new Error("not ready");
		if (from.length > this.#room) throw new Error("would block");
		this.#room -= from.length;
		this.#socket.write(from.slice(), () => this.#onRoom(from.length));
		return this.#room;
	}

	close(): void {
		this.#isClosed = true;
		this.#socket.destroySoon();
	}

	#onRoom(count: number): void {
		this.#room += count;
		if (!this.#isClosed && !this.#isGone) this.#options.onWritable(this.#room);
	}

	#onData(chunk: Buffer): void {
		if (this.#isClosed) return;
		this.#unread = Buffer.concat([this.#unread, chunk]);
		if (this.#unread.length >= windowBytes) this.#socket.pause();
		this.#options.onReadable(this.#unread.length);
	}

	/** An end is reported when everything that came before it has been read. */
	#onEmpty(): void {
		if (!this.#isGone || this.#isClosed || this.#unread.length > 0) return;
		this.#isClosed = true;
		this.#options.onError();
	}
}

/** A call after the caller has returned, by a timer of Node's. */
export function deferral(callback: () => void): Deferral {
	let handle: NodeJS.Timeout | undefined;
	const cancel = () => clearTimeout(handle);
	return {
		ask() {
			cancel();
			handle = setTimeout(callback, 0);
		},
		cancel,
	};
}
