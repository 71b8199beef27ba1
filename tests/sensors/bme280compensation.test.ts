import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
	type BME280Calibration,
	compensateHumidity,
	compensatePressure,
	fineTemperature,
	parseCalibration,
	temperatureOf,
} from "../../sensors/bme280compensation.ts";

/** BST-BMP280-DS001 §3.12, "Calculating pressure and temperature": the sheet's own example. */
const example: BME280Calibration = {
	T1: 27504,
	T2: 26435,
	T3: -1000,
	P1: 36477,
	P2: -10685,
	P3: 3024,
	P4: 2855,
	P5: 140,
	P6: -7,
	P7: 15500,
	P8: -14600,
	P9: 6000,
	H1: 75,
	H2: 363,
	H3: 0,
	H4: 349,
	H5: 30,
	H6: 30,
};

/** BST-BME280-DS002-15 §4.2.3 in BigInt, typed from the sheet; no number of it can overflow. */
const sheet = {
	fine(raw: number, c: BME280Calibration): bigint {
		const [adc, T1, T2, T3] = [BigInt(raw), BigInt(c.T1), BigInt(c.T2), BigInt(c.T3)];
		const var1 = (((adc >> 3n) - (T1 << 1n)) * T2) >> 11n;
		const var2 = (((((adc >> 4n) - T1) * ((adc >> 4n) - T1)) >> 12n) * T3) >> 14n;
		return var1 + var2;
	},
	temperature(fine: bigint): bigint {
		return (fine * 5n + 128n) >> 8n;
	},
	/** The result, and the largest magnitude on the way: beyond 2^63 the sheet's code overflows. */
	pressure(raw: number, fine: number, c: BME280Calibration): { result: bigint; largest: bigint } {
		let largest = 0n;
		const see = (value: bigint): bigint => {
			const magnitude = value < 0n ? -value : value;
			if (magnitude > largest) largest = magnitude;
			return value;
		};
		let var1 = BigInt(fine) - 128000n;
		let var2 = see(var1 * var1 * BigInt(c.P6));
		var2 = see(var2 + ((var1 * BigInt(c.P5)) << 17n));
		var2 = see(var2 + (BigInt(c.P4) << 35n));
		var1 = see(((var1 * var1 * BigInt(c.P3)) >> 8n) + ((var1 * BigInt(c.P2)) << 12n));
		var1 = see(((1n << 47n) + var1) * BigInt(c.P1)) >> 33n;
		if (var1 === 0n) return { result: 0n, largest };
		let p = 1048576n - BigInt(raw);
		p = see(((p << 31n) - var2) * 3125n) / var1;
		var1 = see(BigInt(c.P9) * (p >> 13n) * (p >> 13n)) >> 25n;
		var2 = see(BigInt(c.P8) * p) >> 19n;
		return { result: ((p + var1 + var2) >> 8n) + (BigInt(c.P7) << 4n), largest };
	},
	humidity(raw: number, fine: number, c: BME280Calibration): bigint {
		const [adc, H1, H2, H3] = [BigInt(raw), BigInt(c.H1), BigInt(c.H2), BigInt(c.H3)];
		const [H4, H5, H6] = [BigInt(c.H4), BigInt(c.H5), BigInt(c.H6)];
		let v = BigInt(fine) - 76800n;
		v =
			(((adc << 14n) - (H4 << 20n) - H5 * v + 16384n) >> 15n) *
			(((((((v * H6) >> 10n) * (((v * H3) >> 11n) + 32768n)) >> 10n) + 2097152n) * H2 + 8192n) >>
				14n);
		v = v - (((((v >> 15n) * (v >> 15n)) >> 7n) * H1) >> 4n);
		v = v < 0n ? 0n : v;
		v = v > 419430400n ? 419430400n : v;
		return v >> 12n;
	},
};

const unsigned = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const signed = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });

/** Any trimming memory that has a divisor. */
const anyCalibration: fc.Arbitrary<BME280Calibration> = fc.record({
	T1: unsigned(16),
	T2: signed(16),
	T3: signed(16),
	P1: fc.integer({ min: 1, max: 65535 }),
	P2: signed(16),
	P3: signed(16),
	P4: signed(16),
	P5: signed(16),
	P6: signed(16),
	P7: signed(16),
	P8: signed(16),
	P9: signed(16),
	H1: unsigned(8),
	H2: signed(16),
	H3: unsigned(8),
	H4: signed(12),
	H5: signed(12),
	H6: signed(8),
});

/** `t_fine` over the operating range, -40..85 °C. */
const anyFine = fc.integer({ min: -40 * 5120, max: 85 * 5120 });

