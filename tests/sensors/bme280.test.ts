import { describe, expect, test } from "@jest/globals";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { BME280, type BME280Options } from "../../sensors/bme280.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { BME280Part } from "../../simulator/parts/bme280.ts";
import type { Conditions } from "../../simulator/weather/conditions.ts";
import { Bench } from "../support/bench.ts";

function measure(bench: Bench, sensor = bench.create()) {
	const { thermometer, hygrometer, barometer, missing } = bench.round(sensor) ?? {};
	return {
		temperature: thermometer?.temperature,
		humidity: hygrometer?.humidity,
		pressure: barometer?.pressure,
		missing,
	};
}

/** A part with one register of its own making. */
class AlteredPart extends BME280Part {
	#register = -1;
	#value = 0;

	alter(register: number, value: number): this {
		this.#register = register;
		this.#value = value;
		return this;
	}

	protected override readRegister(register: number, now: number): number {
		return register === this.#register ? this.#value : super.readRegister(register, now);
	}
}

function altered(register: number, value: number): Bench {
	return new Bench(BME280, {
		part: (surroundings) => new AlteredPart(surroundings).alter(register, value),
	});
}

describe("BME280 driver and part agree", () => {
	const sweep: Partial<Conditions>[] = [];
	for (const airTemperature of [-40, -39.9, -20, 0, 25, 60, 84.9, 85]) {
		for (const relativeHumidity of [0, 0.5, 20, 50, 80, 99.5, 100]) {
			for (const stationPressure of [30_001, 50_000, 85_000, 101_325, 109_999]) {
				sweep.push({ airTemperature, relativeHumidity, stationPressure });
			}
		}
	}

	test(`over ${sweep.length} conditions to both ends of the range, to the resolution of the sheet`, () => {
		const bench = new Bench(BME280, { configuration: { osrs_t: 16, osrs_p: 16, osrs_h: 16 } });
		const sensor = bench.create();
		for (const conditions of sweep) {
			Object.assign(bench.conditions, conditions);
			const { temperature, humidity, pressure } = measure(bench, sensor);
			const { airTemperature, relativeHumidity, stationPressure } = bench.conditions;
			expect(Math.abs(temperature! - airTemperature)).toBeLessThanOrEqual(0.01);
			// The sheet's integer formula is up to 0.03 % from its floating-point one at -40 °C.
			expect(Math.abs(humidity! - relativeHumidity)).toBeLessThanOrEqual(0.05);
			expect(Math.abs(pressure! - stationPressure)).toBeLessThanOrEqual(1);
		}
	});

	test("at 16 bits, oversampling 1, to one step of the converter", () => {
		const bench = new Bench(BME280);
		const { temperature, humidity, pressure } = measure(bench);
		expect(temperature).toBeCloseTo(15, 2);
		expect(humidity).toBeCloseTo(60, 1);
		expect(Math.abs(pressure! - 100_000)).toBeLessThan(2.7);
	});

	test.each([
		["airTemperature", { airTemperature: -41 }],
		["airTemperature", { airTemperature: 86 }],
	])("%s outside the operating range: nothing but the reason (DS §1.1)", (_, conditions) => {
		const bench = new Bench(BME280);
		Object.assign(bench.conditions, conditions);
		expect(measure(bench)).toEqual({ missing: "range" });
	});

	test.each([29_000, 111_000])("pressure of %d Pa: the other two stay", (stationPressure) => {
		const bench = new Bench(BME280);
		bench.conditions.stationPressure = stationPressure;
		const sample = measure(bench);
		expect(sample.pressure).toBeUndefined();
		expect(sample.missing).toBe("range");
		expect(sample.temperature).toBeCloseTo(15, 1);
		expect(sample.humidity).toBeCloseTo(60, 1);
	});
});

describe("BME280 identification and memory", () => {
	test.each([
		[0x58, "part"],
		[0x61, "part"],
		[0x00, "unplugged"],
		[0xff, "unplugged"],
	])("chip id 0x%s (DS §5.4.1): the constructor throws %s", (id, reason) => {
		expect(() => altered(0xd0, id).create()).toThrow(expect.objectContaining({ reason }));
	});

	test("calibration memory without content: start throws", () => {
		class BlankPart extends BME280Part {
			protected override readRegister(register: number, now: number): number {
				return register >= 0xe1 && register <= 0xe7 ? 0xff : super.readRegister(register, now);
			}
		}
		const bench = new Bench(BME280, { part: (surroundings) => new BlankPart(surroundings) });
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "unplugged" });
	});
});

