import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "@jest/globals";

const firmware = join(__dirname, "../../../firmware");
/** Of the lines of the firmware, what a platform may have. */
const most = 0.05;

/** Lines with code: neither empty nor all comment. One rule for everything that is counted. */
function codeLines(text: string): number {
	return text
		.replace(/\/\*[\s\S]*?\*\//g, "")
		.split("\n")
		.filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length;
}

/** Lines of the files whose path, from `firmware/` on, is like `pattern`. */
function count(pattern: RegExp): number {
	return readdirSync(firmware, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((path) => pattern.test(relative(firmware, path)))
		.reduce((sum, path) => sum + codeLines(readFileSync(path, "utf8")), 0);
}

test("a line of code is one, and a comment is none", () => {
	expect(codeLines("/** Why.\n * More. */\n\nlet a; // b\n\t// c\n/* d */ let e;\n")).toBe(2);
});

test("the adapter of the chip is a small part of the firmware", () => {
	// Declarations and the JavaScript over the C count as the adapter's, like everything else in its folder.
	const all = count(/\.[tj]s$/);
	const adapter = count(/^platform\/.*\.[tj]s$/);
	const native = count(/^platform\/.*\.[ch]$/);
	const share = adapter / all;
	process.stderr.write(
		`platform/moddable: ${adapter} of ${all} lines of TypeScript and JavaScript, ${(100 * share).toFixed(1)} %; and ${native} lines of C\n`,
	);
	expect(adapter).toBeGreaterThan(100);
	expect(share).toBeLessThanOrEqual(most);
});
