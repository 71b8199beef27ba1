import { describe, expect, jest, test } from "@jest/globals";
import { defineStation } from "../../../firmware/index.ts";
import { createFleet } from "../../../simulator/fleet/create.ts";
import type { VirtualFleet, VirtualLedger } from "../../../simulator/fleet/virtual.ts";
import { hour, makeFleet, minute, pass, slow } from "./support.ts";

/*
 * A scripted hour: 60 observations in reports of ten, ten minutes of them without a broker, a watchdog
 * and a shadow that changes. What goes wrong in it goes wrong at every write and every erase of the flash.
 */

const window = 8;

function hourOf(lossWindow: number): VirtualFleet {
	const definition = defineStation({
		...slow,
		cadence: { sampleSeconds: 60, observeSeconds: 60, reportSeconds: 600 },
		lossWindow,
	});
	return makeFleet(1, { definition, flashBlocks: 8 });
}

function runHour(fleet: VirtualFleet): void {
	const { clock, cloud } = fleet;
	const at = (minutes: number, action: () => void) => {
		clock.schedule(fleet.now + minutes * minute, action);
	};
	at(12, () => fleet.stopBroker(true));
	at(22, () => fleet.startBroker());
	at(35.4, () => fleet.stations[0]!.reset("watchdog"));
	at(45, () => cloud.desire("station-1", { reportSeconds: 300 }));
	pass(fleet, hour);
}

/** Writes and erases of the hour when nothing goes wrong. */
function operationsOf(lossWindow: number): number {
	const fleet = hourOf(lossWindow);
	runHour(fleet);
	expect(fleet.ledger()).toMatchObject({ lost: 0, taken: 0 });
	return fleet.boards[0]!.flash.operations;
}

type Mishap = (fleet: VirtualFleet) => void;

const cutPower: Mishap = (fleet) => {
	fleet.boards[0]!.crystal.losePower();
	fleet.stations[0]!.powerCut();
	fleet.clock.schedule(fleet.now + 10_000, () => fleet.stations[0]!.powerOn());
};
const brownOut: Mishap = (fleet) => fleet.stations[0]!.reset("brownout");
const reset: Mishap = (fleet) => fleet.stations[0]!.reset("watchdog");

/** The hour with a mishap in the middle of one operation, and time to settle. */
function runCut(
	lossWindow: number,
	operation: number,
	keep: number,
	mishap: Mishap,
): VirtualLedger {
	const fleet = hourOf(lossWindow);
	const [board] = fleet.boards;
	let happened = false;
	// A start forgets a cut that has not come; this one stays, whatever the script does.
	const disarm = jest.spyOn(board!, "disarm").mockImplementation(() => {});
	board!.cutIn("flash", () => {
		happened = true;
		disarm.mockRestore();
		mishap(fleet);
	});
	board!.flash.cutAfter(operation, keep);
	runHour(fleet);
	expect(happened).toBe(true);
	fleet.settle(30 * minute);
	const ledger = fleet.ledger();
	expect(ledger).toMatchObject({ lost: 0, duplicates: 0, shed: 0 });
	expect(ledger.made).toBe(ledger.archived + ledger.taken + ledger.waiting);
	return ledger;
}

/** Bytes of the operation that are done: none, one record and a torn one, several, all. */
const keeps = [0, 52, 148, 4_096];

/** The mishap at every operation and every one of `keeps`; returns what each has taken. */
function walkHour(lossWindow: number, mishap: Mishap): number[] {
	const taken: number[] = [];
	const operations = operationsOf(lossWindow);
	for (let operation = 1; operation <= operations; operation++) {
		for (const keep of keeps) taken.push(runCut(lossWindow, operation, keep, mishap).taken);
	}
	return taken;
}

const minutes = 60_000;

describe("at every write and erase of a scripted hour", () => {
	test(
		"a power cut takes nothing with a loss window of 0",
		() => {
			const taken = walkHour(0, cutPower);
			expect(taken.length).toBeGreaterThan(4 * 65);
			expect(Math.max(...taken)).toBe(0);
		},
		4 * minutes,
	);

	test(
		"a power cut takes the loss window at most, and a good part of it at worst",
		() => {
			const taken = walkHour(window, cutPower);
			expect(taken.length).toBeGreaterThan(4 * 20);
			expect(Math.max(...taken)).toBeLessThanOrEqual(window);
			expect(Math.max(...taken)).toBeGreaterThan(window / 2);
		},
		4 * minutes,
	);

	test(
		"a brown-out takes the loss window at most",
		() => {
			expect(Math.max(...walkHour(window, brownOut))).toBeLessThanOrEqual(window);
		},
		4 * minutes,
	);

	test(
		"a reset takes nothing: not in the middle of a flush, and not twice",
		() => {
			expect(Math.max(...walkHour(window, reset))).toBe(0);
		},
		4 * minutes,
	);
});

describe("a loss window", () => {
	test("has flash written by the page", () => {
		expect(operationsOf(window)).toBeLessThan(operationsOf(0) / 2);
	});

	test("is the station's own word: a second cut takes its own window, a watchdog takes nothing", () => {
		const definition = defineStation({ ...slow, lossWindow: 6 });
		const lines: string[] = [];
		const fleet = createFleet({ definition, log: (_, line) => lines.push(line) });
		const station = fleet.station();
		fleet.advance("20m");
		fleet.fault("brokerOutage", { for: "50m", sessions: "kept" });
		fleet.advance("11m");
		station.fault("watchdog");
		fleet.advance("11m");
		expect(lines.join()).not.toContain("has taken");
		station.fault("powerCut", { for: "10s" });
		fleet.advance("11m");
		station.fault("brownOut");
		fleet.finish();
		const { made, archived, taken, lost } = fleet.ledger();
		expect(lost).toBe(0);
		expect(taken).toBeGreaterThan(6);
		expect(taken).toBeLessThanOrEqual(2 * 6);
		expect(archived).toBe(made - taken);
		expect(() => fleet.assertArchived()).toThrow(`taken ${taken}`);
		fleet.assertArchived({ isCut: true });
		const said = lines.filter((line) => line.includes("the power has taken up to 6 observations"));
		expect(said).toHaveLength(2);
	});
});
