import { derivedPartsOf } from "../sensing/derivation.ts";
import { channelsOf } from "./channels.ts";
import type { StationDefinition } from "./define.ts";

/**
 * Why a station cannot sleep between its observations; `undefined` when it can. The chip counts no pulses while it
 * sleeps, and what is gathered over many samples is gathered in memory that a sleep clears.
 */
export function sleepFault(definition: StationDefinition): string | undefined {
	const { sensors, cadence } = definition;
	const counter = sensors.find(({ Driver }) => Driver.part.io === "PulseCount");
	if (counter !== undefined) {
		return `sensor ${counter.name}: counts pulses, which a station with power "solar" sleeps through`;
	}
	if (cadence.sampleSeconds !== cadence.observeSeconds) {
		return `cadence.sampleSeconds: expected ${cadence.observeSeconds} with power "solar", one sample an observation, got ${cadence.sampleSeconds}`;
	}
	if (Object.values(derivedPartsOf(channelsOf(definition))).includes(true)) {
		return `derive: expected nothing over minutes or days with power "solar", got ${definition.derive.join(", ")}`;
	}
	return undefined;
}
