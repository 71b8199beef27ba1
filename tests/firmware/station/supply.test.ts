import { beforeEach, describe, expect, test } from "@jest/globals";
import { Durations, Limits } from "../../../firmware/limits.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import type { ResetReason } from "../../../firmware/ports/device.ts";
import { Supply } from "../../../firmware/station/supply.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

let keyValue: MapKeyValue;
let events: string[];
beforeEach(() => {
	keyValue = new MapKeyValue();
	events = [];
});

/** A start of the device. */
function start(reset: ResetReason): Supply {
	events.length = 0;
	const supply = new Supply({
		keyValue,
		reset,
		onRadio: (now) => events.push(`${now} radio`),
		onSteady: (now) => events.push(`${now} steady`),
		log: (line) => events.push(line),
	});
	supply.open(0 as Ticks);
	return supply;
}

function dip(times: number): Supply {
	let supply = start("brownout");
	for (let time = 1; time < times; time++) supply = start("brownout");
	return supply;
}

const due = (supply: Supply): void => supply.onDeadline(supply.deadline);

describe("Supply", () => {
	test("without a brown-out there is nothing to wait for and nothing to store", () => {
		const supply = start("power-on");
		expect(events).toEqual(["0 radio"]);
		expect(supply).toMatchObject({ holdMs: 0, reportStretch: 1, facts: undefined });
		expect(supply.deadline).toBe(Number.POSITIVE_INFINITY);
		expect(keyValue.items.size).toBe(0);
	});

	test("fewer in a row than count change nothing", () => {
		const supply = dip(Limits.brownouts - 1);
		expect(events).toEqual(["0 radio"]);
		expect(supply).toMatchObject({ isHolding: false, reportStretch: 1, facts: undefined });
	});

	test("from then on the radio waits, twice as long each time, and reports are longer; both have an end", () => {
		const seen = Array.from({ length: 10 }, (_, more) => {
			keyValue = new MapKeyValue();
			const { holdMs, reportStretch } = dip(Limits.brownouts + more);
			return [holdMs / 60_000, reportStretch];
		});
		expect(seen).toEqual([[1, 2], [2, 4], [4, 8], [8, 8], [16, 8], ...Array(5).fill([30, 8])]);
		const supply = dip(300);
		expect(supply.facts).toEqual({ brownouts: 255, heldSeconds: 1_800, reportStretch: 8 });
	});

	test("the radio goes on when its time is over, and a steady supply ends the row", () => {
		const supply = dip(4);
		expect(events).toEqual([
			"supply: 4 brown-outs in a row, radio off for 120 s, 4 times the observations in a report",
		]);
		expect(supply.isHolding).toBe(true);
		due(supply);
		expect(events.at(-1)).toBe("120000 radio");
		expect(supply.facts).toEqual({ brownouts: 4, heldSeconds: 120, reportStretch: 4 });
		due(supply);
		const end = 120_000 + Durations.steadySupply;
		expect(events.slice(-2)).toEqual(["supply: steady again", `${end} steady`]);
		expect(supply).toMatchObject({ facts: undefined, reportStretch: 1, deadline: Infinity });
		expect(dip(1).holdMs).toBe(0);
	});

	test("a single brown-out is forgotten too, without a word", () => {
		const supply = dip(1);
		due(supply);
		expect(events).toEqual(["0 radio", `${Durations.steadySupply} steady`]);
		dip(2);
		expect(events).toEqual(["0 radio"]);
	});

	test.each([
		["power-on", undefined],
		["watchdog", 4],
		["crash", 4],
		["restart", 4],
		["deep-sleep", 3],
	] as const)("a start by %s", (reset, brownouts) => {
		dip(4);
		expect(start(reset).facts?.brownouts).toBe(brownouts);
	});

	test("enough wakes from deep sleep end the row, one each", () => {
		dip(6);
		const holds = Array.from({ length: 6 }, () => start("deep-sleep").holdMs / 60_000);
		expect(holds).toEqual([4, 2, 1, 0, 0, 0]);
	});

	test("a store that takes nothing costs the row and not the start", () => {
		keyValue.fails = true;
		dip(5);
		expect(events).toEqual(["0 radio"]);
	});

	test("closed, it asks for nothing more", () => {
		const supply = dip(5);
		supply.close();
		expect(supply.deadline).toBe(Number.POSITIVE_INFINITY);
	});
});
