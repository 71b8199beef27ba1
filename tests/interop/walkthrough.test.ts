import { execFile } from "node:child_process";
import {
	appendFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Cloud, startCloud } from "../../cloud/main.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { PackageBench } from "../support/package.ts";

/*
 * The commands of the pages, run as they stand there against a real cloud: a page cannot lie. A block is
 * `sh walk`; a line that starts with "# →" says what the lines above it print, with … for any text. What is
 * in a block `json walk FILE` is in that file when the cloud starts.
 */
const pages = ["docs/cloud.md", "docs/rules.md"].map((name) => {
	const text = readFileSync(name, "utf8");
	return {
		name,
		files: [...text.matchAll(/```json walk (\S+)\n([\s\S]*?)```/g)].map(
			([, file, content]) => [file!, content!] as const,
		),
		steps: [...text.matchAll(/```sh walk\n([\s\S]*?)```/g)].flatMap(([, block]) => stepsOf(block!)),
		variables: [...text.matchAll(/^\w+="[^"]*"$/gm)].map(([line]) => line).join("\n"),
	};
});

const bench = new PackageBench();
let directory: string;
let cloud: Cloud;

beforeAll(async () => {
	await bench.build();
	directory = mkdtempSync(join(tmpdir(), "isobar-walk-"));
	// What `npx isobar` is to a reader with the package.
	const command = `#!/bin/sh\nexec "${process.execPath}" "${join(bench.root, "dist/cli.js")}" "$@"\n`;
	writeFileSync(join(directory, "isobar"), command, { mode: 0o755 });
	for (const [file, content] of pages.flatMap(({ files }) => files)) {
		mkdirSync(dirname(join(directory, file)), { recursive: true });
		writeFileSync(join(directory, file), content);
	}
	cloud = await startCloud({
		dataDir: join(directory, ".isobar"),
		port: 0,
		http: { port: 0 },
		log: (line) => appendFileSync(join(directory, "cloud.log"), `${line}\n`),
	});
});
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
		const script = `${variables}\n${commands}`
			.replaceAll(" -p 8883", ` -p ${cloud.port}`)
			.replaceAll("http://127.0.0.1:8080", new URL(cloud.httpUrl!).origin);
		execFile("sh", ["-c", script], { cwd: directory, env, timeout: 120_000 }, (_, out, err) =>
			resolve(`${out}${err}`),
		);
	});
}

function patternOf(expected: string): RegExp {
	const escaped = expected.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", ".*");
	return new RegExp(`^${escaped}\\s*$`);
}

const run = hasMosquitto || process.env.CI ? describe : describe.skip;

run("pages by their own commands, with a stock mosquitto", () => {
	test.each(pages)("$name has a walk", ({ steps }) => {
		expect(steps.filter(({ expected }) => expected !== "").length).toBeGreaterThan(3);
	});

	test.each(pages)(
		"every command of $name prints what the page says",
		async ({ steps, variables }) => {
			for (const { commands, expected } of steps) {
				const printed = await shell(commands, variables);
				expect({ commands, printed }).toEqual({
					commands,
					printed:
						expected === ""
							? expect.not.stringMatching(/^isobar: /m)
							: expect.stringMatching(patternOf(expected)),
				});
			}
		},
		400_000,
	);
});
