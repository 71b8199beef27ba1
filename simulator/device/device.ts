import type { Random, Ticks } from "../../firmware/ports/clock.ts";
import type { Device, Identity, Power, ResetReason } from "../../firmware/ports/device.ts";
import type { IO } from "../../firmware/ports/io.ts";
import type { FlashPartition, KeyValue, RetainedMemory } from "../../firmware/ports/storage.ts";
import type { VirtualBus } from "./bus.ts";
import type { DeviceClock } from "./clock.ts";
import type { DeviceNetwork } from "./network.ts";

/** What a device is made of. Bus and storage outlive it; clock and network are its own. */
export interface VirtualDeviceOptions {
	readonly identity: Identity;
	readonly clock: DeviceClock;
	readonly random: Random;
	readonly bus: VirtualBus;
	readonly network: DeviceNetwork;
	readonly flash: FlashPartition;
	readonly keyValue: KeyValue;
	readonly retained: RetainedMemory;
	readonly resetReason: ResetReason;
	/** The firmware asks for a restart; what this device was doing must end. */
	onRestart(): void;
	/** The firmware sleeps; the same. */
	onSleep(milliseconds: number): void;
	log(line: string): void;
}

/** One life of a simulated device, from a start to the next reset. */
export class VirtualDevice implements Device, Power {
	readonly identity: Identity;
	readonly clock: DeviceClock;
	readonly random: Random;
	readonly io: IO;
	readonly network: DeviceNetwork;
	readonly flash: FlashPartition;
	readonly keyValue: KeyValue;
	readonly retained: RetainedMemory;
	readonly resetReason: ResetReason;
	readonly freeHeap = undefined;
	/** Ticks at which the radio was switched on; `undefined` while it is off. */
	radioSince: Ticks | undefined;
	readonly #options: VirtualDeviceOptions;
	#isOff = false;

	constructor(options: VirtualDeviceOptions) {
		this.identity = options.identity;
		this.clock = options.clock;
		this.random = options.random;
		this.io = options.bus.io;
		this.network = options.network;
		this.flash = options.flash;
		this.keyValue = options.keyValue;
		this.retained = options.retained;
		this.resetReason = options.resetReason;
		this.#options = options;
	}

	get power(): Power {
		return this;
	}

	/** The network is always there; what is kept is for how long somebody listens to it. */
	startRadio(): void {
		this.radioSince ??= this.clock.ticks;
	}

	sleep(milliseconds: number): void {
		if (!this.#isOff) this.#options.onSleep(milliseconds);
	}

	restart(): void {
		if (!this.#isOff) this.#options.onRestart();
	}

	log(line: string): void {
		if (!this.#isOff) this.#options.log(line);
	}

	/** Ends this life: no alarm, no callback, no line comes from it any more. */
	off(): void {
		this.#isOff = true;
		this.clock.stop();
		this.network.cut();
		this.#options.bus.release();
	}
}
