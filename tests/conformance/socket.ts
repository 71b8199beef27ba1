import { Status, statusName } from "../../firmware/base/status.ts";
import type { Network, Socket, SocketOptions } from "../../firmware/ports/socket.ts";

/** A network with one server, and the means to let time pass. */
export interface SocketBench {
	readonly network: Network;
	/** Name of the server, as its certificate has it. */
	readonly host: string;
	readonly port: number;
	/** A port at which nobody listens. */
	readonly closedPort: number;
	readonly peer: PeerBench;
	/** Lets time pass until the condition holds; throws when it does not in reasonable time. */
	until(condition: () => boolean, what: string): Promise<void>;
	/** Lets everything happen that is under way. */
	settle(): Promise<void>;
	/** Takes the power from the device. */
	cut(): void;
}

/** The server's end of the newest connection. */
export interface PeerBench {
	/** Everything it has read, in order. */
	readonly received: ArrayLike<number>;
	/** Connections that came up. */
	readonly accepted: number;
	/** Connections that have ended. */
	readonly ended: number;
	send(bytes: Uint8Array): void;
	/** Ends the connection after what was sent. */
	close(): void;
	/** Whether it takes what arrives. */
	reading: boolean;
}

/** One requirement on every `Network`. `run` throws when it is not met. */
export interface SocketCase {
	readonly name: string;
	run(bench: SocketBench): Promise<void>;
}

function check(condition: boolean, message: string): void {
	if (!condition) throw new Error(message);
}

/** A socket and everything that it has said. */
class Caller {
	readonly events: string[] = [];
	readonly read: number[] = [];
	writables = 0;
	readables = 0;
	status: number | undefined;
	socket!: Socket;
	/** Bytes that `onReadable` leaves unread. */
	readsAtOnce = Number.POSITIVE_INFINITY;
	readonly #bench: SocketBench;

	constructor(bench: SocketBench) {
		this.#bench = bench;
	}

	async open(port = this.#bench.port): Promise<this> {
		const address = await resolve(this.#bench, this.#bench.host);
		if (address === undefined) throw new Error(`${this.#bench.host} has no address`);
		const options: SocketOptions = {
			address,
			host: this.#bench.host,
			port,
			onConnected: () => this.events.push("connected"),
			onWritable: (count) => {
				check(count >= 1, `onWritable(${count})`);
				this.writables += 1;
				this.events.push("writable");
			},
			onReadable: (count) => {
				check(count >= 1, `onReadable(${count})`);
				this.readables += 1;
				this.events.push("readable");
				this.take(this.readsAtOnce);
			},
			onError: (status) => {
				this.status = status;
				this.events.push("error");
			},
		};
		this.socket = new this.#bench.network.Socket(options);
		check(this.events.length === 0, `a callback from the constructor: ${this.events}`);
		return this;
	}

	async up(): Promise<this> {
		const { accepted } = this.#bench.peer;
		await this.open();
		await this.#bench.until(() => this.writables > 0, "the connection is up");
		// In TLS 1.3 the client is up before the server.
		await this.#bench.until(() => this.#bench.peer.accepted > accepted, "it is up there too");
		return this;
	}

	/** Reads up to so many bytes, in pieces of an odd size. */
	take(limit: number): void {
		const buffer = new Uint8Array(Math.min(7, limit));
		for (let rest = limit; rest > 0; ) {
			const count = this.socket.read(buffer.subarray(0, Math.min(buffer.length, rest)));
			if (count === 0) return;
			this.read.push(...buffer.subarray(0, count));
			rest -= count;
		}
	}

	/** Writes all of it, as room comes; the buffer is spoilt after each call. */
	async send(bytes: Uint8Array): Promise<void> {
		for (let at = 0; at < bytes.length; ) {
			const piece = bytes.slice(at, at + 1_000);
			const count = this.socket.write(piece);
			check(count >= 0 && count <= piece.length, `write took ${count} of ${piece.length}`);
			piece.fill(0xee);
			at += count;
			if (count > 0) continue;
			const before = this.writables;
			await this.#bench.until(() => this.writables > before, "room to write");
		}
	}
}

async function resolve(bench: SocketBench, host: string): Promise<string | undefined> {
	let answers = 0;
	let answer: string | undefined;
	bench.network.resolver.resolve(host, (address) => {
		answers += 1;
		answer = address;
	});
	check(answers === 0, "the resolver answered at once, not later");
	await bench.until(() => answers > 0, `an answer for ${host}`);
	await bench.settle();
	check(answers === 1, `the resolver answered ${answers} times`);
	return answer;
}

function counting(length: number): Uint8Array {
	return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);
}

function same(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
	if (one.length !== other.length) return false;
	for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
	return true;
}

