import type { StationDefinition } from "../../firmware/index.ts";
import { channelsOf, reasonName } from "../../firmware/index.ts";
import type { StationState } from "../../firmware/station/station.ts";
import type { PathOptions } from "../device/socket.ts";
import type { RandomStream } from "../kernel/random.ts";
import type { SimulatedPart } from "../parts/part.ts";
import type { Weather } from "../weather/climate.ts";
import type { Conditions, WeatherSource } from "../weather/conditions.ts";
import { typicalDay } from "../weather/typical.ts";
import type { ArchivedRow } from "./archive.ts";
import { type Duration, milliseconds } from "./duration.ts";
import {
	type EndFault,
	FaultBench,
	type FaultDetails,
	type FleetFault,
	type StationFault,
} from "./faults.ts";
import type { Totals } from "./station.ts";
import { VirtualFleet, type VirtualLedger } from "./virtual.ts";
import type { Parts } from "./wiring.ts";

export interface CreateFleetOptions {
	/** What `defineStation` has returned. */
	readonly definition: StationDefinition;
	/** Simulated parts of your own sensors, by `Driver.part.name`. */
	readonly parts?: Parts;
	/** How many, or their names; 1 when it is left out. */
	readonly stations?: number | readonly string[];
	/** Decides everything random; 1 when it is left out. */
	readonly seed?: number;
	/** The first moment, UTC ms; 2027-01-01 when it is left out. */
	readonly start?: number;
	/** A region, a record, or conditions of your own; a made-up day when it is left out. */
	readonly weather?: Weather;
	/** Instead of a weather: what acts on the instruments, always or at a moment; the rest is mild. */
	readonly conditions?: Partial<Conditions> | ((time: number) => Partial<Conditions>);
	/** What lies between the stations and the broker. */
	readonly path?: PathOptions;
	/** Erase blocks of 4 KiB in the partition of the outbox; 256 when it is left out. */
	readonly flashBlocks?: number;
	/** Hears every line that the firmware logs. */
	log?(thing: string, line: string): void;
}

/** What a fault is told; what is left out is drawn from the seed. Without `for` it lasts until it is ended. */
export type FaultOptions = Omit<FaultDetails, "duration"> & { readonly for?: Duration };

/** What `settle` allows by default: the longest pause of a link, twice, and a report. */
const usualSettle = "30m";
const drainMs = 60_000;

/**
 * A fleet in virtual time, for tests: the real firmware on simulated devices, and a broker with a
 * cloud behind it. Nothing waits for real time, and the same options give the same run.
 *
 * @throws {Error} with one line when a sensor has no simulated part
 */
export function createFleet(options: CreateFleetOptions): TestFleet {
	return new TestFleet(options);
}

/** The observations of a fleet are not where they should be. */
export class LedgerError extends Error {
	override readonly name = "LedgerError";
	readonly code = "LEDGER";
	readonly ledger: VirtualLedger;

	constructor(ledger: VirtualLedger) {
		const counts = Object.entries(ledger).map(([name, count]) => `${name} ${count}`);
		super(`observations are missing or stand twice: ${counts.join(", ")}`);
		this.ledger = ledger;
	}
}

/** What acts on the instruments where nothing else is said. */
const mild: Conditions = Object.freeze({
	airTemperature: 15,
	relativeHumidity: 60,
	stationPressure: 101_325,
	windSpeed: 3,
	windDirection: 225,
	precipitationTotal: 0,
	batteryVoltage: 4,
});

function weatherOf(conditions: NonNullable<CreateFleetOptions["conditions"]>): WeatherSource {
	return {
		at: (time, into) => {
			const own = typeof conditions === "function" ? conditions(time) : conditions;
			return Object.assign(into, mild, own);
		},
	};
}

/** See `createFleet`. */
export class TestFleet {
	readonly stations: readonly TestStation[];
	readonly #fleet: VirtualFleet;
	readonly #bench: FaultBench;
	readonly #random: RandomStream;

