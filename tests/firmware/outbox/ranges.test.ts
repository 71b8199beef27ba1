import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { Limits } from "../../../firmware/limits.ts";
import { RangeSet } from "../../../firmware/outbox/ranges.ts";

describe("RangeSet", () => {
	test("agrees with a set of numbers under any additions that fit", () => {
		const addition = fc.tuple(fc.nat(120), fc.nat(12));
		fc.assert(
			fc.property(fc.array(addition, { maxLength: Limits.outboxRanges }), (additions) => {
				const ranges = new RangeSet();
				ranges.reset(10);
				const done = new Set<number>(Array.from({ length: 10 }, (_, sequence) => sequence));
				for (const [first, length] of additions) {
					const before = done.size;
					for (let sequence = first; sequence <= first + length; sequence++) done.add(sequence);
					expect(ranges.add(first, first + length)).toBe(done.size - before);
				}
				const open = (sequence: number) => !done.has(sequence);
				const firstOpen = (from: number) => {
					while (done.has(from)) from += 1;
					return from;
				};
				expect(ranges.position).toBe(firstOpen(0));
				for (let from = 0; from < 140; from++) {
					expect(ranges.next(from)).toBe(firstOpen(from));
					expect(ranges.covers(from, from)).toBe(true);
					expect(ranges.covers(from, from + 5)).toBe(firstOpen(from) >= from + 5);
				}
				let count = 0;
				for (let sequence = 0; sequence < 140; sequence++) if (open(sequence)) count += 1;
				expect(ranges.openBelow(140)).toBe(count);
				for (let index = 0; index < ranges.count; index++) {
					expect(open(ranges.first(index) - 1)).toBe(true);
					expect(open(ranges.last(index) + 1)).toBe(true);
				}
			}),
		);
	});

	test("one range too many pushes out the smallest, and nothing open is ever covered", () => {
		const ranges = new RangeSet();
		ranges.reset(0);
		for (let index = 0; index < Limits.outboxRanges; index++) {
			ranges.add(10 + 10 * index, 12 + 10 * index + (index === 7 ? -1 : 0));
		}
		expect(ranges.count).toBe(Limits.outboxRanges);
		const open = ranges.openBelow(1000);
		expect(ranges.add(900, 905)).toBe(6);
		expect(ranges.count).toBe(Limits.outboxRanges);
		expect(ranges.openBelow(1000)).toBe(open - 6 + 2);
		expect(ranges.covers(80, 82)).toBe(false);
		expect(ranges.covers(900, 906)).toBe(true);
	});

	test("works up to the last sequence there is", () => {
		const ranges = new RangeSet();
		ranges.reset(0xffff_fff0);
		expect(ranges.add(0xffff_fff4, 0xffff_fffe)).toBe(11);
		expect(ranges.next(0xffff_fff5)).toBe(0xffff_ffff);
		expect(ranges.add(0xffff_fff0, 0xffff_fff3)).toBe(4);
		expect(ranges.position).toBe(0xffff_ffff);
	});
});
