import { defineStation, sensor } from "../../../firmware/index.ts";
import { Anemometer, Battery, BME280, RainGauge, WindVane } from "../../../sensors/index.ts";

/** The usual instruments, at the pace of a station that lives on a battery. */
export const definition = defineStation({
	board: "esp32",
	buses: { i2c: { data: 21, clock: 22, hz: 100_000 } },
	sensors: [
		sensor(BME280, {
			bus: "i2c",
			address: 0x76,
			calibrate: { airTemperature: { offset: -0.1 }, stationPressure: { polynomial: [12, 1] } },
			metadata: { serial: "B-17", heightM: 2 },
		}),
		sensor(RainGauge, { pin: 27, debounce: 20 }),
		sensor(Anemometer, { pin: 26, debounce: 2 }),
		sensor(WindVane, { pin: 34 }),
		sensor(Battery, { pin: 35 }),
	],
	cadence: { sampleSeconds: 10, observeSeconds: 60, reportSeconds: 600 },
	site: { name: "Alamosa", latitude: 37.7, longitude: -105.92, heightM: 2317 },
});
