import { Limits } from "../limits.ts";
import type { MissingReason } from "../ports/sensor.ts";

/**
 * How the samples of a window become one value.
 *
 * - `mean`: arithmetic mean
 * - `max`: highest sample
 * - `sum`: total of increments
 * - `direction`: angle in degrees, mean of vectors weighted by the wind speed
 * - `last`: newest sample
 */
type Aggregate = "mean" | "max" | "sum" | "direction" | "last";

/** One quantity of a station: what it is called, how it is aggregated and how it travels. */
export interface Channel {
	/** Lower camel case, for example "airTemperature". */
	readonly name: string;
	readonly unit: string;
	/** Member of a report: a capital letter, then at most 7 letters and digits. */
	readonly key: string;
	/** Steps of the wire integer in one unit: the integer is round(value × perUnit). */
	readonly perUnit: number;
	readonly aggregate: Aggregate;
	/** What nature allows, both ends included, in the unit of the channel. */
	readonly minimum: number;
	readonly maximum: number;
	/** Where the value stands in a `Sample`. Channels may share a source, as speed and gust do. */
	readonly group: string;
	readonly property: string;
	/** Whether it travels in reports or in the health message. */
	readonly in: "observation" | "health";
}

/**
 * The channels of every station.
 *
 * Ranges are the measurement ranges of WMO-No. 8 Vol. I, Annex 1.A, except precipitation: the
 * highest fall in an hour, the longest sample period, is 305 mm (WMO weather and climate extremes
 * archive, Holt, Missouri, 1947).
 *
 * Precipitation travels in steps of 0.1 µm (perUnit 10,000), because a tip of 0.2 mm is 2,000
 * steps and one of 0.2794 mm (0.011 inch) 2,794: both are whole numbers, so that the sum over any
 * number of reports is exactly the number of tips. With 10 or 1,000 steps a millimetre a tip of
 * 0.2794 mm would be off by the same 7 % or 0.14 % each time. A dry spell costs one digit anyway.
 */
export const standardChannels: readonly Channel[] = Object.freeze([
	Object.freeze({
		name: "airTemperature",
		unit: "°C",
		key: "T",
		perUnit: 10,
		aggregate: "mean",
		minimum: -80,
		maximum: 60,
		group: "thermometer",
		property: "temperature",
		in: "observation",
	} as const),
	Object.freeze({
		name: "relativeHumidity",
		unit: "%",
		key: "H",
		perUnit: 10,
		aggregate: "mean",
		minimum: 0,
		maximum: 100,
		group: "hygrometer",
		property: "humidity",
		in: "observation",
	} as const),
	Object.freeze({
		name: "stationPressure",
		unit: "Pa",
		key: "P",
		perUnit: 0.1,
		aggregate: "mean",
		minimum: 50_000,
		maximum: 108_000,
		group: "barometer",
		property: "pressure",
		in: "observation",
	} as const),
	Object.freeze({
		name: "windSpeed",
		unit: "m/s",
		key: "W",
		perUnit: 10,
		aggregate: "mean",
		minimum: 0,
		maximum: 75,
		group: "anemometer",
		property: "speed",
		in: "observation",
	} as const),
	Object.freeze({
		name: "windGust",
		unit: "m/s",
		key: "G",
		perUnit: 10,
		aggregate: "max",
		minimum: 0,
		maximum: 150,
		group: "anemometer",
		property: "speed",
		in: "observation",
	} as const),
	Object.freeze({
		name: "windDirection",
		unit: "deg",
		key: "D",
		perUnit: 1,
		aggregate: "direction",
		minimum: 0,
		maximum: 360,
		group: "windVane",
		property: "direction",
		in: "observation",
	} as const),
	Object.freeze({
		name: "precipitation",
		unit: "mm",
		key: "R",
		perUnit: 10_000,
		aggregate: "sum",
		minimum: 0,
		maximum: 305,
		group: "rainGauge",
		property: "precipitation",
		in: "observation",
	} as const),
	Object.freeze({
		name: "batteryVoltage",
		unit: "V",
		key: "B",
		perUnit: 1000,
		aggregate: "last",
		minimum: 0,
		maximum: 30,
		group: "battery",
		property: "voltage",
		in: "health",
	} as const),
]);

