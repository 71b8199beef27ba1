import type {
	Analog,
	AnalogOptions,
	Digital,
	DigitalOptions,
	I2C,
	I2COptions,
	IO,
	PulseCount,
	PulseCountOptions,
	SMBus,
} from "../../firmware/ports/io.ts";
import type { AnalogPart, DigitalPart, I2CPart, PulsePart, SimulatedPart } from "../parts/part.ts";

/** Where a part is connected. */
export interface Connection {
	/** GPIO of the data line of the bus it is on; with `clock` it tells buses apart. */
	readonly data?: number;
	readonly clock?: number;
	/** 7-bit address on the bus. */
	readonly address?: number;
	/** GPIO of a part that has a pin of its own. */
	readonly pin?: number;
}

export interface VirtualBusOptions {
	/** ms of the simulation's epoch. */
	now(): number;
	/** Bits of the analog converter. */
	readonly resolution?: number;
	/** The voltage that the converter reads as its highest value, in mV. */
	readonly fullScaleMv?: number;
}

/**
 * The pins and buses of one device, with simulated parts on them, behind the IO classes of ECMA-419.
 *
 * As on the real thing, a pin or an address can be open once at a time, a transfer that nobody
 * acknowledges throws, and after a restart of the processor nothing is open (`release`).
 */
export class VirtualBus {
	/** The classes that drivers instantiate. */
	readonly io: IO;
	readonly #now: () => number;
	readonly #parts = new Map<string, SimulatedPart>();
	readonly #open = new Map<string, Seat<SimulatedPart>>();

