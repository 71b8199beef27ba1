import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ObservationRun, TimeQuality } from "../../firmware/base/observation.ts";
import { qualityNames } from "../../firmware/base/quality.ts";
import { Limits } from "../../firmware/limits.ts";
import { type DecodedReport, decodeReport } from "../../firmware/payload/decode.ts";
import { encodeDenseReport } from "../../firmware/payload/dense.ts";
import { encodeReport } from "../../firmware/payload/encode.ts";
import { fromWire, toWire } from "../../firmware/payload/schema.ts";
import { type Channel, ChannelTable, reasonName } from "../../firmware/sensing/channel.ts";
import { makeRun } from "../support/run.ts";

const own: Channel = {
	name: "ownDirection",
	unit: "deg",
	key: "Own",
	perUnit: 2,
	aggregate: "direction",
	minimum: 0,
	maximum: 360,
	group: "own",
	property: "direction",
	in: "observation",
};
const channels = new ChannelTable([own], []);

/** Both forms of a report. */
const encoders = { columns: encodeReport, dense: encodeDenseReport };
type Form = keyof typeof encoders;
const forms: readonly Form[] = ["columns", "dense"];

const missing = fc.tuple(fc.constant(null), fc.integer({ min: 0, max: 11 }));
const flagged = fc.tuple(
	fc.float({ min: 0, max: 360, noNaN: true }),
	fc.integer({ min: 0, max: 31 }),
);

/** Values as sensors give them, values that do not fit, and any float32. */
const value = fc.oneof(
	{ arbitrary: fc.float({ min: 0, max: 360, noNaN: true }), weight: 5 },
	{ arbitrary: fc.float({ min: Math.fround(-100), max: 110_000, noNaN: true }), weight: 3 },
	{ arbitrary: fc.float(), weight: 1 },
	{ arbitrary: fc.constantFrom(0, -0, 359.6, 360, 1e8, -1e8, 3.4e38), weight: 1 },
);

const column = (count: number) =>
	fc.oneof(
		fc.array(
			fc.oneof(
				{ arbitrary: value, weight: 4 },
				{ arbitrary: missing, weight: 1 },
				{ arbitrary: flagged, weight: 1 },
			),
			{ minLength: count, maxLength: count },
		),
		// As weather has it: few changes, and none at the end.
		fc
			.array(fc.constantFrom(3, 3.1, 3.2, null), { minLength: 1, maxLength: count })
			.map((head) => Array.from({ length: count }, (_, row) => head[row] ?? ([null, 8] as const))),
		missing.map((entry) => Array(count).fill(entry) as (typeof entry)[]),
		fc.constant([]),
	);

/** Mostly short: what can go wrong in a column does so within a few rows. */
const counts = fc.oneof(
	{ arbitrary: fc.integer({ min: 1, max: 8 }), weight: 9 },
	{ arbitrary: fc.integer({ min: 1, max: Limits.observationsPerReport }), weight: 1 },
);

const run: fc.Arbitrary<ObservationRun> = counts.chain((count) =>
	fc
		.record({
			firstSequence: fc.integer({ min: 1, max: 2 ** 40 }),
			startSeconds: fc.integer({ min: 0, max: 2 ** 33 }),
			periodSeconds: fc.integer({ min: 1, max: 86_400 }),
			timeQuality: fc.constantFrom<TimeQuality>(0, 1, 2, 3),
			columns: fc.tuple(...Array.from({ length: channels.length }, () => column(count))),
		})
		.map((input) => makeRun({ ...input, columns: { ...input.columns }, count })),
);

const buffer = new Uint8Array(16 * 60 * 16);

function encode(of: ObservationRun, form: Form = "columns"): string {
	const length = encoders[form](of, channels, buffer, 0);
	expect(length).toBeGreaterThan(0);
	return Buffer.from(buffer.subarray(0, length)).toString("latin1");
}

function at(channel: number, row: number): number {
	return channel * Limits.observationsPerReport + row;
}

/** What the round trip must give for one channel of one observation; undefined for no member. */
function expected(of: ObservationRun, index: number, row: number): [number | null, unknown] {
	const channel = channels.at(index);
	const original = of.values[at(index, row)]!;
	const steps = toWire(original, channel);
	if (Number.isFinite(steps)) return [fromWire(steps, channel), undefined];
	return [null, Number.isNaN(original) ? reasonName(of.reasons[at(index, row)]!) : "wire"];
}

function hasMember(of: ObservationRun, index: number): boolean {
	if (channels.at(index).in !== "observation") return false;
	for (let row = 0; row < of.count; row++) {
		if (!Number.isNaN(of.values[at(index, row)]!) || of.reasons[at(index, row)] !== 0) {
			return true;
		}
	}
	return false;
}

