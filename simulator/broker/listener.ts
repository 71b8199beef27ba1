import type { Ticks } from "../../firmware/ports/clock.ts";
import type { VirtualClock } from "../kernel/clock.ts";
import type { MemoryBroker } from "./broker.ts";

/** A connection as the simulated network gives it to a server. */
export interface ServerConnection {
	read(buffer: Uint8Array): number;
	write(buffer: Uint8Array): number;
	close(): void;
	reset(): void;
}

/** What hears of such a connection. */
export interface ServerHost {
	onReadable(): void;
	onWritable(): void;
	onError(): void;
}

/** Bytes read at a time. */
const readBytes = 4_096;

/**
 * Puts a broker behind an address of the simulated network, with the deadlines of its connections.
 */
export class BrokerListener {
	readonly #broker: MemoryBroker;
	readonly #clock: VirtualClock;
	readonly #input = new Uint8Array(readBytes);

	constructor(broker: MemoryBroker, clock: VirtualClock) {
		this.#broker = broker;
		this.#clock = clock;
	}

	/** @param thing  common name of the certificate of the station that connects */
	accept(connection: ServerConnection, thing: string): ServerHost {
		const clock = this.#clock;
		const now = (): Ticks => clock.now as Ticks;
		const transport = {
			write: (bytes: Uint8Array, start: number, end: number) =>
				connection.write(bytes.subarray(start, end)),
			close: () => connection.close(),
			reset: () => connection.reset(),
		};
		const peer = this.#broker.accept(transport, thing, now());
		const alarm = clock.reserve(() => {
			peer.onDeadline(now());
			settle();
		});
		let isReleased = false;
		const settle = (): void => {
			if (isReleased) return;
			if (peer.isClosed) {
				isReleased = true;
				clock.release(alarm);
			} else {
				clock.set(alarm, peer.deadline);
			}
		};
		settle();
		return {
			onReadable: () => {
				for (let count = connection.read(this.#input); count > 0; ) {
					peer.receive(this.#input, 0, count, now());
					count = connection.read(this.#input);
				}
				settle();
			},
			onWritable: () => {
				peer.writable();
				settle();
			},
			onError: () => {
				peer.lost(now());
				settle();
			},
		};
	}
}
