import { utf8Length } from "../base/bytes.ts";
import { freezeDeep } from "../base/freeze.ts";
import { Limits } from "../limits.ts";
import type { Part, Sensor } from "../ports/sensor.ts";
import { type Calibration, coefficientsOf } from "../sensing/calibration.ts";
import type { Channel } from "../sensing/channel.ts";
import { ChannelTable } from "../sensing/channel.ts";
import { needsOf } from "../sensing/derivation.ts";
import { type Cadence, cadenceFault } from "../shadow/config.ts";
import { sleepFault } from "./asleep.ts";
import { channelsOf, usesOf } from "./channels.ts";
import { metadataOf } from "./metadata.ts";

/** A driver class: what the firmware instantiates on the chip and in the simulator alike. */
export interface Driver {
	// The options of each driver differ; `sensor()` checks them where a station is defined.
	new (options: never): Sensor;
	readonly part: Part;
}

/** The configuration that a driver's `configure` takes; an empty object when it takes none. */
export type Configuration<D extends Driver> =
	InstanceType<D> extends { configure(options: infer O extends object): void }
		? O
		: Record<string, never>;

/** Where a sensor sits: on a bus at an address, or on a pin. */
export interface Placement {
	/** Name of a bus of the definition; for I2C and SMBus parts. */
	readonly bus?: string;
	/** 7-bit address on that bus. */
	readonly address?: number;
	/** GPIO number; for pulse and analog parts. */
	readonly pin?: number;
	/** Milliseconds within which further edges belong to the same pulse; for pulse parts. */
	readonly debounce?: number;
}

/** One sensor of a station. Made by `sensor()`. */
export interface SensorEntry {
	readonly Driver: Driver;
	/** Name in logs and faults; unique in a station. */
	readonly name: string;
	readonly placement: Placement;
	readonly configure: object | undefined;
	/** Channels of the driver that fill another channel of the station, or none. */
	readonly channels: Readonly<Record<string, string | false>>;
	/** By channel of the driver. */
	readonly calibrate: Readonly<Record<string, Calibration>>;
	readonly metadata: SensorMetadata;
}

/** What those who use the data want to know of an instrument; WMO-No. 1192, WIGOS metadata. */
export interface SensorMetadata {
	readonly serial?: string;
	/** Metres above ground. */
	readonly heightM?: number;
	/** Day of the last calibration, as 2026-03-01. */
	readonly calibrated?: string;
}

/** What `sensor()` takes: where the part sits, and its options in the terms of its data sheet. */
export type SensorDefinition<D extends Driver> = Placement & {
	readonly name?: string;
	readonly configure?: Configuration<D>;
	/**
	 * Where its values go when not into the channels of the same names: the name of another channel,
	 * or false for none.
	 */
	readonly channels?: Readonly<Record<string, string | false>>;
	/** By channel of the driver. Channels of one source, as speed and gust, have one calibration. */
	readonly calibrate?: Readonly<Record<string, Calibration>>;
	readonly metadata?: SensorMetadata;
};

/**
 * Places a sensor on the station.
 *
 * @param Driver      a class of `isobar/sensors`, or your own of the same pattern
 * @param definition  `bus` and `address`, or `pin`; `configure` in the part's own terms
 */
export function sensor<D extends Driver>(Driver: D, definition: SensorDefinition<D>): SensorEntry {
	const {
		name = Driver.part.name,
		configure,
		channels = {},
		calibrate = {},
		metadata = {},
		...placement
	} = definition;
	return freezeDeep({ Driver, name, placement, configure, channels, calibrate, metadata });
}

/** Pins and speed of one I2C bus. */
export interface Bus {
	readonly data: number;
	readonly clock: number;
	/** Hz, 100,000 when left out. */
	readonly hz?: number;
	readonly port?: number;
	/**
	 * Pin that switches the supply of the parts on it, high for on. With it, parts that hang until they
	 * lose their power come back by themselves.
	 */
	readonly power?: number;
}

