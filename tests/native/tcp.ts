import { connect, type Socket } from "node:net";

/** Bytes that it takes before it is full, as the SDK's on Linux. */
const windowBytes = 1_536;

interface TcpOptions {
	readonly address: string;
	readonly port: number;
	onReadable(count: number): void;
	onWritable(count: number): void;
	onError(): void;
}

/** The TCP socket of ECMA-419 §11.2 over node:net, as strict as Moddable's about counts. */
export class NodeTcp {
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

/** The SDK's timers over Node's. */
export const nodeTimer = {
	repeat: (callback: () => void): NodeTimer => ({ callback, handle: undefined }),
	schedule(timer: NodeTimer, delay?: number): void {
		clearTimeout(timer.handle);
		timer.handle = delay === undefined ? undefined : setTimeout(timer.callback, delay);
	},
};

interface NodeTimer {
	readonly callback: () => void;
	handle: NodeJS.Timeout | undefined;
}
