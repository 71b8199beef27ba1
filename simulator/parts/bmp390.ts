/**
 * A BMP390 as its registers show it. Raw values come from the formulas of the sheet turned round.
 *
 * Data sheet: BST-BMP390-DS002-07, revision 1.7, March 2021 ("DS"). The calibration memory is that of
 * a BMP388 in the tests of github.com/elixir-sensors/bmp3xx; both parts share the formulas.
 */
import { RegisterPart } from "./buspart.ts";
import { conditionsAt, noise, type Surroundings } from "./part.ts";

const memory = [
	0x23, 0x6b, 0x58, 0x49, 0xf6, 0x5c, 0xff, 0xce, 0xf4, 0x23, 0x00, 0xea, 0x63, 0x6e, 0x79, 0xf3,
	0xf6, 0xaa, 0x43, 0x12, 0xc4,
];

/** DS §8.4, from the bytes above. */
const t1 = 0x6b23 * 256;
const t2 = 0x4958 / 2 ** 30;
const t3 = -10 / 2 ** 48;
const p1 = (-164 - 16_384) / 2 ** 20;
const p2 = (-2866 - 16_384) / 2 ** 29;
const p3 = 35 / 2 ** 32;
const p4 = 0;
const p5 = 0x63ea * 8;
const p6 = 0x796e / 64;
const p7 = -13 / 256;
const p8 = -10 / 32_768;
const p9 = 0x43aa / 2 ** 48;
const p10 = 18 / 2 ** 48;
const p11 = -60 / 2 ** 65;

/** Measurements of normal mode that are played after a long time without a look. */
const cyclesMaximum = 64;

export class BMP390Part extends RegisterPart {
	readonly #surroundings: Surroundings;
	readonly #registers = new Uint8Array(128);
	#upAt = Number.NEGATIVE_INFINITY;
	#doneAt = Number.POSITIVE_INFINITY;
	#filteredPressure = Number.NaN;
	#filteredTemperature = Number.NaN;

	constructor(surroundings: Surroundings) {
		super(["busy"]);
		this.#surroundings = surroundings;
		this.#load();
	}

	protected onPowerOn(now: number): void {
		this.#load();
		this.#upAt = now + 2;
	}

