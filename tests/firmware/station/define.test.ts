import { describe, expect, test } from "@jest/globals";
import { defineStation, type Part, type StationInput, sensor } from "isobar/firmware";
import { Anemometer, BME280, RainGauge } from "isobar/sensors";
import station from "../../../examples/station.ts";

const site = { name: "x", latitude: 0, longitude: 0, heightM: 0 };
const buses = { i2c: { data: 21, clock: 22 } };
const board = "esp32";
const bme280 = sensor(BME280, { bus: "i2c", address: 0x76 });

/** A part on I2C that fills no channel. */
class Probe {
	static readonly part: Part = { name: "Probe", io: "I2C", channels: [] };
	start = () => 0;
	sample = () => undefined;
	close() {}
}

class Thermopile extends Probe {
	static override readonly part: Part = {
		name: "Thermopile",
		io: "I2C",
		channels: ["skyTemperature"],
	};
}

const define = (input: Partial<StationInput>) => () =>
	defineStation({ board, buses, site, sensors: [bme280], ...input });

describe("defineStation", () => {
	test("fills in the defaults", () => {
		expect(define({})()).toMatchObject({
			cadence: { sampleSeconds: 2, observeSeconds: 5, reportSeconds: 30 },
			topics: { report: "isobar/{thing}/report" },
			qos: 1,
			cloud: "local",
			keepAliveSeconds: 60,
			lossWindow: 0,
			power: "mains",
		});
		expect(define({ power: "solar" })().cadence).toEqual({
			sampleSeconds: 60,
			observeSeconds: 60,
			reportSeconds: 600,
		});
	});

	test("the example station has the seven core channels and a battery", () => {
		const channels = station.sensors.flatMap(({ Driver }) => Driver.part.channels);
		expect(new Set(channels)).toEqual(
			new Set([
				"airTemperature",
				"relativeHumidity",
				"stationPressure",
				"windSpeed",
				"windGust",
				"windDirection",
				"precipitation",
				"batteryVoltage",
			]),
		);
	});

	test.each<[string, Partial<StationInput>, string]>([
		["no sensor", { sensors: [] }, "sensors: expected at least one, got none"],
		[
			"a pin used twice",
			{ sensors: [sensor(RainGauge, { pin: 27 }), sensor(Anemometer, { pin: 27 })] },
			"sensor Anemometer: pin: pin 27 is taken by sensor RainGauge: pin",
		],
		[
			"a pin of a bus",
			{ sensors: [sensor(RainGauge, { pin: 21 })] },
			"sensor RainGauge: pin: pin 21 is taken by buses.i2c.data",
		],
		[
			"a pin that is none",
			{ sensors: [sensor(RainGauge, { pin: 99 })] },
			"sensor RainGauge: pin: expected 0..48, got 99",
		],
		[
			"no pin",
			{ sensors: [sensor(RainGauge, {})] },
			"sensor RainGauge: pin: expected a whole number, got undefined",
		],
		[
			"two sensors for one channel",
			{ sensors: [bme280, sensor(BME280, { name: "second", bus: "i2c", address: 0x77 })] },
			"sensor second: channel airTemperature is taken by sensor BME280",
		],
		[
			"a name used twice",
			{ sensors: [bme280, sensor(BME280, { bus: "i2c", address: 0x77 })] },
			"sensor BME280: name BME280 is taken by sensor BME280",
		],
		[
			"an address used twice",
			{ sensors: [bme280, sensor(Probe, { bus: "i2c", address: 0x76 })] },
			"sensor Probe: address 0x76 on i2c is taken by sensor BME280",
		],
		[
			"a channel that no table has",
			{ sensors: [sensor(Thermopile, { bus: "i2c", address: 0x40 })] },
			"sensor Thermopile: channel skyTemperature is not in the channel table; add it to channels",
		],
		[
			"another name for a channel that the driver does not have",
			{ sensors: [sensor(BME280, { bus: "i2c", address: 0x76, channels: { wind: "soil" } })] },
			"sensor BME280: channels: expected channels among airTemperature, relativeHumidity, stationPressure, got wind",
		],
		[
			"another name that no table has",
			{
				sensors: [
					sensor(BME280, { bus: "i2c", address: 0x76, channels: { airTemperature: "soil" } }),
				],
			},
			"sensor BME280: channel soil is not in the channel table; add it to channels",
		],
		[
			"a sensor for what the station computes",
			{
				sensors: [
					sensor(BME280, { bus: "i2c", address: 0x76, channels: { airTemperature: "dewPoint" } }),
				],
			},
			"sensor BME280: channel dewPoint is the station's to compute",
		],
		[
			"a calibration that makes one value of all",
			{
				sensors: [
					sensor(BME280, {
						bus: "i2c",
						address: 0x76,
						calibrate: { airTemperature: { gain: 0 } },
					}),
				],
			},
			"sensor BME280: calibrate.airTemperature: expected more than a constant",
		],
		[
			"two calibrations of one source",
			{
				sensors: [
					sensor(Anemometer, {
						pin: 26,
						calibrate: { windSpeed: { gain: 1.1 }, windGust: { gain: 1.2 } },
					}),
				],
			},
			"sensor Anemometer: calibrate: windGust has the calibration of windSpeed; expected one",
		],
		[
			"to derive what is measured",
			{ derive: ["airTemperature"] },
			"derive: expected channels that a station computes, got airTemperature",
		],
		[
			"to derive what nobody knows",
			{ derive: ["toString"] },
			"derive: expected channels that a station computes, got toString",
		],
		[
			"to derive without a sensor",
			{ derive: ["windDirection10Minutes"] },
			"derive: windDirection10Minutes needs a sensor for windSpeed",
		],
		[
			"a statistic without a sensor",
			{ sensors: [sensor(RainGauge, { pin: 27 })], derive: ["airTemperatureMinimum"] },
			"derive: airTemperatureMinimum needs a sensor for airTemperature",
		],
		[
			"a local day without a local time",
			{
				sensors: [sensor(RainGauge, { pin: 27 })],
				derive: ["precipitationSinceMidnightLocal"],
			},
			"derive: precipitationSinceMidnightLocal needs site.utcOffsetHours",
		],
		[
			"a form of reports that is none",
			{ payload: "xml" as "dense" },
			"payload: expected columns or dense, got xml",
		],
		[
			"a loss window that is larger than the stage",
			{ lossWindow: 65 },
			"lossWindow: expected 0..64, got 65",
		],
		[
			"a supply that is none",
			{ power: "wind" as "solar" },
			"power: expected mains or solar, got wind",
		],
		[
			"a sleeper that is to count pulses",
			{ power: "solar", sensors: [bme280, sensor(RainGauge, { pin: 27 })] },
			'sensor RainGauge: counts pulses, which a station with power "solar" sleeps through',
		],
		[
			"a sleeper that is to sample more often than it wakes",
			{ power: "solar", cadence: { sampleSeconds: 10 } },
			'cadence.sampleSeconds: expected 60 with power "solar", one sample an observation, got 10',
		],
		["half an observation", { lossWindow: 1.5 }, "lossWindow: expected a whole number, got 1.5"],
		[
			"an unknown bus",
			{ sensors: [sensor(BME280, { bus: "spi", address: 0x76 })] },
			"sensor BME280: bus: expected one of i2c, got spi",
		],
		[
			"an address that is none",
			{ sensors: [sensor(BME280, { bus: "i2c", address: 0x80 })] },
			"sensor BME280: address: expected 8..119, got 128",
		],
		[
			"a cadence that cannot be",
			{ cadence: { reportSeconds: 3 } },
			"cadence.reportSeconds: expected at least observeSeconds (5), got 3",
		],
		[
			"a place off the earth",
			{ site: { ...site, latitude: 91 } },
			"site.latitude: expected -90..90, got 91",
		],
		[
			"a topic with a wildcard",
			{ topics: { report: "isobar/{thing}/#" } },
			'topics.report: expected a topic name with {thing} and no wildcard, got "isobar/{thing}/#"',
		],
		["QoS 2 towards AWS", { cloud: "aws", qos: 2 }, "qos: expected 1, got 2"],
		[
			"a keep-alive too long",
			{ keepAliveSeconds: 1201 },
			"keepAliveSeconds: expected 5..1200, got 1201",
		],
	])("refuses %s with one line", (_, input, message) => {
		expect(define(input)).toThrow(new Error(`station: ${message}`));
	});

	test("a wrong option does not compile: `npm run check` fails on an error that is not there", () => {
		// @ts-expect-error the option is that of no BME280
		const wheels = sensor(BME280, { bus: "i2c", address: 0x76, configure: { wheels: 4 } });
		// @ts-expect-error a rain gauge takes millimetres as a number
		const text = sensor(RainGauge, { pin: 1, configure: { mmPerTip: "0.2" } });
		expect([wheels.name, text.name]).toEqual(["BME280", "RainGauge"]);
	});
});
