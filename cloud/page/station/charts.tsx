import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { StationDetail, StationView } from "../../web/views.ts";
import { Icon } from "../icons.tsx";
import { network } from "../live.ts";
import { Choice, Empty, Failure, Loading } from "../parts.tsx";
import { useSettling, useStore } from "../store.ts";
import { local, utc } from "../time.tsx";
import { Chart, showSeconds } from "./chart.tsx";
import { keyGesture } from "./gestures.ts";
import { HealthCharts, healthChannels } from "./health.tsx";
import type { Place } from "./night.ts";
import { channelsOf, panelsOf } from "./panels.ts";
import { WindRose } from "./rose.tsx";
import { SeriesLoader } from "./series.ts";
import { type RangeName, ranges, type Span } from "./span.ts";
import { Timeline } from "./timeline.ts";

/** How often a chart that follows the clock asks for what is new, in ms: a share of what it shows. */
const refreshMs = (seconds: number): number => Math.min(60_000, Math.max(5_000, seconds / 2));

/** Everything that a station has measured, over time. */
export function Charts({ station }: { readonly station: StationDetail }): JSX.Element {
	const available = Object.keys(station.values).sort().join(",");
	const panels = useMemo(() => panelsOf(available.split(",").filter(Boolean)), [available]);
	const loader = useMemo(
		() => new SeriesLoader(station.thing, channelsOf(panels, available.split(","))),
		[station.thing, panels],
	);
	const timeline = useMemo(
		() => new Timeline(firstRange(boundsOf(station)), boundsOf(station)),
		[station.thing],
	);
	const health = useMemo(
		() => new SeriesLoader(station.thing, healthChannels, "health"),
		[station.thing],
	);
	useEffect(() => () => loader.close(), [loader]);
	useEffect(() => () => health.close(), [health]);
	useFollowing(timeline, loader, station.thing);
	useFollowing(timeline, health, station.thing);
	const { latitude, longitude } = station;
	const place = useMemo(
		() => (latitude === null || longitude === null ? undefined : { latitude, longitude }),
		[latitude, longitude],
	);
	if (station.firstSeen === null) {
		return (
			<Empty title="No observation has arrived yet">
				<p>
					The first report comes up to {station.reportSeconds ?? "a few hundred"} seconds after the
					station has connected.
				</p>
			</Empty>
		);
	}
	return (
		// biome-ignore lint/a11y/noStaticElementInteractions: the keys do what the buttons do
		<div
			class="charts"
			onKeyDown={(event) => {
				const isControl =
					event.target instanceof Element && event.target.closest("input, textarea");
				if (!isControl && keyGesture(event.key, timeline)) event.preventDefault();
			}}
		>
			<Bar timeline={timeline} loader={loader} thing={station.thing} channels={available} />
			<Panels panels={panels} loader={loader} timeline={timeline} place={place} />
			<HealthCharts thing={station.thing} loader={health} timeline={timeline} place={place} />
		</div>
	);
}

function Panels({
	panels,
	loader,
	timeline,
	place,
}: {
	readonly panels: ReturnType<typeof panelsOf>;
	readonly loader: SeriesLoader;
	readonly timeline: Timeline;
	readonly place: Place | undefined;
}): JSX.Element {
	const { loaded, error } = useStore(loader);
	useEffect(() => {
		// The charts have painted by the end of the next frame.
		const painted = (): void => void performance.mark("isobar:series-drawn");
		if (loaded) requestAnimationFrame(() => setTimeout(painted));
	}, [loaded]);
	const retry = (): void => loader.want(timeline.span, timeline.bounds, true);
	if (loaded === undefined) {
		return error === undefined ? <Loading lines={8} /> : <Failure error={error} onRetry={retry} />;
	}
	return (
		<>
			{error !== undefined && <Failure error={error} onRetry={retry} />}
			{loaded.time.length === 0 && (
				<p class="note">Nothing was observed in this time. Another range may have more.</p>
			)}
			<div class="chart-grid">
				{panels.map((panel) => (
					<Chart key={panel.name} panel={panel} loaded={loaded} timeline={timeline} place={place} />
				))}
				<WindRose loaded={loaded} timeline={timeline} />
			</div>
		</>
	);
}

