import { type Channel, reasonName, type StationDefinition } from "../../firmware/index.ts";
import { channelsOf } from "../../firmware/station/channels.ts";
import type { StationState } from "../../firmware/station/station.ts";
import type { SimulatedStation } from "../fleet/station.ts";

/** One column: its head, its unit and how a station fills it. */
interface Column {
	readonly head: string;
	readonly unit: string;
	readonly width: number;
	/** To the left for words; figures stand at the right. */
	readonly left?: boolean;
	/** `state` is undefined while the station is off, or asleep. */
	text(state: StationState | undefined, station: SimulatedStation): string;
}

/** Heads and formats of the standard channels: as people speak of them, not as they travel. */
const shown: Readonly<
	Record<string, { head: string; unit?: string; digits: number; scale?: number }>
> = Object.freeze({
	airTemperature: { head: "temp", digits: 1 },
	relativeHumidity: { head: "humidity", digits: 1 },
	stationPressure: { head: "pressure", unit: "hPa", digits: 1, scale: 0.01 },
	windSpeed: { head: "wind", digits: 1 },
	windGust: { head: "gust", digits: 1 },
	windDirection: { head: "from", unit: "°", digits: 0 },
	precipitation: { head: "rain", digits: 2 },
});

const none = "–";
const gap = "  ";

/** The columns of the live table, and their rows as text. */
export class Table {
	readonly #columns: readonly Column[];

	/** One column for each of the standard channels in `shown` and for each of the user's own. */
	constructor(definition: StationDefinition) {
		const table = channelsOf(definition);
		const own = definition.channels.filter((channel) => channel.in === "observation");
		const values = [...Object.keys(shown), ...own.map(({ name }) => name)].map((name) => {
			const index = table.indexOf(name);
			return valueColumn(table.at(index), index);
		});
		this.#columns = [
			{ head: "station", unit: "", width: 14, left: true, text: (_, { thing }) => thing },
			{
				head: "link",
				unit: "",
				width: 12,
				left: true,
				text: (state, { isAsleep }) => state?.link ?? (isAsleep ? "asleep" : "off"),
			},
			...values,
			countColumn("waiting", (state) => state?.waiting),
			countColumn("acked", (_, station) => station.totals().acknowledged),
			{
				head: "round trip",
				unit: "ms",
				width: 10,
				text: (state) => figure(state?.roundTripMs ?? Number.NaN, 0),
			},
		];
	}

	/** Two lines: names, and units under them. */
	heads(): [heads: string, units: string] {
		return [this.#line((column) => column.head.toUpperCase()), this.#line((column) => column.unit)];
	}

	row(station: SimulatedStation): string {
		const { state } = station;
		return this.#line((column) => column.text(state, station));
	}

	#line(text: (column: Column) => string): string {
		return this.#columns
			.map((column) => {
				const { width, left } = column;
				const cell = text(column);
				return left ? cell.slice(0, width).padEnd(width) : cell.padStart(width);
			})
			.join(gap)
			.trimEnd();
	}
}

function valueColumn(channel: Channel, index: number): Column {
	const own = { head: channel.name, digits: Math.min(3, Math.max(0, Math.log10(channel.perUnit))) };
	const { head, digits, unit = channel.unit, scale = 1 } = shown[channel.name] ?? own;
	return {
		head,
		unit,
		width: Math.max(head.length, unit.length, 6),
		text(state) {
			if (state === undefined || state.lastSequence === 0) return none;
			const { values, reasons } = state.lastObservation;
			const value = values[index]!;
			return Number.isNaN(value)
				? (reasonName(reasons[index]!) ?? none)
				: figure(value * scale, digits);
		},
	};
}

function countColumn(
	head: string,
	count: (state: StationState | undefined, station: SimulatedStation) => number | undefined,
): Column {
	return {
		head,
		unit: "",
		width: 7,
		text: (state, station) => {
			const value = count(state, station);
			return value === undefined ? none : String(value);
		},
	};
}

/** A number with so many digits after the point; no minus before a zero. */
function figure(value: number, digits: number): string {
	if (Number.isNaN(value)) return none;
	const text = value.toFixed(digits);
	return Number(text) === 0 ? text.replace("-", "") : text;
}
