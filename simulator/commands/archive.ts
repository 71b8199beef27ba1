import type { Command } from "commander";
import type { ExitCode, Host } from "./host.ts";
import { type QueryOptions, query } from "./query.ts";
import { type ReplayOptions, replay, utcDay } from "./replay.ts";

/** The commands that read the archive. */
export function addArchiveCommands(
	program: Command,
	host: Host,
	onEnd: (code: ExitCode) => void,
): void {
	program
		.command("query")
		.description("Runs SQL (DuckDB) over the archive, also while the cloud runs.")
		.argument(
			"<SQL>",
			'such as "SELECT thing, avg(airTemperature) FROM observations GROUP BY thing"',
		)
		.option("--data <DIR>", "data directory of the cloud", ".isobar")
		.option("--station <FILE.ts>", "station file with the channels of your own sensors")
		.option("--json", "rows as JSON objects, one a line")
		.option("--csv", "rows as CSV with a header")
		.addHelpText("after", queryNotes)
		.action(async (sql: string, options: QueryOptions) => onEnd(await query(sql, options, host)));
	program
		.command("replay")
		.description(
			"Writes archived days of a station to stdout as recorded weather (CSV), for --weather of `isobar up` and `isobar sim`.",
		)
		.requiredOption("--thing <NAME>", "the station")
		.requiredOption("--from <DAY>", "first UTC day, such as 2026-01-31", utcDay)
		.option("--to <DAY>", "last UTC day (default: the first)", utcDay)
		.option("--data <DIR>", "data directory of the cloud", ".isobar")
		.action(async (options: ReplayOptions) => onEnd(await replay(options, host)));
}

const queryNotes = `
Views:
  observations  a row for each: thing, sequence, time, periodSeconds, timeQuality, a column for each
                channel in its unit, reasons and flags (JSON), day
  CHANNEL       by the name of each channel: thing, time, value, reason, flags
  hourly        of each station and UTC hour: observations, and of each channel the mean by its name,
                CHANNELCount, CHANNELMin, CHANNELMax; of increments CHANNELSum
  stations      of each station: observations, first, last
  channels      name, unit, aggregate of each channel

Times are UTC. Exit code: 0; 1 for SQL that can't be run, in one line on stderr; 2 for an option that
can't be used.`;
