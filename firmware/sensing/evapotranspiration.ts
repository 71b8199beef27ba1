/**
 * Reference evapotranspiration.
 *
 * Source: R. G. Allen et al., "Crop evapotranspiration", FAO Irrigation and Drainage Paper 56, Rome
 * 1998 ("FAO-56"); numbers in brackets are its equations. Vapour pressures are in kPa in here, as
 * in the paper, and follow its formula, not that of `humidity.ts`.
 */
import type {
	Celsius,
	Degree,
	MegajoulePerSquareMetre,
	Metre,
	MetrePerSecond,
	Millimetre,
	Percent,
} from "./units.ts";

/** One day at a station. */
export interface EvaporationDay {
	/** 1..366. */
	readonly dayOfYear: number;
	readonly latitude: Degree;
	readonly height: Metre;
	readonly temperatureMaximum: Celsius;
	readonly temperatureMinimum: Celsius;
	readonly humidityMaximum: Percent;
	readonly humidityMinimum: Percent;
	/** Mean of the day. */
	readonly windSpeed: MetrePerSecond;
	/** Of the anemometer above the ground. */
	readonly windHeight: Metre;
	/** Global radiation, sum of the day. */
	readonly radiation: MegajoulePerSquareMetre;
}

const radians = Math.PI / 180;
/** MJ/(m² min). */
const solarConstant = 0.082;
/** MJ/(K⁴ m² day). */
const stefanBoltzmann = 4.903e-9;
const grassAlbedo = 0.23;
const kelvinAtZero = 273.16;

/**
 * Reference evapotranspiration of a day, after Penman and Monteith (6).
 *
 * @returns mm in the day; NaN when anything is missing
 */
export function referenceEvapotranspiration(day: EvaporationDay): Millimetre {
	const mean = (day.temperatureMaximum + day.temperatureMinimum) / 2;
	const slope = saturationSlope(mean);
	const gamma = psychrometricConstant(day.height);
	const wind = windAtTwoMetres(day.windSpeed, day.windHeight);
	const deficit = saturationMean(day) - vapourMean(day);
	const energy = 0.408 * slope * netRadiation(day);
	const aerodynamic = (gamma * 900 * wind * deficit) / (mean + 273);
	return ((energy + aerodynamic) / (slope + gamma * (1 + 0.34 * wind))) as Millimetre;
}

/** Radiation on a horizontal surface outside the atmosphere, MJ/m² in a day (21 to 25). */
export function extraterrestrialRadiation(latitude: Degree, dayOfYear: number): number {
	const angle = (2 * Math.PI * dayOfYear) / 365;
	const distance = 1 + 0.033 * Math.cos(angle);
	const declination = 0.409 * Math.sin(angle - 1.39);
	const phi = latitude * radians;
	// The bounds stand for the polar day and the polar night.
	const cosine = Math.min(1, Math.max(-1, -Math.tan(phi) * Math.tan(declination)));
	const sunset = Math.acos(cosine);
	return (
		((24 * 60) / Math.PI) *
		solarConstant *
		distance *
		(sunset * Math.sin(phi) * Math.sin(declination) +
			Math.cos(phi) * Math.cos(declination) * Math.sin(sunset))
	);
}

/** Radiation that a grass surface keeps, MJ/m² in a day (37 to 40). */
export function netRadiation(day: EvaporationDay): number {
	const { radiation, height, temperatureMaximum, temperatureMinimum } = day;
	const clearSky = (0.75 + 2e-5 * height) * extraterrestrialRadiation(day.latitude, day.dayOfYear);
	// In the polar night there is no share to measure clouds by: the sky is taken for clear.
	const share = clearSky > 0 ? Math.min(1, radiation / clearSky) : 1;
	const emission =
		(stefanBoltzmann *
			((temperatureMaximum + kelvinAtZero) ** 4 + (temperatureMinimum + kelvinAtZero) ** 4)) /
		2;
	const moisture = 0.34 - 0.14 * Math.sqrt(vapourMean(day));
	return (1 - grassAlbedo) * radiation - emission * moisture * (1.35 * share - 0.35);
}

/** Wind speed at 2 m above grass, from that at another height (47). */
export function windAtTwoMetres(speed: MetrePerSecond, height: Metre): number {
	return (speed * 4.87) / Math.log(67.8 * height - 5.42);
}

/** kPa/K (7, 8). */
export function psychrometricConstant(height: Metre): number {
	return 0.665e-3 * 101.3 * ((293 - 0.0065 * height) / 293) ** 5.26;
}

/** kPa (11). */
export function saturationAt(temperature: number): number {
	return 0.6108 * Math.exp((17.27 * temperature) / (temperature + 237.3));
}

/** kPa/K (13). */
export function saturationSlope(temperature: number): number {
	return (4098 * saturationAt(temperature)) / (temperature + 237.3) ** 2;
}

/** kPa, mean of those at both extremes (12). */
function saturationMean(day: EvaporationDay): number {
	return (saturationAt(day.temperatureMaximum) + saturationAt(day.temperatureMinimum)) / 2;
}

/** kPa, from the extremes of humidity (17). */
function vapourMean(day: EvaporationDay): number {
	return (
		(saturationAt(day.temperatureMinimum) * day.humidityMaximum +
			saturationAt(day.temperatureMaximum) * day.humidityMinimum) /
		200
	);
}
