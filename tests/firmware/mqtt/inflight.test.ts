import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { Pool } from "../../../firmware/base/pool.ts";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import {
	Delivery,
	DeliveryInput,
	DeliveryKind,
	DeliveryState,
	deliveriesMaximum,
	InflightTable,
} from "../../../firmware/mqtt/inflight.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";

type StateName = keyof typeof DeliveryState;
type InputName = keyof typeof DeliveryInput;

const at = (ms: number): Ticks => ms as Ticks;
const states = Object.keys(DeliveryState) as StateName[];
const inputs = Object.keys(DeliveryInput) as InputName[];

/** MQTT 3.1.1 figures 4.2 and 4.3, §3.8.4, §3.10.4, and what a lost connection does to each. */
const allowed: Readonly<Record<string, StateName>> = {
	"Due Publish1": "AwaitingPuback",
	"Due Publish2": "AwaitingPubrec",
	"Due Subscribe": "AwaitingSuback",
	"Due Unsubscribe": "AwaitingUnsuback",
	"Due Pubrec": "AwaitingPubcomp",
	"Due Disconnect": "Due",
	"Due Renew": "Due",
	"Due Abandon": "ReleaseDue",
	"AwaitingPuback Puback": "Free",
	"AwaitingPuback Disconnect": "Due",
	"AwaitingPubrec Puback": "Free",
	"AwaitingPubrec Pubrec": "AwaitingPubcomp",
	"AwaitingPubrec Disconnect": "Due",
	"ReleaseDue Release": "AwaitingPubcomp",
	"ReleaseDue Pubrec": "AwaitingPubcomp",
	"ReleaseDue Disconnect": "ReleaseDue",
	"ReleaseDue Renew": "Due",
	"AwaitingPubcomp Pubrec": "AwaitingPubcomp",
	"AwaitingPubcomp Pubcomp": "Free",
	"AwaitingPubcomp Disconnect": "ReleaseDue",
	"AwaitingSuback Suback": "Free",
	"AwaitingSuback Disconnect": "Free",
	"AwaitingUnsuback Unsuback": "Free",
	"AwaitingUnsuback Disconnect": "Free",
};

/** The inputs that lead from a reserved record to each state. */
const ways: Readonly<Record<StateName, readonly InputName[] | undefined>> = {
	Free: undefined,
	Due: [],
	AwaitingPuback: ["Publish1"],
	AwaitingPubrec: ["Publish2"],
	ReleaseDue: ["Publish2", "Pubrec", "Disconnect"],
	AwaitingPubcomp: ["Publish2", "Pubrec"],
	AwaitingSuback: ["Subscribe"],
	AwaitingUnsuback: ["Unsubscribe"],
};

const newTable = () => new InflightTable(new Pool(() => new Delivery(), deliveriesMaximum));

function reserve(table: InflightTable, kind: DeliveryKind = DeliveryKind.Run): number {
	return table.reserve(kind, 1, "t", false, 1, 1);
}

/** A table with one record in the given state, and an older and a newer one beside it. */
function tableIn(state: StateName): { table: InflightTable; index: number } {
	const table = newTable();
	reserve(table);
	const index = reserve(table);
	reserve(table);
	for (const input of ways[state] ?? []) table.advance(index, DeliveryInput[input], at(5));
	if (state === "Free") table.release(index);
	return { table, index };
}

describe("every state and every input", () => {
	const cells = states.flatMap((state) => inputs.map((input) => [state, input] as const));

	test("the walk is complete", () => {
		expect(cells).toHaveLength(8 * 13);
	});

	test.each(cells)("%s, %s", (state, input) => {
		const next = allowed[`${state} ${input}`];
		const { table, index } = tableIn(state);
		expect(table.delivery(index).state).toBe(DeliveryState[state]);
		expect(table.next(index, DeliveryInput[input])).toBe(
			next === undefined ? -1 : DeliveryState[next],
		);
		if (next === undefined) {
			expect(() => table.advance(index, DeliveryInput[input], at(9))).toThrow("assertion");
			expect(table.delivery(index).state).toBe(DeliveryState[state]);
			return;
		}
		table.advance(index, DeliveryInput[input], at(9));
		expect(table.delivery(index).state).toBe(DeliveryState[next]);
		const isDue = next === "Due" || next === "ReleaseDue";
		expect(table.due).toBe(2 + (isDue ? 1 : 0));
		expect(table.length).toBe(next === "Free" ? 2 : 3);
		expect(table.oldestSent).toBe(isDue || next === "Free" ? Number.POSITIVE_INFINITY : 9);
	});
});

describe("DUP and counts", () => {
	test("a record carries DUP after its first PUBLISH, and no more once the session is new", () => {
		const table = newTable();
		const index = reserve(table);
		expect(table.delivery(index).dup).toBe(false);
		table.advance(index, DeliveryInput.Publish1, at(1));
		table.advance(index, DeliveryInput.Disconnect, at(2));
		expect([table.delivery(index).dup, table.delivery(index).sent]).toEqual([true, 1]);
		table.advance(index, DeliveryInput.Renew, at(3));
		expect([table.delivery(index).dup, table.delivery(index).sent]).toEqual([false, 1]);
	});

	test("the count of sendings stops at 255", () => {
		const table = newTable();
		const index = reserve(table);
		for (let time = 0; time < 300; time++) {
			table.advance(index, DeliveryInput.Publish1, at(time));
			table.advance(index, DeliveryInput.Disconnect, at(time));
		}
		expect(table.delivery(index).sent).toBe(255);
	});
});

