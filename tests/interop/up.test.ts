import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CommandBench } from "../support/command.ts";
import { dataKey } from "../support/vault.ts";

const quick = "up --port 0 --data DIR --sample 1 --observe 1 --report 2";

let bench: CommandBench;
beforeEach(() => {
	bench = new CommandBench();
});
afterEach(() => bench.end());

describe("isobar up", () => {
	test("reports real weather, accounts for every observation, and goes on after a second start", async () => {
		expect(await bench.run(`${quick} --stations 4 --for 5s --json`)).toBe(0);
		const first = bench.summary;
		expect(first).toEqual({
			stations: 4,
			samples: expect.any(Number),
			observations: {
				made: expect.any(Number),
				acknowledged: first.observations.made,
				archived: first.observations.made,
				shed: 0,
				lost: 0,
				duplicates: 0,
			},
			reports: { sent: expect.any(Number), resent: 0 },
			connects: 4,
			bytesPerObservation: expect.any(Number),
			cpuMsPerReport: expect.any(Number),
			tlsVersion: "TLSv1.3",
		});
		expect(first.observations.made).toBeGreaterThanOrEqual(12);
		expect(first.samples).toBeGreaterThanOrEqual(12);
		expect(bench.out.split("\n")).toHaveLength(2);
		expect(statSync(join(bench.dataDir, "things", "station-0004.key")).mode & 0o777).toBe(0o600);

		const certificate = readFileSync(join(bench.dataDir, "ca.crt"), "utf8");
		expect(await bench.run(`${quick} --stations 4 --for 3s --json`)).toBe(0);
		expect(readFileSync(join(bench.dataDir, "ca.crt"), "utf8")).toBe(certificate);
		expect(bench.summary.observations).toMatchObject({ lost: 0, duplicates: 0 });
		const keys = bench.archived();
		expect(new Set(keys).size).toBe(keys.length);
		expect(keys).toHaveLength(first.observations.made + bench.summary.observations.made);
		for (let station = 1; station <= 4; station++) {
			const sequences = keys
				.filter((key) => key.startsWith(`station-000${station} `))
				.map((key) => Number(key.split(" ")[1]));
			// No sequence number is given twice, and none is left out between two starts.
			expect(Math.max(...sequences) - Math.min(...sequences) + 1).toBe(sequences.length);
		}
	});

	test("with --encrypt everything is archived and nothing stands open; a second start needs the key", async () => {
		bench.environment.ISOBAR_DATA_KEY = dataKey;
		expect(await bench.run(`${quick} --stations 2 --for 3s --encrypt --json`)).toBe(0);
		const { made } = bench.summary.observations;
		expect(bench.summary.observations).toMatchObject({ archived: made, lost: 0, duplicates: 0 });
		expect(made).toBeGreaterThan(0);
		const log = readFileSync(join(bench.dataDir, "archive", "observations.jsonl"), "utf8");
		expect(log).toMatch(/^isobar-sealed-lines-1 /);
		expect(await bench.run(`${quick} --stations 2 --for 2s --json`)).toBe(0);
		expect(bench.summary.observations).toMatchObject({ lost: 0, duplicates: 0 });
		delete bench.environment.ISOBAR_DATA_KEY;
		expect(await bench.run(`${quick} --stations 2 --for 2s --json`)).toBe(2);
		expect(bench.err).toMatch(/is encrypted; expected its key in ISOBAR_DATA_KEY/);
	});

	test("Ctrl-C reports what waits, says goodbye and prints the summary", async () => {
		const running = bench.run(`${quick} --stations 2 --report 60`);
		await bench.printed(/station-0002 {2}link: up/);
		await new Promise((resolve) => setTimeout(resolve, 2_500));
		bench.interrupt();
		expect(await running).toBe(0);
		expect(bench.out).toMatch(/observations +made (\d+) +acknowledged \1 +archived \1 +shed 0/);
		expect(bench.out).toMatch(/lost 0 +duplicates 0/);
		expect(bench.out).toMatch(/^Page and API at http:\/\/127\.0\.0\.1:\d+$/m);
		expect(bench.err).toBe("");
	});

	test("a second Ctrl-C ends it at once", async () => {
		const running = bench.run(`${quick} --stations 1`);
		await bench.printed(/link: up/);
		bench.interrupt();
		bench.interrupt();
		expect(await running).toBe(130);
	});

	test("a port in use is one clear line", async () => {
		const other = new CommandBench();
		const running = other.run(`${quick} --stations 1`);
		await other.printed(/link: up/);
		const port = /localhost:(\d+)/.exec(other.out)![1];
		const words = `up --port ${port} --data DIR --stations 1 --for 1s`;
		expect(await bench.run(words)).toBe(1);
		expect(bench.err).toMatch(new RegExp(`^isobar: [^\\n]*${port}[^\\n]*\\n$`));
		other.interrupt();
		await running;
		other.end();
	});

	test("two fleets on one data directory are refused, in one line", async () => {
		const running = bench.run(`${quick} --stations 1`);
		await bench.printed(/link: up/);
		const other = new CommandBench();
		expect(await other.run(`up --port 0 --stations 1 --for 1s --data ${bench.dataDir}`)).toBe(1);
		expect(other.err).toMatch(/^isobar: [^\n]*in use by process \d+[^\n]*\n$/);
		other.end();
		bench.interrupt();
		expect(await running).toBe(0);
	});
});

test("isobar cloud runs alone, and a fleet reports to it as to any broker", async () => {
	const cloud = new CommandBench();
	await cloud.run("up --port 0 --data DIR --stations 2 --for 1s --sample 1 --observe 1 --report 1");
	const serving = cloud.run("cloud --port 0 --data DIR --json");
	await cloud.printed(/listening on 127\.0\.0\.1:\d+/);
	const port = /listening on 127\.0\.0\.1:(\d+)/.exec(cloud.out)![1];
	await cloud.printed(/page and API at http/);
	const url = /page and API at (http:[^"]+)/.exec(cloud.out)![1];
	expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "ok" });
	const code = await bench.run(
		`up --stations 2 --for 4s --sample 1 --observe 1 --report 1 --json --data DIR --broker mqtts://localhost:${port} --ca ${cloud.dataDir}/ca.crt --cert-dir ${cloud.dataDir}/things`,
	);
	expect(code).toBe(0);
	const { made, acknowledged, archived } = bench.summary.observations;
	expect([acknowledged, archived]).toEqual([made, null]);
	cloud.interrupt();
	expect(await serving).toBe(0);
	expect(cloud.archived().length).toBeGreaterThanOrEqual(made);
	const last = cloud.out.trimEnd().split("\n").at(-1)!;
	expect(JSON.parse(last)).toEqual({ time: expect.any(String), message: "closing" });
	cloud.end();
});
