import { describe, expect, test } from "@jest/globals";
import { VirtualBus } from "../../simulator/device/bus.ts";
import type { PulsePart } from "../../simulator/parts/part.ts";
import { makeBusBench as build, ScratchPart } from "./benches.ts";
import { busCases } from "./bus.ts";

describe("bus conformance of VirtualBus", () => {
	test.each(busCases)("$name", ({ run }) => run(build().fixture));
});

describe("VirtualBus", () => {
	test("a transfer that nobody acknowledges names address and register", () => {
		const { io } = build().bus;
		const smbus = new io.SMBus({ data: 21, clock: 22, address: 0x76 });
		expect(() => smbus.readUint8(0xf7)).toThrow("no acknowledge from 0x76, register 0xf7");
		const i2c = new io.I2C({ data: 21, clock: 22, address: 0x44 });
		expect(() => i2c.write(Uint8Array.of(0x24, 0x00))).toThrow(
			"no acknowledge from 0x44, write of 0x24 0x00",
		);
		expect(() => i2c.read(new Uint8Array(6))).toThrow("no acknowledge from 0x44, read of 6 bytes");
	});

	test.each([
		[{ data: 21, clock: 22, address: 0x10 }, "two parts at address 0x10 of bus 21/22"],
		[{ data: 21, clock: 22, address: 0x80 }, "address: expected 0..127, got 128"],
		[{ data: 21, clock: 22 }, "address: expected 0..127, got undefined"],
	])("a part on the bus at %j is refused: %s", (connection, line) => {
		expect(() => build().bus.attach(connection, new ScratchPart())).toThrow(line);
	});

	test.each([
		[{ pin: 25 }, "two parts at pin 25"],
		[{}, "pin: expected a number, got undefined"],
	])("a part on a pin at %j is refused: %s", (connection, line) => {
		const part: PulsePart = { kind: "pulse", pulses: () => 0 };
		expect(() => build().bus.attach(connection, part)).toThrow(line);
	});

	test("one address on two buses is two places", () => {
		const { bus } = build();
		const other = new ScratchPart();
		bus.attach({ data: 18, clock: 19, address: 0x10 }, other);
		new bus.io.SMBus({ data: 18, clock: 19, address: 0x10 }).writeUint8(5, 55);
		expect(other.registers[5]).toBe(55);
		expect(new bus.io.SMBus({ data: 21, clock: 22, address: 0x10 }).readUint8(5)).toBe(0);
	});

	test("a pin without a part, or with one of another kind, can't be opened", () => {
		const { io } = build().bus;
		expect(() => new io.Analog({ pin: 35 })).toThrow("pin 35 has no part, not analog");
		expect(() => new io.Analog({ pin: 25 })).toThrow("pin 25 has a part of kind pulse, not analog");
	});

	test("release closes what the firmware had open; the parts keep their power", () => {
		const { bus, scratch } = build();
		const before = new bus.io.SMBus({ data: 21, clock: 22, address: 0x10 });
		before.writeUint8(1, 11);
		bus.release();
		expect(() => before.readUint8(1)).toThrow("closed");
		expect(new bus.io.SMBus({ data: 21, clock: 22, address: 0x10 }).readUint8(1)).toBe(11);
		expect(scratch.startedAt).toBe(0);
	});

	test("powerCycle closes everything and starts the parts anew", () => {
		const { bus, scratch, clock } = build();
		const before = new bus.io.SMBus({ data: 21, clock: 22, address: 0x10 });
		before.writeUint8(1, 11);
		clock.time = 5000;
		bus.powerCycle();
		expect(() => before.readUint8(1)).toThrow("closed");
		expect(new bus.io.SMBus({ data: 21, clock: 22, address: 0x10 }).readUint8(1)).toBe(0);
		expect(scratch.startedAt).toBe(5000);
	});

	test("resolution and full scale of the converter are the board's", () => {
		const bus = new VirtualBus({ now: () => 0, resolution: 10, fullScaleMv: 1100 });
		bus.attach({ pin: 34 }, { kind: "analog", millivolts: () => 550 });
		const input = new bus.io.Analog({ pin: 34 });
		expect(input.resolution).toBe(10);
		expect(input.read()).toBe(512);
	});
});

describe("a simulated part on a bus", () => {
	test.each(["nack", "power", "unplugged"] as const)(
		"with fault %s does not acknowledge",
		(fault) => {
			const { bus, scratch } = build();
			const smbus = new bus.io.SMBus({ data: 21, clock: 22, address: 0x10 });
			smbus.writeUint8(1, 11);
			scratch.fault = fault;
			expect(() => smbus.readUint8(1)).toThrow("no acknowledge");
			expect(() => smbus.writeUint8(1, 12)).toThrow("no acknowledge");
			scratch.fault = undefined;
			// A part that was unplugged has lost what it held.
			expect(smbus.readUint8(1)).toBe(fault === "unplugged" ? 0 : 11);
		},
	);

	test("with fault power comes back with a power cycle", () => {
		const { bus, scratch } = build();
		scratch.fault = "power";
		bus.powerCycle();
		expect(scratch.fault).toBeUndefined();
		expect(new bus.io.SMBus({ data: 21, clock: 22, address: 0x10 }).readUint8(1)).toBe(0);
	});

	test("refuses a fault that it can't have", () => {
		const { scratch } = build();
		expect(() => {
			scratch.fault = "crc";
		}).toThrow("fault: expected one of nack, unplugged, power, got crc");
	});
});