	constructor({ stations = 1, seed = 1, weather, conditions, ...options }: CreateFleetOptions) {
		const things =
			typeof stations === "number"
				? Array.from({ length: stations }, (_, index) => `station-${index + 1}`)
				: stations;
		const { log } = options;
		this.#fleet = new VirtualFleet({
			...options,
			...(log === undefined ? {} : { log: (thing, line) => log(thing, line) }),
			things,
			seed,
			weather: conditions === undefined ? (weather ?? typicalDay()) : weatherOf(conditions),
		});
		this.#bench = new FaultBench(this.#fleet);
		this.#random = this.#fleet.seed.child("test");
		this.stations = things.map((_, index) => new TestStation(this.#fleet, this.#bench, index));
	}

	/** UTC ms. */
	get now(): number {
		return this.#fleet.now;
	}

	/** Two runs with the same hash have had the same events at the same moments. */
	get traceHash(): string {
		return this.#fleet.trace.digest;
	}

	/**
	 * Lets time pass.
	 *
	 * @param duration  ms, or a text such as "30s", "10m" or "2h"
	 * @throws {InvariantError} when an invariant does not hold, as it happens
	 */
	advance(duration: Duration): void {
		this.#fleet.runUntil(this.#fleet.now + milliseconds(duration));
	}

	/**
	 * One station; the first when no name is given.
	 *
	 * @throws {RangeError} when there is none of that name
	 */
	station(name = this.stations[0]!.name): TestStation {
		const station = this.stations.find((one) => one.name === name);
		if (station === undefined) {
			throw new RangeError(
				`station: no "${name}" among ${this.stations.map((one) => one.name).join(", ")}`,
			);
		}
		return station;
	}

	/** Has something happen to all: the broker, the names or the time. Returns what ends it. */
	fault(kind: FleetFault, { for: duration, ...details }: FaultOptions = {}): EndFault {
		const ms = duration === undefined ? undefined : milliseconds(duration);
		return this.#bench.begin(kind, 0, { ...details, duration: ms }, this.#random);
	}

	/**
	 * Ends all faults, and lets time pass until everything made so far is archived and every shadow
	 * reports what is desired.
	 *
	 * @param limit  within which that must be so
	 * @returns ms that it took
	 * @throws {InvariantError} when it takes longer
	 */
	settle(limit: Duration = usualSettle): number {
		this.#bench.endAll();
		return this.#fleet.settle(milliseconds(limit));
	}

	/**
	 * As `settle`, and then has every station report what it has made since, and leave. Nothing waits
	 * after that, and nothing more is made.
	 */
	finish(limit: Duration = usualSettle): number {
		const duration = this.settle(limit);
		this.#fleet.drain(drainMs);
		return duration;
	}

	/** Where all observations are. */
	ledger(): VirtualLedger {
		return this.#fleet.ledger();
	}

	/**
	 * Sees to it that everything made is archived, once; after `finish`.
	 *
	 * @param isFull  allows for what a full flash has given up
	 * @param isCut   allows for what power cuts have taken from the loss window
	 * @throws {LedgerError} with all counts
	 */
	assertArchived({ isFull = false, isCut = false } = {}): void {
		const ledger = this.ledger();
		const { lost, duplicates, waiting, shed, taken } = ledger;
		const missing = lost + duplicates + waiting + (isFull ? 0 : shed) + (isCut ? 0 : taken);
		if (missing > 0) throw new LedgerError(ledger);
	}
}

/** One station of a `TestFleet`. */
export class TestStation {
	readonly name: string;
	readonly #fleet: VirtualFleet;
	readonly #bench: FaultBench;
	readonly #index: number;
	readonly #random: RandomStream;

	constructor(fleet: VirtualFleet, bench: FaultBench, index: number) {
		this.name = fleet.things[index]!;
		this.#fleet = fleet;
		this.#bench = bench;
		this.#index = index;
		this.#random = fleet.seed.child("test").child(this.name);
	}

	/** What the firmware says of itself; `undefined` while it is off. One object, filled anew each time. */
	get state(): StationState | undefined {
		return this.#fleet.stations[this.#index]!.state;
	}

	/** What it has done over all its starts: a station on a battery starts for each observation. */
	get totals(): Totals {
		return this.#fleet.stations[this.#index]!.totals();
	}

	/** Values of the last observation by channel name, in the unit of the channel; null is missing. */
	get values(): Readonly<Record<string, number | null>> {
		const values: Record<string, number | null> = {};
		this.#forChannels((name, value) => {
			values[name] = Number.isNaN(value) ? null : value;
		});
		return values;
	}

	/** Why values of the last observation are missing, by channel name. */
	get reasons(): Readonly<Record<string, string>> {
		const reasons: Record<string, string> = {};
		this.#forChannels((name, _value, code) => {
			const reason = reasonName(code);
			if (reason !== undefined) reasons[name] = reason;
		});
		return reasons;
	}

	/** What the archive has of this station, in the order in which it came. */
	get archive(): readonly ArchivedRow[] {
		return this.#fleet.archive.rows(this.name);
	}

	/** What its shadow says. */
	get shadow(): { readonly desired: object; readonly reported: object } {
		const { desired, reported } = this.#fleet.cloud.shadow(this.name) ?? {};
		return { desired: desired?.value ?? {}, reported: reported?.value ?? {} };
	}

	/** The simulated part of a sensor, by the sensor's name in the definition. */
	part(sensor: string): SimulatedPart | undefined {
		return this.#fleet.stations[this.#index]!.part(sensor);
	}

	/** Wants something of the station, as an app does: `{ reportSeconds: 60 }`. */
	desire(desired: object): void {
		this.#fleet.cloud.desire(this.name, desired);
	}

	/**
	 * Has something happen to this station. Returns what ends it. The power goes at this very moment
	 * unless `point` says in the middle of what.
	 */
	fault(kind: StationFault, { for: duration, ...details }: FaultOptions = {}): EndFault {
		const ms = duration === undefined ? undefined : milliseconds(duration);
		const told = { point: "moment", ...details, duration: ms } as const;
		return this.#bench.begin(kind, this.#index, told, this.#random);
	}

	#forChannels(visit: (name: string, value: number, reason: number) => void): void {
		const { state } = this;
		if (state === undefined) return;
		const channels = channelsOf(this.#fleet.definition);
		const { values, reasons } = state.lastObservation;
		for (let index = 0; index < channels.length; index++) {
			const isFitted = !Number.isNaN(values[index]!) || reasons[index] !== 0;
			if (isFitted) visit(channels.at(index).name, values[index]!, reasons[index]!);
		}
	}
}
