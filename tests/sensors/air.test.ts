import { describe, expect, test } from "@jest/globals";
import type { I2C } from "../../firmware/ports/io.ts";
import { SCD4x } from "../../sensors/scd4x.ts";
import { SPS30 } from "../../sensors/sps30.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import type { Conditions } from "../../simulator/weather/conditions.ts";
import { Bench } from "../support/bench.ts";

/** A bus that writes down commands and answers each with fixed bytes. */
function scripted(answers: Record<number, readonly number[]>) {
	const written: number[][] = [];
	const io = class implements I2C {
		#command = 0;
		read(buffer: Uint8Array): number {
			buffer.set((answers[this.#command] ?? []).slice(0, buffer.length));
			return buffer.length;
		}
		write(bytes: Uint8Array): void {
			written.push([...bytes]);
			this.#command = (bytes[0]! << 8) | bytes[1]!;
		}
		close(): void {}
	};
	return { io, written };
}

/** Runs a driver on a scripted bus until it has a sample. */
function firstSample(sensor: SCD4x | SPS30) {
	let now = 0;
	for (let attempt = 0; attempt < 12; attempt++) {
		now += sensor.start(now as never);
		const sample = sensor.sample({}, now as never);
		if (sample !== undefined) return sample;
	}
	throw new Error("no sample");
}

const serial = [0xf8, 0x96, 0x31, 0x9f, 0x07, 0xc2, 0x3b, 0xbe, 0x89];

describe("SCD4x", () => {
	test("DS §3.5.2, example of read_measurement: 500 ppm, 25 °C, 37 %", () => {
		const { io } = scripted({
			13954: serial,
			60421: [0x01, 0xf4, 0x33, 0x66, 0x67, 0xa2, 0x5e, 0xb9, 0x3c],
		});
		const sample = firstSample(new SCD4x({ sensor: { io, address: 0x62 } }));
		expect(sample.carbonDioxideDetector!.CO2).toBe(500);
		expect(sample.thermometer!.temperature).toBeCloseTo(25, 2);
		expect(sample.hygrometer!.humidity).toBeCloseTo(37, 2);
		expect(sample.missing).toBeUndefined();
	});

	test("DS §3.6 and §3.7, examples: offset 5.4 °C, altitude 1950 m, self-calibration on", () => {
		const { io, written } = scripted({ 13954: serial });
		const sensor = new SCD4x({ sensor: { io, address: 0x62 } });
		sensor.configure({ temperature_offset: 5.4, sensor_altitude: 1950 });
		let now = 0;
		for (let step = 0; step < 6; step++) now += sensor.start(now as never);
		expect(written).toEqual([
			[0x3f, 0x86],
			[0x36, 0x82],
			[0x24, 0x1d, 0x07, 0xe6, 0x48],
			[0x24, 0x27, 0x07, 0x9e, 0x09],
			[0x24, 0x16, 0x00, 0x01, 0xb0],
			[0x21, 0xb1],
		]);
	});

	test("one value with a wrong checksum is left out, the others stay", () => {
		const { io } = scripted({
			13954: serial,
			60421: [0x01, 0xf4, 0x34, 0x66, 0x67, 0xa2, 0x5e, 0xb9, 0x3c],
		});
		const sample = firstSample(new SCD4x({ sensor: { io, address: 0x62 } }));
		expect(sample.carbonDioxideDetector!.CO2).toBeNaN();
		expect(sample.thermometer!.temperature).toBeCloseTo(25, 2);
		expect(sample.missing).toBe("crc");
	});

	test("0 ppm is no result: range", () => {
		const { io } = scripted({
			13954: serial,
			60421: [0x00, 0x00, 0x81, 0x66, 0x67, 0xa2, 0x5e, 0xb9, 0x3c],
		});
		const sample = firstSample(new SCD4x({ sensor: { io, address: 0x62 } }));
		expect(sample).toMatchObject({ missing: "range", carbonDioxideDetector: { CO2: undefined } });
	});

	test("a serial number without checksum: another part", () => {
		const { io } = scripted({ 13954: [1, 2, 3] });
		expect(() => firstSample(new SCD4x({ sensor: { io, address: 0x62 } }))).toThrow(
			expect.objectContaining({ reason: "part" }),
		);
	});

	/** Rounds until there is a sample: the set-up takes more steps than one round has. */
	function settle(bench: Bench, sensor = bench.create()) {
		for (let round = 0; round < 3; round++) {
			const sample = bench.round(sensor);
			if (sample !== undefined) return sample;
		}
		throw new Error("no sample");
	}

	test.each(["periodic", "low power periodic", "single shot"] as const)(
		"%s: driver and part agree from 400 to 39,000 ppm",
		(mode) => {
			const bench = new Bench(SCD4x, { configuration: { mode } });
			const sensor = bench.create();
			for (const carbonDioxide of [400, 415, 1000, 5000, 39_000]) {
				Object.assign(bench.conditions, { carbonDioxide } satisfies Partial<Conditions>);
				const sample = settle(bench, sensor);
				expect(sample.carbonDioxideDetector!.CO2).toBe(carbonDioxide);
				expect(sample.thermometer!.temperature).toBeCloseTo(15, 1);
				expect(sample.hygrometer!.humidity).toBeCloseTo(60, 1);
			}
		},
	);

	test("a sample is never older than one interval, and never read twice", () => {
		const bench = new Bench(SCD4x, { random: new RandomStream(4) });
		const sensor = bench.create();
		settle(bench, sensor);
		let readings = 0;
		let before = -1;
		for (let second = 0; second < 600; second++) {
			const wait = sensor.start(bench.now);
			bench.advance(Math.min(wait, 1000));
			const sample = sensor.sample({}, bench.now);
			if (sample === undefined) continue;
			readings += 1;
			const raw = sample.thermometer!.temperature! * sample.hygrometer!.humidity!;
			if (raw === before) throw new Error("the same result twice");
			before = raw;
			bench.advance(1);
		}
		expect(readings).toBeGreaterThan(80);
	});

	test("the part acknowledges nothing while it stops, and no setting while it measures", () => {
		const bench = new Bench(SCD4x);
		const bus = new bench.bus.io.I2C({ data: 21, clock: 22, address: 0x44 });
		bus.write(Uint8Array.of(0x21, 0xb1));
		expect(() => bus.write(Uint8Array.of(0x36, 0x82))).toThrow("no acknowledge");
		bus.write(Uint8Array.of(0x3f, 0x86));
		bench.advance(499);
		expect(() => bus.write(Uint8Array.of(0x36, 0x82))).toThrow("no acknowledge");
		bench.advance(1);
		bus.write(Uint8Array.of(0x36, 0x82));
		expect(() => bus.read(new Uint8Array(9))).toThrow("no acknowledge");
		bench.advance(1);
		const answer = new Uint8Array(9);
		bus.read(answer);
		expect([...answer]).toEqual(serial);
	});

	test("the part takes a setting only with its checksum, and gives it back", () => {
		const bench = new Bench(SCD4x);
		const bus = new bench.bus.io.I2C({ data: 21, clock: 22, address: 0x44 });
		expect(() => bus.write(Uint8Array.of(0x24, 0x1d, 0x07, 0xe6, 0x49))).toThrow("no acknowledge");
		bus.write(Uint8Array.of(0x24, 0x1d, 0x07, 0xe6, 0x48));
		bench.advance(1);
		bus.write(Uint8Array.of(0x23, 0x18));
		bench.advance(1);
		const answer = new Uint8Array(3);
		bus.read(answer);
		expect([...answer]).toEqual([0x07, 0xe6, 0x48]);
	});

	test.each<[object, string]>([
		[{ mode: "fast" }, "SCD4x mode: expected one of periodic, low power periodic, single shot"],
		[{ temperature_offset: 21 }, "SCD4x temperature_offset: expected 0..20, got 21"],
		[{ sensor_altitude: -1 }, "SCD4x sensor_altitude: expected 0..3000, got -1"],
	])("%j is refused in one line", (options, line) => {
		expect(() => new Bench(SCD4x).create().configure!(options)).toThrow(line);
	});
});

describe("SPS30", () => {
	/** Words of two bytes with the checksums that Sensirion's parts send, by hand: 10.0 is 0x41200000. */
	const ten = [0x41, 0x20, 0x7a, 0x00, 0x00, 0x81];

	test("results are floating-point numbers in two words each (DS §6.3.4)", () => {
		const { io, written } = scripted({
			53504: [0x02, 0x02, 0x3a],
			514: [0x00, 0x01, 0xb0],
			53766: [0x00, 0x00, 0x81, 0x00, 0x00, 0x81],
			768: [...ten, ...ten, ...ten, ...ten],
		});
		const sensor = new SPS30({ sensor: { io, address: 0x69 } });
		expect(firstSample(sensor).particulateMatterDetector).toEqual({
			particulateMatter: 10,
			pm1: 10,
			pm2_5: 10,
			pm4: 10,
			pm10: 10,
		});
		// DS §6.3.1: start measurement with big-endian floating-point output is 0x0010, 0x0300, 0xac.
		expect(written).toContainEqual([0x00, 0x10, 0x03, 0x00, 0xac]);
		sensor.close();
		expect(written.at(-1)).toEqual([0x01, 0x04]);
	});

	test("a value with a wrong checksum in either word is left out", () => {
		for (const wrong of [2, 5]) {
			const bad = [...ten];
			bad[wrong]! ^= 1;
			const { io } = scripted({
				53504: [0x02, 0x02, 0x3a],
				514: [0x00, 0x01, 0xb0],
				53766: [0x00, 0x00, 0x81, 0x00, 0x00, 0x81],
				768: [...ten, ...bad, ...ten, ...ten],
			});
			const sample = firstSample(new SPS30({ sensor: { io, address: 0x69 } }));
			expect(sample.particulateMatterDetector).toMatchObject({
				pm1: 10,
				pm2_5: Number.NaN,
				pm10: 10,
			});
			expect(sample.missing).toBe("crc");
		}
	});

	test.each([
		[[0x00, 0x20, 0x00, 0x00], "the fan has the wrong speed"],
		[[0x00, 0x00, 0x00, 0x10], "fan or laser has failed"],
		[[0x00, 0x00, 0x00, 0x20], "fan or laser has failed"],
	])("status register %j: stuck, %s (DS §4.4)", ([a, b, c, d], message) => {
		const crc = (high: number, low: number) =>
			({ 0: 0x81, 32: 0x07, 16: 0xc2 })[(high << 8) | low] ?? 0;
		const { io } = scripted({
			53504: [0x02, 0x02, 0x3a],
			514: [0x00, 0x01, 0xb0],
			53766: [a!, b!, crc(a!, b!), c!, d!, crc(c!, d!)],
		});
		const sensor = new SPS30({ sensor: { io, address: 0x69 } });
		expect(() => firstSample(sensor)).toThrow(
			expect.objectContaining({ reason: "stuck", message }),
		);
	});

	test("driver and part agree from clean air to 1000 µg/m³", () => {
		const bench = new Bench(SPS30);
		const sensor = bench.create();
		for (const particulateMatter of [0, 0.5, 12, 150, 1000]) {
			Object.assign(bench.conditions, { particulateMatter } satisfies Partial<Conditions>);
			bench.advance(5000);
			const group = bench.round(sensor)!.particulateMatterDetector!;
			expect(group.pm2_5).toBeCloseTo(particulateMatter, 3);
			expect(group.pm1).toBeLessThanOrEqual(group.pm2_5!);
			expect(group.pm10).toBeGreaterThanOrEqual(group.pm4!);
		}
	});

	test("the first sample comes after the start-up time", () => {
		const bench = new Bench(SPS30, { configuration: { startUpTime: 8 } });
		const sensor = bench.create();
		expect(sensor.start(bench.now)).toBe(100);
		bench.advance(100);
		expect(sensor.start(bench.now)).toBe(8000);
	});

	test("a version without checksum: another part", () => {
		const bench = new Bench(SPS30);
		bench.part.fault = "crc";
		expect(() => bench.create()).toThrow(expect.objectContaining({ reason: "part" }));
	});

	test("a start-up time beyond a minute is refused", () => {
		expect(() => new Bench(SPS30).create().configure!({ startUpTime: 61 })).toThrow(
			"SPS30 startUpTime: expected 1..60, got 61",
		);
	});
});
