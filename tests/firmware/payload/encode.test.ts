import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
	Observation,
	ObservationRun,
	type TimeQuality,
} from "../../../firmware/base/observation.ts";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import { encodeDenseReport } from "../../../firmware/payload/dense.ts";
import { encodeReport } from "../../../firmware/payload/encode.ts";
import { misfits } from "../../../firmware/payload/schema.ts";
import type { MissingReason } from "../../../firmware/ports/sensor.ts";
import { ChannelIndex, ChannelTable, reasonCode } from "../../../firmware/sensing/channel.ts";
import { makeRun } from "../../support/run.ts";

interface Golden {
	readonly reports: readonly {
		readonly name: string;
		readonly firstSequence: number;
		readonly startSeconds: number;
		readonly periodSeconds: number;
		readonly timeQuality: TimeQuality;
		readonly values: Readonly<Record<string, readonly (number | MissingReason)[]>>;
		readonly flags?: Readonly<Record<string, readonly number[]>>;
		readonly text: string;
	}[];
}

const golden: Golden = JSON.parse(readFileSync("tests/golden/payload-v1.json", "utf8"));
const dense: Golden = JSON.parse(readFileSync("tests/golden/payload-v2.json", "utf8"));
const channels = new ChannelTable([], []);
const known = new ChannelTable([], ["particulateMatter2_5"]);
const { airTemperature, windDirection, precipitation, batteryVoltage } = ChannelIndex;

function encode(run: ObservationRun, table = channels): string {
	const into = new Uint8Array(Limits.reportBytes);
	const length = encodeReport(run, table, into, 0);
	expect(length).toBeGreaterThan(0);
	return Buffer.from(into.subarray(0, length)).toString("latin1");
}

describe("golden reports", () => {
	test.each(golden.reports)("$name", ({ values, text, ...envelope }) => {
		const columns = Object.fromEntries(
			Object.entries(values).map(([name, column]) => [
				channels.indexOf(name),
				column.map((value) =>
					typeof value === "number" ? value : ([null, reasonCode(value)] as const),
				),
			]),
		);
		const count = Math.max(1, ...Object.values(columns).map(({ length }) => length));
		expect(encode(makeRun({ ...envelope, columns, count }))).toBe(text);
	});

	test.each(dense.reports)("dense: $name", ({ values, flags = {}, text, ...envelope }) => {
		const columns = Object.fromEntries(
			Object.entries(values).map(([name, column]) => [
				known.indexOf(name),
				column.map((value, row) =>
					typeof value === "number"
						? ([value, flags[name]?.[row] ?? 0] as const)
						: ([null, reasonCode(value)] as const),
				),
			]),
		);
		const count = Math.max(1, ...Object.values(columns).map(({ length }) => length));
		const into = new Uint8Array(Limits.reportBytes);
		const length = encodeDenseReport(makeRun({ ...envelope, columns, count }), known, into, 0);
		expect(Buffer.from(into.subarray(0, length)).toString()).toBe(text);
	});
});

test("docs/topics.md §2.1 and §3 show the first of them", () => {
	const docs = readFileSync("docs/topics.md", "utf8");
	expect(docs).toContain(golden.reports[0]?.text);
	expect(docs).toContain(dense.reports[0]?.text);
});

