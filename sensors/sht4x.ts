/**
 * Sensirion SHT40, SHT41, SHT43, SHT45 (SHT4x): temperature and relative humidity, over I2C.
 *
 * Data sheet: "Datasheet SHT4x", version 6.4, November 2023 ("DS"). The part does not acknowledge a
 * read until it has measured.
 */
import type { I2C, I2CConstructor, I2COptions } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { SensorFault } from "./fault.ts";
import { settingOf } from "./option.ts";
import { Repetition } from "./repetition.ts";
import { wordAt } from "./word.ts";

/** DS §4.5, command overview. */
const softReset = 0x94;
const repeatabilities = Object.freeze(["high", "medium", "low"] as const);
const measure = Object.freeze([0xfd, 0xf6, 0xe0]);
const heaters = Object.freeze([
	"200mW 1s",
	"200mW 0.1s",
	"110mW 1s",
	"110mW 0.1s",
	"20mW 1s",
	"20mW 0.1s",
] as const);
const heat = Object.freeze([0x39, 0x32, 0x2f, 0x24, 0x1e, 0x15]);

/** DS table 5: the longest duration of a measurement by repeatability, in whole ms. */
const durations = Object.freeze([9, 5, 2]);
/** DS table 5: the longest heater-on time with the measurement at its end, in ms. */
const heatedMs = Object.freeze([1100 + 9, 110 + 9]);

export interface SHT4xOptions {
	readonly repeatability?: (typeof repeatabilities)[number];
	/**
	 * Power and time of the heater before each measurement, which is then of the heated part and not of
	 * the air. For a test or to dry it; at most a tenth of the time (DS §4.9).
	 */
	readonly heater?: "off" | (typeof heaters)[number];
}

export class SHT4x extends BusSensor {
	static readonly part: Part = Object.freeze({
		name: "SHT4x",
		io: "I2C",
		channels: Object.freeze(["airTemperature", "relativeHumidity"]),
	});

	/** DS table 5: soft reset time, at most 1 ms. */
	protected readonly bootMs = 1;
	protected readonly intervalMs = 0;
	readonly #io: I2C;
	readonly #answer = new Uint8Array(6);
	readonly #repetition = new Repetition();
	readonly #command = new Uint8Array(1);
	#measure = measure[0]!;
	#durationMs = durations[0]!;

	/** Resets the part. It has no chip id; every answer carries its checksums. */
	constructor({ sensor: { io: I2C, ...bus } }: SensorOptions<I2CConstructor, I2COptions>) {
		super();
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
		return { model: "Sensirion SHT4x", classification: "Thermometer-Hygrometer" };
	}

	configure({ repeatability = "high", heater = "off" }: SHT4xOptions): void {
		const precision = settingOf("SHT4x repeatability", repeatability, repeatabilities);
		this.#measure = measure[precision]!;
		this.#durationMs = durations[precision]!;
		if (heater === "off") return;
		const heating = settingOf("SHT4x heater", heater, heaters);
		this.#measure = heat[heating]!;
		this.#durationMs = heatedMs[heating % 2]!;
	}

	protected reset(): void {
		this.#send(softReset);
	}

	protected setUp(): number {
		return 0;
	}

	protected trigger(): number {
		this.#send(this.#measure);
		return this.#durationMs;
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
		// DS §4.6: humidity reaches beyond 0..100 % at its ends and is cropped.
		into.thermometer!.temperature = -45 + (175 * temperature) / 65_535;
		into.hygrometer!.humidity = Math.min(Math.max(-6 + (125 * humidity) / 65_535, 0), 100);
		return true;
	}

	protected sleep(): void {}

	protected release(): void {
		this.#io.close();
	}

	#send(command: number): void {
		this.#command[0] = command;
		this.#io.write(this.#command);
	}
}
