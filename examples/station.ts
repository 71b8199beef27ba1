import { defineStation, sensor } from "isobar/firmware";
import { Anemometer, Battery, BME280, RainGauge, WindVane } from "isobar/sensors";

/** The station that `npm start` flies twelve of: an ESP32 DevKitC with the usual instruments. */
export default defineStation({
	board: "esp32",
	buses: { i2c: { data: 21, clock: 22, hz: 100_000 } },
	sensors: [
		sensor(BME280, { bus: "i2c", address: 0x76 }),
		sensor(RainGauge, { pin: 27, debounce: 20 }),
		sensor(Anemometer, { pin: 26, debounce: 2 }),
		sensor(WindVane, { pin: 34 }),
		sensor(Battery, { pin: 35 }),
	],
	cadence: { sampleSeconds: 2, observeSeconds: 5, reportSeconds: 30 },
	site: { name: "Alamosa", latitude: 37.7, longitude: -105.92, heightM: 2317 },
});
