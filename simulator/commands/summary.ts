import type { FleetTotals } from "../fleet/fleet.ts";
import type { Ledger } from "../fleet/ledger.ts";

/** What a run comes to; the last line of `--json`, in this order. */
export interface Summary {
	readonly stations: number;
	/** Rounds in which the sensors of a station were sampled. */
	readonly samples: number;
	readonly observations: Ledger;
	readonly reports: { readonly sent: number; readonly resent: number };
	/** Connections that the broker has accepted. */
	readonly connects: number;
	/** Payload bytes of reports over the observations in them; null when there was none. */
	readonly bytesPerObservation: number | null;
	/** CPU time of the whole process in the run over reports sent, ms; null when there was none. */
	readonly cpuMsPerReport: number | null;
	/** Of the last connection; null when there was none. */
	readonly tlsVersion: string | null;
}

/**
 * @param cpuMs       CPU time of the process in the run
 * @param tlsVersion  of the last connection that came up
 */
export function summarise(
	totals: FleetTotals,
	observations: Ledger,
	cpuMs: number,
	tlsVersion: string | undefined,
): Summary {
	return {
		stations: totals.stations,
		samples: totals.samples,
		observations,
		reports: { sent: totals.reportsSent, resent: totals.reportsResent },
		connects: totals.connects,
		bytesPerObservation: quotient(totals.payloadBytes, totals.payloadObservations),
		cpuMsPerReport: quotient(cpuMs, totals.reportsSent),
		tlsVersion: tlsVersion ?? null,
	};
}

/** Whether nothing was lost and nothing stands twice, as far as anybody can tell. */
export function isClean({ observations }: Summary): boolean {
	return (observations.lost ?? 0) === 0 && (observations.duplicates ?? 0) === 0;
}

/** The summary for people: lines with aligned figures. */
export function summaryText(summary: Summary): string {
	const { observations, reports } = summary;
	const { made, acknowledged, archived, shed, taken, lost, duplicates } = observations;
	const rows: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
		[
			"observations",
			[
				["made", String(made)],
				["acknowledged", String(acknowledged)],
				["archived", count(archived)],
				["shed", String(shed)],
				...(taken === undefined ? [] : [["taken", count(taken)] as const]),
				["lost", count(lost)],
				["duplicates", count(duplicates)],
			],
		],
		[
			"reports",
			[
				["sent", String(reports.sent)],
				["resent", String(reports.resent)],
				["payload", `${decimal(summary.bytesPerObservation)} bytes an observation`],
			],
		],
		[
			"stations",
			[
				["simulated", String(summary.stations)],
				["connects", String(summary.connects)],
				["samples", String(summary.samples)],
				["TLS", summary.tlsVersion ?? "none"],
				["CPU", `${decimal(summary.cpuMsPerReport)} ms a report`],
			],
		],
	];
	return rows
		.map(([head, cells]) =>
			[head.padEnd(14), ...cells.map(([name, value]) => `${name} ${value}`)].join("  "),
		)
		.join("\n");
}

function count(value: number | null): string {
	return value === null ? "unknown" : String(value);
}

function decimal(value: number | null): string {
	return value === null ? "no" : value.toFixed(1);
}

function quotient(dividend: number, divisor: number): number | null {
	return divisor === 0 ? null : Math.round((dividend / divisor) * 100) / 100;
}
