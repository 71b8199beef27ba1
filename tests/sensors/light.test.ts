import { describe, expect, test } from "@jest/globals";
import type { SMBus } from "../../firmware/ports/io.ts";
import { LTR390, type LTR390Options } from "../../sensors/ltr390.ts";
import { VEML7700, type VEML7700Options } from "../../sensors/veml7700.ts";
import type { Conditions } from "../../simulator/weather/conditions.ts";
import { Bench } from "../support/bench.ts";

function look(bench: Bench, ambience: Partial<Conditions>, sensor = bench.create()) {
	Object.assign(bench.conditions, ambience);
	const { lightmeter, ultravioletMeter, missing } = bench.round(sensor)!;
	return { illuminance: lightmeter?.illuminance, uvIndex: ultravioletMeter?.uvIndex, missing };
}

describe("VEML7700", () => {
	/** A part with a count and the configuration that was last written. */
	function counting(count: number) {
		let configuration = 1;
		return class implements SMBus {
			readUint8 = () => 0;
			writeUint8 = () => {};
			readUint16 = (register: number) => [configuration, 0, 0, 0, count, 0, 0, 0xc481][register]!;
			writeUint16 = (register: number, value: number) => {
				if (register === 0) configuration = value;
			};
			readBuffer = () => {};
			writeBuffer = () => {};
			close = () => {};
		};
	}

	test.each<[VEML7700Options, number]>([
		// Application note 84323, table of resolutions.
		[{ ALS_GAIN: "2", ALS_IT: 800 }, 0.0042],
		[{ ALS_GAIN: "1", ALS_IT: 100 }, 0.0672],
		[{ ALS_GAIN: "1/4", ALS_IT: 100 }, 0.2688],
		[{ ALS_GAIN: "1/8", ALS_IT: 100 }, 0.5376],
		[{ ALS_GAIN: "1/8", ALS_IT: 25 }, 2.1504],
	])("with %j a count is %d lx", (options, lux) => {
		const sensor = new VEML7700({ sensor: { io: counting(100), address: 0x10 } });
		sensor.configure(options);
		sensor.start(0 as never);
		sensor.start(1 as never);
		// The correction at gains of 1/4 and 1/8 is 0.23 % and 8.1488e-5 of the square here.
		const isLinear = options.ALS_GAIN === "1" || options.ALS_GAIN === "2";
		const expected = isLinear ? 100 * lux : 100 * lux * (1.0023 + 8.1488e-5 * 100 * lux);
		const { illuminance } = sensor.sample({}, 2000 as never)!.lightmeter!;
		expect(Math.abs(illuminance! - expected)).toBeLessThan(expected * 0.001);
	});

	test("driver and part agree from darkness to full sun", () => {
		const bench = new Bench(VEML7700);
		const sensor = bench.create();
		for (const illuminance of [0, 3, 100, 999, 1001, 5_000, 20_000, 60_000, 120_000]) {
			const sample = look(bench, { illuminance }, sensor);
			// Half a count, as steep as the correction is there.
			const tolerance = 1.1 + illuminance * 0.0002;
			expect(Math.abs(sample.illuminance! - illuminance)).toBeLessThan(tolerance);
		}
	});

	test("full scale is range, not the brightest value that can be told", () => {
		const bench = new Bench(VEML7700, { configuration: { ALS_GAIN: "2", ALS_IT: 800 } });
		expect(look(bench, { illuminance: 1000 })).toMatchObject({
			illuminance: undefined,
			missing: "range",
		});
	});

	test.each([25, 50, 100, 200, 400, 800] as const)("integration of %d ms", (ALS_IT) => {
		const bench = new Bench(VEML7700, { configuration: { ALS_IT } });
		const sensor = bench.create();
		sensor.start(bench.now);
		bench.advance(1);
		const wait = sensor.start(bench.now);
		expect(wait).toBe(Math.ceil(2.5 + 1.1 * ALS_IT));
		bench.conditions.airTemperature = 0;
		Object.assign(bench.conditions, { illuminance: 500 });
		bench.advance(wait);
		const { illuminance } = sensor.sample({}, bench.now)!.lightmeter!;
		expect(Math.abs(illuminance! - 500)).toBeLessThan(1.1);
	});

	test("is switched off after each sample", () => {
		const bench = new Bench(VEML7700);
		const sensor = bench.create();
		bench.round(sensor);
		sensor.close();
		const probe = new bench.bus.io.SMBus({ data: 21, clock: 22, address: 0x44 });
		expect(probe.readUint16(0x00) & 1).toBe(1);
	});

	test("a part that was without power since the start: silent", () => {
		const bench = new Bench(VEML7700);
		const sensor = bench.create();
		bench.round(sensor);
		const wait = sensor.start(bench.now);
		if (bench.part.kind === "i2c") bench.part.powerCycle(bench.time);
		bench.advance(wait);
		expect(() => sensor.sample({}, bench.now)).toThrow(
			expect.objectContaining({ reason: "silent" }),
		);
	});

	test.each<[object, string]>([
		[{ ALS_GAIN: "4" }, "VEML7700 ALS_GAIN: expected one of 1, 2, 1/8, 1/4, got 4"],
		[{ ALS_IT: 10 }, "VEML7700 ALS_IT: expected one of 25, 50, 100, 200, 400, 800, got 10"],
	])("%j is refused in one line", (options, line) => {
		expect(() => new Bench(VEML7700).create().configure!(options)).toThrow(line);
	});
});

