/** Pressure and density of air. A value that is missing gives NaN. */
import { vapourPressure } from "./humidity.ts";
import {
	type Celsius,
	type KilogramPerCubicMetre,
	type Metre,
	type Pascal,
	type Percent,
	pascal,
} from "./units.ts";

const gravity = 9.80665;
/** Gas constant of dry air in J/(kg K). */
const airGasConstant = 287.05;
const kelvinAtZero = 273.15;
/** Fall of temperature with height in the standard atmosphere, K/m. */
const lapseRate = 0.0065;

/** Mean rise of the virtual temperature of the column under a station, in K for each Pa of vapour. */
const vapourRise = 0.0012;

/** Height in m up to which pressures are reduced to sea level in practice, see docs/meteorology.md. */
const reducibleMetres = 2_000;

/**
 * Pressure reduced to mean sea level, for stations from -500 to 2,000 m; NaN for others.
 *
 * Source: Deutscher Wetterdienst, VuB 2 BUFR: the hypsometric equation with a lapse rate of 0.0065
 * K/m and a rise of 0.12 K per hPa of vapour pressure.
 */
export function seaLevelPressure(
	station: Pascal,
	temperature: Celsius,
	humidity: Percent,
	height: Metre,
): Pascal {
	if (!(height >= -500 && height <= reducibleMetres)) return pascal(Number.NaN);
	const column =
		temperature +
		kelvinAtZero +
		vapourPressure(temperature, humidity) * vapourRise +
		(lapseRate * height) / 2;
	return pascal(station * Math.exp((gravity * height) / (airGasConstant * column)));
}

/** Standard atmosphere at sea level, and what the altimeter formula takes off a station's pressure. */
const standardPa = 101_325;
const standardKelvin = 288;
const stationOffsetPa = 30;
const exponent = (airGasConstant * lapseRate) / gravity;

/**
 * Altimeter setting (QNH): what an altimeter has to be set to in order to show the height of the
 * station.
 *
 * Source: Smithsonian Meteorological Tables, 6th edition, 1951, p. 269.
 */
export function altimeterSetting(station: Pascal, height: Metre): Pascal {
	const reduced = station - stationOffsetPa;
	const rise =
		(standardPa ** exponent * lapseRate * height) / (standardKelvin * reduced ** exponent);
	return pascal(reduced * (1 + rise) ** (1 / exponent));
}

/** Share by which water vapour is lighter than dry air. */
const vapourDeficit = 0.378;

/**
 * Density of moist air.
 *
 * Source: equation of state with the virtual temperature, WMO-No. 8 Vol. I, Annex 4.B.
 */
export function airDensity(
	temperature: Celsius,
	humidity: Percent,
	pressure: Pascal,
): KilogramPerCubicMetre {
	const vapour = vapourPressure(temperature, humidity);
	const density =
		(pressure - vapourDeficit * vapour) / (airGasConstant * (temperature + kelvinAtZero));
	return density as KilogramPerCubicMetre;
}

/** Pascal below which a pressure is the same as another: the synoptic code counts tenths of hPa. */
const steadyPa = 5;

/**
 * Characteristic of the pressure tendency, from the change in three hours: 2 rising, 7 falling, 4
 * steady, the three figures of the table that are meant for automatic stations.
 *
 * @returns 2, 4 or 7; NaN when the change is not known
 *
 * Source: WMO-No. 306 Vol. I.1, code table 0200.
 */
export function tendencyCharacteristic(now: Pascal, threeHoursAgo: Pascal): number {
	const change = now - threeHoursAgo;
	if (Number.isNaN(change)) return change;
	if (Math.abs(change) < steadyPa) return 4;
	return change > 0 ? 2 : 7;
}
