/**
 * Cup anemometer: a switch that closes once or more often a turn, on a pulse counter.
 *
 * Default cups: Weather Sensor Assembly 80422 (Argent Data Systems), "Anemometer": 2.4 km/h close
 * the switch once a second.
 */
import type { Ticks } from "../firmware/ports/clock.ts";
import type { PulseCount, PulseCountConstructor, PulseCountOptions } from "../firmware/ports/io.ts";
import type {
	Identification,
	Part,
	Sample,
	Sensor,
	SensorOptions,
} from "../firmware/ports/sensor.ts";
import { SensorFault } from "./fault.ts";
import { checkRange } from "./option.ts";
import { pulsesBetween } from "./pulse.ts";

export interface AnemometerOptions {
	/** Wind that passes for each pulse, in m: the m/s of one pulse a second. */
	readonly metresPerPulse?: number;
	/**
	 * A mean over one sample above this is not wind, in m/s. The default is the strongest gust
	 * that WMO-No. 8 (2018), Volume I, Chapter 1, Annex 1.A asks an instrument to measure.
	 */
	readonly maximumSpeed?: number;
}

/** Milliseconds that the first sample counts pulses for. */
const firstGateMs = 1_000;

export class Anemometer implements Sensor {
	static readonly part: Part = Object.freeze({
		name: "Anemometer",
		io: "PulseCount",
		channels: Object.freeze(["windSpeed", "windGust"]),
	});

	readonly #io: PulseCount;
	#metresPerPulse = 0;
	#maximumSpeed = 0;
	#count = 0;
	/** When `#count` was read; NaN before the first start. */
	#countedAt = Number.NaN;

	constructor({
		sensor: { io: PulseCount, ...input },
	}: SensorOptions<PulseCountConstructor, PulseCountOptions>) {
		this.configure({});
		this.#io = new PulseCount(input);
	}

	get identification(): Identification {
		return { model: "Cup anemometer", classification: "Anemometer" };
	}

	configure({ metresPerPulse = 2.4 / 3.6, maximumSpeed = 150 }: AnemometerOptions): void {
		checkRange("Anemometer metresPerPulse", metresPerPulse, 0.001, 100);
		checkRange("Anemometer maximumSpeed", maximumSpeed, 1, 1000);
		this.#metresPerPulse = metresPerPulse;
		this.#maximumSpeed = maximumSpeed;
	}

	/** The first call opens the gate and asks for a second of pulses; later ones go on counting. */
	start(now: Ticks): number {
		if (!Number.isNaN(this.#countedAt)) return 0;
		this.#count = this.#io.read();
		this.#countedAt = now;
		return firstGateMs;
	}

	/**
	 * Gives the mean speed since the sample before, or since the gate was opened. The first sample after a
	 * reset of the counter has none before it: `silent`.
	 *
	 * @throws {SensorFault} "range" when the pulses come faster than wind can turn the cups
	 */
	sample(into: Sample, now: Ticks): Sample | undefined {
		into.missing = undefined;
		into.anemometer ??= { speed: undefined };
		into.anemometer.speed = undefined;
		const elapsedMs = now - this.#countedAt;
		// Two samples at one moment have no time between them to count in, nor has a gate never opened.
		if (!(elapsedMs > 0)) return undefined;
		const count = this.#io.read();
		const pulses = pulsesBetween(this.#count, count);
		this.#count = count;
		this.#countedAt = now;
		if (pulses < 0) {
			into.missing = "silent";
			return into;
		}
		const speed = (pulses * this.#metresPerPulse * 1000) / elapsedMs;
		if (speed > this.#maximumSpeed) {
			throw new SensorFault("range", `${pulses} pulses in ${elapsedMs} ms`);
		}
		into.anemometer.speed = speed;
		return into;
	}

	close(): void {
		this.#io.close();
	}
}
