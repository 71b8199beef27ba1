/**
 * The recorded day as simulated stations observe it: the real firmware in virtual time, with nobody to
 * report to. What the pictures of it are drawn from.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineStation, sensor } from "../dist/firmware.js";
import { Anemometer, Battery, BME280, RainGauge, WindVane } from "../dist/sensors.js";
import {
	Fleet,
	parseRecord,
	RandomStream,
	ReplayWeather,
	VirtualClock,
	VirtualFlash,
	VirtualKeyValue,
	VirtualNetwork,
	VirtualWorld,
} from "../dist/simulator.js";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const minuteMs = 60_000;
export const dayMinutes = 1_440;

const recordFile = `${root}simulator/weather/data/surfrad-alamosa-2016-01-01.csv`;
/** The file as it is: a line for each minute, of the columns in its first line. */
export const recordText = readFileSync(recordFile, "utf8");
export const record = parseRecord(recordText, recordFile);

/** A station with the usual instruments that observes every minute. */
export const stationAt = (site, { sampleSeconds, reportSeconds }) =>
	defineStation({
		board: "esp32",
		buses: { i2c: { data: 21, clock: 22 } },
		sensors: [
			sensor(BME280, { bus: "i2c", address: 0x76 }),
			sensor(RainGauge, { pin: 27, debounce: 20 }),
			sensor(Anemometer, { pin: 26, debounce: 2 }),
			sensor(WindVane, { pin: 34 }),
			sensor(Battery, { pin: 35 }),
		],
		cadence: { sampleSeconds, observeSeconds: 60, reportSeconds },
		site,
	});

/**
 * Flies one station for a day.
 *
 * @param start   UTC ms of its first minute, not before the firmware was built
 * @param offset  ms from a moment of the day to that of the record which it has the weather of
 * @returns for each minute the values of its observation, in the order of the standard channels; NaN
 *   where one is missing
 */
export function flyDay({ thing, seed, definition, start, offset }) {
	const clock = new VirtualClock(start);
	const world = new VirtualWorld(new VirtualNetwork(clock), new RandomStream(seed));
	const fleet = new Fleet(world, {
		things: [thing],
		endpoint: "nobody.example",
		port: 8883,
		definition,
		weather: new ReplayWeather(record, { seed, offset, site: definition.site }),
		seed,
		storage: () => ({ flash: new VirtualFlash(), keyValue: new VirtualKeyValue() }),
		log: () => {},
	});
	fleet.start();
	return Array.from({ length: dayMinutes }, (_, minute) => {
		// A second later than the window ends: it is closed by then.
		clock.runUntil(start + (minute + 1) * minuteMs + 1_000);
		return fleet.stations[0].state.lastObservation.values.slice();
	});
}
