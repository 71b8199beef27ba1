/**
 * Wind vane on the wiper of a potentiometer that turns without an end, between two resistors, on an
 * analog input. The resistors keep the wiper off both rails, and a weak one from the pin to a rail makes
 * a cut cable read as that rail.
 */
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

export interface PotentiometerVaneOptions {
	/** The whole of the potentiometer, in ohms. */
	readonly potentiometerOhm?: number;
	/** Resistor between the supply and the potentiometer, in ohms. */
	readonly upperOhm?: number;
	/** Resistor between the potentiometer and ground, in ohms. */
	readonly lowerOhm?: number;
	/** Angle without a track, centred on north, in degrees; there the wiper reads as either end. */
	readonly deadBand?: number;
	/** What the upper resistor is connected to, in mV. */
	readonly supplyMv?: number;
	/** The voltage at the pin that the converter reads as its highest value, in mV. */
	readonly fullScaleMv?: number;
}

export class PotentiometerVane implements Sensor {
	static readonly part: Part = Object.freeze({
		name: "PotentiometerVane",
		io: "Analog",
		channels: Object.freeze(["windDirection"]),
	});

	readonly #io: Analog;
	/** Readings at both ends of the track, in steps of the converter. */
	#lowest = 0;
	#highest = 0;
	#deadBand = 0;

	constructor({
		sensor: { io: Analog, ...input },
	}: SensorOptions<AnalogConstructor, AnalogOptions>) {
		this.#io = new Analog(input);
		this.configure({});
	}

	get identification(): Identification {
		return { model: "Potentiometer wind vane", classification: "WindVane" };
	}

	configure({
		potentiometerOhm = 20_000,
		upperOhm = 1_000,
		lowerOhm = 1_000,
		deadBand = 5,
		supplyMv = 3300,
		fullScaleMv = 3300,
	}: PotentiometerVaneOptions): void {
		checkRange("PotentiometerVane potentiometerOhm", potentiometerOhm, 100, 1_000_000);
		checkRange("PotentiometerVane upperOhm", upperOhm, potentiometerOhm / 100, 1_000_000);
		checkRange("PotentiometerVane lowerOhm", lowerOhm, potentiometerOhm / 100, 1_000_000);
		checkRange("PotentiometerVane deadBand", deadBand, 0, 45);
		checkRange("PotentiometerVane supplyMv", supplyMv, 1000, 5500);
		checkRange("PotentiometerVane fullScaleMv", fullScaleMv, 500, 5500);
		const steps = ((2 ** this.#io.resolution - 1) * supplyMv) / fullScaleMv;
		const total = upperOhm + potentiometerOhm + lowerOhm;
		this.#lowest = (steps * lowerOhm) / total;
		this.#highest = (steps * (lowerOhm + potentiometerOhm)) / total;
		this.#deadBand = deadBand;
	}

	start(): number {
		return 0;
	}

	/** @throws {SensorFault} "unplugged" when the wiper reads beyond both ends of its track */
	sample(into: Sample): Sample | undefined {
		into.missing = undefined;
		into.windVane ??= { direction: undefined };
		into.windVane.direction = undefined;
		const reading = this.#io.read();
		// Half of what the resistors keep off the rails is left for tolerance and noise.
		const highestStep = 2 ** this.#io.resolution - 1;
		if (reading < this.#lowest / 2 || reading > (this.#highest + highestStep) / 2) {
			throw new SensorFault("unplugged", "the wiper reads beyond its track");
		}
		const share = (reading - this.#lowest) / (this.#highest - this.#lowest);
		const track = Math.min(Math.max(share, 0), 1) * (360 - this.#deadBand);
		into.windVane.direction = (track + this.#deadBand / 2) % 360;
		return into;
	}

	close(): void {
		this.#io.close();
	}
}
