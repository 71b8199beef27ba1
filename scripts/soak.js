/**
 * `npm run soak`: scenarios with seeds that nobody has tried, for as long as one likes; with `--cloud`
 * one fleet in real time against a cloud that is restarted and killed, which is `isobar soak`.
 */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const usage = `npm run soak -- [--minutes M | --runs N] [--seed N] [--scenario NAME]… [--json]
npm run soak -- --cloud [--stations N] [--minutes M] …

Runs \`isobar sim\` again and again, one run a core, each with the next seed, and ends with one line.

  --minutes M      begins no run after so many minutes (default: 10)
  --runs N         makes so many runs, however long they take
  --seed N         the first seed, 0 to 4294967295 (default: drawn, and printed)
  --scenario NAME  one of ours, in turn where there are several (default: all but storm)
  --json           the verdict as JSON on the last line of stdout; all else on stderr
  --cloud          in place of all that, \`isobar soak\` with the other options: a fleet over TLS in real time
                   against a cloud that is restarted and killed; --cloud --help lists them

Exit code: 0; 1 when a run found something, with the command that leads to it again; 2 for a value that
can't be used.
`;

const program = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const folder = new URL("../dist/scenarios/", import.meta.url);
const names = readdirSync(folder).map((file) => basename(file, ".json"));
/** Ten thousand stations take longer than all the others together. */
const usual = names.filter((name) => name !== "storm");
const seeds = 2 ** 32;

const words = process.argv.slice(2);
if (words.includes("--cloud")) {
	process.argv.splice(1, Infinity, program, "soak", ...words.filter((word) => word !== "--cloud"));
	await import(pathToFileURL(program).href);
	// The command ends the process itself, once its last line is out.
	await new Promise(() => {});
}

function fail(message) {
	console.error(`soak: ${message}`);
	process.exit(2);
}

function readOptions() {
	const { values } = parseArgs({
		options: {
			minutes: { type: "string" },
			runs: { type: "string" },
			seed: { type: "string" },
			scenario: { type: "string", multiple: true },
			json: { type: "boolean" },
			help: { type: "boolean" },
		},
	});
	if (values.help) {
		process.stdout.write(usage);
		process.exit(0);
	}
	if (values.minutes !== undefined && values.runs !== undefined) {
		fail("--minutes: expected --minutes or --runs, not both");
	}
	const whole = (name, highest) => {
		const text = values[name];
		if (text === undefined) return undefined;
		if (/^\d{1,10}$/.test(text) && Number(text) <= highest) return Number(text);
		return fail(`--${name}: got ${text}; expected a whole number from 0 to ${highest}`);
	};
	const scenarios = values.scenario ?? usual;
	const unknown = scenarios.find((name) => !names.includes(name));
	if (unknown !== undefined) {
		fail(`--scenario: got ${unknown}; expected one of ${names.join(", ")}`);
	}
	const runs = whole("runs", 1_000_000);
	return {
		scenarios,
		runs: runs ?? Number.POSITIVE_INFINITY,
		minutes: whole("minutes", 100_000) ?? (runs === undefined ? 10 : Number.POSITIVE_INFINITY),
		seed: whole("seed", seeds - 1) ?? randomInt(seeds),
		json: values.json === true,
	};
}

/** One run in a process of its own. */
function fly(scenario, seed) {
	const words = ["sim", "--scenario", scenario, "--seed", String(seed), "--json"];
	return new Promise((resolve) => {
		const child = spawn(process.execPath, [program, ...words], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		const texts = { stdout: "", stderr: "" };
		for (const name of ["stdout", "stderr"]) {
			child[name].setEncoding("utf8").on("data", (text) => {
				texts[name] += text;
			});
		}
		child.on("close", (code) => {
			let summary;
			try {
				summary = JSON.parse(texts.stdout.trim().split("\n").at(-1));
			} catch {
				// A run that died before its last line is told by its exit code.
			}
			resolve({ isGood: code === 0 && summary !== undefined, summary, stderr: texts.stderr });
		});
	});
}

let options;
try {
	options = readOptions();
} catch (error) {
	fail(error.message);
}
const { scenarios, runs, minutes, seed, json } = options;
const tell = (text) => (json ? process.stderr : process.stdout).write(text);
const begin = performance.now();
const end = begin + minutes * 60_000;
const verdict = { runs: 0, failed: 0, observations: 0, stationDays: 0, faults: 0, firstSeed: seed };
let begun = 0;

async function work() {
	while (begun < runs && performance.now() < end) {
		const turn = begun++;
		const scenario = scenarios[turn % scenarios.length];
		const own = (seed + turn) % seeds;
		const { isGood, summary, stderr } = await fly(scenario, own);
		verdict.runs += 1;
		if (!isGood) verdict.failed += 1;
		const made = summary?.observations?.made ?? 0;
		const faults = Object.values(summary?.faults ?? {}).reduce((sum, count) => sum + count, 0);
		verdict.observations += made;
		verdict.faults += faults;
		verdict.stationDays += (summary?.stations ?? 0) * (summary?.virtualDays ?? 0);
		const hash = summary?.traceHash ?? "no summary";
		const result = isGood ? "ok" : "FAILED";
		tell(`${scenario}  seed ${own}  ${hash}  ${made} observations, ${faults} faults  ${result}\n`);
		if (!isGood) tell(`${stderr.trim().split("\n").slice(-6).join("\n")}\n`);
	}
}

tell(`${scenarios.length} scenarios, first seed ${seed}\n`);
await Promise.all(Array.from({ length: availableParallelism() }, work));
const seconds = Math.round((performance.now() - begin) / 1000);
const days = Math.round(verdict.stationDays);
tell(
	`${verdict.failed === 0 ? "nothing lost" : `${verdict.failed} runs FAILED`}: ${verdict.runs} runs from seed ${seed}, ${days} station-days, ${verdict.observations} observations, ${verdict.faults} faults, ${seconds} s\n`,
);
if (json) console.log(JSON.stringify({ ...verdict, stationDays: days, seconds }));
process.exitCode = verdict.failed === 0 ? 0 : 1;