	constructor({ now, resolution = 12, fullScaleMv = 3300 }: VirtualBusOptions) {
		const bus = this;
		this.#now = now;
		this.io = Object.freeze({
			I2C: class extends VirtualI2C {
				constructor(options: I2COptions) {
					super(bus.#seat(addressOf(options), "i2c"), options.address);
				}
			},
			SMBus: class extends VirtualSMBus {
				constructor(options: I2COptions) {
					super(bus.#seat(addressOf(options), "i2c"), options.address);
				}
			},
			PulseCount: class extends VirtualPulseCount {
				constructor({ signal, debounce = 0 }: PulseCountOptions) {
					super(bus.#seat(pinOf(signal), "pulse"), debounce);
				}
			},
			Analog: class extends VirtualAnalog {
				constructor({ pin }: AnalogOptions) {
					super(bus.#seat(pinOf(pin), "analog"), resolution, fullScaleMv);
				}
			},
			Digital: class extends VirtualDigital {
				constructor({ pin }: DigitalOptions) {
					super(bus.#seat(pinOf(pin), "digital"));
				}
			},
		});
	}

	/**
	 * Connects a part.
	 *
	 * @throws {Error} when there is one already
	 */
	attach(connection: Connection, part: SimulatedPart): void {
		const place = part.kind === "i2c" ? addressOf(connection) : pinOf(connection.pin);
		if (this.#parts.has(place)) throw new Error(`two parts at ${place}`);
		this.#parts.set(place, part);
	}

	/** Closes whatever the firmware has open, as a restart of the processor does. */
	release(): void {
		for (const seat of [...this.#open.values()]) seat.close();
	}

	/** Takes the power from board and parts, and gives it back. */
	powerCycle(): void {
		this.release();
		for (const part of this.#parts.values()) {
			if (part.kind === "i2c") part.powerCycle(this.#now());
		}
	}

	#seat<K extends SimulatedPart["kind"]>(place: string, kind: K): Seat<PartOf<K>> {
		if (this.#open.has(place)) throw new Error(`${place} is open already`);
		const part = this.#parts.get(place);
		// A bus can be opened for a part that is not there; nobody will acknowledge. A pin that
		// floats would read as anything, which helps nobody to find the mistake.
		if (part === undefined ? kind !== "i2c" : part.kind !== kind) {
			throw new Error(
				`${place} has ${part ? `a part of kind ${part.kind}` : "no part"}, not ${kind}`,
			);
		}
		const seat = new Seat(part as PartOf<K> | undefined, this.#now, () => this.#open.delete(place));
		this.#open.set(place, seat);
		return seat;
	}
}

type PartOf<K extends SimulatedPart["kind"]> = Extract<SimulatedPart, { kind: K }>;

function addressOf({ data, clock, address }: Connection): string {
	if (!Number.isInteger(address) || address! < 0 || address! > 0x7f) {
		throw new Error(`address: expected 0..127, got ${String(address)}`);
	}
	return `address 0x${address!.toString(16)} of bus ${data ?? "default"}/${clock ?? "default"}`;
}

function pinOf(pin: number | undefined): string {
	if (pin === undefined) throw new Error("pin: expected a number, got undefined");
	return `pin ${pin}`;
}

/** One open connection to a part, or to nobody. */
class Seat<P extends SimulatedPart> {
	readonly #part: P | undefined;
	readonly #now: () => number;
	readonly #onClose: () => void;
	#closed = false;

	constructor(part: P | undefined, now: () => number, onClose: () => void) {
		this.#part = part;
		this.#now = now;
		this.#onClose = onClose;
	}

	get now(): number {
		return this.#now();
	}

	/** @throws {Error} when it is closed, by the driver or by a restart */
	get part(): P | undefined {
		if (this.#closed) throw new Error("closed");
		return this.#part;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#onClose();
	}
}

function hexadecimal(value: number): string {
	return `0x${value.toString(16).padStart(2, "0")}`;
}

class VirtualI2C implements I2C {
	readonly #seat: Seat<I2CPart>;
	readonly #address: number;

	constructor(seat: Seat<I2CPart>, address: number) {
		this.#seat = seat;
		this.#address = address;
	}

	read(buffer: Uint8Array): number {
		if (!this.#seat.part?.read(buffer, this.#seat.now))
			this.#refuse(`read of ${buffer.length} bytes`);
		return buffer.length;
	}

	write(buffer: Uint8Array): void {
		if (!this.#seat.part?.write(buffer, this.#seat.now)) {
			this.#refuse(`write of ${Array.from(buffer, hexadecimal).join(" ")}`);
		}
	}

	close(): void {
		this.#seat.close();
	}

	#refuse(what: string): never {
		throw new Error(`no acknowledge from ${hexadecimal(this.#address)}, ${what}`);
	}
}

class VirtualSMBus implements SMBus {
	readonly #seat: Seat<I2CPart>;
	readonly #address: number;
	readonly #pointer = new Uint8Array(1);
	readonly #word = new Uint8Array(2);

	constructor(seat: Seat<I2CPart>, address: number) {
		this.#seat = seat;
		this.#address = address;
	}

	readUint8(register: number): number {
		const byte = this.#word.subarray(0, 1);
		this.readBuffer(register, byte);
		return byte[0]!;
	}

	writeUint8(register: number, value: number): void {
		this.#word[0] = value;
		this.writeBuffer(register, this.#word.subarray(0, 1));
	}

	readUint16(register: number, bigEndian = false): number {
		this.readBuffer(register, this.#word);
		const [first, second] = this.#word as unknown as [number, number];
		return bigEndian ? (first << 8) | second : (second << 8) | first;
	}

	writeUint16(register: number, value: number, bigEndian = false): void {
		this.#word[bigEndian ? 0 : 1] = value >> 8;
		this.#word[bigEndian ? 1 : 0] = value;
		this.writeBuffer(register, this.#word);
	}

	readBuffer(register: number, buffer: Uint8Array): void {
		const { part, now } = this.#seat;
		this.#pointer[0] = register;
		if (!part?.write(this.#pointer, now) || !part.read(buffer, now)) this.#refuse(register);
	}

	writeBuffer(register: number, buffer: Uint8Array): void {
		const { part, now } = this.#seat;
		const bytes = new Uint8Array(1 + buffer.length);
		bytes[0] = register;
		bytes.set(buffer, 1);
		if (!part?.write(bytes, now)) this.#refuse(register);
	}

	close(): void {
		this.#seat.close();
	}

	#refuse(register: number): never {
		const from = hexadecimal(this.#address);
		throw new Error(`no acknowledge from ${from}, register ${hexadecimal(register)}`);
	}
}

class VirtualPulseCount implements PulseCount {
	readonly #seat: Seat<PulsePart>;
	readonly #debounceMs: number;
	readonly #zero: number;

	constructor(seat: Seat<PulsePart>, debounceMs: number) {
		this.#seat = seat;
		this.#debounceMs = debounceMs;
		this.#zero = seat.part!.pulses(seat.now, debounceMs);
	}

	/** Counts from the moment it was opened; wraps at 32 bits, signed. */
	read(): number {
		return (this.#seat.part!.pulses(this.#seat.now, this.#debounceMs) - this.#zero) | 0;
	}

	close(): void {
		this.#seat.close();
	}
}

class VirtualAnalog implements Analog {
	readonly resolution: number;
	readonly #seat: Seat<AnalogPart>;
	readonly #fullScaleMv: number;

	constructor(seat: Seat<AnalogPart>, resolution: number, fullScaleMv: number) {
		this.#seat = seat;
		this.resolution = resolution;
		this.#fullScaleMv = fullScaleMv;
	}

	read(): number {
		const share = this.#seat.part!.millivolts(this.#seat.now) / this.#fullScaleMv;
		return Math.round(Math.min(Math.max(share, 0), 1) * (2 ** this.resolution - 1));
	}

	close(): void {
		this.#seat.close();
	}
}

class VirtualDigital implements Digital {
	readonly #seat: Seat<DigitalPart>;

	constructor(seat: Seat<DigitalPart>) {
		this.#seat = seat;
	}

	read(): number {
		return this.#seat.part!.level(this.#seat.now);
	}

	write(value: number): void {
		this.#seat.part!.drive(value, this.#seat.now);
	}

	close(): void {
		this.#seat.close();
	}
}
