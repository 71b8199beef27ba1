import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import Ajv from "ajv/dist/2020.js";
import fc from "fast-check";
import { Limits } from "../../../firmware/limits.ts";
import { decodeReport } from "../../../firmware/payload/decode.ts";
import { encodeDenseReport } from "../../../firmware/payload/dense.ts";
import { encodeReport } from "../../../firmware/payload/encode.ts";
import { ChannelTable } from "../../../firmware/sensing/channel.ts";
import { knownChannels } from "../../../firmware/sensing/quantities.ts";
import { makeRun } from "../../support/run.ts";

const schema = JSON.parse(readFileSync("schema/report.schema.json", "utf8"));
const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
const versions = [1, 2].map((version) =>
	JSON.parse(readFileSync(`tests/golden/payload-v${version}.json`, "utf8")),
);
const golden = versions.flatMap(({ reports, laterVersions = [] }) => [
	...reports,
	...laterVersions,
]);

describe("schema/report.schema.json", () => {
	test.each<{ name: string; text: string }>(golden)(
		"takes the golden report: $name",
		({ text }) => {
			expect(validate(JSON.parse(text))).toBe(true);
		},
	);

	test("takes every report that the encoders make", () => {
		const channels = new ChannelTable([], ["illuminance", "windDirection10Minutes"]);
		const into = new Uint8Array(Limits.reportBytes);
		const entry = fc.oneof(
			fc.float(),
			fc.tuple(fc.constant(null), fc.integer({ min: 0, max: 11 })),
			fc.tuple(fc.float({ min: 0, max: 360, noNaN: true }), fc.integer({ min: 0, max: 31 })),
		);
		fc.assert(
			fc.property(
				fc.array(fc.array(entry, { minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 10 }),
				fc.constantFrom(encodeReport, encodeDenseReport),
				(columns, encode) => {
					const length = encode(makeRun({ columns: { ...columns } }), channels, into, 0);
					const report = JSON.parse(Buffer.from(into.subarray(0, length)).toString());
					expect(validate(report) || validate.errors).toBe(true);
				},
			),
		);
	});

	test.each<[string, object]>([
		["no version", { v: undefined }],
		["a version of the future", { v: 3 }],
		["sequence number 0", { s: 0 }],
		["no count", { n: undefined }],
		["too many observations", { n: 61 }],
		["a time that is not whole", { t: 0.5 }],
		["period 0", { p: 0 }],
		["a time quality that is none", { c: 4 }],
		["a column that is no array", { T: 10 }],
		["an empty column", { T: [] }],
		["an element that is no number", { T: [1, "2"] }],
		["an element that is not whole", { T: [1.5] }],
		["a value that does not fit 32 bits", { T: [3e9] }],
		["reasons that are no object", { e: [1] }],
		["flags that are no object", { q: [1] }],
		["a dense report without its columns", { v: 2 }],
		["a dense report without a blank", { v: 2, d: "T" }],
		["a dense report with a backslash", { v: 2, d: "T \\" }],
	])("refuses %s, as the decoder does", (_, change) => {
		const report = JSON.parse(
			JSON.stringify({ v: 1, s: 1, n: 2, t: 0, p: 5, T: [10, 1], ...change }),
		);
		expect(validate(report)).toBe(false);
		expect(typeof decodeReport(JSON.stringify(report), new ChannelTable())).toBe("number");
	});

	test("names every channel with its unit and its steps", () => {
		const { properties } = schema.$defs.columns;
		const expected = knownChannels
			.filter((channel) => channel.in === "observation")
			.map(({ key, name, unit, perUnit }) => [key, `${name} in ${unit}, ${perUnit} steps in one`]);
		const described = expected.map(([key]) => [key, properties[key!]?.description]);
		expect(described).toEqual(expected);
		expect(Object.keys(properties)).toHaveLength(expected.length + 2);
	});
});
