import { describe, expect, test } from "@jest/globals";
import type { I2C, I2CConstructor } from "../../firmware/ports/io.ts";
import type { Sample } from "../../firmware/ports/sensor.ts";
import { SHT3x, type SHT3xOptions } from "../../sensors/sht3x.ts";
import { SHT4x, type SHT4xOptions } from "../../sensors/sht4x.ts";
import { wordAt, writeCommand } from "../../sensors/word.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { Bench } from "../support/bench.ts";

/** A bus that answers with given bytes, for the numbers of a data sheet. */
function answering(answer: readonly number[]): I2CConstructor {
	return class implements I2C {
		read(buffer: Uint8Array): number {
			buffer.set(answer.slice(0, buffer.length));
			return buffer.length;
		}
		write(): void {}
		close(): void {}
	};
}

describe("words of Sensirion parts", () => {
	test("CRC of 0xBEEF is 0x92 (SHT3x DS table 20, SHT4x DS table 7)", () => {
		expect(wordAt(Uint8Array.of(0, 0xbe, 0xef, 0x92), 1)).toBe(0xbeef);
	});

	test("one wrong bit anywhere makes it NaN", () => {
		for (let bit = 0; bit < 24; bit++) {
			const bytes = Uint8Array.of(0xbe, 0xef, 0x92);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			expect(wordAt(bytes, 0)).toBeNaN();
		}
	});

	test("an argument goes out with its CRC: 480 ppm is 0x01e0 0xb4 (SCD4x DS §3.7.1)", () => {
		const into = new Uint8Array(5);
		writeCommand(into, 0x362f, 0x01e0);
		expect([...into]).toEqual([0x36, 0x2f, 0x01, 0xe0, 0xb4]);
	});
});

describe.each([
	["SHT3x", SHT3x, [16, 7, 5], 2],
	["SHT4x", SHT4x, [9, 5, 2], 1],
] as const)("%s", (_, Driver, durations, bootMs) => {
	test("driver and part agree from -40 to 125 °C and 0 to 100 %", () => {
		const bench = new Bench(Driver);
		const sensor = bench.create();
		for (let airTemperature = -40; airTemperature <= 125; airTemperature += 2.5) {
			for (const relativeHumidity of [0, 0.1, 33, 50, 99.9, 100]) {
				Object.assign(bench.conditions, { airTemperature, relativeHumidity });
				const sample = bench.round(sensor)!;
				expect(sample.thermometer!.temperature).toBeCloseTo(airTemperature, 2);
				expect(sample.hygrometer!.humidity).toBeCloseTo(relativeHumidity, 2);
			}
		}
	});

	test.each(["high", "medium", "low"] as const)("repeatability %s", (repeatability) => {
		const bench = new Bench(Driver, { configuration: { repeatability } });
		const sensor = bench.create();
		expect(sensor.start(bench.now)).toBe(bootMs);
		bench.advance(bootMs);
		const expected = durations[["high", "medium", "low"].indexOf(repeatability)]!;
		expect(sensor.start(bench.now)).toBe(expected);
		bench.advance(expected);
		expect(sensor.sample({}, bench.now)!.thermometer!.temperature).toBeCloseTo(15, 2);
	});

	test("the part acknowledges no read before it has measured", () => {
		const bench = new Bench(Driver);
		bench.create().close();
		const bus = new bench.bus.io.I2C({ data: 21, clock: 22, address: 0x44 });
		bench.advance(5);
		bus.write(Driver === SHT3x ? Uint8Array.of(0x24, 0x00) : Uint8Array.of(0xfd));
		bench.advance(6);
		expect(() => bus.read(new Uint8Array(6))).toThrow("no acknowledge from 0x44, read of 6 bytes");
		bench.advance(10);
		expect(bus.read(new Uint8Array(6))).toBe(6);
		expect(() => bus.read(new Uint8Array(6))).toThrow("no acknowledge");
	});

	test("an unknown command is not acknowledged", () => {
		const bench = new Bench(Driver);
		const bus = new bench.bus.io.I2C({ data: 21, clock: 22, address: 0x44 });
		expect(() => bus.write(Uint8Array.of(0x11))).toThrow("no acknowledge");
		expect(() => bus.write(Uint8Array.of(0x11, 0x22))).toThrow("no acknowledge");
	});

	test("one value with a wrong checksum is left out, the other stays", () => {
		const good = [0xbe, 0xef, 0x92];
		const bad = [0xbe, 0xef, 0x91];
		for (const [answer, left] of [
			[[...good, ...bad], "thermometer"],
			[[...bad, ...good], "hygrometer"],
		] as const) {
			const Bus = answering(answer);
			// The constructor of the SHT3x reads the status.
			const sensor = new Driver({ sensor: { io: answering(good), address: 0x44 } });
			expect(sensor).toBeDefined();
			const into = collectWith(Driver, Bus, good);
			expect(into.missing).toBe("crc");
			expect(Number.isNaN(into.thermometer!.temperature)).toBe(left !== "thermometer");
			expect(Number.isNaN(into.hygrometer!.humidity)).toBe(left !== "hygrometer");
		}
	});

	test("raw values that do not change are stuck with the eighth, and never in 20,000 that do", () => {
		const bench = new Bench(Driver, { random: new RandomStream(31) });
		const sensor = bench.create();
		bench.conditions.relativeHumidity = 100;
		for (let round = 0; round < 20_000; round++) {
			if (bench.observe(sensor).reason !== undefined) throw new Error(`round ${round}`);
			bench.advance(2000);
		}
		bench.part.fault = "stuck";
		for (let round = 0; round < 6; round++) expect(bench.observe(sensor).reason).toBeUndefined();
		for (let round = 0; round < 2; round++) expect(bench.observe(sensor).reason).toBe("stuck");
		bench.part.fault = undefined;
		bench.conditions.airTemperature += 1;
		expect(bench.observe(sensor).reason).toBeUndefined();
	});

	test("a wrong option is refused in one line", () => {
		const sensor = new Bench(Driver).create();
		expect(() => sensor.configure!({ repeatability: "best" })).toThrow(
			`${Driver.part.name} repeatability: expected one of high, medium, low, got best`,
		);
	});
});

