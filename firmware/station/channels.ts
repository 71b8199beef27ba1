import { type Calibration, coefficientsOf } from "../sensing/calibration.ts";
import { type Channel, ChannelTable } from "../sensing/channel.ts";
import type { Filling } from "../sensing/scheduler.ts";
import type { SensorEntry, StationDefinition } from "./define.ts";

/** A channel of a driver, and the channel of the station that it fills. */
export interface ChannelUse {
	readonly from: string;
	readonly fills: string;
}

/** What a sensor fills, after its definition has renamed channels and left some out. */
export function usesOf({ Driver, channels }: SensorEntry): ChannelUse[] {
	return Driver.part.channels
		.map((from) => ({ from, fills: channels[from] ?? from }))
		.filter((use): use is ChannelUse => use.fills !== false);
}

/**
 * The channels of a station: the standard ones, those its sensors fill, those it derives, and the
 * user's own.
 *
 * @throws {Error} with one line, see `ChannelTable`
 */
export function channelsOf(
	definition: Pick<StationDefinition, "sensors" | "channels" | "derive">,
): ChannelTable {
	const fitted = definition.sensors.flatMap(usesOf).map(({ fills }) => fills);
	return new ChannelTable(definition.channels, [...fitted, ...definition.derive]);
}

/** Bits of an identifier within its group: as storage groups them. */
const groupShift = 3;

/**
 * What an observation of a station takes to flash when every value is there.
 *
 * @returns how many channels, and in how many groups of eight identifiers
 */
export function storedOf(definition: Pick<StationDefinition, "sensors" | "channels" | "derive">): {
	channels: number;
	groups: number;
} {
	const table = channelsOf(definition);
	const filled = definition.sensors.flatMap(usesOf).map(({ fills }) => fills);
	const stored = [...new Set([...filled, ...definition.derive])]
		.map((name) => table.indexOf(name))
		.filter((index) => table.at(index).in !== "health");
	const groups = new Set(stored.map((index) => table.ids[index]! >> groupShift));
	return { channels: stored.length, groups: groups.size };
}

/**
 * How the samples of a sensor get into the channels of its station. Statistics of a channel take
 * what the channel takes; channels with one source have one calibration.
 *
 * @param known    every channel that a driver may name
 * @param station  the channels of the station
 */
export function fillingsOf(
	entry: SensorEntry,
	known: ChannelTable,
	station: ChannelTable,
): readonly Filling[] {
	const fillings: Filling[] = [];
	for (const { from, fills } of usesOf(entry)) {
		const source = known.at(known.indexOf(from));
		const coefficients = coefficientsFor(source, entry, known);
		const names = [fills, ...statisticsOf(fills, station)];
		for (const channel of names) {
			const { group, property } = source;
			fillings.push({
				channel,
				group,
				property,
				...(coefficients === undefined ? {} : { coefficients }),
			});
		}
	}
	return fillings;
}

function statisticsOf(name: string, station: ChannelTable): string[] {
	return Array.from({ length: station.length }, (_, index) => station.at(index))
		.filter((channel) => channel.of === name)
		.map((channel) => channel.name);
}

function coefficientsFor(
	{ group, property }: Channel,
	{ calibrate }: SensorEntry,
	known: ChannelTable,
): readonly number[] | undefined {
	for (const [name, calibration] of Object.entries<Calibration>(calibrate)) {
		const channel = known.at(known.indexOf(name));
		if (channel.group === group && channel.property === property) {
			return coefficientsOf(calibration);
		}
	}
	return undefined;
}
