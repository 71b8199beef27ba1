import { describe, expect, test } from "@jest/globals";
import { type Channel, defineStation, type StationInput, sensor } from "isobar/firmware";
import { Anemometer, BME280, INA219, SHT4x, WindVane } from "isobar/sensors";
import { ChannelTable } from "../../../firmware/sensing/channel.ts";
import { channelsOf, fillingsOf } from "../../../firmware/station/channels.ts";

const site = { name: "x", latitude: 0, longitude: 0, heightM: 0 };
const buses = { i2c: { data: 21, clock: 22 } };
const bme280 = { bus: "i2c", address: 0x76 };

const soil: Channel = {
	name: "soilTemperature",
	unit: "°C",
	key: "St",
	perUnit: 10,
	aggregate: "mean",
	minimum: -40,
	maximum: 60,
	group: "soil",
	property: "temperature",
	in: "observation",
};

const define = (input: Pick<StationInput, "sensors"> & Partial<StationInput>) =>
	defineStation({ board: "esp32", buses, site, ...input });

function namesOf(table: ChannelTable): string[] {
	return Array.from({ length: table.length }, (_, index) => table.at(index).name);
}

/** What a sensor of a station fills, as "group.property > channel". */
function fillings(definition: ReturnType<typeof define>, index: number): string[] {
	const known = new ChannelTable(definition.channels);
	return fillingsOf(definition.sensors[index]!, known, channelsOf(definition)).map(
		({ group, property, channel }) => `${group}.${property} > ${channel}`,
	);
}

describe("the channels of a station", () => {
	test("are the standard ones, those of its sensors, what it derives, and the user's own", () => {
		const definition = define({
			sensors: [sensor(BME280, bme280), sensor(INA219, { bus: "i2c", address: 0x40 })],
			channels: [soil],
			derive: ["dewPoint", "airTemperatureMaximum"],
		});
		expect(namesOf(channelsOf(definition)).slice(8)).toEqual([
			"supplyVoltage",
			"supplyCurrent",
			"supplyPower",
			"airTemperatureMaximum",
			"dewPoint",
			"soilTemperature",
		]);
	});

	test("two sensors of one kind fill different channels", () => {
		const definition = define({
			sensors: [
				sensor(BME280, { ...bme280, channels: { airTemperature: false, relativeHumidity: false } }),
				sensor(SHT4x, { bus: "i2c", address: 0x44 }),
				sensor(SHT4x, {
					name: "soil",
					bus: "i2c",
					address: 0x45,
					channels: { airTemperature: "soilTemperature", relativeHumidity: false },
				}),
				sensor(INA219, { bus: "i2c", address: 0x40 }),
				sensor(INA219, {
					name: "battery",
					bus: "i2c",
					address: 0x41,
					channels: {
						supplyVoltage: "batteryVoltage",
						supplyCurrent: "batteryCurrent",
						supplyPower: "batteryPower",
					},
				}),
			],
			channels: [soil],
			derive: ["airTemperatureMinimum", "airTemperatureSamples"],
		});
		expect(fillings(definition, 0)).toEqual(["barometer.pressure > stationPressure"]);
		expect(fillings(definition, 1)).toEqual([
			"thermometer.temperature > airTemperature",
			"thermometer.temperature > airTemperatureMinimum",
			"thermometer.temperature > airTemperatureSamples",
			"hygrometer.humidity > relativeHumidity",
		]);
		expect(fillings(definition, 2)).toEqual(["thermometer.temperature > soilTemperature"]);
		expect(fillings(definition, 4)).toEqual([
			"powerMeter.voltage > batteryVoltage",
			"powerMeter.current > batteryCurrent",
			"powerMeter.power > batteryPower",
		]);
	});

	test("with one source have one calibration", () => {
		const definition = define({
			sensors: [
				sensor(Anemometer, { pin: 26, calibrate: { windSpeed: { offset: 0.3, gain: 1.02 } } }),
				sensor(WindVane, { pin: 34, calibrate: { windDirection: { offset: -12 } } }),
			],
		});
		const known = new ChannelTable();
		const table = channelsOf(definition);
		expect(
			definition.sensors
				.flatMap((entry) => fillingsOf(entry, known, table))
				.map(({ channel, coefficients }) => [channel, coefficients]),
		).toEqual([
			["windSpeed", [0.3, 1.02]],
			["windGust", [0.3, 1.02]],
			["windDirection", [-12, 1]],
		]);
	});
});
