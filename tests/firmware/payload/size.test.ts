import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { bounds, cborSize, measurePayload } from "../../../bench/payloadsize.ts";

const perReport = [1, 6, 10, 60] as const;
const sizes = measurePayload(perReport);

describe("bytes an observation on the recorded day, envelope included", () => {
	test.each(
		Object.entries(bounds).flatMap(([form, limits]) =>
			Object.entries(limits).map(([count, limit]) => [form, Number(count), limit] as const),
		),
	)("%s, %i in a report: at most %i", (form, count, limit) => {
		expect(sizes[form]![perReport.indexOf(count as 10)]).toBeLessThanOrEqual(limit);
	});

	test("are what docs/topics.md says", () => {
		const docs = readFileSync("docs/topics.md", "utf8");
		for (const [form, row] of Object.entries(sizes)) {
			expect(docs).toContain(`| ${form} | ${row.map((size) => size.toFixed(1)).join(" | ")} |`);
		}
	});
});

/** Encodings of RFC 8949, appendix A. */
describe("sizes in CBOR (RFC 8949, appendix A)", () => {
	test.each<[unknown, string]>([
		[0, "00"],
		[23, "17"],
		[24, "1818"],
		[100, "1864"],
		[1000, "1903e8"],
		[1000000, "1a000f4240"],
		[1000000000000, "1b000000e8d4a51000"],
		[-1, "20"],
		[-100, "3863"],
		[-1000, "3903e7"],
		[1.1, "fb3ff199999999999a"],
		[1.5, "f93e00"],
		[-4.1, "fbc010666666666666"],
		[100000.5, "fa47c35040"],
		[null, "f6"],
		["", "60"],
		["IETF", "6449455446"],
		["ü", "62c3bc"],
		[[1, [2, 3], [4, 5]], "8301820203820405"],
		[{ a: 1, b: [2, 3] }, "a26161016162820203"],
	])("%j", (item, hex) => {
		expect(cborSize(item)).toBe(hex.length / 2);
	});
});
