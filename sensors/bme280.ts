/**
 * Bosch BME280: temperature, relative humidity and pressure, over SMBus.
 *
 * Data sheet: BST-BME280-DS002-15, revision 1.6, September 2018 ("DS"). Register names are the
 * sheet's.
 */
import type { I2COptions, SMBus, SMBusConstructor } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import {
	type BME280Calibration,
	compensateHumidity,
	compensatePressure,
	fineTemperature,
	parseCalibration,
	temperatureOf,
} from "./bme280compensation.ts";
import { BusSensor } from "./bussensor.ts";
import { checkId, SensorFault } from "./fault.ts";
import { settingOf } from "./option.ts";
import { Repetition } from "./repetition.ts";

/** DS table 18, memory map. */
const Register = Object.freeze({
	calib00: 0x88,
	id: 0xd0,
	reset: 0xe0,
	calib26: 0xe1,
	ctrl_hum: 0xf2,
	status: 0xf3,
	ctrl_meas: 0xf4,
	config: 0xf5,
} as const);

/** DS §5.4.1. */
const chipId = 0x60;
/** DS §5.4.2. */
const resetWord = 0xb6;
/** DS §1.1, table 1: start-up time, in ms. */
const startUpMs = 2;
/** DS §5.4.4, bits of status. */
const measuring = 0x08;
/** DS §5.4.5, bits of ctrl_meas. */
const modeMask = 0x03;
const Mode = Object.freeze({ sleep: 0, forced: 1, normal: 3 } as const);
const modes = Object.freeze(["forced", "normal"] as const);
/**
 * DS §5.4.7 and §5.4.8: what the data registers hold until something was measured, and go on holding for
 * what is skipped. Each is also an honest value in the middle of the range, so only all three
 * together say that nothing was measured; what is skipped, the settings know.
 */
const unmeasured = 0x80000;
const unmeasuredHumidity = 0x8000;

/** DS §5.4.5: osrs_p in ctrl_meas. */
const pressureMask = 0x1c;

/** DS tables 20, 23 and 24: the index is the code in the register, the value the factor. */
const oversampling = Object.freeze([0, 1, 2, 4, 8, 16] as const);
/** DS table 28. */
const filterCoefficients = Object.freeze([0, 2, 4, 8, 16] as const);
/** DS table 27, in ms. */
const standbyTimes = Object.freeze([0.5, 62.5, 125, 250, 500, 1000, 10, 20] as const);

type Oversampling = (typeof oversampling)[number];

/** The configuration, in the terms of the sheet. */
export interface BME280Options {
	/** Oversampling of temperature. It can't be skipped: the other two are compensated with it. */
	readonly osrs_t?: Exclude<Oversampling, 0>;
	/** Oversampling of pressure, 0 to skip it. */
	readonly osrs_p?: Oversampling;
	/** Oversampling of humidity, 0 to skip it. */
	readonly osrs_h?: Oversampling;
	/** Coefficient of the IIR filter on pressure and temperature, 0 for off. */
	readonly filter?: (typeof filterCoefficients)[number];
	/** `forced`: asleep between two samples. `normal`: measures on its own, all the time. */
	readonly mode?: (typeof modes)[number];
	/** Inactive time between two measurements of normal mode, in ms. */
	readonly t_sb?: (typeof standbyTimes)[number];
}

export class BME280 extends BusSensor {
	static readonly part: Part = Object.freeze({
		name: "BME280",
		io: "SMBus",
		channels: Object.freeze(["airTemperature", "relativeHumidity", "stationPressure"]),
	});

	protected readonly bootMs = startUpMs;
	protected intervalMs = 0;
	readonly #io: SMBus;
	/** ctrl_hum, status, ctrl_meas, config, a reserved byte, then the eight data registers. */
	readonly #block = new Uint8Array(13);
	readonly #repetition = new Repetition();
	#calibration: BME280Calibration | undefined;
	#ctrlHum = 0;
	#ctrlMeas = 0;
	#config = 0;
	#conversionMs = 0;
	/** Whether the raw values carry noise: the filter takes it away, and humidity is not filtered. */
	#isNoisy = true;

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
			checkId(this.#io.readUint8(Register.id), chipId);
			this.reset();
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Bosch BME280", classification: "Thermometer-Hygrometer-Barometer" };
	}

