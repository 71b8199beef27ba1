import { describe, expect, test } from "@jest/globals";
import { Radio } from "../../../simulator/device/radio.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";

const readings = (name: string, count = 200): number[] => {
	const radio = new Radio(new RandomStream(7).child(name));
	return Array.from({ length: count }, () => radio.rssiDbm);
};

describe("the reception of a simulated station", () => {
	test("is a whole number of dBm that a chip can show, and wanders around the mean of its place", () => {
		const all = readings("a", 2_000);
		for (const reading of all) {
			expect(Number.isInteger(reading)).toBe(true);
			expect(reading).toBeGreaterThanOrEqual(-100);
			expect(reading).toBeLessThanOrEqual(-30);
		}
		expect(new Set(all).size).toBeGreaterThan(5);
		const mean = all.reduce((sum, reading) => sum + reading, 0) / all.length;
		const far = all.filter((reading) => Math.abs(reading - mean) > 20);
		expect(far).toEqual([]);
	});

	test("is the same for the same seed, and another one for each station", () => {
		expect(readings("a")).toEqual(readings("a"));
		const means = ["a", "b", "c", "d"].map((name) => readings(name)[0]);
		expect(new Set(means).size).toBeGreaterThan(1);
	});
});
