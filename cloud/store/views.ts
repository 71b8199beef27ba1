import type { ChannelTable } from "../../firmware/sensing/channel.ts";
import { quoteName, quoteText } from "./database.ts";
import { addHours, hourlyMean } from "./hourly.ts";
import { dayOf } from "./partwriter.ts";
import { rowColumns } from "./rows.ts";
import { channelsOf, type Sources, selectHourly, selectRows } from "./source.ts";

/** A view by name and the SQL behind it. */
type ViewDefinition = readonly [name: string, sql: string];

/**
 * The views of `isobar query`:
 *
 * - `observations`: a row for each, with `rowColumns`, the UTC `day` and a column for each channel
 * - one for each channel, by its name: `thing`, `time`, `value`, `reason`, `flags`
 * - `hourly`: of each station and UTC hour `observations` and, for each channel, its mean by the name of
 *   the channel and `…Count`, `…Min`, `…Max`, for increments `…Sum`
 * - `stations`: of each station `observations`, and the time of the `first` and the `last`
 * - `channels`: `name`, `unit`, `aggregate` of each channel, whether it has values or not
 */
export function defineViews(sources: Sources, channels: ChannelTable): ViewDefinition[] {
	const present = channelsOf(sources);
	const isDirection = (name: string): boolean => aggregateOf(channels, name) === "direction";
	const columns = [...rowColumns.map(([name]) => name), ...present];
	return [
		[
			"observations",
			`SELECT *, CAST(${dayOf} AS DATE) AS day FROM (${selectRows(sources, { columns })})`,
		],
		["hourly", selectMeans(sources, channels, present, isDirection)],
		[
			"stations",
			`SELECT thing, count(*) AS observations, min(time) AS first, max(time) AS last
			FROM (${selectRows(sources, { columns: ["thing", "time"] })}) GROUP BY thing ORDER BY thing`,
		],
		["channels", selectChannels(channels)],
		...present.map((name) => [name, selectChannel(sources, name)] as const),
	];
}

function selectMeans(
	sources: Sources,
	channels: ChannelTable,
	present: readonly string[],
	isDirection: (name: string) => boolean,
): string {
	const figures = present.flatMap((name) => {
		const suffixes = isDirection(name)
			? ["Count"]
			: ["Count", "Min", "Max", ...(aggregateOf(channels, name) === "sum" ? ["Sum"] : [])];
		const mean = `${hourlyMean(name, isDirection(name))} AS ${quoteName(name)}`;
		return [mean, ...suffixes.map((suffix) => quoteName(name + suffix))];
	});
	return `SELECT ${["thing", "hour", "observations", ...figures].join(", ")}
		FROM (${addHours(selectHourly(sources, isDirection), present, isDirection)})`;
}

function selectChannel(sources: Sources, name: string): string {
	const value = quoteName(name);
	const columns = ["thing", "time", name, "reasons", "flags"];
	const where = `${value} IS NOT NULL OR json_extract_string(reasons, '$.${name}') IS NOT NULL`;
	return `SELECT thing, time, ${value} AS value, json_extract_string(reasons, '$.${name}') AS reason,
		json_extract(flags, '$.${name}') AS flags FROM (${selectRows(sources, { columns })}) WHERE ${where}`;
}

function selectChannels(channels: ChannelTable): string {
	const rows = Array.from({ length: channels.length }, (_, index) => channels.at(index)).map(
		({ name, unit, aggregate }) => `(${[name, unit, aggregate].map(quoteText).join(", ")})`,
	);
	return `SELECT * FROM (VALUES ${rows.join(", ")}) AS channel(name, unit, aggregate)`;
}

function aggregateOf(channels: ChannelTable, name: string): string | undefined {
	const index = channels.indexOf(name);
	return index < 0 ? undefined : channels.at(index).aggregate;
}
