import type { Document } from "../base/json.ts";
import type { StationDefinition } from "./define.ts";

/**
 * What those who use the data want to know of a station and its instruments: where it stands, and
 * part, serial number, height, last calibration and correction of each sensor. Reported in the shadow.
 *
 * Source: WMO-No. 1192, WIGOS Metadata Standard, categories 3 (station) and 5 (instruments).
 */
export function metadataOf({ site, sensors }: StationDefinition): Document {
	return {
		site: copyOf(site),
		sensors: Object.fromEntries(
			sensors.map(({ name, Driver, metadata, calibrate }) => [
				name,
				{
					part: Driver.part.name,
					...metadata,
					...(Object.keys(calibrate).length === 0 ? {} : { calibrate: copyOf(calibrate) }),
				},
			]),
		),
	};
}

/** On the chip a definition is in flash, and XS refuses to write an object from there as JSON. */
function copyOf(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(copyOf);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]));
}
