import { readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../cloud/fault.ts";
import { defineStation, type StationDefinition } from "../../firmware/index.ts";
import { VirtualBus } from "../device/bus.ts";
import { wire } from "../fleet/wiring.ts";
import type { Weather } from "../weather/climate.ts";
import type { Conditions } from "../weather/conditions.ts";
import { FieldClimate } from "../weather/field.ts";
import { metarClimate } from "../weather/metar.ts";
import { parseRecord } from "../weather/record.ts";
import type { Host, StationModule } from "./host.ts";
import { UsageError } from "./options.ts";

/** Which station a fleet is made of, by the names of the options. */
export interface StationChoice {
	readonly station?: string;
	/** Takes what a station file is compiled to. */
	readonly data: string;
	readonly sample?: number;
	readonly observe?: number;
	readonly report?: number;
}

/**
 * Reads the weather that the user has named: "synthetic", a file of METAR reports whose name ends in
 * .metar, or a record in CSV.
 *
 * @param seed  decides weather that is made up
 * @throws {UsageError}
 */
export function readWeather(name: string, seed: number): Weather {
	if (name === "synthetic") return new FieldClimate({ seed });
	try {
		const text = readFileSync(name, "utf8");
		return name.endsWith(".metar") ? metarClimate(text, name) : parseRecord(text, name);
	} catch (error) {
		throw new UsageError(`--weather: ${messageOf(error)}`);
	}
}

/**
 * Loads the station of a fleet, the user's or the one that comes with Isobar, and changes its cadence.
 *
 * @throws {UsageError}
 */
export async function readStation(options: StationChoice, host: Host): Promise<StationModule> {
	const { station, data, sample, observe, report } = options;
	const module =
		station === undefined ? host.station : await host.loadStation(station, join(data, "build"));
	const definition: StationDefinition = {
		...module.definition,
		cadence: {
			...module.definition.cadence,
			...(sample === undefined ? {} : { sampleSeconds: sample }),
			...(observe === undefined ? {} : { observeSeconds: observe }),
			...(report === undefined ? {} : { reportSeconds: report }),
		},
	};
	try {
		dryWire(module);
	} catch (error) {
		throw new UsageError(`--station: ${messageOf(error)}`);
	}
	try {
		return { ...module, definition: defineStation(definition) };
	} catch (error) {
		throw new UsageError(`--sample, --observe, --report: ${messageOf(error)}`);
	}
}

/** Finds out before anything is started whether there is a simulated part for every sensor. */
function dryWire({ definition, parts }: StationModule): void {
	const weather = { at: (_time: number, into: Conditions) => into };
	wire(definition, new VirtualBus({ now: () => 0 }), { weather, random: { next: () => 0 } }, parts);
}
