import { smoothstep } from "./noise.ts";

/** What a row of a record holds, in the order in which `WeatherRecord` keeps it. */
interface Column {
	/** Name in the header line of the file. */
	readonly header: string;
	readonly unit: string;
	readonly minimum: number;
	readonly maximum: number;
	/** An angle in degrees, which goes from 359 to 1 through north. */
	readonly circular: boolean;
	/** What it is all the time when a file does not have the column. */
	readonly usual: number;
}

const timeHeader = "time";

const columns: readonly Column[] = Object.freeze([
	{ header: "temperature_c", unit: "°C", minimum: -90, maximum: 60, circular: false, usual: 15 },
	{ header: "humidity_pct", unit: "%", minimum: 0, maximum: 100, circular: false, usual: 60 },
	{ header: "wind_speed_ms", unit: "m/s", minimum: 0, maximum: 120, circular: false, usual: 3 },
	{
		header: "wind_direction_deg",
		unit: "°",
		minimum: 0,
		maximum: 360,
		circular: true,
		usual: 240,
	},
	{
		header: "pressure_hpa",
		unit: "hPa",
		minimum: 300,
		maximum: 1100,
		circular: false,
		usual: 1013.25,
	},
]);

/** What a record may have besides; where it does not, a replay models it. */
export type ExtraName = "precipitation" | "illuminance" | "uvIndex";

const extraColumns: Readonly<Record<ExtraName, Column>> = Object.freeze({
	/** mm since the row before */
	precipitation: {
		header: "precipitation_mm",
		unit: "mm",
		minimum: 0,
		maximum: 500,
		circular: false,
		usual: 0,
	},
	illuminance: {
		header: "illuminance_lx",
		unit: "lx",
		minimum: 0,
		maximum: 200_000,
		circular: false,
		usual: 0,
	},
	uvIndex: {
		header: "uv_index",
		unit: "",
		minimum: 0,
		maximum: 50,
		circular: false,
		usual: 0,
	},
});

const extraNames = Object.freeze(Object.keys(extraColumns) as ExtraName[]);

/** Where each quantity stands in what `WeatherRecord.at` fills. */
export const RecordIndex = Object.freeze({
	airTemperature: 0,
	relativeHumidity: 1,
	windSpeed: 2,
	windDirection: 3,
	/** hPa */
	stationPressure: 4,
} as const);

/** Quantities of a record. */
export const recordColumns = columns.length;

const utcTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/;
const blendMs = 30 * 60_000;

/** A weather file that cannot be used; the message is one line for the user. */
export class RecordError extends Error {
	readonly code = "BAD_RECORD";
}

/**
 * Recorded weather as a loop: what it was between two rows is interpolated, and after the last row
 * it begins anew. The last half hour (a quarter of a shorter record) is blended into the first row, so
 * that nothing jumps there.
 */
export class WeatherRecord {
	/** Time of the first row, UTC ms. */
	readonly start: number;
	/** Length of the loop in ms: from the first row to one usual interval after the last. */
	readonly period: number;
	readonly #times: Float64Array;
	readonly #values: readonly Float64Array[];
	readonly #extras: Readonly<Partial<Record<ExtraName, Float64Array>>>;
	/** mm from the first row to each row, and in a whole loop; `undefined` in a record without rain. */
	readonly #fallen: Float64Array | undefined;
	readonly #blend: number;
	/** Interval between rows, as far as it is regular. */
	readonly #interval: number;
	/** The moment that was sought last, where it is, and how far into the blend: instruments ask for several values of one. */
	#time = Number.NaN;
	#row = 0;
	#share = 0;
	#blended = 0;
	/** What the loop before that moment begins with, and the row it is in: the next moment is mostly in both. */
	#loopStart = 0;
	#rowStart = Number.NaN;
	#rowEnd = Number.NaN;

	/**
	 * @param times   UTC ms of each row, ascending, at least two
	 * @param values  one array a column, as long as `times`, without gaps
	 * @param extras  the same, of what the record has besides
	 */
	constructor(
		times: Float64Array,
		values: readonly Float64Array[],
		extras: Readonly<Partial<Record<ExtraName, Float64Array>>> = {},
	) {
		this.#times = times;
		this.#values = values;
		this.#extras = extras;
		this.#fallen = extras.precipitation && sums(extras.precipitation);
		this.start = times[0]!;
		this.#interval = usualInterval(times);
		this.period = times[times.length - 1]! - this.start + this.#interval;
		this.#blend = Math.min(blendMs, this.period / 4);
	}

	/** Where `time` lies in the loop, in ms from its beginning: 0 <= phase < period. */
	phase(time: number): number {
		const beyond = time - this.start;
		// The remainder by hand: that of the language takes ten times as long.
		const phase = beyond - Math.floor(beyond / this.period) * this.period;
		return phase < 0 ? phase + this.period : phase;
	}

