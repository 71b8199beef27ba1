import type { Socket } from "node:net";
import { peerOf } from "./connection.ts";

/**
 * Connections of which nobody knows yet whose they are: there is room for so many, and a new one takes
 * the place of the oldest. An honest peer is through in less time than an attacker needs to fill it.
 */
export class HalfOpen {
	readonly #maximum: number;
	/** By address and port, under which TLS knows them too; the oldest first. */
	readonly #sockets = new Map<string, Socket>();
	/** Connections that had to go for others. */
	dropped = 0;

	constructor(maximum: number) {
		this.#maximum = maximum;
	}

	get size(): number {
		return this.#sockets.size;
	}

	/** @returns the peer that had to go for it, if one had to */
	add(socket: Socket): string | undefined {
		const peer = peerOf(socket);
		this.#sockets.set(peer, socket);
		// The port is free for the next one when this one has gone.
		socket.once("close", () => {
			if (this.#sockets.get(peer) === socket) this.#sockets.delete(peer);
		});
		if (this.#sockets.size <= this.#maximum) return undefined;
		const [oldest, victim] = this.#sockets.entries().next().value!;
		this.#sockets.delete(oldest);
		this.dropped += 1;
		victim.destroy();
		return oldest;
	}

	/** It is known whose the connection of this peer is. */
	settle(peer: string): void {
		this.#sockets.delete(peer);
	}
}
