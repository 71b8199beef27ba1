import type { Aggregate, Channel } from "./channel.ts";

/** Where drivers put what they measure, see `Sample`. */
type Source = readonly [group: string, property: string];

/** Range and how finely a value travels: `perUnit` as in `Channel`. */
type Scale = readonly [minimum: number, maximum: number, perUnit: number];

/** The group of channels that no driver fills: the station computes them. */
export const derivedGroup = "derived";

function measured(
	name: string,
	unit: string,
	key: string,
	aggregate: Aggregate,
	[minimum, maximum, perUnit]: Scale,
	[group, property]: Source,
	inMessage: Channel["in"] = "observation",
): Channel {
	return Object.freeze({
		name,
		unit,
		key,
		perUnit,
		aggregate,
		minimum,
		maximum,
		group,
		property,
		in: inMessage,
	});
}

/** Another aggregate of the samples of a measured channel. */
function statistic(
	suffix: "Minimum" | "Maximum" | "Samples",
	key: string,
	aggregate: Aggregate,
	of: Channel,
): Channel {
	const name = of.name + suffix;
	if (aggregate !== "count") return Object.freeze({ ...of, name, key, aggregate, of: of.name });
	const counted = { unit: "1", perUnit: 1, minimum: 0, maximum: 3_600 };
	return Object.freeze({ ...of, ...counted, name, key, aggregate, of: of.name });
}

function derived(
	name: string,
	unit: string,
	key: string,
	aggregate: Aggregate,
	scale: Scale,
): Channel {
	return measured(name, unit, key, aggregate, scale, [derivedGroup, name]);
}

const degrees: Scale = [0, 360, 1];

/**
 * The channels of every station.
 *
 * Ranges are the measurement ranges of WMO-No. 8 Vol. I, Annex 1.A, except precipitation: the
 * highest fall in an hour, the longest sample period, is 305 mm (WMO weather and climate extremes
 * archive, Holt, Missouri, 1947).
 *
 * Precipitation travels in steps of 0.1 µm (perUnit 10,000), because a tip of 0.2 mm is 2,000
 * steps and one of 0.2794 mm (0.011 inch) 2,794: both are whole numbers, so that the sum over any
 * number of reports is exactly the number of tips. With 10 or 1,000 steps a millimetre a tip of
 * 0.2794 mm would be off by the same 7 % or 0.14 % each time. A dry spell costs one digit anyway.
 */
export const standardChannels: readonly Channel[] = Object.freeze([
	measured("airTemperature", "°C", "T", "mean", [-80, 60, 10], ["thermometer", "temperature"]),
	measured("relativeHumidity", "%", "H", "mean", [0, 100, 10], ["hygrometer", "humidity"]),
	measured("stationPressure", "Pa", "P", "mean", [50_000, 108_000, 0.1], ["barometer", "pressure"]),
	measured("windSpeed", "m/s", "W", "mean", [0, 75, 10], ["anemometer", "speed"]),
	measured("windGust", "m/s", "G", "max", [0, 150, 10], ["anemometer", "speed"]),
	measured("windDirection", "deg", "D", "direction", degrees, ["windVane", "direction"]),
	measured("precipitation", "mm", "R", "sum", [0, 305, 10_000], ["rainGauge", "precipitation"]),
	measured("batteryVoltage", "V", "B", "last", [0, 30, 1000], ["battery", "voltage"], "health"),
]);

const [airTemperature, relativeHumidity, stationPressure] = standardChannels as [
	Channel,
	Channel,
	Channel,
];

/**
 * What else the sensors of this package measure, and irradiance, for a pyranometer of one's own.
 *
 * Ranges: full sun with bright clouds around it is below 200 klx and 2,000 W/m²; the UV index
 * reached 43 on Licancabur in 2003 (Cabrol et al. 2014); dust storms go beyond 5,000 µg/m³; the
 * others are what the parts can tell.
 */
