import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import type { SocketOptions } from "../../../firmware/ports/socket.ts";
import {
	type Connection,
	type Listener,
	type PathOptions,
	VirtualNetwork,
	VirtualPath,
} from "../../../simulator/device/socket.ts";
import { VirtualClock } from "../../../simulator/kernel/clock.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import { type PeerBench, type SocketBench, socketCases } from "../../conformance/socket.ts";

const host = "broker.example";

/** A server that keeps what it hears of its newest connection. */
class Peer implements PeerBench, Listener {
	received: number[] = [];
	accepted = 0;
	ended = 0;
	things: string[] = [];
	refusal: Status | undefined;
	endStatus: number | undefined;
	connection!: Connection;
	#reading = true;
	#unsent: number[] = [];
	#closing = false;

	get reading(): boolean {
		return this.#reading;
	}

	set reading(reading: boolean) {
		this.#reading = reading;
		if (reading) this.#take();
	}

	accept(connection: Connection, thing: string) {
		if (this.refusal !== undefined) return this.refusal;
		this.connection = connection;
		this.accepted += 1;
		this.received = [];
		this.things.push(thing);
		return {
			onReadable: () => this.#take(),
			onWritable: () => this.#push(),
			onError: (status?: number) => {
				this.ended += 1;
				this.endStatus = status;
			},
		};
	}

	send(bytes: Uint8Array): void {
		this.#unsent.push(...bytes);
		this.#push();
	}

	close(): void {
		this.#closing = true;
		this.#push();
	}

