/**
 * Tipping-bucket rain gauge: a switch that closes once for each bucketful, on a pulse counter.
 *
 * Default bucket: Weather Sensor Assembly 80422 (Argent Data Systems), "Rain Gauge": 0.2794 mm.
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

const msPerHour = 3_600_000;

export interface RainGaugeOptions {
	/** Rain that tips the bucket once, in mm. */
	readonly mmPerTip?: number;
	/**
	 * Rain more intense than this is the wind that shakes the gauge, or a bouncing switch, in mm/h. The
	 * default is the highest intensity that WMO-No. 8 (2018), Volume I, Chapter 1, Annex 1.A asks an instrument to
	 * measure.
	 */
	readonly maximumRate?: number;
}

export class RainGauge implements Sensor {
	static readonly part: Part = Object.freeze({
		name: "RainGauge",
		io: "PulseCount",
		channels: Object.freeze(["precipitation"]),
	});

	readonly #io: PulseCount;
	#mmPerTip = 0;
	#maximumRate = 0;
	#count: number;
	/** When `#count` was read; NaN before the first start. */
	#countedAt = Number.NaN;

	constructor({
		sensor: { io: PulseCount, ...input },
	}: SensorOptions<PulseCountConstructor, PulseCountOptions>) {
		this.configure({});
		this.#io = new PulseCount(input);
		this.#count = this.#io.read();
	}

	get identification(): Identification {
		return { model: "Tipping-bucket rain gauge", classification: "RainGauge" };
	}

	configure({ mmPerTip = 0.2794, maximumRate = 2000 }: RainGaugeOptions): void {
		checkRange("RainGauge mmPerTip", mmPerTip, 0.01, 10);
		checkRange("RainGauge maximumRate", maximumRate, 1, 100_000);
		this.#mmPerTip = mmPerTip;
		this.#maximumRate = maximumRate;
	}

	start(now: Ticks): number {
		if (Number.isNaN(this.#countedAt)) this.#countedAt = now;
		return 0;
	}

	/**
	 * Gives the rain since the last sample that was given; the first one, since the driver was made.
	 *
	 * After a reset of the counter these are the tips since the reset.
	 *
	 * @throws {SensorFault} "range" when more tips than rain can make have come; they are discarded
	 */
	sample(into: Sample, now: Ticks): Sample | undefined {
		into.missing = undefined;
		into.rainGauge ??= { precipitation: undefined };
		into.rainGauge.precipitation = undefined;
		if (Number.isNaN(this.#countedAt)) return undefined;
		const count = this.#io.read();
		const difference = pulsesBetween(this.#count, count);
		const tips = difference < 0 ? count : difference;
		const hours = (now - this.#countedAt) / msPerHour;
		this.#count = count;
		this.#countedAt = now;
		// The bucket may have been full to the brim at the last sample: one tip more than rain since.
		const tipsMaximum = 1 + Math.ceil((this.#maximumRate * hours) / this.#mmPerTip);
		if (tips < 0 || tips > tipsMaximum) {
			throw new SensorFault("range", `${tips} tips, at most ${tipsMaximum} can be rain`);
		}
		into.rainGauge.precipitation = tips * this.#mmPerTip;
		return into;
	}

	close(): void {
		this.#io.close();
	}
}
