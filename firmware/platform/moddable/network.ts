import UDP from "embedded:io/socket/udp";
import Interface from "embedded:isobar/interface";
import { Backoff } from "../../base/backoff.ts";
import type { Random } from "../../ports/clock.ts";
import type { DatagramConstructor, Resolver } from "../../ports/socket.ts";
import type { Guard } from "./crash.ts";
import { SingleTimer } from "./timer.ts";

/** Values of `connection`, ECMA-419 §15. */
const unlinked = 200;
const online = 500;

/** Delays between attempts, in ms. A whole street has power again at one moment. */
const backoffBase = 2_000;
const backoffCap = 120_000;
const backoffFloor = 500;
/** How long an attempt may take until there is an address, in ms. */
const patience = 30_000;
/** How often an address that may have changed is looked at, in ms. */
const watchPeriod = 60_000;

/** What the interface tells. */
export interface InterfaceHost {
	onUp(): void;
	onDown(): void;
	/** Another address or access point: connections are dead, whatever TCP believes. */
	onChanged(): void;
	log(line: string): void;
}

/** Keeps Wi-Fi or Ethernet connected: the platform tries once and gives no reason. */
export class NetworkInterface {
	readonly #access: { readonly SSID?: string; readonly password?: string };
	readonly #host: InterfaceHost;
	readonly #interface: Interface;
	readonly #backoff: Backoff;
	readonly #timer: SingleTimer;
	#isUp = false;
	/** Address and access point of the last time it was up. */
	#place = "";

	/** @param access  what `connect` takes: name and password of the access point, for Wi-Fi */
	constructor(
		access: { readonly SSID?: string; readonly password?: string },
		random: Random,
		guard: Guard,
		host: InterfaceHost,
	) {
		this.#access = access;
		this.#host = host;
		this.#backoff = new Backoff(backoffBase, backoffCap, backoffFloor, () => random.next());
		this.#interface = new Interface({ onChanged: guard(() => this.#look()) });
		this.#timer = new SingleTimer(guard, () => this.#onTimer());
		this.#timer.set(this.#backoff.next());
	}

	#look(): void {
		const { connection } = this.#interface;
		if (connection === online) this.#enter();
		else {
			if (this.#isUp) {
				this.#isUp = false;
				this.#host.log("network: lost");
				this.#host.onDown();
			}
			if (connection === unlinked) this.#timer.set(this.#backoff.next());
		}
	}

	#enter(): void {
		const wasUp = this.#isUp;
		const { address, BSSID } = this.#interface;
		const place = `${address} ${BSSID ?? ""}`;
		const isElsewhere = this.#place !== "" && this.#place !== place;
		this.#isUp = true;
		this.#place = place;
		this.#backoff.reset();
		this.#timer.set(watchPeriod);
		if (wasUp && !isElsewhere) return;
		this.#host.log(`network: up, ${place}`);
		if (isElsewhere) this.#host.onChanged();
		if (!wasUp) this.#host.onUp();
	}

	#onTimer(): void {
		const { connection } = this.#interface;
		if (connection === online) this.#enter();
		else if (connection === unlinked) this.#connect();
		else {
			// An attempt that leads nowhere: no address, or an access point that says nothing.
			this.#host.log(`network: gave up at ${connection}`);
			this.#interface.disconnect();
			this.#timer.set(this.#backoff.next());
		}
	}

	#connect(): void {
		this.#timer.set(patience);
		try {
			this.#interface.connect(this.#access);
		} catch (error) {
			this.#host.log(`network: ${String(error)}`);
		}
	}
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