const sensorChannels: readonly Channel[] = Object.freeze([
	measured("illuminance", "lx", "Lux", "mean", [0, 200_000, 1], ["lightmeter", "illuminance"]),
	measured("uvIndex", "1", "Ui", "mean", [0, 50, 10], ["ultravioletMeter", "uvIndex"]),
	measured("carbonDioxide", "ppm", "Co2", "mean", [0, 40_000, 1], ["carbonDioxideDetector", "CO2"]),
	particles("particulateMatter1", "Pm1", "pm1"),
	particles("particulateMatter2_5", "Pm25", "pm2_5"),
	particles("particulateMatter4", "Pm4", "pm4"),
	particles("particulateMatter10", "Pm10", "pm10"),
	measured(
		"stateOfCharge",
		"%",
		"Soc",
		"last",
		[0, 100, 1],
		["battery", "stateOfCharge"],
		"health",
	),
	measured("supplyVoltage", "V", "Sv", "mean", [0, 60, 100], ["powerMeter", "voltage"]),
	measured("supplyCurrent", "A", "Sa", "mean", [-50, 50, 1000], ["powerMeter", "current"]),
	measured("supplyPower", "W", "Sw", "mean", [-3_000, 3_000, 1000], ["powerMeter", "power"]),
	measured("batteryCurrent", "A", "Ba", "mean", [-50, 50, 1000], ["battery", "current"]),
	measured("batteryPower", "W", "Bw", "mean", [-3_000, 3_000, 1000], ["battery", "power"]),
	measured("solarIrradiance", "W/m²", "Si", "mean", [-10, 2_000, 1], ["pyranometer", "irradiance"]),
]);

function particles(name: string, key: string, property: string): Channel {
	const group = "particulateMatterDetector";
	return measured(name, "µg/m³", key, "mean", [0, 10_000, 10], [group, property]);
}

/** The lowest and highest sample of an observation, and how many samples its mean is made of. */
const statistics: readonly Channel[] = Object.freeze([
	statistic("Minimum", "Tn", "min", airTemperature),
	statistic("Maximum", "Tx", "max", airTemperature),
	statistic("Samples", "Tc", "count", airTemperature),
	statistic("Minimum", "Hn", "min", relativeHumidity),
	statistic("Maximum", "Hx", "max", relativeHumidity),
	statistic("Samples", "Hc", "count", relativeHumidity),
	statistic("Minimum", "Pn", "min", stationPressure),
	statistic("Maximum", "Px", "max", stationPressure),
	statistic("Samples", "Pc", "count", stationPressure),
]);

/**
 * What the station computes, see `derivation.ts`. Each name carries the window that ends with the
 * observation; where it carries none, the window is the observation.
 */
const derivedChannels: readonly Channel[] = Object.freeze([
	derived("windSpeed2Minutes", "m/s", "W2", "mean", [0, 75, 10]),
	derived("windDirection2Minutes", "deg", "D2", "direction", degrees),
	derived("windSpeed10Minutes", "m/s", "W10", "mean", [0, 75, 10]),
	derived("windDirection10Minutes", "deg", "D10", "direction", degrees),
	derived("windGust10Minutes", "m/s", "G10", "max", [0, 150, 10]),
	derived("windGustDirection10Minutes", "deg", "Gd10", "direction", degrees),
	derived("windGustAge10Minutes", "s", "Ga10", "last", [0, 620, 1]),
	derived("windDirectionFrom10Minutes", "deg", "Df10", "direction", degrees),
	derived("windDirectionTo10Minutes", "deg", "Dt10", "direction", degrees),
	derived("precipitationRate10Minutes", "mm/h", "Rr10", "mean", [0, 2_000, 1_000]),
	derived("precipitationSinceMidnightUtc", "mm", "Ru", "last", [0, 2_000, 10_000]),
	derived("precipitationSinceMidnightLocal", "mm", "Rl", "last", [0, 2_000, 10_000]),
	derived("luminousExposureSinceMidnightUtc", "lx h", "Lu", "last", [0, 2_000_000, 1]),
	derived("luminousExposureSinceMidnightLocal", "lx h", "Ll", "last", [0, 2_000_000, 1]),
	derived("erythemalDoseSinceMidnightUtc", "SED", "Uu", "last", [0, 200, 100]),
	derived("erythemalDoseSinceMidnightLocal", "SED", "Ul", "last", [0, 200, 100]),
	derived("solarExposureSinceMidnightUtc", "MJ/m²", "Su", "last", [-1, 60, 1000]),
	derived("solarExposureSinceMidnightLocal", "MJ/m²", "Sl", "last", [-1, 60, 1000]),
	derived("dewPoint", "°C", "Td", "mean", [-100, 60, 10]),
	derived("seaLevelPressure", "Pa", "Ps", "mean", [80_000, 120_000, 0.1]),
]);

/**
 * Every channel that is not a user's own. The place in this list is the identifier of a channel in
 * storage: add at the end only, 64 at most.
 */
export const knownChannels: readonly Channel[] = Object.freeze([
	...standardChannels,
	...sensorChannels,
	...statistics,
	...derivedChannels,
]);
