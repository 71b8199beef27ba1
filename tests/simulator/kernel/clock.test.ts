import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { VirtualClock } from "../../../simulator/kernel/clock.ts";

describe("VirtualClock", () => {
	test("runs by moment, and equal moments in the order in which they were set", () => {
		const clock = new VirtualClock(1_000);
		const seen: string[] = [];
		clock.schedule(1_005, () => seen.push("b"));
		clock.schedule(1_001, () => seen.push("a"));
		clock.schedule(1_005, () => seen.push("c"));
		expect(clock.next).toBe(1_001);
		expect(clock.runUntil(2_000)).toBe(3);
		expect(seen).toEqual(["a", "b", "c"]);
		expect(clock.now).toBe(2_000);
		expect(clock.next).toBe(Number.POSITIVE_INFINITY);
		expect(clock.step()).toBe(false);
	});

	test("time is the moment of the action while it runs, and an action may set others", () => {
		const clock = new VirtualClock();
		const moments: number[] = [];
		const tick = (now: number) => {
			moments.push(now, clock.now);
			if (now < 3) clock.schedule(now + 1.5, tick);
		};
		clock.schedule(0, tick);
		clock.runUntil(10);
		expect(moments).toEqual([0, 0, 1.5, 1.5, 3, 3]);
	});

	test("a moment in the past comes now, after what is waiting for now", () => {
		const clock = new VirtualClock();
		const seen: string[] = [];
		clock.schedule(5, () => {
			clock.schedule(1, (now) => seen.push(`late at ${now}`));
		});
		clock.schedule(5, () => seen.push("due"));
		clock.runUntil(5);
		expect(seen).toEqual(["due", "late at 5"]);
	});

	test("runUntil includes its own moment and leaves later ones", () => {
		const clock = new VirtualClock();
		let count = 0;
		clock.schedule(10, () => count++);
		clock.schedule(10.5, () => count++);
		expect(clock.runUntil(10)).toBe(1);
		expect(clock.pending).toBe(1);
	});

	test("an alarm moves, is cleared, and keeps its place after it has fired", () => {
		const clock = new VirtualClock();
		const fired: number[] = [];
		const alarm = clock.reserve((now) => fired.push(now));
		clock.set(alarm, 10);
		clock.set(alarm, 20);
		clock.runUntil(15);
		expect(fired).toEqual([]);
		clock.runUntil(20);
		clock.set(alarm, 30);
		clock.clear(alarm);
		clock.set(alarm, Number.POSITIVE_INFINITY);
		clock.runUntil(40);
		clock.set(alarm, 50);
		clock.runUntil(60);
		expect(fired).toEqual([20, 50]);
		clock.set(alarm, 70);
		clock.release(alarm);
		expect(clock.pending).toBe(0);
	});

	test("refuses a moment that is not a number", () => {
		const clock = new VirtualClock();
		expect(() => clock.schedule(Number.NaN, () => {})).toThrow(RangeError);
	});

	test("agrees with a sorted list under any mixture of setting, moving, clearing and running", () => {
		const operation = fc.oneof(
			fc.record({ kind: fc.constant("set" as const), alarm: fc.nat(120), in: fc.nat(30) }),
			fc.record({ kind: fc.constant("clear" as const), alarm: fc.nat(120), in: fc.nat(30) }),
			fc.record({ kind: fc.constant("run" as const), alarm: fc.nat(120), in: fc.nat(10) }),
		);
		fc.assert(
			fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
				const clock = new VirtualClock();
				const seen: number[] = [];
				const expected: number[] = [];
				const alarms: number[] = [];
				for (let index = 0; index <= 120; index++)
					alarms.push(clock.reserve(() => seen.push(index)));
				const model = new Map<number, { moment: number; order: number }>();
				let order = 0;
				for (const { kind, alarm, in: delay } of operations) {
					if (kind === "set") {
						clock.set(alarms[alarm]!, clock.now + delay);
						model.set(alarm, { moment: clock.now + delay, order: order++ });
					} else if (kind === "clear") {
						clock.clear(alarms[alarm]!);
						model.delete(alarm);
					} else {
						const until = clock.now + delay;
						const due = [...model].filter(([, { moment }]) => moment <= until);
						due.sort(([, a], [, b]) => a.moment - b.moment || a.order - b.order);
						for (const [index] of due) {
							expected.push(index);
							model.delete(index);
						}
						clock.runUntil(until);
					}
					expect(clock.pending).toBe(model.size);
				}
				expect(seen).toEqual(expected);
			}),
		);
	});
});
