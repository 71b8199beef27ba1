import type { Datagram, DatagramOptions } from "../../firmware/ports/socket.ts";
import type { VirtualClock } from "../kernel/clock.ts";
import type { Turn } from "./clock.ts";

/** Answers a datagram, or does not. */
export type DatagramService = (request: Uint8Array) => Uint8Array | undefined;

/** The path that datagrams take. */
interface DatagramPath {
	readonly network: {
		readonly clock: VirtualClock;
		serviceAt(address: string, port: number): DatagramService | undefined;
	};
	readonly turn: Turn;
	/** The device is off. */
	readonly isCut: boolean;
	/** Milliseconds one way. */
	transit(): number;
	losesDatagram(): boolean;
}

/** A station's UDP socket. Datagrams get lost, and nobody says so. */
export class VirtualDatagram implements Datagram {
	readonly #path: DatagramPath;
	readonly #options: DatagramOptions;
	readonly #received: Uint8Array[] = [];
	#isClosed = false;

	constructor(path: DatagramPath, options: DatagramOptions) {
		this.#path = path;
		this.#options = options;
	}

	write(buffer: Uint8Array, address: string, port: number): void {
		const request = buffer.slice();
		const path = this.#path;
		const { clock } = path.network;
		if (path.losesDatagram()) return;
		clock.schedule(clock.now + path.transit(), () => {
			const reply = path.network.serviceAt(address, port)?.(request);
			if (reply === undefined || path.losesDatagram()) return;
			clock.schedule(clock.now + path.transit(), () => this.#deliver(reply));
		});
	}

	read(buffer: Uint8Array): number {
		const datagram = this.#received.shift();
		if (datagram === undefined) return 0;
		const length = Math.min(datagram.length, buffer.length);
		buffer.set(datagram.subarray(0, length));
		return length;
	}

	close(): void {
		this.#isClosed = true;
	}

	#deliver(reply: Uint8Array): void {
		if (this.#isClosed || this.#path.isCut) return;
		this.#received.push(reply);
		this.#path.turn(() => this.#options.onReadable());
	}
}
