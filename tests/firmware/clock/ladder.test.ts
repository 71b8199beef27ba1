import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { TimeQuality } from "../../../firmware/base/observation.ts";
import {
	climbLadder,
	decodeStoredTime,
	encodeStoredTime,
	storedTimeBytes,
	storePeriodMs,
	TimeStore,
} from "../../../firmware/clock/ladder.ts";
import { WallClock } from "../../../firmware/clock/wallclock.ts";
import type { Epoch, Ticks } from "../../../firmware/ports/clock.ts";

const built = Date.UTC(2026, 0, 1) as Epoch;
const stored = Date.UTC(2026, 5, 1) as Epoch;
const now = 500 as Ticks;

let clock: WallClock;

beforeEach(() => {
	clock = new WallClock();
});

describe("ladder", () => {
	test("build time is the lowest step", () => {
		climbLadder(clock, { retained: undefined, stored: undefined, built }, now);
		expect(clock.floorAt(now)).toBe(built);
		expect(clock.epochAt(now)).toBeUndefined();
	});

	test("the stored time is above it", () => {
		climbLadder(clock, { retained: undefined, stored, built }, now);
		expect(clock.floorAt(now)).toBe(stored);
		expect(clock.quality(now)).toBe(TimeQuality.Unknown);
	});

	test("a stored time from before the build is not", () => {
		climbLadder(clock, { retained: undefined, stored: (built - 1) as Epoch, built }, now);
		expect(clock.floorAt(now)).toBe(built);
	});

	test("the retained clock is above both and dates observations", () => {
		const retained = (stored + 1000) as Epoch;
		climbLadder(clock, { retained, stored, built }, now);
		expect(clock.epochAt(now)).toBe(retained);
		expect(clock.quality(now)).toBe(TimeQuality.Retained);
	});

	test("jibrilsharafi/EnergyMe-Home#249: a retained clock in the past is none", () => {
		climbLadder(clock, { retained: (stored - 1) as Epoch, stored, built }, now);
		expect(clock.epochAt(now)).toBeUndefined();
		expect(clock.floorAt(now)).toBe(stored);
	});

	test("neither is one decades ahead, nor such a stored time", () => {
		const absurd = Date.UTC(2090, 0, 1) as Epoch;
		climbLadder(clock, { retained: absurd, stored: absurd, built }, now);
		expect(clock.epochAt(now)).toBeUndefined();
		expect(clock.floorAt(now)).toBe(built);
	});

	test("SNTP is the highest step, whatever the retained clock said", () => {
		climbLadder(clock, { retained: (stored + 86_400_000) as Epoch, stored, built }, now);
		clock.set((stored + 90_000_000) as Epoch, TimeQuality.Synchronised, now);
		expect(clock.epochAt(now)).toBe(stored + 90_000_000);
		expect(clock.quality(now)).toBe(TimeQuality.Synchronised);
	});
});

describe("stored time", () => {
	test("comes back as it was", () => {
		fc.assert(
			fc.property(fc.maxSafeNat(), (epoch) => {
				const bytes = new Uint8Array(storedTimeBytes);
				encodeStoredTime(epoch as Epoch, bytes);
				expect(decodeStoredTime(bytes)).toBe(epoch);
			}),
		);
	});

	test("is big-endian milliseconds", () => {
		const bytes = new Uint8Array(storedTimeBytes);
		encodeStoredTime(1_451_606_400_000 as Epoch, bytes);
		expect([...bytes]).toEqual([0, 0, 0x01, 0x51, 0xfa, 0x7b, 0xdc, 0x00]);
	});

	test.each([undefined, new Uint8Array(7), new Uint8Array(9), new Uint8Array(8).fill(0xff)])(
		"is none when it is %p",
		(bytes) => {
			expect(decodeStoredTime(bytes)).toBeUndefined();
		},
	);
});

describe("time store", () => {
	let kept: (number | undefined)[];
	let store: TimeStore;

	beforeEach(() => {
		kept = [];
		store = new TimeStore(clock, (bytes) => kept.push(decodeStoredTime(bytes)));
	});

	test("waits for nothing until it is open and after it is closed", () => {
		expect(store.deadline).toBe(Number.POSITIVE_INFINITY);
		store.open(now);
		store.close();
		expect(store.deadline).toBe(Number.POSITIVE_INFINITY);
	});

	test("stores once an hour", () => {
		clock.set(stored, TimeQuality.Synchronised, 0 as Ticks);
		store.open(0 as Ticks);
		expect(store.deadline).toBe(storePeriodMs);
		store.onDeadline(store.deadline);
		store.onDeadline(store.deadline);
		expect(kept).toEqual([stored + storePeriodMs, stored + 2 * storePeriodMs]);
	});

	test("stores no time that is not synchronised", () => {
		clock.set(stored, TimeQuality.Retained, 0 as Ticks);
		store.open(0 as Ticks);
		store.onDeadline(store.deadline);
		expect(kept).toEqual([]);
	});
});
