import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { StationView } from "../../web/views.ts";
import { Icon } from "../icons.tsx";
import { Choice, Empty, Panel } from "../parts.tsx";
import { quantityOf, show, showNumber } from "../quantity.ts";
import { navigate, stationPath } from "../router.ts";
import { settings } from "../settings.ts";
import { useStore } from "../store.ts";
import { apart, type Point, spread } from "./crowd.ts";
import {
	fit,
	graticuleStep,
	type MapView,
	multiples,
	type Position,
	placeAt,
	project,
	type Size,
	scaleBar,
	showDegrees,
} from "./projection.ts";

const channels = ["airTemperature", "relativeHumidity", "windSpeed", "seaLevelPressure"] as const;
type MapChannel = (typeof channels)[number];

/** More stations than this are dots without a number. */
const numbersMaximum = 60;
const zoomStep = 1.5;

/** Room that a number takes, in pixels. */
const pill: Size = { width: 47, height: 25 };

type Placed = StationView & Position;

/** Where the stations stand and what one quantity is there, on a plain projection: no tiles, no network. */
export function FleetMap({ stations }: { readonly stations: readonly StationView[] }): JSX.Element {
	const placed = useMemo(() => stations.filter(isPlaced), [stations]);
	const offered = channels.filter((channel) => stations.some(({ values }) => channel in values));
	const [channel, setChannel] = useState<MapChannel>("airTemperature");
	return (
		<Panel
			title="Map"
			class="map-panel"
			aside={
				offered.length > 1 && (
					<Choice
						label="Quantity on the map"
						options={offered.map((name) => [name, quantityOf(name).label] as const)}
						value={channel}
						onChange={setChannel}
					/>
				)
			}
		>
			{placed.length === 0 ? (
				<Empty title="No station has said where it stands">
					<p>
						A station reports <code>site</code> of its definition in its shadow when it connects.
					</p>
				</Empty>
			) : (
				<>
					<Chart placed={placed} channel={channel} />
					<Legend placed={placed} channel={channel} />
				</>
			)}
		</Panel>
	);
}

function isPlaced(station: StationView): station is Placed {
	return station.latitude !== null && station.longitude !== null;
}

function Chart({
	placed,
	channel,
}: {
	readonly placed: readonly Placed[];
	readonly channel: MapChannel;
}): JSX.Element {
	const box = useRef<HTMLDivElement>(null);
	const [size, setSize] = useState<Size>({ width: 600, height: 400 });
	const [chosen, setChosen] = useState<MapView | undefined>(undefined);
	const drag = useRef<{ x: number; y: number; view: MapView } | undefined>(undefined);
	useEffect(() => {
		const observer = new ResizeObserver(([entry]) => {
			const { width, height } = entry!.contentRect;
			if (width > 0) setSize({ width, height });
		});
		observer.observe(box.current!);
		return () => observer.disconnect();
	}, []);
	const view = chosen ?? fit(placed, size);

	const zoom = (factor: number, x = size.width / 2, y = size.height / 2): void => {
		const kmPerPixel = Math.min(60, Math.max(0.002, view.kmPerPixel / factor));
		const under = placeAt(x, y, view, size);
		const next = { ...under, kmPerPixel };
		// What is under the pointer stays there.
		setChosen({ ...placeAt(size.width - x, size.height - y, next, size), kmPerPixel });
	};
	const onWheel = (event: WheelEvent): void => {
		event.preventDefault();
		zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.offsetX, event.offsetY);
	};
	const onDrag = (event: PointerEvent): void => {
		if (drag.current === undefined) return;
		const { x, y, view: start } = drag.current;
		const middle = placeAt(
			size.width / 2 - (event.clientX - x),
			size.height / 2 - (event.clientY - y),
			start,
			size,
		);
		setChosen({ ...middle, kmPerPixel: start.kmPerPixel });
	};
	return (
		<div class="map" ref={box}>
			<svg
				viewBox={`0 0 ${size.width} ${size.height}`}
				onWheel={onWheel}
				onPointerDown={(event) => {
					drag.current = { x: event.clientX, y: event.clientY, view };
				}}
				onPointerMove={onDrag}
				onPointerUp={() => {
					drag.current = undefined;
				}}
				onPointerLeave={() => {
					drag.current = undefined;
				}}
				role="img"
				aria-label={`Map of ${placed.length} stations; the list has the same values`}
			>
				<Graticule view={view} size={size} />
				<Stations placed={placed} channel={channel} view={view} size={size} />
				<ScaleBar view={view} size={size} />
			</svg>
			<div class="map-buttons">
				<button type="button" class="button" title="Zoom in" onClick={() => zoom(zoomStep)}>
					<Icon name="plus" />
					<span class="unseen">Zoom in</span>
				</button>
				<button type="button" class="button" title="Zoom out" onClick={() => zoom(1 / zoomStep)}>
					<Icon name="minus" />
					<span class="unseen">Zoom out</span>
				</button>
				<button
					type="button"
					class="button"
					title="Show all stations"
					onClick={() => setChosen(undefined)}
				>
					<Icon name="home" />
					<span class="unseen">Show all stations</span>
				</button>
			</div>
		</div>
	);
}