describe("room", () => {
	test("each kind has its own, and a full one says NoRoom", () => {
		const room = [Limits.inflight, Limits.controlMessages, Limits.requests];
		const table = newTable();
		for (const kind of Object.values(DeliveryKind)) {
			for (let count = 0; count < room[kind]!; count++) {
				expect(reserve(table, kind)).toBeGreaterThanOrEqual(0);
			}
			expect(table.hasRoom(kind)).toBe(false);
			expect(reserve(table, kind)).toBe(-Status.NoRoom);
			expect(table.count(kind)).toBe(room[kind]);
		}
		expect(table.length).toBe(deliveriesMaximum);
	});
});

describe("packet identifiers [MQTT-2.3.1-2]", () => {
	test("are 1..65,535, one after the other, and begin again", () => {
		const table = newTable();
		for (let expected = 1; expected <= 65_535; expected++) {
			const index = reserve(table);
			if (table.delivery(index).packetId !== expected)
				throw new Error(`${table.delivery(index).packetId}`);
			table.release(index);
		}
		expect(table.delivery(reserve(table)).packetId).toBe(1);
	});

	test("leave out those in use, also over the wrap", () => {
		const table = newTable();
		const kept = [reserve(table), reserve(table)];
		expect(kept.map((index) => table.delivery(index).packetId)).toEqual([1, 2]);
		for (let count = 3; count <= 65_535; count++) table.release(reserve(table));
		expect(table.delivery(reserve(table)).packetId).toBe(3);
	});
});

describe("order [MQTT-4.6.0-1]", () => {
	test("a restored record stands where it stood before the reboot", () => {
		const table = newTable();
		const restore = (index: number, packetId: number, turn: number, released = false): boolean =>
			table.restore(index, packetId, DeliveryKind.Run, "t", false, 1, 2, turn, released);
		expect(restore(4, 20, 8)).toBe(true);
		expect(restore(0, 10, 9, true)).toBe(true);
		expect(restore(7, 30, 3)).toBe(true);
		expect([0, 1, 2].map((place) => table.at(place))).toEqual([7, 4, 0]);
		expect(table.delivery(0).state).toBe(DeliveryState.ReleaseDue);
		expect(table.delivery(4).dup).toBe(true);
		const index = reserve(table);
		expect(table.delivery(index).turn).toBe(10);
		expect(table.oldestDue).toBe(7);
		expect(table.lastSequence).toBe(2);
	});

	test("a record, packet identifier or kind in use cannot be restored over", () => {
		const table = newTable();
		const { Control } = DeliveryKind;
		expect(table.restore(0, 5, Control, "t", false, 0, 0, 1, false)).toBe(true);
		expect(table.restore(0, 6, Control, "t", false, 0, 0, 2, false)).toBe(false);
		expect(table.restore(1, 5, Control, "t", false, 0, 0, 2, false)).toBe(false);
		expect(table.restore(1, 0, Control, "t", false, 0, 0, 2, false)).toBe(false);
		for (let index = 1; index < Limits.controlMessages; index++) {
			expect(table.restore(index, 5 + index, Control, "t", false, 0, 0, 2, false)).toBe(true);
		}
		expect(table.restore(9, 99, Control, "t", false, 0, 0, 2, false)).toBe(false);
		expect(table.length).toBe(Limits.controlMessages);
	});

	test("any reserving, moving and releasing keeps order, counts and identifiers true", () => {
		const operation = fc.record({
			kind: fc.constantFrom(...Object.values(DeliveryKind)),
			input: fc.constantFrom<"reserve" | InputName>("reserve", "reserve", ...inputs),
			place: fc.nat(deliveriesMaximum),
		});
		fc.assert(
			fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
				const table = newTable();
				const model: number[] = [];
				let now = 0;
				for (const { kind, input, place } of operations) {
					now += 1;
					if (input === "reserve") {
						const index = reserve(table, kind);
						if (index >= 0) model.push(index);
					} else if (model.length > 0) {
						const index = model[place % model.length]!;
						const next = table.next(index, DeliveryInput[input]);
						if (next < 0) continue;
						table.advance(index, DeliveryInput[input], at(now));
						if (next === DeliveryState.Free) model.splice(model.indexOf(index), 1);
					}
					const order = Array.from({ length: table.length }, (_, place) => table.at(place));
					expect(order).toEqual(model);
					const identifiers = model.map((index) => table.delivery(index).packetId);
					expect(new Set(identifiers).size).toBe(model.length);
					for (const index of model) expect(table.find(table.delivery(index).packetId)).toBe(index);
					const due = model.filter((index) => [1, 4].includes(table.delivery(index).state));
					expect(table.due).toBe(due.length);
					expect(table.oldestDue).toBe(due[0] ?? -1);
				}
			}),
			{ numRuns: 300 },
		);
	});
});
