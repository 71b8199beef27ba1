import { ByteWriter } from "../base/bytes.ts";
import type { Ticks } from "../ports/clock.ts";
import type { Device } from "../ports/device.ts";
import { firmwareVersion } from "./version.ts";

/** What the presence is given by the station. */
export interface PresenceOptions {
	/** Scratch for a message; nobody else uses it during a call. */
	readonly payload: Uint8Array;
	/** Publishes a retained message at QoS 1; returns a packet identifier or a negated Status. */
	publish(payload: Uint8Array, length: number, now: Ticks): number;
}

/** What a birth says beside "online": which firmware, why it has started, and on which chip. */
export function birthOf({
	resetReason,
	macAddress,
}: Pick<Device, "resetReason" | "macAddress">): Readonly<Record<string, string>> {
	const chip = macAddress === undefined ? {} : { mac: macAddress };
	return { firmware: firmwareVersion, reset: resetReason, ...chip };
}

/**
 * The retained status of a station: a birth after each connect, a will that the broker publishes
 * when the station is lost, and a last word when it leaves by itself.
 *
 * Source: MQTT 3.1.1 §3.1.2.5 (will), §3.3.1.3 (retain).
 */
export class Presence {
	/** The message of the will, exactly as long as it is. */
	readonly will: Uint8Array;
	readonly #options: PresenceOptions;
	readonly #birth: string;
	readonly #payload: Uint8Array;
	readonly #writer: ByteWriter;

	/** @param facts  what a birth says of this boot beside "online" */
	constructor(facts: Readonly<Record<string, string | number>>, options: PresenceOptions) {
		this.#options = options;
		this.#payload = options.payload;
		this.#writer = new ByteWriter(options.payload);
		this.#birth = JSON.stringify({ state: "online", ...facts });
		this.will = this.#payload.slice(0, this.#encode('{"state":"offline","reason":"lost"}'));
	}

	announce(now: Ticks): number {
		return this.#publish(this.#birth, now);
	}

	/** The will is not sent when a client disconnects by itself, so it says so before. */
	leave(reason: "left" | "asleep", now: Ticks): number {
		return this.#publish(`{"state":"offline","reason":"${reason}"}`, now);
	}

	#publish(text: string, now: Ticks): number {
		return this.#options.publish(this.#payload, this.#encode(text), now);
	}

	#encode(text: string): number {
		this.#writer.reset(this.#payload);
		this.#writer.utf8(text);
		return this.#writer.position;
	}
}
