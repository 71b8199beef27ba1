import { describe, expect, test } from "@jest/globals";
import { defineStation, sensor } from "isobar/firmware";
import {
	Anemometer,
	BME280,
	INA219,
	LTR390,
	MAX17048,
	RainGauge,
	SCD4x,
	SHT4x,
	SPS30,
	VEML7700,
	WindVane,
} from "isobar/sensors";
import { createFleet } from "../../../simulator/fleet/create.ts";
import type { WeatherSource } from "../../../simulator/weather/conditions.ts";
import { FieldClimate } from "../../../simulator/weather/field.ts";

/** A summer morning. */
const start = Date.UTC(2027, 6, 1, 4);

const everything = defineStation({
	board: "esp32",
	buses: { i2c: { data: 21, clock: 22 } },
	sensors: [
		sensor(BME280, {
			bus: "i2c",
			address: 0x76,
			channels: { airTemperature: false, relativeHumidity: false },
		}),
		sensor(SHT4x, {
			bus: "i2c",
			address: 0x44,
			calibrate: { airTemperature: { offset: 5 } },
			metadata: { serial: "A1", heightM: 2, calibrated: "2027-03-01" },
		}),
		sensor(VEML7700, { bus: "i2c", address: 0x10 }),
		sensor(LTR390, { bus: "i2c", address: 0x53 }),
		sensor(SCD4x, { bus: "i2c", address: 0x62 }),
		sensor(SPS30, { bus: "i2c", address: 0x69, configure: { startUpTime: 10 } }),
		sensor(INA219, { bus: "i2c", address: 0x40 }),
		sensor(MAX17048, { bus: "i2c", address: 0x36 }),
		sensor(RainGauge, { pin: 27, debounce: 20 }),
		sensor(Anemometer, { pin: 26, debounce: 2 }),
		sensor(WindVane, { pin: 34 }),
	],
	derive: [
		"airTemperatureMinimum",
		"airTemperatureMaximum",
		"airTemperatureSamples",
		"windSpeed10Minutes",
		"windDirection10Minutes",
		"windGust10Minutes",
		"dewPoint",
		"precipitationSinceMidnightUtc",
		"luminousExposureSinceMidnightLocal",
	],
	cadence: { sampleSeconds: 3, observeSeconds: 60, reportSeconds: 600 },
	site: { name: "Garching", latitude: 48.25, longitude: 11.65, heightM: 480, utcOffsetHours: 1 },
	payload: "dense",
});

describe("a station with every sensor, in dense reports", () => {
	const climate = new FieldClimate({ seed: 4 });
	const fleet = createFleet({ definition: everything, start, weather: climate, seed: 4 });
	const station = fleet.station();
	fleet.advance("3h");
	fleet.finish();
	const rows = station.archive;
	const last = rows.at(-1)!.values as Record<string, number>;

	test("archives everything it observes, and every channel has values", () => {
		fleet.assertArchived();
		expect(rows.length).toBeGreaterThan(175);
		for (const [name, value] of Object.entries(last))
			expect([name, value]).toEqual([name, expect.any(Number)]);
		expect(Object.keys(last)).toHaveLength(7 + 10 + 9);
		expect(station.shadow.reported).toMatchObject({
			site: { name: "Garching" },
			sensors: {
				SHT4x: { part: "SHT4x", serial: "A1", calibrate: { airTemperature: { offset: 5 } } },
			},
		});
	});

	test("what it derives fits what it measures", () => {
		for (const { values } of rows.slice(20)) {
			const row = values as Record<string, number>;
			expect(row.airTemperatureMinimum).toBeLessThanOrEqual(row.airTemperature! + 0.051);
			expect(row.airTemperatureMaximum).toBeGreaterThanOrEqual(row.airTemperature! - 0.051);
			expect(row.airTemperatureSamples).toBeGreaterThanOrEqual(19);
			expect(row.dewPoint).toBeLessThanOrEqual(row.airTemperature! + 0.051);
			expect(row.windGust10Minutes).toBeGreaterThanOrEqual(row.windSpeed10Minutes! - 0.051);
		}
		const light = rows.map(({ values }) => values.illuminance ?? 0);
		const exposure = light.reduce((sum, lux) => sum + lux / 60, 0);
		expect(last.luminousExposureSinceMidnightLocal).toBeGreaterThan(0.9 * exposure);
	});
});

describe("one station in weather that does not change", () => {
	const weather: WeatherSource = {
		at: (time, into) =>
			Object.assign(into, {
				airTemperature: 15,
				relativeHumidity: 20,
				stationPressure: 95_000,
				windSpeed: 4,
				windDirection: 270,
				// A tip each minute.
				precipitationTotal: (0.2794 * time) / 60_000,
				batteryVoltage: 3.9,
				illuminance: 5_000,
			}),
	};
	// Local midnight: the sun is far below the horizon.
	const fleet = createFleet({ definition: everything, start: Date.UTC(2027, 0, 1, 23), weather });
	const station = fleet.station();
	station.desire({ limits: { stationPressure: { minimum: 96_000 } } });
	fleet.advance("30m");
	fleet.finish();
	const { values, flags } = station.archive.at(-1)!;

	test("the calibration is in the archive", () => {
		expect(values.airTemperature).toBeCloseTo(20, 0);
	});

	test("flags are in the archive, with limits that the shadow has set", () => {
		expect(station.shadow.reported).toMatchObject({
			limits: { stationPressure: { minimum: 96_000 } },
		});
		expect(flags).toMatchObject({
			stationPressure: ["range"],
			illuminance: ["consistency"],
			precipitation: ["consistency"],
			precipitationSinceMidnightUtc: ["incomplete"],
		});
		expect(flags.relativeHumidity).toBeUndefined();
	});
});
