import { describe, expect, test } from "@jest/globals";
import { Observation, TimeQuality } from "../../../firmware/base/observation.ts";
import { Limits } from "../../../firmware/limits.ts";
import { ObservationCodec, observationBytes } from "../../../firmware/outbox/observations.ts";
import { checkRecord } from "../../../firmware/outbox/record.ts";
import { same } from "./support.ts";

const bytes = new Uint8Array(256);
const view = new DataView(bytes.buffer);

function observed(): Observation {
	const observation = new Observation();
	observation.sequence = 77;
	observation.startSeconds = 1_700_000_000;
	observation.periodSeconds = 60;
	observation.timeQuality = TimeQuality.BackStamped;
	observation.values[0] = 21.5;
	observation.values[1] = 99;
	observation.flags[1] = 4;
	observation.reasons[2] = 11;
	return observation;
}

test("values, flags and reasons come back, and nothing for what is not fitted", () => {
	const codec = new ObservationCodec(Uint8Array.of(0, 1, 2, 3));
	const original = observed();
	const into = new Observation();
	const size = codec.encode(original, bytes, view);
	expect(size).toBe(codec.size(original));
	expect(checkRecord(bytes, view, 0, size)).toBe(size);
	codec.decode(view, into);
	expect(same(into, original)).toBe(true);
});

test("a channel keeps its meaning when the station gets other sensors", () => {
	const before = new ObservationCodec(Uint8Array.of(0, 9, 70, 8));
	const after = new ObservationCodec(Uint8Array.of(0, 8, 9));
	const original = observed();
	original.values[3] = 5;
	before.encode(original, bytes, view);
	const into = new Observation();
	after.decode(view, into);
	expect([...into.values.slice(0, 4)]).toEqual([21.5, 5, 99, Number.NaN]);
	expect([...into.flags.slice(0, 4)]).toEqual([0, 0, 4, 0]);
	expect([...into.reasons.slice(0, 4)]).toEqual([0, 0, 0, 0]);
});

describe("Limits.recordBytes", () => {
	test("is enough for every channel with flags", () => {
		const ids = Uint8Array.from({ length: Limits.channels }, (_, index) => 100 + index);
		const original = observed();
		original.values.fill(-1.5);
		original.flags.fill(31);
		const size = new ObservationCodec(ids).encode(original, bytes, view);
		expect(size).toBe(new ObservationCodec(ids).size(original));
		expect(size).toBeLessThanOrEqual(Limits.recordBytes);
	});

	test("the seven core channels take 48 bytes, and 64 with a battery", () => {
		expect(observationBytes(7)).toBe(48);
		expect(observationBytes(8)).toBe(64);
	});
});
