import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toRow } from "../../cloud/row.ts";
import { RowWriter } from "../../cloud/rowwriter.ts";
import { decodeColumns, type ReportColumns } from "../../firmware/payload/columns.ts";
import { observationOf } from "../../firmware/payload/decode.ts";
import { type Channel, ChannelTable } from "../../firmware/sensing/channel.ts";

const own = (key: string, perUnit: number): Channel => ({
	name: `own${key}`,
	unit: "",
	key,
	perUnit,
	aggregate: "mean",
	minimum: -1e12,
	maximum: 1e12,
	group: "own",
	property: key,
	in: "observation",
});
/** Steps that are a decimal place, and steps that are none. */
const channels = new ChannelTable([
	own("XA", 1),
	own("XB", 1_000_000),
	own("XC", 10_000_000),
	own("XE", 0.001),
	own("XF", 2.5),
	own("XG", 3),
]);
const keys = ["T", "H", "P", "D", "XA", "XB", "XC", "XE", "XF", "XG"];

function columnsOf(document: object): ReportColumns {
	const text = JSON.stringify(document);
	const report = decodeColumns(Buffer.from(text), text, channels);
	if (typeof report === "number") throw new Error(`${text}: status ${report}`);
	return report;
}

function expected(thing: string, report: ReportColumns, rows: readonly number[]): string {
	return rows
		.map((row) => toRow(thing, report.periodSeconds, observationOf(report, row)))
		.map((row) => `${JSON.stringify(row)}\n`)
		.join("");
}

const step = fc.oneof(
	fc.constantFrom(0, 1, -1, 10, -100, 1_000_000, 999_999_999, -999_999_999),
	fc.integer({ min: -999_999_999, max: 999_999_999 }),
	fc.integer({ min: -500, max: 500 }),
);
/** A channel in one column: a first value, one that is back at it, and a null now and then. */
const column = fc
	.tuple(step, fc.boolean(), fc.boolean())
	.map(([first, isMissing, isBack]) => [first, ...(isMissing ? [null] : []), isBack ? -first : 0]);
const report = fc
	.record({
		s: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(999_999_998, 2 ** 40)),
		n: fc.constant(4),
		// From the year 1 to the last day that has a year of four digits.
		t: fc.integer({ min: -62_135_596_800, max: 253_402_200_000 }),
		p: fc.constantFrom(1, 60, 20_000),
		c: fc.constantFrom(0, 0, 2),
		columns: fc.dictionary(fc.constantFrom(...keys), column),
		hasNotes: fc.boolean(),
	})
	.map(({ columns, hasNotes, ...envelope }) => {
		const { D, ...others } = columns;
		const direction = D ? { D: [Math.abs(D[0]! % 360), 0] } : {};
		const names = Object.keys(others);
		const notes =
			hasNotes && names.length > 0 ? { e: { [names[0]!]: [1] }, q: { [names[0]!]: [1] } } : {};
		return { v: 1, ...envelope, ...others, ...direction, ...notes };
	});

describe("each line is what JSON.stringify gives of its row", () => {
	test("for any report, with one writer for all", () => {
		const writer = new RowWriter();
		fc.assert(
			fc.property(report, fc.subarray([0, 1, 2, 3]), (document, rows) => {
				const columns = columnsOf(document);
				const lines = Buffer.from(writer.write("st-1:a_b", columns, rows)).toString();
				expect(lines).toBe(expected("st-1:a_b", columns, rows));
			}),
			{ numRuns: 2000 },
		);
	});

	test("for every place of the decimal point, zero and both signs", () => {
		const writer = new RowWriter();
		for (const key of keys.filter((one) => one !== "D")) {
			for (let digits = 0; digits <= 8; digits++) {
				for (const first of [10 ** digits, 10 ** digits - 1, 10 ** digits + 1, -(10 ** digits)]) {
					const columns = columnsOf({ v: 1, s: 1, n: 1, t: 0, p: 60, [key]: [first] });
					const lines = Buffer.from(writer.write("a", columns, [0])).toString();
					expect(lines).toBe(expected("a", columns, [0]));
				}
			}
		}
	});

	test("for a report larger than the writer's memory was", () => {
		const many = Object.fromEntries(
			Array.from({ length: 60 }, (_, index) => [`XX${index}`, index] as const),
		);
		const table = new ChannelTable(Object.keys(many).map((key) => own(key, 1)));
		const document = { v: 1, s: 1, n: 60, t: 0, p: 60 };
		const text = JSON.stringify({
			...document,
			...Object.fromEntries(Object.keys(many).map((key) => [key, [-999_999_999, 1]])),
		});
		const columns = decodeColumns(Buffer.from(text), text, table) as ReportColumns;
		const rows = Array.from({ length: 60 }, (_, row) => row);
		const lines = Buffer.from(new RowWriter().write("a", columns, rows)).toString();
		expect(lines.length).toBeGreaterThan(64 * 1024);
		expect(lines).toBe(expected("a", columns, rows));
	});
});
