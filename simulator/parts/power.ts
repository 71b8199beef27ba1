/** The parts that watch the supply: fuel gauge and current monitor. */

import { WordPart } from "./buspart.ts";
import { conditionsAt, noise, type Surroundings } from "./part.ts";

/**
 * MAX17048. Data sheet: 19-6171, revision 7, register summary. The state of charge comes from the voltage
 * alone, by a rough curve of a lithium cell at rest: 3.3 V is empty, 4.2 V full.
 */
export class MAX17048Part extends WordPart {
	readonly #surroundings: Surroundings;
	#measuredAt = Number.NEGATIVE_INFINITY;
	#voltage = 0;

	constructor(surroundings: Surroundings) {
		super(["stuck"], true);
		this.#surroundings = surroundings;
	}

	protected onPowerOn(now: number): void {
		this.#measuredAt = now - 250;
	}

	/** DS, "ADC sample period": each 250 ms in active mode. */
	protected onAdvance(now: number): void {
		if (now - this.#measuredAt < 250 || this.presentFault === "stuck") return;
		this.#measuredAt = now;
		const { random } = this.#surroundings;
		const { batteryVoltage } = conditionsAt(this.#surroundings, now);
		this.#voltage = batteryVoltage === 0 ? 0 : batteryVoltage + 0.0005 * noise(random);
	}

	protected readWord(register: number): number {
		switch (register) {
			case 0x02:
				return Math.min(Math.max(Math.round(this.#voltage / 78.125e-6), 0), 0xffff);
			case 0x04:
				return Math.min(Math.max(Math.round(((this.#voltage - 3.3) / 0.9) * 25_600), 0), 0xffff);
			case 0x08:
				return 0x0012;
			default:
				return 0;
		}
	}

	protected writeWord(): void {}
}

export interface INA219PartOptions {
	readonly shuntOhm?: number;
}

/** INA219. Data sheet: SBOS448G, tables 2 to 6. */
export class INA219Part extends WordPart {
	readonly #surroundings: Surroundings;
	readonly #shuntOhm: number;
	#configuration = 0x399f;
	#doneAt = Number.POSITIVE_INFINITY;
	#ready = false;
	#shunt = 0;
	#bus = 0;

	constructor(surroundings: Surroundings, { shuntOhm = 0.1 }: INA219PartOptions = {}) {
		super(["busy"], true);
		this.#surroundings = surroundings;
		this.#shuntOhm = shuntOhm;
	}

	protected onPowerOn(now: number): void {
		this.#configuration = 0x399f;
		this.#shunt = 0;
		this.#bus = 0;
		this.#begin(now);
	}

	protected onAdvance(now: number): void {
		if (now < this.#doneAt || this.presentFault === "busy") return;
		this.#convert(this.#doneAt);
		this.#doneAt = (this.#configuration & 7) === 7 ? now + 1 : Number.POSITIVE_INFINITY;
	}

	protected readWord(register: number): number {
		switch (register) {
			case 0x00:
				return this.#configuration;
			case 0x01:
				return this.#shunt & 0xffff;
			case 0x02:
				return (this.#bus << 3) | (this.#ready ? 2 : 0);
			case 0x03:
				this.#ready = false;
				return 0;
			default:
				return 0;
		}
	}

	protected writeWord(register: number, value: number, now: number): void {
		if (register !== 0x00) return;
		if (value & 0x8000) this.onPowerOn(now);
		else {
			this.#configuration = value;
			this.#begin(now);
		}
	}

	#begin(now: number): void {
		this.#ready = false;
		const isOn = (this.#configuration & 3) !== 0;
		const bus = conversionUs((this.#configuration >> 7) & 15);
		const shunt = conversionUs((this.#configuration >> 3) & 15);
		this.#doneAt = isOn ? now + (bus + shunt) / 1000 : Number.POSITIVE_INFINITY;
	}

	#convert(time: number): void {
		const { random } = this.#surroundings;
		const { batteryVoltage, supplyCurrent = 0.12 } = conditionsAt(this.#surroundings, time);
		const limit = 4000 << ((this.#configuration >> 11) & 3);
		const steps = (supplyCurrent * this.#shuntOhm) / 10e-6 + 0.5 * noise(random);
		this.#shunt = Math.min(Math.max(Math.round(steps), -limit), limit);
		const highest = this.#configuration & 0x2000 ? 8000 : 4000;
		this.#bus = Math.min(Math.max(Math.round(batteryVoltage / 0.004), 0), highest);
		this.#ready = true;
	}
}

/** DS table 5, typical: 9 to 12 bits, then averages of 12 bits. */
function conversionUs(code: number): number {
	if (code < 8) return [84, 148, 276, 532][code & 3]!;
	return 532 * 2 ** (code & 7);
}
