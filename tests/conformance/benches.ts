import type { Status } from "../../firmware/base/status.ts";
import type { SocketOptions } from "../../firmware/ports/socket.ts";
import { VirtualBus } from "../../simulator/device/bus.ts";
import { KernelClock } from "../../simulator/device/clock.ts";
import {
	type Connection,
	type Listener,
	type PathOptions,
	VirtualNetwork,
	VirtualPath,
} from "../../simulator/device/socket.ts";
import { VirtualClock } from "../../simulator/kernel/clock.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { RegisterPart } from "../../simulator/parts/buspart.ts";
import type { AnalogPart, DigitalPart, PulsePart } from "../../simulator/parts/part.ts";
import type { BusFixture } from "./bus.ts";
import type { PeerBench, SocketBench } from "./socket.ts";

/*
 * What the simulator has behind the ports, made ready for the suites. Jest runs them, and so does XS; there is
 * nothing of a test runner in here.
 */

/** A part with registers that keep what is written to them. */
export class ScratchPart extends RegisterPart {
	readonly registers = new Uint8Array(256);
	startedAt = 0;

	constructor() {
		super([]);
	}

	protected onPowerOn(now: number): void {
		this.registers.fill(0);
		this.startedAt = now;
	}

	protected onAdvance(): void {}

	protected readRegister(register: number): number {
		return this.registers[register]!;
	}

	protected writeRegister(register: number, value: number): void {
		this.registers[register] = value;
	}
}

/** A bus with one part of each kind on it. */
export function makeBusBench() {
	let pulses = 0;
	let share = 0;
	let level = 0;
	const clock = { time: 1000 };
	const bus = new VirtualBus({ now: () => clock.time });
	const scratch = new ScratchPart();
	const pulsePart: PulsePart = { kind: "pulse", pulses: () => pulses };
	const analogPart: AnalogPart = { kind: "analog", millivolts: () => share * 3300 };
	const digitalPart: DigitalPart = {
		kind: "digital",
		level: () => level,
		drive: (value) => {
			level = value;
		},
	};
	bus.attach({ data: 21, clock: 22, address: 0x10 }, scratch);
	bus.attach({ pin: 25 }, pulsePart);
	bus.attach({ pin: 34 }, analogPart);
	bus.attach({ pin: 4 }, digitalPart);
	const fixture: BusFixture = {
		io: bus.io,
		data: 21,
		clock: 22,
		address: 0x10,
		vacantAddress: 0x11,
		signal: 25,
		pulse: (count) => {
			pulses += count;
		},
		analogPin: 34,
		setAnalog: (value) => {
			share = value;
		},
		digitalPin: 4,
	};
	return { bus, scratch, clock, fixture };
}

/** First moment of `makeClockBench`, UTC ms. */
export const clockStart = Date.UTC(2026, 0, 1);

/** A device clock on virtual time that begins at `clockStart`. */
export function makeClockBench() {
	const kernel = new VirtualClock(clockStart);
	let turns = 0;
	const clock = new KernelClock(kernel, (work) => {
		turns += 1;
		work();
	});
	return {
		kernel,
		clock,
		get turns() {
			return turns;
		},
		pass: async (ms: number) => {
			kernel.runUntil(kernel.now + ms);
		},
	};
}

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

/** A network in memory with one server, in virtual time. */
export class MemorySocketBench implements SocketBench {
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