describe("BME280 compensation (BME280 DS §4.2.3)", () => {
	test("BMP280 DS §3.12, worked example: t_fine 128422, 25.08 °C, 100653.27 Pa", () => {
		const fine = fineTemperature(519_888, example);
		expect(fine).toBe(128_422);
		expect(temperatureOf(fine)).toBe(2508);
		// The figure prints 25767236/256, drawn in floating point, and says that integers deviate; the
		// sheet's own 64-bit code gives 3/256 Pa less.
		expect(compensatePressure(415_148, fine, example)).toBe(25_767_233);
		expect(25_767_233 / 256).toBeCloseTo(100_653.27, 1);
	});

	test("humidity 0x6FF0 of the example at 25.08 °C is 35945/1024 %", () => {
		// The sheet has no example for humidity. The number is the sheet's formula computed by another
		// project in Python (alp-sdk, tests of its BME280 driver), with the same parameters.
		expect(compensateHumidity(0x6ff0, 128_422, example)).toBe(35_945);
	});

	test("t_fine and temperature of every raw value are the sheet's", () => {
		for (let raw = 0; raw < 2 ** 20; raw += 7) {
			const fine = fineTemperature(raw, example);
			const expected = sheet.fine(raw, example);
			if (BigInt(fine) !== expected)
				throw new Error(`t_fine of ${raw} is ${fine}, not ${expected}`);
			if (BigInt(temperatureOf(fine)) !== sheet.temperature(expected)) {
				throw new Error(`temperature of ${raw}`);
			}
		}
		expect(temperatureOf(fineTemperature(2 ** 20 - 1, example))).toBeGreaterThan(8500);
	});

	test("t_fine of any calibration is the sheet's", () => {
		fc.assert(
			fc.property(unsigned(20), anyCalibration, (raw, calibration) => {
				expect(BigInt(fineTemperature(raw, calibration))).toBe(sheet.fine(raw, calibration));
			}),
			{ numRuns: 2000 },
		);
	});

	test("pressure of the example over all raw values and temperatures is the sheet's", () => {
		for (let fine = -40 * 5120; fine <= 85 * 5120; fine += 8191) {
			for (let raw = 0; raw < 2 ** 20; raw += 3001) {
				const { result, largest } = sheet.pressure(raw, fine, example);
				expect(largest).toBeLessThan(2n ** 63n);
				const pressure = compensatePressure(raw, fine, example);
				if (BigInt(pressure) !== result) throw new Error(`raw ${raw} at ${fine}: ${pressure}`);
			}
		}
	});

	test("pressure of any calibration is the sheet's wherever the sheet's 64 bits hold", () => {
		let compared = 0;
		fc.assert(
			fc.property(unsigned(20), anyFine, anyCalibration, (raw, fine, calibration) => {
				const { result, largest } = sheet.pressure(raw, fine, calibration);
				if (largest >= 2n ** 63n) return;
				compared += 1;
				expect(BigInt(compensatePressure(raw, fine, calibration))).toBe(result);
			}),
			{ numRuns: 20_000 },
		);
		expect(compared).toBeGreaterThan(4000);
	});

	test("a divisor of zero gives 0, as in the sheet", () => {
		expect(compensatePressure(415_148, 128_422, { ...example, P1: 0 })).toBe(0);
	});

	test("humidity of any calibration is the sheet's", () => {
		fc.assert(
			fc.property(unsigned(16), anyFine, anyCalibration, (raw, fine, calibration) => {
				const expected = sheet.humidity(raw, fine, calibration);
				expect(BigInt(compensateHumidity(raw, fine, calibration))).toBe(expected);
			}),
			{ numRuns: 10_000 },
		);
	});

	test("humidity of the example over all raw values is the sheet's, from 0 to 100 %", () => {
		const seen = new Set<number>();
		for (let raw = 0; raw < 65_536; raw += 11) {
			const humidity = compensateHumidity(raw, 128_422, example);
			if (BigInt(humidity) !== sheet.humidity(raw, 128_422, example)) throw new Error(`raw ${raw}`);
			seen.add(humidity);
		}
		expect(Math.min(...seen)).toBe(0);
		expect(Math.max(...seen)).toBe(102_400);
	});
});

describe("BME280 trimming parameters (BME280 DS table 16)", () => {
	test("are read little-endian, H4 and H5 as signed 12-bit numbers that share 0xE5", () => {
		const low = Uint8Array.from({ length: 26 }, (_, index) => index + 1);
		const high = Uint8Array.of(0x6b, 0x01, 0x02, 0x80, 0xf3, 0x85, 0xfe);
		expect(parseCalibration(low, high)).toEqual({
			T1: 0x0201,
			T2: 0x0403,
			T3: 0x0605,
			P1: 0x0807,
			P2: 0x0a09,
			P3: 0x0c0b,
			P4: 0x0e0d,
			P5: 0x100f,
			P6: 0x1211,
			P7: 0x1413,
			P8: 0x1615,
			P9: 0x1817,
			H1: 26,
			H2: 0x016b,
			H3: 2,
			H4: -2048 + 3,
			H5: -123 * 16 + 15,
			H6: -2,
		});
	});

	test.each([0x00, 0xff])("memory that is all 0x%s is blank", (byte) => {
		const written = new Uint8Array(26).fill(1);
		expect(
			parseCalibration(new Uint8Array(26).fill(byte), new Uint8Array(7).fill(1)),
		).toBeUndefined();
		expect(parseCalibration(written, new Uint8Array(7).fill(byte))).toBeUndefined();
		expect(parseCalibration(written, new Uint8Array(7).fill(1))).toBeDefined();
	});
});
