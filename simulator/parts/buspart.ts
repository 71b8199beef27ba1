import { type Fault, Faulty, type I2CPart } from "./part.ts";

/**
 * A part on an I2C bus: what all of them do alike about power and acknowledgement.
 *
 * A part gets `onPowerOn`, `onWrite` and `onRead`, and `onAdvance` before each of the latter two.
 */
export abstract class BusPart extends Faulty implements I2CPart {
	readonly kind = "i2c";
	#unplugged = false;

	/** @param faults  the faults this part has besides those that every part on a bus has */
	constructor(faults: readonly Fault[]) {
		super(["nack", "unplugged", "power", ...faults]);
	}

	write(bytes: Uint8Array, now: number): boolean {
		return this.#reach(now) && this.onWrite(bytes, now);
	}

	read(into: Uint8Array, now: number): boolean {
		return this.#reach(now) && this.onRead(into, now);
	}

	powerCycle(now: number): void {
		if (this.presentFault === "power") this.presentFault = undefined;
		this.onPowerOn(now);
	}

	/** Puts everything in the state in which the part comes up. */
	protected abstract onPowerOn(now: number): void;

	/** Lets happen what was to happen until now, such as the end of a measurement. */
	protected abstract onAdvance(now: number): void;

	/** @returns whether the part acknowledges */
	protected abstract onWrite(bytes: Uint8Array, now: number): boolean;

	/** @returns whether the part acknowledges */
	protected abstract onRead(into: Uint8Array, now: number): boolean;

	#reach(now: number): boolean {
		if (this.presentFault === "unplugged") {
			this.#unplugged = true;
			return false;
		}
		if (this.#unplugged) {
			this.#unplugged = false;
			this.onPowerOn(now);
		}
		this.onAdvance(now);
		return this.presentFault !== "nack" && this.presentFault !== "power";
	}
}

/** A part with registers of one byte and an address pointer that moves on with each byte. */
export abstract class RegisterPart extends BusPart {
	#pointer = 0;

	/** @returns the byte in a register, 0..255 */
	protected abstract readRegister(register: number, now: number): number;

	protected abstract writeRegister(register: number, value: number, now: number): void;

	/** The register after `register` in one transfer. */
	protected next(register: number): number {
		return (register + 1) & 0xff;
	}

	protected onWrite(bytes: Uint8Array, now: number): boolean {
		if (bytes.length > 0) this.#pointer = bytes[0]!;
		for (let index = 1; index < bytes.length; index++) {
			this.writeRegister(this.#pointer, bytes[index]!, now);
			this.#pointer = this.next(this.#pointer);
		}
		return true;
	}

	protected onRead(into: Uint8Array, now: number): boolean {
		let register = this.#pointer;
		for (let index = 0; index < into.length; index++) {
			into[index] = this.readRegister(register, now);
			register = this.next(register);
		}
		this.#pointer = register;
		return true;
	}
}

/** A part with registers of 16 bits; the pointer stays where it was put. */
export abstract class WordPart extends BusPart {
	readonly #bigEndian: boolean;
	#pointer = 0;

	constructor(faults: readonly Fault[], bigEndian: boolean) {
		super(faults);
		this.#bigEndian = bigEndian;
	}

	/** @returns 0..65535 */
	protected abstract readWord(register: number, now: number): number;

	protected abstract writeWord(register: number, value: number, now: number): void;

	protected onWrite(bytes: Uint8Array, now: number): boolean {
		if (bytes.length !== 1 && bytes.length !== 3) return false;
		this.#pointer = bytes[0]!;
		if (bytes.length === 1) return true;
		const [first, second] = [bytes[1]!, bytes[2]!];
		const value = this.#bigEndian ? (first << 8) | second : (second << 8) | first;
		this.writeWord(this.#pointer, value, now);
		return true;
	}

	protected onRead(into: Uint8Array, now: number): boolean {
		const value = this.readWord(this.#pointer, now);
		const order = this.#bigEndian ? [value >> 8, value & 0xff] : [value & 0xff, value >> 8];
		for (let index = 0; index < into.length; index++) into[index] = order[index % 2]!;
		return true;
	}
}
