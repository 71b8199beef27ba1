import type { Observation } from "../base/observation.ts";
import { type ChannelTable, reasonCode } from "./channel.ts";

/** Where a derived value goes: a channel of the station, or nowhere when it does not derive that. */
export class Slot {
	readonly #index: number;

	constructor(channels: ChannelTable, name: string) {
		this.#index = channels.indexOf(name);
	}

	/** Whether the station has the channel. */
	get isFitted(): boolean {
		return this.#index >= 0;
	}

	/** @param value  NaN when it is missing for the reason of that code, 1 or more */
	put(observation: Observation, value: number, reason: number = reasonCode("coverage")): void {
		const index = this.#index;
		if (index < 0) return;
		observation.values[index] = value;
		observation.reasons[index] = Number.isNaN(value) ? reason : 0;
	}

	flag(observation: Observation, flag: number): void {
		if (this.#index >= 0) observation.flags[this.#index]! |= flag;
	}
}
