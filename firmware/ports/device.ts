import type { Clock, Random } from "./clock.ts";
import type { IO } from "./io.ts";
import type { Network } from "./socket.ts";
import type { FlashPartition, KeyValue, RetainedMemory } from "./storage.ts";

/** Where the station connects and as whom; from the identity partition, never from the program. */
export interface Identity {
	/** Thing name, client id and common name of the certificate: one and the same. */
	readonly thingName: string;
	/** Host of the broker. */
	readonly endpoint: string;
	readonly port: number;
	/** Host of the time server; left out where the platform keeps its clock right by itself. */
	readonly timeServer?: string | undefined;
	/** For a device that has the claim certificate of its batch, and no identity of its own yet. */
	readonly claim?: Claim | undefined;
}

/** What a device gets itself an identity with. */
export interface Claim {
	/** Provisioning template of the cloud. */
	readonly templateName: string;
	/** What the device says of itself, such as its serial number, as the template wants it. */
	readonly parameters: Readonly<Record<string, string>>;
}

/** Why the device started. */
export type ResetReason = "power-on" | "brownout" | "watchdog" | "crash" | "restart" | "deep-sleep";

/** An image that an update has brought, and that a reset would roll back. */
export interface ImageTrial {
	/** Keeps it. */
	confirm(): void;
	/** Starts the image before it. */
	reject(): void;
}

/** What a device can do to take less from its battery. */
export interface Power {
	/** Switches the radio on, which is off at each start; `networkUp` follows. Again without effect. */
	startRadio(): void;
	/**
	 * Ends this run and switches off what can be: clock and ticks go on, retained memory stays. The firmware starts
	 * again after `milliseconds`, with the reset reason "deep-sleep".
	 */
	sleep(milliseconds: number): void;
}

/** What a station is built on: the ECMA-419 host provider, with clock, randomness and power. */
export interface Device {
	readonly identity: Identity;
	readonly clock: Clock;
	readonly random: Random;
	readonly io: IO;
	readonly network: Network;
	/** Partition of the outbox. */
	readonly flash: FlashPartition;
	/** Domain of the firmware's own small state. */
	readonly keyValue: KeyValue;
	/** Left out where a reset takes all memory. */
	readonly retained?: RetainedMemory | undefined;
	readonly resetReason: ResetReason;
	/** The factory's address of the chip, for those who have to find it; where there is one. */
	readonly macAddress?: string | undefined;
	/** What the run before this one has logged last, with its ticks, the oldest first; where somebody keeps it. */
	readonly lastLines?: readonly string[];
	/** Free heap in bytes, or `undefined` where nobody counts. */
	readonly freeHeap: number | undefined;
	/** Left out where the radio is always on, and nothing sleeps. */
	readonly power?: Power | undefined;
	/** Left out where this image is kept already. */
	readonly trial?: ImageTrial | undefined;
	/** Ends this run and starts the firmware again. */
	restart(): void;
	/** A line for the log of the device. Carries no secret. */
	log(line: string): void;
}