/** Where the station stands. */
export interface Site {
	readonly name: string;
	/** Degrees, north positive. */
	readonly latitude: number;
	/** Degrees, east positive. */
	readonly longitude: number;
	/** Metres above mean sea level. */
	readonly heightM: number;
	/** Local standard time minus UTC, in hours, -12..14: where the days of local totals begin. */
	readonly utcOffsetHours?: number;
	/** What is around the instruments, for those who use the data: "grass, free to 100 m". */
	readonly exposure?: string;
}

/** Topic names; `{thing}` stands for the thing name. */
export interface Topics {
	readonly report: string;
	readonly status: string;
	readonly health: string;
}

/** Which limits and habits of a broker the station keeps to. */
export type CloudProfile = "local" | "aws" | "mqtt";

/** Everything that describes a kind of station. One file, for the chip and for the simulator. */
export interface StationDefinition {
	readonly board: string;
	readonly buses: Readonly<Record<string, Bus>>;
	readonly sensors: readonly SensorEntry[];
	/** What the shadow can change later. */
	readonly cadence: Cadence;
	readonly site: Site;
	readonly topics: Topics;
	/** QoS of reports. */
	readonly qos: 1 | 2;
	/** MQTT keep-alive in seconds, 5..1200. */
	readonly keepAliveSeconds: number;
	/** Seconds between two health messages, 10..86400. */
	readonly healthSeconds: number;
	readonly cloud: CloudProfile;
	/** Channels of the user's own sensors; add at the end only, since storage knows them by their place. */
	readonly channels: readonly Channel[];
	/** Names of the channels that the station computes, such as "airTemperatureMaximum". */
	readonly derive: readonly string[];
	/** Form of reports: a member for each channel, or all of them in one string. */
	readonly payload: "columns" | "dense";
	/**
	 * Observations that a power cut or a brown-out may take, 0..64: so many wait in memory that outlives resets and
	 * deep sleep, until flash is written by the page. With 0, the default, each is in flash once it is made.
	 */
	readonly lossWindow: number;
	/**
	 * "mains" is always awake. "solar" lives on a battery: it sleeps, wakes for each observation, and has the radio on
	 * for each report.
	 */
	readonly power: "mains" | "solar";
}

/** What must be given; the rest has a default. */
export type StationInput = Pick<StationDefinition, "board" | "sensors" | "site"> &
	Partial<Omit<StationDefinition, "cadence" | "topics">> & {
		readonly cadence?: Partial<Cadence>;
		readonly topics?: Partial<Topics>;
	};

const defaultCadence: Cadence = Object.freeze({
	sampleSeconds: 2,
	observeSeconds: 5,
	reportSeconds: 30,
});

/** One sample an observation: in between a station on a battery sleeps. */
const solarCadence: Cadence = Object.freeze({
	sampleSeconds: 60,
	observeSeconds: 60,
	reportSeconds: 600,
});

const defaultTopics: Topics = Object.freeze({
	report: "isobar/{thing}/report",
	status: "isobar/{thing}/status",
	health: "isobar/{thing}/health",
});

/**
 * Checks a description of a station and fills in the defaults.
 *
 * @throws {Error} with one line that names the value and what was expected
 */
export function defineStation(input: StationInput): StationDefinition {
	const definition: StationDefinition = {
		buses: {},
		qos: 1,
		keepAliveSeconds: 60,
		healthSeconds: 300,
		cloud: "local",
		channels: [],
		derive: [],
		payload: "columns",
		lossWindow: 0,
		power: "mains",
		...input,
		cadence: { ...(input.power === "solar" ? solarCadence : defaultCadence), ...input.cadence },
		topics: { ...defaultTopics, ...input.topics },
	};
	checkSensors(definition);
	checkSite(definition.site);
	checkMetadata(definition);
	checkTopics(definition);
	checkWhole("keepAliveSeconds", definition.keepAliveSeconds, 5, 1200);
	checkWhole("healthSeconds", definition.healthSeconds, 10, 86_400);
	checkOneOf("qos", definition.qos, definition.cloud === "aws" ? [1] : [1, 2]);
	checkOneOf("cloud", definition.cloud, ["local", "aws", "mqtt"]);
	checkWhole("lossWindow", definition.lossWindow, 0, Limits.stagedObservations);
	checkOneOf("power", definition.power, ["mains", "solar"]);
	checkOneOf("payload", definition.payload, ["columns", "dense"]);
	const refusal = cadenceFault(definition.cadence);
	if (refusal !== undefined) fail(`cadence.${refusal.field}: ${refusal.reason}`);
	const fault = definition.power === "solar" ? sleepFault(definition) : undefined;
	if (fault !== undefined) fail(fault);
	return freezeDeep(definition);
}

