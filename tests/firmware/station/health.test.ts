import { describe, expect, test } from "@jest/globals";
import { rssiOf } from "../../../firmware/station/health.ts";

describe("the signal strength in a health message", () => {
	test.each([-127, -67, -1])("is said as it is: %d dBm", (reading) => {
		expect(rssiOf(reading)).toBe(reading);
	});

	test("is a whole number", () => {
		expect(rssiOf(-66.6)).toBe(-67);
	});

	test.each([
		["an interface that has none, as Ethernet", undefined],
		["0, what platforms say that do not know", 0],
		["above 0", 5],
		["below 8 bits", -128],
		["no number", Number.NaN],
		["infinite", Number.NEGATIVE_INFINITY],
	])("is left out for %s", (_, reading) => {
		expect(rssiOf(reading)).toBeUndefined();
	});
});
