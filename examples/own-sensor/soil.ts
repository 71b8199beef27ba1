import type {
	Analog,
	AnalogConstructor,
	AnalogOptions,
	Sample,
	Sensor,
	SensorOptions,
} from "isobar/firmware";
import { SensorFault } from "isobar/sensors";

export interface SoilProbeOptions {
	/** What the probe gives in dry air, in mV. */
	readonly dryMv?: number;
	/** What it gives in water, in mV. */
	readonly wetMv?: number;
}

interface SoilSample extends Sample {
	soil?: { moisture: number | undefined };
}

/** Input range of the pin, mV, and what lies so close to it that no probe makes it. */
const fullScaleMv = 3_300;
const openMv = 3_200;

/** A capacitive soil probe on an analog pin: its voltage falls as the soil gets wetter. */
export class SoilProbe implements Sensor {
	static readonly part = { name: "SoilProbe", io: "Analog", channels: ["soilMoisture"] } as const;
	readonly #io: Analog;
	#dryMv = 2_800;
	#wetMv = 1_200;

	constructor({
		sensor: { io: Analog, ...input },
	}: SensorOptions<AnalogConstructor, AnalogOptions>) {
		this.#io = new Analog(input);
	}

	/** @throws {RangeError} when the probe could not tell wet from dry */
	configure({ dryMv = 2_800, wetMv = 1_200 }: SoilProbeOptions): void {
		if (!(wetMv < dryMv)) {
			throw new RangeError(`SoilProbe wetMv: expected less than dryMv ${dryMv}, got ${wetMv}`);
		}
		this.#dryMv = dryMv;
		this.#wetMv = wetMv;
	}

	start(): number {
		return 0;
	}

	/** @throws {SensorFault} "unplugged" when the pin is pulled to the supply */
	sample(into: SoilSample): SoilSample {
		const millivolts = (this.#io.read() / (2 ** this.#io.resolution - 1)) * fullScaleMv;
		if (millivolts > openMv) throw new SensorFault("unplugged", "no probe at the pin");
		const wetness = (this.#dryMv - millivolts) / (this.#dryMv - this.#wetMv);
		into.soil = { moisture: 100 * Math.min(Math.max(wetness, 0), 1) };
		return into;
	}

	close(): void {
		this.#io.close();
	}
}
