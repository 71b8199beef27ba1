import type { SensorEntry, StationDefinition } from "../../firmware/station/define.ts";
import type { Connection, VirtualBus } from "../device/bus.ts";
import { createPart } from "../parts/catalogue.ts";
import type { SimulatedPart, Surroundings } from "../parts/part.ts";

/**
 * Makes a simulated part of the user's own.
 *
 * @param hardware  what the driver is configured with in the station's definition
 */
export type PartFactory = (surroundings: Surroundings, hardware: object) => SimulatedPart;

/** The user's own parts by the name of the driver's part, `Driver.part.name`. */
export type Parts = Readonly<Record<string, PartFactory>>;

/**
 * Connects a simulated part to the bus for every sensor of a station.
 *
 * @returns the parts by the names of their sensors
 * @throws {Error} with one line that names the sensor: there is no such part
 */
export function wire(
	definition: StationDefinition,
	bus: VirtualBus,
	surroundings: Surroundings,
	own: Parts = {},
): ReadonlyMap<string, SimulatedPart> {
	const parts = new Map<string, SimulatedPart>();
	for (const { power, ...lines } of Object.values(definition.buses)) {
		if (power !== undefined) bus.attachSupply(power, lines);
	}
	for (const entry of definition.sensors) {
		const part = makePart(entry, surroundings, own);
		bus.attach(connectionOf(entry, definition), part);
		parts.set(entry.name, part);
	}
	return parts;
}

function makePart(entry: SensorEntry, surroundings: Surroundings, own: Parts): SimulatedPart {
	const { name } = entry.Driver.part;
	const hardware = entry.configure ?? {};
	const part = Object.hasOwn(own, name)
		? own[name]!(surroundings, hardware)
		: createPart(name, surroundings, hardware);
	if (part === undefined) {
		throw new Error(
			`sensor ${entry.name}: no simulated part ${name}; expected the station file to export one in \`parts\``,
		);
	}
	return part;
}

function connectionOf({ placement }: SensorEntry, { buses }: StationDefinition): Connection {
	const { bus, address, pin } = placement;
	if (bus === undefined) return { pin: pin! };
	const { data, clock } = buses[bus]!;
	return { data, clock, address: address! };
}