/** What a driver makes of one answer; the first read is of `first`. */
function collectWith(
	Driver: typeof SHT3x | typeof SHT4x,
	Answer: I2CConstructor,
	first: readonly number[],
): Sample {
	let reads = Driver === SHT3x ? 0 : 1;
	const Status = answering(first);
	const Bus = class implements I2C {
		readonly #status = new Status({ address: 0x44 });
		readonly #answer = new Answer({ address: 0x44 });
		read(buffer: Uint8Array): number {
			return reads++ === 0 ? this.#status.read(buffer) : this.#answer.read(buffer);
		}
		write(): void {}
		close(): void {}
	};
	const sensor = new Driver({ sensor: { io: Bus, address: 0x44 } });
	sensor.start(0 as never);
	sensor.start(10 as never);
	return sensor.sample({}, 100 as never)!;
}

describe("SHT3x DS §4.13 and SHT4x DS §4.6, conversion of the signal output", () => {
	// The sheets have the formulas and no worked number; these are the formulas at 0xBEEF, 0 and 0xFFFF.
	const bytes = { beef: [0xbe, 0xef, 0x92], zero: [0x00, 0x00, 0x81], full: [0xff, 0xff, 0xac] };

	test.each([
		["SHT3x", SHT3x, bytes.beef, -45 + (175 * 0xbeef) / 0xffff, (100 * 0xbeef) / 0xffff],
		["SHT3x", SHT3x, bytes.zero, -45, 0],
		["SHT3x", SHT3x, bytes.full, 130, 100],
		["SHT4x", SHT4x, bytes.beef, -45 + (175 * 0xbeef) / 0xffff, -6 + (125 * 0xbeef) / 0xffff],
		["SHT4x", SHT4x, bytes.zero, -45, 0],
		["SHT4x", SHT4x, bytes.full, 130, 100],
	] as const)("%s %#", (_, Driver, word, temperature, humidity) => {
		const sample = collectWith(Driver, answering([...word, ...word]), bytes.beef);
		expect(sample.thermometer!.temperature).toBeCloseTo(temperature, 9);
		expect(sample.hygrometer!.humidity).toBeCloseTo(humidity, 9);
		expect(sample.missing).toBeUndefined();
	});
});

describe("SHT3x", () => {
	test("a part whose status has no checksum is another part", () => {
		const bench = new Bench(SHT3x);
		bench.part.fault = "crc";
		expect(() => bench.create()).toThrow(expect.objectContaining({ reason: "part" }));
	});

	test("heater: warms, shows in the status register (DS table 18), and is off again", () => {
		const bench = new Bench(SHT3x, { configuration: { heater: true } satisfies SHT3xOptions });
		const sensor = bench.create();
		expect(bench.round(sensor)!.thermometer!.temperature).toBeCloseTo(18, 1);
		sensor.configure!({});
		expect(bench.round(sensor)!.thermometer!.temperature).toBeCloseTo(15, 1);
		sensor.close();
		const bus = new bench.bus.io.I2C({ data: 21, clock: 22, address: 0x44 });
		const status = new Uint8Array(3);
		bus.write(Uint8Array.of(0x30, 0x6d));
		bus.write(Uint8Array.of(0x30, 0x41));
		bus.write(Uint8Array.of(0xf3, 0x2d));
		bus.read(status);
		expect(wordAt(status, 0)).toBe(0xa000);
	});
});

describe("SHT4x", () => {
	test.each<[SHT4xOptions["heater"], number]>([
		["200mW 1s", 1109],
		["200mW 0.1s", 119],
		["110mW 1s", 1109],
		["110mW 0.1s", 119],
		["20mW 1s", 1109],
		["20mW 0.1s", 119],
	])("heater %s: a measurement takes %d ms and is of the heated part", (heater, expected) => {
		const bench = new Bench(SHT4x, { configuration: { heater } });
		const sensor = bench.create();
		sensor.start(bench.now);
		bench.advance(1);
		expect(sensor.start(bench.now)).toBe(expected);
		bench.advance(expected);
		expect(sensor.sample({}, bench.now)!.thermometer!.temperature).toBeGreaterThan(17);
	});
});
