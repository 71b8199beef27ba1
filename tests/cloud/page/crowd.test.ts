import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { apart, spread } from "../../../cloud/page/network/crowd.ts";

const label = { width: 47, height: 25 };

describe("numbers on the map", () => {
	test("that do not cover each other stay where they are", () => {
		const points = [
			{ x: 10, y: 10 },
			{ x: 58, y: 10 },
			{ x: 10, y: 36 },
		];
		expect(apart(points, label)).toEqual(points);
	});

	test("a few that do are pushed apart until none does, and all are there still", () => {
		const range = fc.integer({ min: 0, max: 120 });
		const point = fc.record({ x: range, y: range });
		const few = fc.array(point, { minLength: 2, maxLength: 5 });
		fc.assert(
			fc.property(few, (points) => {
				const moved = apart(spread(points, 34), label);
				expect(moved).toHaveLength(points.length);
				for (const [index, left] of moved.entries()) {
					for (const right of moved.slice(index + 1)) {
						const isFree =
							Math.abs(left.x - right.x) >= label.width - 1e-6 ||
							Math.abs(left.y - right.y) >= label.height - 1e-6;
						expect([left, right, isFree]).toEqual([left, right, true]);
					}
				}
			}),
			{ seed: 8, numRuns: 300 },
		);
	});

	test("stations on one mast stand around it, each in a place of its own", () => {
		const mast = Array.from({ length: 30 }, () => ({ x: 5, y: 5 }));
		const places = spread(mast, 9).map(({ x, y }) => `${x.toFixed(3)} ${y.toFixed(3)}`);
		expect(new Set(places).size).toBe(30);
		expect(spread(mast, 9)[0]).toEqual({ x: 5, y: 5 });
	});
});
