/** Voltage of a battery through a divider of two resistors, on an analog input. */
import type { Analog, AnalogConstructor, AnalogOptions } from "../firmware/ports/io.ts";
import type {
	Identification,
	Part,
	Sample,
	Sensor,
	SensorOptions,
} from "../firmware/ports/sensor.ts";
import { SensorFault } from "./fault.ts";
import { checkRange } from "./option.ts";

/**
 * Conversions that one sample is the mean of. The converter of the ESP32 is noisy, and its
 * documentation advises multisampling (ESP-IDF Programming Guide, "ADC", "Minimizing Noise").
 */
const conversions = 8;

export interface BatteryOptions {
	/** Resistor between the battery and the pin, in ohms. */
	readonly upperOhm?: number;
	/** Resistor between the pin and ground, in ohms. */
	readonly lowerOhm?: number;
	/** The voltage at the pin that the converter reads as its highest value, in mV, by calibration. */
	readonly fullScaleMv?: number;
	/** The voltage at the pin that the converter reads as zero, in mV, by calibration. */
	readonly zeroMv?: number;
}

export class Battery implements Sensor {
	static readonly part: Part = Object.freeze({
		name: "Battery",
		io: "Analog",
		channels: Object.freeze(["batteryVoltage"]),
	});

	readonly #io: Analog;
	/** What the converter reads at full scale. */
	readonly #highest: number;
	/** Volts of the battery for each step of the converter, and at a reading of zero. */
	#voltsPerStep = 0;
	#zeroVolts = 0;

	constructor({
		sensor: { io: Analog, ...input },
	}: SensorOptions<AnalogConstructor, AnalogOptions>) {
		this.#io = new Analog(input);
		this.#highest = 2 ** this.#io.resolution - 1;
		this.configure({});
	}

	get identification(): Identification {
		return { model: "Battery divider", classification: "Battery" };
	}

	configure({
		upperOhm = 100_000,
		lowerOhm = 100_000,
		fullScaleMv = 3300,
		zeroMv = 0,
	}: BatteryOptions): void {
		checkRange("Battery upperOhm", upperOhm, 0, 10_000_000);
		checkRange("Battery lowerOhm", lowerOhm, 1, 10_000_000);
		checkRange("Battery fullScaleMv", fullScaleMv, 500, 5500);
		checkRange("Battery zeroMv", zeroMv, -500, 500);
		const voltsPerMv = (upperOhm + lowerOhm) / lowerOhm / 1000;
		this.#zeroVolts = zeroMv * voltsPerMv;
		this.#voltsPerStep = ((fullScaleMv - zeroMv) * voltsPerMv) / this.#highest;
	}

	start(): number {
		return 0;
	}

	/**
	 * @throws {SensorFault} "unplugged" when there is no voltage at the pin, "range" when it is more than
	 *   the converter can tell
	 */
	sample(into: Sample): Sample | undefined {
		into.missing = undefined;
		into.battery ??= { voltage: undefined };
		into.battery.voltage = undefined;
		let sum = 0;
		for (let count = 0; count < conversions; count++) sum += this.#io.read();
		const mean = sum / conversions;
		if (mean === 0) throw new SensorFault("unplugged", "no voltage at the pin");
		if (mean === this.#highest) throw new SensorFault("range", "above full scale");
		into.battery.voltage = this.#zeroVolts + mean * this.#voltsPerStep;
		return into;
	}

	close(): void {
		this.#io.close();
	}
}
