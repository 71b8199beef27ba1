import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { quantityOf, show } from "../quantity.ts";
import { settings, type Units } from "../settings.ts";
import { useSettling, useStore } from "../store.ts";
import { barStep, columnsFor, total } from "./columns.ts";
import { listenTo } from "./gestures.ts";
import { inWords, type Mark, marksOf } from "./marks.ts";
import { nights, type Place } from "./night.ts";
import { readPalette } from "./palette.ts";
import type { ChartPanel, Curve } from "./panels.ts";
import { makePlot, scaledCurve } from "./plot.ts";
import type { Loaded } from "./series.ts";
import type { Span } from "./span.ts";
import type { Timeline } from "./timeline.ts";

/** Spans of more days than this have nights too narrow to be seen. */
const nightsMaximumDays = 45;
/** ms without a move after which a view is at rest. */
const restMs = 200;

interface ChartProps {
	readonly panel: ChartPanel;
	readonly loaded: Loaded;
	readonly timeline: Timeline;
	readonly place: Place | undefined;
}

/** One chart with its title, what its curves are, and what they say where the pointer is. */
export function Chart({ panel, loaded, timeline, place }: ChartProps): JSX.Element {
	const { units, isDark } = useStore(settings);
	const box = useRef<HTMLDivElement>(null);
	const [index, setIndex] = useState<number | undefined>(undefined);
	const marks = useMemo(() => marksOf(panel.curves, loaded), [panel, loaded]);
	usePlot(box, { panel, loaded, timeline, place }, units, isDark, marks, setIndex);
	return (
		<figure class={`chart chart-${panel.name}`}>
			<figcaption>
				<h2>{titleOf(panel, units)}</h2>
				<Readout
					panel={panel}
					loaded={loaded}
					index={index}
					marks={marks}
					units={units}
					timeline={timeline}
				/>
			</figcaption>
			<div class="chart-box" ref={box} role="img" aria-label={describe(panel, loaded, units)} />
		</figure>
	);
}

/** Keeps a plot in a box: made anew for other colours and units, and told of data, time and width. */
function usePlot(
	box: { readonly current: HTMLDivElement | null },
	{ panel, loaded, timeline, place }: ChartProps,
	units: Units,
	isDark: boolean,
	marks: readonly Mark[],
	onPoint: (index: number | undefined) => void,
): void {
	const latest = useRef({
		loaded,
		marks,
		nights: [] as readonly Span[],
		length: 0,
		isMoving: false,
	});
	latest.current.loaded = loaded;
	latest.current.marks = marks;
	const plot = useRef<uPlot | undefined>(undefined);
	const isBars = panel.curves[0]!.kind === "bars";

	useEffect(() => {
		const element = box.current!;
		const state = latest.current;
		const scene = {
			...{ panel, units, onPoint },
			palette: readPalette(),
			span: () => timeline.span,
			isMoving: () => state.isMoving,
			nights: () => state.nights,
			marks: () => state.marks,
		};
		latest.current.nights = nightsOf(timeline, place);
		const made = makePlot(scene, element, columnsFor(panel, state.loaded, units, timeline.span));
		plot.current = made;
		let isVisible = true;
		let resting: ReturnType<typeof setTimeout> | undefined;
		const rest = (): void => {
			state.isMoving = false;
			made.redraw(true);
		};
		const move = (): void => {
			if (!isVisible) return;
			const { span } = timeline;
			state.isMoving = true;
			clearTimeout(resting);
			resting = setTimeout(rest, restMs);
			state.nights = nightsOf(timeline, place);
			if (isBars && span.to - span.from !== state.length) {
				state.length = span.to - span.from;
				made.setData(columnsFor(panel, state.loaded, units, span) as uPlot.AlignedData, false);
			}
			made.setScale("x", { min: span.from, max: span.to });
		};
		const ends = [
			timeline.subscribe(move),
			listenTo(made.over, timeline),
			onResize(element, ({ width, height }) => made.setSize({ width, height })),
			onSight(element, (isSeen) => {
				isVisible = isSeen;
				move();
			}),
			() => clearTimeout(resting),
			() => made.destroy(),
		];
		return () => {
			for (const end of ends) end();
		};
	}, [panel, timeline, place, units, isDark]);

	useEffect(() => {
		const { span } = timeline;
		plot.current?.setData(columnsFor(panel, loaded, units, span) as uPlot.AlignedData, false);
		plot.current?.setScale("x", { min: span.from, max: span.to });
	}, [loaded]);
}

