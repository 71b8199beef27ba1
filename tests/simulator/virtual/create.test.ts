import { describe, expect, test } from "@jest/globals";
import { createFleet, LedgerError } from "../../../simulator/index.ts";
import { hour, minute, slow } from "./support.ts";

describe("createFleet", () => {
	test("starts stations that report, and has everything in the archive after settling", () => {
		const fleet = createFleet({ definition: slow, stations: 3 });
		fleet.advance("1h");
		const station = fleet.station();
		expect(station.name).toBe("station-1");
		expect(station.state?.link).toBe("up");
		expect(station.values.airTemperature).toBeGreaterThan(0);
		expect(fleet.finish()).toBeLessThan(10 * minute);
		fleet.assertArchived();
		const rows = station.archive;
		expect(rows.length).toBeGreaterThan(55);
		expect(rows.at(-1)).toMatchObject({ periodSeconds: 60, timeQuality: 0 });
		expect(rows.at(-1)!.values.stationPressure).toBeCloseTo(100_800, -3);
		expect(rows.map(({ sequence }) => sequence)).toEqual(
			rows.map((_, index) => rows[0]!.sequence + index),
		);
	});

	test("dates what was observed before the time was known", () => {
		const fleet = createFleet({ definition: slow });
		const end = fleet.fault("timeOutage");
		fleet.advance("4m");
		end();
		fleet.advance("30m");
		const [first] = fleet.station().archive;
		expect(first).toMatchObject({ sequence: 1, timeQuality: 2 });
		expect(Math.abs(first!.startSeconds * 1000 - Date.UTC(2027, 0, 1))).toBeLessThan(2_000);
	});

	test("takes names, and knows no others", () => {
		const fleet = createFleet({ definition: slow, stations: ["roof", "yard"] });
		expect(fleet.station("yard").name).toBe("yard");
		expect(() => fleet.station("cellar")).toThrow('station: no "cellar" among roof, yard');
	});

	test("takes conditions of one's own, steady or by the time", () => {
		const steady = createFleet({ definition: slow, conditions: { airTemperature: 21.5 } });
		steady.advance("5m");
		expect(steady.station().values.airTemperature).toBeCloseTo(21.5, 1);
		expect(steady.station().values.windDirection).toBe(225);
		const start = steady.now;
		const rising = createFleet({
			definition: slow,
			start,
			conditions: (time) => ({ airTemperature: (time - start) / 60_000 }),
		});
		rising.advance("10m");
		expect(rising.station().values.airTemperature).toBeCloseTo(9.25, 0);
	});

	test("refuses a duration that is none", () => {
		const fleet = createFleet({ definition: slow });
		expect(() => fleet.advance("soon")).toThrow(/^duration: got "soon"; expected ms, or a text/);
		expect(() => fleet.advance(Number.NaN)).toThrow(RangeError);
		expect(() => fleet.advance(-1)).toThrow(RangeError);
	});

	test("assertArchived throws while something waits, and says where everything is", () => {
		const fleet = createFleet({ definition: slow });
		fleet.fault("brokerOutage");
		fleet.advance("1h");
		expect(() => fleet.assertArchived()).toThrow(LedgerError);
		expect(() => fleet.assertArchived()).toThrow(
			/made 60, archived 0, shed 0, taken 0, waiting 60, lost 0/,
		);
		fleet.finish();
		fleet.assertArchived();
	});

	test("a full flash gives up the oldest, counts them, and assertArchived wants to be told", () => {
		const fleet = createFleet({ definition: slow, flashBlocks: 6 });
		fleet.fault("brokerOutage");
		fleet.advance("12h");
		fleet.finish();
		const ledger = fleet.ledger();
		expect(ledger.shed).toBeGreaterThan(100);
		expect(ledger.made).toBe(ledger.archived + ledger.shed);
		expect(() => fleet.assertArchived()).toThrow(LedgerError);
		fleet.assertArchived({ isFull: true });
	});

	test("finish has the stations report everything and leave", () => {
		const fleet = createFleet({ definition: slow, stations: 2 });
		fleet.advance("7m");
		expect(fleet.ledger().waiting).toBeGreaterThan(0);
		fleet.finish();
		expect(fleet.ledger()).toMatchObject({ waiting: 0, lost: 0 });
		expect(fleet.station().state?.link).toBe("stopped");
	});
});

