import { beforeEach, describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Durations } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { LastResort } from "../../../firmware/station/lastresort.ts";

let calls: string[];
let status: Status;
let lastResort: LastResort;
beforeEach(() => {
	calls = [];
	status = Status.Ok;
	lastResort = new LastResort({
		save: () => {
			calls.push("save");
			return status;
		},
		restart: () => void calls.push("restart"),
		log: () => {},
	});
});

const at = (ms: number): Ticks => ms as Ticks;

describe("the last resort", () => {
	test("restarts after the longest outage that is usual, and saves the outbox before", () => {
		lastResort.disconnected(at(1_000));
		expect(lastResort.deadline).toBe(1_000 + Durations.lastResort);
		expect(Durations.lastResort).toBeGreaterThan(86_400_000);
		lastResort.onDeadline(lastResort.deadline);
		expect(calls).toEqual(["save", "restart"]);
	});

	test("counts from the first failure, not from the newest", () => {
		lastResort.disconnected(at(0));
		lastResort.disconnected(at(3_600_000));
		expect(lastResort.deadline).toBe(Durations.lastResort);
	});

	test("a connection ends it, and the next failure begins anew", () => {
		lastResort.disconnected(at(0));
		lastResort.close();
		expect(lastResort.deadline).toBe(Number.POSITIVE_INFINITY);
		lastResort.disconnected(at(5_000));
		expect(lastResort.deadline).toBe(5_000 + Durations.lastResort);
	});

	test("never restarts while the outbox cannot be saved, and tries again", () => {
		status = Status.StorageFailed;
		lastResort.disconnected(at(0));
		for (let attempt = 0; attempt < 3; attempt++) lastResort.onDeadline(lastResort.deadline);
		expect(calls).toEqual(["save", "save", "save"]);
		expect(lastResort.deadline).toBe(Durations.lastResort + 3 * Durations.lastResortRetry);
		status = Status.Ok;
		lastResort.onDeadline(lastResort.deadline);
		expect(calls.at(-1)).toBe("restart");
	});
});
