import { describe, expect, test } from "@jest/globals";
import { VirtualBus } from "../../../simulator/device/bus.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import { BME280Part } from "../../../simulator/parts/bme280.ts";
import type { Conditions } from "../../../simulator/weather/conditions.ts";
import { quiet } from "../../support/bench.ts";

const conditions: Conditions = {
	airTemperature: 20,
	relativeHumidity: 50,
	stationPressure: 95_000,
	windSpeed: 0,
	windDirection: 0,
	precipitationTotal: 0,
	batteryVoltage: 4,
};

/** The registers of a part that is up, and a clock to turn. Register numbers are the sheet's. */
function build(random = quiet) {
	const clock = { time: 1000 };
	const bus = new VirtualBus({ now: () => clock.time });
	const weather = { at: (_: number, into: Conditions) => Object.assign(into, conditions) };
	const part = new BME280Part({ weather, random });
	bus.attach({ address: 0x76 }, part);
	const registers = new bus.io.SMBus({ address: 0x76 });
	return { clock, part, registers };
}

describe("simulated BME280", () => {
	test("has the memory map and reset state of DS table 18", () => {
		const { registers } = build();
		expect(registers.readUint8(0xd0)).toBe(0x60);
		for (const register of [0xe0, 0xf2, 0xf3, 0xf4, 0xf5])
			expect(registers.readUint8(register)).toBe(0);
		const data = new Uint8Array(8);
		registers.readBuffer(0xf7, data);
		expect([...data]).toEqual([0x80, 0, 0, 0x80, 0, 0, 0x80, 0]);
		expect(registers.readUint16(0x88)).toBe(27504);
	});

	test("is busy for the time of DS §9.1, then asleep with new data", () => {
		const { clock, registers } = build();
		registers.writeUint8(0xf2, 1);
		registers.writeUint8(0xf4, 0x25);
		// 1 ms + 2 + 2.5 + 2.5 typical, 1.25 + 2.3 + 2.875 + 2.875 at most.
		clock.time += 8;
		expect(registers.readUint8(0xf3)).toBe(0x08);
		expect(registers.readUint8(0xf4)).toBe(0x25);
		expect(registers.readUint8(0xf7)).toBe(0x80);
		clock.time += 2;
		expect(registers.readUint8(0xf3)).toBe(0x00);
		expect(registers.readUint8(0xf4)).toBe(0x24);
		expect(registers.readUint8(0xf7)).not.toBe(0x80);
	});

	test("ctrl_hum becomes effective with a write of ctrl_meas (DS §5.4.3)", () => {
		const { clock, registers } = build();
		registers.writeUint8(0xf4, 0x25);
		registers.writeUint8(0xf2, 1);
		clock.time += 20;
		expect(registers.readUint16(0xfd, true)).toBe(0x8000);
		registers.writeUint8(0xf4, 0x25);
		clock.time += 20;
		expect(registers.readUint16(0xfd, true)).not.toBe(0x8000);
	});

	test("acknowledges nothing for 2 ms after a reset (DS §1.1)", () => {
		const { clock, registers } = build();
		registers.writeUint8(0xe0, 0x00);
		expect(registers.readUint8(0xd0)).toBe(0x60);
		registers.writeUint8(0xf5, 0x10);
		registers.writeUint8(0xe0, 0xb6);
		clock.time += 1;
		expect(() => registers.readUint8(0xd0)).toThrow("no acknowledge");
		expect(() => registers.writeUint8(0xf5, 0)).toThrow("no acknowledge");
		clock.time += 1;
		expect(registers.readUint8(0xf5)).toBe(0);
	});

	test("writes of several bytes are pairs of register and value (DS §6.2.1)", () => {
		const { registers } = build();
		registers.writeBuffer(0xf5, Uint8Array.of(0x08, 0xf2, 0x03));
		expect(registers.readUint8(0xf5)).toBe(0x08);
		expect(registers.readUint8(0xf2)).toBe(0x03);
	});

	test("calibration and data can't be written", () => {
		const { registers } = build();
		for (const register of [0x88, 0xa1, 0xd0, 0xe1, 0xf3, 0xf7, 0xfe]) {
			const before = registers.readUint8(register);
			registers.writeUint8(register, before ^ 0xff);
			expect(registers.readUint8(register)).toBe(before);
		}
	});

	test("16 bits at oversampling 1, one more for each doubling, 20 with the filter (DS §3.4)", () => {
		const { clock, registers } = build(new RandomStream(3));
		for (const [osrs, filter, unused] of [
			[1, 0, 0xf0],
			[2, 0, 0x70],
			[3, 0, 0x30],
			[4, 0, 0x10],
			[5, 0, 0x00],
			[1, 1, 0x00],
		] as const) {
			registers.writeUint8(0xf5, filter << 2);
			registers.writeUint8(0xf4, (osrs << 5) | (osrs << 2) | 1);
			clock.time += 200;
			expect(registers.readUint8(0xf9) & unused).toBe(0);
			expect(registers.readUint8(0xfc) & unused).toBe(0);
		}
	});

	test("normal mode repeats after the standby time, however long nobody looks", () => {
		const { clock, registers } = build(new RandomStream(4));
		registers.writeUint8(0xf5, 0x20);
		registers.writeUint8(0xf4, 0x27);
		const seen = new Set<number>();
		for (let look = 0; look < 20; look++) {
			clock.time += 100;
			seen.add(registers.readUint16(0xf7, true));
		}
		expect(seen.size).toBeGreaterThan(2);
		clock.time += 86_400_000;
		expect(registers.readUint8(0xf4)).toBe(0x27);
		registers.writeUint8(0xf5, 0xa0);
		expect(registers.readUint8(0xf5)).toBe(0x20);
		registers.writeUint8(0xf4, 0x24);
		registers.writeUint8(0xf5, 0xa0);
		expect(registers.readUint8(0xf5)).toBe(0xa0);
	});
});
