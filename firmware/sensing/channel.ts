import { assert } from "../base/assert.ts";
import { Limits } from "../limits.ts";
import type { MissingReason } from "../ports/sensor.ts";
import { knownChannels, standardChannels } from "./quantities.ts";

export { standardChannels } from "./quantities.ts";

/**
 * How the samples of a window become one value.
 *
 * - `mean`: arithmetic mean
 * - `min`, `max`: lowest and highest sample
 * - `sum`: total of increments
 * - `direction`: angle in degrees, mean of vectors weighted by the wind speed
 * - `last`: newest sample
 * - `count`: number of good samples; never missing while there is a sensor
 */
export type Aggregate = "mean" | "min" | "max" | "sum" | "direction" | "last" | "count";

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
	/** For another aggregate of the samples of a channel: the name of that channel. */
	readonly of?: string;
}

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

/** Identifiers of the user's own channels begin here; those of the known ones are below. */
const firstOwnId = 64;
/** Identifiers fit seven bits: storage has another use for the eighth. */
const idsMaximum = 128;
/** Instead of an identifier: the channel is in no report, so no observation has to keep it. */
const notStored = 255;

/**
 * Channels by index, name and key: the standard ones at their fixed indices, then others that are
 * known, then the user's own.
 */
export class ChannelTable {
	readonly #channels: readonly Channel[];
	readonly #ids: Uint8Array;
	readonly #byName = new Map<string, number>();
	readonly #byKey = new Map<string, number>();

	/**
	 * @param own     the user's own channels; storage knows them by their place in this list, so add at
	 *   its end only
	 * @param fitted  names of the known channels that a station has beside the standard ones. Left out,
	 *   the table has all there are: for those who decode
	 * @throws {Error} with one line that names the channel: a name or key that is taken or not of its
	 *   form, a scale or range that cannot be, or more than Limits.channels in a station
	 */
	constructor(own: readonly Channel[] = [], fitted?: readonly string[]) {
		const known = knownChannels.filter(
			(channel, id) =>
				id < standardChannels.length || fitted === undefined || fitted.includes(channel.name),
		);
		this.#channels = Object.freeze([...known, ...own]);
		if (fitted !== undefined && this.length > Limits.channels) {
			throw new Error(
				`channels: ${this.length} are more than the ${Limits.channels} there is room for`,
			);
		}
		assert(firstOwnId + own.length <= idsMaximum, "a user has at most 64 channels");
		this.#ids = Uint8Array.from(this.#channels, (channel, index) => {
			if (channel.in === "health") return notStored;
			return index < known.length
				? knownChannels.indexOf(channel)
				: firstOwnId + index - known.length;
		});
		for (let index = 0; index < this.length; index++) this.#register(this.at(index), index);
	}

	get length(): number {
		return this.#channels.length;
	}

	/** @param index  0..length-1 */
	at(index: number): Channel {
		return this.#channels[index]!;
	}

	/** The channel in storage, whatever else a station has: 0..127, by index; 255 when it is not stored. */
	get ids(): Uint8Array {
		return this.#ids;
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
		// An underscore between two digits stands for a decimal point.
		if (!/^[a-z](?:[A-Za-z0-9]|(?<=\d)_(?=\d)){0,39}$/.test(name)) {
			return "the name is not in lower camel case";
		}
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
	clock: 10,
	coverage: 11,
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
