import { quoteName } from "./database.ts";
import type { Part } from "./manifest.ts";
import { fileList, type View } from "./store.ts";

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
export function selectRows(view: View, { columns, from, to, where = "true" }: Selection): string {
	const parts = view.manifest.parts.filter(
		(part) => (to === undefined || part.from < to) && (from === undefined || part.to >= from),
	);
	const within = [
		where,
		from === undefined ? "true" : `time >= to_timestamp(${from})`,
		to === undefined ? "true" : `time < to_timestamp(${to})`,
	].join(" AND ");
	const sources = [
		...groupByChannels(parts).map(
			(group) =>
				[
					`read_parquet(${fileList(group, view)}, hive_partitioning = false)`,
					new Set(group[0]!.channels),
				] as const,
		),
		["landing", view.landing.channels] as const,
	];
	return sources
		.map(([source, channels]) => {
			const list = columns.map((name) => columnOf(name, channels)).join(", ");
			return `SELECT ${list} FROM ${source} WHERE ${within}`;
		})
		.join(" UNION ALL ");
}

const fixed = /^(thing|sequence|time|periodSeconds|timeQuality|reasons|flags)$/;

function columnOf(name: string, channels: ReadonlySet<string>): string {
	const quoted = quoteName(name);
	return fixed.test(name) || channels.has(name) ? quoted : `CAST(NULL AS DOUBLE) AS ${quoted}`;
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
