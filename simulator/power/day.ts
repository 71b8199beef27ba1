import { defineStation, type StationDefinition } from "../../firmware/index.ts";
import { createFleet } from "../fleet/create.ts";
import type { Parts } from "../fleet/wiring.ts";
import type { DayCounts } from "./ledger.ts";

/** CONNECT to the first report: CONNACK, subscriptions, birth, shadow, health, each with its answer. */
const openingPackets = 16;

/** Runs a day of a station in virtual time, without faults, and counts what it has done. */
export function countDay(definition: StationDefinition, parts: Parts = {}): DayCounts {
	const fleet = createFleet({ definition, parts });
	fleet.advance("1d");
	const { samples, made, reportsSent, connects, wakes, awakeMs, radioMs } = fleet.station().totals;
	// A PINGREQ comes after that much silence only; as if there were no reports, which is more.
	const pings = radioMs / 1000 / definition.keepAliveSeconds;
	return {
		samples,
		observations: made.reduce((sum, { first, last }) => sum + last - first + 1, 0),
		reports: reportsSent,
		connects,
		wakes,
		awakeMs,
		radioMs,
		packets: Math.round(2 * (reportsSent + pings) + openingPackets * connects),
	};
}

/** The same station on a battery: without what counts pulses, and what is derived from that. */
export function asleep(definition: StationDefinition): StationDefinition {
	const { sensors } = definition;
	return defineStation({
		...definition,
		power: "solar",
		sensors: sensors.filter(({ Driver }) => Driver.part.io !== "PulseCount"),
		derive: [],
	});
}
