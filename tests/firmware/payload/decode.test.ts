import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { qualityNames } from "../../../firmware/base/quality.ts";
import { Status, statusName } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import { type DecodedReport, decodeReport } from "../../../firmware/payload/decode.ts";
import { ChannelTable } from "../../../firmware/sensing/channel.ts";

const golden = JSON.parse(readFileSync("tests/golden/payload-v1.json", "utf8"));
const dense = JSON.parse(readFileSync("tests/golden/payload-v2.json", "utf8"));
const channels = new ChannelTable();

function decode(text: string): DecodedReport {
	const report = decodeReport(text, channels);
	if (typeof report === "number") throw new Error(statusName(report));
	return report;
}

/** What a golden report says of one row. */
function rowOf(values: Record<string, (number | string)[]>, row: number): object {
	const entries = Object.entries(values).map(([name, column]) => [name, column[row]] as const);
	return {
		values: Object.fromEntries(
			entries.map(([name, value]) => [name, typeof value === "number" ? value : null]),
		),
		reasons: Object.fromEntries(entries.filter(([, value]) => typeof value === "string")),
	};
}

describe("golden reports", () => {
	const reports = [
		...golden.reports.map((report: object) => ({ version: 1, ...report })),
		...dense.reports.map((report: object) => ({ version: 2, ...report })),
	];

	test.each<(typeof golden.reports)[number]>(reports)("version $version: $name", (report) => {
		const decoded = decode(report.text);
		expect(decoded.version).toBe(report.version);
		expect(decoded.periodSeconds).toBe(report.periodSeconds);
		expect(decoded.unknownKeys).toEqual([]);
		for (const [row, observation] of decoded.observations.entries()) {
			const { values, reasons } = rowOf(report.values, row) as {
				values: Record<string, number | null>;
				reasons: object;
			};
			if (values.stationPressure === 101_325) values.stationPressure = 101_330;
			expect(observation).toEqual({
				sequence: report.firstSequence + row,
				startSeconds: report.startSeconds + row * report.periodSeconds,
				timeQuality: report.timeQuality,
				values,
				reasons,
				flags: Object.fromEntries(
					Object.entries<number[]>(report.flags ?? {}).flatMap(([name, flags]) =>
						flags[row] === 0 ? [] : [[name, qualityNames(flags[row]!)]],
					),
				),
			});
		}
	});

	test.each<(typeof golden.laterVersions)[number]>(golden.laterVersions)("$name", (report) => {
		const decoded = decode(report.text);
		expect(decoded.unknownKeys).toEqual(report.unknownKeys);
		expect(decoded.observations.map(({ values }) => values)).toEqual(
			[0, 1].map((row) => ({ airTemperature: report.values.airTemperature[row] })),
		);
		expect(decoded.observations[0]?.reasons).toEqual({});
	});
});

test("a reason of a later version leaves a null without a reason", () => {
	const [observation] = decode(
		'{"v":1,"s":1,"n":1,"t":0,"p":5,"T":[null],"e":{"T":[77]}}',
	).observations;
	expect(observation).toMatchObject({ values: { airTemperature: null }, reasons: {} });
});

test("a flag of a later version leaves the value as it is", () => {
	const text = '{"v":1,"s":1,"n":3,"t":0,"p":5,"T":[1,null,1],"q":{"T":[1,65]}}';
	expect(decode(text).observations.map(({ flags }) => flags)).toEqual([
		{ airTemperature: ["range"] },
		{},
		{ airTemperature: ["step"] },
	]);
});

test("dense columns of channels that are not known are skipped and named", () => {
	const report = decode('{"v":2,"s":1,"n":1,"t":0,"p":5,"d":"Zz,T >?","y":0}');
	expect(report.unknownKeys).toEqual(["y", "Zz"]);
	expect(report.observations[0]?.values).toEqual({ airTemperature: 0.1 });
});

