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
import { I2CLines } from "./i2clines.ts";

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
	readonly #lines = new Map<string, I2CLines>();

	constructor({ now, resolution = 12, fullScaleMv = 3300 }: VirtualBusOptions) {
		this.#now = now;
		const i2c: Opening<I2CPart> = (options) => this.#i2c(options);
		const pulse: Opening<PulsePart> = ({ pin }) => this.#seat(pinOf(pin), "pulse");
		const analog: Opening<AnalogPart> = ({ pin }) => this.#seat(pinOf(pin), "analog");
		const digital: Opening<DigitalPart> = (options) => this.#digital(options);
		// Bound, not derived: the buses of all stations share these classes.
		this.io = Object.freeze({
			I2C: VirtualI2C.bind(undefined, i2c),
			SMBus: VirtualSMBus.bind(undefined, i2c),
			PulseCount: VirtualPulseCount.bind(undefined, pulse),
			Analog: VirtualAnalog.bind(undefined, analog, resolution, fullScaleMv),
			Digital: Object.assign(VirtualDigital.bind(undefined, digital), digitalModes),
		});
	}

	/**
	 * Connects a part.
	 *
	 * @throws {Error} when there is one already
	 */
	attach(connection: Connection, part: SimulatedPart): void {
		const place = part.kind === "i2c" ? addressOf(connection) : pinOf(connection.pin);
		this.#put(place, part);
		if (part.kind === "i2c") this.#linesOf(connection).add(part);
	}

	/**
	 * Has a pin switch the supply of a bus: its parts have no power until that is driven high.
	 *
	 * @throws {Error} when the pin has a part already
	 */
	attachSupply(pin: number, bus: Pick<Connection, "data" | "clock">): void {
		const lines = this.#linesOf(bus);
		this.#put(pinOf(pin), lines.supply);
		lines.isSwitched = true;
		lines.onRelease(this.#now());
	}

	/**
	 * A part on each bus is cut off in the middle of a byte, and holds the data line low.
	 *
	 * @param clocks  1..9, how many it takes to the end of the byte
	 */
	hold(clocks: number): void {
		for (const lines of this.#lines.values()) lines.hold(clocks);
	}

	/** Closes whatever the firmware has open, as a restart of the processor does. */
	release(): void {
		for (const seat of [...this.#open.values()]) seat.close();
		for (const lines of this.#lines.values()) lines.onRelease(this.#now());
	}

	/** Takes the power from board and parts, and gives it back. */
	powerCycle(): void {
		this.release();
		for (const lines of this.#lines.values()) lines.powerCycle(this.#now());
	}

	#put(place: string, part: SimulatedPart): void {
		if (this.#parts.has(place)) throw new Error(`two parts at ${place}`);
		this.#parts.set(place, part);
	}

	/** The lines of a bus, which are parts on their pins as well. */
	#linesOf({ data, clock }: Pick<Connection, "data" | "clock">): I2CLines {
		const bus = `${data}/${clock}`;
		let lines = this.#lines.get(bus);
		if (lines === undefined) {
			lines = new I2CLines();
			this.#lines.set(bus, lines);
			if (data !== undefined) this.#put(pinOf(data), lines.data);
			if (clock !== undefined) this.#put(pinOf(clock), lines.clock);
		}
		return lines;
	}

	#i2c(options: Connection): Seat<I2CPart> {
		const { data, clock } = options;
		for (const pin of [data, clock]) {
			if (pin !== undefined && this.#open.has(pinOf(pin))) throw new Error(`${pinOf(pin)} is open`);
		}
		return this.#seat(addressOf(options), "i2c", this.#lines.get(`${data}/${clock}`));
	}

	#digital({ pin }: Connection): Seat<DigitalPart> {
		for (const { data, clock, users } of this.#lines.values()) {
			const part = this.#parts.get(pinOf(pin));
			if (users > 0 && (part === data || part === clock)) {
				throw new Error(`${pinOf(pin)} is that of a bus which is open`);
			}
		}
		return this.#seat(pinOf(pin), "digital");
	}

	#seat<K extends SimulatedPart["kind"]>(
		place: string,
		kind: K,
		lines?: I2CLines,
	): Seat<PartOf<K>> {
		if (this.#open.has(place)) throw new Error(`${place} is open already`);
		const part = this.#parts.get(place);
		// A bus can be opened for a part that is not there; nobody will acknowledge. A pin that
		// floats would read as anything, which helps nobody to find the mistake.
		if (part === undefined ? kind !== "i2c" : part.kind !== kind) {
			throw new Error(
				`${place} has ${part ? `a part of kind ${part.kind}` : "no part"}, not ${kind}`,
			);
		}
		const seat = new Seat(part as PartOf<K> | undefined, this.#now, lines, () => {
			this.#open.delete(place);
			if (lines !== undefined) lines.users -= 1;
		});
		this.#open.set(place, seat);
		if (lines !== undefined) lines.users += 1;
		return seat;
	}
}

/** ECMA-419 §10.3: the modes that are used here; what they mean is up to the part on the pin. */
const digitalModes = Object.freeze({ InputPullUp: 1, Output: 8, OutputOpenDrain: 9 });

/** Takes the seat of a part, or throws. */
type Opening<P extends SimulatedPart> = (place: Connection) => Seat<P>;

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
	readonly #lines: I2CLines | undefined;
	readonly #onClose: () => void;
	#closed = false;

	constructor(
		part: P | undefined,
		now: () => number,
		lines: I2CLines | undefined,
		onClose: () => void,
	) {
		this.#part = part;
		this.#now = now;
		this.#lines = lines;
		this.#onClose = onClose;
	}

	get now(): number {
		return this.#now();
	}

	/**
	 * The part, unless nobody on its bus can answer.
	 *
	 * @throws {Error} when it is closed, by the driver or by a restart
	 */
	get part(): P | undefined {
		if (this.#closed) throw new Error("closed");
		return this.#lines === undefined || this.#lines.isUsable ? this.#part : undefined;
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

	constructor(open: Opening<I2CPart>, options: I2COptions) {
		this.#seat = open(options);
		this.#address = options.address;
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
	/** A register, and a register with one byte: what most transfers are. */
	readonly #pointer = new Uint8Array(1);
	readonly #byteTransfer = new Uint8Array(2);

	constructor(open: Opening<I2CPart>, options: I2COptions) {
		this.#seat = open(options);
		this.#address = options.address;
	}

	readUint8(register: number): number {
		const byte = new Uint8Array(1);
		this.readBuffer(register, byte);
		return byte[0]!;
	}

	writeUint8(register: number, value: number): void {
		this.#byteTransfer[1] = value;
		this.#write(register, this.#byteTransfer);
	}

	readUint16(register: number, bigEndian = false): number {
		const word = new Uint8Array(2);
		this.readBuffer(register, word);
		return bigEndian ? (word[0]! << 8) | word[1]! : (word[1]! << 8) | word[0]!;
	}

	writeUint16(register: number, value: number, bigEndian = false): void {
		const transfer = new Uint8Array(3);
		transfer[bigEndian ? 1 : 2] = value >> 8;
		transfer[bigEndian ? 2 : 1] = value;
		this.#write(register, transfer);
	}

	readBuffer(register: number, buffer: Uint8Array): void {
		const { part, now } = this.#seat;
		this.#pointer[0] = register;
		if (!part?.write(this.#pointer, now) || !part.read(buffer, now)) this.#refuse(register);
	}

	writeBuffer(register: number, buffer: Uint8Array): void {
		const bytes = new Uint8Array(1 + buffer.length);
		bytes.set(buffer, 1);
		this.#write(register, bytes);
	}

	close(): void {
		this.#seat.close();
	}

	/** @param bytes  what is written, behind a first byte that is free */
	#write(register: number, bytes: Uint8Array): void {
		const { part, now } = this.#seat;
		bytes[0] = register;
		if (!part?.write(bytes, now)) this.#refuse(register);
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

	constructor(open: Opening<PulsePart>, { signal, debounce = 0 }: PulseCountOptions) {
		this.#seat = open({ pin: signal });
		this.#debounceMs = debounce;
		this.#zero = this.#seat.part!.pulses(this.#seat.now, debounce);
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
	readonly #highest: number;

	constructor(
		open: Opening<AnalogPart>,
		resolution: number,
		fullScaleMv: number,
		options: AnalogOptions,
	) {
		this.#seat = open(options);
		this.resolution = resolution;
		this.#fullScaleMv = fullScaleMv;
		this.#highest = 2 ** resolution - 1;
	}

	read(): number {
		const share = this.#seat.part!.millivolts(this.#seat.now) / this.#fullScaleMv;
		return Math.round(Math.min(Math.max(share, 0), 1) * this.#highest);
	}

	close(): void {
		this.#seat.close();
	}
}

class VirtualDigital implements Digital {
	readonly #seat: Seat<DigitalPart>;

	constructor(open: Opening<DigitalPart>, options: DigitalOptions) {
		this.#seat = open(options);
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
