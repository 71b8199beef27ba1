import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const root = join(__dirname, "..", "..");
const page = readFileSync(join(root, "docs", "aws-compatibility.md"), "utf8");

interface Row {
	readonly id: string;
	readonly status: string;
	/** A test, or a reason. */
	readonly why: string;
}

const rows: readonly Row[] = [
	...page.matchAll(/^\| ([A-Z]\d\d) \| .* \| ([a-z ]+) \| (.*) \|$/gm),
].map(([, id, status, why]) => ({ id: id!, status: status!, why: why! }));

/** How many cases each part of the catalogue has. */
const parts = { T: 23, M: 45, P: 23, S: 37, L: 10, F: 12, J: 19, R: 17, D: 13 };

test("every case of the catalogue stands there, once", () => {
	const expected = Object.entries(parts).flatMap(([part, count]) =>
		Array.from({ length: count }, (_, index) => part + String(index + 1).padStart(2, "0")),
	);
	expect(rows.map(({ id }) => id)).toEqual(expected);
});

test("each passes, differs, is out of scope or is open, and says why", () => {
	const statuses = ["passing", "differing", "out of scope", "open"];
	expect(rows.filter(({ status }) => !statuses.includes(status))).toEqual([]);
	expect(rows.filter(({ why }) => why.trim() === "")).toEqual([]);
});

test("the figures at the top are those of the table", () => {
	for (const status of ["passing", "differing", "out of scope", "open"]) {
		const count = rows.filter((row) => row.status === status).length;
		expect(page).toContain(`| ${status} | ${count} |`);
	}
});

const passing = rows.filter(({ status }) => status === "passing");

test.each(passing)("$id is shown by the test that the page names", ({ why }) => {
	const [, file, title] = /^`(tests\/[\w/.-]+\.ts)`: (.+)$/.exec(why)!;
	expect(existsSync(join(root, file!))).toBe(true);
	const source = readFileSync(join(root, file!), "utf8");
	const text = title!.replaceAll("\\|", "|");
	const isTitle = [`"${text}"`, `\`${text}\``].some((literal) => source.includes(literal));
	expect({ title: text, isTitle }).toEqual({ title: text, isTitle: true });
	// A test that is skipped or narrowed shows nothing.
	expect(source).not.toMatch(/\b(test|describe)\.(skip|only|todo|failing)\b/);
});
