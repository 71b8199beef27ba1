import type { Units } from "./settings.ts";

/** How a quantity is shown in one system of units. */
interface Scale {
	readonly unit: string;
	readonly digits: number;
	/** From the unit in which it travels. */
	readonly convert: (value: number) => number;
}

interface Quantity {
	readonly label: string;
	readonly metric: Scale;
	readonly imperial: Scale;
}

const same = (value: number): number => value;
const both = (unit: string, digits: number, convert = same): Omit<Quantity, "label"> => ({
	metric: { unit, digits, convert },
	imperial: { unit, digits, convert },
});

const temperature: Omit<Quantity, "label"> = {
	metric: { unit: "°C", digits: 1, convert: same },
	imperial: { unit: "°F", digits: 1, convert: (celsius) => celsius * 1.8 + 32 },
};
/** One inch of mercury at 0 °C is 3,386.39 Pa (WMO-No. 8, table of conversions). */
const pressure: Omit<Quantity, "label"> = {
	metric: { unit: "hPa", digits: 1, convert: (pascal) => pascal / 100 },
	imperial: { unit: "inHg", digits: 2, convert: (pascal) => pascal / 3386.39 },
};
const speed: Omit<Quantity, "label"> = {
	metric: { unit: "m/s", digits: 1, convert: same },
	imperial: { unit: "mph", digits: 1, convert: (mps) => mps / 0.44704 },
};
const rain: Omit<Quantity, "label"> = {
	metric: { unit: "mm", digits: 1, convert: same },
	imperial: { unit: "in", digits: 2, convert: (mm) => mm / 25.4 },
};
const height: Omit<Quantity, "label"> = {
	metric: { unit: "m", digits: 0, convert: same },
	imperial: { unit: "ft", digits: 0, convert: (metres) => metres / 0.3048 },
};
const distance: Omit<Quantity, "label"> = {
	metric: { unit: "km", digits: 0, convert: same },
	imperial: { unit: "mi", digits: 0, convert: (km) => km / 1.609344 },
};

const quantities: Readonly<Record<string, Quantity>> = {
	airTemperature: { label: "Temperature", ...temperature },
	dewPoint: { label: "Dew point", ...temperature },
	relativeHumidity: { label: "Humidity", ...both("%", 0) },
	stationPressure: { label: "Station pressure", ...pressure },
	seaLevelPressure: { label: "Sea-level pressure", ...pressure },
	windSpeed: { label: "Wind", ...speed },
	windGust: { label: "Gust", ...speed },
	windDirection: { label: "Wind from", ...both("°", 0) },
	precipitation: { label: "Rain", ...rain },
	illuminance: { label: "Light", ...both("klx", 1, (lux) => lux / 1000) },
	solarIrradiance: { label: "Irradiance", ...both("W/m²", 0) },
	uvIndex: { label: "UV index", ...both("", 1) },
	carbonDioxide: { label: "CO₂", ...both("ppm", 0) },
	batteryVoltage: { label: "Battery", ...both("V", 2) },
	stateOfCharge: { label: "Charge", ...both("%", 0) },
	signalStrength: { label: "Signal", ...both("dBm", 0) },
	height: { label: "Height", ...height },
	distance: { label: "Distance", ...distance },
};

/** The quantity of a channel; one that we have no words for goes by its name and its own unit. */
export function quantityOf(channel: string, unit = ""): Quantity {
	const known = quantities[channel];
	if (known) return known;
	const words = channel.replace(/([A-Z]|\d+)/g, " $1").toLowerCase();
	const label = words.charAt(0).toUpperCase() + words.slice(1);
	if (unit === "°C") return { label, ...temperature };
	if (unit === "Pa") return { label, ...pressure };
	if (unit === "m/s") return { label, ...speed };
	if (unit === "mm") return { label, ...rain };
	return { label, ...both(unit === "1" ? "" : unit.replace("deg", "°"), 1) };
}

/** A number and its unit, with a narrow blank where one belongs; "–" for what is missing. */
export function show(
	channel: string,
	value: number | null | undefined,
	units: Units,
	unit?: string,
): string {
	if (value === null || value === undefined || Number.isNaN(value)) return "–";
	const scale = quantityOf(channel, unit)[units];
	return join(fixed(scale.convert(value), scale.digits), scale.unit);
}

/** The number alone. */
export function showNumber(
	channel: string,
	value: number | null | undefined,
	units: Units,
	unit?: string,
): string {
	if (value === null || value === undefined || Number.isNaN(value)) return "–";
	const scale = quantityOf(channel, unit)[units];
	return fixed(scale.convert(value), scale.digits);
}

/** A count of a person's size: 1,234 or 12.3 k or 4.56 M. */
export function showCount(count: number): string {
	if (Math.abs(count) < 10_000) return Math.round(count).toLocaleString("en");
	if (Math.abs(count) < 1_000_000) return `${(count / 1000).toPrecision(3)} k`;
	return `${(count / 1_000_000).toPrecision(3)} M`;
}

/** Bytes in powers of 1,000, as networks count them. */
export function showBytes(bytes: number): string {
	if (bytes < 1000) return `${Math.round(bytes)} B`;
	if (bytes < 1_000_000) return `${(bytes / 1000).toPrecision(3)} kB`;
	if (bytes < 1e9) return `${(bytes / 1e6).toPrecision(3)} MB`;
	return `${(bytes / 1e9).toPrecision(3)} GB`;
}

const points = "N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW".split(" ");

/** The point of the compass from which a wind blows. */
export function compass(degrees: number): string {
	return points[Math.round(degrees / 22.5) % 16]!;
}

function fixed(value: number, digits: number): string {
	const text = value.toFixed(digits);
	// A rounded −0.04 is nothing.
	return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

function join(number: string, unit: string): string {
	if (unit === "") return number;
	return unit === "°" || unit === "%" ? number + unit : `${number}\u202f${unit}`;
}
