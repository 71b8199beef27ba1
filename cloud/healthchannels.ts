import type { Json, JsonObject } from "./services/document.ts";

/** A number of the health message as it stands in the archive. */
export interface HealthChannel {
	/** In the archive. */
	readonly name: string;
	readonly unit: string;
	/** In the message; behind a point that of a member (docs/topics.md §4). */
	readonly member: string;
	/** Steps of the member in one unit. */
	readonly perUnit: number;
	/** Both ends included, in the unit; a value outside is left out. */
	readonly minimum: number;
	readonly maximum: number;
	/** For charts, see `Channel`. */
	readonly aggregate: "mean";
}

function channel(
	name: string,
	unit: string,
	[member, perUnit]: readonly [string, number],
	minimum: number,
	maximum = Number.MAX_SAFE_INTEGER,
): HealthChannel {
	const aggregate = "mean";
	return Object.freeze({ name, unit, member, perUnit, minimum, maximum, aggregate });
}

/** What is kept of a health message: add at the end, and change no meaning. */
const channels: readonly HealthChannel[] = Object.freeze([
	channel("batteryVoltage", "V", ["batteryMv", 1000], 0, 30),
	channel("stateOfCharge", "%", ["stateOfCharge", 1], 0, 100),
	channel("signalStrength", "dBm", ["rssiDbm", 1], -127, -1),
	channel("freeHeap", "B", ["freeHeapBytes", 1], 0),
	channel("uptime", "s", ["uptimeSeconds", 1], 0),
	channel("boot", "1", ["boot", 1], 0),
	channel("connects", "1", ["connects", 1], 0),
	channel("observationsWaiting", "1", ["observations.waiting", 1], 0),
	channel("observationsShed", "1", ["observations.shed", 1], 0),
]);

/** The channels of health messages, by name and index as in a `ChannelTable`. */
export const HealthChannels = Object.freeze({
	length: channels.length,
	at: (index: number): HealthChannel => channels[index]!,
	/** -1 when there is none of that name. */
	indexOf: (name: string): number => channels.findIndex((one) => one.name === name),
});

/** The values of a message in the units of their channels; `undefined` when there is none. */
export function valuesOf(message: JsonObject): Readonly<Record<string, number>> | undefined {
	const values: Record<string, number> = {};
	for (const { name, member, perUnit, minimum, maximum } of channels) {
		const value = numberAt(message, member);
		if (value === undefined) continue;
		const inUnit = value / perUnit;
		if (inUnit >= minimum && inUnit <= maximum) values[name] = inUnit;
	}
	return Object.keys(values).length === 0 ? undefined : values;
}

/** The members of a message that a row of the archive has. */
export function healthOf(row: Readonly<Record<string, unknown>>): JsonObject {
	const message: Record<string, Json> = {};
	for (const { name, member, perUnit } of channels) {
		const value = row[name];
		if (typeof value !== "number") continue;
		const [outer, inner] = member.split(".") as [string, string?];
		const number = Math.round(value * perUnit);
		if (inner === undefined) message[outer] = number;
		else message[outer] = { ...(message[outer] as JsonObject), [inner]: number };
	}
	return message;
}

function numberAt(message: JsonObject, member: string): number | undefined {
	const [outer, inner] = member.split(".") as [string, string?];
	const outerValue: unknown = message[outer];
	const value =
		inner === undefined ? outerValue : (outerValue as Record<string, unknown> | null)?.[inner];
	return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