function checkSensors(definition: StationDefinition): void {
	const { sensors, buses } = definition;
	if (sensors.length === 0) fail("sensors: expected at least one, got none");
	if (sensors.length > Limits.sensors) {
		fail(`sensors: expected at most ${Limits.sensors}, got ${sensors.length}`);
	}
	const known = new ChannelTable(definition.channels);
	const places = new Places();
	for (const [name, { data, clock, power }] of Object.entries(buses)) {
		places.takePin(data, `buses.${name}.data`);
		places.takePin(clock, `buses.${name}.clock`);
		if (power !== undefined) places.takePin(power, `buses.${name}.power`);
	}
	for (const entry of sensors) {
		places.takeName(entry.name);
		checkChannels(entry, known, places);
		checkPlacement(entry, buses, places);
	}
	checkDerived(definition, known);
}

function checkChannels(entry: SensorEntry, known: ChannelTable, places: Places): void {
	const { name, Driver, channels, calibrate } = entry;
	for (const [option, given] of Object.entries({ channels, calibrate })) {
		for (const channel of Object.keys(given)) {
			if (Driver.part.channels.includes(channel)) continue;
			const expected = Driver.part.channels.join(", ");
			fail(`sensor ${name}: ${option}: expected channels among ${expected}, got ${channel}`);
		}
	}
	for (const { from, fills } of usesOf(entry)) {
		for (const channel of [from, fills]) {
			if (known.indexOf(channel) >= 0) continue;
			fail(`sensor ${name}: channel ${channel} is not in the channel table; add it to channels`);
		}
		if (isDerived(fills, known))
			fail(`sensor ${name}: channel ${fills} is the station's to compute`);
		places.takeChannel(fills, name);
	}
	const sources = new Map<string, string>();
	for (const [channel, calibration] of Object.entries(calibrate)) {
		const { group, property } = known.at(known.indexOf(channel));
		const other = sources.get(`${group}.${property}`);
		if (other !== undefined) {
			fail(`sensor ${name}: calibrate: ${channel} has the calibration of ${other}; expected one`);
		}
		sources.set(`${group}.${property}`, channel);
		try {
			coefficientsOf(calibration);
		} catch (error) {
			fail(`sensor ${name}: calibrate.${channel}: ${(error as Error).message}`);
		}
	}
}

/** Whether the station fills a channel by itself, from others. */
function isDerived(name: string, known: ChannelTable): boolean {
	return known.at(known.indexOf(name)).of !== undefined || needsOf(name).length > 0;
}

function checkDerived(definition: StationDefinition, known: ChannelTable): void {
	const filled = new Set(definition.sensors.flatMap(usesOf).map(({ fills }) => fills));
	for (const name of definition.derive) {
		if (known.indexOf(name) < 0 || !isDerived(name, known)) {
			fail(`derive: expected channels that a station computes, got ${name}`);
		}
		const needs = known.at(known.indexOf(name)).of ?? needsOf(name);
		for (const need of [needs].flat()) {
			if (!filled.has(need)) fail(`derive: ${name} needs a sensor for ${need}`);
		}
		if (name.endsWith("Local") && definition.site.utcOffsetHours === undefined) {
			fail(`derive: ${name} needs site.utcOffsetHours`);
		}
	}
	try {
		channelsOf(definition);
	} catch (error) {
		fail((error as Error).message);
	}
}

