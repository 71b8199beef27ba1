import type { StationView } from "../../web/views.ts";

export interface Column {
	readonly name: string;
	readonly title: string;
	/** By which stations are put in order; what is missing comes last. */
	readonly key: (station: StationView) => number | string | null;
}

/** By which column, and whether from the highest down. */
export interface Order {
	readonly column: string;
	readonly isDown: boolean;
}

const byValue = (name: string, title: string): Column => ({
	name,
	title,
	key: ({ values }) => values[name]?.value ?? null,
});

export const columns: readonly Column[] = [
	{ name: "thing", title: "Station", key: ({ thing }) => thing },
	byValue("airTemperature", "Temp."),
	byValue("relativeHumidity", "Humidity"),
	byValue("stationPressure", "Pressure"),
	byValue("windSpeed", "Wind"),
	byValue("windGust", "Gust"),
	{ name: "battery", title: "Battery", key: ({ batteryVoltage }) => batteryVoltage },
	{ name: "signal", title: "Signal", key: ({ signal }) => signal },
	{ name: "firmware", title: "Firmware", key: ({ firmware }) => firmware },
	{ name: "lastSeen", title: "Age", key: ({ lastSeen }) => lastSeen && -Date.parse(lastSeen) },
	{ name: "alarms", title: "Alarms", key: ({ alarms }) => -alarms.length },
];

/** Stations in an order; equals stay by name. */
export function ordered(
	stations: readonly StationView[],
	{ column, isDown }: Order,
): readonly StationView[] {
	const { key } = columns.find(({ name }) => name === column)!;
	const sign = isDown ? -1 : 1;
	return [...stations].sort((left, right) => compare(key(left), key(right), sign));
}

function compare(
	left: number | string | null,
	right: number | string | null,
	sign: number,
): number {
	if (left === right) return 0;
	if (left === null) return 1;
	if (right === null) return -1;
	return left < right ? -sign : sign;
}

/** Stations that match every word, in their names, version or alarms. */
export function search(stations: readonly StationView[], words: string): readonly StationView[] {
	const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
	if (wanted.length === 0) return stations;
	return stations.filter((station) => {
		const text = textOf(station);
		return wanted.every((word) => text.includes(word));
	});
}

function textOf({ thing, displayName, firmware, connected, alarms }: StationView): string {
	const words = alarms.map(({ name, detail }) => `${name} ${detail}`);
	const state = connected ? "connected" : "offline";
	return [thing, displayName, firmware, state, ...words].join(" ").toLowerCase();
}
