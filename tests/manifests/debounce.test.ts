import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";

/** Reads lines "debounce", then "time level" until the end; prints the count. */
const program = `
#include "debounce.h"
#include <stdio.h>
int main(void)
{
	Debounce input = { 0 };
	long long time;
	int low;
	if (scanf("%lld", &time) != 1) return 1;
	input.debounce = time;
	while (scanf("%lld %d", &time, &low) == 2) debounce_edge(&input, time, low != 0);
	printf("%u", input.count);
	return 0;
}
`;

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "isobar-debounce-"));
	writeFileSync(join(folder, "count.c"), program);
	const native = join(__dirname, "../../firmware/platform/moddable/native");
	const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsanitize=undefined", `-I${native}`];
	execFileSync("cc", [...flags, "count.c", "-o", "count"], { cwd: folder });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the counter of the chip makes of these edges; times in microseconds. */
function count(
	debounce: number,
	edges: readonly (readonly [time: number, isLow: boolean])[],
): number {
	const lines = edges.map(([time, isLow]) => `${time} ${isLow ? 1 : 0}\n`);
	const input = `${debounce}\n${lines.join("")}`;
	return Number(execFileSync(join(folder, "count"), { input, encoding: "utf8" }));
}

/** A contact that bounces: edges at these times, the last of which leaves it `isLow`. */
const bounce = (start: number, gaps: readonly number[], isLow: boolean) => {
	let time = start;
	const edges = [[time, isLow] as const];
	for (const [index, gap] of gaps.entries()) {
		time += gap;
		edges.push([time, index % 2 === 0 ? !isLow : isLow]);
	}
	return edges;
};

test("without debounce each closing is a pulse, and no opening is", () => {
	expect(
		count(0, [
			[100, true],
			[101, false],
			[102, true],
			[103, false],
		]),
	).toBe(2);
});

test("a bouncing reed switch gives one pulse for each closing", () => {
	const gaps = fc.array(fc.integer({ min: 1, max: 1_900 }), { minLength: 0, maxLength: 6 });
	const closing = fc.record({
		closes: gaps.map((list) => (list.length % 2 === 0 ? list : list.slice(1))),
		closed: fc.integer({ min: 2_000, max: 500_000 }),
		opens: gaps.map((list) => (list.length % 2 === 0 ? list : list.slice(1))),
		open: fc.integer({ min: 2_000, max: 3_000_000 }),
	});
	fc.assert(
		fc.property(fc.array(closing, { maxLength: 8 }), (closings) => {
			let time = 10_000;
			const edges: (readonly [number, boolean])[] = [];
			for (const { closes, closed, opens, open } of closings) {
				edges.push(...bounce(time, closes, true));
				time = edges.at(-1)![0] + closed;
				edges.push(...bounce(time, opens, false));
				time = edges.at(-1)![0] + open;
			}
			expect(count(2_000, edges)).toBe(closings.length);
		}),
		{ numRuns: 40 },
	);
});

test("an edge exactly one debounce time after the last is a pulse", () => {
	expect(count(20_000, [[20_000, true]])).toBe(1);
	expect(count(20_000, [[19_999, true]])).toBe(0);
});