/** What every network must do, one case at a time, each on a fresh bench. */
export const socketCases: readonly SocketCase[] = [
	{
		name: "a name resolves to a numeric address, once and later",
		async run(bench) {
			const address = await resolve(bench, bench.host);
			check(/^[\d.]+$|:/.test(address ?? ""), `the address is ${address}`);
		},
	},
	{
		name: "a name that nobody has resolves to undefined",
		async run(bench) {
			check((await resolve(bench, "nobody.invalid")) === undefined, "an address for nobody");
		},
	},
	{
		name: "comes up: connected, then writable, each once",
		async run(bench) {
			const caller = await new Caller(bench).up();
			await bench.settle();
			check(caller.events.join() === "connected,writable", `events: ${caller.events}`);
			check(bench.peer.accepted === 1, `the server has ${bench.peer.accepted} connections`);
		},
	},
	{
		name: "takes nothing before it is up",
		async run(bench) {
			const caller = await new Caller(bench).open();
			check(caller.socket.write(new Uint8Array(3)) === 0, "bytes taken before it was up");
			check(caller.socket.read(new Uint8Array(3)) === 0, "bytes read before it was up");
		},
	},
	{
		name: "carries bytes both ways in order",
		async run(bench) {
			const caller = await new Caller(bench).up();
			await caller.send(counting(20_000));
			await bench.until(() => bench.peer.received.length >= 20_000, "20,000 bytes at the server");
			check(same(bench.peer.received, counting(20_000)), "the server has other bytes");
			bench.peer.send(counting(5_000));
			await bench.until(() => caller.read.length >= 5_000, "5,000 bytes at the station");
			check(same(caller.read, counting(5_000)), "the station has other bytes");
		},
	},
	{
		name: "full: write takes nothing, and writable follows when there is room again",
		async run(bench) {
			const caller = await new Caller(bench).up();
			bench.peer.reading = false;
			// Whatever part of it is taken, the next write goes on where that ended.
			let piece = counting(4_096);
			let sent = 0;
			// The kernels of both ends have room of their own, which is filled too. It ends with a write
			// that took nothing; room that comes later, on a slow machine, is a writable that came.
			let refused = 0;
			for (let looks = 0; looks < 40; ) {
				const count = caller.socket.write(piece);
				sent += count;
				check(sent < 64 << 20, `${sent} bytes taken, and nobody reads them`);
				piece = piece.map((_, at) => piece[(at + count) % piece.length]!);
				if (count > 0) continue;
				refused = caller.writables;
				looks = 0;
				await bench.until(() => caller.writables > refused || ++looks === 40, "room or none");
			}
			bench.peer.reading = true;
			await bench.until(() => caller.writables > refused, "writable again");
			await bench.until(() => bench.peer.received.length >= sent, "everything there");
			const { received } = bench.peer;
			check(received.length === sent, `the server has ${received.length} of ${sent} bytes`);
			const once = counting(4_096);
			for (let at = 0; at < sent; at++) check(received[at] === once[at % 4_096], `byte ${at}`);
		},
	},
	{
		name: "readable is called again when more comes, also while some is unread",
		async run(bench) {
			const caller = await new Caller(bench).up();
			caller.readsAtOnce = 2;
			bench.peer.send(counting(10));
			await bench.until(() => caller.readables >= 1, "readable");
			await bench.settle();
			const before = caller.readables;
			bench.peer.send(counting(10));
			await bench.until(() => caller.readables > before, "readable again");
			await bench.settle();
			caller.take(100);
			check(same(caller.read, [...counting(10), ...counting(10)]), `read ${caller.read}`);
		},
	},
	{
		name: "the peer ends it: its last bytes come first, then one error and nothing more",
		async run(bench) {
			const caller = await new Caller(bench).up();
			bench.peer.send(counting(3_000));
			bench.peer.close();
			await bench.until(() => caller.events.includes("error"), "the end");
			await bench.settle();
			check(same(caller.read, counting(3_000)), `${caller.read.length} of 3,000 bytes came`);
			check(
				caller.events.indexOf("error") === caller.events.length - 1,
				`events: ${caller.events}`,
			);
			check(
				caller.status === undefined || caller.status === Status.ConnectionLost,
				`status ${statusName(caller.status ?? 0)}`,
			);
		},
	},
	{
		name: "close: what was written still arrives, and nothing is called any more",
		async run(bench) {
			const caller = await new Caller(bench).up();
			const count = caller.socket.write(counting(100));
			check(count >= 1, "nothing fits");
			caller.socket.close();
			caller.socket.close();
			const before = caller.events.length;
			await bench.until(() => bench.peer.ended === 1, "the end at the server");
			await bench.settle();
			const { received } = bench.peer;
			check(same(received, counting(count)), `${received.length} of ${count} bytes came`);
			check(caller.events.length === before, `events: ${caller.events}`);
			check(caller.socket.write(counting(1)) === 0, "bytes taken after close");
		},
	},
	{
		name: "close before it is up: nothing is called",
		async run(bench) {
			const caller = await new Caller(bench).open();
			caller.socket.close();
			await bench.settle();
			check(caller.events.length === 0, `events: ${caller.events}`);
		},
	},
	{
		name: "nobody listens: refused, once",
		async run(bench) {
			const caller = await new Caller(bench).open(bench.closedPort);
			await bench.until(() => caller.events.includes("error"), "an error");
			await bench.settle();
			check(caller.events.join() === "error", `events: ${caller.events}`);
			check(caller.status === Status.ConnectionRefused, `status ${statusName(caller.status ?? 0)}`);
		},
	},
	{
		name: "a second connection after the first one has ended",
		async run(bench) {
			const first = await new Caller(bench).up();
			first.socket.close();
			await bench.until(() => bench.peer.ended === 1, "the end of the first");
			const second = await new Caller(bench).up();
			await second.send(counting(10));
			await bench.until(() => bench.peer.received.length === 10, "bytes of the second");
		},
	},
	{
		name: "power cut: nothing is called any more, by connections and by questions",
		async run(bench) {
			const caller = await new Caller(bench).up();
			const attempt = await new Caller(bench).open();
			let answers = 0;
			bench.network.resolver.resolve(bench.host, () => {
				answers += 1;
			});
			const before = caller.events.length;
			bench.cut();
			await bench.settle();
			check(caller.events.length === before, `events: ${caller.events}`);
			check(attempt.events.length === 0, `events of an attempt: ${attempt.events}`);
			check(answers === 0, "an answer after the end");
		},
	},
];
