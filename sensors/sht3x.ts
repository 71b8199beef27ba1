/**
 * Sensirion SHT30, SHT31, SHT35 (SHT3x-DIS): temperature and relative humidity, over I2C.
 *
 * Data sheet: "Datasheet SHT3x-DIS", version 5, May 2018 ("DS"). Single shot mode without clock
 * stretching: the part does not acknowledge a read until it has measured.
 */
import type { I2C, I2CConstructor, I2COptions } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { SensorFault } from "./fault.ts";
import { settingOf } from "./option.ts";
import { Repetition } from "./repetition.ts";
import { wordAt } from "./word.ts";

/** DS table 14, table 16 and table 17. */
const Command = Object.freeze({
	softReset: 0x30a2,
	heaterEnable: 0x306d,
	heaterDisable: 0x3066,
	readStatus: 0xf32d,
} as const);

/** DS table 9, commands of single shot mode with clock stretching disabled. */
const repeatabilities = Object.freeze(["high", "medium", "low"] as const);
const measure = Object.freeze([0x2400, 0x240b, 0x2416]);
/** DS table 4: longest duration at any supply voltage in whole ms, in the same order. */
const durations = Object.freeze([16, 7, 5]);

export interface SHT3xOptions {
	readonly repeatability?: (typeof repeatabilities)[number];
	/** For a plausibility check (DS §4.10): the part measures itself a few °C too warm. */
	readonly heater?: boolean;
}

export class SHT3x extends BusSensor {
	static readonly part: Part = Object.freeze({
		name: "SHT3x",
		io: "I2C",
		channels: Object.freeze(["airTemperature", "relativeHumidity"]),
	});

	/** DS table 4: soft reset time, at most 1.5 ms. */
	protected readonly bootMs = 2;
	protected readonly intervalMs = 0;
	readonly #io: I2C;
	readonly #command = new Uint8Array(2);
	readonly #answer = new Uint8Array(6);
	readonly #repetition = new Repetition();
	#repeatability = 0;
	#heater: number = Command.heaterDisable;

	/**
	 * Reads the status register and resets the part. It has no chip id: a checksum that fits is what
	 * tells it from another one.
	 *
	 * @throws {SensorFault} "part" when it does not answer as a part of this kind does
	 */
	constructor({ sensor: { io: I2C, ...bus } }: SensorOptions<I2CConstructor, I2COptions>) {
		super();
		this.#io = new I2C(bus);
		try {
			const status = new Uint8Array(3);
			this.#send(Command.readStatus);
			this.#io.read(status);
			if (Number.isNaN(wordAt(status, 0))) throw new SensorFault("part", "status has no checksum");
			this.reset();
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Sensirion SHT3x-DIS", classification: "Thermometer-Hygrometer" };
	}

	configure({ repeatability = "high", heater = false }: SHT3xOptions): void {
		this.#repeatability = settingOf("SHT3x repeatability", repeatability, repeatabilities);
		this.#heater = heater ? Command.heaterEnable : Command.heaterDisable;
	}

	protected reset(): void {
		this.#send(Command.softReset);
	}

	protected setUp(): number {
		return 0;
	}

	protected trigger(): number {
		this.#send(this.#heater);
		this.#send(measure[this.#repeatability]!);
		return durations[this.#repeatability]!;
	}

	protected clear(into: Sample): void {
		into.thermometer ??= { temperature: undefined };
		into.hygrometer ??= { humidity: undefined };
		into.thermometer.temperature = undefined;
		into.hygrometer.humidity = undefined;
	}

	/** A value whose checksum is wrong is left out. */
	protected collect(into: Sample): boolean {
		this.#io.read(this.#answer);
		const temperature = wordAt(this.#answer, 0);
		const humidity = wordAt(this.#answer, 3);
		if (this.#repetition.isStuck(temperature, humidity)) {
			throw new SensorFault("stuck", "the raw values do not change");
		}
		if (Number.isNaN(temperature + humidity)) into.missing = "crc";
		// DS §4.13.
		into.thermometer!.temperature = -45 + (175 * temperature) / 65_535;
		into.hygrometer!.humidity = (100 * humidity) / 65_535;
		return true;
	}

	protected sleep(): void {}

	protected release(): void {
		this.#io.close();
	}

	#send(command: number): void {
		this.#command[0] = command >> 8;
		this.#command[1] = command & 0xff;
		this.#io.write(this.#command);
	}
}
