import { quantityOf } from "../quantity.ts";
import type { Units } from "../settings.ts";
import type { ChartPanel, Curve } from "./panels.ts";
import type { Loaded } from "./series.ts";
import type { Span } from "./span.ts";

/** Columns of one length, the first of which is time; what uPlot draws. */
export type Columns = [number[], ...(number | null)[][]];

/** How many columns a curve takes: before a line stand the edges of its band, the lower one first. */
export const columnsOf = ({ kind }: Curve): number => (kind === "line" ? 3 : 1);

/** Which of its columns has the values themselves. */
export const mainColumn = ({ kind }: Curve): number => (kind === "line" ? 2 : 0);

/** Bars in one view. */
const barsInView = 72;
const barSteps = [60, 300, 600, 900, 1_800, 3_600, 10_800, 21_600, 86_400, 604_800];

/** The columns of a chart in the units of the reader; bars of rain are gathered for the span in view. */
export function columnsFor(panel: ChartPanel, loaded: Loaded, units: Units, span: Span): Columns {
	if (panel.curves[0]!.kind === "bars") return bars(panel.curves[0]!, loaded, units, span);
	const columns = panel.curves.flatMap((curve) => {
		const channel = loaded.channels[curve.channel];
		const { convert } = quantityOf(curve.channel, channel?.unit)[units];
		const converted = (values: readonly (number | null)[] | undefined): (number | null)[] =>
			loaded.time.map((_, index) => {
				const value = values?.[index];
				return value === null || value === undefined ? null : convert(value);
			});
		if (curve.kind === "line") {
			return [converted(channel?.min), converted(channel?.max), converted(channel?.mean)];
		}
		return [converted(curve.kind === "peak" ? channel?.max : channel?.mean)];
	});
	return [[...loaded.time], ...columns];
}

/** Seconds of one bar. */
export function barStep(span: Span, step: number): number {
	const wanted = Math.max(step, (span.to - span.from) / barsInView);
	return barSteps.find((one) => one >= wanted) ?? barSteps.at(-1)!;
}

function bars({ channel }: Curve, loaded: Loaded, units: Units, span: Span): Columns {
	const { unit, sum = [] } = loaded.channels[channel] ?? { unit: "mm" };
	const { convert } = quantityOf(channel, unit)[units];
	const step = barStep(span, loaded.step);
	const times: number[] = [];
	const sums: (number | null)[] = [];
	for (const [index, time] of loaded.time.entries()) {
		const value = sum[index];
		if (value === null || value === undefined) continue;
		const start = Math.floor(time / step) * step;
		if (times.at(-1) !== start) {
			times.push(start);
			sums.push(0);
		}
		sums[sums.length - 1]! += convert(value);
	}
	return [times, sums];
}

/** What has fallen in a span, in the unit of the channel; `undefined` when nobody has measured. */
export function total(channel: string, loaded: Loaded, span: Span): number | undefined {
	const sums = loaded.channels[channel]?.sum ?? [];
	let result: number | undefined;
	for (const [index, time] of loaded.time.entries()) {
		const value = sums[index];
		if (time < span.from || time >= span.to || typeof value !== "number") continue;
		result = (result ?? 0) + value;
	}
	return result;
}
