/**
 * A BME280 as its registers show it. It answers with raw values that give the conditions around it
 * when they are compensated, found with the floating-point formulas of the sheet turned round.
 *
 * Data sheet: BST-BME280-DS002-15, revision 1.6, September 2018 ("DS").
 */
import { RegisterPart } from "./buspart.ts";
import { conditionsAt, noise, type Surroundings, uniform } from "./part.ts";

/** DS table 16. Temperature and pressure: the example of BST-BMP280-DS001 §3.12. */
const T1 = 27504;
const T2 = 26435;
const T3 = -1000;
const P1 = 36477;
const P2 = -10685;
const P3 = 3024;
const P4 = 2855;
const P5 = 140;
const P6 = -7;
const P7 = 15500;
const P8 = -14600;
const P9 = 6000;
/** Humidity: of the order that parts in the field have. */
const H1 = 75;
const H2 = 363;
const H3 = 0;
const H4 = 349;
const H5 = 30;
const H6 = 30;

/** DS §3.6: RMS noise by the code of the oversampling, filter off. */
const temperatureNoise = [0, 0.005, 0.004, 0.003, 0.003, 0.002];
const pressureNoise = [0, 3.3, 2.6, 2.1, 1.6, 1.3];
const humidityNoise = [0, 0.07, 0.05, 0.04, 0.03, 0.02];

/** DS table 27, in ms, by code. */
const standbyMs = [0.5, 62.5, 125, 250, 500, 1000, 10, 20];

/** DS tables 20, 23 and 24: samples of one measurement, by code. */
const sampleCounts = [0, 1, 2, 4, 8, 16, 16, 16];

/** DS table 28, by code. */
const filterCoefficients = [0, 2, 4, 8, 16, 16, 16, 16];

/** DS §1.1, table 1. */
const startUpMs = 2;

/** Cycles of normal mode that are played after a long time without a look: the filter has settled. */
const cyclesMaximum = 64;

export class BME280Part extends RegisterPart {
	readonly #surroundings: Surroundings;
	readonly #registers = new Uint8Array(256);
	/** Before this the part does not answer. */
	#upAt = Number.NEGATIVE_INFINITY;
	/** End of the running measurement; Infinity when there is none. */
	#doneAt = Number.POSITIVE_INFINITY;
	/** Settings of the running measurement: osrs_h, ctrl_meas, config. */
	#osrsH = 0;
	#control = 0;
	/** Values of the IIR filter; NaN when it is not initialised. */
	#filteredTemperature = Number.NaN;
	#filteredPressure = Number.NaN;

	constructor(surroundings: Surroundings) {
		super(["stuck", "busy"]);
		this.#surroundings = surroundings;
		this.#load();
	}

	protected onPowerOn(now: number): void {
		this.#load();
		this.#upAt = now + startUpMs;
	}