describe("values", () => {
	test("of float32 round to the wire alike, half a step upwards", () => {
		// As float32: 0.25 is exact, 7.65 is a little above and 0.35 a little below.
		const column = [0.25, -0.25, 7.65, -7.65, 0.35, -0.35].map(Math.fround);
		expect(encode(makeRun({ columns: { [airTemperature]: column } }))).toContain(
			'"T":[3,-5,79,-154,80,-6]',
		);
	});

	test("that do not fit are null with the reason wire", () => {
		const column = [
			Number.POSITIVE_INFINITY,
			1e9 / 10,
			99_999_992,
			Number.NEGATIVE_INFINITY,
			-3e38,
		];
		expect(encode(makeRun({ columns: { [airTemperature]: column } }))).toContain(
			'"T":[null,null,999999920,null],"e":{"T":[9]}',
		);
	});

	test("that do not fit are counted where they are observed", () => {
		const observation = new Observation();
		expect(misfits(observation, channels)).toBe(0);
		observation.values.set([3e38, 50, Number.POSITIVE_INFINITY, 5, 5, 361, 0, 1e30]);
		expect(misfits(observation, channels)).toBe(3);
	});

	test("of a direction outside the circle are no direction", () => {
		const column = [-0.6, 360.6, 1e30, 359.6, 360];
		expect(encode(makeRun({ columns: { [windDirection]: column } }))).toContain(
			'"D":[null,null,null,0],"e":{"D":[9]}',
		);
	});

	test.each([0.1, 0.2, 0.254, 0.2794])("tips of %p mm add up exactly", (tip) => {
		const count = Limits.observationsPerReport;
		const column = Array.from({ length: count }, (_, row) => tip * (row % 7));
		const document = JSON.parse(encode(makeRun({ columns: { [precipitation]: column } })));
		let steps = 0;
		let total = 0;
		for (let row = 0; row < count; row++) {
			steps += document.R[row] ?? 0;
			total += steps;
		}
		const tips = column.reduce((sum, _, row) => sum + (row % 7), 0);
		expect(total).toBe(Math.round(tip * 10_000) * tips);
	});

	test("of channels that do not travel in reports are left out", () => {
		expect(encode(makeRun({ columns: { [batteryVoltage]: [3.9], [airTemperature]: [1] } }))).toBe(
			'{"v":1,"s":1,"n":1,"t":0,"p":5,"T":[10]}',
		);
	});

	test("with flags have them in columns of their own, in the order of the values", () => {
		const column = [1, [null, 2], [1, 4], [1, 4], [1, 0]] as const;
		expect(encode(makeRun({ columns: { [airTemperature]: column } }))).toBe(
			'{"v":1,"s":1,"n":5,"t":0,"p":5,"T":[10,null,0],"e":{"T":[2]},"q":{"T":[0,4,0,-4]}}',
		);
	});

	test("missing without a reason in a column with values need no reason column", () => {
		expect(encode(makeRun({ columns: { [airTemperature]: [1, [null, 0]] } }))).toBe(
			'{"v":1,"s":1,"n":2,"t":0,"p":5,"T":[10,null]}',
		);
	});

	test("of the user's own channels stand under their key", () => {
		const table = new ChannelTable(
			[
				{
					name: "soilMoisture",
					unit: "%",
					key: "Soil1",
					perUnit: 1,
					aggregate: "mean",
					minimum: 0,
					maximum: 100,
					group: "soil",
					property: "moisture",
					in: "observation",
				},
			],
			[],
		);
		expect(encode(makeRun({ columns: { 8: [40, [null, 2]] } }), table)).toBe(
			'{"v":1,"s":1,"n":2,"t":0,"p":5,"Soil1":[40,null],"e":{"Soil1":[2]}}',
		);
	});
});

describe("room", () => {
	const run = makeRun({ columns: { [airTemperature]: [1, [null, 2]] } });
	const text = encode(run);

	test("every length that is too short for a dense report is NoRoom", () => {
		const whole = encodeDenseReport(run, channels, new Uint8Array(Limits.reportBytes), 0);
		for (let length = 0; length < whole; length++) {
			expect(encodeDenseReport(run, channels, new Uint8Array(length), 0)).toBe(-Status.NoRoom);
		}
		expect(encodeDenseReport(run, channels, new Uint8Array(whole), 0)).toBe(whole);
	});

	test("every length that is too short is NoRoom, the exact one is enough", () => {
		for (let length = 0; length < text.length; length++) {
			expect(encodeReport(run, channels, new Uint8Array(length), 0)).toBe(-Status.NoRoom);
		}
		const exact = new Uint8Array(text.length);
		expect(encodeReport(run, channels, exact, 0)).toBe(text.length);
		expect(Buffer.from(exact).toString("latin1")).toBe(text);
	});

	test("nothing is written before start", () => {
		const into = new Uint8Array(text.length + 3).fill(0xaa);
		expect(encodeReport(run, channels, into, 3)).toBe(text.length);
		expect([...into.subarray(0, 3)]).toEqual([0xaa, 0xaa, 0xaa]);
		expect(Buffer.from(into.subarray(3)).toString("latin1")).toBe(text);
		expect(encodeReport(run, channels, into, 4)).toBe(-Status.NoRoom);
	});

	test("the largest report of all channels fits Limits.reportBytes", () => {
		const largest = Array.from(
			{ length: Limits.observationsPerReport },
			(_, row) => (row % 2 === 0 ? 1 : -1) * (20 + (row % 3)),
		);
		const columns = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((channel) => [channel, largest]));
		expect(encode(makeRun({ columns })).length).toBeLessThanOrEqual(Limits.reportBytes);
	});
});

describe("a run that no report can describe", () => {
	test("is empty", () => {
		for (const encoder of [encodeReport, encodeDenseReport]) {
			expect(encoder(new ObservationRun(), channels, new Uint8Array(4096), 0)).toBe(
				-Status.BadValue,
			);
		}
	});

	test.each(["firstSequence", "startSeconds", "periodSeconds"] as const)(
		"has a %s that is not whole",
		(field) => {
			const run = makeRun({ columns: { [airTemperature]: [1] } });
			run[field] = 1.5;
			expect(encodeReport(run, channels, new Uint8Array(4096), 0)).toBe(-Status.BadValue);
		},
	);
});