	/** Arithmetic mean of a column over its rows. */
	mean(column: number): number {
		return this.#values[column]!.reduce((sum, value) => sum + value, 0) / this.#times.length;
	}

	/**
	 * Fills `into` with the values at `time`, by `RecordIndex`.
	 *
	 * @param time  UTC ms, any
	 */
	at(time: number, into: Float64Array): Float64Array {
		for (let column = 0; column < recordColumns; column++) {
			into[column] = this.valueAt(column, time);
		}
		return into;
	}

	/** One value at `time`; `column` is one of `RecordIndex`. */
	valueAt(column: number, time: number): number {
		this.#seek(time);
		return this.#interpolate(this.#values[column]!, column === RecordIndex.windDirection);
	}

	/** What the record has besides, at `time`; `undefined` when it has not. Rain is `rainAt`. */
	extraAt(name: Exclude<ExtraName, "precipitation">, time: number): number | undefined {
		const values = this.#extras[name];
		if (values === undefined) return undefined;
		this.#seek(time);
		return this.#interpolate(values, false);
	}

	/** mm from the beginning of the record to `time`, loops included; `undefined` in one without rain. */
	rainAt(time: number): number | undefined {
		const fallen = this.#fallen;
		if (fallen === undefined) return undefined;
		this.#seek(time);
		const phase = this.phase(time);
		const loops = Math.round((time - phase - this.start) / this.period);
		const row = this.#row;
		const inLoop = fallen[row]! + (fallen[row + 1]! - fallen[row]!) * this.#share;
		return loops * fallen[fallen.length - 1]! + inLoop;
	}

