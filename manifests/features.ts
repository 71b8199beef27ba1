/** A part of the firmware that is in an image only when the station asks for it. */
export interface Feature {
	/** As `featuresOf` of the firmware names it. */
	readonly key: string;
	readonly title: string;
	/** The module it is in, from the root of the package. */
	readonly module: string;
	/** What that module exports of it. */
	readonly symbol: string;
}

export const features: readonly Feature[] = Object.freeze([
	{
		key: "columnReports",
		title: "reports in columns",
		module: "firmware/payload/encode.ts",
		symbol: "encodeReport",
	},
	{
		key: "denseReports",
		title: "dense reports",
		module: "firmware/payload/dense.ts",
		symbol: "encodeDenseReport",
	},
	{
		key: "windOverMinutes",
		title: "wind over 2 and 10 minutes",
		module: "firmware/sensing/windwindows.ts",
		symbol: "WindWindows",
	},
	{
		key: "rainRate",
		title: "rain over 10 minutes",
		module: "firmware/sensing/rainrate.ts",
		symbol: "RainRate",
	},
	{
		key: "dayTotals",
		title: "totals since midnight",
		module: "firmware/sensing/daytotals.ts",
		symbol: "DayTotals",
	},
	{
		key: "dutyCycle",
		title: "deep sleep between observations",
		module: "firmware/station/dutycycle.ts",
		symbol: "DutyCycle",
	},
]);

/** Begins the name of a module that stands in for one without its feature. */
export const withoutPrefix = "\0without:";

/**
 * What stands in for a module whose feature is left out: everything else of it, and in place of the
 * feature something that says so. A local export hides the one of the same name behind the star.
 */
export function withoutFeature({ symbol, title }: Feature, path: string): string {
	return [
		`export * from ${JSON.stringify(path)};`,
		`export function ${symbol}() {`,
		`	throw new Error(${JSON.stringify(`${title}: left out of this image`)});`,
		"}",
	].join("\n");
}
