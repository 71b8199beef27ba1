import { describe, expect, test } from "@jest/globals";
import { KernelClock } from "../../../simulator/device/clock.ts";
import { VirtualClock } from "../../../simulator/kernel/clock.ts";
import { clockCases } from "../../conformance/clock.ts";

const start = Date.UTC(2026, 0, 1);

function makeBench() {
	const kernel = new VirtualClock(start);
	let turns = 0;
	const clock = new KernelClock(kernel, (work) => {
		turns += 1;
		work();
	});
	return {
		kernel,
		clock,
		get turns() {
			return turns;
		},
		pass: async (ms: number) => {
			kernel.runUntil(kernel.now + ms);
		},
	};
}

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
