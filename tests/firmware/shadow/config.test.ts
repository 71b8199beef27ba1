import { describe, expect, test } from "@jest/globals";
import { StationConfig } from "../../../firmware/shadow/config.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";

const defaults = { sampleSeconds: 2, observeSeconds: 5, reportSeconds: 30 };

describe("StationConfig", () => {
	test("begins with the cadence of the definition", () => {
		expect(new StationConfig(defaults, new MapKeyValue())).toMatchObject(defaults);
	});

	test("takes a valid delta and keeps it over a reboot", () => {
		const keyValue = new MapKeyValue();
		expect(new StationConfig(defaults, keyValue).applyDelta({ reportSeconds: 60 })).toBe(true);
		expect(new StationConfig(defaults, keyValue).reportSeconds).toBe(60);
	});

	test("says that nothing has changed when the wanted value holds already", () => {
		const config = new StationConfig(defaults, new MapKeyValue());
		expect(config.applyDelta({ reportSeconds: 30 })).toBe(false);
		expect(config.refusal).toBeUndefined();
	});

	test.each([
		[{ reportSeconds: 0 }, "reportSeconds", "expected a whole number 1..86400, got 0"],
		[{ reportSeconds: 86_401 }, "reportSeconds", "expected a whole number 1..86400, got 86401"],
		[{ reportSeconds: 1.5 }, "reportSeconds", "expected a whole number 1..86400, got 1.5"],
		[{ reportSeconds: "60" }, "reportSeconds", 'expected a whole number 1..86400, got "60"'],
		[{ sampleSeconds: null }, "sampleSeconds", "expected a whole number 1..3600, got null"],
		[{ sampleSeconds: { a: 1 } }, "sampleSeconds", 'expected a whole number 1..3600, got {"a":1}'],
		[{ sampleSeconds: 6 }, "observeSeconds", "expected at least sampleSeconds (6), got 5"],
		[{ reportSeconds: 4 }, "reportSeconds", "expected at least observeSeconds (5), got 4"],
	])("refuses %j and names the value and what was expected", (wanted, field, reason) => {
		const config = new StationConfig(defaults, new MapKeyValue());
		expect(config.applyDelta(wanted)).toBe(false);
		expect(config.refusal).toEqual({ field, reason });
		expect(config).toMatchObject(defaults);
	});

	test("takes settings that hold only together, and none of them when one is wrong", () => {
		const config = new StationConfig(defaults, new MapKeyValue());
		expect(config.applyDelta({ sampleSeconds: 10, observeSeconds: 60, reportSeconds: 600 })).toBe(
			true,
		);
		expect(config.applyDelta({ sampleSeconds: 20, observeSeconds: -1 })).toBe(false);
		expect(config.sampleSeconds).toBe(10);
	});

	test("leaves members that are no settings alone", () => {
		const config = new StationConfig(defaults, new MapKeyValue());
		expect(config.applyDelta({ colour: "red" })).toBe(false);
		expect(config.refusal).toBeUndefined();
	});

	test("a refusal is over with the next valid delta", () => {
		const config = new StationConfig(defaults, new MapKeyValue());
		config.applyDelta({ reportSeconds: -5 });
		config.applyDelta({ reportSeconds: 40 });
		expect(config.refusal).toBeUndefined();
	});

	test("holds a setting that could not be stored, and counts it", () => {
		const keyValue = new MapKeyValue();
		const config = new StationConfig(defaults, keyValue);
		keyValue.fails = true;
		expect(config.applyDelta({ reportSeconds: 60 })).toBe(true);
		expect(config).toMatchObject({ reportSeconds: 60, unsaved: 1 });
	});

	test.each([
		["another version", Uint8Array.of(9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1)],
		["a wrong length", Uint8Array.of(1, 0, 0, 0, 1)],
		["a cadence that cannot be", new Uint8Array(13).fill(1, 0, 1)],
	])("ignores stored bytes of %s", (_, stored) => {
		const keyValue = new MapKeyValue();
		keyValue.write("config", stored);
		expect(new StationConfig(defaults, keyValue)).toMatchObject(defaults);
	});
});
