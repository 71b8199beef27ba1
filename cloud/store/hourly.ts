import { quoteName } from "./database.ts";

/**
 * Hourly figures: of each station and UTC hour the number of observations, and for each channel the
 * number of values, their sum, the lowest and the highest. All of them can be added up over parts, so
 * an observation that comes late adds a row and changes none. Of a direction there are the sums of sine and
 * cosine instead.
 */
const hourSeconds = 3_600;

/** Figures of a channel, by the suffix of their column. */
function figuresOf(
	value: string,
	isDirection: boolean,
): [suffix: string, sql: string, again: string][] {
	const count: [string, string, string] = ["Count", `count(${value})`, "sum"];
	return isDirection
		? [
				count,
				["East", `sum(sin(radians(${value})))`, "sum"],
				["North", `sum(cos(radians(${value})))`, "sum"],
			]
		: [
				count,
				["Sum", `sum(${value})`, "sum"],
				["Min", `min(${value})`, "min"],
				["Max", `max(${value})`, "max"],
			];
}

/**
 * SQL for the hourly figures of rows.
 *
 * @param source  SQL that selects thing, time and the channels
 */
export function selectHours(
	source: string,
	channels: readonly string[],
	isDirection: (channel: string) => boolean,
): string {
	const figures = channels.flatMap((name) =>
		figuresOf(quoteName(name), isDirection(name)).map(
			([suffix, sql]) => `${sql} AS ${quoteName(name + suffix)}`,
		),
	);
	return `SELECT thing, to_timestamp(floor(epoch(time) / ${hourSeconds}) * ${hourSeconds}) AS hour,
		${["count(*) AS observations", ...figures].join(", ")}
		FROM (${source}) GROUP BY 1, 2`;
}

/** SQL that adds up figures of the same hour in several sources. */
export function addHours(
	source: string,
	channels: readonly string[],
	isDirection: (channel: string) => boolean,
): string {
	const figures = channels.flatMap((name) =>
		figuresOf("", isDirection(name)).map(
			([suffix, , again]) => `${again}(${quoteName(name + suffix)}) AS ${quoteName(name + suffix)}`,
		),
	);
	return `SELECT thing, hour, ${["sum(observations) AS observations", ...figures].join(", ")}
		FROM (${source}) GROUP BY thing, hour`;
}

/** SQL for the mean of a channel in hourly figures. */
export function hourlyMean(channel: string, isDirection: boolean): string {
	const column = (suffix: string): string => quoteName(channel + suffix);
	return isDirection
		? `((degrees(atan2(${column("East")}, ${column("North")})) + 360) % 360)`
		: `${column("Sum")} / nullif(${column("Count")}, 0)`;
}
