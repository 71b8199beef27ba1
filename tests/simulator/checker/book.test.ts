import { expect, test } from "@jest/globals";
import { Book } from "../../../simulator/fleet/book.ts";
import { FaultBench } from "../../../simulator/fleet/faults.ts";
import { makeFleet, minute, pass } from "../virtual/support.ts";

test("what is given up and archived all the same is archived, and not shed as well", () => {
	const book = new Book();
	for (let sequence = 1; sequence <= 4; sequence++) book.made.add(sequence);
	expect(book.giveUp(1, 3)).toBe(3);
	expect(book.shed).toBe(3);
	expect(book.archive(2)).toBe(true);
	expect(book.archive(2)).toBe(false);
	expect(book.shed).toBe(2);
	expect(book.open(1, 4)).toBe(1);
});

test("what a processor without power gives up is not shed: the next start has it again", () => {
	const fleet = makeFleet();
	const bench = new FaultBench(fleet);
	const random = fleet.seed.child("test");
	bench.begin("brokerOutage", 0, {}, random);
	for (let loop = 0; loop < 60; loop++) {
		bench.begin("brownOutLoop", 0, { duration: 10 * minute }, random);
		pass(fleet, 30 * minute);
		expect(fleet.ledger()).toMatchObject({ shed: 0, lost: 0 });
	}
	bench.endAll();
	fleet.settle(60 * minute);
	const { made, archived } = fleet.ledger();
	expect(archived).toBeGreaterThan(1_000);
	expect(made - archived).toBeLessThanOrEqual(fleet.ledger().waiting);
});
