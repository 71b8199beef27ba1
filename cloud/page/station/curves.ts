import uPlot from "uplot";

/*
 * How curves get on the canvas. At rest they are smooth paths. While a view moves and steps are closer
 * than pixels, a curve is coarse: what it covers in each column of pixels, filled as rectangles. A path
 * through a thousand steps costs five times as much to fill or to stroke, and a year has to move under
 * the finger.
 */

/** Whether a curve is drawn coarsely now. */
export type IsCoarse = (plot: uPlot) => boolean;

type Values = ArrayLike<number | null | undefined>;

/** Steps on one pixel from which on columns are as good as a path. */
const denseFrom = 0.9;
const linear = uPlot.paths.linear!();

/** The path through the values of a series; none where it is coarse. @param width  of the pen, CSS pixels */
export function linePaths(width: number, isCoarse: IsCoarse): uPlot.Series.PathBuilder {
	return (plot, index, first, last) => {
		if (isCoarse(plot)) return null;
		const path = linear(plot, index, first, last);
		return path && { ...path, fill: loneSteps(plot, plot.data[index]!, [first, last], width) };
	};
}

/** The area between a series, the lower edge, and the next one, the upper edge; none where it is coarse. */
export function bandPaths(isCoarse: IsCoarse): uPlot.Series.PathBuilder {
	return (plot, index, first, last) => {
		if (isCoarse(plot)) return null;
		const fill = new Path2D();
		const runs = runsOf(plot, plot.data[index]!, plot.data[index + 1]!, [first, last], false);
		for (const run of runs) trace(fill, run);
		return { stroke: null, fill, clip: null, flags: 0 };
	};
}

/** Draws a line coarsely. */
export function drawLine(plot: uPlot, index: number, fill: string, width: number): void {
	const values = plot.data[index]!;
	fillColumns(plot, values, values, fill, (width / 2) * devicePixelRatio);
}

/** Draws a band coarsely. */
export function drawBand(plot: uPlot, index: number, fill: string): void {
	fillColumns(plot, plot.data[index]!, plot.data[index + 1]!, fill, 0);
}

/** Draws an angle of each step as a small square; one in the place of the last is left out. */
export function drawDots(plot: uPlot, index: number, fill: string): void {
	const { ctx, bbox, data } = plot;
	const { x, y } = pixelsOf(plot, "direction");
	const [first, last] = inView(plot);
	const size = Math.round(3 * devicePixelRatio);
	const values = data[index]!;
	let before = -1;
	ctx.save();
	ctx.fillStyle = fill;
	for (let step = first; step <= last; step++) {
		const value = values[step];
		if (typeof value !== "number") continue;
		const left = Math.round(x(step) - size / 2);
		const top = Math.round(y(value) - size / 2);
		const place = (left >> 1) * 65_536 + (top >> 1);
		if (place === before || left < bbox.left || left + size > bbox.left + bbox.width) continue;
		before = place;
		ctx.fillRect(left, top, size, size);
	}
	ctx.restore();
}

/** The first and the last step in view. */
const inView = (plot: uPlot): readonly [first: number, last: number] =>
	(plot.series[0]!.idxs as [number, number] | undefined) ?? [0, -1];

/** Whether steps are closer than pixels. */
export function isDense(plot: uPlot): boolean {
	const [first, last] = inView(plot);
	return last - first > plot.bbox.width * denseFrom;
}

/** How steps and values become device pixels. */
function pixelsOf(
	{ bbox, scales, data }: uPlot,
	scale: string,
): { x: (step: number) => number; y: (value: number) => number } {
	const { min: from = 0, max: to = 1 } = scales.x as { min?: number; max?: number };
	const { min: low = 0, max: high = 1 } = scales[scale] as { min?: number; max?: number };
	const perSecond = bbox.width / (to - from);
	const perUnit = bbox.height / (high - low);
	const times = data[0]!;
	return {
		x: (step) => bbox.left + (times[step]! - from) * perSecond,
		y: (value) => bbox.top + (high - value) * perUnit,
	};
}

/** A stretch without a gap: from the left, the highest and the lowest pixel of each column. */
interface Run {
	readonly columns: number[];
	readonly tops: number[];
	readonly bottoms: number[];
	/** Of the last step, from where a line goes on. */
	top: number;
	bottom: number;
}

/** @param isGathered  one column for all steps on a pixel, not one for each step */
function runsOf(
	plot: uPlot,
	lows: Values,
	highs: Values,
	[first, last]: readonly [number, number],
	isGathered: boolean,
): readonly Run[] {
	const { x, y } = pixelsOf(plot, "y");
	const runs: Run[] = [];
	let run: Run | undefined;
	for (let step = first; step <= last; step++) {
		const [low, high] = [lows[step], highs[step]];
		if (typeof low !== "number" || typeof high !== "number") {
			run = undefined;
			continue;
		}
		const [top, bottom] = [y(high), y(low)];
		if (run === undefined) {
			run = { columns: [], tops: [], bottoms: [], top, bottom };
			runs.push(run);
		}
		extend(run, isGathered ? Math.round(x(step)) : x(step), top, bottom);
	}
	return runs;
}

function extend(run: Run, column: number, top: number, bottom: number): void {
	const { columns, tops, bottoms } = run;
	const end = columns.length - 1;
	if (columns[end] === column) {
		tops[end] = Math.min(tops[end]!, top);
		bottoms[end] = Math.max(bottoms[end]!, bottom);
	} else {
		// A line comes from where it was.
		const isLine = top === bottom;
		columns.push(column);
		tops.push(isLine ? Math.min(top, run.bottom) : top);
		bottoms.push(isLine ? Math.max(bottom, run.top) : bottom);
	}
	run.top = top;
	run.bottom = bottom;
}

/** @param half  half the width of the pen, device pixels */
function fillColumns(plot: uPlot, lows: Values, highs: Values, fill: string, half: number): void {
	const { ctx, bbox } = plot;
	ctx.save();
	ctx.fillStyle = fill;
	for (const { columns, tops, bottoms } of runsOf(plot, lows, highs, inView(plot), true)) {
		for (const [at, left] of columns.entries()) {
			const right = Math.min(columns[at + 1] ?? left + 1, bbox.left + bbox.width);
			if (left < bbox.left || right <= left) continue;
			const top = tops[at]! - half;
			ctx.fillRect(left, top, right - left, bottoms[at]! + half - top);
		}
	}
	ctx.restore();
}

/** Along the tops and back along the bottoms. */
function trace(path: Path2D, { columns, tops, bottoms }: Run): void {
	path.moveTo(columns[0]!, tops[0]!);
	for (let at = 1; at < columns.length; at++) path.lineTo(columns[at]!, tops[at]!);
	for (let at = columns.length - 1; at >= 0; at--) path.lineTo(columns[at]!, bottoms[at]!);
	path.closePath();
}

/** A step between two gaps is no line: it is a point. */
function loneSteps(
	plot: uPlot,
	values: Values,
	[first, last]: readonly [number, number],
	radius: number,
): Path2D {
	const { x, y } = pixelsOf(plot, "y");
	const path = new Path2D();
	const isThere = (step: number): boolean => typeof values[step] === "number";
	for (let step = first; step <= last; step++) {
		if (!isThere(step) || isThere(step - 1) || isThere(step + 1)) continue;
		const [left, top] = [x(step), y(values[step]!)];
		path.moveTo(left, top);
		path.arc(left, top, radius * devicePixelRatio, 0, 2 * Math.PI);
	}
	return path;
}
