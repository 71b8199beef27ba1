export const radiansPerDegree = Math.PI / 180;

/**
 * Mean speed in m/s below which there is no direction.
 *
 * Source: ICAO Annex 3, Attachment C: below 0.5 m/s (1 kt) the wind is calm.
 */
export const calmMps = 0.5;

/** Share of the summed lengths that a vector sum must have for its direction to mean anything. */
const leastResultant = 1e-6;

/**
 * Direction of a sum of vectors in degrees, 0 <= direction < 360 also as float32.
 *
 * @param total  sum of the lengths of the vectors
 * @returns NaN when there are none or they cancel out
 */
export function bearing(east: number, north: number, total: number): number {
	if (!(Math.hypot(east, north) > leastResultant * total)) return Number.NaN;
	const degrees = Math.fround(Math.atan2(east, north) / radiansPerDegree);
	const positive = degrees < 0 ? Math.fround(degrees + 360) : degrees;
	return positive === 360 ? 0 : positive;
}

/** The shorter way from one direction to another: -180 < turn <= 180. */
export function turnBetween(from: number, to: number): number {
	const turn = (to - from) % 360;
	if (turn > 180) return turn - 360;
	return turn <= -180 ? turn + 360 : turn;
}