function Graticule({ view, size }: { readonly view: MapView; readonly size: Size }): JSX.Element {
	const step = graticuleStep(view);
	const { latitude: north, longitude: west } = placeAt(0, 0, view, size);
	const { latitude: south, longitude: east } = placeAt(size.width, size.height, view, size);
	const parallels = multiples(south, north, step);
	const meridians = multiples(west, east < west ? east + 360 : east, step);
	return (
		<g class="graticule">
			{meridians.map((longitude) => {
				const { x } = project({ latitude: view.latitude, longitude }, view, size);
				return (
					<g key={longitude}>
						<path d={`M${x} 0V${size.height}`} />
						<text x={x + 4} y={size.height - 6}>
							{showDegrees(longitude, "EW", step)}
						</text>
					</g>
				);
			})}
			{parallels.map((latitude) => {
				const { y } = project({ latitude, longitude: view.longitude }, view, size);
				return (
					<g key={latitude}>
						<path d={`M0 ${y}H${size.width}`} />
						<text x={size.width - 6} y={y - 4} text-anchor="end">
							{showDegrees(latitude, "NS", step)}
						</text>
					</g>
				);
			})}
		</g>
	);
}

function ScaleBar({ view, size }: { readonly view: MapView; readonly size: Size }): JSX.Element {
	const { units } = useStore(settings);
	const kmPerUnit = units === "metric" ? 1 : 1.609344;
	const { length, pixels } = scaleBar(view, 110, kmPerUnit);
	const x = size.width - 16;
	const unit = quantityOf("distance")[units].unit;
	const text =
		length < 1 && units === "metric"
			? `${length * 1000} m`
			: `${Number(length.toPrecision(2))} ${unit}`;
	return (
		<g class="scale-bar">
			<path d={`M${x - pixels} 20v6h${pixels}v-6`} />
			<text x={x - pixels / 2} y={18} text-anchor="middle">
				{text}
			</text>
		</g>
	);
}

function Stations({
	placed,
	channel,
	view,
	size,
}: {
	readonly placed: readonly Placed[];
	readonly channel: MapChannel;
	readonly view: MapView;
	readonly size: Size;
}): JSX.Element {
	const { units } = useStore(settings);
	const range = rangeOf(placed, channel);
	const hasNumbers = placed.length <= numbersMaximum;
	const points = placed.map((station) => project(station, view, size));
	const marks = apart(spread(points, hasNumbers ? 34 : 9), hasNumbers ? pill : undefined);
	return (
		<g class="map-stations">
			{marks.map(({ x, y }, index) => (
				<Leader key={placed[index]!.thing} from={points[index]!} to={{ x, y }} />
			))}
			{placed.map((station, index) => {
				const { x, y } = marks[index]!;
				if (x < -40 || y < -40 || x > size.width + 40 || y > size.height + 40) return null;
				const value = station.values[channel]?.value ?? null;
				const from = station.values.windDirection?.value;
				return (
					// biome-ignore lint/a11y/noStaticElementInteractions: the list has the links
					<g
						key={station.thing}
						class={`map-station${station.connected ? "" : " away"}${station.alarms.length > 0 ? " alarmed" : ""}`}
						transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
						onClick={() => navigate(stationPath(station.thing))}
					>
						<title>
							{`${station.displayName} (${station.thing})\n${channels
								.filter((name) => name in station.values)
								.map(
									(name) =>
										`${quantityOf(name).label} ${show(name, station.values[name]!.value, units)}`,
								)
								.join("\n")}`}
						</title>
						{hasNumbers ? (
							<>
								{typeof from === "number" && (
									<path
										class="map-wind"
										d={`M0 ${-reach(from)}v-9m-3.5 4.5 3.5-4.5 3.5 4.5`}
										transform={`rotate(${from + 180})`}
									/>
								)}
								<rect x="-22" y="-11" width="44" height="22" rx="11" class={shade(value, range)} />
								<text y="4.5" text-anchor="middle">
									{showNumber(channel, value, units)}
								</text>
							</>
						) : (
							<circle r="5" class={shade(value, range)} />
						)}
					</g>
				);
			})}
		</g>
	);
}

const shades = 7;

function Legend({
	placed,
	channel,
}: {
	readonly placed: readonly Placed[];
	readonly channel: MapChannel;
}): JSX.Element | null {
	const { units } = useStore(settings);
	const range = rangeOf(placed, channel);
	if (range === undefined) return null;
	return (
		<div class="map-legend" aria-hidden="true">
			<span>{showNumber(channel, range[0], units)}</span>
			{Array.from({ length: shades }, (_, index) => (
				<i key={index} class={`shade-${index}`} />
			))}
			<span>{show(channel, range[1], units)}</span>
		</div>
	);
}

function rangeOf(
	placed: readonly Placed[],
	channel: MapChannel,
): readonly [low: number, high: number] | undefined {
	const values = placed
		.map(({ values }) => values[channel]?.value)
		.filter((value): value is number => typeof value === "number");
	return values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
}

/** The class of a value's colour among those of the fleet. */
function shade(value: number | null, range: readonly [number, number] | undefined): string {
	if (value === null || range === undefined) return "shade-none";
	const [low, high] = range;
	const share = high > low ? (value - low) / (high - low) : 0.5;
	return `shade-${Math.min(shades - 1, Math.floor(share * shades))}`;
}

/** From the middle of a pill to its edge and a little more, in the direction in which the wind goes. */
function reach(from: number): number {
	const angle = (from * Math.PI) / 180;
	return Math.min(14 / Math.abs(Math.cos(angle)), 26 / Math.abs(Math.sin(angle)));
}

/** From where a station stands to its number, when that had to make room. */
function Leader({ from, to }: { readonly from: Point; readonly to: Point }): JSX.Element | null {
	if (Math.hypot(from.x - to.x, from.y - to.y) < 8) return null;
	return <path class="map-leader" d={`M${from.x} ${from.y}L${to.x} ${to.y}`} />;
}
