import type { TimeQuality } from "../firmware/base/observation.ts";
import type { DecodedObservation } from "../firmware/payload/decode.ts";

/**
 * One line of the archive. Beside these members it has one for each channel of the observation,
 * by the channel's name and in its unit, null where the value is missing.
 */
export interface ArchivedObservation {
	readonly thing: string;
	readonly sequence: number;
	/** Start of the half-open window, ISO 8601 in UTC. */
	readonly time: string;
	readonly periodSeconds: number;
	/** Left out when the time is synchronised. */
	readonly timeQuality?: TimeQuality;
	/** Why values are missing, by channel name; left out when none is. */
	readonly reasons?: Readonly<Record<string, string>>;
	/** What is odd about values, by channel name; left out when nothing is. */
	readonly flags?: Readonly<Record<string, readonly string[]>>;
	readonly [channel: string]: unknown;
}

/** An observation as it stands in the archive. */
export function toRow(
	thing: string,
	periodSeconds: number,
	observation: DecodedObservation,
): ArchivedObservation {
	const { sequence, startSeconds, timeQuality, values, reasons, flags } = observation;
	return {
		thing,
		sequence,
		time: new Date(startSeconds * 1000).toISOString(),
		periodSeconds,
		...(timeQuality === 0 ? {} : { timeQuality }),
		...values,
		...(Object.keys(reasons).length === 0 ? {} : { reasons }),
		...(Object.keys(flags).length === 0 ? {} : { flags }),
	};
}
