import { describe, expect, test } from "@jest/globals";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { RealClock, realNow } from "../../simulator/device/clock.ts";
import { clockCases } from "../conformance/clock.ts";

describe("device clock in real time", () => {
	test.each(clockCases)("$name", async ({ run }) => {
		let turns = 0;
		const clock = new RealClock((work) => {
			turns += 1;
			work();
		});
		await run({
			clock,
			get turns() {
				return turns;
			},
			pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
		});
		clock.stop();
	});

	test("an alarm in a year does not fire now", async () => {
		const clock = new RealClock((work) => work());
		let count = 0;
		clock.onAlarm = () => {
			count += 1;
		};
		clock.setAlarm((365 * 86_400_000) as Ticks);
		await new Promise((resolve) => setTimeout(resolve, 50));
		clock.stop();
		expect(count).toBe(0);
	});

	test("real time is the time of the day", () => {
		expect(Math.abs(realNow() - Date.now())).toBeLessThan(5_000);
	});
});
