import standard from "../../../examples/station.ts";
import { defineStation, type StationDefinition } from "../../../firmware/index.ts";
import { VirtualFleet, type VirtualFleetOptions } from "../../../simulator/fleet/virtual.ts";
import { typicalDay } from "../../../simulator/weather/typical.ts";

export const minute = 60_000;
export const hour = 60 * minute;

/** The usual station at a slow pace: an observation a minute, a report of five. */
export const slow: StationDefinition = defineStation({
	...standard,
	cadence: { sampleSeconds: 30, observeSeconds: 60, reportSeconds: 300 },
	keepAliveSeconds: 300,
	healthSeconds: 3_600,
});

/** A fleet of slow stations. */
export function makeFleet(stations = 1, options: Partial<VirtualFleetOptions> = {}): VirtualFleet {
	return new VirtualFleet({
		things: Array.from({ length: stations }, (_, index) => `station-${index + 1}`),
		definition: slow,
		weather: typicalDay(),
		seed: 1,
		...options,
	});
}

/** Lets time pass, in ms. */
export function pass(fleet: VirtualFleet, duration: number): void {
	fleet.runUntil(fleet.now + duration);
}
