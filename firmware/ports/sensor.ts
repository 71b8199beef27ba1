import type { Ticks } from "./clock.ts";

/**
 * Why a value is missing. Travels with the observation, so that a null is never without a reason.
 *
 * - `silent`: the driver gave no sample in time
 * - `nack`: the part does not acknowledge on the bus
 * - `crc`: the part answered, the checksum was wrong
 * - `part`: another part answers at this address
 * - `range`: outside what the part can measure
 * - `stuck`: the raw value has not changed for longer than nature allows
 * - `unplugged`: the input reads as open or short circuit
 * - `calm`: no direction without wind
 * - `wire`: the value does not fit its column in the report
 * - `clock`: the value needs the time, and nobody knows it
 * - `coverage`: too few samples in the window of the value
 */
export type MissingReason =
	| "silent"
	| "nack"
	| "crc"
	| "part"
	| "range"
	| "stuck"
	| "unplugged"
	| "calm"
	| "wire"
	| "clock"
	| "coverage";

/** What a driver throws when it knows better than "nack" what is wrong. */
export interface SensorError extends Error {
	readonly reason: MissingReason;
}

/**
 * One sample in the shape of ECMA-419 §13, extended by the instruments of a weather station. A
 * driver fills the groups it has. A member that is `undefined` or `NaN` is missing; `missing` may say why.
 */
export interface Sample {
	/** °C */
	thermometer?: { temperature: number | undefined };
	/** relative humidity, 0..100 % */
	hygrometer?: { humidity: number | undefined };
	/** Pa */
	barometer?: { pressure: number | undefined };
	/** m/s, mean since the sample before */
	anemometer?: { speed: number | undefined };
	/** degrees clockwise from north the wind comes from, 0 <= direction < 360 */
	windVane?: { direction: number | undefined };
	/** mm fallen since the sample before */
	rainGauge?: { precipitation: number | undefined };
	/** V; % of what the battery holds when full; A and W, negative while it charges */
	battery?: {
		voltage: number | undefined;
		stateOfCharge?: number | undefined;
		current?: number | undefined;
		power?: number | undefined;
	};
	/** V, A and W of a supply, such as a solar panel; the current is negative when it flows back */
	powerMeter?: {
		voltage: number | undefined;
		current: number | undefined;
		power: number | undefined;
	};
	/** W/m², global irradiance on a horizontal surface */
	pyranometer?: { irradiance: number | undefined };
	/** lx */
	lightmeter?: { illuminance: number | undefined };
	/** UV index (WHO), 1 for each 25 mW/m² of erythemal irradiance */
	ultravioletMeter?: { uvIndex: number | undefined };
	/** ppm; the name of the member is that of ECMA-419 */
	carbonDioxideDetector?: { CO2: number | undefined };
	/** µg/m³ of particles up to 1, 2.5, 4 and 10 µm; ECMA-419 has the first member */
	particulateMatterDetector?: {
		particulateMatter: number | undefined;
		pm1: number | undefined;
		pm2_5: number | undefined;
		pm4: number | undefined;
		pm10: number | undefined;
	};
	/** The groups of a user's own sensors. */
	[group: string]: object | MissingReason | undefined;
	/** Why a group is missing when no exception says so. Drivers set and clear it in each sample. */
	missing?: MissingReason | undefined;
}

/** ECMA-419 §13.3. */
export interface Identification {
	readonly model: string;
	readonly classification: string;
	readonly uniqueID?: string;
}

/**
 * The ECMA-419 Sensor Class Pattern with a conversion phase, so that nothing ever waits in a loop.
 * `start`, `sample` and the bus may throw; the scheduler is the one place that catches.
 */
export interface Sensor {
	readonly identification?: Identification;
	configure?(options: object): void;
	/** Triggers a conversion; returns the milliseconds until `sample` can give it, 0 or more. */
	start(now: Ticks): number;
	/** Fills `into` and returns it, or `undefined` while nothing is ready. */
	sample(into: Sample, now: Ticks): Sample | undefined;
	close(): void;
}

/** What every driver says of itself, as the static member `part`. */
export interface Part {
	/** The part as its data sheet names it: "BME280". */
	readonly name: string;
	/** Which IO class of the device it is given. */
	readonly io: "I2C" | "SMBus" | "PulseCount" | "Analog";
	/** The channels that its samples fill, by name. */
	readonly channels: readonly string[];
}

/** `sensor` carries the IO class and what it needs: address or pin. */
export interface SensorOptions<IOClass, IOOptions> {
	readonly sensor: IOOptions & { readonly io: IOClass };
}
