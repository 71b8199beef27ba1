import UDP from "embedded:io/socket/udp";
import Timer from "timer";
import { Backoff } from "../../base/backoff.ts";
import { Status, statusName } from "../../base/status.ts";
import {
	decodeSntpReply,
	encodeSntpRequest,
	type SntpReply,
	type SntpRequest,
	sntpBytes,
} from "../../clock/sntp.ts";
import type { Epoch, Random, Ticks } from "../../ports/clock.ts";
import type { Resolver } from "../../ports/socket.ts";
import type { ModdableClock } from "./clock.ts";
import type { Guard } from "./crash.ts";

const port = 123;
/** Delays between requests without a good reply, in ms; RFC 4330 §10 asks for 15 s or more. */
const backoffBase = 60_000;
const backoffCap = 3_600_000;
const backoffFloor = 15_000;
/** Milliseconds from a good reply to the next request: what the crystal drifts in it is far below 1 s. */
const period = 14_400_000;
/** Largest error of a reply that is believed, in ms. */
const errorLimit = 1_000;

/** What the client of the time server is given. */
export interface TimeServerOptions {
	/** Host name of the server. */
	readonly host: string;
	readonly clock: ModdableClock;
	readonly resolver: Resolver;
	readonly random: Random;
	readonly guard: Guard;
	/** A moment that has certainly passed. */
	readonly floor: Epoch;
	log(line: string): void;
}

/** Sets the clock from a time server, again and again while the network is up. */
export class TimeServer {
	readonly #options: TimeServerOptions;
	readonly #backoff: Backoff;
	readonly #timer: Timer;
	readonly #bytes = new Uint8Array(sntpBytes);
	readonly #request: SntpRequest;
	readonly #reply: SntpReply;
	readonly #onReadable: () => void;
	#socket: UDP | undefined;
	/** Tells the answer of the resolver from those to questions that were given up. */
	#attempt = 0;

	constructor(options: TimeServerOptions) {
		const { random, guard, floor } = options;
		this.#options = options;
		this.#backoff = new Backoff(backoffBase, backoffCap, backoffFloor, () => random.next());
		this.#request = { nonceHigh: 0, nonceLow: 0, sentAt: 0 as Ticks, floor };
		this.#reply = { epoch: floor, errorMs: 0 };
		this.#onReadable = guard(() => this.#receive());
		this.#timer = Timer.repeat(
			guard(() => this.#ask()),
			period,
		);
		Timer.schedule(this.#timer);
	}

	/** The network is there: asks at once. */
	open(): void {
		this.#backoff.reset();
		this.#ask();
	}

	/** The network is gone. */
	close(): void {
		this.#attempt += 1;
		this.#closeSocket();
		Timer.schedule(this.#timer);
	}

	#ask(): void {
		const { host, resolver } = this.#options;
		const attempt = ++this.#attempt;
		this.#closeSocket();
		this.#wait(this.#backoff.next());
		resolver.resolve(host, (address) => {
			if (address !== undefined && attempt === this.#attempt) this.#send(address);
		});
	}

	#send(address: string): void {
		const { clock, random, log } = this.#options;
		this.#request.nonceHigh = random.next();
		this.#request.nonceLow = random.next();
		this.#request.sentAt = clock.ticks;
		encodeSntpRequest(this.#request, this.#bytes, 0);
		try {
			this.#socket = new UDP({ onReadable: this.#onReadable });
			this.#socket.write(this.#bytes, address, port);
		} catch (error) {
			log(`time: not asked, ${String(error)}`);
		}
	}

	#receive(): void {
		const { clock, log } = this.#options;
		const now = clock.ticks;
		const datagram = this.#socket?.read();
		if (datagram === undefined) return;
		const bytes = new Uint8Array(datagram);
		const status = decodeSntpReply(bytes, 0, bytes.length, this.#request, this.#reply, now);
		if (status !== Status.Ok || this.#reply.errorMs > errorLimit) {
			log(`time: refused, ${statusName(status)}`);
			return;
		}
		clock.setEpoch(this.#reply.epoch);
		this.#backoff.reset();
		this.#closeSocket();
		this.#wait(period);
	}

	#closeSocket(): void {
		this.#socket?.close();
		this.#socket = undefined;
	}

	#wait(delay: number): void {
		Timer.schedule(this.#timer, delay, period);
	}
}
