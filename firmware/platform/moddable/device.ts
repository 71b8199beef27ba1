import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import SMBus from "embedded:io/smbus";
import Analog from "embedded:isobar/analog";
import {
	confirmImage,
	freeHeap,
	isOnTrial,
	macAddress,
	rejectImage,
	resetReason,
	restart,
} from "embedded:isobar/chip";
import PulseCount from "embedded:isobar/pulsecount";
import type { Clock, Random } from "../../ports/clock.ts";
import type { Device, Identity, Power } from "../../ports/device.ts";
import type { IO } from "../../ports/io.ts";
import type { Network } from "../../ports/socket.ts";
import type { KeyValue } from "../../ports/storage.ts";
import { crashBytes } from "../../station/crash.ts";
import { noteBytes } from "../../station/retainednote.ts";
import { openFlash, openRetained } from "./storage.ts";

const io: IO = Object.freeze({ I2C, SMBus, PulseCount, Analog, Digital });

/** The chip's own generator of random numbers, on which XS builds Math.random. */
export const random: Random = Object.freeze({ next: () => Math.floor(Math.random() * 2 ** 32) });

/** What `main` has made before there is a device. */
export interface DeviceParts {
	readonly identity: Identity;
	readonly clock: Clock;
	readonly network: Network;
	readonly keyValue: KeyValue;
	readonly power: Power;
	/** What the run before this one has logged last; empty after a power cut. */
	readonly lastLines: readonly string[];
	log(line: string): void;
}

/** The chip with everything that a station needs of it. */
export class ModdableDevice implements Device {
	readonly identity: Identity;
	readonly clock: Clock;
	readonly random = random;
	readonly io = io;
	readonly network: Network;
	readonly flash = openFlash("outbox");
	readonly keyValue: KeyValue;
	readonly power: Power;
	readonly retained = openRetained(crashBytes + noteBytes);
	readonly resetReason = resetReason();
	readonly macAddress = macAddress();
	readonly trial = isOnTrial() ? { confirm: confirmImage, reject: rejectImage } : undefined;
	readonly lastLines: readonly string[];
	readonly log: (line: string) => void;

	/** @throws when a partition is missing */
	constructor({ identity, clock, network, keyValue, power, lastLines, log }: DeviceParts) {
		this.identity = identity;
		this.clock = clock;
		this.network = network;
		this.keyValue = keyValue;
		this.power = power;
		this.lastLines = lastLines;
		this.log = log;
	}

	get freeHeap(): number {
		return freeHeap();
	}

	restart(): void {
		restart();
	}
}
