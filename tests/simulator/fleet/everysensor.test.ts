import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import Ajv from "ajv/dist/2020.js";
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
import type { WeatherSource } from "../../../simulator/weather/conditions.ts";
import { FieldClimate } from "../../../simulator/weather/field.ts";
import { FleetBench } from "./bench.ts";

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

/** What a broker has of one station after some hours. */
function fly(start: number, hours: number, weather: WeatherSource | FieldClimate): FleetBench {
	const bench = new FleetBench({ definition: everything, start, weather, seed: 4 });
	bench.fleet.start();
	bench.pass(hours * 3_600);
	bench.drain();
	bench.pass(60);
	return bench;
}

describe("a station with every sensor, in dense reports", () => {
	// A summer morning.
	const bench = fly(Date.UTC(2027, 6, 1, 4), 3, new FieldClimate({ seed: 4 }));
	const rows = bench.broker.observations.map(({ observation }) => observation);
	const last = rows.at(-1)!.values as Record<string, number>;

	test("reports everything it observes, and every channel has values", () => {
		expect(rows.length).toBeGreaterThan(175);
		for (const [name, value] of Object.entries(last)) {
			expect([name, value]).toEqual([name, expect.any(Number)]);
		}
		expect(Object.keys(last)).toHaveLength(7 + 10 + 9);
	});

	test("tells of its charge and its reception in the health message, in the published form", () => {
		const health = JSON.parse(bench.broker.messages.get("isobar/station-1/health")!);
		expect(health).toMatchObject({
			batteryMv: expect.any(Number),
			stateOfCharge: expect.any(Number),
			rssiDbm: expect.any(Number),
		});
		const schema = JSON.parse(readFileSync("schema/health.schema.json", "utf8"));
		const validate = new Ajv().compile(schema);
		expect(validate(health) || validate.errors).toBe(true);
		expect(validate({ ...health, rssiDbm: 0 })).toBe(false);
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
	const bench = fly(Date.UTC(2027, 0, 1, 23), 0.5, weather);
	const { values, flags } = bench.broker.observations.at(-1)!.observation;

	test("the calibration is in its reports", () => {
		expect(values.airTemperature).toBeCloseTo(20, 0);
	});

	test("and so are flags", () => {
		expect(flags).toMatchObject({
			illuminance: ["consistency"],
			precipitation: ["consistency"],
			precipitationSinceMidnightUtc: ["incomplete"],
		});
		expect(flags.relativeHumidity).toBeUndefined();
	});
});
