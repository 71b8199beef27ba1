import { type Climate, climateOf } from "./climate.ts";
import { humidityOf, pressureAt } from "./moist.ts";
import { makeRecord, RecordError, RecordIndex, type WeatherRecord } from "./record.ts";

const knot = 1852 / 3600;
const hPaPerInch = 33.863_886_4;
const mmPerHundredthInch = 0.254;
const dayMs = 86_400_000;

/** Values of a report; NaN where it says nothing. */
interface Metar {
	readonly day: number;
	readonly hour: number;
	readonly minute: number;
	temperature: number;
	dewPoint: number;
	speed: number;
	direction: number;
	/** hPa, reduced to sea level by the standard atmosphere. */
	altimeter: number;
	/** mm in the hour before. */
	rain: number;
}

const number = (text: string | undefined): number =>
	text === undefined ? Number.NaN : Number(text);
const degrees = (sign: string | undefined, text: string): number =>
	(sign === "M" || sign === "1" ? -1 : 1) * Number(text);

/** The groups that are read, WMO-No. 306, FM 15; the last three are remarks of the United States (FMH-1). */
const groups: readonly (readonly [RegExp, (into: Metar, match: RegExpExecArray) => void])[] =
	Object.freeze([
		[
			/^(\d{3}|VRB|\/{3})(P?\d{2,3}|\/{2})(?:GP?\d{2,3})?(KT|MPS|KMH)$/,
			(into, [, from, speed, unit]) => {
				const perUnit = unit === "KT" ? knot : unit === "KMH" ? 1 / 3.6 : 1;
				into.speed = Number(speed!.replace("P", "")) * perUnit;
				// A calm or variable wind has no direction.
				into.direction = into.speed > 0 ? Number(from) % 360 : Number.NaN;
			},
		],
		[
			/^(M?)(\d{2})\/(?:(M?)(\d{2})|\/{2})?$/,
			(into, [, sign, temperature, dewSign, dewPoint]) => {
				into.temperature = degrees(sign, temperature!);
				if (dewPoint !== undefined) into.dewPoint = degrees(dewSign, dewPoint);
			},
		],
		[/^Q(\d{4})$/, (into, [, hPa]) => (into.altimeter = number(hPa))],
		[/^A(\d{4})$/, (into, [, inches]) => (into.altimeter = (number(inches) / 100) * hPaPerInch)],
		[
			/^T([01])(\d{3})([01])(\d{3})$/,
			(into, [, sign, temperature, dewSign, dewPoint]) => {
				into.temperature = degrees(sign, temperature!) / 10;
				into.dewPoint = degrees(dewSign, dewPoint!) / 10;
			},
		],
		[/^P(\d{4})$/, (into, [, hundredths]) => (into.rain = number(hundredths) * mmPerHundredthInch)],
	] satisfies (readonly [RegExp, (into: Metar, match: RegExpExecArray) => void])[]);

const reportTime = /^(\d{2})(\d{2})(\d{2})Z$/;
/** A date before a report, as NOAA's files have it, or at the beginning of its line. */
const dateForm = /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ]\d{2}:\d{2}\S*)?(?:[\s,]+|$)/;

/**
 * Reads a record from METAR reports, one a line. A date stands before the first report, on a line of its
 * own or at the beginning of the line, and may stand before any other; without it a day that is lower
 * than the one before begins the next month. Lines of other kinds are left alone.
 *
 * The pressure at the station is that of the altimeter setting at its height; humidity comes from
 * temperature and dew point; rain is that of the remark "P". What a report leaves out is interpolated.
 *
 * @param text     the file
 * @param name     the file's name, for messages
 * @param heightM  of the station
 * @throws {RecordError} one line: file, line number, what stands there and what was expected
 */
export function parseMetar(text: string, name: string, heightM: number): WeatherRecord {
	const reports = new Map<number, readonly number[]>();
	let date = Number.NaN;
	text.split(/\r?\n/).forEach((line, index) => {
		let rest = line.trim();
		const dated = dateForm.exec(rest);
		if (dated !== null) {
			date = Date.UTC(Number(dated[1]), Number(dated[2]) - 1, Number(dated[3]));
			rest = rest.slice(dated[0].length);
		}
		const metar = parseReport(rest);
		if (metar === undefined) return;
		if (Number.isNaN(date)) {
			throw new RecordError(
				`${name}:${index + 1}: a report without a date before it; expected a line as 2016/01/01 00:00`,
			);
		}
		const time = momentOf(metar, date);
		date = time - (time % dayMs);
		reports.set(time, rowOf(metar, heightM));
	});
	const times = [...reports.keys()].sort((one, other) => one - other);
	const rows = times.map((time) => reports.get(time)!);
	const has = (place: number): boolean => rows.some((row) => !Number.isNaN(row[place]!));
	return makeRecord(
		times,
		rows,
		Object.values(RecordIndex).map((place) => has(place)),
		has(rainPlace) ? ["precipitation"] : [],
		name,
	);
}

/**
 * The same as weather for a fleet: each station has its reports at its own height.
 *
 * @throws {RecordError} as `parseMetar`
 */
export function metarClimate(text: string, name: string): Climate {
	const records = new Map<number, WeatherRecord>([[0, parseMetar(text, name, 0)]]);
	return {
		sourceFor(site, random) {
			const record = records.get(site.heightM) ?? parseMetar(text, name, site.heightM);
			records.set(site.heightM, record);
			return climateOf(record).sourceFor(site, random);
		},
	};
}

const rainPlace = Object.keys(RecordIndex).length;

/** The report in a line; `undefined` when there is none. */
function parseReport(line: string): Metar | undefined {
	const words = line.replace(/=$/, "").split(/\s+/);
	const at = words.findIndex((word) => reportTime.test(word));
	// The time follows on the four letters of the airport.
	if (at < 1 || !/^[A-Z][A-Z0-9]{3}$/.test(words[at - 1]!)) return undefined;
	const [, day, hour, minute] = reportTime.exec(words[at]!)!;
	const report: Metar = {
		day: Number(day),
		hour: Number(hour),
		minute: Number(minute),
		temperature: Number.NaN,
		dewPoint: Number.NaN,
		speed: Number.NaN,
		direction: Number.NaN,
		altimeter: Number.NaN,
		rain: Number.NaN,
	};
	for (const word of words.slice(at + 1)) {
		// A trend is no observation.
		if (/^(NOSIG|BECMG|TEMPO)$/.test(word)) break;
		for (const [form, read] of groups) {
			const match = form.exec(word);
			if (match !== null) read(report, match);
		}
	}
	return report;
}

/** The moment of a report whose day is that of `date`, or a later one of this month or the next. */
function momentOf({ day, hour, minute }: Metar, date: number): number {
	const from = new Date(date);
	const isNext = day < from.getUTCDate();
	return Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + (isNext ? 1 : 0), day, hour, minute);
}

/** The values in the order of `RecordIndex`, then the rain. */
function rowOf(report: Metar, heightM: number): number[] {
	const { temperature, dewPoint, speed, direction, altimeter, rain } = report;
	const row = Array(rainPlace + 1).fill(Number.NaN);
	row[RecordIndex.airTemperature] = temperature;
	row[RecordIndex.relativeHumidity] = humidityOf(temperature, dewPoint);
	row[RecordIndex.windSpeed] = speed;
	row[RecordIndex.windDirection] = direction;
	// The altimeter setting is defined by the standard atmosphere, whatever the temperature is.
	row[RecordIndex.stationPressure] = pressureAt(heightM, altimeter, 15 - 0.0065 * heightM);
	row[rainPlace] = rain;
	return row;
}