	protected onAdvance(now: number): void {
		if (this.presentFault === "busy") return;
		const periodMs = 5 * 2 ** this.#registers[0x1d]!;
		if (this.#mode() === 3) {
			const behind = Math.floor((now - this.#doneAt) / periodMs) - cyclesMaximum;
			if (behind > 0) this.#doneAt += behind * periodMs;
		}
		while (this.#doneAt <= now) {
			this.#measure(this.#doneAt);
			if (this.#mode() === 3) this.#doneAt += periodMs;
			else this.#sleep();
		}
	}

	protected override onWrite(bytes: Uint8Array, now: number): boolean {
		return now >= this.#upAt && super.onWrite(bytes, now);
	}

	protected override onRead(into: Uint8Array, now: number): boolean {
		return now >= this.#upAt && super.onRead(into, now);
	}

	protected override next(register: number): number {
		return (register + 1) & 0x7f;
	}

	/** DS §4.3: reading the pressure clears drdy_press, reading the temperature drdy_temp. */
	protected readRegister(register: number): number {
		const value = this.#registers[register & 0x7f]!;
		if (register === 0x06) this.#registers[0x03]! &= ~0x20;
		if (register === 0x09) this.#registers[0x03]! &= ~0x40;
		// DS §4.3: ERR_REG is cleared on read.
		if (register === 0x02) this.#registers[0x02] = 0;
		return value;
	}

	protected writeRegister(register: number, value: number, now: number): void {
		if (register === 0x7e && value === 0xb6) this.onPowerOn(now);
		else if (register === 0x1b) {
			this.#registers[register] = value & 0x33;
			this.#changeMode(now);
		} else if (register >= 0x15 && register <= 0x1f) this.#registers[register] = value;
	}

	#mode(): number {
		return (this.#registers[0x1b]! >> 4) & 3;
	}

	#changeMode(now: number): void {
		if (this.#mode() === 0) {
			this.#sleep();
			return;
		}
		const osr = this.#registers[0x1c]!;
		// DS §3.9.2, in µs; the codes are powers of two.
		const pressureUs = 392 + 2020 * 2 ** (osr & 7);
		const temperatureUs = 163 + 2020 * 2 ** ((osr >> 3) & 7);
		const measurementMs = (234 + pressureUs + temperatureUs) / 1000;
		if (this.#mode() === 3 && measurementMs > 5 * 2 ** this.#registers[0x1d]!) {
			// conf_err
			this.#registers[0x02]! |= 0x04;
			this.#sleep();
			return;
		}
		this.#doneAt = now + measurementMs;
	}

	#sleep(): void {
		this.#registers[0x1b]! &= 0x03;
		this.#doneAt = Number.POSITIVE_INFINITY;
	}

	#measure(time: number): void {
		const { random } = this.#surroundings;
		const now = conditionsAt(this.#surroundings, time);
		const samples = 2 ** (this.#registers[0x1c]! & 7);
		// White noise of the order of the sheet, less with more samples.
		const pressure = now.stationPressure + (1.5 / Math.sqrt(samples)) * noise(random);
		const temperature = now.airTemperature + 0.005 * noise(random);
		const raw = rawTemperature(temperature);
		this.#filteredTemperature = this.#filter(this.#filteredTemperature, raw);
		this.#filteredPressure = this.#filter(
			this.#filteredPressure,
			rawPressure(pressure, temperature),
		);
		this.#write24(0x04, this.#filteredPressure);
		this.#write24(0x07, this.#filteredTemperature);
		this.#registers[0x03]! |= 0x60;
	}

	/** DS §3.4.3: the coefficients are 0, 1, 3, 7 and so on. */
	#filter(before: number, value: number): number {
		const coefficient = 2 ** ((this.#registers[0x1f]! >> 1) & 7) - 1;
		if (Number.isNaN(before)) return value;
		return (before * coefficient + value) / (coefficient + 1);
	}

	#write24(register: number, value: number): void {
		const raw = Math.min(Math.max(Math.round(value), 0), 0xff_ffff);
		this.#registers[register] = raw & 0xff;
		this.#registers[register + 1] = (raw >> 8) & 0xff;
		this.#registers[register + 2] = raw >> 16;
	}

	#load(): void {
		this.#registers.fill(0);
		this.#registers.set(memory, 0x31);
		this.#registers[0x00] = 0x60;
		this.#registers[0x01] = 0x01;
		// cmd_rdy
		this.#registers[0x03] = 0x10;
		this.#registers[0x06] = 0x80;
		this.#registers[0x09] = 0x80;
		this.#registers[0x1c] = 0x02;
		this.#doneAt = Number.POSITIVE_INFINITY;
		this.#filteredPressure = Number.NaN;
		this.#filteredTemperature = Number.NaN;
	}
}

/** DS §8.5 solved for the raw value: a quadratic. */
function rawTemperature(temperature: number): number {
	return t1 + (Math.sqrt(t2 * t2 + 4 * t3 * temperature) - t2) / (2 * t3);
}

/** DS §8.6 solved for the raw value: a cubic, by Newton's method from the middle of the range. */
function rawPressure(pressure: number, t: number): number {
	const a = p5 + p6 * t + p7 * t ** 2 + p8 * t ** 3 - pressure;
	const b = p1 + p2 * t + p3 * t ** 2 + p4 * t ** 3;
	const c = p9 + p10 * t;
	let raw = 2 ** 23;
	for (let step = 0; step < 8; step++) {
		raw -= (a + b * raw + c * raw ** 2 + p11 * raw ** 3) / (b + 2 * c * raw + 3 * p11 * raw ** 2);
	}
	return raw;
}
