import { describe, expect, test } from "@jest/globals";
import { TimeQuality } from "../../../firmware/base/observation.ts";
import { ClockGate, clockPatienceMs } from "../../../firmware/clock/gate.ts";
import { WallClock } from "../../../firmware/clock/wallclock.ts";
import type { Epoch, Ticks } from "../../../firmware/ports/clock.ts";

const boot = 300 as Ticks;
const late = (boot + clockPatienceMs) as Ticks;
const floor = Date.UTC(2026, 0, 1) as Epoch;

describe("espressif/esp-at#432: TLS waits for the clock", () => {
	test.each([TimeQuality.Synchronised, TimeQuality.Retained])(
		"is open with quality %p",
		(quality) => {
			const clock = new WallClock();
			clock.set(floor, quality, boot);
			expect(new ClockGate(clock, boot).isOpen(boot)).toBe(true);
		},
	);

	test("with only a floor it opens when its patience is over", () => {
		const clock = new WallClock();
		clock.set(floor, TimeQuality.Unknown, boot);
		const gate = new ClockGate(clock, boot);
		expect(gate.isOpen(boot)).toBe(false);
		expect(gate.isOpen((late - 1) as Ticks)).toBe(false);
		expect(gate.isOpen(late)).toBe(true);
	});

	test("without even a floor it never opens", () => {
		expect(new ClockGate(new WallClock(), boot).isOpen((late * 1000) as Ticks)).toBe(false);
	});
});