describe("LTR390", () => {
	test.each<[LTR390Options, number]>([
		[{}, 0.001],
		[{ resolution: 18, gain: 18 }, 0.002],
		[{ resolution: 18, gain: 3 }, 0.01],
		[{ resolution: 16, gain: 1 }, 0.15],
	])("with %j driver and part agree from 0 to 15", (configuration, tolerance) => {
		const bench = new Bench(LTR390, { configuration });
		const sensor = bench.create();
		for (const uvIndex of [0, 0.5, 3, 7.25, 11, 15]) {
			const sample = look(bench, { uvIndex }, sensor);
			expect(Math.abs(sample.uvIndex! - uvIndex)).toBeLessThan(tolerance);
		}
	});

	test("2300 counts at a gain of 18 and 20 bits are a UV index of 1 (DS, UV sensitivity)", () => {
		let control = 0;
		const io = class implements SMBus {
			readUint8 = (register: number) => (register === 0x06 ? 0xb2 : control === 0x0a ? 0x08 : 0);
			writeUint8 = (register: number, value: number) => {
				if (register === 0) control = value;
			};
			readUint16 = () => 0;
			writeUint16 = () => {};
			readBuffer = (_: number, buffer: Uint8Array) => buffer.set([2300 & 0xff, 2300 >> 8, 0]);
			writeBuffer = () => {};
			close = () => {};
		};
		const sensor = new LTR390({ sensor: { io, address: 0x53 } });
		const rounds = [{}, { WFAC: 1.5 }].map((options) => {
			sensor.configure(options);
			sensor.start(0 as never);
			sensor.start(1000 as never);
			return sensor.sample({}, 2000 as never)!.ultravioletMeter!.uvIndex;
		});
		expect(rounds[0]).toBeCloseTo(1, 9);
		expect(control).toBe(0);
	});

	test("a window in front of it is corrected for", () => {
		const bench = new Bench(LTR390, { configuration: { WFAC: 2 } });
		expect(look(bench, { uvIndex: 4 }).uvIndex).toBeCloseTo(8, 2);
	});

	test("full scale is range", () => {
		const bench = new Bench(LTR390, { configuration: { resolution: 16, gain: 18 } });
		expect(look(bench, { uvIndex: 500 })).toMatchObject({ uvIndex: undefined, missing: "range" });
	});

	test("no data by twice its time: stuck", () => {
		const bench = new Bench(LTR390);
		const sensor = bench.create();
		bench.round(sensor);
		bench.part.fault = "busy";
		const reasons = [1, 2].map(() => {
			bench.advance(2000);
			return bench.observe(sensor).reason;
		});
		expect(reasons).toContain("stuck");
	});

	test.each([
		[0x00, "unplugged"],
		[0xff, "unplugged"],
		[0xc2, "part"],
	])("part id %d: the constructor throws %s", (id, reason) => {
		const io = class implements SMBus {
			readUint8 = () => id;
			writeUint8 = () => {};
			readUint16 = () => 0;
			writeUint16 = () => {};
			readBuffer = () => {};
			writeBuffer = () => {};
			close = () => {};
		};
		expect(() => new LTR390({ sensor: { io, address: 0x53 } })).toThrow(
			expect.objectContaining({ reason }),
		);
	});

	test.each<[object, string]>([
		[{ resolution: 13 }, "LTR390 resolution: expected one of 20, 19, 18, 17, 16, got 13"],
		[{ gain: 2 }, "LTR390 gain: expected one of 1, 3, 6, 9, 18, got 2"],
		[{ WFAC: 0 }, "LTR390 WFAC: expected 1..100, got 0"],
	])("%j is refused in one line", (options, line) => {
		expect(() => new Bench(LTR390).create().configure!(options)).toThrow(line);
	});
});
