import { Commons } from "../../firmware/station/commons.ts";
import type { StationDefinition } from "../../firmware/station/define.ts";
import { RandomStream } from "../kernel/random.ts";
import { type Climate, climateOf, placeAround, type Weather } from "../weather/climate.ts";
import { SimulatedStation, type SimulatedStationOptions, type Totals } from "./station.ts";
import type { Parts } from "./wiring.ts";
import type { World } from "./world.ts";

/** Milliseconds between the first starts of two stations, and of the first and the last at most. */
const startGapMs = 100;
const startSpreadMs = 10_000;
/** Kilometres around its site in which a fleet stands that replays a record. */
const nearbyKm = 25;
/** Milliseconds between two looks at whether everything is drained. */
const lookMs = 20;

export interface FleetOptions {
	/** Thing names, one a station. */
	readonly things: readonly string[];
	readonly endpoint: string;
	readonly port: number;
	readonly definition: StationDefinition;
	/** The simulated parts of the user's own sensors. */
	readonly parts?: Parts;
	/** A region; or a record, in which each station is at its own place in time; or the same for all. */
	readonly weather: Weather;
	/** Whether each station reports a place of its own around the site of the definition, as a network has. */
	readonly hasOwnPlaces?: boolean;
	/** Decides everything random. The share of one station depends on its name and on no other. */
	readonly seed: number;
	/** What survives a power cut of a station, and what else is its own. */
	storage(thing: string): StationHardware;
	log(thing: string, line: string): void;
}

/** What is a station's own, beside its place in the weather. */
export type StationHardware = Pick<SimulatedStationOptions, "flash" | "keyValue"> &
	Partial<Pick<SimulatedStationOptions, "claim" | "timeServer" | "crystal" | "onBoot" | "onTurn">>;

/** Stations of one kind in one world. */
export class Fleet {
	readonly stations: readonly SimulatedStation[];
	readonly #world: World;

	/** @throws {Error} with one line when a sensor has no simulated part, or storage can't be had */
	constructor(world: World, options: FleetOptions) {
		this.#world = world;
		const seed = new RandomStream(options.seed);
		const climate = climateOf(options.weather);
		const commons = new Commons(options.definition, 0);
		this.stations = options.things.map((thing) => {
			const random = seed.child(thing);
			const definition = options.hasOwnPlaces
				? placed(options.definition, climate, random)
				: options.definition;
			return new SimulatedStation(world, {
				thing,
				endpoint: options.endpoint,
				port: options.port,
				definition,
				commons,
				...(options.parts === undefined ? {} : { parts: options.parts }),
				random,
				weather: climate.sourceFor(options.definition.site, random),
				...options.storage(thing),
				log: (line) => options.log(thing, line),
			});
		});
	}

	/** Switches the stations on one after another, within ten seconds. */
	start(): void {
		const gap = Math.min(startGapMs, startSpreadMs / this.stations.length);
		this.stations.forEach((station, index) => {
			this.#world.schedule(index * gap, () => station.powerOn());
		});
	}

	/**
	 * Lets every station report what it has and say goodbye.
	 *
	 * @param limit  ms after which it ends wherever it stands
	 */
	async drain(limit: number): Promise<void> {
		for (const station of this.stations) station.drain(limit);
		// A station meets its own deadline; one look more and the fleet does not hang on it.
		const end = this.#world.now + limit + lookMs;
		while (this.#world.now < end && !this.stations.every((station) => station.isDrained)) {
			await new Promise<void>((resolve) => this.#world.schedule(lookMs, resolve));
		}
	}

	/** Switches everything off. */
	stop(): void {
		for (const station of this.stations) station.powerCut();
	}

	/** What all stations have done. */
	totals(): FleetTotals {
		const totals = this.stations.map((station) => station.totals());
		const sum = (pick: (one: Totals) => number): number =>
			totals.reduce((all, one) => all + pick(one), 0);
		return {
			stations: totals.length,
			samples: sum((one) => one.samples),
			made: sum((one) => one.made.reduce((all, { first, last }) => all + last - first + 1, 0)),
			acknowledged: sum((one) => one.acknowledged),
			shed: sum((one) => one.shed),
			reportsSent: sum((one) => one.reportsSent),
			reportsResent: sum((one) => one.reportsResent),
			connects: sum((one) => one.connects),
			payloadBytes: sum((one) => one.payloadBytes),
			payloadObservations: sum((one) => one.payloadObservations),
			waiting: this.stations.reduce((all, { state }) => all + (state?.waiting ?? 0), 0),
			crashes: this.stations.reduce((all, { crashes }) => all + crashes, 0),
		};
	}
}

/** The definition of a station at the place that its weather is of; with a record, at one nearby. */
function placed(
	definition: StationDefinition,
	climate: Climate,
	random: RandomStream,
): StationDefinition {
	const { site } = definition;
	const place = climate.placeFor?.(site, random) ?? placeAround(site, random, nearbyKm);
	const rounded = (degrees: number): number => Math.round(degrees * 1e4) / 1e4;
	const { latitude, longitude } = place;
	return {
		...definition,
		site: { ...site, latitude: rounded(latitude), longitude: rounded(longitude) },
	};
}

/** Sums over a fleet. */
export interface FleetTotals
	extends Omit<Totals, "made" | "exposed" | "wakes" | "awakeMs" | "radioMs"> {
	readonly stations: number;
	/** Observations made. */
	readonly made: number;
	/** Observations that nobody has acknowledged, now. */
	readonly waiting: number;
	readonly crashes: number;
}
