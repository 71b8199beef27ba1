import { after, never } from "../base/ticks.ts";
import { Durations, Limits } from "../limits.ts";
import type { Ticks, Timed } from "../ports/clock.ts";
import type { ResetReason } from "../ports/device.ts";
import type { KeyValue } from "../ports/storage.ts";

const storageKey = "supply";
/** What the count is held at; the radio waits no longer from far fewer on. */
const mostBrownouts = 255;

/** What the supply's keeper is given by the station. */
export interface SupplyOptions {
	readonly keyValue: KeyValue;
	/** Why the device has started this time. */
	readonly reset: ResetReason;
	/** The radio may be used from now on. */
	onRadio(now: Ticks): void;
	/** The supply has proven itself: reports go at their own pace again. */
	onSteady(now: Ticks): void;
	log(line: string): void;
}

/** What the health message says of a supply that dips. */
export interface SupplyFacts {
	/** In a row. */
	readonly brownouts: number;
	/** That the radio was left off after this start. */
	readonly heldSeconds: number;
	/** How many times as many observations a report waits for. */
	readonly reportStretch: number;
}

/**
 * What a station does about a supply that dips again and again: it is the radio that a weak battery does
 * not bear, and a station that starts, connects and dips has soon emptied it (espressif/esp-idf#5913).
 *
 * After `Limits.brownouts` in a row the radio stays off for a while after a start, twice as long for each
 * more, and reports wait for more observations; the sensors are sampled and the outbox is written as ever.
 * The row ends with power that was off, and when the radio has been on for `Durations.steadySupply`; a
 * wake from deep sleep, in which that never is, takes one away.
 */
export class Supply implements Timed {
	deadline = never as Ticks;
	readonly #options: SupplyOptions;
	#brownouts: number;
	#isRadioOn = false;

	constructor(options: SupplyOptions) {
		this.#options = options;
		const stored = read(options.keyValue);
		this.#brownouts = countAfter(stored, options.reset);
		if (this.#brownouts !== stored) write(options.keyValue, this.#brownouts);
	}

	/** Whether the radio has to stay off. */
	get isHolding(): boolean {
		return !this.#isRadioOn;
	}

	/** How long the radio stays off after this start, ms. */
	get holdMs(): number {
		if (!this.#isWeak) return 0;
		const { brownoutHold, brownoutHoldCap } = Durations;
		return Math.min(brownoutHold * 2 ** this.#excess, brownoutHoldCap);
	}

	/** How many times as many observations a report waits for, 1..Limits.reportStretch. */
	get reportStretch(): number {
		return this.#isWeak ? Math.min(2 ** (this.#excess + 1), Limits.reportStretch) : 1;
	}

	/** `undefined` while there is nothing to say. */
	get facts(): SupplyFacts | undefined {
		if (!this.#isWeak) return undefined;
		const { holdMs, reportStretch } = this;
		return { brownouts: this.#brownouts, heldSeconds: holdMs / 1000, reportStretch };
	}

	/** The device has started: the radio may be used at once, or after its time. */
	open(now: Ticks): void {
		const { holdMs, reportStretch } = this;
		if (holdMs === 0) {
			this.#release(now);
			return;
		}
		this.#options.log(
			`supply: ${this.#brownouts} brown-outs in a row, radio off for ${holdMs / 1000} s, ${reportStretch} times the observations in a report`,
		);
		this.deadline = after(now, holdMs);
	}

	/** Nobody wants the radio any more. */
	close(): void {
		this.deadline = never as Ticks;
	}

	onDeadline(now: Ticks): void {
		if (this.#isRadioOn) this.#end(now);
		else this.#release(now);
	}

	get #isWeak(): boolean {
		return this.#brownouts >= Limits.brownouts;
	}

	/** Brown-outs beyond the first row that counts. */
	get #excess(): number {
		return this.#brownouts - Limits.brownouts;
	}

	#release(now: Ticks): void {
		this.#isRadioOn = true;
		this.deadline = this.#brownouts === 0 ? (never as Ticks) : after(now, Durations.steadySupply);
		this.#options.onRadio(now);
	}

	#end(now: Ticks): void {
		const { log, keyValue, onSteady } = this.#options;
		if (this.#isWeak) log("supply: steady again");
		this.close();
		this.#brownouts = 0;
		write(keyValue, 0);
		onSteady(now);
	}
}

function countAfter(stored: number, reset: ResetReason): number {
	switch (reset) {
		case "brownout":
			return Math.min(stored + 1, mostBrownouts);
		case "power-on":
			return 0;
		case "deep-sleep":
			return Math.max(0, stored - 1);
		default:
			return stored;
	}
}

function read(keyValue: KeyValue): number {
	const bytes = keyValue.read(storageKey);
	return bytes?.length === 1 ? bytes[0]! : 0;
}

/** A count that cannot be kept makes the row shorter, and nothing else. */
function write(keyValue: KeyValue, count: number): void {
	try {
		keyValue.write(storageKey, Uint8Array.of(count));
	} catch {}
}
