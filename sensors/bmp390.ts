/**
 * Bosch BMP390: pressure, with the temperature of the part, over SMBus.
 *
 * Data sheet: BST-BMP390-DS002-07, revision 1.7, March 2021 ("DS"). Register and bit names are the
 * sheet's. A result is marked by the data-ready bits, which reading it clears, so that no result can
 * be read twice.
 */
import type { I2COptions, SMBus, SMBusConstructor } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { checkId, SensorFault } from "./fault.ts";
import { checkRange, settingOf } from "./option.ts";

/** DS §4.2, memory map. */
const Register = Object.freeze({
	CHIP_ID: 0x00,
	ERR_REG: 0x02,
	PWR_CTRL: 0x1b,
	OSR: 0x1c,
	ODR: 0x1d,
	CONFIG: 0x1f,
	NVM_PAR_T1: 0x31,
	CMD: 0x7e,
} as const);

/** DS §4.3. */
const chipId = 0x60;
/** DS §4.3, CMD. */
const softreset = 0xb6;
/** DS §4.3, ERR_REG: fatal_err, cmd_err and conf_err. */
const errors = 0x07;
/** DS §4.3, STATUS: drdy_press and drdy_temp. */
const dataReady = 0x60;
/** DS §4.3, PWR_CTRL: press_en and temp_en, and the two bits of the mode. */
const enabled = 0x03;
const Mode = Object.freeze({ sleep: 0x00, forced: 0x10, normal: 0x30 } as const);

/** DS §4.3: the index is the code in the register. */
const oversampling = Object.freeze([1, 2, 4, 8, 16, 32] as const);
const coefficients = Object.freeze([0, 1, 3, 7, 15, 31, 63, 127] as const);
const modes = Object.freeze(["forced", "normal"] as const);

/** The configuration, in the terms of the sheet. */
export interface BMP390Options {
	/** Oversampling of pressure. */
	readonly osr_p?: (typeof oversampling)[number];
	/** Oversampling of temperature. */
	readonly osr_t?: (typeof oversampling)[number];
	/** Coefficient of the IIR filter, 0 for off. */
	readonly iir_filter?: (typeof coefficients)[number];
	/** `forced`: asleep between two samples. `normal`: measures on its own, all the time. */
	readonly mode?: (typeof modes)[number];
	/** Of normal mode: a measurement each 5 ms × 2^odr_sel, 0..13; must be longer than it takes. */
	readonly odr_sel?: number;
}

/** DS §8.4: the coefficients as the formulas take them. */
interface Calibration {
	readonly T: readonly number[];
	readonly P: readonly number[];
}

export class BMP390 extends BusSensor {
	/** The temperature is that of the part, for the compensation; it is no air temperature. */
	static readonly part: Part = Object.freeze({
		name: "BMP390",
		io: "SMBus",
		channels: Object.freeze(["stationPressure"]),
	});

	/** DS §1: start-up time. */
	protected readonly bootMs = 2;
	protected intervalMs = 0;
	readonly #io: SMBus;
	/** ERR_REG, STATUS, then pressure and temperature, three bytes each with the lowest first. */
	readonly #block = new Uint8Array(8);
	#calibration: Calibration | undefined;
	#osr = 0;
	#config = 0;
	#odr = 0;
	#power: number = enabled | Mode.forced;
	#conversionMs = 0;

