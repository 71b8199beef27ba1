import { asDocument, type Document } from "../base/json.ts";
import { Limits } from "../limits.ts";
import type { KeyValue } from "../ports/storage.ts";
import type { ChannelTable } from "./channel.ts";

/** The limits that a channel can have, in its unit; NaN switches a check off. */
export interface QualityLimit {
	/** What the site allows. */
	readonly minimum: number;
	readonly maximum: number;
	/** Largest change between observations that are at most a minute apart. */
	readonly step: number;
	/** Smallest change within an hour. */
	readonly persistence: number;
	/** Largest value while the sun is more than 6° below the horizon. */
	readonly night: number;
	/** Relative humidity in % below which any fall is odd; twice as much while the wind shakes the gauge. */
	readonly dryAir: number;
	/** Gust in m/s from which the wind may shake the gauge. */
	readonly shaking: number;
}

type LimitName = keyof QualityLimit;

/** The order is that of the stored form: add at the end only. */
const limitNames: readonly LimitName[] = Object.freeze([
	"minimum",
	"maximum",
	"step",
	"persistence",
	"night",
	"dryAir",
	"shaking",
]);

/**
 * Limits that are the same everywhere, by channel name; the range is that of the channel.
 *
 * Sources: step and persistence: I. Zahumenský, "Guidelines on Quality Control Procedures for Data
 * from Automatic Weather Stations", WMO CBS ET-AWS 2004, erroneous step between one-minute values and
 * required variability over 60 minutes. Night: illuminance is 3.4 lx at the end of civil twilight
 * (P. Schlyter, "Radiometry and photometry in astronomy"), the rest is for street lamps;
 * irradiance: C. N. Long and E. G. Dutton, "BSRN Global Network recommended QC tests, V2.0", extremely rare
 * limit with the sun down. Ours, for lack of a published one: UV index, rain in dry air, and the
 * gust that shakes a gauge (the lower end of Beaufort 8, at which trees sway as wholes).
 */
const usual: Readonly<Record<string, Partial<QualityLimit>>> = Object.freeze({
	airTemperature: Object.freeze({ step: 3, persistence: 0.1 }),
	relativeHumidity: Object.freeze({ step: 15, persistence: 1 }),
	stationPressure: Object.freeze({ step: 200, persistence: 10 }),
	windSpeed: Object.freeze({ step: 20, persistence: 0.5 }),
	windDirection: Object.freeze({ persistence: 10 }),
	precipitation: Object.freeze({ dryAir: 30, shaking: 17.2 }),
	illuminance: Object.freeze({ night: 10 }),
	uvIndex: Object.freeze({ night: 0.2 }),
	solarIrradiance: Object.freeze({ night: 50 }),
});

const storageKey = "limits";
const storedVersion = 1;
/** Identifier of the channel (1), place in `limitNames` (1), value (8). */
const storedBytes = 10;

/** A limit that the shadow has set. */
interface Override {
	readonly channel: number;
	readonly limit: number;
	value: number;
}

/**
 * The limits of quality control at one site: the usual ones, until the shadow has changed them; kept
 * over a reboot.
 */
export class QualityLimits {
	/** Member of the shadow's state. */
	readonly member = "limits";
	/** Changes that the key-value store did not take. */
	unsaved = 0;
	readonly #channels: ChannelTable;
	readonly #keyValue: KeyValue;
	/** Limits by channel, then in the order of `limitNames`. */
	readonly #values: Float64Array;
	#overrides: readonly Override[] = [];

	/** @param keyValue  where changed limits survive a reboot */
	constructor(channels: ChannelTable, keyValue: KeyValue) {
		this.#channels = channels;
		this.#keyValue = keyValue;
		this.#values = new Float64Array(channels.length * limitNames.length);
		this.#load();
		this.#fill();
	}

	/** A limit of the channel with that index. */
	minimum(channel: number): number {
		return this.#values[channel * limitNames.length]!;
	}

	maximum(channel: number): number {
		return this.#values[channel * limitNames.length + 1]!;
	}

	step(channel: number): number {
		return this.#values[channel * limitNames.length + 2]!;
	}

	persistence(channel: number): number {
		return this.#values[channel * limitNames.length + 3]!;
	}

	night(channel: number): number {
		return this.#values[channel * limitNames.length + 4]!;
	}

	dryAir(channel: number): number {
		return this.#values[channel * limitNames.length + 5]!;
	}

	shaking(channel: number): number {
		return this.#values[channel * limitNames.length + 6]!;
	}

