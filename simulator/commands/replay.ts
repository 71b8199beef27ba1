import { InvalidArgumentError } from "commander";
import { type QueryOptions, type QueryOutput, queryArchive } from "../../cloud/store/query.ts";
import { ExitCode, type Host } from "./host.ts";
import { UsageError } from "./options.ts";
import { dataKey } from "./secret.ts";

/** What the user asked for, by the names of the options. */
export interface ReplayOptions {
	readonly thing: string;
	/** UTC days, YYYY-MM-DD, both included. */
	readonly from: string;
	readonly to?: string;
	readonly data: string;
}

/**
 * Columns of a weather record: its header, the channel, what it is divided by, and the range that a
 * record may have; a value outside is a gap.
 */
const columns = Object.freeze([
	["temperature_c", "airTemperature", 1, -90, 60],
	["humidity_pct", "relativeHumidity", 1, 0, 100],
	["wind_speed_ms", "windSpeed", 1, 0, 120],
	["wind_direction_deg", "windDirection", 1, 0, 360],
	["pressure_hpa", "stationPressure", 100, 300, 1_100],
	["precipitation_mm", "precipitation", 1, 0, 500],
	["illuminance_lx", "illuminance", 1, 0, 200_000],
	["uv_index", "uvIndex", 1, 0, 50],
] as const);

/** Reads a UTC day. */
export function utcDay(text: string): string {
	const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
	if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text) {
		throw new InvalidArgumentError("Expected a UTC day such as 2026-01-31.");
	}
	return text;
}

/**
 * `isobar replay`: days of one station from the archive, as a weather record in CSV on stdout, which
 * `--weather` takes.
 *
 * @throws {UsageError} when there are fewer than two observations, of which no record can be made
 */
export async function replay(options: ReplayOptions, host: Host): Promise<ExitCode> {
	const { thing, from, to = from, data } = options;
	if (to < from) throw new UsageError(`--to: ${to} is before --from ${from}`);
	const key = { dataKey: dataKey(host) };
	const present = await channelsOf(data, key);
	const cells = columns
		.filter(([, channel]) => present.has(channel))
		.map(([header, channel, divisor, minimum, maximum]) => {
			const value = `round(any_value("${channel}") / ${divisor}, 6)`;
			return `CASE WHEN ${value} BETWEEN ${minimum} AND ${maximum} THEN ${value} END AS ${header}`;
		});
	// A clock that was set back has an instant twice; one that was never set has none.
	const sql = `SELECT date_trunc('second', time) AS time, ${cells.join(", ")} FROM observations
		WHERE thing = '${thing.replaceAll("'", "''")}' AND day BETWEEN '${from}' AND '${to}' AND "timeQuality" < 3
		GROUP BY 1 ORDER BY 1`;
	const lines: string[] = [];
	if (cells.length > 0) {
		const output: QueryOutput = {
			begin: (names) => lines.push(names.join(",")),
			rows: (rows) => {
				for (const row of rows) lines.push(row.map((cell) => String(cell ?? "")).join(","));
				return true;
			},
		};
		await queryArchive(data, sql, output, key);
	}
	if (lines.length < 3) {
		throw new UsageError(
			`--thing: "${thing}" has ${Math.max(0, lines.length - 1)} observations from ${from} to ${to} in ${data}; expected two or more`,
		);
	}
	host.stdout.write(`${lines.join("\n")}\n`);
	return ExitCode.Ok;
}

/** The channels that have a column in the archive. */
async function channelsOf(data: string, key: QueryOptions): Promise<Set<string>> {
	let names: readonly string[] = [];
	const output: QueryOutput = {
		begin: (columns) => {
			names = columns;
		},
		rows: () => true,
	};
	await queryArchive(data, "SELECT * FROM observations LIMIT 0", output, key);
	return new Set(names);
}
