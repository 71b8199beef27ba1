import { describe, expect, test } from "@jest/globals";
import type { SMBus } from "../../firmware/ports/io.ts";
import { INA219, type INA219Options } from "../../sensors/ina219.ts";
import { MAX17048 } from "../../sensors/max17048.ts";
import type { Conditions } from "../../simulator/weather/conditions.ts";
import { Bench } from "../support/bench.ts";

/** A part with fixed words in its registers. */
function words(registers: Record<number, number>) {
	return class implements SMBus {
		readUint8 = () => 0;
		writeUint8 = () => {};
		readUint16 = (register: number) => registers[register] ?? 0;
		writeUint16 = () => {};
		readBuffer = () => {};
		writeBuffer = () => {};
		close = () => {};
	};
}

describe("MAX17048", () => {
	test.each([
		// DS table 2: 78.125 µV and 1/256 % a step.
		[0xc800, 0x6400, 4, 100],
		[0xbe00, 0x3280, 3.8, 50.5],
		[0xd2f0, 0x6480, 4.21875, 100],
		[0x0001, 0x0001, 78.125e-6, 1 / 256],
	])("VCELL 0x%s and SOC 0x%s (DS table 2)", (vcell, soc, voltage, charge) => {
		const io = words({ 2: vcell, 4: soc, 8: 0x0012 });
		const sensor = new MAX17048({ sensor: { io, address: 0x36 } });
		const { battery } = sensor.sample({})!;
		expect(battery!.voltage).toBeCloseTo(voltage, 9);
		expect(battery!.stateOfCharge).toBeCloseTo(charge, 9);
	});

	test.each([
		[0x0000, "unplugged"],
		[0xffff, "unplugged"],
		[0x0003, "unplugged"],
		[0x0103, "part"],
	])("version %d: the constructor throws %s", (id, reason) => {
		const io = words({ 8: id });
		expect(() => new MAX17048({ sensor: { io, address: 0x36 } })).toThrow(
			expect.objectContaining({ reason }),
		);
	});

	test.each([2.5, 3.3, 3.75, 4.2, 5])("driver and part agree at %d V", (batteryVoltage) => {
		const bench = new Bench(MAX17048);
		bench.conditions.batteryVoltage = batteryVoltage;
		const { voltage, stateOfCharge } = bench.round(bench.create())!.battery!;
		expect(Math.abs(voltage! - batteryVoltage)).toBeLessThan(78.125e-6);
		const charge = Math.min(Math.max(((batteryVoltage - 3.3) / 0.9) * 100, 0), 100);
		expect(Math.abs(stateOfCharge! - charge)).toBeLessThan(0.02);
	});

	test("no cell: unplugged", () => {
		const bench = new Bench(MAX17048);
		bench.conditions.batteryVoltage = 0;
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "unplugged" });
	});
});

describe("INA219", () => {
	function measure(bench: Bench, ambience: Partial<Conditions>, sensor = bench.create()) {
		Object.assign(bench.conditions, ambience);
		const { powerMeter, missing } = bench.round(sensor)!;
		return { ...powerMeter!, missing };
	}

	test("DS §9.2.2.1, results of the example circuit: 10 A through 2 mΩ at 11.98 V are 119.8 W", () => {
		// Shunt 07D0h is 20 mV; bus 5D98h is 2995 steps of 4 mV, with CNVR, which the example does not set.
		const io = words({ 0: 0x399f, 1: 0x07d0, 2: 0x5d98 | 0x0002 });
		const sensor = new INA219({ sensor: { io, address: 0x40 } });
		sensor.configure({ shuntOhm: 0.002, BRNG: 16, PG: 40 });
		sensor.start(0 as never);
		sensor.start(1 as never);
		const { powerMeter } = sensor.sample({}, 10 as never)!;
		expect(powerMeter!.voltage).toBeCloseTo(11.98, 9);
		expect(powerMeter!.current).toBeCloseTo(10, 9);
		expect(powerMeter!.power).toBeCloseTo(119.8, 9);
	});

	test("driver and part agree in both directions, to both ends of the range", () => {
		const bench = new Bench(INA219);
		const sensor = bench.create();
		for (const supplyCurrent of [-3.19, -1, -0.001, 0, 0.0001, 0.5, 3.19]) {
			for (const batteryVoltage of [0, 3.3, 12, 25.999]) {
				const sample = measure(bench, { supplyCurrent, batteryVoltage }, sensor);
				expect(Math.abs(sample.current! - supplyCurrent)).toBeLessThanOrEqual(0.00005);
				expect(Math.abs(sample.voltage! - batteryVoltage)).toBeLessThanOrEqual(0.002);
				expect(sample.power).toBeCloseTo(sample.voltage! * sample.current!, 9);
			}
		}
	});

	test.each([3.2, 5, -3.2])("%d A through 0.1 Ω is more than 320 mV: range", (supplyCurrent) => {
		const sample = measure(new Bench(INA219), { supplyCurrent, batteryVoltage: 12 });
		expect(sample).toEqual({ voltage: 12, current: undefined, power: undefined, missing: "range" });
	});

	test.each<[INA219Options, number]>([
		[{}, 2],
		[{ BADC: "9-bit", SADC: "10-bit" }, 1],
		[{ BADC: "128 samples", SADC: "64 samples" }, 113],
	])("with %j a conversion takes at most %d ms (DS table 5)", (configuration, expected) => {
		const bench = new Bench(INA219, { configuration });
		const sensor = bench.create();
		sensor.start(bench.now);
		bench.advance(1);
		expect(sensor.start(bench.now)).toBe(expected);
		bench.advance(expected);
		expect(sensor.sample({}, bench.now)).toBeDefined();
	});

	test("a part that never sets conversion ready is stuck", () => {
		const bench = new Bench(INA219);
		const sensor = bench.create();
		bench.round(sensor);
		bench.part.fault = "busy";
		const reasons = [1, 2].map(() => {
			bench.advance(2000);
			return bench.observe(sensor).reason;
		});
		expect(reasons).toContain("stuck");
	});

	test("another part at the address: the constructor throws part", () => {
		const io = words({ 0: 0x4127 });
		expect(() => new INA219({ sensor: { io, address: 0x40 } })).toThrow(
			"configuration is 0x4127 after a reset",
		);
	});

	test.each<[object, string]>([
		[{ shuntOhm: 0 }, "INA219 shuntOhm: expected 0.0001..100, got 0"],
		[{ BRNG: 26 }, "INA219 BRNG: expected one of 16, 32, got 26"],
		[{ PG: 8 }, "INA219 PG: expected one of 40, 80, 160, 320, got 8"],
		[{ BADC: "13-bit" }, "INA219 BADC: expected one of 9-bit, 10-bit, 11-bit, 12-bit, 2 samples"],
	])("%j is refused in one line", (options, line) => {
		expect(() => new Bench(INA219).create().configure!(options)).toThrow(line);
	});
});
