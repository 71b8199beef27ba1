import { describe, expect, jest, test } from "@jest/globals";
import standard from "../../../examples/station.ts";
import { defineStation } from "../../../firmware/index.ts";
import { createFleet } from "../../../simulator/fleet/create.ts";
import { hour, makeFleet, minute, pass } from "./support.ts";

/** The usual station without what counts pulses, on a battery. */
const solar = defineStation({
	...standard,
	sensors: standard.sensors.filter(({ Driver }) => Driver.part.io !== "PulseCount"),
	cadence: { sampleSeconds: 60, observeSeconds: 60, reportSeconds: 600 },
	power: "solar",
	lossWindow: 10,
});

describe("a station on a battery", () => {
	test("wakes for each observation, connects for each report, and sleeps in between", () => {
		const fleet = makeFleet(1, { definition: solar, driftPpm: 30 });
		pass(fleet, 24 * hour);
		const { wakes, awakeMs, radioMs } = fleet.stations[0]!.totals();
		expect(wakes).toBeGreaterThan(1_435);
		expect(wakes).toBeLessThanOrEqual(1_440);
		const { connects, reportsSent } = fleet.totals();
		expect(connects).toBeGreaterThanOrEqual(143);
		expect(connects).toBeLessThanOrEqual(146);
		expect(reportsSent).toBeGreaterThanOrEqual(connects - 1);
		expect(awakeMs).toBeLessThan(0.02 * 24 * hour);
		expect(radioMs).toBeLessThan(0.01 * 24 * hour);
		fleet.settle(30 * minute);
		const rows = fleet.archive.rows("station-1");
		expect(rows.length).toBeGreaterThan(1_435);
		// One a minute, on the minute, with a value in every channel.
		rows.forEach(({ startSeconds, values }, index) => {
			expect(startSeconds).toBe(rows[0]!.startSeconds + 60 * index);
			expect(startSeconds % 60).toBe(0);
			expect(Object.values(values)).not.toContain(null);
		});
		expect(fleet.ledger()).toMatchObject({ lost: 0, taken: 0, shed: 0 });
	});

	test("goes on with what waits, over thousands of sleeps and an outage", () => {
		const fleet = createFleet({ definition: solar });
		fleet.advance("1h");
		fleet.fault("brokerOutage", { for: "20h" });
		fleet.advance("20h");
		expect(fleet.ledger().waiting).toBeGreaterThan(1_100);
		fleet.finish("3h");
		fleet.assertArchived();
	});

	test("tries the rarer the longer nobody answers: the radio costs most", () => {
		const fleet = makeFleet(1, { definition: solar });
		pass(fleet, hour);
		fleet.stopBroker(true);
		const before = fleet.stations[0]!.totals().radioMs;
		pass(fleet, 24 * hour);
		const radioMs = fleet.stations[0]!.totals().radioMs - before;
		expect(radioMs).toBeGreaterThan(0);
		expect(radioMs).toBeLessThan(0.02 * 24 * hour);
	});

	test("loses the window at most when the battery is taken out while it sleeps", () => {
		const fleet = createFleet({ definition: solar });
		fleet.advance("63m");
		fleet.station().fault("powerCut", { for: "5m" });
		fleet.advance("1h");
		fleet.station().fault("brownOut");
		fleet.advance("1h");
		fleet.finish();
		const { taken, lost } = fleet.ledger();
		expect(lost).toBe(0);
		expect(taken).toBeGreaterThan(0);
		expect(taken).toBeLessThanOrEqual(20);
		fleet.assertArchived({ isCut: true });
	});

	test("keeps the time of its boot over sleeps while nobody tells it another", () => {
		const lines: string[] = [];
		const fleet = createFleet({ definition: solar, log: (_, line) => lines.push(line) });
		fleet.fault("timeOutage", { for: "4h" });
		fleet.advance("2h");
		const unknown = fleet.station().archive.filter(({ timeQuality }) => timeQuality === 3);
		expect(unknown.length).toBeGreaterThan(80);
		unknown.forEach(({ startSeconds }, index) => {
			expect(startSeconds).toBe(unknown[0]!.startSeconds + 60 * index);
		});
		fleet.finish();
		fleet.assertArchived();
		expect(lines.join("\n")).not.toContain("crashed");
	});

	test("takes what the shadow wants at its next report", () => {
		const fleet = createFleet({ definition: solar });
		fleet.advance("1h");
		fleet.station().desire({ observeSeconds: 300, reportSeconds: 900 });
		fleet.advance("4h");
		expect(fleet.station().shadow.reported).toMatchObject({ observeSeconds: 300 });
		const periods = fleet.station().archive.map(({ periodSeconds }) => periodSeconds);
		expect(periods.slice(0, 50)).not.toContain(300);
		expect(periods.at(-1)).toBe(300);
		expect(periods.length).toBeLessThan(130);
		fleet.finish();
		fleet.assertArchived();
	});

	test("says goodbye before each sleep, and is not taken for lost", () => {
		const fleet = makeFleet(1, { definition: solar });
		const said: string[] = [];
		jest.spyOn(fleet.trace, "bytes").mockImplementation((bytes) => {
			said.push(new TextDecoder().decode(bytes));
		});
		pass(fleet, 2 * hour + minute / 2);
		expect(fleet.stations[0]!.isAsleep).toBe(true);
		const { connects } = fleet.totals();
		const asleep = said.filter((text) => text === '{"state":"offline","reason":"asleep"}');
		expect(asleep).toHaveLength(connects);
		expect(said.join()).not.toContain('"reason":"lost"');
		expect(said.join()).toContain('{"state":"online","firmware":"');
		expect(said.join()).toContain('"reset":"deep-sleep"');
	});

	test("wakes at the end of a run, and reports what it has", () => {
		const fleet = makeFleet(3, { definition: solar });
		pass(fleet, 64 * minute);
		expect(fleet.ledger().waiting).toBeGreaterThan(0);
		fleet.drain(minute);
		expect(fleet.ledger()).toMatchObject({ waiting: 0, lost: 0 });
	});
});
