import { describe, expect, test } from "@jest/globals";
import { Durations } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { DutyCycle, DutyState } from "../../../firmware/station/dutycycle.ts";
import { noteBytes, RetainedNote } from "../../../firmware/station/retainednote.ts";
import { VirtualRetainedMemory } from "../../../simulator/device/storage.ts";

const { Idle, Sampling, Reporting, Leaving, Asleep } = DutyState;
const at = (ms: number) => ms as Ticks;

class Bench {
	sampled = false;
	up = false;
	said = false;
	heard = false;
	held = false;
	gone = false;
	next = 101;
	oldest = 100;
	perReport = 10;
	readonly calls: string[] = [];
	readonly note = new RetainedNote(new VirtualRetainedMemory(noteBytes));
	readonly duty = new DutyCycle({
		note: this.note,
		isSampled: () => this.sampled,
		observe: () => this.calls.push("observe"),
		perReport: () => this.perReport,
		nextSequence: () => this.next,
		oldest: () => this.oldest,
		connect: () => this.calls.push("connect"),
		isUp: () => this.up,
		isSaid: () => this.said,
		isHeard: () => this.heard,
		isHeld: () => this.held,
		leave: (deadline) => this.calls.push(`leave by ${deadline}`),
		isGone: () => this.gone,
		nextObservation: () => at(60_000),
		sleep: (milliseconds) => this.calls.push(`sleep ${milliseconds}`),
	});

	to(state: DutyState): this {
		if (state === Sampling || state === Asleep) this.duty.begin(false, at(0));
		if (state === Reporting || state === Leaving) this.duty.begin(true, at(0));
		if (state === Asleep) this.duty.onDeadline(at(0));
		if (state === Leaving) this.duty.onDeadline(at(0));
		this.calls.length = 0;
		return this;
	}
}

describe("the duty cycle, every state × input", () => {
	const inputs: Record<string, (bench: Bench) => void> = {
		nothing: (bench) => bench.duty.step(at(100)),
		sampled: (bench) => {
			bench.sampled = true;
			bench.duty.step(at(100));
		},
		sampledAndDue: (bench) => {
			bench.sampled = true;
			bench.next = 110;
			bench.duty.step(at(100));
		},
		said: (bench) => {
			bench.up = bench.said = true;
			bench.duty.step(at(100));
		},
		saidAndHeard: (bench) => {
			bench.up = bench.said = bench.heard = true;
			bench.duty.step(at(100));
		},
		gone: (bench) => {
			bench.gone = true;
			bench.duty.step(at(100));
		},
		close: (bench) => bench.duty.close(),
	};
	const asleep = `sleep ${60_000 - Durations.wakeLead - 100}`;
	const table: [DutyState, string, DutyState, string[]][] = [
		[Idle, "nothing", Idle, []],
		[Idle, "sampled", Idle, []],
		[Idle, "sampledAndDue", Idle, []],
		[Idle, "said", Idle, []],
		[Idle, "saidAndHeard", Idle, []],
		[Idle, "gone", Idle, []],
		[Idle, "close", Idle, []],
		[Sampling, "nothing", Sampling, []],
		[Sampling, "sampled", Asleep, ["observe", asleep]],
		[Sampling, "sampledAndDue", Reporting, ["observe", "connect"]],
		[Sampling, "said", Sampling, []],
		[Sampling, "saidAndHeard", Sampling, []],
		[Sampling, "gone", Sampling, []],
		[Sampling, "close", Idle, []],
		[Reporting, "nothing", Reporting, []],
		[Reporting, "sampled", Reporting, []],
		[Reporting, "sampledAndDue", Reporting, []],
		[Reporting, "said", Reporting, []],
		[Reporting, "saidAndHeard", Leaving, [`leave by ${100 + Durations.leaving}`]],
		[Reporting, "gone", Reporting, []],
		[Reporting, "close", Idle, []],
		[Leaving, "nothing", Leaving, []],
		[Leaving, "sampled", Leaving, []],
		[Leaving, "sampledAndDue", Leaving, []],
		[Leaving, "said", Leaving, []],
		[Leaving, "saidAndHeard", Leaving, []],
		[Leaving, "gone", Asleep, [asleep]],
		[Leaving, "close", Idle, []],
		[Asleep, "nothing", Asleep, []],
		[Asleep, "sampled", Asleep, []],
		[Asleep, "sampledAndDue", Asleep, []],
		[Asleep, "said", Asleep, []],
		[Asleep, "saidAndHeard", Asleep, []],
		[Asleep, "gone", Asleep, []],
		[Asleep, "close", Idle, []],
	];

	test.each(table)("state %i, %s: state %i", (state, input, next, calls) => {
		const bench = new Bench().to(state);
		inputs[input]!(bench);
		expect(bench.duty.state).toBe(next);
		expect(bench.calls).toEqual(calls);
	});

	test("the table has every cell", () => {
		expect(table).toHaveLength(Object.keys(DutyState).length * Object.keys(inputs).length);
	});
});

