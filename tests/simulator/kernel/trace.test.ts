import { describe, expect, test } from "@jest/globals";
import { Trace } from "../../../simulator/kernel/trace.ts";

const traced = (fill: (trace: Trace) => void) => {
	const trace = new Trace();
	fill(trace);
	return trace.digest;
};

describe("Trace", () => {
	test("is the same for the same events, on every machine", () => {
		const events = (trace: Trace) => {
			trace.add(1_000.5, 3, 7, Number.NaN);
			trace.text("restart");
			trace.bytes(Uint8Array.of(0, 1, 2, 3, 4, 5), 1, 6);
		};
		expect(traced(events)).toBe(traced(events));
		expect(traced(events)).toBe("1dd0dd6f51a0e23c");
	});

	test("any difference in time, source, kind, value, order, text, bytes or count shows", () => {
		const digests = [
			traced(() => {}),
			traced((trace) => trace.add(1, 2, 3, 4)),
			traced((trace) => trace.add(1.000001, 2, 3, 4)),
			traced((trace) => trace.add(1, 3, 3, 4)),
			traced((trace) => trace.add(1, 2, 4, 4)),
			traced((trace) => trace.add(1, 2, 3, 5)),
			traced((trace) => trace.add(1, 2, 3, Number.NaN)),
			traced((trace) => {
				trace.add(1, 2, 3, 4);
				trace.add(1, 2, 3, 5);
			}),
			traced((trace) => {
				trace.add(1, 2, 3, 5);
				trace.add(1, 2, 3, 4);
			}),
			traced((trace) => trace.text("ab")),
			traced((trace) => trace.text("ba")),
			traced((trace) => trace.bytes(Uint8Array.of(1, 2, 3), 0, 3)),
			traced((trace) => trace.bytes(Uint8Array.of(1, 2, 3, 0), 0, 4)),
		];
		expect(new Set(digests).size).toBe(digests.length);
	});

	test("reading the digest changes nothing, and minus zero is zero", () => {
		const trace = new Trace();
		trace.add(0, 0, 0, 0);
		const first = trace.digest;
		expect(trace.digest).toBe(first);
		expect(trace.count).toBe(1);
		expect(traced((other) => other.add(-0, 0, 0, -0))).toBe(first);
	});
});