function nightsOf({ span }: Timeline, place: Place | undefined): readonly Span[] {
	if (place === undefined || span.to - span.from > nightsMaximumDays * 86_400) return [];
	return nights(span, place.latitude, place.longitude);
}

function onResize(element: HTMLElement, take: (box: DOMRectReadOnly) => void): () => void {
	const observer = new ResizeObserver(([entry]) => {
		if (entry!.contentRect.width > 0) take(entry!.contentRect);
	});
	observer.observe(element);
	return () => observer.disconnect();
}

function onSight(element: HTMLElement, take: (isSeen: boolean) => void): () => void {
	const observer = new IntersectionObserver(([entry]) => take(entry!.isIntersecting), {
		rootMargin: "40px",
	});
	observer.observe(element);
	return () => observer.disconnect();
}

function titleOf(panel: ChartPanel, units: Units): JSX.Element {
	const { channel } = scaledCurve(panel);
	const quantity = quantityOf(channel);
	const title = panel.title === "" ? quantity.label : panel.title;
	return (
		<>
			{title} <small>{quantity[units].unit}</small>
		</>
	);
}

/** The names of the curves in their colours, with the values under the pointer. */
function Readout({
	panel,
	loaded,
	index,
	marks,
	units,
	timeline,
}: {
	readonly panel: ChartPanel;
	readonly loaded: Loaded;
	readonly index: number | undefined;
	readonly marks: readonly Mark[];
	readonly units: Units;
	readonly timeline: Timeline;
}): JSX.Element {
	const said = marks.filter((mark) => mark.index === index);
	return (
		<div class="readout">
			{panel.curves.map((curve) => (
				<span key={curve.channel} class="key">
					<i class={`ink-${curve.colour} key-${curve.kind}`} />
					{quantityOf(curve.channel).label}
					<b>{readoutOf(curve, loaded, index, units)}</b>
				</span>
			))}
			{panel.curves[0]!.kind === "bars" && (
				<RainTotal
					channel={panel.curves[0]!.channel}
					loaded={loaded}
					timeline={timeline}
					units={units}
				/>
			)}
			{said.map(({ curve, flags, reasons }) => (
				<span key={curve.channel} class="flagged">
					▼ {[...flags, ...reasons].map(inWords).join(", ")}
				</span>
			))}
			{index === undefined && marks.length > 0 && <span class="faint">▼ flagged or missing</span>}
		</div>
	);
}

function RainTotal({
	channel,
	loaded,
	timeline,
	units,
}: {
	readonly channel: string;
	readonly loaded: Loaded;
	readonly timeline: Timeline;
	readonly units: Units;
}): JSX.Element {
	const { span } = useSettling(timeline);
	return (
		<>
			<span class="faint">a bar is {showSeconds(barStep(span, loaded.step))}</span>
			<span>
				in view <b>{show(channel, total(channel, loaded, span), units)}</b>
			</span>
		</>
	);
}

export function showSeconds(seconds: number): string {
	if (seconds < 120) return `${seconds} s`;
	if (seconds < 7_200) return `${seconds / 60} min`;
	return seconds < 172_800 ? `${seconds / 3_600} h` : `${seconds / 86_400} d`;
}

function readoutOf(
	{ channel, kind }: Curve,
	{ channels }: Loaded,
	index: number | undefined,
	units: Units,
): string {
	if (index === undefined || kind === "bars") return "";
	const values = channels[channel];
	return show(
		channel,
		(kind === "peak" ? values?.max : values?.mean)?.[index],
		units,
		values?.unit,
	);
}

/** The chart for who does not see it. */
function describe(panel: ChartPanel, { channels }: Loaded, units: Units): string {
	const parts = panel.curves.map(({ channel }) => {
		const values = (channels[channel]?.mean ?? []).filter((value) => value !== null);
		const { label } = quantityOf(channel);
		if (values.length === 0) return `${label}: no values`;
		const low = values.reduce((least, value) => Math.min(least, value));
		const high = values.reduce((most, value) => Math.max(most, value));
		return `${label}: ${show(channel, low, units)} to ${show(channel, high, units)}`;
	});
	return parts.join("; ");
}
