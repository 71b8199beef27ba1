import { describe, expect, test } from "@jest/globals";
import standard from "../../../examples/station.ts";
import { Durations } from "../../../firmware/limits.ts";
import { createFleet } from "../../../simulator/index.ts";
import { FleetBench } from "../fleet/bench.ts";

const definition = {
	...standard,
	cadence: { sampleSeconds: 60, observeSeconds: 60, reportSeconds: 600 },
};

describe("a station without a connection", () => {
	test("starts again after the longest usual outage, once, and loses nothing by it", () => {
		const lines: string[] = [];
		const fleet = createFleet({ definition, log: (_thing, line) => void lines.push(line) });
		const restarts = (): number =>
			lines.filter((line) => line.startsWith("last resort: no")).length;
		fleet.advance("1h");
		fleet.fault("brokerOutage", { for: "30h" });
		fleet.advance(Durations.lastResort - 3_600_000);
		expect(restarts()).toBe(0);
		fleet.advance("2h");
		expect(restarts()).toBe(1);
		fleet.advance("4h");
		fleet.finish();
		fleet.assertArchived();
		expect(restarts()).toBe(1);
		expect(fleet.ledger().archived).toBeGreaterThan(29 * 60);
	}, 120_000);
});

test("resets are in the health message, with how many there were", () => {
	const bench = new FleetBench();
	bench.fleet.start();
	bench.pass(60);
	const [station] = bench.fleet.stations;
	for (const reason of ["brownout", "watchdog", "brownout"] as const) {
		station!.reset(reason);
		bench.pass(60);
	}
	const health = JSON.parse(bench.broker.messages.get("isobar/station-1/health")!);
	expect(health).toMatchObject({ reset: "brownout", resets: { brownout: 2, watchdog: 1 } });
});
