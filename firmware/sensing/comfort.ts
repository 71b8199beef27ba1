/** How air feels. A value outside the range of a formula, or missing, gives NaN. */
import { type Celsius, celsius, type MetrePerSecond, type Percent } from "./units.ts";

/** °F below which the heat index is the temperature itself, and from which the regression holds. */
const heatFloor = 40;
const regressionFloor = 80;

/**
 * Heat index of the US National Weather Service: what air in the shade feels like with its
 * humidity.
 *
 * The simple formula, averaged with the temperature, counts up to 80 °F; above that Rothfusz's
 * regression with its adjustments for dry and for humid air. It is not valid beyond the range of
 * Steadman's table, about 50 °C.
 *
 * Source: NWS Weather Prediction Center, "The Heat Index Equation"; L. P. Rothfusz, NWS Technical
 * Attachment SR 90-23, 1990.
 */
export function heatIndex(temperature: Celsius, humidity: Percent): Celsius {
	if (!(humidity >= 0 && humidity <= 100)) return celsius(Number.NaN);
	const t = temperature * 1.8 + 32;
	if (t <= heatFloor) return temperature;
	const simple = 0.5 * (t + 61 + (t - 68) * 1.2 + humidity * 0.094);
	const mean = (simple + t) / 2;
	const index = mean < regressionFloor ? mean : regression(t, humidity) + adjustment(t, humidity);
	return celsius((index - 32) / 1.8);
}

function regression(t: number, humidity: number): number {
	return (
		-42.379 +
		2.04901523 * t +
		10.14333127 * humidity -
		0.22475541 * t * humidity -
		0.00683783 * t * t -
		0.05481717 * humidity * humidity +
		0.00122874 * t * t * humidity +
		0.00085282 * t * humidity * humidity -
		0.00000199 * t * t * humidity * humidity
	);
}

function adjustment(t: number, humidity: number): number {
	if (humidity < 13 && t >= 80 && t <= 112) {
		return -((13 - humidity) / 4) * Math.sqrt((17 - Math.abs(t - 95)) / 17);
	}
	return humidity > 85 && t >= 80 && t <= 87 ? ((humidity - 85) / 10) * ((87 - t) / 5) : 0;
}

/** km/h and °C between which there is a wind chill (3 mph and 50 °F). */
const chillWindMinimum = 4.8;
const chillMaximum = 10;

/**
 * Wind chill of 2001: what the air feels like on a face, from the wind at 10 m. NaN above 10 °C and
 * up to 4.8 km/h, where it is not defined.
 *
 * Source: Environment Canada and US National Weather Service, Wind Chill Temperature index, 2001.
 */
export function windChill(temperature: Celsius, wind: MetrePerSecond): Celsius {
	const kmh = wind * 3.6;
	if (!(temperature <= chillMaximum && kmh > chillWindMinimum)) return celsius(Number.NaN);
	const power = kmh ** 0.16;
	return celsius(13.12 + 0.6215 * temperature - 11.37 * power + 0.3965 * temperature * power);
}

/**
 * Apparent temperature in the shade, from the wind at 10 m.
 *
 * Source: Australian Bureau of Meteorology, "Thermal comfort observations", after R. G. Steadman,
 * Australian Meteorological Magazine 43, 1994; with the vapour pressure formula given there.
 */
export function apparentTemperature(
	temperature: Celsius,
	humidity: Percent,
	wind: MetrePerSecond,
): Celsius {
	const vapourHpa =
		(humidity / 100) * 6.105 * Math.exp((17.27 * temperature) / (237.7 + temperature));
	return celsius(temperature + 0.33 * vapourHpa - 0.7 * wind - 4);
}