/** Which time is in view, and the ways to another. */
function Bar({
	timeline,
	loader,
	thing,
	channels,
}: {
	readonly timeline: Timeline;
	readonly loader: SeriesLoader;
	readonly thing: string;
	readonly channels: string;
}): JSX.Element {
	const { span, range, isFollowing } = useSettling(timeline, 80);
	const { loaded, isLoading } = useStore(loader);
	const [from, to] = [Math.floor(span.from), Math.ceil(span.to)];
	const query = new URLSearchParams({ channels, from: `${from}`, to: `${to}`, points: "10000" });
	return (
		<div class="bar">
			<Choice
				label="Time in view"
				options={ranges.map(([name, text]) => [name, text] as const)}
				value={range}
				onChange={(name) => timeline.choose(name)}
			/>
			<div class="bar-buttons">
				<Tool icon="left" text="Earlier" onClick={() => timeline.onMove(-0.5)} />
				<Tool icon="right" text="Later" onClick={() => timeline.onMove(0.5)} />
				<Tool icon="plus" text="Zoom in" onClick={() => timeline.onZoom(2, 0.5)} />
				<Tool icon="minus" text="Zoom out" onClick={() => timeline.onZoom(0.5, 0.5)} />
				<button
					type="button"
					class="button"
					aria-pressed={isFollowing}
					disabled={isFollowing}
					onClick={() => timeline.follow()}
				>
					Now
				</button>
			</div>
			<p class="bar-span" title={`${utc(span.from * 1000)} to ${utc(span.to * 1000)}`}>
				{local(span.from * 1000)} – {local(span.to * 1000)}
				<span class="faint">
					{loaded && ` · means of ${showSeconds(loaded.step)}`}
					{isLoading && " · loading"}
				</span>
			</p>
			<a
				class="button"
				download={`${thing}.csv`}
				href={`/api/isobar/series/${encodeURIComponent(thing)}.csv?${query}`}
				title="What is in view, as a table for a spreadsheet"
			>
				<Icon name="down" />
				CSV
			</a>
		</div>
	);
}

function Tool({
	icon,
	text,
	onClick,
}: {
	readonly icon: "left" | "right" | "plus" | "minus";
	readonly text: string;
	readonly onClick: () => void;
}): JSX.Element {
	return (
		<button type="button" class="button" title={text} onClick={onClick}>
			<Icon name={icon} />
			<span class="unseen">{text}</span>
		</button>
	);
}

/** Loads what comes into view, and what is new while the newest is in view. */
function useFollowing(timeline: Timeline, loader: SeriesLoader, thing: string): void {
	useEffect(() => {
		loader.want(timeline.span, timeline.bounds);
		return timeline.subscribe(() => loader.want(timeline.span, timeline.bounds));
	}, [timeline, loader]);
	useEffect(() => {
		let loadedTo = timeline.bounds.to;
		let timer: ReturnType<typeof setTimeout>;
		const look = (): void => {
			const end = endOf(network.station(thing));
			timeline.extend(end);
			if (timeline.isFollowing && end > loadedTo && !document.hidden) {
				loadedTo = end;
				loader.want(timeline.span, timeline.bounds, true);
			}
			timer = setTimeout(look, refreshMs(timeline.span.to - timeline.span.from));
		};
		timer = setTimeout(look, refreshMs(timeline.span.to - timeline.span.from));
		return () => clearTimeout(timer);
	}, [timeline, loader, thing]);
}

function endOf(station: StationView | undefined): number {
	return station?.lastSeen == null ? 0 : Math.ceil(Date.parse(station.lastSeen) / 1000);
}

/** The longest range up to a day that the station can fill. */
function firstRange({ from, to }: Span): RangeName {
	if (to - from > 6 * 3_600) return "24h";
	return to - from > 3_600 ? "6h" : "1h";
}

/** From the first observation to the newest; a station whose clock is wrong has its own now. */
function boundsOf(station: StationDetail): Span {
	const to = endOf(station) || Math.ceil(Date.now() / 1000);
	const from = station.firstSeen === null ? to - 3_600 : Date.parse(station.firstSeen) / 1000;
	return { from: Math.min(from, to - 60), to };
}
