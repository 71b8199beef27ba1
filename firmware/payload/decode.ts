import { utf8Length, writeUtf8 } from "../base/bytes.ts";
import type { TimeQuality } from "../base/observation.ts";
import type { QualityName } from "../base/quality.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { MissingReason } from "../ports/sensor.ts";
import type { ChannelTable } from "../sensing/channel.ts";
import { decodeColumns, type ReportColumns } from "./columns.ts";
import { fromWire } from "./schema.ts";

/** One observation as it stood in a report. */
export interface DecodedObservation {
	readonly sequence: number;
	/** Start of the half-open window, UTC seconds; since boot with time quality Unknown. */
	readonly startSeconds: number;
	readonly timeQuality: TimeQuality;
	/** By channel name, in the unit of the channel; null is missing. Channels without a column have no member. */
	readonly values: Record<string, number | null>;
	/** By channel name, for each null whose reason is known to this version. */
	readonly reasons: Record<string, MissingReason>;
	/** By channel name, for each value with flags that are known to this version. */
	readonly flags: Record<string, readonly QualityName[]>;
}

export interface DecodedReport {
	readonly version: number;
	readonly periodSeconds: number;
	readonly observations: readonly DecodedObservation[];
	/** Members that are none of the envelope and no channel of the table: those of a later version. */
	readonly unknownKeys: readonly string[];
}

/**
 * Decodes a report. Used by the cloud and by tests; nothing in the text is trusted.
 *
 * @param text      JSON, at most `Limits.documentBytes` as UTF-8
 * @param channels  what the columns mean; columns of other channels are skipped and named in
 *   `unknownKeys`
 * @returns the report, or a Status: TooLong, Malformed for text that is no JSON object, BadValue for
 *   a member that is missing, of the wrong type or out of its range, or a version of the future
 *
 * Source: docs/topics.md §2.
 */
export function decodeReport(text: string, channels: ChannelTable): DecodedReport | Status {
	const size = utf8Length(text);
	if (size > Limits.documentBytes) return Status.TooLong;
	if (size < 0) return Status.Malformed;
	const bytes = new Uint8Array(size);
	writeUtf8(text, bytes, 0);
	const report = decodeColumns(bytes, text, channels);
	if (typeof report === "number") return report;
	const { version, count, periodSeconds, unknownKeys } = report;
	const observations = Array.from({ length: count }, (_, row) => observationOf(report, row));
	return { version, periodSeconds, observations, unknownKeys };
}

/** One row of a report. @param row  0..count-1 */
export function observationOf(report: ReportColumns, row: number): DecodedObservation {
	const values: DecodedObservation["values"] = {};
	const reasons: DecodedObservation["reasons"] = {};
	const flags: DecodedObservation["flags"] = {};
	for (const { channel, steps } of report.columns) {
		const step = steps[row] ?? null;
		values[channel.name] = step === null ? null : fromWire(step, channel);
	}
	for (const { channel, byRow } of report.reasons) {
		const reason = byRow[row];
		if (reason !== undefined) reasons[channel.name] = reason;
	}
	for (const { channel, byRow } of report.flags) {
		const names = byRow[row];
		if (names !== undefined) flags[channel.name] = names;
	}
	return {
		sequence: report.sequence + row,
		startSeconds: report.startSeconds + row * report.periodSeconds,
		timeQuality: report.timeQuality,
		values,
		reasons,
		flags,
	};
}