describe("the duty cycle", () => {
	test("goes on without a sensor that does not come to an end", () => {
		const { duty, calls } = new Bench().to(Sampling);
		expect(duty.deadline).toBe(Durations.sampling);
		duty.onDeadline(at(Durations.sampling));
		expect(calls).toEqual(["observe", `sleep ${60_000 - Durations.wakeLead - Durations.sampling}`]);
	});

	test("waits a moment for time and shadow once everything is said, and no longer", () => {
		const bench = new Bench().to(Reporting);
		const { duty } = bench;
		expect(duty.deadline).toBe(Durations.reporting);
		bench.up = bench.said = true;
		duty.step(at(2_000));
		duty.step(at(3_000));
		expect(duty.deadline).toBe(2_000 + Durations.listening);
		duty.onDeadline(duty.deadline);
		expect(bench.calls).toEqual([`leave by ${2_000 + Durations.listening + Durations.leaving}`]);
	});

	test("gives up at once where there is no connection", () => {
		const { duty, calls } = new Bench().to(Reporting);
		duty.onDeadline(at(Durations.reporting));
		expect(calls).toEqual([`leave by ${Durations.reporting}`]);
	});

	test("does not sleep over the trial of an image: the reset would roll it back", () => {
		const bench = new Bench().to(Reporting);
		bench.held = bench.up = bench.said = bench.heard = true;
		bench.duty.step(at(1_000));
		bench.duty.onDeadline(at(60_000));
		expect(bench.duty.state).toBe(Reporting);
		bench.held = false;
		bench.duty.step(at(70_000));
		expect(bench.duty.state).toBe(Leaving);
	});

	test("a wake time that is past means at once", () => {
		const bench = new Bench().to(Leaving);
		bench.gone = true;
		bench.duty.step(at(61_000));
		expect(bench.calls).toEqual(["sleep 0"]);
	});

	/** Observations from one attempt to the next. */
	function gapsOf(attempts: number, isAnswered: boolean): number[] {
		const memory = new Bench();
		const gaps: number[] = [];
		let last = memory.next;
		memory.note.write(last, 0);
		while (gaps.length < attempts) {
			const bench = new Bench();
			const [sequence = 0, failures = 0] = memory.note.read()!;
			bench.note.write(sequence, failures);
			memory.next += 1;
			bench.next = memory.next;
			bench.to(Sampling);
			bench.sampled = true;
			bench.duty.step(at(1));
			if (bench.duty.state === Reporting) {
				gaps.push(bench.next - last);
				last = bench.next;
				bench.up = bench.said = bench.heard = bench.gone = isAnswered;
				if (isAnswered) bench.oldest = bench.next;
				bench.duty.step(at(2));
				if (bench.duty.state === Reporting) bench.duty.onDeadline(at(60_000));
				bench.gone = true;
				bench.duty.step(at(60_000));
			}
			expect(bench.duty.state).toBe(Asleep);
			const [noted = 0, failed = 0] = bench.note.read()!;
			memory.note.write(noted, failed);
		}
		return gaps;
	}

	test("reports when a report is full", () => {
		expect(gapsOf(4, true)).toEqual([10, 10, 10, 10]);
	});

	test("tries the rarer the longer nobody answers, every eighth report at least", () => {
		expect(gapsOf(6, false)).toEqual([10, 20, 40, 80, 80, 80]);
	});

	test("a note that is lost is no attempt: what waits decides", () => {
		const bench = new Bench().to(Sampling);
		bench.oldest = 91;
		bench.sampled = true;
		bench.duty.step(at(1));
		expect(bench.duty.state).toBe(Reporting);
	});
});
