import { describe, expect, test } from "@jest/globals";
import { SntpClient, SntpState } from "../../../firmware/clock/sntpclient.ts";
import type { Epoch, Ticks } from "../../../firmware/ports/clock.ts";
import type { Datagram, DatagramOptions } from "../../../firmware/ports/socket.ts";

const { Stopped, Resolving, Asking, Waiting } = SntpState;
const at = (ms: number) => ms as Ticks;
const noon2026 = Date.UTC(2026, 0, 1, 12);
/** Seconds from 1900 to 1970; RFC 5905 §6. */
const toUnix = 2_208_988_800;

/** A reply of a server whose clock shows `time`, to the request that was sent. */
function replyTo(request: Uint8Array, time: number): Uint8Array {
	const reply = new Uint8Array(48);
	const view = new DataView(reply.buffer);
	reply[0] = 0x24;
	reply[1] = 2;
	reply.set(request.subarray(40, 48), 24);
	for (const field of [32, 40]) {
		view.setUint32(field, (Math.floor(time / 1000) + toUnix) % 2 ** 32);
		view.setUint32(field + 4, Math.floor(((time % 1000) / 1000) * 2 ** 32));
	}
	return reply;
}

class Bench {
	now = 0;
	floor = noon2026;
	serverTime = noon2026;
	readonly log: string[] = [];
	readonly times: [epoch: number, now: number][] = [];
	readonly sent: Uint8Array[] = [];
	opened = 0;
	closed = 0;
	events = 0;
	fails = false;
	#answers: ((address: string | undefined) => void)[] = [];
	#options: DatagramOptions | undefined;
	#inbox: Uint8Array[] = [];
	readonly client: SntpClient;

