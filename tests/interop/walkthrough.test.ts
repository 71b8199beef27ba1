import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Cloud, startCloud } from "../../cloud/main.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { PackageBench } from "../support/package.ts";

/*
 * The commands of docs/cloud.md, run as they stand there against a real cloud: the page cannot lie. A
 * block is `sh walk NAME`; a line that starts with "# →" says what the lines above it print, with … for
 * any text.
 */
const page = readFileSync("docs/cloud.md", "utf8");
const blocks = [...page.matchAll(/```sh walk\n([\s\S]*?)```/g)].map(([, text]) => text!);

const bench = new PackageBench();
let directory: string;
let cloud: Cloud;

beforeAll(async () => {
	await bench.build();
	directory = mkdtempSync(join(tmpdir(), "isobar-walk-"));
	// What `npx isobar` is to a reader with the package.
	const command = `#!/bin/sh\nexec "${process.execPath}" "${join(bench.root, "dist/cli.js")}" "$@"\n`;
	writeFileSync(join(directory, "isobar"), command, { mode: 0o755 });
	cloud = await startCloud({
		dataDir: join(directory, ".isobar"),
		port: 0,
		http: { port: 0 },
		log: (line) => appendFileSync(join(directory, "cloud.log"), `${line}\n`),
	});
}, 120_000);
afterAll(async () => {
	await cloud?.close();
	bench.end();
	rmSync(directory, { recursive: true, force: true });
});

interface Step {
	readonly commands: string;
	readonly expected: string;
}

/** The commands of a block up to each line that says what they print. */
function stepsOf(block: string): Step[] {
	const steps: Step[] = [];
	let commands: string[] = [];
	let expected: string[] = [];
	for (const line of [...block.trimEnd().split("\n"), ""]) {
		const said = /^# → (.*)$/.exec(line)?.[1];
		if (said !== undefined) {
			expected.push(said);
			continue;
		}
		if (expected.length > 0 || line === "") {
			if (commands.length > 0) {
				steps.push({ commands: commands.join("\n"), expected: expected.join("\n") });
			}
			commands = [];
			expected = [];
		}
		if (line !== "") commands.push(line);
	}
	return steps;
}

/** What a shell prints; variables that the page has set before are set. */
function shell(commands: string, variables: string): Promise<string> {
	return new Promise((resolve) => {
		const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
		const script = `${variables}\n${commands}`.replaceAll(" -p 8883", ` -p ${cloud.port}`);
		execFile("sh", ["-c", script], { cwd: directory, env, timeout: 90_000 }, (_, out, err) =>
			resolve(`${out}${err}`),
		);
	});
}

function patternOf(expected: string): RegExp {
	const escaped = expected.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*");
	return new RegExp(`^${escaped}\\s*$`);
}

const run = hasMosquitto || process.env.CI ? describe : describe.skip;

run("docs/cloud.md by its own commands, with a stock mosquitto", () => {
	test("the page has a walk", () => {
		expect(blocks.length).toBeGreaterThanOrEqual(4);
		expect(
			blocks.flatMap(stepsOf).filter(({ expected }) => expected !== "").length,
		).toBeGreaterThan(8);
	});

	test("every command prints what the page says", async () => {
		const variables = [...page.matchAll(/^\w+="[^"]*"$/gm)].map(([line]) => line).join("\n");
		for (const step of blocks.flatMap(stepsOf)) {
			const printed = await shell(step.commands, variables);
			if (step.expected === "") {
				expect([step.commands, printed]).toEqual([
					step.commands,
					expect.not.stringMatching(/^isobar: /m),
				]);
			} else {
				expect({ commands: step.commands, printed }).toEqual({
					commands: step.commands,
					printed: expect.stringMatching(patternOf(step.expected)),
				});
			}
		}
	}, 240_000);
});
