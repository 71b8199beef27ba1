import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { CommandBench } from "../support/command.ts";

const root = join(__dirname, "..", "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const pages = ["README.md", "CONTRIBUTING.md"].concat(
	readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".md"))
		.map((file) => join("docs", file)),
);

describe("what the documents say", () => {
	test("the README shows the station that npm start flies", () => {
		expect(read("README.md")).toContain(`\`\`\`ts\n${read("examples/station.ts")}\`\`\``);
	});

	test("the page about the simulator shows the test of the example", () => {
		const file = "examples/own-sensor/soil.test.ts";
		expect(read("docs/simulator.md")).toContain(`\`\`\`ts\n${read(file)}\`\`\``);
	});

	test.each(pages)("every file that %s links to is there", (page) => {
		const links = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map(
			([, link]) => link!,
		);
		const missing = links.filter((link) => !existsSync(join(root, dirname(page), link)));
		expect(missing).toEqual([]);
	});

	test("a board is flashed in at most eight steps", () => {
		const [, section] = /\n## Flash a board\n([\s\S]*?)\n## /.exec(read("README.md"))!;
		const steps = [...section!.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
		expect(steps.length).toBeGreaterThan(3);
		expect(steps.length).toBeLessThanOrEqual(8);
		expect(steps).toEqual(steps.map((_, index) => index + 1));
	});

	/** Words that follow `node scripts/start.js` for what a page tells to run, such as `cloud --host X`. */
	function toldCommands(page: string): string[] {
		const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
		const told = [...read(page).matchAll(/(?:npm run ([a-z:]+)|npm (start)) -- ([^`\n#|&]*)/g)];
		return told.flatMap(([, script, start, words]) => {
			const [, own] = /^node scripts\/start\.js ?([^&>]*)$/.exec(scripts[script ?? start!]!) ?? [];
			return own === undefined ? [] : [`${own} ${words}`.trim()];
		});
	}

	test.each(pages)(
		"every command that %s tells to run exists, with those options",
		async (page) => {
			for (const line of toldCommands(page)) {
				const words = line.split(/\s+/);
				// A command may have commands of its own: its words go up to the first option.
				const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
				const path = end < 0 ? words : words.slice(0, end);
				const bench = new CommandBench();
				const code = await bench.run(`${path.join(" ")} --help`);
				bench.end();
				expect({ line, code }).toEqual({ line, code: 0 });
				for (const option of words.filter((word) => /^--[a-z]/.test(word))) {
					expect({ line, help: bench.out }).toEqual({
						line,
						help: expect.stringMatching(new RegExp(`^  (-\\w, )?${option}\\b`, "m")),
					});
				}
			}
		},
	);

	test("the README tells to run what there is to run", () => {
		const names = toldCommands("README.md").map((line) => line.split(" ")[0]);
		expect(names).toEqual(
			expect.arrayContaining([
				"up",
				"sim",
				"cloud",
				"doctor",
				"identity",
				"flash",
				"build",
				"init",
			]),
		);
	});

	test.each(pages)("every script that %s tells to run exists", (page) => {
		const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
		const told = [...read(page).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name!);
		expect(told.filter((name) => !(name in scripts))).toEqual([]);
	});
});
