/**
 * Measures of humidity. A value that is missing or outside the range for which the formula is
 * published gives NaN.
 *
 * Source: WMO-No. 8 Vol. I, Annex 4.B, for pure water and ice; the enhancement by air, 0.4 % at
 * most, is left out everywhere.
 */
import {
	type Celsius,
	celsius,
	type GramPerCubicMetre,
	type GramPerKilogram,
	type Pascal,
	type Percent,
	pascal,
} from "./units.ts";

/** Magnus parameters: vapour pressure at 0 °C in Pa, factor, °C. */
const freezingPa = 611.2;
const waterFactor = 17.62;
const waterOffset = 243.12;
const iceFactor = 22.46;
const iceOffset = 272.62;

const waterMinimum = -45;
const iceMinimum = -65;
const maximum = 60;

/** Ratio of the molar masses of water vapour and dry air. */
const massRatio = 0.62198;
/** Gas constant of water vapour in J/(kg K). */
const vapourGasConstant = 461.5;
const kelvinAtZero = 273.15;

/** Psychrometer coefficient in 1/K and its growth with temperature: aspirated, water on the bulb. */
const psychrometer = 6.53e-4;
const psychrometerGrowth = 0.000944;

/** Halvings of an interval of 105 K, after which a wet bulb is known to a millionth of a kelvin. */
const wetBulbSteps = 27;

/** Saturation vapour pressure over water, -45..60 °C. */
export function saturationPressure(temperature: Celsius): Pascal {
	if (!(temperature >= waterMinimum && temperature <= maximum)) return pascal(Number.NaN);
	return pascal(freezingPa * Math.exp((waterFactor * temperature) / (waterOffset + temperature)));
}

/** Saturation vapour pressure over ice, -65..0 °C. */
export function saturationPressureOverIce(temperature: Celsius): Pascal {
	if (!(temperature >= iceMinimum && temperature <= 0)) return pascal(Number.NaN);
	return pascal(freezingPa * Math.exp((iceFactor * temperature) / (iceOffset + temperature)));
}

/** Partial pressure of the water vapour; temperature -45..60 °C, humidity 0..100 %. */
export function vapourPressure(temperature: Celsius, humidity: Percent): Pascal {
	if (!(humidity >= 0 && humidity <= 100)) return pascal(Number.NaN);
	return pascal((saturationPressure(temperature) * humidity) / 100);
}

/** Temperature at which dew forms; NaN without humidity and below -45 °C. */
export function dewPoint(temperature: Celsius, humidity: Percent): Celsius {
	const ratio = Math.log(vapourPressure(temperature, humidity) / freezingPa);
	const dew = (waterOffset * ratio) / (waterFactor - ratio);
	// The formula is its own inverse but for rounding, and a dew point above the air is no state of it.
	return celsius(dew >= waterMinimum ? Math.min(dew, temperature) : Number.NaN);
}

/** Temperature at which hoar frost forms; NaN where dew forms instead, and below -65 °C. */
export function frostPoint(temperature: Celsius, humidity: Percent): Celsius {
	const ratio = Math.log(vapourPressure(temperature, humidity) / freezingPa);
	const frost = (iceOffset * ratio) / (iceFactor - ratio);
	return celsius(frost >= iceMinimum && frost <= 0 ? frost : Number.NaN);
}

/**
 * Temperature of an aspirated thermometer with a wet bulb, from the psychrometer equation at the
 * pressure of the station. The water on the bulb is liquid, also below 0 °C.
 */
export function wetBulb(temperature: Celsius, humidity: Percent, pressure: Pascal): Celsius {
	const wanted = vapourPressure(temperature, humidity);
	if (!(pressure > wanted)) return celsius(Number.NaN);
	let low = waterMinimum as number;
	let high = temperature as number;
	for (let step = 0; step < wetBulbSteps; step++) {
		const middle = (low + high) / 2;
		if (psychrometerPressure(temperature, celsius(middle), pressure) < wanted) low = middle;
		else high = middle;
	}
	return celsius(high);
}

/** Vapour pressure that a dry and a wet bulb show. */
function psychrometerPressure(temperature: Celsius, wet: Celsius, pressure: Pascal): number {
	const coefficient = psychrometer * (1 + psychrometerGrowth * wet);
	return saturationPressure(wet) - coefficient * pressure * (temperature - wet);
}

/** Mass of water vapour with a kilogram of dry air. */
export function mixingRatio(
	temperature: Celsius,
	humidity: Percent,
	pressure: Pascal,
): GramPerKilogram {
	const vapour = vapourPressure(temperature, humidity);
	const ratio = pressure > vapour ? (1000 * massRatio * vapour) / (pressure - vapour) : Number.NaN;
	return ratio as GramPerKilogram;
}

/** Mass of water vapour in a cubic metre of air. */
export function absoluteHumidity(temperature: Celsius, humidity: Percent): GramPerCubicMetre {
	const vapour = vapourPressure(temperature, humidity);
	return ((1000 * vapour) /
		(vapourGasConstant * (temperature + kelvinAtZero))) as GramPerCubicMetre;
}
