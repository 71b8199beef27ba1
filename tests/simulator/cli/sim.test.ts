import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ExitCode } from "../../../simulator/commands/host.ts";
import type { SimSummary } from "../../../simulator/commands/sim.ts";
import { CommandBench } from "../../support/command.ts";

let bench: CommandBench;
beforeEach(() => {
	bench = new CommandBench();
});
afterEach(() => bench.end());

/** The summary of a run that ends well. */
async function summaryOf(line: string): Promise<SimSummary> {
	bench.out = "";
	expect(await bench.run(`sim --json --data DIR ${line}`)).toBe(ExitCode.Ok);
	return bench.summary as SimSummary;
}

/** Writes a scenario into the data directory; returns its path. */
function scenario(members: object): string {
	const file = join(bench.dataDir, "own.json");
	const own = { name: "own", title: "A test", stations: 2, for: "1h", ...members };
	writeFileSync(file, JSON.stringify(own));
	return file;
}

describe("isobar sim", () => {
	test("ends with a summary that the same seed repeats and another does not", async () => {
		const run = "--scenario power-cuts --stations 2 --for 1h";
		const first = await summaryOf(`${run} --seed 7`);
		expect(first).toMatchObject({ stations: 2, seed: 7, tlsVersion: null });
		expect(first.observations.made).toBeGreaterThan(100);
		expect(first.observations).toEqual({
			made: first.observations.made,
			acknowledged: first.observations.made,
			archived: first.observations.made,
			shed: 0,
			lost: 0,
			duplicates: 0,
		});
		expect(first.virtualDays).toBeGreaterThan(1 / 24);
		expect(await summaryOf(`${run} --seed 7`)).toMatchObject({ traceHash: first.traceHash });
		expect((await summaryOf(`${run} --seed 8`)).traceHash).not.toBe(first.traceHash);
	});

	test("counts the faults that happen", async () => {
		const file = scenario({ faults: [{ fault: "kick", at: ["10m", "20m"] }] });
		expect((await summaryOf(`--scenario ${file}`)).faults).toEqual({ kick: 4 });
	});

	test("writes a page that needs nothing else, and the summary beside it", async () => {
		const summary = await summaryOf("--scenario calm --stations 2 --for 1h --report DIR/report");
		const page = readFileSync(join(bench.dataDir, "report/index.html"), "utf8");
		expect(page).not.toMatch(/(src|href)="(?!#)/);
		expect(page).toContain(summary.traceHash);
		expect(existsSync(join(bench.dataDir, "report/summary.json"))).toBe(true);
	});

	test("that is not what the scenario expects fails, and says how to see it again", async () => {
		const file = scenario({ expect: { shed: "some" } });
		expect(await bench.run(`sim --data DIR --scenario ${file} --seed 5`)).toBe(ExitCode.Failed);
		expect(bench.err).toMatch(/no observation was shed; expected some\n/);
		expect(bench.err).toContain(
			`isobar sim --scenario ${file} --seed 5 --stations 2 --for 3600000ms --until `,
		);
	});

	test.each([
		["--scenario nowhere", /^isobar: --scenario: no file nowhere; expected one, or .*everything/],
		["--days 1 --for 1h", /^isobar: --days: expected --days or --for, not both\n$/],
		["--speed 0", /--speed.*Expected max, or a number above 0/],
		["--for soon", /--for/],
	])("%s is one line and exit code 2", async (words, expected) => {
		expect(await bench.run(`sim --data DIR ${words}`)).toBe(ExitCode.Usage);
		expect(bench.err).toMatch(expected);
	});
});
