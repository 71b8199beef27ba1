/**
 * Sensirion SCD40, SCD41, SCD43 (SCD4x): carbon dioxide, with temperature and humidity in the part, over I2C.
 *
 * Data sheet: "Datasheet SCD4x", version 1.3, September 2022 ("DS"). Commands take 1 ms before their
 * answer can be read; nothing is acknowledged before.
 */
import type { I2C, I2CConstructor, I2COptions } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { SensorFault } from "./fault.ts";
import { checkRange, settingOf } from "./option.ts";
import { wordAt, writeCommand } from "./word.ts";

/** DS table 9, command overview. */
const Command = Object.freeze({
	start_periodic_measurement: 0x21b1,
	start_low_power_periodic_measurement: 0x21ac,
	measure_single_shot: 0x219d,
	read_measurement: 0xec05,
	stop_periodic_measurement: 0x3f86,
	set_temperature_offset: 0x241d,
	set_sensor_altitude: 0x2427,
	set_automatic_self_calibration_enabled: 0x2416,
	get_serial_number: 0x3682,
} as const);

/** DS table 9, execution time of stop_periodic_measurement and of the other commands used here, in ms. */
const stopMs = 500;
const executionMs = 1;

const modes = Object.freeze(["periodic", "low power periodic", "single shot"] as const);
const measure = Object.freeze([
	Command.start_periodic_measurement,
	Command.start_low_power_periodic_measurement,
	Command.measure_single_shot,
]);
/**
 * DS §3.5.1, §3.8.1, §3.10.1: time of one measurement in ms, with a twentieth more: the sheet gives no tolerance, and
 * a read before there is a result is not acknowledged.
 */
const measurementMs = Object.freeze([5250, 31_500, 5250]);

/** The configuration, in the terms of the sheet. */
export interface SCD4xOptions {
	/** A measurement each 5 s, each 30 s, or one for each sample (SCD41 and SCD43 only). */
	readonly mode?: (typeof modes)[number];
	/** How much warmer the part is than the air around the station, in °C, 0..20. */
	readonly temperature_offset?: number;
	/** Metres above sea level, 0..3000. */
	readonly sensor_altitude?: number;
	/** Takes the lowest value of a week for fresh air of 400 ppm. */
	readonly automatic_self_calibration?: boolean;
}

export class SCD4x extends BusSensor {
	/** Temperature and humidity are those in the part, for the compensation. */
	static readonly part: Part = Object.freeze({
		name: "SCD4x",
		io: "I2C",
		channels: Object.freeze(["carbonDioxide"]),
	});

	protected readonly bootMs = stopMs;
	protected intervalMs = 0;
	readonly #io: I2C;
	readonly #command = new Uint8Array(2);
	readonly #commandWithArgument = new Uint8Array(5);
	readonly #answer = new Uint8Array(9);
	#mode = 0;
	#offset = 0;
	#altitude = 0;
	#calibration = 0;
	#isRequested = false;

	/** Stops a measurement that may be under way; there is no chip id, the set-up reads the serial number. */
	constructor({ sensor: { io: I2C, ...bus } }: SensorOptions<I2CConstructor, I2COptions>) {
		super();
		this.configure({});
		this.#io = new I2C(bus);
		try {
			this.reset();
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Sensirion SCD4x", classification: "CarbonDioxide" };
	}

	/** Takes effect with the next `start`. What is left out goes back to its default. */
	configure({
		mode = "periodic",
		temperature_offset = 4,
		sensor_altitude = 0,
		automatic_self_calibration = true,
	}: SCD4xOptions): void {
		const index = settingOf("SCD4x mode", mode, modes);
		checkRange("SCD4x temperature_offset", temperature_offset, 0, 20);
		checkRange("SCD4x sensor_altitude", sensor_altitude, 0, 3000);
		this.#mode = index;
		this.intervalMs = mode === "single shot" ? 0 : measurementMs[index]!;
		// DS §3.6.1.
		this.#offset = Math.round((temperature_offset * 65_535) / 175);
		this.#altitude = Math.round(sensor_altitude);
		this.#calibration = automatic_self_calibration ? 1 : 0;
		this.restart();
	}

	protected reset(): void {
		this.#isRequested = false;
		this.#send(Command.stop_periodic_measurement);
	}

	/** @throws {SensorFault} "part" when the serial number has no checksum */
	protected setUp(step: number): number {
		switch (step) {
			case 0:
				this.#send(Command.get_serial_number);
				return executionMs;
			case 1:
				this.#io.read(this.#answer);
				if (Number.isNaN(wordAt(this.#answer, 0))) {
					throw new SensorFault("part", "serial number has no checksum");
				}
				return this.#set(Command.set_temperature_offset, this.#offset);
			case 2:
				return this.#set(Command.set_sensor_altitude, this.#altitude);
			case 3:
				return this.#set(Command.set_automatic_self_calibration_enabled, this.#calibration);
			default:
				return 0;
		}
	}

	protected trigger(): number {
		this.#send(measure[this.#mode]!);
		return measurementMs[this.#mode]!;
	}

	protected override request(): number {
		this.#send(Command.read_measurement);
		this.#isRequested = true;
		return executionMs;
	}

	protected clear(into: Sample): void {
		into.carbonDioxideDetector ??= { CO2: undefined };
		into.thermometer ??= { temperature: undefined };
		into.hygrometer ??= { humidity: undefined };
		into.carbonDioxideDetector.CO2 = undefined;
		into.thermometer.temperature = undefined;
		into.hygrometer.humidity = undefined;
	}

	/** A value whose checksum is wrong is left out. */
	protected collect(into: Sample): boolean {
		if (!this.#isRequested) return false;
		this.#isRequested = false;
		this.#io.read(this.#answer);
		const carbonDioxide = wordAt(this.#answer, 0);
		const temperature = wordAt(this.#answer, 3);
		const humidity = wordAt(this.#answer, 6);
		if (Number.isNaN(carbonDioxide + temperature + humidity)) into.missing = "crc";
		// DS §3.5.2. A result of 0 ppm is none.
		if (carbonDioxide === 0) into.missing = "range";
		else into.carbonDioxideDetector!.CO2 = carbonDioxide;
		into.thermometer!.temperature = -45 + (175 * temperature) / 65_535;
		into.hygrometer!.humidity = (100 * humidity) / 65_535;
		return true;
	}

	protected sleep(): void {
		this.#send(Command.stop_periodic_measurement);
	}

	protected release(): void {
		this.#io.close();
	}

	#send(command: number): void {
		this.#command[0] = command >> 8;
		this.#command[1] = command & 0xff;
		this.#io.write(this.#command);
	}

	#set(command: number, argument: number): number {
		writeCommand(this.#commandWithArgument, command, argument);
		this.#io.write(this.#commandWithArgument);
		return executionMs;
	}
}