/** Where the standard channels stand in every `ChannelTable`. */
export const ChannelIndex = Object.freeze({
	airTemperature: 0,
	relativeHumidity: 1,
	stationPressure: 2,
	windSpeed: 3,
	windGust: 4,
	windDirection: 5,
	precipitation: 6,
	batteryVoltage: 7,
} as const);

/**
 * The channels of one station: the standard ones at their fixed indices, then the user's own.
 */
export class ChannelTable {
	readonly #channels: readonly Channel[];
	readonly #byName = new Map<string, number>();
	readonly #byKey = new Map<string, number>();

	/**
	 * @param own  channels of the user's own sensors
	 * @throws {Error} with one line that names the channel: a name or key that is taken or not of its
	 *   form, a scale or range that cannot be, or more than Limits.channels
	 */
	constructor(own: readonly Channel[] = []) {
		this.#channels = [...standardChannels, ...own];
		if (this.length > Limits.channels) {
			throw new Error(
				`channels: ${this.length} are more than the ${Limits.channels} there is room for`,
			);
		}
		for (let index = 0; index < this.length; index++) this.#register(this.at(index), index);
	}

	get length(): number {
		return this.#channels.length;
	}

	/** @param index  0..length-1 */
	at(index: number): Channel {
		return this.#channels[index]!;
	}

	/** Index of the channel of that name, or -1. */
	indexOf(name: string): number {
		return this.#byName.get(name) ?? -1;
	}

	/** Index of the channel of that key, or -1. */
	indexOfKey(key: string): number {
		return this.#byKey.get(key) ?? -1;
	}

	#register(channel: Channel, index: number): void {
		const fault = this.#faultOf(channel);
		if (fault !== undefined) throw new Error(`channel "${channel.name}": ${fault}`);
		this.#byName.set(channel.name, index);
		this.#byKey.set(channel.key, index);
	}

	#faultOf(channel: Channel): string | undefined {
		const { name, key, perUnit, minimum, maximum } = channel;
		if (!/^[a-z][A-Za-z0-9]{0,31}$/.test(name)) return "the name is not in lower camel case";
		if (this.#byName.has(name)) return "the name is taken";
		if (!/^[A-Z][A-Za-z0-9]{0,7}$/.test(key)) {
			return `key "${key}" is not a capital letter and up to 7 letters or digits`;
		}
		if (this.#byKey.has(key)) {
			return `key "${key}" is taken by "${this.at(this.indexOfKey(key)).name}"`;
		}
		if (!(perUnit > 0 && perUnit < Number.POSITIVE_INFINITY)) return "perUnit is not above 0";
		if (perUnit < 1 && !Number.isInteger(1 / perUnit)) {
			return "a perUnit below 1 is not one over a whole number";
		}
		if (channel.aggregate === "direction" && !Number.isInteger(360 * perUnit)) {
			return "360 × perUnit of a direction is not a whole number";
		}
		if (!(minimum < maximum)) return "the minimum is not below the maximum";
		return undefined;
	}
}

/** Codes of the reasons, in storage and on the wire. They are never given to another reason. */
const reasonCodes: Readonly<Record<MissingReason, number>> = Object.freeze({
	silent: 1,
	nack: 2,
	crc: 3,
	part: 4,
	range: 5,
	stuck: 6,
	unplugged: 7,
	calm: 8,
	wire: 9,
});

const reasonNames: Readonly<Record<number, MissingReason>> = Object.freeze(
	Object.fromEntries(
		Object.entries(reasonCodes).map(([name, code]) => [code, name as MissingReason]),
	),
);

/** The code of a reason, 1 or more; 0 stands for "no reason". */
export function reasonCode(reason: MissingReason): number {
	return reasonCodes[reason];
}

/** The reason of a code, or `undefined` for 0 and for codes of a later version. */
export function reasonName(code: number): MissingReason | undefined {
	return reasonNames[code];
}
