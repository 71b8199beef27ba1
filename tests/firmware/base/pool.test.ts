import { describe, expect, test } from "@jest/globals";
import { BufferPool } from "../../../firmware/base/pool.ts";

describe("BufferPool", () => {
	test("lends what was reserved, and makes another one only when all of it is lent", () => {
		const pool = new BufferPool(8, 2);
		const first = pool.take();
		const second = pool.take();
		expect([pool.made, pool.lent]).toEqual([2, 2]);
		expect(first).not.toBe(second);
		expect(pool.take()).toHaveLength(8);
		expect([pool.made, pool.lent]).toEqual([3, 3]);
	});

	test("lends again what it was given back", () => {
		const pool = new BufferPool(8, 0);
		const first = pool.take();
		pool.give(first);
		expect(pool.take()).toBe(first);
		expect([pool.made, pool.lent]).toEqual([1, 1]);
	});
});
