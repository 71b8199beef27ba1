import { describe, expect, test } from "@jest/globals";
import { BMP390, type BMP390Options } from "../../sensors/bmp390.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { BMP390Part } from "../../simulator/parts/bmp390.ts";
import { Bench } from "../support/bench.ts";

function measure(bench: Bench, sensor = bench.create()) {
	const { thermometer, barometer, missing } = bench.round(sensor) ?? {};
	return { temperature: thermometer?.temperature, pressure: barometer?.pressure, missing };
}

/** A part whose data registers hold what a test wants. */
class FixedPart extends BMP390Part {
	#fixed = new Map<number, number>();

	fix(from: number, bytes: readonly number[]): this {
		bytes.forEach((byte, index) => {
			this.#fixed.set(from + index, byte);
		});
		return this;
	}

	protected override readRegister(register: number): number {
		const value = super.readRegister(register);
		return this.#fixed.get(register) ?? value;
	}
}

function fixed(from: number, bytes: readonly number[]): Bench {
	return new Bench(BMP390, {
		part: (surroundings) => new FixedPart(surroundings).fix(from, bytes),
	});
}

describe("BMP390 compensation (DS §8.5, §8.6)", () => {
	test("of a real part: 0x6D9F97 and 0x85D873 are 100876.006 Pa and 30.4993 °C", () => {
		// The sheet has no example. Calibration, raw values and results are those in the tests of
		// github.com/elixir-sensors/bmp3xx, taken from a BMP388; both parts share the formulas.
		const { temperature, pressure } = measure(fixed(0x04, [0x97, 0x9f, 0x6d, 0x73, 0xd8, 0x85]));
		expect(temperature).toBeCloseTo(30.499314453874284, 9);
		expect(pressure).toBeCloseTo(100_876.00634692199, 6);
	});

	test("driver and part agree over the operating range", () => {
		const bench = new Bench(BMP390);
		const sensor = bench.create();
		for (let airTemperature = -39.999; airTemperature < 85; airTemperature += 4.99993) {
			for (let stationPressure = 30_001; stationPressure <= 125_000; stationPressure += 4999) {
				Object.assign(bench.conditions, { airTemperature, stationPressure });
				const { temperature, pressure } = measure(bench, sensor);
				expect(temperature).toBeCloseTo(airTemperature, 3);
				expect(Math.abs(pressure! - stationPressure)).toBeLessThan(0.1);
			}
		}
	});

	test.each([{ stationPressure: 29_990 }, { stationPressure: 125_010 }, { airTemperature: 86 }])(
		"%j is out of range",
		(conditions) => {
			const bench = new Bench(BMP390);
			Object.assign(bench.conditions, conditions);
			expect(measure(bench)).toEqual({ missing: "range" });
		},
	);
});

describe("BMP390 driver", () => {
	test.each([
		[0x50, "part"],
		[0x00, "unplugged"],
		[0xff, "unplugged"],
	])("chip id %d (DS §4.3): the constructor throws %s", (id, reason) => {
		expect(() => fixed(0x00, [id]).create()).toThrow(expect.objectContaining({ reason }));
	});

	test.each([0x00, 0xff])("calibration memory of %d only: unplugged", (byte) => {
		const bench = fixed(0x31, Array(21).fill(byte));
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "unplugged" });
	});

	test.each<[BMP390Options, number]>([
		// DS §3.9.2: 234 µs + 392 µs + osr_p · 2020 µs + 163 µs + osr_t · 2020 µs.
		[{}, 19],
		[{ osr_p: 1, osr_t: 1 }, 5],
		[{ osr_p: 32, osr_t: 2 }, 70],
	])("with %j takes %d ms (DS §3.9.2)", (configuration, expected) => {
		const bench = new Bench(BMP390, { configuration });
		const sensor = bench.create();
		sensor.start(bench.now);
		bench.advance(2);
		expect(sensor.start(bench.now)).toBe(expected);
		bench.advance(expected - 1);
		expect(sensor.sample({}, bench.now)).toBeUndefined();
		bench.advance(1);
		expect(sensor.sample({}, bench.now)).toBeDefined();
	});

	test("an error of the part itself: silent (DS §4.3)", () => {
		const bench = fixed(0x02, [0x04]);
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "silent" });
	});

	test("a part that never has data ready is stuck", () => {
		const bench = new Bench(BMP390);
		const sensor = bench.create();
		measure(bench, sensor);
		bench.part.fault = "busy";
		const reasons = [1, 2].map(() => {
			bench.advance(2000);
			return bench.observe(sensor).reason;
		});
		expect(reasons).toEqual(["silent", "stuck"]);
	});

	test("normal mode: one value each period, filtered, asleep after close", () => {
		const configuration: BMP390Options = { mode: "normal", odr_sel: 6, iir_filter: 3 };
		const bench = new Bench(BMP390, { configuration });
		const sensor = bench.create();
		expect(measure(bench, sensor).pressure).toBeCloseTo(100_000, 0);
		bench.conditions.stationPressure = 100_400;
		expect(sensor.start(bench.now)).toBe(320);
		bench.advance(320);
		expect(Math.abs(measure(bench, sensor).pressure! - 100_100)).toBeLessThan(0.5);
		bench.advance(86_400_000);
		expect(Math.abs(measure(bench, sensor).pressure! - 100_400)).toBeLessThan(0.5);
		sensor.close();
		const probe = new bench.bus.io.SMBus({ data: 21, clock: 22, address: 0x44 });
		expect(probe.readUint8(0x1b)).toBe(0);
	});

	test.each<[object, string]>([
		[{ osr_p: 3 }, "BMP390 osr_p: expected one of 1, 2, 4, 8, 16, 32, got 3"],
		[{ osr_t: 0 }, "BMP390 osr_t: expected one of 1, 2, 4, 8, 16, 32, got 0"],
		[{ iir_filter: 2 }, "BMP390 iir_filter: expected one of 0, 1, 3, 7, 15, 31, 63, 127, got 2"],
		[{ mode: "sleep" }, "BMP390 mode: expected one of forced, normal, got sleep"],
		[{ odr_sel: 14 }, "BMP390 odr_sel: expected 0..13, got 14"],
		[{ mode: "normal", odr_sel: 1 }, "BMP390 odr_sel: expected 2..13, got 1"],
	])("%j is refused in one line", (options, line) => {
		expect(() => new Bench(BMP390).create().configure!(options)).toThrow(line);
	});
});

describe("simulated BMP390", () => {
	test("reports a configuration that can't be kept (DS §4.3, conf_err)", () => {
		const bench = new Bench(BMP390);
		const registers = new bench.bus.io.SMBus({ data: 21, clock: 22, address: 0x44 });
		registers.writeUint8(0x1c, 0x05);
		registers.writeUint8(0x1d, 0x00);
		registers.writeUint8(0x1b, 0x33);
		expect(registers.readUint8(0x02)).toBe(0x04);
		expect(registers.readUint8(0x02)).toBe(0x00);
		expect(registers.readUint8(0x1b)).toBe(0x03);
	});

	test("carries noise", () => {
		const bench = new Bench(BMP390, { random: new RandomStream(390) });
		const sensor = bench.create();
		const seen = new Set(Array.from({ length: 50 }, () => measure(bench, sensor).pressure));
		expect(seen.size).toBeGreaterThan(40);
	});
});
