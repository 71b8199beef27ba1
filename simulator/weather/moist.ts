/** Saturation vapour pressure over water in Pa, Magnus's formula (WMO-No. 8 Vol. I, Annex 4.B). */
function saturation(temperature: number): number {
	return 611.2 * Math.exp((17.62 * temperature) / (243.12 + temperature));
}

/** Relative humidity over water in %, 0..100. */
export function humidityOf(temperature: number, dewPoint: number): number {
	return Math.min(100, (100 * saturation(dewPoint)) / saturation(temperature));
}

/** Dew point in °C of air with a relative humidity above 0 %. */
export function dewPointOf(temperature: number, humidity: number): number {
	const logarithm = Math.log((saturation(temperature) * humidity) / 100 / 611.2);
	return (243.12 * logarithm) / (17.62 - logarithm);
}

/**
 * Pressure at a height, from that at sea level: hypsometric equation with a lapse of 6.5 K/km.
 *
 * @param temperature  °C at that height
 */
export function pressureAt(heightM: number, seaLevel: number, temperature: number): number {
	const column = temperature + 273.15 + 0.00325 * heightM;
	return seaLevel * Math.exp((-9.80665 * heightM) / (287.05 * column));
}