	protected onAdvance(now: number): void {
		if (now < this.#doneAt) return;
		if (this.presentFault === "busy") {
			this.#doneAt = Number.MAX_VALUE;
			return;
		}
		const cycleMs = this.#measurementMs() + (standbyMs[this.#registers[0xf5]! >> 5] as number);
		const behind = Math.floor((now - this.#doneAt) / cycleMs) - cyclesMaximum;
		if (this.#mode() === 3 && behind > 0) this.#doneAt += behind * cycleMs;
		while (this.#doneAt <= now) {
			this.#finish(this.#doneAt);
			if (this.#mode() === 3) this.#doneAt += cycleMs;
			else this.#sleep();
		}
	}

	protected override onWrite(bytes: Uint8Array, now: number): boolean {
		if (now < this.#upAt) return false;
		// DS §6.2.1: several bytes are pairs of register and value; the pointer does not move on.
		if (bytes.length < 2) return super.onWrite(bytes, now);
		for (let index = 0; index + 1 < bytes.length; index += 2) {
			this.writeRegister(bytes[index]!, bytes[index + 1]!, now);
		}
		return true;
	}

	protected override onRead(into: Uint8Array, now: number): boolean {
		return now >= this.#upAt && super.onRead(into, now);
	}

	protected readRegister(register: number, now: number): number {
		if (register !== 0xf3) return this.#registers[register]!;
		return this.#isMeasuring(now) ? 0x08 : 0x00;
	}

	protected writeRegister(register: number, value: number, now: number): void {
		switch (register) {
			case 0xe0:
				if (value === 0xb6) this.onPowerOn(now);
				break;
			case 0xf2:
				this.#registers[register] = value & 0x07;
				break;
			case 0xf4:
				this.#registers[register] = value;
				this.#control = value;
				this.#osrsH = this.#registers[0xf2]!;
				this.#changeMode(now);
				break;
			case 0xf5:
				// DS §5.4.6: may be ignored in normal mode; this part does ignore it.
				if (this.#mode() !== 3) this.#registers[register] = value & 0xfd;
				break;
		}
	}

	#mode(): number {
		return this.#registers[0xf4]! & 0x03;
	}

	#isMeasuring(now: number): boolean {
		if (this.#doneAt === Number.POSITIVE_INFINITY) return false;
		return this.#doneAt === Number.MAX_VALUE || now >= this.#doneAt - this.#measurementMs();
	}

	#changeMode(now: number): void {
		if (this.#mode() === 0) this.#sleep();
		else if (!this.#isMeasuring(now)) {
			// DS §9.1: between the typical and the longest time.
			const share = 1 - 0.13 * uniform(this.#surroundings.random);
			this.#doneAt = now + this.#measurementMs() * share;
		}
	}

	#sleep(): void {
		this.#doneAt = Number.POSITIVE_INFINITY;
		this.#registers[0xf4]! &= 0xfc;
	}

	/** The longest time, DS §9.1, in ms. */
	#measurementMs(): number {
		const t = sampleCounts[this.#control >> 5]!;
		const p = sampleCounts[(this.#control >> 2) & 7]!;
		const h = sampleCounts[this.#osrsH]!;
		return 1.25 + 2.3 * t + (p > 0 ? 2.3 * p + 0.575 : 0) + (h > 0 ? 2.3 * h + 0.575 : 0);
	}

	#finish(time: number): void {
		if (this.presentFault === "stuck") return;
		const { random } = this.#surroundings;
		const now = conditionsAt(this.#surroundings, time);
		const t = code(this.#control >> 5);
		const p = code((this.#control >> 2) & 7);
		const h = code(this.#osrsH);
		const temperature = now.airTemperature + temperatureNoise[t]! * noise(random);
		const pressure = now.stationPressure + pressureNoise[p]! * noise(random);
		const humidity = now.relativeHumidity + humidityNoise[h]! * noise(random);
		const fine = temperature * 5120;
		this.#filteredTemperature = this.#filter(this.#filteredTemperature, rawTemperature(fine));
		this.#filteredPressure = this.#filter(this.#filteredPressure, rawPressure(pressure, fine));
		this.#write20(0xfa, t, this.#filteredTemperature);
		this.#write20(0xf7, p, this.#filteredPressure);
		const raw = h === 0 ? 0x8000 : limit(rawHumidity(humidity, fine), 0xffff);
		this.#registers[0xfd] = raw >> 8;
		this.#registers[0xfe] = raw & 0xff;
	}

	/** DS §3.4.4. */
	#filter(before: number, value: number): number {
		const coefficient = this.#coefficient();
		if (Number.isNaN(before) || coefficient === 0) return value;
		return (before * (coefficient - 1) + value) / coefficient;
	}

	#coefficient(): number {
		return filterCoefficients[(this.#registers[0xf5]! >> 2) & 7]!;
	}

	/** DS §3.4.1 and §3.4.2: 20 bits with the filter, otherwise 16 and one for each doubling. */
	#write20(register: number, oversampling: number, value: number): void {
		const bits = this.#coefficient() > 0 ? 20 : 15 + oversampling;
		const step = 1 << (20 - bits);
		const raw = oversampling === 0 ? 0x80000 : limit(value / step, (1 << bits) - 1) * step;
		this.#registers[register] = raw >> 12;
		this.#registers[register + 1] = (raw >> 4) & 0xff;
		this.#registers[register + 2] = (raw << 4) & 0xf0;
	}

	/** The registers as they are after power-on, DS table 18. */
	#load(): void {
		const registers = this.#registers;
		const memory = new DataView(registers.buffer);
		registers.fill(0);
		memory.setUint16(0x88, T1, true);
		memory.setInt16(0x8a, T2, true);
		memory.setInt16(0x8c, T3, true);
		memory.setUint16(0x8e, P1, true);
		[P2, P3, P4, P5, P6, P7, P8, P9].forEach((parameter, index) => {
			memory.setInt16(0x90 + 2 * index, parameter, true);
		});
		registers[0xa1] = H1;
		memory.setInt16(0xe1, H2, true);
		registers[0xe3] = H3;
		registers[0xe4] = H4 >> 4;
		registers[0xe5] = ((H5 & 0x0f) << 4) | (H4 & 0x0f);
		registers[0xe6] = H5 >> 4;
		registers[0xe7] = H6;
		registers[0xd0] = 0x60;
		registers[0xf7] = 0x80;
		registers[0xfa] = 0x80;
		registers[0xfd] = 0x80;
		this.#doneAt = Number.POSITIVE_INFINITY;
		this.#control = 0;
		this.#osrsH = 0;
		this.#filteredTemperature = Number.NaN;
		this.#filteredPressure = Number.NaN;
	}
}

/** Codes above 5 mean what 5 means. */
function code(bits: number): number {
	return Math.min(bits & 7, 5);
}

function limit(value: number, maximum: number): number {
	return Math.min(Math.max(Math.round(value), 0), maximum);
}

/** DS §8.1, compensate_T_double, solved for adc_T: a quadratic in adc_T/16384 - T1/1024. */
function rawTemperature(fine: number): number {
	const root = Math.sqrt(T2 * T2 + (4 * T3 * fine) / 64);
	return (((root - T2) * 32) / T3 + T1 / 1024) * 16_384;
}

/** DS §8.1, compensate_P_double, solved for adc_P. */
function rawPressure(pressure: number, fine: number): number {
	const offset = fine / 2 - 64_000;
	const bias = ((offset * offset * P6) / 32_768 + offset * P5 * 2) / 4 + P4 * 65_536;
	const slope = ((P3 * offset * offset) / 524_288 + P2 * offset) / 524_288;
	const divisor = (1 + slope / 32_768) * P1;
	const quadratic = P9 / 2 ** 35;
	const linear = 1 + P8 / 2 ** 19;
	const constant = P7 / 16 - pressure;
	const root = Math.sqrt(linear * linear - 4 * quadratic * constant);
	const uncorrected = (root - linear) / (2 * quadratic);
	return 1_048_576 - (uncorrected * divisor) / 6250 - bias / 4096;
}

/** DS §8.1, compensate_H_double, solved for adc_H. */
function rawHumidity(humidity: number, fine: number): number {
	const bow = H1 / 524_288;
	const straight = (1 - Math.sqrt(1 - 4 * bow * humidity)) / (2 * bow);
	const offset = fine - 76_800;
	const warm = 1 + (H6 / 67_108_864) * offset * (1 + (H3 / 67_108_864) * offset);
	return straight / ((H2 / 65_536) * warm) + H4 * 64 + (H5 / 16_384) * offset;
}
