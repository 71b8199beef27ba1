import { describe, expect, test } from "@jest/globals";
import { RandomStream } from "../../../simulator/kernel/random.ts";

const take = (stream: RandomStream, count: number) =>
	Array.from({ length: count }, () => stream.next());

describe("RandomStream", () => {
	test("the same seed gives the same numbers, on every machine", () => {
		expect(take(new RandomStream(1), 3)).toEqual([2_964_237_564, 1_341_115_814, 2_157_773_733]);
		expect(take(new RandomStream("1"), 3)).toEqual(take(new RandomStream(1), 3));
	});

	test("neighbouring seeds and names have nothing in common", () => {
		const root = new RandomStream(7);
		const streams = [
			new RandomStream(8),
			root.child("station-0001"),
			root.child("station-0002"),
			root.child("station-0001").child("weather"),
			new RandomStream(8).child("station-0001"),
			root.child(""),
			root,
		];
		const seen = new Set(streams.flatMap((stream) => take(stream, 1_000)));
		expect(seen.size).toBeGreaterThan(7_000 - 10);
	});

	test("a child does not depend on what was drawn before", () => {
		const early = new RandomStream(7).child("weather");
		const parent = new RandomStream(7);
		take(parent, 100);
		parent.normal();
		expect(take(parent.child("weather"), 5)).toEqual(take(early, 5));
	});

	test("unit is uniform in [0, 1)", () => {
		const stream = new RandomStream("unit");
		const bins = new Array<number>(20).fill(0);
		for (let draw = 0; draw < 200_000; draw++) {
			const value = stream.unit();
			bins[Math.floor(value * 20)]! += 1;
		}
		expect(bins).toHaveLength(20);
		const chiSquare = bins.reduce((sum, bin) => sum + (bin - 10_000) ** 2 / 10_000, 0);
		// 19 degrees of freedom: 43.8 is exceeded once in a thousand seeds, and this seed is fixed.
		expect(chiSquare).toBeLessThan(43.8);
	});

	test("normal has mean 0, variance 1 and the tails of a normal distribution", () => {
		const stream = new RandomStream("normal");
		const count = 200_000;
		let sum = 0;
		let squares = 0;
		let beyondTwo = 0;
		for (let draw = 0; draw < count; draw++) {
			const value = stream.normal();
			sum += value;
			squares += value * value;
			if (Math.abs(value) > 2) beyondTwo += 1;
		}
		expect(Math.abs(sum / count)).toBeLessThan(0.01);
		expect(Math.abs(squares / count - 1)).toBeLessThan(0.015);
		expect(Math.abs(beyondTwo / count - 0.0455)).toBeLessThan(0.002);
	});

	test("below and chance keep to their bounds", () => {
		const stream = new RandomStream("bounds");
		const seen = new Set<number>();
		let hits = 0;
		for (let draw = 0; draw < 10_000; draw++) {
			seen.add(stream.below(6));
			if (stream.chance(0.25)) hits += 1;
		}
		expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
		expect(Math.abs(hits - 2_500)).toBeLessThan(150);
		expect(stream.chance(0)).toBe(false);
		expect(stream.chance(1)).toBe(true);
	});
});
