import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";

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

	test.each(pages)("every script that %s tells to run exists", (page) => {
		const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
		const told = [...read(page).matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name!);
		expect(told.filter((name) => !(name in scripts))).toEqual([]);
	});
});
