import type { IO } from "../../firmware/ports/io.ts";

/**
 * A device to try the IO classes on. A scratch part sits on the bus: registers of one byte that keep
 * what is written to them, with an address pointer that moves on with each byte.
 */
export interface BusFixture {
	readonly io: IO;
	readonly data: number;
	readonly clock: number;
	/** Address of the scratch part. */
	readonly address: number;
	/** Address at which there is nothing. */
	readonly vacantAddress: number;
	/** Input that counts pulses, and how the test makes them. */
	readonly signal: number;
	pulse(count: number): void;
	/** Analog input, and how the test sets it, in parts of full scale. */
	readonly analogPin: number;
	setAnalog(share: number): void;
	/** Digital pin that reads what is written to it. */
	readonly digitalPin: number;
}

export interface BusCase {
	readonly name: string;
	run(fixture: BusFixture): void;
}

function equal(actual: unknown, expected: unknown, what: string): void {
	if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

function throws(action: () => unknown, what: string): void {
	try {
		action();
	} catch (error) {
		if (error instanceof Error && error.message !== "") return;
		throw new Error(`${what}: throws something that is no Error with a message`);
	}
	throw new Error(`${what}: does not throw`);
}

function openSMBus({ io, data, clock, address }: BusFixture) {
	return new io.SMBus({ data, clock, address });
}

/** What drivers rely on in the IO classes of ECMA-419, as `firmware/ports/io.ts` states it. */
export const busCases: readonly BusCase[] = [
	{
		name: "SMBus: bytes are kept by register (ECMA-419 §10.10)",
		run(fixture) {
			const bus = openSMBus(fixture);
			bus.writeUint8(0x10, 0xa5);
			bus.writeUint8(0x11, 0x5a);
			equal(bus.readUint8(0x10), 0xa5, "0x10");
			equal(bus.readUint8(0x11), 0x5a, "0x11");
		},
	},
	{
		name: "SMBus: words are little-endian unless asked otherwise",
		run(fixture) {
			const bus = openSMBus(fixture);
			bus.writeUint16(0x20, 0x1234);
			equal(bus.readUint8(0x20), 0x34, "low byte first");
			equal(bus.readUint16(0x20), 0x1234, "read back");
			equal(bus.readUint16(0x20, true), 0x3412, "read back big-endian");
			bus.writeUint16(0x20, 0xfedc, true);
			equal(bus.readUint8(0x20), 0xfe, "high byte first");
			equal(bus.readUint16(0x20, true), 0xfedc, "read back big-endian");
		},
	},
	{
		name: "SMBus: buffers go to and come from consecutive registers in one transfer",
		run(fixture) {
			const bus = openSMBus(fixture);
			bus.writeBuffer(0x30, Uint8Array.of(1, 2, 3));
			const bytes = new Uint8Array(4);
			bus.readBuffer(0x2f, bytes);
			equal(bytes.slice(1).join(), "1,2,3", "bytes");
		},
	},
	{
		name: "I2C: write and read are transfers of their own (ECMA-419 §10.4)",
		run({ io, data, clock, address }) {
			const bus = new io.I2C({ data, clock, address });
			bus.write(Uint8Array.of(0x40, 7, 8));
			bus.write(Uint8Array.of(0x40));
			const bytes = new Uint8Array(2);
			equal(bus.read(bytes), 2, "count");
			equal(bytes.join(), "7,8", "bytes");
		},
	},
	{
		name: "I2C and SMBus: nobody at the address, every transfer throws",
		run({ io, data, clock, vacantAddress: address }) {
			const smbus = new io.SMBus({ data, clock, address });
			throws(() => smbus.readUint8(0), "readUint8");
			throws(() => smbus.writeUint8(0, 0), "writeUint8");
			throws(() => smbus.readUint16(0), "readUint16");
			throws(() => smbus.writeUint16(0, 0), "writeUint16");
			throws(() => smbus.readBuffer(0, new Uint8Array(1)), "readBuffer");
			throws(() => smbus.writeBuffer(0, new Uint8Array(1)), "writeBuffer");
			smbus.close();
			const i2c = new io.I2C({ data, clock, address });
			throws(() => i2c.read(new Uint8Array(1)), "read");
			throws(() => i2c.write(new Uint8Array(1)), "write");
		},
	},
	{
		name: "an address can be open once, and again after close",
		run(fixture) {
			const bus = openSMBus(fixture);
			throws(() => openSMBus(fixture), "a second instance");
			bus.close();
			throws(() => bus.readUint8(0), "a closed instance");
			openSMBus(fixture).close();
		},
	},
	{
		name: "PulseCount: counts from 0 since it was opened (ECMA-419 §10.7)",
		run({ io, signal, pulse }) {
			pulse(3);
			const input = new io.PulseCount({ signal });
			equal(input.read(), 0, "at first");
			pulse(5);
			equal(input.read(), 5, "after five");
			equal(input.read(), 5, "reading does not clear it");
			input.close();
			const again = new io.PulseCount({ signal });
			equal(again.read(), 0, "opened again");
		},
	},
	{
		name: "PulseCount: the count is a signed 32-bit integer that wraps",
		run({ io, signal, pulse }) {
			const input = new io.PulseCount({ signal });
			pulse(0x7fff_ffff);
			equal(input.read(), 0x7fff_ffff, "largest");
			pulse(1);
			equal(input.read(), -0x8000_0000, "one more");
			pulse(0x8000_0000);
			equal(input.read(), 0, "once around");
		},
	},
	{
		name: "Analog: 0 to 2^resolution - 1 over full scale, and no further (ECMA-419 §10.2)",
		run({ io, analogPin, setAnalog }) {
			const input = new io.Analog({ pin: analogPin });
			const highest = 2 ** input.resolution - 1;
			for (const [share, expected] of [
				[0, 0],
				[1, highest],
				[0.5, Math.round(highest / 2)],
				[-0.1, 0],
				[1.1, highest],
			] as const) {
				setAnalog(share);
				equal(input.read(), expected, `${share} of full scale`);
			}
		},
	},
	{
		name: "Digital: reads the level of the pin (ECMA-419 §10.3)",
		run({ io, digitalPin }) {
			const pin = new io.Digital({ pin: digitalPin, mode: 8 });
			pin.write(1);
			equal(pin.read(), 1, "high");
			pin.write(0);
			equal(pin.read(), 0, "low");
		},
	},
	{
		name: "a pin can be open once, and again after close",
		run({ io, signal, analogPin, digitalPin }) {
			const open = [
				() => new io.PulseCount({ signal }),
				() => new io.Analog({ pin: analogPin }),
				() => new io.Digital({ pin: digitalPin, mode: 8 }),
			];
			for (const create of open) {
				const input = create();
				throws(create, "a second instance");
				input.close();
				input.close();
				throws(() => input.read(), "a closed instance");
				create().close();
			}
		},
	},
];
