import { describe, expect, test } from "@jest/globals";
import { Observation, TimeQuality } from "../../../firmware/base/observation.ts";
import { Status } from "../../../firmware/base/status.ts";
import type { Epoch, Ticks } from "../../../firmware/ports/clock.ts";
import { Observer } from "../../../firmware/station/observer.ts";

const at = (ms: number) => ms as Ticks;

class Bench {
	/** UTC at boot, once the clock is set. */
	offset: number | undefined;
	status: Status = Status.Ok;
	sequence = 41;
	readonly rows: [sequence: number, start: number, period: number, quality: number][] = [];
	readonly completed: number[] = [];
	readonly log: string[] = [];
	readonly observer = new Observer(
		{
			epochAt: (now) => (this.offset === undefined ? undefined : ((now + this.offset) as Epoch)),
			ticksAt: (epoch) => at(epoch - this.offset!),
			timeQuality: () =>
				this.offset === undefined ? TimeQuality.Unknown : TimeQuality.Synchronised,
			closeWindow: (into) => into.clear(),
			complete: ({ sequence }) => this.completed.push(sequence),
			nextSequence: () => this.sequence,
			append: (observation) => {
				if (this.status !== Status.Ok) return this.status;
				const { sequence, startSeconds, periodSeconds, timeQuality } = observation;
				this.rows.push([sequence, startSeconds, periodSeconds, timeQuality]);
				this.sequence += 1;
				return Status.Ok;
			},
			onObservation: () => {},
			log: (line) => this.log.push(line),
		},
		new Observation(),
	);

	/** Serves every deadline up to `last`. */
	run(last: number): this {
		while (this.observer.deadline <= last) this.observer.onDeadline(this.observer.deadline);
		return this;
	}
}

describe("Observer", () => {
	test("windows begin at multiples of the period in UTC, half-open", () => {
		const bench = new Bench();
		bench.offset = 1_700_000_003_000;
		bench.observer.open(5_000, at(0));
		expect(bench.observer.deadline).toBe(2_000);
		bench.run(7_000);
		expect(bench.rows).toEqual([
			[41, 1_700_000_000, 5, 0],
			[42, 1_700_000_005, 5, 0],
		]);
		expect(bench.completed).toEqual([41, 42]);
	});

	test("without a clock they begin at multiples of the period since boot", () => {
		const bench = new Bench();
		bench.observer.open(5_000, at(1_200));
		bench.run(10_000);
		expect(bench.rows).toEqual([
			[41, 0, 5, 3],
			[42, 5, 5, 3],
		]);
	});

	test("closed early, a window is the one that ends nearest, and the next is the one after it", () => {
		const bench = new Bench();
		bench.offset = 1_700_000_040_000;
		bench.observer.open(60_000, at(59_400));
		bench.observer.closeEarly(at(59_500));
		expect(bench.observer.deadline).toBe(120_000);
		// Woken a moment too late for the next one, which has ended meanwhile.
		bench.observer.open(60_000, at(120_300));
		bench.observer.closeEarly(at(120_400));
		expect(bench.observer.deadline).toBe(180_000);
		expect(bench.rows.map(([, start]) => start)).toEqual([1_700_000_040, 1_700_000_100]);
	});

	test("a deadline that comes late closes the window it was for, without a burst", () => {
		const bench = new Bench();
		bench.observer.open(5_000, at(0));
		bench.observer.onDeadline(at(17_300));
		expect(bench.rows).toEqual([[41, 0, 5, 3]]);
		expect(bench.observer.deadline).toBe(20_000);
	});

	test("at a boundary the next window is a whole one", () => {
		const bench = new Bench();
		bench.observer.open(5_000, at(5_000));
		expect(bench.observer.deadline).toBe(10_000);
	});

	test("an observation that was not taken is counted and said, and its number is used again", () => {
		const bench = new Bench();
		bench.status = Status.StorageFailed;
		bench.observer.open(5_000, at(0));
		bench.run(5_000);
		expect(bench.observer).toMatchObject({ made: 0, unsaved: 1 });
		expect(bench.log).toEqual(["outbox: observation 41 not taken, StorageFailed"]);
		bench.status = Status.Ok;
		bench.run(10_000);
		expect(bench.rows).toEqual([[41, 5, 5, 3]]);
	});

	test("a new period holds from the end of the window that is open", () => {
		const bench = new Bench();
		bench.observer.open(5_000, at(0));
		bench.observer.setPeriod(60_000);
		bench.run(60_000);
		expect(bench.rows).toEqual([
			[41, 0, 5, 3],
			[42, 0, 60, 3],
		]);
	});

	test("closed, it waits for nothing", () => {
		const bench = new Bench();
		bench.observer.open(5_000, at(0));
		bench.observer.close();
		expect(bench.observer.deadline).toBe(Number.POSITIVE_INFINITY);
	});
});
