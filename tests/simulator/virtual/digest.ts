import { FaultBench } from "../../../simulator/fleet/faults.ts";
import { FaultPlan } from "../../../simulator/fleet/plan.ts";
import { hour, makeFleet, minute, pass } from "./support.ts";

/** A day of a small fleet to which much happens, as a trace hash. */
function digestOfRun(seed: number): string {
	const fleet = makeFleet(4, { seed, path: { jitter: 40, loss: 0.02 }, driftPpm: 40 });
	const bench = new FaultBench(fleet);
	new FaultPlan(
		fleet,
		bench,
		[
			{ fault: "powerCut", perDay: 12, duration: [1_000, 10 * minute] },
			{ fault: "deadLink", perDay: 6, duration: [minute, 20 * minute] },
			{ fault: "sensorFault", perDay: 6, duration: [minute, 20 * minute] },
			{ fault: "shadowChange", perDay: 4 },
			{ fault: "brokerOutage", at: [5 * hour], duration: [minute, hour] },
		],
		12 * hour,
	);
	pass(fleet, 12 * hour);
	bench.endAll();
	fleet.settle(hour);
	return fleet.trace.digest;
}

for (const seed of process.argv.slice(2)) console.log(digestOfRun(Number(seed)));
