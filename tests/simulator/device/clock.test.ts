import { describe, expect, test } from "@jest/globals";
import { KernelClock } from "../../../simulator/device/clock.ts";
import { makeClockBench as makeBench, clockStart as start } from "../../conformance/benches.ts";
import { clockCases } from "../../conformance/clock.ts";

describe("device clock in virtual time", () => {
	test.each(clockCases)("$name", ({ run }) => run(makeBench()));

	test("is exact, and its epoch is the simulation's", async () => {
		const { clock, kernel, pass } = makeBench();
		await pass(1_500);
		expect(clock.ticks).toBe(1_500);
		expect(clock.epoch).toBe(start + 1_500);
		const later = new KernelClock(kernel, (work) => work());
		expect(later.ticks).toBe(0);
	});
});