	#take(): void {
		const buffer = new Uint8Array(64);
		while (this.#reading) {
			const count = this.connection.read(buffer);
			if (count === 0) return;
			this.received.push(...buffer.subarray(0, count));
		}
	}

	#push(): void {
		const count = this.connection.write(Uint8Array.from(this.#unsent));
		this.#unsent.splice(0, count);
		if (this.#closing && this.#unsent.length === 0) this.connection.close();
	}
}

class Bench implements SocketBench {
	readonly clock = new VirtualClock();
	readonly peer = new Peer();
	readonly virtual = new VirtualNetwork(this.clock);
	readonly network: VirtualPath;
	readonly host = host;
	readonly port = 8883;
	readonly closedPort = 1;
	turns = 0;

	constructor(options?: PathOptions) {
		this.virtual.listen(host, this.port, this.peer);
		const turn = (work: () => void): void => {
			this.turns += 1;
			work();
		};
		this.network = new VirtualPath(
			this.virtual,
			"station-0001",
			new RandomStream(1),
			turn,
			options,
		);
	}

	async until(condition: () => boolean, what: string): Promise<void> {
		for (let idle = 0; !condition(); ) {
			if (!this.clock.step()) idle += 1;
			if (idle === 100) throw new Error(`never: ${what}`);
		}
	}

	async settle(): Promise<void> {
		this.clock.runUntil(this.clock.now + 60_000);
	}

	cut(): void {
		this.network.cut();
	}

	open(options: Partial<SocketOptions> = {}) {
		const events: string[] = [];
		const socket = new this.network.Socket({
			address: this.virtual.addressOf(host) ?? "10.9.9.9",
			host,
			port: this.port,
			onConnected: () => events.push(`${this.clock.now} connected`),
			onReadable: (count) => events.push(`${this.clock.now} readable ${count}`),
			onWritable: (count) => events.push(`${this.clock.now} writable ${count}`),
			onError: (status) => events.push(`${this.clock.now} error ${status}`),
			...options,
		});
		return { socket, events };
	}
}

const kinds: Readonly<Record<string, PathOptions>> = {
	"a good path": {},
	"single bytes": { window: 64, segment: 1, delay: 1 },
	"a window of one byte": { window: 1, delay: 1 },
	"delay and jitter": { delay: 150, jitter: 300 },
	"every third segment lost": { loss: 0.33 },
};

describe.each(Object.entries(kinds))("socket through memory, %s", (_name, options) => {
	for (const { name, run } of socketCases) {
		test(name, () => run(new Bench(options)));
	}
});

describe("socket through memory", () => {
	test("a connection takes two round trips, a byte half a one", async () => {
		const bench = new Bench({ delay: 50 });
		const { socket, events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(events).toEqual(["100 connected", "200 writable 5744"]);
		expect(bench.peer.things).toEqual(["station-0001"]);
		socket.write(Uint8Array.of(1, 2));
		bench.clock.runUntil(1_049);
		expect(bench.peer.received).toEqual([]);
		bench.clock.runUntil(1_050);
		expect(bench.peer.received).toEqual([1, 2]);
	});

	test("every callback of the station is a turn", async () => {
		const bench = new Bench();
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(bench.turns).toBe(events.length);
	});

	test("a refusal by TLS carries its status", () => {
		const bench = new Bench();
		bench.peer.refusal = Status.CertificateExpired;
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(events).toEqual(["40 connected", `80 error ${Status.CertificateExpired}`]);
	});

	test("a name that is forgotten is not resolved, a listener that has gone refuses", async () => {
		const bench = new Bench();
		const address = bench.virtual.addressOf(host);
		bench.virtual.stopListening(host, bench.port);
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		expect(events).toEqual([`40 error ${Status.ConnectionRefused}`]);
		bench.virtual.setResolvable(host, false);
		expect(bench.virtual.addressOf(host)).toBeUndefined();
		expect(address).toBeDefined();
	});

	test("half-open: nobody hears anything, and what waits goes on when the path is open again", () => {
		const bench = new Bench();
		const { socket, events } = bench.open();
		bench.clock.runUntil(1_000);
		bench.network.block(true, true);
		expect(socket.write(Uint8Array.of(1, 2, 3))).toBe(3);
		bench.peer.send(Uint8Array.of(4));
		bench.peer.close();
		const before = [...events];
		bench.clock.runUntil(86_400_000);
		expect(bench.peer.received).toEqual([]);
		expect(events).toEqual(before);
		bench.network.block(false, false);
		bench.clock.runUntil(86_401_000);
		expect(events.at(-2)).toBe("86400000 readable 1");
		expect(events.at(-1)).toBe("86400000 error undefined");
	});

	test("open towards the world only: writes fill the window and then stall", () => {
		const bench = new Bench({ window: 100 });
		const { socket, events } = bench.open();
		bench.clock.runUntil(1_000);
		bench.network.block(false, true);
		expect(socket.write(new Uint8Array(80))).toBe(80);
		bench.clock.runUntil(2_000);
		expect(bench.peer.received).toHaveLength(80);
		expect(socket.write(new Uint8Array(80))).toBe(20);
		expect(socket.write(new Uint8Array(80))).toBe(0);
		bench.clock.runUntil(60_000);
		expect(socket.write(new Uint8Array(80))).toBe(0);
		bench.network.block(false, false);
		bench.clock.runUntil(61_000);
		expect(events.at(-1)).toMatch(/writable/);
	});

	test("an attempt into a blocked path hears nothing, not even a refusal", () => {
		const bench = new Bench();
		bench.network.block(true, false);
		const { events } = bench.open();
		let answer: string | undefined = "none";
		bench.network.resolver.resolve(host, (address) => {
			answer = address;
		});
		bench.clock.runUntil(600_000);
		expect(events).toEqual([]);
		expect(answer).toBeUndefined();
	});

	test("a crash of the server is a reset, with what was under way lost", () => {
		const bench = new Bench();
		const { events } = bench.open();
		bench.clock.runUntil(1_000);
		bench.peer.send(new Uint8Array(10));
		bench.peer.connection.reset();
		bench.clock.runUntil(2_000);
		expect(events.slice(2)).toEqual([`1020 error ${Status.ConnectionLost}`]);
	});

	test("a power cut of the station leaves the server with a half-open connection", () => {
		const bench = new Bench();
		const { socket } = bench.open();
		bench.clock.runUntil(1_000);
		socket.write(Uint8Array.of(1));
		bench.network.cut();
		bench.clock.runUntil(86_400_000);
		expect(bench.peer.received).toEqual([]);
		expect(bench.peer.ended).toBe(0);
	});

	test("the same seed gives the same events, with loss and jitter", () => {
		const run = (): string[] => {
			const bench = new Bench({ loss: 0.3, jitter: 40, segment: 5 });
			const { socket, events } = bench.open();
			bench.clock.runUntil(100_000);
			for (let count = 0; count < 20; count++) {
				socket.write(new Uint8Array(20));
				bench.peer.send(new Uint8Array(20));
				bench.clock.runUntil(bench.clock.now + 10_000);
			}
			return events;
		};
		expect(run()).toEqual(run());
		expect(run().length).toBeGreaterThan(20);
	});
});
