import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { usualBounds } from "../../cloud/bounds.ts";
import { limitLines } from "../../cloud/linelimit.ts";
import { Pace } from "../../cloud/pace.ts";
import { boundQueues, type QueueStore } from "../../cloud/sessionqueues.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("lines that others can cause", () => {
	test("are written up to 200 of a kind in ten seconds, and then counted", () => {
		const lines: string[] = [];
		const log = limitLines((line) => lines.push(line));
		for (let index = 0; index < 250; index++) log(`refused peer ${index}`);
		log("closed peer 1");
		expect(lines).toHaveLength(201);
		jest.advanceTimersByTime(10_000);
		expect(lines.at(-1)).toBe('50 more lines "refused …" in 10 s');
		log("refused peer 250");
		expect(lines.at(-1)).toBe("refused peer 250");
	});

	test("are all there when they are few", () => {
		const lines: string[] = [];
		const log = limitLines((line) => lines.push(line));
		for (let index = 0; index < 200; index++) log(`refused peer ${index}`);
		jest.advanceTimersByTime(60_000);
		expect(lines).toHaveLength(200);
	});
});

describe("a pace", () => {
	test("lets a second's worth through at once and the rest in its time, in order", () => {
		const pace = new Pace(10);
		const done: number[] = [];
		const atOnce = Array.from({ length: 15 }, (_, index) => pace.take(() => done.push(index)));
		expect(atOnce.filter(Boolean)).toHaveLength(10);
		jest.advanceTimersByTime(250);
		expect(done).toHaveLength(12);
		jest.advanceTimersByTime(1_000);
		expect(done).toEqual(Array.from({ length: 15 }, (_, index) => index));
	});

	test("does nothing more once it has ended", () => {
		const pace = new Pace(1);
		const done: number[] = [];
		for (let index = 0; index < 3; index++) pace.take(() => done.push(index));
		pace.end();
		jest.advanceTimersByTime(10_000);
		expect(done).toEqual([0]);
	});
});

test("what waits for a kept session is bounded, and what was acknowledged makes room", async () => {
	const queue: { topic: string; payload: string }[] = [];
	const store: QueueStore = {
		outgoingEnqueue: async () => {},
		outgoingEnqueueCombi: async (owners, packet) => {
			for (const _ of owners) queue.push(packet as never);
		},
		outgoingClearMessageId: async () => queue.shift(),
	};
	let leftOut = 0;
	boundQueues(store, 25, () => {
		leftOut += 1;
	});
	const packet = { topic: "t", payload: "123456789" };
	for (let index = 0; index < 3; index++) {
		await store.outgoingEnqueueCombi([{ clientId: "a" }], packet);
	}
	expect([queue.length, leftOut]).toEqual([2, 1]);
	await store.outgoingClearMessageId({ id: "a" }, {});
	await store.outgoingEnqueue({ clientId: "a" }, packet);
	expect([queue.length, leftOut]).toEqual([2, 1]);
});

test("connections leave descriptors to files, and every bound is one", () => {
	const bounds = usualBounds();
	for (const [name, value] of Object.entries(bounds))
		expect([name, value > 0]).toEqual([name, true]);
});