function checkPlacement(
	entry: SensorEntry,
	buses: StationDefinition["buses"],
	places: Places,
): void {
	const { name, placement, Driver } = entry;
	const { io } = Driver.part;
	if (io === "I2C" || io === "SMBus") {
		const { bus, address } = placement;
		if (bus === undefined || buses[bus] === undefined) {
			fail(
				`sensor ${name}: bus: expected one of ${Object.keys(buses).join(", ") || "buses"}, got ${bus}`,
			);
		}
		if (placement.pin !== undefined) fail(`sensor ${name}: a part on a bus takes no pin`);
		// 7-bit addresses outside this range are reserved: NXP UM10204 §3.1.12.
		checkWhole(`sensor ${name}: address`, address, 0x08, 0x77);
		places.takeAddress(bus as string, address as number, name);
	} else {
		if (placement.bus !== undefined) fail(`sensor ${name}: a part on a pin takes no bus`);
		places.takePin(placement.pin, `sensor ${name}: pin`);
	}
}

/** What is taken already, and by whom. */
class Places {
	readonly #taken = new Map<string, string>();

	takeName(name: string): void {
		this.#take(`name ${name}`, `sensor ${name}`);
	}

	takeChannel(channel: string, sensorName: string): void {
		this.#take(`channel ${channel}`, `sensor ${sensorName}`);
	}

	takeAddress(bus: string, address: number, sensorName: string): void {
		this.#take(`address 0x${address.toString(16)} on ${bus}`, `sensor ${sensorName}`);
	}

	takePin(pin: number | undefined, where: string): void {
		checkWhole(where, pin, 0, 48);
		this.#take(`pin ${pin}`, where);
	}

	#take(what: string, who: string): void {
		const owner = this.#taken.get(what);
		if (owner !== undefined) fail(`${who}: ${what} is taken by ${owner}`);
		this.#taken.set(what, who);
	}
}

function checkSite(site: Site): void {
	checkRange("site.latitude", site.latitude, -90, 90);
	checkRange("site.longitude", site.longitude, -180, 180);
	checkRange("site.heightM", site.heightM, -500, 9_000);
	checkRange("site.utcOffsetHours", site.utcOffsetHours ?? 0, -12, 14);
}

function checkMetadata(definition: StationDefinition): void {
	const size = utf8Length(JSON.stringify(metadataOf(definition)));
	if (size > Limits.metadataBytes) {
		fail(
			`metadata of site and sensors: expected at most ${Limits.metadataBytes} bytes as JSON, got ${size}`,
		);
	}
	for (const { name, metadata } of definition.sensors) {
		checkRange(`sensor ${name}: metadata.heightM`, metadata.heightM ?? 0, -100, 1_000);
		const { calibrated = "2000-01-01" } = metadata;
		if (!/^\d{4}-\d{2}-\d{2}$/.test(calibrated)) {
			fail(`sensor ${name}: metadata.calibrated: expected a day as 2026-03-01, got ${calibrated}`);
		}
	}
}

function checkTopics({ topics }: StationDefinition): void {
	for (const [name, topic] of Object.entries(topics)) {
		if (!topic.includes("{thing}") || /[+#\0]/.test(topic)) {
			fail(`topics.${name}: expected a topic name with {thing} and no wildcard, got "${topic}"`);
		}
	}
}

function checkWhole(what: string, value: unknown, minimum: number, maximum: number): void {
	if (!Number.isInteger(value)) fail(`${what}: expected a whole number, got ${String(value)}`);
	checkRange(what, value, minimum, maximum);
}

function checkRange(what: string, value: unknown, minimum: number, maximum: number): void {
	if (typeof value !== "number" || !(value >= minimum && value <= maximum)) {
		fail(`${what}: expected ${minimum}..${maximum}, got ${String(value)}`);
	}
}

function checkOneOf<T>(what: string, value: T, allowed: readonly T[]): void {
	if (!allowed.includes(value)) {
		fail(`${what}: expected ${allowed.join(" or ")}, got ${String(value)}`);
	}
}

function fail(message: string): never {
	throw new Error(`station: ${message}`);
}