test("the order of the members means nothing", () => {
	expect(decode('{"e":{"T":[2]},"T":[null],"p":5,"t":0,"n":1,"s":1,"v":1}')).toEqual(
		decode('{"v":1,"s":1,"n":1,"t":0,"p":5,"T":[null],"e":{"T":[2]}}'),
	);
});

test("members named like those of every object are unknown, no more", () => {
	const report = decode('{"v":1,"s":1,"n":1,"t":0,"p":5,"__proto__":[1],"toString":[2]}');
	expect(report.unknownKeys).toEqual(["__proto__", "toString"]);
	expect(report.observations[0]?.values).toEqual({});
});

describe("refuses", () => {
	const valid = { v: 1, s: 1, n: 2, t: 0, p: 5, T: [10, 1] };

	test("the valid report that the others are made from is none of them", () => {
		expect(decode(JSON.stringify(valid)).observations).toHaveLength(2);
	});

	test.each<[string, object]>([
		["no version", { v: undefined }],
		["a version of the future", { v: 3 }],
		["a dense version without its columns", { v: 2 }],
		["a version as text", { v: "1" }],
		["no sequence number", { s: undefined }],
		["sequence number 0", { s: 0 }],
		["a sequence number that is not exact", { s: 2 ** 53 }],
		["no count", { n: undefined }],
		["count 0", { n: 0 }],
		["a count above the limit", { n: Limits.observationsPerReport + 1 }],
		["a time that is not whole", { t: 0.5 }],
		["a time no date can hold", { t: 1e15 }],
		["period 0", { p: 0 }],
		["a time quality that is none", { c: 4 }],
		["a column that is no array", { T: 10 }],
		["an empty column", { T: [] }],
		["a column longer than the count", { T: [1, 2, 3] }],
		["an element that is no number", { T: [1, "2"] }],
		["an element that is not whole", { T: [1.5] }],
		["a value that does not fit 32 bits", { T: [1_000_000_000] }],
		["values that add up to too much", { T: [999_999_999, 1] }],
		["a turn of more than a circle", { D: [10, -360] }],
		["a dense column that is cut short", { v: 2, d: "T >" }],
		["more than the dense columns", { v: 2, d: "T >>>" }],
		["a dense column twice", { v: 2, d: "T,T >>>>" }],
		["a dense column that ends before it begins", { v: 2, d: "T ~" }],
		["a dense column that repeats nothing", { v: 2, d: "T lB" }],
		["more repeats than there are observations", { v: 2, d: "T >n" }],
		["a character that is not in the alphabet", { v: 2, d: "T >\u007f" }],
		["a difference without its second character", { v: 2, d: "T >[" }],
		["a difference that does not end", { v: 2, d: "T >k}}}}}}}}" }],
		["reasons that are no object", { e: [1] }],
		["a reason column that is no array", { T: [null], e: { T: 2 } }],
		["an empty reason column", { T: [null], e: { T: [] } }],
		["flags that are no object", { q: [1] }],
		["a flag column that is no array", { q: { T: 2 } }],
		["a flag that is not whole", { q: { T: [0.5] } }],
		["a reason that is no number", { T: [null], e: { T: ["nack"] } }],
	])("%s", (_, change) => {
		expect(decodeReport(JSON.stringify({ ...valid, ...change }), channels)).toBe(Status.BadValue);
	});

	test.each(["", "null", "[]", "1", '"text"', "{", "{]", '{"v":1,}', "\ud800"])(
		"%p, which is no object",
		(text) => {
			expect(decodeReport(text, channels)).toBe(Status.Malformed);
		},
	);

	test("nesting that no report has", () => {
		const deep = `{"T":${"[".repeat(4000)}${"]".repeat(4000)}}`;
		expect(decodeReport(deep, channels)).toBe(Status.Malformed);
	});

	test("a text beyond Limits.documentBytes", () => {
		expect(decodeReport(" ".repeat(Limits.documentBytes + 1), channels)).toBe(Status.TooLong);
	});
});
