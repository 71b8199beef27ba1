import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readOptions, type Spread, spreadOf } from "./report.ts";

const usage = `npm run bench -- start [--rounds 9] [--json]

How long \`isobar cloud\` takes from its process to the line with its page, with the HTTP API, on a data directory
that is there and on an empty one, for which it makes an authority and its own certificate. \`node -e 0\` beside
them in each round is what Node takes for nothing. CPU is that of the process at that line, where /proc tells it.
`;

const targetMs = 2_000;
/** What /proc counts in: CLK_TCK is 100 on every Linux that Node runs on. */
const tickMs = 10;

interface Start {
	readonly ms: number;
	/** NaN where nobody tells it. */
	readonly cpuMs: number;
}

function cpuOf({ pid }: ChildProcess): number {
	try {
		// utime and stime are the 14th and the 15th field (proc(5)); the second has no blank here.
		const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15);
		return (Number(user) + Number(system)) * tickMs;
	} catch {
		return Number.NaN;
	}
}

/** Starts a cloud, and ends it once it is ready. */
async function startCloud(data: string): Promise<Start> {
	const begin = performance.now();
	const words = ["dist/cli.js", "cloud", "--port", "0", "--data", data];
	const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
	for await (const line of createInterface({ input: child.stdout })) {
		if (!line.includes("page and API at")) continue;
		const start = { ms: performance.now() - begin, cpuMs: cpuOf(child) };
		const exit = once(child, "exit");
		child.kill("SIGINT");
		await exit;
		return start;
	}
	throw new Error("the cloud has ended before it was ready; see the lines above");
}

async function startNode(): Promise<Start> {
	const begin = performance.now();
	await once(spawn(process.execPath, ["-e", "0"], { stdio: "inherit" }), "exit");
	return { ms: performance.now() - begin, cpuMs: Number.NaN };
}

function show({ median, minimum, maximum }: Spread): string {
	const short = (value: number): string => Math.round(value).toLocaleString("en");
	return Number.isNaN(median)
		? "unknown"
		: `${short(median)} (${short(minimum)} … ${short(maximum)})`;
}

const options = readOptions(usage, { rounds: 9 });
if (options !== undefined) {
	// A bundle of the sources as they are.
	spawnSync(process.execPath, ["scripts/start.js", "--version"], {
		stdio: ["ignore", "ignore", "inherit"],
	});
	const folder = mkdtempSync(join(tmpdir(), "isobar-start-"));
	try {
		const kinds = {
			"a data directory that is there": () => startCloud(join(folder, "there")),
			"an empty one": (round: number) => startCloud(join(folder, `empty-${round}`)),
			"node -e 0": startNode,
		};
		const starts: Record<string, Start[]> = {};
		for (let round = 0; round <= options.rounds; round++) {
			for (const [name, start] of Object.entries(kinds)) {
				const one = await start(round);
				// The first round makes the directory, and fills the caches of the disk.
				if (round > 0) starts[name] = [...(starts[name] ?? []), one];
			}
		}
		const nothing = starts["node -e 0"]!;
		const results = Object.entries(starts).map(([name, list]) => ({
			name,
			ms: spreadOf(list.map(({ ms }) => ms)),
			cpuMs: spreadOf(list.map(({ cpuMs }) => cpuMs)),
			ratio: spreadOf(list.map(({ ms }, round) => ms / nothing[round]!.ms)),
		}));
		const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}`;
		if (options.json) process.stdout.write(`${JSON.stringify({ machine, targetMs, results })}\n`);
		else {
			process.stdout.write(
				`isobar cloud until it is ready, ms: median (min … max)\n${machine}\n\n`,
			);
			for (const { name, ms, cpuMs, ratio } of results) {
				const isNode = name === "node -e 0";
				const beside = isNode
					? ""
					: `  CPU ${show(cpuMs)}  ${ratio.median.toFixed(1)} × node -e 0  ≤ ${targetMs}: ${ms.median <= targetMs ? "met" : "not met"}`;
				process.stdout.write(`${name.padEnd(32)}${show(ms)}${beside}\n`);
			}
		}
	} catch (error) {
		process.stderr.write(`bench: ${(error as Error).message}\n`);
		process.exitCode = 1;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