	#seek(time: number): void {
		if (time === this.#time) return;
		let moment = time - this.#loopStart;
		if (!(moment >= this.#rowStart && moment < this.#rowEnd)) {
			moment = this.start + this.phase(time);
			this.#loopStart = time - moment;
			this.#enterRow(this.#rowAt(moment));
		}
		this.#time = time;
		this.#share = (moment - this.#rowStart) / (this.#rowEnd - this.#rowStart);
		const intoBlend = moment - this.start - (this.period - this.#blend);
		this.#blended = intoBlend > 0 ? smoothstep(intoBlend / this.#blend) : 0;
	}

	#enterRow(row: number): void {
		const times = this.#times;
		this.#row = row;
		this.#rowStart = times[row]!;
		this.#rowEnd = row === times.length - 1 ? this.start + this.period : times[row + 1]!;
	}

	/** The value of a column at the moment that was sought. */
	#interpolate(values: Float64Array, circular: boolean): number {
		const row = this.#row;
		const next = row === values.length - 1 ? 0 : row + 1;
		const value = between(values[row]!, values[next]!, this.#share, circular);
		return this.#blended > 0 ? between(value, values[0]!, this.#blended, circular) : value;
	}

	/** The last row at or before a moment of the record. In a record without gaps the first guess is right. */
	#rowAt(moment: number): number {
		const times = this.#times;
		const last = times.length - 1;
		const guess = Math.min(Math.floor((moment - this.start) / this.#interval), last);
		const isRight = times[guess]! <= moment && (guess === last || moment < times[guess + 1]!);
		return isRight ? guess : lastAtOrBefore(times, moment);
	}
}

/**
 * Reads a record from the text of a CSV file. Columns are found by their header, in any order; others
 * are left alone, and of ours at least one must be there. A cell may be empty, rows may be missing: both
 * are interpolated. Rain is what has fallen since the row before; an empty cell is none.
 *
 * @param text  the file
 * @param name  the file's name, for messages
 * @throws {RecordError} one line: file, line number, what stands there and what was expected
 */
export function parseRecord(text: string, name: string): WeatherRecord {
	const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
	const headers = cellsOf(lines[0]!);
	const timePlace = headers.indexOf(timeHeader);
	const ours = [...columns, ...extraNames.map((extra) => extraColumns[extra])];
	const present = ours.filter(({ header }) => headers.includes(header));
	if (timePlace < 0 || present.length === 0) {
		const known = ours.map(({ header }) => header).join(",");
		throw new RecordError(
			`${name}:1: ${timePlace < 0 ? `no column "${timeHeader}"` : "no column of weather"} among "${headers.join(",")}"; expected ${timeHeader} and some of ${known}`,
		);
	}
	const times: number[] = [];
	const rows: number[][] = [];
	for (let index = 1; index < lines.length; index++) {
		if (lines[index]!.trim() === "") continue;
		const where = `${name}:${index + 1}`;
		const cells = cellsOf(lines[index]!);
		if (cells.length !== headers.length) {
			throw new RecordError(
				`${where}: ${cells.length} cells in "${lines[index]!.trim()}"; expected ${headers.length}, as in the header`,
			);
		}
		times.push(parseTime(cells[timePlace]!, times, where));
		rows.push(
			ours.map((column) => {
				const place = headers.indexOf(column.header);
				return place < 0 ? Number.NaN : parseValue(cells[place]!, column, where);
			}),
		);
	}
	const has = (column: Column): boolean => present.includes(column);
	return makeRecord(
		times,
		rows,
		columns.map(has),
		extraNames.filter((extra) => has(extraColumns[extra])),
		name,
	);
}

/**
 * Makes a record of rows with gaps.
 *
 * @param times   UTC ms, ascending
 * @param rows    of each time the values in the order of `RecordIndex`, then of `ExtraName`; NaN is a gap
 * @param has     which of the columns of `RecordIndex` there are
 * @param extras  which others
 * @throws {RecordError} for fewer than two rows, or a column without a value
 */
export function makeRecord(
	times: readonly number[],
	rows: readonly (readonly number[])[],
	has: readonly boolean[],
	extras: readonly ExtraName[],
	name: string,
): WeatherRecord {
	if (times.length < 2) {
		throw new RecordError(`${name}: ${times.length} rows of weather; expected at least 2`);
	}
	const moments = Float64Array.from(times);
	const columnOf = (place: number): Float64Array => Float64Array.from(rows, (row) => row[place]!);
	const values = columns.map((column, place) =>
		has[place]
			? fillGaps(moments, columnOf(place), column, name)
			: new Float64Array(times.length).fill(column.usual),
	);
	const others = extras.map((extra) => {
		const column = columnOf(columns.length + extraNames.indexOf(extra));
		// A row that says nothing of rain says that there was none.
		return extra === "precipitation"
			? column.map((value) => (Number.isNaN(value) ? 0 : value))
			: fillGaps(moments, column, extraColumns[extra], name);
	});
	return new WeatherRecord(
		moments,
		values,
		Object.fromEntries(extras.map((extra, index) => [extra, others[index]!])),
	);
}

/** What has fallen up to each row; the rain of the first row falls at the end of a loop. */
function sums(amounts: Float64Array): Float64Array {
	const fallen = new Float64Array(amounts.length + 1);
	for (let row = 1; row <= amounts.length; row++) {
		fallen[row] = fallen[row - 1]! + amounts[row % amounts.length]!;
	}
	return fallen;
}

function cellsOf(line: string): string[] {
	return line.split(",").map((cell) => cell.trim());
}

function parseTime(cell: string, times: readonly number[], where: string): number {
	const time = utcTime.test(cell) ? Date.parse(cell) : Number.NaN;
	if (Number.isNaN(time)) {
		throw new RecordError(
			`${where}: ${timeHeader} is "${cell}"; expected UTC as 2016-01-01T00:00:00Z`,
		);
	}
	const before = times[times.length - 1];
	if (before !== undefined && time <= before) {
		throw new RecordError(
			`${where}: ${timeHeader} is "${cell}"; expected a time after ${new Date(before).toISOString()}`,
		);
	}
	return time;
}

/** The number, or NaN for an empty cell. */
function parseValue(cell: string, column: Column, where: string): number {
	if (cell === "") return Number.NaN;
	const { header, unit, minimum, maximum, circular } = column;
	const value = Number(cell);
	if (!(value >= minimum && value <= maximum)) {
		throw new RecordError(
			`${where}: ${header} is "${cell}"; expected a number from ${minimum} to ${maximum} ${unit}, or nothing`,
		);
	}
	return circular ? value % 360 : value;
}

/** Joins what stands on both sides of each gap; before the first value and after the last that value. */
function fillGaps(
	times: Float64Array,
	values: Float64Array,
	{ header, circular }: Column,
	name: string,
): Float64Array {
	let known = -1;
	for (let row = 0; row < values.length; row++) {
		if (Number.isNaN(values[row]!)) continue;
		for (let gap = known + 1; gap < row; gap++) {
			const from = known < 0 ? row : known;
			const share = (times[gap]! - times[from]!) / (times[row]! - times[from]! || 1);
			values[gap] = between(values[from]!, values[row]!, share, circular);
		}
		known = row;
	}
	if (known < 0) throw new RecordError(`${name}: no value in column "${header}"; expected some`);
	return values.fill(values[known]!, known + 1);
}

/** The median of the intervals: what a gap does not change. */
function usualInterval(times: Float64Array): number {
	const intervals = times.slice(1).map((time, index) => time - times[index]!);
	return intervals.sort()[intervals.length >> 1]!;
}

function lastAtOrBefore(times: Float64Array, moment: number): number {
	let low = 0;
	let high = times.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (times[middle]! <= moment) low = middle;
		else high = middle - 1;
	}
	return low;
}

/** Linear interpolation; an angle goes the shorter way round and stays within 0..360. */
function between(from: number, to: number, share: number, circular: boolean): number {
	if (!circular) return from + (to - from) * share;
	const turn = ((to - from + 540) % 360) - 180;
	return (from + turn * share + 360) % 360;
}
