import { expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { SessionBuffers } from "../../../firmware/mqtt/buffers.ts";
import type { SessionHost } from "../../../firmware/mqtt/host.ts";
import { LinkState, MqttLink } from "../../../firmware/mqtt/link.ts";
import { MqttSession } from "../../../firmware/mqtt/session.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { Network, Socket, SocketOptions } from "../../../firmware/ports/socket.ts";
import { VirtualClock } from "../../../simulator/kernel/clock.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";

const stations = 10_000;
const seed = 20_260_801;
const outage = 60_000;
/** Ms of one way to the broker. */
const delay = 10;
const connack = Uint8Array.of(0x20, 2, 1, 0);
const buffers = new SessionBuffers({ receiveBytes: 64, transmitBytes: 128, controlBytes: 32 });

const host: SessionHost = {
	onOpen: () => {},
	onMessage: () => Status.Ok,
	onAcknowledged: () => {},
	onRedeliver: () => -Status.NotFound,
	onSubscribed: () => {},
	onClosed: () => {},
};

/** A broker that either accepts at once or is not there, in virtual time. */
class Door {
	isOpen = true;
	/** When a station knocked. */
	readonly attempts: number[] = [];
	readonly connected = new Set<DoorSocket>();
	readonly clock: VirtualClock;

	constructor(clock: VirtualClock) {
		this.clock = clock;
	}

	/** The broker crashes: every connection hears of it. */
	crash(): void {
		this.isOpen = false;
		for (const socket of this.connected) socket.end();
		this.connected.clear();
	}
}

class DoorSocket implements Socket {
	readonly #door: Door;
	readonly #options: SocketOptions;
	#isClosed = false;
	#unread = 0;

	constructor(door: Door, options: SocketOptions) {
		this.#door = door;
		this.#options = options;
		door.attempts.push(door.clock.now);
		this.#later(2 * delay, () => {
			if (!door.isOpen) this.#options.onError(Status.ConnectionRefused);
			else {
				door.connected.add(this);
				this.#options.onWritable(1_000);
			}
		});
	}

	read(buffer: Uint8Array): number {
		const count = this.#unread;
		buffer.set(connack.subarray(0, count));
		this.#unread = 0;
		return count;
	}

	write(buffer: Uint8Array): number {
		this.#later(2 * delay, () => {
			this.#unread = connack.length;
			this.#options.onReadable(connack.length);
		});
		return buffer.length;
	}

	close(): void {
		this.#isClosed = true;
		this.#door.connected.delete(this);
	}

	end(): void {
		this.#later(delay, () => this.#options.onError(undefined));
	}

	#later(duration: number, work: () => void): void {
		const { clock } = this.#door;
		clock.schedule(clock.now + duration, () => {
			if (!this.#isClosed) work();
		});
	}
}

function makeStation(door: Door, random: RandomStream): MqttLink {
	const { clock } = door;
	const network: Network = {
		resolver: {
			resolve: (_host, callback) =>
				clock.schedule(clock.now + 2 * delay, () => callback("10.0.0.1")),
		},
		Socket: class extends DoorSocket {
			constructor(options: SocketOptions) {
				super(door, options);
			}
		},
	};
	const identity = {
		clientId: "c",
		keepAlive: 1_200,
		cleanSession: false,
		profile: "mqtt",
	} as const;
	const link: MqttLink = new MqttLink({
		network,
		endpoint: "broker",
		port: 8883,
		session: new MqttSession({ ...identity, buffers }, host),
		random,
		log: () => {},
		clockIsSet: () => true,
		ticks: () => clock.now as Ticks,
		onEvent: () => clock.set(alarm, link.deadline),
	});
	const alarm = clock.reserve((now) => {
		link.onDeadline(now as Ticks);
		clock.set(alarm, link.deadline);
	});
	link.start(clock.now as Ticks);
	clock.set(alarm, link.deadline);
	return link;
}

/** The largest number of moments in any window of one second. */
function busiestSecond(moments: readonly number[]): number {
	let busiest = 0;
	let first = 0;
	for (let last = 0; last < moments.length; last++) {
		while (moments[last]! - moments[first]! >= 1_000) first += 1;
		busiest = Math.max(busiest, last - first + 1);
	}
	return busiest;
}

test("10,000 stations lose their broker for 60 s and come back without a storm", () => {
	const clock = new VirtualClock();
	const door = new Door(clock);
	const streams = new RandomStream(seed);
	const links = Array.from({ length: stations }, (_, index) =>
		makeStation(door, streams.child(`${index}`)),
	);
	clock.runUntil(300_000);
	expect(links.every(({ state }) => state === LinkState.Up)).toBe(true);
	const lost = clock.now;
	door.crash();
	clock.runUntil(lost + outage);
	const back = clock.now;
	door.isOpen = true;
	door.attempts.length = 0;
	clock.runUntil(back + 600_000);

	const curve: string[] = [];
	for (const second of [0, 5, 10, 20, 30, 60, 90, 120, 180, 240, 300]) {
		const from = back + second * 1_000;
		const share = door.attempts.filter((moment) => moment >= from && moment < from + 1_000).length;
		curve.push(`${second} s: ${((100 * share) / stations).toFixed(2)} %`);
	}
	const busiest = busiestSecond(door.attempts);
	console.log(`seed ${seed}; busiest second ${(100 * busiest) / stations} %; ${curve.join(", ")}`);
	expect(links.every(({ state }) => state === LinkState.Up)).toBe(true);
	expect(door.attempts.length).toBeLessThanOrEqual(stations);
	expect(busiest).toBeLessThanOrEqual(0.02 * stations);
});
