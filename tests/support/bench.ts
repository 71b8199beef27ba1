import type { Random, Ticks } from "../../firmware/ports/clock.ts";
import type { Sample, Sensor } from "../../firmware/ports/sensor.ts";
import type { SensorClass } from "../../sensors/catalogue.ts";
import { VirtualBus } from "../../simulator/device/bus.ts";
import { createPart } from "../../simulator/parts/catalogue.ts";
import type { Fault, SimulatedPart } from "../../simulator/parts/part.ts";
import type { Conditions, WeatherSource } from "../../simulator/weather/conditions.ts";

/** A random source that makes no noise: every draw is the middle. */
export const quiet: Random = { next: () => 0x8000_0000 };

/** The times a driver is asked again in one round, as the scheduler does. */
const attempts = 4;

/** One driver and its simulated part, with a clock and a weather that the test sets. */
export class Bench {
	/** ms of the simulation's epoch; ticks are counted from `bootAt`. */
	time = 1_451_606_400_000;
	readonly bootAt = this.time;
	readonly conditions: Conditions = {
		airTemperature: 15,
		relativeHumidity: 60,
		stationPressure: 100_000,
		windSpeed: 5,
		windDirection: 225,
		precipitationTotal: 0,
		batteryVoltage: 3.9,
	};
	/** What the part sees; a test may replace it. */
	weather: WeatherSource["at"] = (_, into) => Object.assign(into, this.conditions);
	readonly bus = new VirtualBus({ now: () => this.time });
	readonly part: SimulatedPart & { fault?: Fault | undefined; readonly faults?: readonly Fault[] };
	readonly Driver: SensorClass;
	readonly #configuration: object;
	readonly #debounce: number;
	readonly #address: number;

	/**
	 * @param part  the part on the bus; by default the one that the simulator's catalogue has
	 */
	constructor(
		Driver: SensorClass,
		options: {
			random?: Random;
			configuration?: object;
			address?: number;
			/** ms, of a pulse input */
			debounce?: number;
			part?: (surroundings: { weather: WeatherSource; random: Random }) => SimulatedPart;
		} = {},
	) {
		const { random = quiet, configuration = {}, address = 0x44, debounce = 0, part } = options;
		const surroundings = {
			weather: { at: (time: number, into: Conditions) => this.weather(time, into) },
			random,
		};
		this.Driver = Driver;
		this.#configuration = configuration;
		this.#address = address;
		this.#debounce = debounce;
		this.part = part?.(surroundings) ?? createPart(Driver.part.name, surroundings, configuration)!;
		this.bus.attach({ data: 21, clock: 22, address, pin: 34 }, this.part);
	}

	get now(): Ticks {
		return (this.time - this.bootAt) as Ticks;
	}

	create(): Sensor {
		const { io } = this.Driver.part;
		const place = {
			data: 21,
			clock: 22,
			address: this.#address,
			pin: 34,
			signal: 34,
			debounce: this.#debounce,
		};
		const sensor = new this.Driver({ sensor: { ...place, io: this.bus.io[io] } } as never);
		sensor.configure?.(this.#configuration);
		return sensor;
	}

	advance(ms: number): void {
		this.time += ms;
	}

	/** Starts and samples as the scheduler does; `undefined` when there is no sample in the end. */
	round(sensor: Sensor, into: Sample = {}): Sample | undefined {
		for (let attempt = 0; attempt < attempts; attempt++) {
			this.advance(sensor.start(this.now));
			const sample = sensor.sample(into, this.now);
			if (sample !== undefined) return sample;
		}
		return undefined;
	}

	/**
	 * One round, with what is thrown turned into the reason that travels with the observation.
	 *
	 * @returns the values that the last call of `sample` left in `into`
	 */
	observe(sensor: Sensor, into: Sample = {}): { values: number[]; reason: string | undefined } {
		let sampled = false;
		let reason: string | undefined;
		const watched: Sensor = {
			start: (now) => sensor.start(now),
			sample: (target, now) => {
				sampled = true;
				return sensor.sample(target, now);
			},
			close: () => sensor.close(),
		};
		try {
			reason = this.round(watched, into) === undefined ? "silent" : into.missing;
		} catch (error) {
			reason = (error as { reason?: string }).reason ?? "nack";
		}
		return { values: sampled ? valuesOf(into) : [], reason };
	}
}

/** Every value that is in a sample. */
export function valuesOf(sample: Sample): number[] {
	return Object.values(sample)
		.flatMap((group) => (typeof group === "object" ? Object.values(group) : []))
		.filter((value) => typeof value === "number" && !Number.isNaN(value));
}