describe("BME280 conversion", () => {
	test.each<[BME280Options, number]>([
		// DS §9.1: 1.25 + 2.3·t + (2.3·p + 0.575) + (2.3·h + 0.575), the longest time.
		[{}, 10],
		[{ osrs_t: 1, osrs_p: 4, osrs_h: 0 }, 14],
		[{ osrs_t: 2, osrs_p: 16, osrs_h: 1 }, 47],
		[{ osrs_t: 16, osrs_p: 16, osrs_h: 16 }, 113],
		[{ osrs_t: 1, osrs_p: 0, osrs_h: 0 }, 4],
	])("with %j takes at most %d ms (DS §9.1)", (configuration, expected) => {
		const bench = new Bench(BME280, { configuration });
		const sensor = bench.create();
		expect(sensor.start(bench.now)).toBe(2);
		bench.advance(2);
		expect(sensor.sample({}, bench.now)).toBeUndefined();
		expect(sensor.start(bench.now)).toBe(expected);
		bench.advance(expected);
		expect(sensor.sample({}, bench.now)).toBeDefined();
	});

	test("skipped pressure and humidity are left out (DS §5.4.7, §5.4.8)", () => {
		const bench = new Bench(BME280, { configuration: { osrs_p: 0, osrs_h: 0 } });
		const sample = measure(bench);
		expect(sample.temperature).toBeCloseTo(15, 1);
		expect(sample).toMatchObject({ pressure: undefined, humidity: undefined });
	});

	test("data registers that all hold their reset values: nothing was measured, silent", () => {
		class MutePart extends BME280Part {
			protected override readRegister(register: number, now: number): number {
				if (register < 0xf7 || register > 0xfe) return super.readRegister(register, now);
				return register === 0xf7 || register === 0xfa || register === 0xfd ? 0x80 : 0;
			}
		}
		const bench = new Bench(BME280, { part: (surroundings) => new MutePart(surroundings) });
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "silent" });
	});

	test("a value whose raw form is that of a skipped one is a value (DS §5.4.7)", () => {
		for (const first of [0xf7, 0xfa, 0xfd]) {
			class MidScalePart extends BME280Part {
				protected override readRegister(register: number, now: number): number {
					const length = first === 0xfd ? 2 : 3;
					if (register < first || register >= first + length) {
						return super.readRegister(register, now);
					}
					return register === first ? 0x80 : 0;
				}
			}
			const bench = new Bench(BME280, { part: (surroundings) => new MidScalePart(surroundings) });
			const { temperature, humidity, pressure } = measure(bench);
			expect([temperature, humidity, pressure]).not.toContain(undefined);
		}
	});

	test("each sample is of a conversion of its own: a second sample without a start is none", () => {
		const bench = new Bench(BME280);
		const sensor = bench.create();
		expect(bench.round(sensor)).toBeDefined();
		expect(sensor.sample({}, bench.now)).toBeUndefined();
		bench.conditions.airTemperature = -10;
		expect(measure(bench, sensor).temperature).toBeCloseTo(-10, 1);
	});

	test("a start while it measures does not begin again", () => {
		const bench = new Bench(BME280);
		const sensor = bench.create();
		bench.round(sensor);
		expect(sensor.start(bench.now)).toBe(10);
		bench.advance(4);
		expect(sensor.start(bench.now)).toBe(6);
		bench.advance(6);
		expect(sensor.sample({}, bench.now)).toBeDefined();
	});

	test("a conversion that does not end is stuck, and a reset of the part repairs it", () => {
		const bench = new Bench(BME280);
		const sensor = bench.create();
		bench.round(sensor);
		bench.part.fault = "busy";
		const reasons = [1, 2].map(() => {
			bench.advance(2000);
			return bench.observe(sensor).reason;
		});
		expect(reasons).toEqual(["silent", "stuck"]);
		bench.part.fault = undefined;
		expect(bench.observe(sensor).reason).toBeUndefined();
	});

	test("settings lost between start and sample: silent, and configured again in the next round", () => {
		const bench = new Bench(BME280, { configuration: { filter: 4, osrs_p: 2 } });
		const sensor = bench.create();
		bench.round(sensor);
		bench.advance(sensor.start(bench.now));
		(bench.part as BME280Part).powerCycle(bench.time - 5);
		expect(() => sensor.sample({}, bench.now)).toThrow(
			expect.objectContaining({ reason: "silent" }),
		);
		expect(measure(bench, sensor).temperature).toBeCloseTo(15, 1);
	});
});

