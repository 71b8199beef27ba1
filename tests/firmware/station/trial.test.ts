import { beforeEach, describe, expect, test } from "@jest/globals";
import { Durations } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { type Proof, Trial } from "../../../firmware/station/trial.ts";

let calls: string[];
beforeEach(() => {
	calls = [];
});

function trial(isOnTrial = true): Trial {
	const image = {
		confirm: () => void calls.push("confirm"),
		reject: () => void calls.push("reject"),
	};
	return new Trial({
		image: isOnTrial ? image : undefined,
		save: () => void calls.push("save"),
		log: (line) => void calls.push(line),
	});
}

const orders: readonly (readonly Proof[])[] = [
	["connected", "observed", "acknowledged"],
	["acknowledged", "observed", "connected"],
	["observed", "connected", "acknowledged"],
];

describe("an image on trial", () => {
	test.each(orders)("is kept once it has %s, %s and %s, and not before", (...order) => {
		const one = trial();
		one.open(0 as Ticks);
		for (const proof of order.slice(0, 2)) {
			one.prove(proof);
			one.prove(proof);
		}
		expect(calls).toEqual([]);
		one.prove(order[2]!);
		one.prove(order[2]!);
		expect(calls).toEqual(["image: kept", "confirm"]);
		expect(one.deadline).toBe(Number.POSITIVE_INFINITY);
	});

	test("gives way to the one before it in time, with what it has not shown, and the outbox saved", () => {
		const one = trial();
		one.open(5 as Ticks);
		one.prove("observed");
		expect(one.deadline).toBe(5 + Durations.trial);
		one.onDeadline();
		expect(calls).toEqual(["image: given up, not connected, not acknowledged", "save", "reject"]);
		expect(one.deadline).toBe(Number.POSITIVE_INFINITY);
	});

	test("an image that is kept already has nothing to show", () => {
		const one = trial(false);
		one.open(0 as Ticks);
		for (const proof of orders[0]!) one.prove(proof);
		expect(one.deadline).toBe(Number.POSITIVE_INFINITY);
		expect(calls).toEqual([]);
	});
});
