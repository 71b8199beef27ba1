const radians = Math.PI / 180;
const dayMs = 86_400_000;
/** 2000-01-01T12:00:00Z. */
const epochMs = 946_728_000_000;

/**
 * Sine of the sun's elevation, without refraction; good to a tenth of a degree in this century.
 *
 * Source: J. Meeus, "Astronomical Algorithms", 2nd edition, chapters 12 and 25, low accuracy, with mean
 * anomaly and equation of centre to the second term.
 *
 * @param time  UTC ms
 */
export function sunHeight(time: number, latitude: number, longitude: number): number {
	const days = (time - epochMs) / dayMs;
	const anomaly = (357.5291 + 0.98560028 * days) * radians;
	const centre = 1.9148 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly);
	const trueLongitude = (280.4665 + 0.98564736 * days + centre) * radians;
	const obliquity = (23.4393 - 3.6e-7 * days) * radians;
	const sineOfDeclination = Math.sin(obliquity) * Math.sin(trueLongitude);
	const rightAscension = Math.atan2(
		Math.cos(obliquity) * Math.sin(trueLongitude),
		Math.cos(trueLongitude),
	);
	const sidereal = (280.46062 + 360.98564737 * days + longitude) * radians;
	const phi = latitude * radians;
	return (
		Math.sin(phi) * sineOfDeclination +
		Math.cos(phi) * Math.sqrt(1 - sineOfDeclination ** 2) * Math.cos(sidereal - rightAscension)
	);
}

/** Hours since midnight in local mean solar time, 0 <= hours < 24. */
export function solarHour(time: number, longitude: number): number {
	const hours = time / 3_600_000 + longitude / 15;
	return ((hours % 24) + 24) % 24;
}
