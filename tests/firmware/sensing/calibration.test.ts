import { describe, expect, test } from "@jest/globals";
import {
	type Calibration,
	calibrate,
	coefficientsOf,
} from "../../../firmware/sensing/calibration.ts";

describe("a calibration", () => {
	test("by offset and gain multiplies first", () => {
		expect(calibrate(20, coefficientsOf({ offset: -0.5, gain: 1.1 }))).toBeCloseTo(21.5, 12);
		expect(calibrate(20, coefficientsOf({ offset: -0.5 }))).toBe(19.5);
		expect(calibrate(20, coefficientsOf({}))).toBe(20);
	});

	test("by polynomial has the constant first", () => {
		expect(calibrate(2, coefficientsOf({ polynomial: [1, 2, 3, 0, -1] }))).toBe(1 + 4 + 12 - 16);
	});

	test.each<[string, Calibration, string]>([
		["a gain of 0", { gain: 0 }, "more than a constant"],
		["an offset that is no number", { offset: Number.NaN }, "expected numbers, got NaN, 1"],
		["a polynomial without coefficients", { polynomial: [] }, "more than a constant"],
		["a fifth power", { polynomial: [0, 1, 0, 0, 0, 1] }, "up to 5 coefficients"],
		["a polynomial that is none", { polynomial: "x" as never }, "up to 5 coefficients"],
	])("refuses %s", (_, calibration, message) => {
		expect(() => coefficientsOf(calibration)).toThrow(message);
	});
});
