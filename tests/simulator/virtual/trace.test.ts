import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PlainProgram } from "../../support/plain.ts";
import { hour, makeFleet, pass } from "./support.ts";

const program = new PlainProgram();

beforeAll(() => program.build("tests/simulator/virtual/digest.ts"), 120_000);
afterAll(() => program.end());

test("the same seed gives the same trace hash, twice in a process and in another one", () => {
	const [first, second, other] = program.run("5", "5", "6").split("\n");
	expect(first).toMatch(/^[0-9a-f]{16}$/);
	expect(second).toBe(first);
	expect(other).not.toBe(first);
	expect(program.run("5").trim()).toBe(first);
});

test("what happens to a station does not depend on how many others there are", () => {
	const rowsOf = (stations: number) => {
		const fleet = makeFleet(stations, { path: { jitter: 40, loss: 0.02 }, driftPpm: 40 });
		pass(fleet, hour);
		return fleet.archive.rows("station-2");
	};
	expect(rowsOf(2)).toEqual(rowsOf(5));
	expect(rowsOf(2).length).toBeGreaterThan(50);
});
