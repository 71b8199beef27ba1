import uPlot from "uplot";
import { quantityOf } from "../quantity.ts";
import type { Units } from "../settings.ts";
import { type Columns, columnsOf, mainColumn } from "./columns.ts";
import {
	bandPaths,
	drawBand,
	drawDots,
	drawLine,
	type IsCoarse,
	isDense,
	linePaths,
} from "./curves.ts";
import type { Mark } from "./marks.ts";
import { faded, type Palette } from "./palette.ts";
import type { ChartPanel, Curve } from "./panels.ts";
import type { Span } from "./span.ts";

/** What a chart is drawn from, beside its columns. It may change between two drawings. */
export interface Scene {
	readonly panel: ChartPanel;
	readonly units: Units;
	readonly palette: Palette;
	span(): Span;
	/** Whether the view is under way: what is drawn is gone with the next frame. */
	isMoving(): boolean;
	nights(): readonly Span[];
	marks(): readonly Mark[];
	/** The pointer is at a step, or has gone. */
	onPoint(index: number | undefined): void;
}

/** All charts of a station show the same moment under the pointer. */
const syncKey = "station";
const axisWidth = 58;
const font = "12px system-ui, sans-serif";

/** Makes one chart of the panel, as wide as its box. */
export function makePlot(scene: Scene, box: HTMLElement, columns: Columns): uPlot {
	const { panel, palette } = scene;
	const hasDirection = panel.curves.some(({ kind }) => kind === "dots");
	const isCoarse: IsCoarse = (plot) => scene.isMoving() && isDense(plot);
	const drawn = panel.curves.flatMap((curve) => drawnOf(curve, palette, isCoarse));
	const options: uPlot.Options = {
		width: Math.max(200, box.clientWidth),
		height: box.clientHeight,
		padding: [8, hasDirection ? 0 : 14, 0, 0],
		scales: {
			x: { time: true, range: () => asRange(scene.span()) },
			y: { range: (plot, low, high) => rangeOf(scene, plot, low, high) },
			direction: { range: [0, 360] },
		},
		series: [{}, ...drawn.map(({ series }) => series)],
		axes: axesOf(scene, hasDirection),
		legend: { show: false },
		cursor: {
			sync: { key: syncKey, setSeries: false },
			drag: { x: false, y: false },
			y: false,
			points: { size: 7 },
		},
		hooks: {
			drawClear: [(plot) => drawNights(plot, scene)],
			drawSeries: [(plot, index) => drawn[index - 1]!.draw?.(plot, index)],
			draw: [(plot) => drawMarks(plot, scene)],
			setCursor: [({ cursor }) => scene.onPoint(cursor.idx ?? undefined)],
		},
	};
	return new uPlot(options, columns as uPlot.AlignedData, box);
}

const asRange = ({ from, to }: Span): [number, number] => [from, to];

/** One series of a chart, and what draws the most of it. */
interface Drawn {
	readonly series: uPlot.Series;
	readonly draw?: (plot: uPlot, index: number) => unknown;
}

function drawnOf(curve: Curve, palette: Palette, isCoarse: IsCoarse): Drawn[] {
	const stroke = palette[curve.colour]!;
	const unseen: uPlot.Series = { width: 0, points: { show: false }, paths: () => null };
	switch (curve.kind) {
		case "line": {
			const fill = faded(stroke, 0.2);
			const band: Drawn = {
				series: { ...unseen, fill, paths: bandPaths(isCoarse) },
				draw: (plot, index) => isCoarse(plot) && drawBand(plot, index, fill),
			};
			return [band, { series: unseen }, lineOf(stroke, 1.6, isCoarse)];
		}
		case "peak":
			return [lineOf(faded(stroke, 0.85), 1, isCoarse)];
		case "dots": {
			const fill = faded(stroke, 0.35);
			const series = { ...unseen, scale: "direction" };
			return [{ series, draw: (plot, index) => drawDots(plot, index, fill) }];
		}
		case "bars": {
			const paths = uPlot.paths.bars!({ size: [0.82, 40], align: 1 });
			return [{ series: { ...unseen, fill: faded(stroke, 0.85), paths } }];
		}
	}
}

const lineOf = (stroke: string, width: number, isCoarse: IsCoarse): Drawn => ({
	series: {
		...{ stroke, width, fill: stroke },
		paths: linePaths(width, isCoarse),
		points: { show: false },
	},
	draw: (plot, index) => isCoarse(plot) && drawLine(plot, index, stroke, width),
});