describe("BME280 raw values that do not change", () => {
	test("are stuck with the eighth conversion, and well with the first that differs", () => {
		const bench = new Bench(BME280);
		const sensor = bench.create();
		const reasons = [];
		for (let round = 0; round < 9; round++) reasons.push(bench.observe(sensor).reason);
		expect(reasons).toEqual([...Array(7).fill(undefined), "stuck", "stuck"]);
		bench.conditions.airTemperature += 1;
		expect(bench.observe(sensor).reason).toBeUndefined();
	});

	test.each<BME280Options>([
		{},
		{ osrs_t: 16, osrs_p: 16, osrs_h: 16, filter: 16 },
		{ osrs_t: 2, osrs_p: 16, osrs_h: 0, filter: 16 },
	])("do not happen to a part that works, in 20,000 samples with %j", (configuration) => {
		const bench = new Bench(BME280, { configuration, random: new RandomStream(280) });
		const sensor = bench.create();
		for (let round = 0; round < 20_000; round++) {
			if (bench.observe(sensor).reason !== undefined) throw new Error(`round ${round}`);
			bench.advance(2000);
		}
		expect(bench.observe(sensor).reason).toBeUndefined();
	});

	test("the fault stuck of the part shows as that", () => {
		const bench = new Bench(BME280, { random: new RandomStream(1) });
		const sensor = bench.create();
		bench.round(sensor);
		bench.part.fault = "stuck";
		// The register of the last good conversion is the first of the eight.
		for (let round = 0; round < 6; round++) expect(bench.observe(sensor).values).toHaveLength(3);
		expect(bench.observe(sensor)).toEqual({ values: [], reason: "stuck" });
		// The driver has reset it since, and it has not measured anything.
		expect(bench.observe(sensor)).toEqual({ values: [], reason: "silent" });
	});
});

describe("BME280 normal mode (DS §3.3.4)", () => {
	const configuration: BME280Options = { mode: "normal", t_sb: 500, filter: 4 };

	test("measures on its own and gives its newest values at any time", () => {
		const bench = new Bench(BME280, { configuration });
		const sensor = bench.create();
		expect(measure(bench, sensor).temperature).toBeCloseTo(15, 1);
		bench.conditions.airTemperature = 25;
		for (let round = 0; round < 30; round++) {
			bench.advance(700);
			expect(sensor.start(bench.now)).toBeLessThanOrEqual(1);
		}
		expect(measure(bench, sensor).temperature).toBeCloseTo(25, 1);
	});

	test("follows a step through the IIR filter (DS §3.4.4)", () => {
		const bench = new Bench(BME280, { configuration });
		const sensor = bench.create();
		measure(bench, sensor);
		bench.conditions.airTemperature = 25;
		bench.advance(520);
		expect(measure(bench, sensor).temperature).toBeCloseTo(15 + 10 / 4, 1);
	});

	test("close puts it to sleep, a new configuration resets it", () => {
		const bench = new Bench(BME280, { configuration });
		const sensor = bench.create();
		measure(bench, sensor);
		sensor.configure!({ mode: "forced" });
		expect(sensor.start(bench.now)).toBe(2);
		sensor.configure!(configuration);
		measure(bench, sensor);
		sensor.close();
		const probe = new bench.bus.io.SMBus({ data: 21, clock: 22, address: 0x44 });
		expect(probe.readUint8(0xf4) & 3).toBe(0);
	});
});

describe("BME280 options", () => {
	test.each<[object, string]>([
		[{ osrs_t: 0 }, "BME280 osrs_t: expected one of 1, 2, 4, 8, 16, got 0"],
		[{ osrs_p: 3 }, "BME280 osrs_p: expected one of 0, 1, 2, 4, 8, 16, got 3"],
		[{ osrs_h: -1 }, "BME280 osrs_h: expected one of 0, 1, 2, 4, 8, 16, got -1"],
		[{ filter: 1 }, "BME280 filter: expected one of 0, 2, 4, 8, 16, got 1"],
		[{ mode: "sleep" }, "BME280 mode: expected one of forced, normal, got sleep"],
		[{ t_sb: 1 }, "BME280 t_sb: expected one of 0.5, 62.5, 125, 250, 500, 1000, 10, 20, got 1"],
	])("%j is refused in one line", (options, line) => {
		const sensor = new Bench(BME280).create();
		expect(() => sensor.configure!(options)).toThrow(line);
	});

	test("have the type of the sheet", () => {
		// @ts-expect-error 3 is no oversampling of the BME280
		const wrong: BME280Options = { osrs_p: 3 };
		expect(wrong).toBeDefined();
	});
});

test("sample allocates no new groups for a target that has them", () => {
	const bench = new Bench(BME280);
	const sensor = bench.create();
	const into = {};
	const { thermometer, hygrometer, barometer } = bench.round(sensor, into)!;
	bench.advance(2000 as Ticks);
	const again = bench.round(sensor, into)!;
	expect(again.thermometer).toBe(thermometer);
	expect(again.hygrometer).toBe(hygrometer);
	expect(again.barometer).toBe(barometer);
});
