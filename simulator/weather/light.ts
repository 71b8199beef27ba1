/** Light on a horizontal surface, from the sine of the sun's elevation and the share of cloud. */

/** Below this elevation, in degrees, the sun gives no direct light. */
const degreesPerRadian = 180 / Math.PI;

/** Illuminance at sunset under a clear sky, lx, and degrees in which it falls to a tenth below. */
const sunsetLux = 400;
const twilightDegrees = 2.9;

/** What clouds let through of global radiation: F. Kasten and G. Czeplak, Solar Energy 24, 1980. */
function throughCloud(cloud: number): number {
	return 1 - 0.75 * cloud ** 3.4;
}

/**
 * Illuminance in lx. By day the IES clear sky: 133.8 klx through an extinction of 0.21, and diffuse light of
 * 0.8 klx + 15.5 klx times the root of the sine of the elevation (IESNA Lighting Handbook, 9th edition, chapter
 * 8). In the twilight it falls to 3.4 lx at -6° (P. Schlyter, "Radiometry and photometry in astronomy").
 *
 * @param height  sine of the sun's elevation
 * @param cloud   0..1
 */
export function illuminance(height: number, cloud: number): number {
	const through = throughCloud(cloud);
	if (height <= 0) {
		const degrees = Math.asin(height) * degreesPerRadian;
		return sunsetLux * through * 10 ** (degrees / twilightDegrees);
	}
	const direct = 133_800 * Math.exp(-0.21 / Math.max(height, 0.02)) * height;
	const diffuse = 800 * Math.min(1, height * 20) + 15_500 * Math.sqrt(height);
	return Math.max(sunsetLux, direct + diffuse) * through;
}

/** UV index: S. Madronich, Photochem. Photobiol. 83, 2007, at 300 DU of ozone; 6 % more each km up. */
export function uvIndex(height: number, cloud: number, heightM: number): number {
	if (height <= 0) return 0;
	return 12.5 * height ** 2.42 * (1 + 0.06 * (heightM / 1000)) * throughCloud(cloud);
}

/** Global irradiance, W/m²: Kasten and Czeplak 1980. */
export function irradiance(height: number, cloud: number): number {
	return Math.max(0, 910 * height - 30) * throughCloud(cloud);
}
