import { describe, expect, test } from "@jest/globals";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { Departure, DepartureState } from "../../../firmware/station/departure.ts";

const { Staying, Emptying, Leaving, Gone } = DepartureState;
const at = (ms: number) => ms as Ticks;

class Bench {
	empty = false;
	linkClosed = false;
	readonly calls: string[] = [];
	readonly departure = new Departure({
		isEmpty: () => this.empty,
		isLinkClosed: () => this.linkClosed,
		sayGoodbye: (deadline) => this.calls.push(`goodbye by ${deadline}`),
		closeLink: () => this.calls.push("close"),
	});

	to(state: DepartureState): this {
		if (state === Staying) return this;
		this.empty = state !== Emptying;
		this.linkClosed = state === Gone;
		this.departure.begin(at(1_000), at(0));
		this.calls.length = 0;
		return this;
	}
}

describe("Departure, every state × input", () => {
	const inputs: Record<string, (bench: Bench) => void> = {
		begin: (bench) => bench.departure.begin(at(2_000), at(1)),
		stepWaiting: (bench) => {
			bench.empty = false;
			bench.departure.step(at(1));
		},
		stepEmpty: (bench) => {
			bench.empty = true;
			bench.departure.step(at(1));
		},
		stepClosed: (bench) => {
			bench.empty = true;
			bench.linkClosed = true;
			bench.departure.step(at(1));
		},
		deadline: (bench) => bench.departure.onDeadline(at(1_000)),
	};
	const table: [DepartureState, string, DepartureState, string[]][] = [
		[Staying, "begin", Emptying, []],
		[Staying, "stepWaiting", Staying, []],
		[Staying, "stepEmpty", Staying, []],
		[Staying, "stepClosed", Staying, []],
		[Emptying, "begin", Emptying, []],
		[Emptying, "stepWaiting", Emptying, []],
		[Emptying, "stepEmpty", Leaving, ["goodbye by 1000"]],
		[Emptying, "stepClosed", Gone, ["goodbye by 1000"]],
		[Emptying, "deadline", Gone, ["close"]],
		[Leaving, "begin", Leaving, []],
		[Leaving, "stepWaiting", Leaving, []],
		[Leaving, "stepEmpty", Leaving, []],
		[Leaving, "stepClosed", Gone, []],
		[Leaving, "deadline", Gone, ["close"]],
		[Gone, "begin", Gone, []],
		[Gone, "stepEmpty", Gone, []],
		[Gone, "stepClosed", Gone, []],
	];

	test.each(table)("state %i, %s → %i", (state, input, next, calls) => {
		const bench = new Bench().to(state);
		expect(bench.departure.state).toBe(state);
		inputs[input]!(bench);
		expect(bench.departure.state).toBe(next);
		expect(bench.calls).toEqual(calls);
		const waits = next === Emptying || next === Leaving;
		expect(Number.isFinite(bench.departure.deadline)).toBe(waits);
	});
});
