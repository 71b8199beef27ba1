import { derivedPartsOf } from "../sensing/derivation.ts";
import { channelsOf } from "./channels.ts";
import type { StationDefinition } from "./define.ts";

/** What a station can have and need not, beside its drivers: whether a definition asks for it. */
export interface Features {
	/** Reports in columns, the usual form. */
	readonly columnReports: boolean;
	readonly denseReports: boolean;
	/** Wind over 2 and 10 minutes. */
	readonly windOverMinutes: boolean;
	/** Intensity of rain over 10 minutes. */
	readonly rainRate: boolean;
	/** Totals since midnight. */
	readonly dayTotals: boolean;
	/** Deep sleep between observations. */
	readonly dutyCycle: boolean;
}

/**
 * The features that a definition asks for. What it does not ask for is never constructed or called,
 * so the build of a device leaves it out: manifests/features.ts.
 */
export function featuresOf(
	definition: Pick<StationDefinition, "payload" | "sensors" | "channels" | "derive" | "power">,
): Features {
	const isDense = definition.payload === "dense";
	return {
		columnReports: !isDense,
		denseReports: isDense,
		...derivedPartsOf(channelsOf(definition)),
		dutyCycle: definition.power === "solar",
	};
}
