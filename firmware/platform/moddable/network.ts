import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Interface from "embedded:isobar/interface";
import TlsEngine from "embedded:isobar/tls";
import { type KeeperHost, NetworkKeeper } from "../../network/keeper.ts";
import type { TlsHost } from "../../network/tls.ts";
import type { Clock, Random, Ticks } from "../../ports/clock.ts";
import type { Access, NetworkInterface } from "../../ports/interface.ts";
import type { DatagramConstructor, Resolver } from "../../ports/socket.ts";
import type { Guard } from "../../station/crash.ts";
import { builtAt } from "../../station/version.ts";
import { SingleTimer } from "./timer.ts";

/** Keeps the interface of the board connected from a moment on, with a timer of the SDK as the alarm. */
export function keepConnected(
	access: Access,
	from: Ticks,
	clock: Clock,
	random: Random,
	guard: Guard,
	host: KeeperHost,
): NetworkInterface {
	const network = new Interface({
		onChanged: guard(() => {
			keeper.onChanged(clock.ticks);
			settle();
		}),
	});
	const keeper = new NetworkKeeper(network, access, random, host);
	const settle = () => timer.set(keeper.deadline - clock.ticks);
	const timer = new SingleTimer(guard, () => {
		const now = clock.ticks;
		if (keeper.deadline <= now) keeper.onDeadline(now);
		settle();
	});
	keeper.open(from);
	settle();
	return network;
}

/** What TLS needs of the chip. */
export function tlsHostWith(guard: Guard, clock: Clock, log: (line: string) => void): TlsHost {
	return {
		engine: new TlsEngine(),
		connect: ({ onReadable, onWritable, onError, ...options }) =>
			new TCP({
				...options,
				onReadable: guard(onReadable),
				onWritable: guard(onWritable),
				onError: guard(onError),
			}),
		defer(callback) {
			const timer = new SingleTimer(guard, callback);
			return { ask: () => timer.set(0), cancel: () => timer.clear() };
		},
		clock,
		earliest: builtAt,
		log,
	};
}

/** The resolver of the network stack, with the servers that DHCP gave. */
export function resolverWith(guard: Guard): Resolver {
	return {
		resolve(host, callback) {
			const answer = guard((_host: string, address: string | undefined) => callback(address));
			System.resolve(host, answer);
		},
	};
}

/** UDP with the reads of our port. */
export function datagramWith(guard: Guard): DatagramConstructor {
	return class {
		readonly #socket: UDP;

		constructor({ onReadable }: { onReadable(): void }) {
			this.#socket = new UDP({ onReadable: guard(() => onReadable()) });
		}

		write(buffer: Uint8Array, address: string, port: number): void {
			this.#socket.write(buffer, address, port);
		}

		read(buffer: Uint8Array): number {
			const datagram = this.#socket.read();
			if (datagram === undefined) return 0;
			const length = Math.min(datagram.byteLength, buffer.length);
			buffer.set(new Uint8Array(datagram, 0, length));
			return length;
		}

		close(): void {
			this.#socket.close();
		}
	};
}
