import { quoteName, quoteText } from "./database.ts";
import { selectHours } from "./hourly.ts";
import type { Part } from "./manifest.ts";
import type { partFolders } from "./partwriter.ts";
import { rowColumns } from "./rows.ts";

/** Where rows are. */
export interface Sources {
	readonly parts: readonly Part[];
	/** The table `landing`; left out when only parts matter. */
	readonly landing?: { readonly channels: ReadonlySet<string> };
	/** Path of one of the two files of a part. */
	path(part: Part, folder: (typeof partFolders)[number]): string;
}

/** Which rows are wanted; what is left out does not matter. */
export interface Selection {
	/** Columns of `rowColumns` and names of channels. */
	readonly columns: readonly string[];
	/** UTC seconds: `from <= time < to`. */
	readonly from?: number;
	readonly to?: number;
	/** A condition in SQL over any of the columns. */
	readonly where?: string;
}

/**
 * SQL for the rows of the archive, parts and landing log. A channel that no row has is a column of
 * nulls.
 */
export function selectRows(sources: Sources, { columns, from, to, where }: Selection): string {
	const within = [
		where ?? "true",
		from === undefined ? "true" : `time >= to_timestamp(${from})`,
		to === undefined ? "true" : `time < to_timestamp(${to})`,
	].join(" AND ");
	const select = (source: string, channels: ReadonlySet<string>): string => {
		const list = columns.map((name) => columnOf(name, channels)).join(", ");
		return `SELECT ${list} FROM ${source} WHERE ${within}`;
	};
	const selects = groupByChannels(partsWithin(sources, from, to)).map((group) =>
		select(readParts(group, sources, "observations"), new Set(group[0]!.channels)),
	);
	if (sources.landing) selects.push(select("landing", sources.landing.channels));
	return selects.join(" UNION ALL ");
}

/**
 * SQL for the hourly figures of the archive, of parts and landing log. An hour has as many rows as
 * it has sources: `addHours` makes them one.
 */
export function selectHourly(sources: Sources, isDirection: (channel: string) => boolean): string {
	const selects = groupByChannels(sources.parts).map(
		(group) => `SELECT * FROM ${readParts(group, sources, "hourly")}`,
	);
	if (sources.landing) {
		const channels = [...sources.landing.channels];
		const rows = selectRows({ ...sources, parts: [] }, { columns: ["thing", "time", ...channels] });
		selects.push(`FROM (${selectHours(rows, channels, isDirection)})`);
	}
	return selects.map((select) => `(${select})`).join(" UNION ALL BY NAME ");
}

/** All channels of the archive, those of the parts and of the landing log. */
export function channelsOf({ parts, landing }: Sources): string[] {
	const names = new Set(parts.flatMap(({ channels }) => channels));
	for (const name of landing?.channels ?? []) names.add(name);
	return [...names].sort();
}

function partsWithin({ parts }: Sources, from?: number, to?: number): Part[] {
	return parts.filter(
		(part) => (to === undefined || part.from < to) && (from === undefined || part.to >= from),
	);
}

function readParts(
	parts: readonly Part[],
	sources: Sources,
	folder: (typeof partFolders)[number],
): string {
	const paths = parts.map((part) => quoteText(sources.path(part, folder)));
	return `read_parquet([${paths.join(", ")}], hive_partitioning = false)`;
}

const isFixed = new Set<string>(rowColumns.map(([name]) => name));

function columnOf(name: string, channels: ReadonlySet<string>): string {
	const quoted = quoteName(name);
	return isFixed.has(name) || channels.has(name) ? quoted : `CAST(NULL AS DOUBLE) AS ${quoted}`;
}

/** Parts with the same columns can be read as one. */
function groupByChannels(parts: readonly Part[]): Part[][] {
	const groups = new Map<string, Part[]>();
	for (const part of parts) {
		const key = [...part.channels].sort().join();
		const group = groups.get(key);
		if (group) group.push(part);
		else groups.set(key, [part]);
	}
	return [...groups.values()];
}
