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
		if (this.fault === "power") this.fault = undefined;
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
		if (this.fault === "unplugged") {
			this.#unplugged = true;
			return false;
		}
		if (this.#unplugged) {
			this.#unplugged = false;
			this.onPowerOn(now);
		}
		this.onAdvance(now);
		return this.fault !== "nack" && this.fault !== "power";
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
		for (let index = 0; index < into.length; index++) {
			into[index] = this.readRegister(this.#pointer, now);
			this.#pointer = this.next(this.#pointer);
		}
		return true;
	}
}
