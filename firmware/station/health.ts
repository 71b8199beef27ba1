import { ByteWriter } from "../base/bytes.ts";
import { never } from "../base/ticks.ts";
import { Limits } from "../limits.ts";
import type { Ticks, Timed } from "../ports/clock.ts";
import type { SupplyFacts } from "./supply.ts";

/** What a station knows of its own state, in the order of the message. */
export interface HealthFacts {
	readonly firmware: string;
	readonly boot: number;
	readonly reset: string;
	/** Resets that nobody wanted, over the life of the station, by their reason. */
	readonly resets: Readonly<Record<string, number>>;
	/** Only while the supply dips again and again. */
	readonly supply: SupplyFacts | undefined;
	uptimeSeconds: number;
	/** UTC, seconds since 1970; where the station knows it. */
	epochSeconds: number | undefined;
	freeHeapBytes: number | undefined;
	batteryMv: number | undefined;
	/** Of the battery, %. */
	stateOfCharge: number | undefined;
	/** As of `rssiOf`. */
	rssiDbm: number | undefined;
	observations: {
		made: number;
		acknowledged: number;
		waiting: number;
		shed: number;
		corrupt: number;
		/** Values that did not fit their column in a report. */
		misfits: number;
	};
	connects: number;
	/** Ends of connections and attempts by the name of their Status; only those that happened. */
	reasons: Record<string, number>;
	/** Faults since boot by the name of the sensor; only those that happened. */
	faults: Record<string, number>;
}

/**
 * What is said of a signal strength.
 *
 * @param reading  dBm, as the platform has it
 * @returns a whole number from -127 to -1; `undefined` for what is unknown, and for what no receiver of
 *   Wi-Fi can mean: a record of an access point has 8 bits for it, and platforms that do not know say 0
 *
 * Allocates: nothing.
 */
export function rssiOf(reading: number | undefined): number | undefined {
	if (reading === undefined || !Number.isFinite(reading)) return undefined;
	const rssiDbm = Math.round(reading);
	return rssiDbm >= -127 && rssiDbm <= -1 ? rssiDbm : undefined;
}

/** What the health report is given by the station. */
export interface HealthOptions {
	/** Reads the facts of this moment. */
	facts(now: Ticks): HealthFacts;
	/** Scratch for a message; nobody else uses it during a call. */
	readonly payload: Uint8Array;
	/** Publishes; returns a packet identifier or a negated Status. */
	publish(payload: Uint8Array, length: number, now: Ticks): number;
}

/**
 * A message about the station itself: counters, reasons, battery, recent log lines. Sent once per
 * period while the link is up; what a missed one would have said is in the next.
 */
export class Health implements Timed {
	deadline = never as Ticks;
	readonly #options: HealthOptions;
	readonly #period: number;
	readonly #payload: Uint8Array;
	readonly #writer: ByteWriter;
	readonly #lines: string[] = [];

	/** @param period  ms between two messages */
	constructor(period: number, options: HealthOptions) {
		this.#period = period;
		this.#options = options;
		this.#payload = options.payload;
		this.#writer = new ByteWriter(options.payload);
	}

	/** Begins to report: the first message goes at once, since a birth is when people look. */
	open(now: Ticks): void {
		this.deadline = now;
	}

	close(): void {
		this.deadline = never as Ticks;
	}

	/** Keeps a line for the next message; drops the oldest beyond Limits.logLines. */
	note(line: string): void {
		if (this.#lines.length === Limits.logLines) this.#lines.shift();
		this.#lines.push(line.slice(0, Limits.logLineChars));
	}

	onDeadline(now: Ticks): void {
		this.deadline = (now + this.#period) as Ticks;
		const facts = this.#options.facts(now);
		// The newest lines that fit; the counters go in any case.
		for (let from = 0; from <= this.#lines.length; from++) {
			const length = this.#encode({ ...facts, log: this.#lines.slice(from) });
			if (length === 0) continue;
			if (this.#options.publish(this.#payload, length, now) >= 0) this.#lines.length = 0;
			return;
		}
	}

	/** Bytes written, or 0 when it does not fit. */
	#encode(message: object): number {
		this.#writer.reset(this.#payload);
		this.#writer.utf8(JSON.stringify(message));
		return this.#writer.overflow ? 0 : this.#writer.position;
	}
}
