/**
 * Wind vane with a resistor for each of 16 positions, the lower arm of a divider on an analog input.
 *
 * Default ladder: Weather Sensor Assembly 80422 (Argent Data Systems), "Wind Vane", resistance by direction; with
 * the external resistor of 10 kΩ that it shows.
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

const positions = 16;

const argent80422 = Object.freeze([
	33_000, 6_570, 8_200, 891, 1_000, 688, 2_200, 1_410, 3_900, 3_140, 16_000, 14_120, 120_000,
	42_120, 64_900, 21_880,
]);

export interface WindVaneOptions {
	/** Resistance of the 16 positions in ohms, clockwise from north. */
	readonly resistorsOhm?: readonly number[];
	/** Resistor between the supply and the vane, in ohms. */
	readonly pullUpOhm?: number;
	/** What the pull-up is connected to, in mV. */
	readonly supplyMv?: number;
	/** The voltage at the pin that the converter reads as its highest value, in mV. */
	readonly fullScaleMv?: number;
}

export class WindVane implements Sensor {
	static readonly part: Part = Object.freeze({
		name: "WindVane",
		io: "Analog",
		channels: Object.freeze(["windDirection"]),
	});

	readonly #io: Analog;
	/** Upper bound of each sector in parts of the supply, ascending; the last bound is the open input. */
	readonly #bounds = new Float64Array(positions);
	/** Direction of each sector in degrees, in the order of the bounds. */
	readonly #directions = new Float64Array(positions);
	/** Below this in parts of the supply the input is shorted. */
	#short = 0;
	/** Parts of the supply that one step of the converter is. */
	#perStep = 0;

	constructor({
		sensor: { io: Analog, ...input },
	}: SensorOptions<AnalogConstructor, AnalogOptions>) {
		this.#io = new Analog(input);
		this.configure({});
	}

	get identification(): Identification {
		return { model: "Resistor-ladder wind vane", classification: "WindVane" };
	}

	/** Computes the sectors; each reaches half way to its neighbours in voltage. */
	configure({
		resistorsOhm = argent80422,
		pullUpOhm = 10_000,
		supplyMv = 3300,
		fullScaleMv = 3300,
	}: WindVaneOptions): void {
		checkRange("WindVane number of resistorsOhm", resistorsOhm.length, positions, positions);
		checkRange("WindVane pullUpOhm", pullUpOhm, 100, 1_000_000);
		checkRange("WindVane supplyMv", supplyMv, 1000, 5500);
		checkRange("WindVane fullScaleMv", fullScaleMv, 500, 5500);
		const sectors = resistorsOhm
			.map((ohm, position) => {
				checkRange(`WindVane resistorsOhm[${position}]`, ohm, 1, 1_000_000);
				return { level: ohm / (ohm + pullUpOhm), direction: (position * 360) / positions };
			})
			.sort((one, other) => one.level - other.level);
		this.#perStep = fullScaleMv / supplyMv / (2 ** this.#io.resolution - 1);
		for (let at = 0; at < positions; at++) {
			const { level, direction } = sectors[at]!;
			const next = at + 1 < positions ? sectors[at + 1]!.level : 1;
			if (next - level < 2 * this.#perStep) {
				throw new RangeError(
					`WindVane resistorsOhm: ${direction}° can't be told from its neighbour`,
				);
			}
			this.#bounds[at] = (level + next) / 2;
			this.#directions[at] = direction;
		}
		this.#short = sectors[0]!.level / 2;
	}

	start(): number {
		return 0;
	}

	/** @throws {SensorFault} "unplugged" when the input is open or shorted */
	sample(into: Sample): Sample | undefined {
		into.missing = undefined;
		into.windVane ??= { direction: undefined };
		into.windVane.direction = undefined;
		const level = this.#io.read() * this.#perStep;
		let at = 0;
		while (at < positions && level > this.#bounds[at]!) at++;
		if (at === positions || level < this.#short) {
			throw new SensorFault("unplugged", at === 0 ? "shorted" : "open");
		}
		into.windVane.direction = this.#directions[at]!;
		return into;
	}

	close(): void {
		this.#io.close();
	}
}
