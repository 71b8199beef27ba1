import { describe, expect, test } from "@jest/globals";
import { createFleet } from "isobar/simulator";
import type { SoilPart } from "./soilpart.ts";
import garden, { parts } from "./station.ts";

describe("the soil probe", () => {
	test("measures what the soil has, at both ends as well", () => {
		const fleet = createFleet({ definition: garden, parts });
		const part = fleet.station().part("SoilProbe") as SoilPart;
		for (const moisture of [0, 40, 100]) {
			part.moisture = moisture;
			fleet.advance("2m");
			expect(fleet.station().values.soilMoisture).toBeCloseTo(moisture, 0);
		}
	});

	test("without its cable is a null with the reason, and the air is still measured", () => {
		const fleet = createFleet({ definition: garden, parts, conditions: { airTemperature: 21 } });
		const part = fleet.station().part("SoilProbe") as SoilPart;
		part.isPlugged = false;
		fleet.advance("5m");
		expect(fleet.station().values.soilMoisture).toBeNull();
		expect(fleet.station().reasons.soilMoisture).toBe("unplugged");
		expect(fleet.station().values.airTemperature).toBeCloseTo(21, 0);
	});

	test("loses nothing over an outage and a power cut", () => {
		const fleet = createFleet({ definition: garden, parts, stations: 3 });
		fleet.advance("1h");
		fleet.fault("brokerOutage", { for: "2h" });
		fleet.advance("30m");
		fleet.station("station-2").fault("powerCut", { for: "5m" });
		fleet.advance("3h");
		fleet.finish();
		fleet.assertArchived();
		const { archive } = fleet.station("station-2");
		expect(archive.length).toBeGreaterThan(250);
		// The window in which the power came back had no time for a sample.
		const missing = archive.filter(({ values }) => values.soilMoisture === null);
		expect(missing.map(({ reasons }) => reasons.soilMoisture)).toEqual(["silent"]);
		for (const { values } of archive) expect(values.soilMoisture ?? 40).toBeCloseTo(40, 0);
	});
});
