import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import SMBus from "embedded:io/smbus";
import { freeHeap, resetReason, restart } from "embedded:isobar/chip";
import PulseCount from "embedded:isobar/pulsecount";
import type { Clock, Random } from "../../ports/clock.ts";
import type { Device, Identity } from "../../ports/device.ts";
import type { IO } from "../../ports/io.ts";
import type { Network, Resolver } from "../../ports/socket.ts";
import { crashBytes, type Guard } from "./crash.ts";
import { openFlash, openKeyValue, openRetained } from "./storage.ts";

const io: IO = Object.freeze({ I2C, SMBus, PulseCount, Analog, Digital });

/** The chip's own generator of random numbers, on which XS builds Math.random. */
export const random: Random = Object.freeze({ next: () => Math.floor(Math.random() * 2 ** 32) });

/** The resolver of the network stack, with the servers that DHCP gave. */
export function resolverWith(guard: Guard): Resolver {
	return {
		resolve(host, callback) {
			System.resolve(
				host,
				guard((_host: string, address: string | undefined) => callback(address)),
			);
		},
	};
}

/** The chip with everything that a station needs of it. */
export class ModdableDevice implements Device {
	readonly identity: Identity;
	readonly clock: Clock;
	readonly random = random;
	readonly io = io;
	readonly network: Network;
	readonly flash = openFlash("outbox");
	readonly keyValue = openKeyValue("isobar");
	readonly retained = openRetained(crashBytes);
	readonly resetReason = resetReason();
	readonly log: (line: string) => void;

	/** @throws when a partition is missing */
	constructor(identity: Identity, clock: Clock, network: Network, log: (line: string) => void) {
		this.identity = identity;
		this.clock = clock;
		this.network = network;
		this.log = log;
	}

	get freeHeap(): number {
		return freeHeap();
	}

	restart(): void {
		restart();
	}
}
