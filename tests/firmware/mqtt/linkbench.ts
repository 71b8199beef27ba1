import type { Packet as Witnessed } from "mqtt-packet";
import { Status } from "../../../firmware/base/status.ts";
import type { SessionHost, SessionOptions } from "../../../firmware/mqtt/host.ts";
import { type LinkOptions, LinkState, MqttLink } from "../../../firmware/mqtt/link.ts";
import { MqttSession } from "../../../firmware/mqtt/session.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { Network, Socket, SocketOptions } from "../../../firmware/ports/socket.ts";
import { describePacket } from "./bench.ts";
import { readWitnessed, witness } from "./packets.ts";

export type LinkStateName = keyof typeof LinkState;

/** One socket of the fake network, played by the test. */
export class FakeSocket implements Socket {
	readonly options: SocketOptions;
	room = Number.POSITIVE_INFINITY;
	isClosed = false;
	/** Which calls throw. */
	throwing: "read" | "write" | "close" | undefined;
	readonly #arrived: number[] = [];
	readonly #sent: number[] = [];

	constructor(options: SocketOptions) {
		this.options = options;
	}

	read(buffer: Uint8Array): number {
		if (this.throwing === "read") throw new Error("read");
		const bytes = this.#arrived.splice(0, buffer.length);
		buffer.set(bytes);
		return bytes.length;
	}

	write(buffer: Uint8Array): number {
		if (this.throwing === "write") throw new Error("write");
		const count = Math.min(buffer.length, this.room);
		this.room -= count;
		this.#sent.push(...buffer.subarray(0, count));
		return count;
	}

	close(): void {
		this.isClosed = true;
		if (this.throwing === "close") throw new Error("close");
	}

	/** What the station has sent since the last call. */
	take(): string[] {
		return readWitnessed(Uint8Array.from(this.#sent.splice(0))).map(describePacket);
	}

	/** Bytes arrive; nobody is told. */
	put(...packets: Witnessed[]): void {
		for (const packet of packets) this.#arrived.push(...witness(packet));
	}

	/** Packets arrive and the link is told. */
	receive(...packets: Witnessed[]): void {
		this.put(...packets);
		this.options.onReadable(this.#arrived.length);
	}

	/** Bytes that nobody has read. */
	get unread(): number {
		return this.#arrived.length;
	}
}

/** A link with its session on a network that the test plays. */
export class LinkBench implements SessionHost {
	readonly link: MqttLink;
	readonly session: MqttSession;
	readonly sockets: FakeSocket[] = [];
	readonly questions: ((address: string | undefined) => void)[] = [];
	readonly lines: string[] = [];
	readonly events: string[] = [];
	now = 0;
	isClockSet = true;
	/** What the random source gives, as a share of its range. */
	share = 0.5;
	throwing: "resolve" | "socket" | undefined;
	onOpenDo: ((now: Ticks) => void) | undefined;
	onClosedDo: ((now: Ticks) => void) | undefined;

	constructor(options: Partial<LinkOptions> = {}, session: Partial<SessionOptions> = {}) {
		const bench = this;
		const network: Network = {
			resolver: {
				resolve: (_host, callback) => {
					if (this.throwing === "resolve") throw new Error("resolve");
					this.questions.push(callback);
				},
			},
			Socket: class extends FakeSocket {
				constructor(options: SocketOptions) {
					if (bench.throwing === "socket") throw new Error("socket");
					super(options);
					bench.sockets.push(this);
				}
			},
		};
		this.session = new MqttSession(
			{ clientId: "c", keepAlive: 60, cleanSession: false, profile: "mqtt", ...session },
			this,
		);
		this.link = new MqttLink({
			network,
			endpoint: "broker.example",
			port: 8883,
			session: this.session,
			random: { next: () => Math.floor(this.share * 4_294_967_295) },
			log: (line) => this.lines.push(line),
			clockIsSet: () => this.isClockSet,
			ticks: () => this.now as Ticks,
			onUp: () => this.events.push("up"),
			onDown: (status) => this.events.push(`down ${status}`),
			...options,
		});
	}

	get state(): LinkStateName {
		const names = Object.keys(LinkState) as LinkStateName[];
		return names.find((name) => LinkState[name] === this.link.state)!;
	}

	get ticks(): Ticks {
		return this.now as Ticks;
	}

	/** The socket of the present attempt. */
	get socket(): FakeSocket {
		return this.sockets.at(-1)!;
	}

	/** Moves on to the next deadline. */
	next(): void {
		if (this.link.deadline === Number.POSITIVE_INFINITY) throw new Error("no deadline");
		this.now = Math.max(this.now, this.link.deadline);
		this.link.onDeadline(this.ticks);
	}

	answer(address: string | undefined = "10.0.0.1"): void {
		this.questions.pop()!(address);
	}

	connack(returnCode = 0, sessionPresent = false): void {
		this.socket.receive({ cmd: "connack", returnCode, sessionPresent });
	}

	/** Goes from Stopped, or from a wait, to a state by the straight way. */
	reach(state: LinkStateName): this {
		const steps: [LinkStateName, () => void][] = [
			["Stopped", () => {}],
			["Waiting", () => this.link.start(this.ticks)],
			[
				"AwaitingClock",
				() => {
					if (state !== "AwaitingClock") return;
					this.isClockSet = false;
					this.next();
				},
			],
			["Resolving", () => this.next()],
			["Connecting", () => this.answer()],
			["Handshaking", () => this.socket.options.onConnected!()],
			["Opening", () => this.socket.options.onWritable(1_000)],
			["Up", () => this.connack()],
			["Closing", () => this.link.stop(this.ticks)],
		];
		const from = steps.findIndex(([name]) => name === this.state);
		const to = steps.findIndex(([name]) => name === state);
		for (const [, step] of steps.slice(from + 1, to + 1)) step();
		if (this.state !== state) throw new Error(`${this.state} instead of ${state}`);
		return this;
	}

	onOpen(_subscribed: boolean, now: Ticks): void {
		this.onOpenDo?.(now);
	}

	onMessage(): Status {
		return Status.Ok;
	}

	onAcknowledged(packetId: number): void {
		this.events.push(`acknowledged ${packetId}`);
	}

	onRedeliver(_first: number, _last: number, into: Uint8Array, start: number): number {
		into[start] = 0x61;
		return 1;
	}

	onSubscribed(): void {}

	onClosed(status: Status, now: Ticks): void {
		this.events.push(`closed ${status}`);
		this.onClosedDo?.(now);
	}
}