function axesOf({ panel, units, palette }: Scene, hasDirection: boolean): uPlot.Axis[] {
	const look = {
		font,
		stroke: palette.soft!,
		grid: { stroke: palette.line!, width: 1 },
		ticks: { show: false },
	};
	const { digits } = quantityOf(scaledCurve(panel).channel)[units];
	const axes: uPlot.Axis[] = [
		{ ...look, space: 64, size: 44, values: (_, splits, __, ___, step) => times(splits, step) },
		{
			...look,
			size: axisWidth,
			space: 26,
			values: (_, splits) => labels(splits, digits),
		},
	];
	if (hasDirection) {
		axes.push({
			...look,
			scale: "direction",
			side: 1,
			size: 30,
			grid: { show: false },
			splits: [0, 90, 180, 270, 360],
			values: () => ["N", "E", "S", "W", "N"],
		});
	}
	return axes;
}

/** The curve whose unit the scale has. */
export const scaledCurve = ({ curves }: ChartPanel): Curve =>
	curves.find(({ kind }) => kind !== "dots") ?? curves[0]!;

const clock = new Intl.DateTimeFormat(undefined, {
	hour: "2-digit",
	minute: "2-digit",
	hourCycle: "h23",
});
const seconds = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const month = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric" });

/** Times of day in the reader's zone, and below them the day where it begins. */
function times(splits: number[], step: number): string[] {
	if (step >= 28 * 86_400) return splits.map((split) => month.format(split * 1000));
	if (step >= 86_400) return splits.map((split) => day.format(split * 1000));
	let last = "";
	return splits.map((split) => {
		const today = day.format(split * 1000);
		const line = (step < 60 ? seconds : clock).format(split * 1000);
		const text = today === last ? line : `${line}\n${today}`;
		last = today;
		return text;
	});
}

/** Numbers with as many digits as their distance asks for. */
function labels(splits: number[], digits: number): string[] {
	const step = Math.abs((splits[1] ?? 0) - (splits[0] ?? 0));
	let needed = step === 0 ? digits : 0;
	while (needed < 3 && Math.abs(step * 10 ** needed - Math.round(step * 10 ** needed)) > 1e-6) {
		needed += 1;
	}
	return splits.map((split) => split.toFixed(needed).replace("-", "−"));
}

/** Room above and below the curve; what the panel includes is in sight in any case. */
function rangeOf(
	{ panel, units }: Scene,
	_plot: uPlot,
	low: number | null,
	high: number | null,
): [number, number] {
	const { convert } = quantityOf(scaledCurve(panel).channel)[units];
	const included = (panel.includes ?? []).map(convert);
	const lowest = Math.min(...included, low ?? Number.POSITIVE_INFINITY);
	const highest = Math.max(...included, high ?? Number.NEGATIVE_INFINITY);
	if (!Number.isFinite(lowest) || !Number.isFinite(highest)) return [0, 1];
	const room = Math.max((highest - lowest) * 0.08, Math.abs(highest) * 1e-4, 0.05);
	return [included.includes(lowest) ? lowest : lowest - room, highest + room];
}

function drawNights(plot: uPlot, { nights, palette }: Scene): void {
	const { ctx, bbox } = plot;
	ctx.save();
	ctx.fillStyle = palette.night!;
	for (const { from, to } of nights()) {
		const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
		const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
		if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
	}
	ctx.restore();
}

/** A triangle over a value that is odd, a tick at the bottom where one is missing. */
function drawMarks(plot: uPlot, { marks, palette, panel }: Scene): void {
	const { ctx, bbox } = plot;
	const size = 4 * devicePixelRatio;
	const bottom = bbox.top + bbox.height;
	const [first, last] = plot.series[0]!.idxs ?? [0, -1];
	ctx.save();
	for (const { index, curve, flags } of marks()) {
		if (index < first || index > last) continue;
		const x = plot.valToPos(plot.data[0]![index]!, "x", true);
		if (flags.length === 0) {
			ctx.fillStyle = palette.bad!;
			ctx.fillRect(x - devicePixelRatio, bottom - size, 2 * devicePixelRatio, size);
			continue;
		}
		const column = columnOf(panel, curve);
		const value = plot.data[column]?.[index];
		if (typeof value !== "number") continue;
		const y = plot.valToPos(value, curve.kind === "dots" ? "direction" : "y", true) - size;
		ctx.fillStyle = palette.flag!;
		ctx.beginPath();
		ctx.moveTo(x, y);
		ctx.lineTo(x - size, y - 1.7 * size);
		ctx.lineTo(x + size, y - 1.7 * size);
		ctx.fill();
	}
	ctx.restore();
}

/** Where the values of a curve are among the columns of its chart. */
function columnOf({ curves }: ChartPanel, curve: Curve): number {
	let column = 1;
	for (const one of curves) {
		if (one === curve) break;
		column += columnsOf(one);
	}
	return column + mainColumn(curve);
}
