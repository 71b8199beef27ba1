import type { StationDefinition } from "../../firmware/index.ts";
import { createFleet } from "../fleet/create.ts";
import type { Parts } from "../fleet/wiring.ts";
import type { DayCounts } from "./ledger.ts";

/** CONNECT to the first report: CONNACK, subscriptions, birth, shadow, health, each with its answer. */
const openingPackets = 16;
const secondsPerDay = 86_400;

/** Runs a day of a station in virtual time, without faults, and counts what it has done. */
export function countDay(definition: StationDefinition, parts: Parts = {}): DayCounts {
	const fleet = createFleet({ definition, parts });
	fleet.advance("1d");
	const { samples, made, reportsSent, connects } = fleet.station().state!;
	// A PINGREQ comes after that much silence only; as if there were no reports, which is more.
	const pings = secondsPerDay / definition.keepAliveSeconds;
	return {
		samples,
		observations: made,
		reports: reportsSent,
		packets: 2 * (reportsSent + pings) + openingPackets * connects,
	};
}
