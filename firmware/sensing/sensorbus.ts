import { after } from "../base/ticks.ts";
import { Limits } from "../limits.ts";
import type { Ticks } from "../ports/clock.ts";
import type { Digital, DigitalConstructor } from "../ports/io.ts";

/** Pins of a bus. */
export interface SensorBusOptions {
	/** Name in logs. */
	readonly name: string;
	readonly data: number;
	readonly clock: number;
	/** The output that switches the supply of the parts on it, high for on; left out when nothing does. */
	readonly power?: number;
	readonly Digital: DigitalConstructor;
	log(line: string): void;
}

/** A part that is cut off in a byte lets go after the bits and the acknowledge of it: UM10204 §3.1.16. */
const clocksOfByte = 9;

/**
 * What can be done for the parts of an I2C bus when their own reset has not helped: the bus clear of
 * the specification, and a while without power.
 *
 * | step                             | when                                                          |
 * |----------------------------------|---------------------------------------------------------------|
 * | bus clear                        | before a driver is created, when a part holds the data line    |
 * | reset of the part                | by its driver, whenever it is created, and in each failed round |
 * | power off for Limits.powerOffMs  | when a sensor is given up for the 2nd, 4th, 8th … time in a row |
 *
 * Power is the last and rarest step, since all parts of the bus lose it.
 *
 * Source: NXP UM10204 rev. 7, §3.1.16 "Bus clear".
 */
export class SensorBus {
	readonly #options: SensorBusOptions;
	#supply: Digital | undefined;
	/** When the supply may be on again, and when the parts answer after that. */
	#offUntil = 0 as Ticks;
	#settledAt = 0 as Ticks;
	#isOn = false;

	constructor(options: SensorBusOptions) {
		this.#options = options;
	}

	/**
	 * Switches the supply on, where it is off and has been for long enough. To be called before the
	 * parts are used.
	 *
	 * @returns ms until the parts can answer, 0 when they can
	 * @throws when the pin of the supply cannot be opened
	 */
	supply(now: Ticks): number {
		const { power, Digital } = this.#options;
		if (power === undefined) return 0;
		if (now < this.#offUntil) return this.#offUntil - now;
		if (!this.#isOn) {
			this.#supply ??= new Digital({ pin: power, mode: Digital.Output });
			this.#supply.write(1);
			this.#isOn = true;
			this.#settledAt = after(now, Limits.powerSettleMs);
		}
		return Math.max(0, this.#settledAt - now);
	}

	/**
	 * Clocks out a part that was cut off in the middle of a byte, by a reset of ours for example. To be
	 * called before a driver is created.
	 */
	clear(): void {
		const { name, log } = this.#options;
		try {
			const clocks = this.#clockOut();
			if (clocks === 0) return;
			log(
				clocks > clocksOfByte
					? `bus ${name}: the data line stays low`
					: `bus ${name}: the data line was held low, free after ${clocks} clocks`,
			);
		} catch {
			// The pins are those of a driver that is open, so the bus works.
		}
	}

	/** A sensor was given up for the `times`-th time in a row, 1 or more, and is closed. */
	onGivenUp(times: number, now: Ticks): void {
		const isPowerOfTwo = (times & (times - 1)) === 0;
		if (times < 2 || !isPowerOfTwo || this.#supply === undefined || !this.#isOn) return;
		this.#supply.write(0);
		this.#isOn = false;
		this.#offUntil = after(now, Limits.powerOffMs);
		this.#options.log(`bus ${this.#options.name}: power off for ${Limits.powerOffMs} ms`);
	}

	/** Gives the pin of the supply back. */
	close(): void {
		this.#supply?.close();
		this.#supply = undefined;
		this.#isOn = false;
	}

	/** @returns the clocks that it took: 0 when nobody held the line, 10 when nine were not enough */
	#clockOut(): number {
		const { data, clock, Digital } = this.#options;
		const sda = new Digital({ pin: data, mode: Digital.InputPullUp });
		let clocks: number;
		try {
			if (sda.read() === 1) return 0;
			const scl = new Digital({ pin: clock, mode: Digital.OutputOpenDrain });
			try {
				// No pause between the edges: an access to a pin takes XS longer than the 5 µs of 100 kHz.
				for (clocks = 1; clocks <= clocksOfByte; clocks++) {
					scl.write(0);
					scl.write(1);
					if (sda.read() === 1) break;
				}
			} finally {
				scl.close();
			}
		} finally {
			sda.close();
		}
		return clocks;
	}
}