describe("faults", () => {
	test("a power cut lasts until it is ended, or for its time", () => {
		const fleet = createFleet({ definition: slow });
		const station = fleet.station();
		fleet.advance("10m");
		const end = station.fault("powerCut");
		expect(station.state).toBeUndefined();
		expect(station.values).toEqual({});
		fleet.advance("1h");
		end();
		end();
		fleet.advance("1m");
		expect(station.state?.link).toBe("up");
		station.fault("powerCut", { for: "5m" });
		fleet.advance("4m");
		expect(station.state).toBeUndefined();
		fleet.advance("2m");
		expect(station.state).toBeDefined();
		fleet.settle();
		fleet.assertArchived();
	});

	test.each(["flash", "keyValue", "turn"] as const)("a power cut in the middle of %s", (point) => {
		const fleet = createFleet({ definition: { ...slow, qos: 2 } });
		const station = fleet.station();
		for (let cut = 0; cut < 30; cut++) {
			station.fault("powerCut", { point, for: "70s" });
			fleet.advance("5m");
		}
		fleet.finish();
		fleet.assertArchived();
	});

	test("a station that is told of a lost link is back at once, one that is not takes its time", () => {
		const downFor = (fault: "linkLoss" | "deadLink"): number => {
			const fleet = createFleet({ definition: slow });
			fleet.advance("10m");
			fleet.station().fault(fault, { for: "20m" });
			fleet.advance("20m");
			expect(fleet.station().state?.link).not.toBe("up");
			const end = fleet.now;
			while (fleet.station().state?.link !== "up") fleet.advance("1s");
			const duration = fleet.now - end;
			fleet.finish();
			fleet.assertArchived();
			return duration;
		};
		expect(downFor("linkLoss")).toBeLessThan(5 * minute);
		expect(downFor("deadLink")).toBeLessThan(10 * minute);
	});

	test.each(["up", "down"] as const)("a link that is half-open %s", (direction) => {
		const fleet = createFleet({ definition: slow });
		fleet.advance("10m");
		fleet.station().fault("halfOpen", { direction, for: "30m" });
		fleet.advance("20m");
		expect(fleet.station().state?.link).not.toBe("up");
		fleet.finish();
		fleet.assertArchived();
	});

	test("a narrow link carries everything byte by byte", () => {
		const fleet = createFleet({ definition: slow });
		fleet.station().fault("narrowLink");
		fleet.advance("1h");
		expect(fleet.ledger().archived).toBeGreaterThan(50);
	});

	test("a broken sensor is a null with a reason, and only its own channels", () => {
		const fleet = createFleet({ definition: slow });
		const station = fleet.station();
		fleet.advance("5m");
		const repair = station.fault("sensorFault", { sensor: "BME280", part: "nack" });
		fleet.advance("3m");
		expect(station.values).toMatchObject({ airTemperature: null });
		expect(station.values.windSpeed).not.toBeNull();
		expect(station.reasons.airTemperature).toBe("nack");
		repair();
		fleet.advance("15m");
		expect(station.values.airTemperature).not.toBeNull();
	});

	test("names of sensors that are none are refused", () => {
		const fleet = createFleet({ definition: slow });
		expect(() => fleet.station().fault("sensorFault", { sensor: "Barometer" })).toThrow(
			"sensor: no Barometer in the definition",
		);
	});

	test("the shadow changes the cadence, and over a power cut it stays changed", () => {
		const fleet = createFleet({ definition: slow });
		const station = fleet.station();
		fleet.advance("5m");
		station.desire({ sampleSeconds: 10, observeSeconds: 10, reportSeconds: 60 });
		fleet.settle();
		expect(station.shadow.reported).toMatchObject({ observeSeconds: 10, reportSeconds: 60 });
		station.fault("powerCut", { for: "1m" });
		fleet.advance("2m");
		expect(station.state?.config.observeSeconds).toBe(10);
	});

	test("a broker that has lost its sessions gets everything all the same", () => {
		const fleet = createFleet({ definition: slow, stations: 3 });
		fleet.advance("10m");
		for (const sessions of ["kept", "lost"] as const) {
			fleet.fault("brokerOutage", { sessions, for: "20m" });
			fleet.advance("1h");
		}
		expect(fleet.station().state?.connects).toBe(3);
		fleet.finish();
		fleet.assertArchived();
	});

	test("without names nobody connects, and connections stay", () => {
		const fleet = createFleet({ definition: slow, stations: ["before", "after"] });
		fleet.advance("10m");
		fleet.fault("dnsOutage");
		fleet.station("after").fault("kick");
		fleet.advance("30m");
		expect(fleet.station("before").state?.link).toBe("up");
		expect(fleet.station("after").state?.link).not.toBe("up");
		fleet.finish();
		fleet.assertArchived();
	});

	test("a clock that is wrong after a reset never runs backward in the archive", () => {
		const fleet = createFleet({ definition: slow });
		fleet.advance("30m");
		fleet.station().fault("clockStep", { step: 2 * hour });
		fleet.advance("12h");
		fleet.finish();
		const starts = fleet.station().archive.map(({ startSeconds }) => startSeconds);
		expect(starts).toEqual([...starts].sort((a, b) => a - b));
		fleet.assertArchived();
	});
});
