/** One curve of a chart. */
export interface Curve {
	readonly channel: string;
	/** Name of its colour in the style sheet. */
	readonly colour: "rain" | "cool" | "gust" | "ink" | "light" | "moist" | "power" | "warm" | "wind";
	/**
	 * - `line`: the mean, with the band from lowest to highest where steps hold several values
	 * - `peak`: the highest
	 * - `dots`: an angle, on a scale of its own
	 * - `bars`: the sum
	 */
	readonly kind: "line" | "peak" | "dots" | "bars";
}

export interface ChartPanel {
	readonly name: string;
	readonly title: string;
	readonly curves: readonly Curve[];
	/** What the scale never leaves out, in the unit of the channel. */
	readonly includes?: readonly number[];
}

const weather: readonly ChartPanel[] = [
	{
		name: "temperature",
		title: "Temperature and dew point",
		curves: [
			{ channel: "airTemperature", colour: "warm", kind: "line" },
			{ channel: "dewPoint", colour: "moist", kind: "line" },
		],
	},
	{
		name: "humidity",
		title: "Relative humidity",
		curves: [{ channel: "relativeHumidity", colour: "cool", kind: "line" }],
	},
	{
		name: "pressure",
		title: "Pressure",
		curves: [
			{ channel: "seaLevelPressure", colour: "ink", kind: "line" },
			{ channel: "stationPressure", colour: "ink", kind: "line" },
		],
	},
	{
		name: "wind",
		title: "Wind",
		curves: [
			{ channel: "windDirection", colour: "ink", kind: "dots" },
			{ channel: "windGust", colour: "gust", kind: "peak" },
			{ channel: "windSpeed", colour: "wind", kind: "line" },
		],
		includes: [0, 2],
	},
	{
		name: "rain",
		title: "Rain",
		curves: [{ channel: "precipitation", colour: "rain", kind: "bars" }],
		includes: [0, 1],
	},
	{
		name: "light",
		title: "Light",
		curves: [
			{ channel: "solarIrradiance", colour: "light", kind: "line" },
			{ channel: "illuminance", colour: "light", kind: "line" },
		],
		includes: [0],
	},
];

/** What stations say of themselves. */
export const healthPanels: readonly ChartPanel[] = [
	{
		name: "battery",
		title: "Battery",
		curves: [{ channel: "batteryVoltage", colour: "power", kind: "line" }],
	},
	{
		name: "charge",
		title: "State of charge",
		curves: [{ channel: "stateOfCharge", colour: "power", kind: "line" }],
		includes: [0, 100],
	},
	{
		name: "signal",
		title: "Signal",
		curves: [{ channel: "signalStrength", colour: "wind", kind: "line" }],
		includes: [-90, -50],
	},
];

/** Of these a chart shows the first that there is: they are the same thing measured in two ways. */
const alternatives = new Set(["pressure", "light"]);
/** Figures about another channel, which its own chart has already. */
const statistics = /(Minimum|Maximum|Samples|\d+Minutes|SinceMidnightUtc|SinceMidnightLocal)$/;

/** The charts of a station that has these channels; those that we have no words for come last. */
export function panelsOf(channels: readonly string[]): readonly ChartPanel[] {
	const has = (channel: string): boolean =>
		channels.includes(channel) ||
		(channel === "dewPoint" &&
			channels.includes("airTemperature") &&
			channels.includes("relativeHumidity"));
	const known = weather.flatMap((panel) => {
		const found = panel.curves.filter(({ channel }) => has(channel));
		const curves = alternatives.has(panel.name) ? found.slice(0, 1) : found;
		return curves.length === 0 ? [] : [{ ...panel, curves }];
	});
	const named = new Set(
		[...weather, ...healthPanels].flatMap(({ curves }) => curves.map(({ channel }) => channel)),
	);
	const others = channels.filter((channel) => !named.has(channel) && !statistics.test(channel));
	return [
		...known,
		...others.map((channel): ChartPanel => {
			const curve: Curve = { channel, colour: "ink", kind: "line" };
			return { name: channel, title: "", curves: [curve] };
		}),
	];
}

/** What is to be asked for so that the charts can be drawn. */
export function channelsOf(panels: readonly ChartPanel[], available: readonly string[]): string[] {
	const drawn = panels.flatMap(({ curves }) => curves.map(({ channel }) => channel));
	return drawn.filter((channel) => available.includes(channel));
}