	/**
	 * Checks the chip id and resets the part.
	 *
	 * @throws {SensorFault} "part" when another part answers, "unplugged" when nothing drives the bus
	 */
	constructor({ sensor: { io: SMBus, ...bus } }: SensorOptions<SMBusConstructor, I2COptions>) {
		super();
		this.configure({});
		this.#io = new SMBus(bus);
		try {
			checkId(this.#io.readUint8(Register.CHIP_ID), chipId);
			this.reset();
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Bosch BMP390", classification: "Barometer" };
	}

	/** Takes effect with the next `start`. What is left out goes back to its default. */
	configure({
		osr_p = 8,
		osr_t = 1,
		iir_filter = 0,
		mode = "forced",
		odr_sel = 8,
	}: BMP390Options): void {
		const p = settingOf("BMP390 osr_p", osr_p, oversampling);
		const t = settingOf("BMP390 osr_t", osr_t, oversampling);
		const coefficient = settingOf("BMP390 iir_filter", iir_filter, coefficients);
		const isNormal = settingOf("BMP390 mode", mode, modes) === 1;
		const conversionMs = conversionTime(osr_p, osr_t);
		const lowest = Math.max(0, Math.ceil(Math.log2(conversionMs / 5)));
		checkRange("BMP390 odr_sel", odr_sel, isNormal ? lowest : 0, 13);
		this.#osr = (t << 3) | p;
		this.#config = coefficient << 1;
		this.#odr = odr_sel;
		this.#power = enabled | (isNormal ? Mode.normal : Mode.forced);
		this.#conversionMs = conversionMs;
		this.intervalMs = isNormal ? 5 * 2 ** odr_sel : 0;
		this.restart();
	}

	protected reset(): void {
		this.#io.writeUint8(Register.CMD, softreset);
	}

	/** @throws {SensorFault} "unplugged" when the calibration memory can't be that of a real part */
	protected setUp(): number {
		const memory = new Uint8Array(21);
		this.#io.readBuffer(Register.NVM_PAR_T1, memory);
		const first = memory[0];
		if ((first === 0x00 || first === 0xff) && memory.every((byte) => byte === first)) {
			throw new SensorFault("unplugged", "calibration memory is blank");
		}
		this.#calibration = parseCalibration(memory);
		return 0;
	}

	protected trigger(): number {
		this.#io.writeUint8(Register.OSR, this.#osr);
		this.#io.writeUint8(Register.ODR, this.#odr);
		this.#io.writeUint8(Register.CONFIG, this.#config);
		this.#io.writeUint8(Register.PWR_CTRL, this.#power);
		return this.#conversionMs;
	}

	protected clear(into: Sample): void {
		into.barometer ??= { pressure: undefined };
		into.thermometer ??= { temperature: undefined };
		into.barometer.pressure = undefined;
		into.thermometer.temperature = undefined;
	}

	/** @throws {SensorFault} "silent" when the part reports an error of its own */
	protected collect(into: Sample): boolean {
		const block = this.#block;
		this.#io.readBuffer(Register.ERR_REG, block);
		const error = block[0]! & errors;
		if (error !== 0) throw new SensorFault("silent", `error register is 0x0${error}`);
		if ((block[1]! & dataReady) !== dataReady) return false;
		const rawPressure = block[2]! + block[3]! * 2 ** 8 + block[4]! * 2 ** 16;
		const rawTemperature = block[5]! + block[6]! * 2 ** 8 + block[7]! * 2 ** 16;
		const temperature = compensateTemperature(rawTemperature, this.#calibration!);
		const pressure = compensatePressure(rawPressure, temperature, this.#calibration!);
		// DS §1: operating range.
		if (temperature < -40 || temperature > 85 || pressure < 30_000 || pressure > 125_000) {
			into.missing = "range";
			return true;
		}
		into.thermometer!.temperature = temperature;
		into.barometer!.pressure = pressure;
		return true;
	}

	protected sleep(): void {
		this.#io.writeUint8(Register.PWR_CTRL, Mode.sleep);
	}

	protected release(): void {
		this.#io.close();
	}
}

/** The longest time of one measurement in whole ms. Source: DS §3.9.2. */
function conversionTime(osr_p: number, osr_t: number): number {
	return Math.ceil(0.234 + (0.392 + osr_p * 2.02) + (0.163 + osr_t * 2.02));
}

/** DS §8.4; index 0 of both lists is not used, so that each has the number of the sheet. */
function parseCalibration(bytes: Uint8Array): Calibration {
	const memory = new DataView(bytes.buffer);
	return {
		T: [
			0,
			memory.getUint16(0, true) * 2 ** 8,
			memory.getUint16(2, true) / 2 ** 30,
			memory.getInt8(4) / 2 ** 48,
		],
		P: [
			0,
			(memory.getInt16(5, true) - 2 ** 14) / 2 ** 20,
			(memory.getInt16(7, true) - 2 ** 14) / 2 ** 29,
			memory.getInt8(9) / 2 ** 32,
			memory.getInt8(10) / 2 ** 37,
			memory.getUint16(11, true) * 2 ** 3,
			memory.getUint16(13, true) / 2 ** 6,
			memory.getInt8(15) / 2 ** 8,
			memory.getInt8(16) / 2 ** 15,
			memory.getInt16(17, true) / 2 ** 48,
			memory.getInt8(19) / 2 ** 48,
			memory.getInt8(20) / 2 ** 65,
		],
	};
}

/** °C. Source: DS §8.5, which computes in floating point. */
function compensateTemperature(raw: number, { T }: Calibration): number {
	const distance = raw - T[1]!;
	return distance * T[2]! + distance * distance * T[3]!;
}

/** Pa. Source: DS §8.6, which computes in floating point. */
function compensatePressure(raw: number, t: number, { P }: Calibration): number {
	const offset = P[5]! + t * (P[6]! + t * (P[7]! + t * P[8]!));
	const slope = P[1]! + t * (P[2]! + t * (P[3]! + t * P[4]!));
	const bend = P[9]! + t * P[10]!;
	return offset + raw * (slope + raw * (bend + raw * P[11]!));
}