	/**
	 * Takes what the shadow wants, wholly or not at all.
	 *
	 * @param wanted  `{"airTemperature":{"maximum":45},…}`; nothing in it is trusted
	 * @returns why it is refused, in one line, or `undefined`
	 */
	apply(wanted: unknown): string | undefined {
		const document = asDocument(wanted);
		if (document === undefined) return "expected limits by channel";
		const next = this.#overrides.map((override) => ({ ...override }));
		for (const name of Object.keys(document)) {
			const fault = this.#take(name, asDocument(document[name]), next);
			if (fault !== undefined) return fault;
		}
		if (next.length > Limits.qualityOverrides) {
			return `expected at most ${Limits.qualityOverrides} limits, got ${next.length}`;
		}
		const before = this.#overrides;
		this.#overrides = next;
		this.#fill();
		const crossed = this.#crossedRange();
		if (crossed === undefined) {
			this.#save();
			return undefined;
		}
		this.#overrides = before;
		this.#fill();
		return `${crossed}: expected a minimum below the maximum`;
	}

	/** What the shadow has set, in the form in which it wants it. */
	reported(): Document {
		const document: Record<string, Record<string, number>> = {};
		for (const { channel, limit, value } of this.#overrides) {
			const { name } = this.#channels.at(channel);
			document[name] = { ...document[name], [limitNames[limit]!]: value };
		}
		return document;
	}

	/** Takes the limits of one channel; returns a fault. */
	#take(name: string, wanted: Document | undefined, into: Override[]): string | undefined {
		const channel = this.#channels.indexOf(name);
		const travels = channel >= 0 && this.#channels.at(channel).in === "observation";
		if (!travels || wanted === undefined) return `${shown(name)}: expected limits of a channel`;
		for (const key of Object.keys(wanted)) {
			const limit = limitNames.indexOf(key as LimitName);
			const value = wanted[key];
			if (limit < 0) return `${name}.${shown(key)}: expected one of ${limitNames.join(", ")}`;
			if (typeof value !== "number") return `${name}.${key}: expected a number`;
			const present = into.find((one) => one.channel === channel && one.limit === limit);
			if (present === undefined) into.push({ channel, limit, value });
			else present.value = value;
		}
		return undefined;
	}

	#fill(): void {
		for (let index = 0; index < this.#channels.length; index++) {
			const channel = this.#channels.at(index);
			const { minimum, maximum } = channel;
			const limits: Partial<QualityLimit> = { minimum, maximum, ...usual[channel.name] };
			limitNames.forEach((name, limit) => {
				this.#values[index * limitNames.length + limit] = limits[name] ?? Number.NaN;
			});
		}
		for (const { channel, limit, value } of this.#overrides) {
			this.#values[channel * limitNames.length + limit] = value;
		}
	}

	/** The name of a channel whose range is empty. */
	#crossedRange(): string | undefined {
		for (let index = 0; index < this.#channels.length; index++) {
			if (!(this.minimum(index) < this.maximum(index))) return this.#channels.at(index).name;
		}
		return undefined;
	}

	/** Limits of channels that the station no longer has are left out. */
	#load(): void {
		const stored = this.#read();
		if (stored === undefined || stored[0] !== storedVersion) return;
		if ((stored.length - 1) % storedBytes !== 0) return;
		const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
		const overrides: Override[] = [];
		for (let at = 1; at < stored.length; at += storedBytes) {
			const channel = this.#channels.ids.indexOf(stored[at]!);
			const limit = stored[at + 1]!;
			if (channel < 0 || limit >= limitNames.length) continue;
			overrides.push({ channel, limit, value: view.getFloat64(at + 2) });
		}
		this.#overrides = overrides;
	}

	#read(): Uint8Array | undefined {
		try {
			return this.#keyValue.read(storageKey);
		} catch {
			return undefined;
		}
	}

	/** Limits that cannot be stored still hold until the reboot; the shadow brings them again. */
	#save(): void {
		const stored = new Uint8Array(1 + this.#overrides.length * storedBytes);
		const view = new DataView(stored.buffer);
		stored[0] = storedVersion;
		this.#overrides.forEach(({ channel, limit, value }, index) => {
			const at = 1 + index * storedBytes;
			stored[at] = this.#channels.ids[channel]!;
			stored[at + 1] = limit;
			view.setFloat64(at + 2, value);
		});
		try {
			this.#keyValue.write(storageKey, stored);
		} catch {
			this.unsaved += 1;
		}
	}
}

/** A name in a message: bounded, whatever it is. */
function shown(name: string): string {
	return name.slice(0, 40);
}