	/** Takes effect with the next `start`. What is left out goes back to its default. */
	configure({
		osrs_t = 1,
		osrs_p = 1,
		osrs_h = 1,
		filter = 0,
		mode = "forced",
		t_sb = 1000,
	}: BME280Options): void {
		const t = settingOf("BME280 osrs_t", osrs_t, oversampling.slice(1)) + 1;
		const p = settingOf("BME280 osrs_p", osrs_p, oversampling);
		const h = settingOf("BME280 osrs_h", osrs_h, oversampling);
		const standby = settingOf("BME280 t_sb", t_sb, standbyTimes);
		const coefficient = settingOf("BME280 filter", filter, filterCoefficients);
		const isNormal = settingOf("BME280 mode", mode, modes) === 1;
		this.#ctrlHum = h;
		this.#ctrlMeas = (t << 5) | (p << 2) | (isNormal ? Mode.normal : Mode.forced);
		this.#config = (standby << 5) | (coefficient << 2);
		this.#conversionMs = conversionTime(osrs_t, osrs_p, osrs_h);
		// DS §1.1, table 1: the standby time is up to 25 % longer.
		this.intervalMs = isNormal ? Math.ceil(this.#conversionMs + 1.25 * t_sb) : 0;
		this.#isNoisy = osrs_h > 0 || filter === 0;
		this.restart();
	}

	protected reset(): void {
		this.#io.writeUint8(Register.reset, resetWord);
	}

	/** @throws {SensorFault} "unplugged" when the calibration memory can't be that of a real part */
	protected setUp(): number {
		// DS table 16: calib00..calib25 with a reserved byte before the last, then calib26..calib32.
		const low = new Uint8Array(26);
		const high = new Uint8Array(7);
		this.#io.readBuffer(Register.calib00, low);
		this.#io.readBuffer(Register.calib26, high);
		this.#calibration = parseCalibration(low, high);
		if (this.#calibration === undefined) {
			throw new SensorFault("unplugged", "calibration memory is blank");
		}
		return 0;
	}

	/** Writes all settings each time, so that a part that was without power measures as configured. */
	protected trigger(): number {
		this.#io.writeUint8(Register.config, this.#config);
		// DS §5.4.3: ctrl_hum becomes effective with the write of ctrl_meas.
		this.#io.writeUint8(Register.ctrl_hum, this.#ctrlHum);
		this.#io.writeUint8(Register.ctrl_meas, this.#ctrlMeas);
		return this.#conversionMs;
	}

	protected clear(into: Sample): void {
		into.thermometer ??= { temperature: undefined };
		into.hygrometer ??= { humidity: undefined };
		into.barometer ??= { pressure: undefined };
		into.thermometer.temperature = undefined;
		into.hygrometer.humidity = undefined;
		into.barometer.pressure = undefined;
	}

	/** @throws {SensorFault} "stuck" or "silent"; whatever the bus throws */
	protected collect(into: Sample): boolean {
		const block = this.#block;
		this.#io.readBuffer(Register.ctrl_hum, block);
		this.#checkSettings();
		if (this.#isMeasuring()) return false;
		const pressure = (block[5]! << 12) | (block[6]! << 4) | (block[7]! >> 4);
		const temperature = (block[8]! << 12) | (block[9]! << 4) | (block[10]! >> 4);
		const humidity = (block[11]! << 8) | block[12]!;
		if (this.#isNoisy && this.#repetition.isStuck(pressure, temperature, humidity)) {
			throw new SensorFault("stuck", "the raw values do not change");
		}
		if (temperature === unmeasured && pressure === unmeasured && humidity === unmeasuredHumidity) {
			throw new SensorFault("silent", "nothing measured since the reset");
		}
		this.#compensate(temperature, humidity, pressure, into);
		return true;
	}

	protected sleep(): void {
		this.#io.writeUint8(Register.ctrl_meas, Mode.sleep);
	}

	protected release(): void {
		this.#io.close();
	}

	#checkSettings(): void {
		const held =
			this.#block[0] === this.#ctrlHum &&
			((this.#block[2]! ^ this.#ctrlMeas) & ~modeMask) === 0 &&
			this.#block[3] === this.#config;
		if (!held) throw new SensorFault("silent", "has lost its settings");
	}

	/** In normal mode the data registers are shadowed (DS §4); forced mode is over in sleep. */
	#isMeasuring(): boolean {
		if (this.intervalMs > 0) return false;
		return (this.#block[1]! & measuring) !== 0 || (this.#block[2]! & modeMask) !== Mode.sleep;
	}

	#compensate(
		rawTemperature: number,
		rawHumidity: number,
		rawPressure: number,
		into: Sample,
	): void {
		const calibration = this.#calibration!;
		const fine = fineTemperature(rawTemperature, calibration);
		const temperature = temperatureOf(fine) / 100;
		if (temperature < -40 || temperature > 85) {
			// DS §1.1: outside the operating range the compensation of the other two means nothing.
			into.missing = "range";
			return;
		}
		into.thermometer!.temperature = temperature;
		if (this.#ctrlHum !== 0) {
			into.hygrometer!.humidity = compensateHumidity(rawHumidity, fine, calibration) / 1024;
		}
		if ((this.#ctrlMeas & pressureMask) === 0) return;
		const pressure = compensatePressure(rawPressure, fine, calibration) / 256;
		if (pressure >= 30_000 && pressure <= 110_000) into.barometer!.pressure = pressure;
		else into.missing = "range";
	}
}

/** The longest time of one measurement in whole ms. Source: DS §9.1. */
function conversionTime(osrs_t: number, osrs_p: number, osrs_h: number): number {
	const temperatureMs = 2.3 * osrs_t;
	const pressureMs = osrs_p === 0 ? 0 : 2.3 * osrs_p + 0.575;
	const humidityMs = osrs_h === 0 ? 0 : 2.3 * osrs_h + 0.575;
	return Math.ceil(1.25 + temperatureMs + pressureMs + humidityMs);
}
