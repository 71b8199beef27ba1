import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { planStrikes, type SoakSummary } from "../../simulator/commands/soak.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { CommandBench } from "../support/command.ts";

/** `isobar cloud` without the rest of the command line, which takes long to compile. */
const cloudAlone = `
	import { startCloud } from "./cloud/index.ts";
	const [, , , dataDir, , port] = process.argv.slice(1);
	const cloud = await startCloud({ dataDir, port: Number(port), log: console.error });
	process.once("SIGINT", () => cloud.close());
	console.log("listening on 127.0.0.1:" + cloud.port);
`;

let bench: CommandBench;
beforeEach(() => {
	bench = new CommandBench();
	const options = ["--import", "./tests/support/register.mjs", "--input-type=module", "-e"];
	bench.program = [process.execPath, ...options, cloudAlone];
});
afterEach(() => bench.end());

const quick = "--sample 1 --observe 1 --report 2";

test("a fleet over TLS, a cloud that is restarted and killed: each observation is archived, once", async () => {
	const line = `soak --stations 6 --minutes 0.3 --restarts 1 --kills 1 --seed 7 ${quick} --data DIR --json`;
	const code = await bench.run(line);
	expect(bench.err).not.toMatch(/^isobar: /m);
	const summary: SoakSummary = JSON.parse(bench.out);
	const { made } = summary.observations;
	expect([code, bench.err, summary]).toEqual([
		0,
		expect.stringMatching(/restart: the cloud was away[\s\S]*SIGKILL: the cloud was away/),
		{
			stations: 6,
			seed: 7,
			seconds: expect.any(Number),
			restarts: 1,
			kills: 1,
			startMs: { median: expect.any(Number), maximum: expect.any(Number) },
			observations: {
				made,
				acknowledged: made,
				archived: made,
				shed: 0,
				waiting: 0,
				lost: 0,
				duplicates: 0,
			},
			reports: { sent: expect.any(Number), resent: expect.any(Number) },
			connects: expect.any(Number),
			crashes: 0,
			verdict: "nothing lost",
		},
	]);
	expect(made).toBeGreaterThan(6 * 10);
	// All of them have lost their cloud at least once.
	expect(summary.connects).toBeGreaterThanOrEqual(2 * 6);
}, 900_000);

test("a cloud that does not start, or ends by itself, is one line and no verdict", async () => {
	bench.program = [process.execPath, "-e", "console.log('no room'); process.exit(3)", "--"];
	expect(await bench.run("soak --stations 1 --minutes 0.1 --data DIR")).toBe(1);
	expect(bench.err).toBe(
		"isobar: the cloud has ended before it listened; its last lines: no room\n",
	);
	expect(bench.out).not.toContain("nothing lost");
});

test("moments and order of what happens come from the seed, and the end of a run is calm", () => {
	const plan = (seed: number): readonly object[] =>
		planStrikes(new RandomStream(seed), 600_000, { restarts: 5, kills: 5 });
	expect(plan(1)).toEqual(plan(1));
	expect(plan(1)).not.toEqual(plan(2));
	const strikes = planStrikes(new RandomStream(3), 600_000, { restarts: 200, kills: 100 });
	expect(strikes.filter(({ kind }) => kind === "SIGKILL")).toHaveLength(100);
	expect(strikes.filter(({ kind }) => kind === "restart")).toHaveLength(200);
	const moments = strikes.map(({ at }) => at);
	expect(moments).toEqual([...moments].sort((left, right) => left - right));
	expect(moments[0]).toBeGreaterThanOrEqual(60_000);
	expect(moments.at(-1)).toBeLessThanOrEqual(480_000);
});
