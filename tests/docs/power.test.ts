import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import standard from "../../examples/station.ts";
import { assumed, chipOf, esp32 } from "../../simulator/power/figures.ts";
import { CommandBench } from "../support/command.ts";

const page = readFileSync(join(__dirname, "../../docs/power.md"), "utf8");
let bench: CommandBench;
beforeAll(async () => {
	bench = new CommandBench();
	expect(await bench.run("power")).toBe(0);
}, 120_000);
afterAll(() => bench.end());

test("the page has the table that isobar power prints", () => {
	expect(page).toContain(`\n${bench.out}`);
});

test("the page has every current and every time that is computed with", () => {
	for (const [name, value] of Object.entries({ ...esp32, ...assumed })) {
		expect([name, page]).toEqual([
			name,
			expect.stringMatching(new RegExp(`\\| ${value} (mA|ms) `)),
		]);
	}
});

test("the page has the currents of the other chips", () => {
	const chips = ["esp32s3", "esp32c3", "esp32c6"].map(chipOf);
	for (const key of Object.keys(esp32) as (keyof typeof esp32)[]) {
		const cells = chips.map((chip) => chip[key]).join(" | ");
		expect(page).toMatch(new RegExp(`^\\|[^|]+\\| ${cells.replaceAll("|", "\\|")} \\|$`, "m"));
	}
});

test("--json has the ledgers", async () => {
	const slow = new CommandBench();
	const cadence = { sampleSeconds: 60, observeSeconds: 60, reportSeconds: 600 };
	slow.station = { definition: { ...standard, cadence }, parts: {} };
	expect(await slow.run("power --json --battery 6000")).toBe(0);
	const outcomes = JSON.parse(slow.out) as { days: number; ledger: { mAh: number } }[];
	slow.end();
	expect(outcomes).toHaveLength(3);
	for (const { days, ledger } of outcomes) expect(days).toBeCloseTo(4_800 / ledger.mAh, 6);
}, 120_000);
