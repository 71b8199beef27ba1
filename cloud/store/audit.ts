import { SequenceSet } from "../sequences.ts";
import { Vault } from "../vault/vault.ts";
import { quoteName, quoteText } from "./database.ts";
import { readManifest } from "./manifest.ts";
import { rowColumns } from "./rows.ts";
import { channelsOf, selectRows } from "./source.ts";
import { Store } from "./store.ts";

/** What stands in the Parquet parts, read from their rows. */
export interface PartsAudit {
	readonly rows: number;
	/** Rows without the first of each (thing, sequence). */
	readonly repeated: number;
	/** The sequence numbers that are there. */
	readonly known: ReadonlyMap<string, SequenceSet>;
}

/** Reads the keys of all parts of an archive that no process writes. */
export async function auditFiles(directory: string, vault = Vault.plain): Promise<PartsAudit> {
	const none = { rows: 0, repeated: 0, known: new Map() };
	if (readManifest(directory, vault).parts.length === 0) return none;
	const store = new Store({ directory, vault });
	try {
		return await auditParts(store);
	} finally {
		await store.close();
	}
}

/** Reads the keys of all parts, and trusts nothing that was counted before. */
export function auditParts(store: Store): Promise<PartsAudit> {
	return store.read(async ({ database, parts, path }) => {
		if (parts.length === 0) return { rows: 0, repeated: 0, known: new Map() };
		const source = selectRows({ parts, path }, { columns: ["thing", "sequence"] });
		const [figures] = await database.rows(`SELECT count(*)::DOUBLE AS rows FROM (${source})`);
		const { rows } = figures as { rows: number };
		// Numbers that follow each other have the same distance from their rank.
		const runs = await database.columns(
			`SELECT thing, min(sequence)::DOUBLE AS first, max(sequence)::DOUBLE AS last
			FROM (
				SELECT thing, sequence, sequence - row_number() OVER (PARTITION BY thing ORDER BY sequence) AS run
				FROM (SELECT DISTINCT thing, sequence FROM (${source}))
			) GROUP BY thing, run ORDER BY thing, first`,
		);
		const intervals = new Map<string, [number, number][]>();
		for (const [index, thing] of (runs.thing as string[]).entries()) {
			const interval = [runs.first![index], runs.last![index]] as [number, number];
			const list = intervals.get(thing);
			if (list) list.push(interval);
			else intervals.set(thing, [interval]);
		}
		const known = new Map([...intervals].map(([thing, list]) => [thing, SequenceSet.of(list)]));
		const distinct = [...known.values()].reduce((sum, { size }) => sum + size, 0);
		return { rows, repeated: rows - distinct, known };
	});
}

/** The rows of a thing in the parts, in the order of their sequence numbers, as they stood in the landing log. */
export function rowsOfParts(store: Store, thing: string): Promise<Record<string, unknown>[]> {
	return store.read(async ({ database, parts, path }) => {
		if (parts.length === 0) return [];
		const channels = channelsOf({ parts, path });
		const columns = [...rowColumns.map(([name]) => name), ...channels];
		const where = `thing = ${quoteText(thing)}`;
		const source = selectRows({ parts, path }, { columns, where });
		const rows = await database.rows(
			`SELECT * REPLACE (sequence::DOUBLE AS sequence, "periodSeconds"::DOUBLE AS "periodSeconds",
				epoch_ms(time)::DOUBLE AS time) FROM (${source}) ORDER BY ${quoteName("sequence")}`,
		);
		return rows.map((row) => toLine(row));
	});
}

/** A row without the members that a line of the landing log would not have. */
function toLine(row: Record<string, unknown>): Record<string, unknown> {
	const { thing, sequence, time, periodSeconds, timeQuality, reasons, flags, ...values } = row;
	const why = JSON.parse((reasons as string | null) ?? "{}");
	const present = Object.entries(values).filter(([name, value]) => value !== null || name in why);
	return {
		thing,
		sequence,
		time: new Date(time as number).toISOString(),
		periodSeconds,
		...(timeQuality === 0 ? {} : { timeQuality }),
		...Object.fromEntries(present),
		...(reasons === null ? {} : { reasons: why }),
		...(flags === null ? {} : { flags: JSON.parse(flags as string) }),
	};
}
