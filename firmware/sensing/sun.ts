import type { Epoch } from "../ports/clock.ts";
import { type Degree, degree } from "./units.ts";

/** Where the sun stands, without refraction. */
export interface SunPosition {
	/** Above the horizon; below it negative. */
	elevation: Degree;
	/** Clockwise from north, 0 <= azimuth < 360. */
	azimuth: Degree;
}

const radians = Math.PI / 180;
const msPerDay = 86_400_000;
/** 2000-01-01T12:00:00Z, where the almanac counts days from. */
const almanacEpoch = 946_728_000_000;

/**
 * Position of the centre of the sun. Within 0.02° from 1950 to 2050.
 *
 * @param latitude   -90..90, north positive
 * @param longitude  -180..180, east positive
 * @param into       filled and returned
 *
 * Source: the Astronomical Almanac's low-precision formulas as in J. J. Michalsky, "The Astronomical
 * Almanac's algorithm for approximate solar position (1950-2050)", Solar Energy 40, 1988.
 */
export function sunPosition(
	epoch: Epoch,
	latitude: Degree,
	longitude: Degree,
	into: SunPosition,
): SunPosition {
	const days = (epoch - almanacEpoch) / msPerDay;
	const meanLongitude = 280.46 + 0.9856474 * days;
	const anomaly = (357.528 + 0.9856003 * days) * radians;
	const ecliptic =
		(meanLongitude + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * radians;
	const obliquity = (23.439 - 0.0000004 * days) * radians;
	const ascension = Math.atan2(Math.cos(obliquity) * Math.sin(ecliptic), Math.cos(ecliptic));
	const declination = Math.asin(Math.sin(obliquity) * Math.sin(ecliptic));
	const siderealDegrees = 280.460_618_37 + 360.985_647_366_29 * days;
	const hourAngle = (siderealDegrees + longitude) * radians - ascension;
	const phi = latitude * radians;
	const height = Math.asin(
		Math.sin(phi) * Math.sin(declination) +
			Math.cos(phi) * Math.cos(declination) * Math.cos(hourAngle),
	);
	const east = -Math.cos(declination) * Math.sin(hourAngle);
	const north =
		Math.cos(phi) * Math.sin(declination) -
		Math.sin(phi) * Math.cos(declination) * Math.cos(hourAngle);
	const bearing = Math.atan2(east, north) / radians;
	into.elevation = degree(height / radians);
	into.azimuth = degree((bearing + 360) % 360);
	return into;
}
