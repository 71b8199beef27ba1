import { defineStation, sensor } from "isobar/firmware";
import { BME280 } from "isobar/sensors";
import type { Parts } from "isobar/simulator";
import { SoilProbe } from "./soil.ts";
import { SoilPart } from "./soilpart.ts";

/** A garden: the air, and the soil by a sensor of one's own. */
export default defineStation({
	board: "esp32",
	buses: { i2c: { data: 21, clock: 22, hz: 100_000 } },
	sensors: [
		sensor(BME280, { bus: "i2c", address: 0x76 }),
		sensor(SoilProbe, { pin: 36, configure: { dryMv: 2_800, wetMv: 1_200 } }),
	],
	channels: [
		{
			name: "soilMoisture",
			unit: "%",
			key: "S",
			perUnit: 10,
			aggregate: "mean",
			minimum: 0,
			maximum: 100,
			group: "soil",
			property: "moisture",
			in: "observation",
		},
	],
	cadence: { sampleSeconds: 60, observeSeconds: 60, reportSeconds: 600 },
	site: { name: "Garden", latitude: 52.1, longitude: 5.18, heightM: 2 },
});

/** What the simulator puts at the pins. */
export const parts: Parts = { SoilProbe: () => new SoilPart() };
