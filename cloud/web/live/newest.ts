import type { ArchivedObservation } from "../../row.ts";
import { rowColumns } from "../../store/rows.ts";
import { channelsOf, selectRows } from "../../store/source.ts";
import type { Store } from "../../store/store.ts";

/** What the archive begins and ends with for one station. */
export interface Newest {
	readonly thing: string;
	/** UTC ms. */
	readonly first: number;
	readonly newest: ArchivedObservation;
}

/** The first time and the newest observation of every station of the archive. */
export function readNewest(store: Store): Promise<readonly Newest[]> {
	return store.read(async (view) => {
		const columns = [...rowColumns.map(([name]) => name), ...channelsOf(view)];
		const source = selectRows(view, { columns });
		const rows = await view.database.rows(
			`SELECT *, epoch_ms("time")::DOUBLE AS "startMs" FROM
				(SELECT *, min(epoch_ms("time")) OVER (PARTITION BY thing)::DOUBLE AS "firstMs" FROM (${source}))
			QUALIFY row_number() OVER (PARTITION BY thing ORDER BY sequence DESC) = 1`,
		);
		return rows.map(newestOf);
	});
}

function newestOf({ startMs, firstMs, ...row }: Record<string, unknown>): Newest {
	const { thing, sequence, periodSeconds, time: _, timeQuality, reasons, flags, ...values } = row;
	const newest = {
		thing: thing as string,
		sequence: Number(sequence),
		time: new Date(startMs as number).toISOString(),
		periodSeconds: Number(periodSeconds),
		...(timeQuality ? { timeQuality: Number(timeQuality) } : {}),
		...values,
		...(reasons ? { reasons: JSON.parse(reasons as string) } : {}),
		...(flags ? { flags: JSON.parse(flags as string) } : {}),
	} as ArchivedObservation;
	return { thing: newest.thing, first: firstMs as number, newest };
}
