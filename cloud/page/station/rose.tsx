import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { compass, showNumber } from "../quantity.ts";
import { settings, type Units } from "../settings.ts";
import { useSettling, useStore } from "../store.ts";
import { showSeconds } from "./chart.tsx";
import type { Loaded } from "./series.ts";
import type { Timeline } from "./timeline.ts";
import { type Rose, roseOf, sectors, windClasses } from "./windclasses.ts";

const radius = 88;
const rings = [0.25, 0.5, 0.75, 1];

/** Where the wind in view came from, how often and how strong. */
export function WindRose({
	loaded,
	timeline,
}: {
	readonly loaded: Loaded;
	readonly timeline: Timeline;
}): JSX.Element | null {
	const { units } = useStore(settings);
	const { span } = useSettling(timeline);
	const rose = useMemo(() => roseOf(loaded, span), [loaded, span]);
	if (loaded.channels.windDirection === undefined) return null;
	return (
		<figure class="chart chart-rose">
			<figcaption>
				<h2>
					Wind rose <small>{units === "metric" ? "m/s" : "mph"}</small>
				</h2>
				<div class="readout">
					<span class="faint">
						{rose.steps === 0
							? "no wind in view"
							: `${Math.round(rose.calm * 100)}% calm, from ${rose.steps} means of ${showSeconds(loaded.step)}`}
					</span>
				</div>
			</figcaption>
			<div class="rose">
				<Petals rose={rose} />
				<Classes units={units} />
			</div>
		</figure>
	);
}

function Petals({ rose }: { readonly rose: Rose }): JSX.Element {
	const sums = rose.shares.map((row) => row.reduce((sum, share) => sum + share, 0));
	const most = roundUp(Math.max(0.04, ...sums));
	const strongest = sums.indexOf(Math.max(...sums));
	const label =
		rose.steps === 0
			? "Wind rose: no wind in view"
			: `Wind rose: most often from ${compass((strongest * 360) / sectors)}, ${Math.round(sums[strongest]! * 100)}% of the time`;
	return (
		<svg viewBox="-116 -112 232 224" role="img" aria-label={label}>
			{rings.map((ring) => (
				<circle key={ring} class="rose-ring" r={ring * radius} />
			))}
			{["N", "E", "S", "W"].map((letter, index) => (
				<text
					key={letter}
					class="rose-letter"
					x={Math.sin((index * Math.PI) / 2) * (radius + 13)}
					y={-Math.cos((index * Math.PI) / 2) * (radius + 13) + 4}
				>
					{letter}
				</text>
			))}
			{rose.shares.map((row, sector) => {
				let inner = 0;
				return row.map((share, speed) => {
					const outer = inner + (share / most) * radius;
					const d = petal(sector, inner, outer);
					inner = outer;
					return share === 0 ? null : (
						<path key={`${sector} ${speed}`} class={`wind-${speed}`} d={d} />
					);
				});
			})}
			<text class="rose-share" x={radius * 0.54} y={-radius * 0.88}>
				{Math.round(most * 100)}%
			</text>
		</svg>
	);
}

function Classes({ units }: { readonly units: Units }): JSX.Element {
	const edge = (mps: number): string => showNumber("windSpeed", mps, units).replace(/\.0$/, "");
	return (
		<ul class="rose-classes">
			{[...windClasses, undefined].map((end, index) => (
				<li key={index}>
					<i class={`wind-${index}`} />
					{end === undefined
						? `over ${edge(windClasses.at(-1)!)}`
						: `${edge(windClasses[index - 1] ?? 0)}–${edge(end)}`}
				</li>
			))}
		</ul>
	);
}

/** The share at the outer ring: the next round one. */
const roundUp = (share: number): number =>
	[0.04, 0.08, 0.12, 0.2, 0.3, 0.4, 0.6, 0.8].find((one) => one >= share) ?? 1;

/** A piece of a ring, of one sector. */
function petal(sector: number, inner: number, outer: number): string {
	const middle = (sector / sectors) * 2 * Math.PI;
	const half = (Math.PI / sectors) * 0.86;
	const at = (angle: number, r: number): string =>
		`${(Math.sin(angle) * r).toFixed(2)} ${(-Math.cos(angle) * r).toFixed(2)}`;
	const [left, right] = [middle - half, middle + half];
	return `M${at(left, inner)}L${at(left, outer)}A${outer} ${outer} 0 0 1 ${at(right, outer)}L${at(right, inner)}A${inner} ${inner} 0 0 0 ${at(left, inner)}Z`;
}
