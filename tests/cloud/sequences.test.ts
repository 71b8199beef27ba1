import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { SequenceSet } from "../../cloud/sequences.ts";

describe("SequenceSet", () => {
	test("neighbours become one interval, whatever their order", () => {
		const set = new SequenceSet();
		for (const sequence of [5, 1, 3, 2, 4]) expect(set.add(sequence)).toBe(true);
		expect(set.intervals).toEqual([[1, 5]]);
		expect(set.add(3)).toBe(false);
		expect(set.size).toBe(5);
	});

	test("removing splits an interval", () => {
		const set = new SequenceSet();
		for (const sequence of [1, 2, 3]) set.add(sequence);
		expect(set.remove(2)).toBe(true);
		expect(set.intervals).toEqual([
			[1, 1],
			[3, 3],
		]);
		expect(set.remove(2)).toBe(false);
	});

	test("agrees with a plain set after any adds and removes", () => {
		const step = fc.record({ add: fc.boolean(), sequence: fc.integer({ min: 1, max: 30 }) });
		fc.assert(
			fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
				const set = new SequenceSet();
				const model = new Set<number>();
				for (const { add, sequence } of steps) {
					const changed = model.has(sequence) !== add;
					if (add) model.add(sequence);
					else model.delete(sequence);
					expect(add ? set.add(sequence) : set.remove(sequence)).toBe(changed);
				}
				expect(set.size).toBe(model.size);
				for (let sequence = 0; sequence <= 31; sequence++) {
					expect(set.has(sequence)).toBe(model.has(sequence));
				}
				for (let first = 0; first <= 31; first += 3) {
					const within = [...model].filter((sequence) => sequence >= first && sequence <= 20);
					expect(set.count(first, 20)).toBe(within.length);
				}
				for (const [index, [first, last]] of set.intervals.entries()) {
					expect(first).toBeLessThanOrEqual(last);
					if (index > 0) expect(first).toBeGreaterThan(set.intervals[index - 1]![1] + 1);
				}
			}),
		);
	});
});
