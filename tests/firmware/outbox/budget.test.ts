import { describe, expect, test } from "@jest/globals";
import { Observation, ObservationRun } from "../../../firmware/base/observation.ts";
import { computeBudget, divide } from "../../../firmware/outbox/budget.ts";
import { Outbox } from "../../../firmware/outbox/outbox.ts";
import { VirtualFlash, VirtualRetainedMemory } from "../../../simulator/device/storage.ts";

/** One observation a minute, a report of ten, the seven core channels. */
const reference = {
	observationSeconds: 60,
	reportSeconds: 600,
	channels: 7,
	bootsPerDay: 1,
};

/** The cadence of `isobar up`: the fastest that is usual. */
const lively = { ...reference, observationSeconds: 5, reportSeconds: 30 };

const writeAligns = [4, 16];

describe("budget of the default partition of 1 MiB", () => {
	test.each(writeAligns)(
		"writeAlign %i: it holds 14 days of observations a minute apart",
		(writeAlign) => {
			const budget = computeBudget(new VirtualFlash({ writeAlign }).status(), reference);
			expect(budget.days).toBeGreaterThanOrEqual(14);
		},
	);

	test.each(writeAligns)(
		"writeAlign %i: it lives 10 years and longer, also with an observation in 5 s",
		(writeAlign) => {
			const status = new VirtualFlash({ writeAlign }).status();
			for (const usage of [reference, lively, { ...lively, channels: 28, bootsPerDay: 1440 }]) {
				expect(computeBudget(status, usage).years).toBeGreaterThanOrEqual(10);
			}
		},
	);

	test.each(writeAligns)("writeAlign %i: a real outbox holds what is computed", (writeAlign) => {
		const flash = new VirtualFlash({ writeAlign });
		const outbox = new Outbox(flash, { firstSequence: 1 });
		outbox.open();
		const observation = new Observation();
		observation.periodSeconds = 60;
		for (let channel = 0; channel < 7; channel++) observation.values[channel] = channel + 0.5;
		while (outbox.shed === 0) {
			observation.sequence = outbox.nextSequence;
			observation.startSeconds = 1_700_000_000 + 60 * observation.sequence;
			expect(outbox.append(observation)).toBe(0);
		}
		const { observations, days } = computeBudget(flash.status(), reference);
		expect(outbox.waiting).toBeGreaterThanOrEqual(observations);
		expect(outbox.waiting - observations).toBeLessThan(2);
		expect(days).toBeCloseTo(observations / 1440);
	});

	test("a real outbox wears no faster than is computed", () => {
		const flash = new VirtualFlash({ blocks: 32 });
		const outbox = new Outbox(flash, { firstSequence: 1 });
		outbox.open();
		const observation = new Observation();
		for (let channel = 0; channel < 7; channel++) observation.values[channel] = channel;
		const days = 60;
		for (let minute = 1; minute <= days * 1440; minute++) {
			observation.sequence = outbox.nextSequence;
			outbox.append(observation);
			if (minute % 10 === 0) outbox.acknowledge(0, observation.sequence);
		}
		const { erasesPerYear } = computeBudget(flash.status(), reference);
		const worst = Math.max(...Array.from({ length: 28 }, (_, block) => flash.wear(block)));
		expect((worst - 1) / days).toBeLessThanOrEqual(erasesPerYear / 365.25);
	});
});

describe("writes of a day", () => {
	/** Writes and erases of a real outbox in so many days. */
	function operationsOf(lossWindow: number, days: number): number {
		const flash = new VirtualFlash({ blocks: 32 });
		const retained = new VirtualRetainedMemory(5_632);
		const outbox = new Outbox(flash, { firstSequence: 1, lossWindow, retained });
		outbox.open();
		const before = flash.operations;
		const observation = new Observation();
		const run = new ObservationRun();
		observation.periodSeconds = 60;
		for (let channel = 0; channel < 7; channel++) observation.values[channel] = channel;
		for (let minute = 1; minute <= days * 1440; minute++) {
			observation.sequence = outbox.nextSequence;
			observation.startSeconds = 60 * minute;
			expect(outbox.append(observation)).toBe(0);
			if (minute % 10 > 0) continue;
			while (outbox.peek(0, 60, run) > 0) {
				outbox.acknowledge(run.firstSequence, run.firstSequence + run.count - 1);
			}
		}
		return flash.operations - before;
	}

	test.each([
		[0, 1_584],
		[4, 576],
		[10, 432],
		[64, 432],
	])("with a loss window of %i are those of a real outbox: %i", (lossWindow, expected) => {
		const status = new VirtualFlash({ blocks: 32 }).status();
		const { writesPerDay } = computeBudget(status, { ...reference, bootsPerDay: 0, lossWindow });
		expect(writesPerDay).toBe(expected);
		// Beside them there are the head and the erase of each block, some 20 a day.
		const days = 20;
		const operations = operationsOf(lossWindow, days) / days;
		expect(operations).toBeGreaterThanOrEqual(writesPerDay);
		expect(operations - writesPerDay).toBeLessThan(90);
	});

	test("do not change how often blocks are erased", () => {
		const status = new VirtualFlash().status();
		const staged = computeBudget(status, { ...reference, lossWindow: 32 });
		expect(staged.years).toBe(computeBudget(status, reference).years);
	});
});

describe("divide", () => {
	const status = (blocks: number, blockLength = 4096) => ({
		...new VirtualFlash({ blocks, blockLength }).status(),
	});

	test("gives notices the last blocks", () => {
		expect(divide(status(256))).toEqual({ observationBlocks: 252, noticeBlocks: 4 });
		expect(divide(status(5))).toEqual({ observationBlocks: 3, noticeBlocks: 2 });
	});

	test("says what cannot work", () => {
		expect(() => divide(status(4))).toThrow("too small");
		expect(() => divide(status(257))).toThrow("too large");
		expect(() => divide(status(8, 512))).toThrow("too short");
	});
});
