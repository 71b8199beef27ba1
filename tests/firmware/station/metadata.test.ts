import { describe, expect, test } from "@jest/globals";
import { defineStation, sensor } from "isobar/firmware";
import { RainGauge, SHT4x } from "isobar/sensors";
import { Limits } from "../../../firmware/limits.ts";
import type { SensorMetadata } from "../../../firmware/station/define.ts";
import { metadataOf } from "../../../firmware/station/metadata.ts";

const site = { name: "Roof", latitude: 48, longitude: 11, heightM: 520, exposure: "grass" };

const define = (metadata: SensorMetadata, exposure = "grass") =>
	defineStation({
		board: "esp32",
		buses: { i2c: { data: 21, clock: 22 } },
		site: { ...site, exposure },
		sensors: [
			sensor(SHT4x, {
				bus: "i2c",
				address: 0x44,
				metadata,
				calibrate: { airTemperature: { offset: -0.2 } },
			}),
			sensor(RainGauge, { pin: 27 }),
		],
	});

describe("metadata of a station", () => {
	test("are its site, and part, serial number, height, calibration of each sensor", () => {
		const metadata = { serial: "A1", heightM: 2, calibrated: "2026-03-01" };
		expect(metadataOf(define(metadata))).toEqual({
			site,
			sensors: {
				SHT4x: { part: "SHT4x", ...metadata, calibrate: { airTemperature: { offset: -0.2 } } },
				RainGauge: { part: "RainGauge" },
			},
		});
	});

	test.each<[SensorMetadata, string]>([
		[{ calibrated: "March" }, "metadata.calibrated: expected a day as 2026-03-01, got March"],
		[{ heightM: 5000 }, "metadata.heightM: expected -100..1000, got 5000"],
	])("%j is refused", (metadata, message) => {
		expect(() => define(metadata)).toThrow(`station: sensor SHT4x: ${message}`);
	});

	test("more than fits the shadow is refused where the station is defined", () => {
		expect(() => define({}, "ü".repeat(Limits.metadataBytes / 2))).toThrow(
			/^station: metadata of site and sensors: expected at most 1000 bytes as JSON, got 1\d{3}$/,
		);
	});
});