describe("round trip", () => {
	test.each(forms)("any run comes back as its wire values, reasons and flags: %s", (form) => {
		fc.assert(
			fc.property(run, (original) => {
				const decoded = decodeReport(encode(original, form), channels) as DecodedReport;
				expect(decoded.unknownKeys).toEqual([]);
				expect(decoded.observations).toHaveLength(original.count);
				expect(decoded.periodSeconds).toBe(original.periodSeconds);
				for (const [row, observation] of decoded.observations.entries()) {
					expect(observation.sequence).toBe(original.firstSequence + row);
					expect(observation.startSeconds).toBe(
						original.startSeconds + row * original.periodSeconds,
					);
					expect(observation.timeQuality).toBe(original.timeQuality);
					for (let index = 0; index < channels.length; index++) {
						const { name } = channels.at(index);
						if (!hasMember(original, index)) {
							expect(observation.values[name]).toBeUndefined();
							continue;
						}
						const [wireValue, reason] = expected(original, index, row);
						// A sum turns the zero of a rounded -0.04 into a plain one.
						expect(observation.values[name]).toBe(wireValue === 0 ? 0 : wireValue);
						expect(observation.reasons[name]).toBe(reason);
						const flags = wireValue === null ? 0 : original.flags[at(index, row)]!;
						expect(observation.flags[name] ?? []).toEqual(qualityNames(flags));
					}
				}
			}),
			{ numRuns: 300 },
		);
	});

	test("a value in its range comes back within half a step", () => {
		fc.assert(
			fc.property(
				fc.nat({ max: channels.length - 1 }),
				fc.double({ min: 0, max: 1, noNaN: true }),
				(index, part) => {
					const channel = channels.at(index);
					const original = Math.fround(
						channel.minimum + part * (channel.maximum - channel.minimum),
					);
					const turn = Math.abs(fromWire(toWire(original, channel), channel) - original);
					const error = channel.aggregate === "direction" && turn > 180 ? 360 - turn : turn;
					// One part in 2^52 of the value is the rounding of this very subtraction.
					expect(error).toBeLessThanOrEqual(0.5 / channel.perUnit + original * 2 ** -50);
				},
			),
		);
	});

	test.each(forms)("the same run gives the same bytes, and they are compact JSON: %s", (form) => {
		fc.assert(
			fc.property(run, (original) => {
				const text = encode(original, form);
				expect(encode(original, form)).toBe(text);
				expect(JSON.stringify(JSON.parse(text))).toBe(text);
			}),
		);
	});

	test.each(forms)("a shorter run of the same observations is no longer: %s", (form) => {
		fc.assert(
			fc.property(run, (original) => {
				const whole = encode(original, form).length;
				original.count = Math.ceil(original.count / 2);
				expect(encode(original, form).length).toBeLessThanOrEqual(whole);
			}),
		);
	});

	test.each(forms)("a decoder that knows fewer channels sees the others as before: %s", (form) => {
		const fewer = new ChannelTable([], []);
		fc.assert(
			fc.property(run, (original) => {
				const text = encode(original, form);
				const all = decodeReport(text, channels) as DecodedReport;
				const some = decodeReport(text, fewer) as DecodedReport;
				expect(some.unknownKeys).toEqual(
					hasMember(original, channels.indexOf(own.name)) ? ["Own"] : [],
				);
				for (const [row, observation] of some.observations.entries()) {
					const { ownDirection: _, ...values } = all.observations[row]!.values;
					expect(observation.values).toEqual(values);
				}
			}),
		);
	});
});

describe("what is no report", () => {
	const text = fc.oneof(
		fc.string(),
		fc.string({ unit: "binary" }),
		fc.json(),
		// Members of a report with anything in them.
		fc
			.dictionary(
				fc.constantFrom("v", "s", "n", "t", "p", "c", "e", "q", "d", "T", "D", "R", "x"),
				fc.jsonValue(),
			)
			.map((members) => JSON.stringify({ v: 1, s: 1, n: 2, t: 0, p: 5, ...members })),
		// A dense string of any characters.
		fc
			.string({ unit: "grapheme-ascii", maxLength: 20 })
			.map((d) => JSON.stringify({ v: 2, s: 1, n: 9, t: 0, p: 5, d: `T,D ${d}` })),
		// A real report, broken at one place.
		fc
			.tuple(run, fc.constantFrom(...forms), fc.nat(), fc.string({ maxLength: 3 }))
			.map(([original, form, where, noise]) => {
				const whole = encode(original, form);
				const cut = where % whole.length;
				return whole.slice(0, cut) + noise + whole.slice(cut + 1);
			}),
	);

	test("never makes the decoder throw, and what it takes holds what it promises", () => {
		fc.assert(
			fc.property(text, (anything) => {
				const decoded = decodeReport(anything, channels);
				if (typeof decoded === "number") {
					expect(decoded).toBeGreaterThan(0);
					return;
				}
				for (const { values, sequence, startSeconds } of decoded.observations) {
					expect(Number.isSafeInteger(sequence)).toBe(true);
					expect(Number.isSafeInteger(startSeconds)).toBe(true);
					for (const found of Object.values(values)) {
						expect(found === null || Number.isFinite(found)).toBe(true);
					}
				}
			}),
			{ numRuns: 2000 },
		);
	});
});
