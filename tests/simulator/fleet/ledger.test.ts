import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { balance, readArchive } from "../../../simulator/fleet/ledger.ts";
import type { Range, SimulatedStation } from "../../../simulator/fleet/station.ts";

let directory: string;
let path: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "isobar-ledger-"));
	path = join(directory, "observations.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(...rows: (readonly [thing: string, sequence: number])[]): void {
	writeFileSync(
		path,
		rows.map(([thing, sequence]) => `${JSON.stringify({ thing, sequence, time: "" })}\n`).join(""),
	);
}

/** As much of a station as the ledger looks at. */
function station(
	thing: string,
	made: readonly Range[],
	shed = 0,
	{ lossWindow = 0, exposed = [] as readonly Range[] } = {},
): SimulatedStation {
	return {
		thingName: thing,
		lossWindow,
		totals: () => ({ made, shed, exposed, acknowledged: 5 }),
	} as unknown as SimulatedStation;
}

describe("the balance of a run", () => {
	test("everything archived once", async () => {
		write(["a", 10], ["a", 11], ["b", 4_095], ["b", 4_096], ["b", 1], ["c", 7]);
		const stations = [
			station("a", [{ first: 10, last: 11 }]),
			station("b", [
				{ first: 4_095, last: 4_095 },
				{ first: 4_096, last: 4_096 },
			]),
		];
		expect(balance(stations, await readArchive(path))).toEqual({
			made: 4,
			acknowledged: 10,
			archived: 4,
			shed: 0,
			lost: 0,
			duplicates: 0,
		});
	});

	test("what is missing is lost, unless it was shed", async () => {
		write(["a", 10], ["a", 13]);
		const range = [{ first: 10, last: 14 }];
		const archive = await readArchive(path);
		expect(balance([station("a", range)], archive)).toMatchObject({ archived: 2, lost: 3 });
		expect(balance([station("a", range, 2)], archive)).toMatchObject({ shed: 2, lost: 1 });
		expect(balance([station("a", range, 9)], archive)).toMatchObject({ shed: 9, lost: 0 });
	});

	test("what a loss of power may have taken is taken, each once, and no more than that", async () => {
		write(["a", 10], ["a", 13], ["a", 17]);
		const made = [
			{ first: 10, last: 14 },
			{ first: 17, last: 18 },
		];
		// Two cuts, the second soon after the first; 11 was not within the window of either.
		const exposed = [
			{ first: 12, last: 14 },
			{ first: 13, last: 18 },
		];
		const stations = [station("a", made, 0, { lossWindow: 3, exposed })];
		const archive = await readArchive(path);
		expect(balance(stations, archive)).toMatchObject({ archived: 3, taken: 3, lost: 1 });
		expect(balance(stations)).toMatchObject({ archived: null, taken: null, lost: null });
		expect(balance([station("a", made)], archive)).not.toHaveProperty("taken");
	});

	test("rows that stand twice are counted, of other runs too", async () => {
		write(["a", 10], ["a", 11], ["a", 10], ["a", 10], ["z", 1], ["z", 1]);
		const ledger = balance([station("a", [{ first: 10, last: 11 }])], await readArchive(path));
		expect(ledger).toMatchObject({ archived: 2, lost: 0, duplicates: 3 });
	});

	test("a row that is written in another order of members counts as well", async () => {
		writeFileSync(path, '{"sequence":10,"thing":"a"}\n{"thing":"a","sequence":11}\n');
		const archive = await readArchive(path);
		expect(archive.count("a", { first: 1, last: 100 })).toBe(2);
	});

	test("without an archive nobody can tell", () => {
		expect(balance([station("a", [{ first: 1, last: 3 }])])).toEqual({
			made: 3,
			acknowledged: 5,
			archived: null,
			shed: 0,
			lost: null,
			duplicates: null,
		});
	});

	test("an archive that is not there has no rows", async () => {
		const ledger = balance([station("a", [{ first: 1, last: 3 }])], await readArchive(path));
		expect(ledger).toMatchObject({ archived: 0, lost: 3, duplicates: 0 });
	});
});
