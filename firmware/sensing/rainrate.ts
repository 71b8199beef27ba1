import type { Observation } from "../base/observation.ts";
import { ChannelIndex, type ChannelTable } from "./channel.ts";
import { Slot } from "./slot.ts";

const secondsPerHour = 3_600;
const windowSeconds = 600;
/** Part of the window that observations must cover. */
const leastCovered = 0.75;
/** Observations are gathered by the 10 s in which they end. */
const slotSeconds = 10;
const slots = windowSeconds / slotSeconds;

/**
 * Intensity of rain over the 10 minutes that end with an observation; over the observation itself
 * when that is longer.
 *
 * Ten minutes, because one tip of 0.2794 mm in one minute would be 17 mm/h and the next minute
 * dry. A part of the window without a value does not count as dry: the intensity is that of the
 * part that is known.
 */
export class RainRate {
	readonly #rate: Slot;
	readonly #amounts = new Float64Array(slots);
	readonly #covered = new Float64Array(slots);
	/** Number of the newest slot, counted from 1970. */
	#newest = Number.NEGATIVE_INFINITY;

	constructor(channels: ChannelTable) {
		this.#rate = new Slot(channels, "precipitationRate10Minutes");
	}

	fill(observation: Observation): void {
		const { startSeconds, periodSeconds, values } = observation;
		const amount = values[ChannelIndex.precipitation]!;
		if (periodSeconds >= windowSeconds) {
			this.#rate.put(observation, (amount / periodSeconds) * secondsPerHour);
			return;
		}
		const slot = Math.ceil((startSeconds + periodSeconds) / slotSeconds);
		this.#advance(slot);
		if (!Number.isNaN(amount)) {
			this.#amounts[slot % slots]! += amount;
			this.#covered[slot % slots]! += periodSeconds;
		}
		this.#rate.put(observation, this.#mean());
	}

	#mean(): number {
		let amount = 0;
		let covered = 0;
		for (let at = 0; at < slots; at++) {
			amount += this.#amounts[at]!;
			covered += this.#covered[at]!;
		}
		if (covered < leastCovered * windowSeconds) return Number.NaN;
		return (amount / covered) * secondsPerHour;
	}

	/** Empties the slots up to `slot`; all of them when the clock was set, forward or back. */
	#advance(slot: number): void {
		if (slot < this.#newest) this.#newest = Number.NEGATIVE_INFINITY;
		for (let one = Math.max(this.#newest + 1, slot - slots + 1); one <= slot; one++) {
			this.#amounts[one % slots] = 0;
			this.#covered[one % slots] = 0;
		}
		this.#newest = slot;
	}
}