	constructor() {
		const bench = this;
		this.client = new SntpClient({
			host: "time.example",
			resolver: { resolve: (_host, callback) => this.#answers.push(callback) },
			Datagram: class implements Datagram {
				constructor(options: DatagramOptions) {
					if (bench.fails) throw new Error("no socket");
					bench.opened += 1;
					bench.#options = options;
				}
				write(buffer: Uint8Array) {
					bench.sent.push(buffer.slice());
				}
				read(into: Uint8Array) {
					const next = bench.#inbox.shift();
					if (next === undefined) return 0;
					into.set(next.subarray(0, into.length));
					return Math.min(next.length, into.length);
				}
				close() {
					bench.closed += 1;
				}
			},
			random: { next: () => 0x4000_0000 },
			ticks: () => at(this.now),
			floor: () => this.floor as Epoch,
			onTime: (epoch, now) => this.times.push([epoch, now]),
			onEvent: () => {
				this.events += 1;
			},
			log: (line) => this.log.push(line),
		});
	}

	resolve() {
		this.#answers.shift()?.("192.0.2.1");
	}

	/** The name is not to be had. */
	refuse() {
		this.#answers.shift()?.(undefined);
	}

	receive(datagram: Uint8Array) {
		this.#inbox.push(datagram);
		this.#options!.onReadable();
	}

	reply() {
		this.receive(replyTo(this.sent.at(-1)!, this.serverTime));
	}

	to(state: SntpState): this {
		if (state === Stopped) return this;
		this.client.open(at(0));
		if (state === Resolving) return this;
		if (state === Asking) this.resolve();
		else this.refuse();
		return this;
	}
}

describe("SntpClient", () => {
	test("tells the time of a good reply, half the round trip added", () => {
		const bench = new Bench().to(Asking);
		bench.now = 80;
		bench.reply();
		expect(bench.times).toEqual([[noon2026 + 40, 80]]);
		expect(bench.client.state).toBe(Waiting);
		expect(bench.client.deadline).toBe(80 + 14_400_000);
		expect(bench.closed).toBe(bench.opened);
	});

	test("goes on over the end of the era in 2036 (RFC 5905 §6)", () => {
		const bench = new Bench();
		bench.serverTime = Date.UTC(2036, 1, 7, 6, 28, 17);
		bench.floor = Date.UTC(2036, 1, 7, 0);
		bench.to(Asking).reply();
		expect(bench.times[0]![0]).toBe(bench.serverTime);
	});

	test("waits on when a datagram is no reply to the request: the real one may still come", () => {
		const bench = new Bench().to(Asking);
		bench.receive(new Uint8Array(3));
		bench.receive(replyTo(new Uint8Array(48), noon2026));
		expect(bench.client.state).toBe(Asking);
		bench.reply();
		expect(bench.times).toHaveLength(1);
	});

	test("refuses a server that is not synchronised, and says so", () => {
		const bench = new Bench().to(Asking);
		const reply = replyTo(bench.sent[0]!, noon2026);
		reply[1] = 0;
		bench.receive(reply);
		expect(bench.times).toEqual([]);
		expect(bench.log).toEqual(["time: time.example, NotReady"]);
	});

	test("refuses a reply that took longer than its error may be", () => {
		const bench = new Bench().to(Asking);
		bench.now = 2_100;
		bench.reply();
		expect(bench.times).toEqual([]);
		expect(bench.client.state).toBe(Waiting);
	});

	test("asks ever less often while nobody answers, never within 15 s (RFC 4330 §10)", () => {
		const bench = new Bench().to(Resolving);
		const gaps: number[] = [];
		for (let attempt = 0; attempt < 12; attempt++) {
			bench.resolve();
			bench.now = bench.client.deadline;
			bench.client.onDeadline(at(bench.now));
			gaps.push(bench.client.deadline - bench.now);
			bench.now = bench.client.deadline;
			bench.client.onDeadline(at(bench.now));
		}
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15_000);
		expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
		expect(gaps.at(-1)).toBeGreaterThan(gaps[0]! * 10);
	});

	test("an answer to a question that was given up is not heard", () => {
		const bench = new Bench().to(Resolving);
		bench.client.onDeadline(bench.client.deadline);
		bench.resolve();
		expect(bench.client.state).toBe(Waiting);
		expect(bench.sent).toEqual([]);
	});

	test("a platform without a free socket is a failed attempt", () => {
		const bench = new Bench();
		bench.fails = true;
		bench.to(Resolving).resolve();
		expect(bench.client.state).toBe(Waiting);
		expect(bench.log[0]).toContain("no socket");
	});

	const inputs: Record<string, (bench: Bench) => void> = {
		open: (bench) => bench.client.open(at(9)),
		close: (bench) => bench.client.close(),
		address: (bench) => bench.resolve(),
		noAddress: (bench) => bench.refuse(),
		deadline: (bench) => bench.client.onDeadline(bench.client.deadline),
		networkUp: (bench) => bench.client.networkUp(at(9)),
	};
	const table: [SntpState, string, SntpState][] = [
		[Stopped, "open", Resolving],
		[Stopped, "close", Stopped],
		[Stopped, "networkUp", Stopped],
		[Resolving, "open", Resolving],
		[Resolving, "close", Stopped],
		[Resolving, "address", Asking],
		[Resolving, "noAddress", Waiting],
		[Resolving, "deadline", Waiting],
		[Resolving, "networkUp", Resolving],
		[Asking, "open", Asking],
		[Asking, "close", Stopped],
		[Asking, "address", Asking],
		[Asking, "deadline", Waiting],
		[Asking, "networkUp", Asking],
		[Waiting, "open", Waiting],
		[Waiting, "close", Stopped],
		[Waiting, "deadline", Resolving],
		[Waiting, "networkUp", Resolving],
	];
	test.each(table)("state %i, %s → %i", (state, input, next) => {
		const bench = new Bench().to(state);
		expect(bench.client.state).toBe(state);
		inputs[input]!(bench);
		expect(bench.client.state).toBe(next);
		expect(Number.isFinite(bench.client.deadline)).toBe(next !== Stopped);
	});
});
