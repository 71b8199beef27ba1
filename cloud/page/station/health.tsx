import type { JSX } from "preact";
import { Icon } from "../icons.tsx";
import { Failure } from "../parts.tsx";
import { useSettling, useStore } from "../store.ts";
import { Chart } from "./chart.tsx";
import type { Place } from "./night.ts";
import { type ChartPanel, healthPanels } from "./panels.ts";
import type { Loaded, SeriesLoader } from "./series.ts";
import type { Timeline } from "./timeline.ts";

/** What is asked for: the cloud keeps it of each health message. */
export const healthChannels = healthPanels.flatMap(({ curves }) =>
	curves.map(({ channel }) => channel),
);

/** Why a chart has nothing to show, and what to do about it; a part that few stations have is passed over. */
const advice: Readonly<Record<string, string>> = {
	battery:
		"No battery voltage in this time. A station with a Battery or a MAX17048 among its sensors sends it in its health messages, one in five minutes.",
	signal:
		"No signal strength in this time. A station on Wi-Fi sends it in its health messages, one in five minutes; one on Ethernet has none.",
};

/** Battery and reception over time, under the weather of the same time. */
export function HealthCharts({
	thing,
	loader,
	timeline,
	place,
}: {
	readonly thing: string;
	readonly loader: SeriesLoader;
	readonly timeline: Timeline;
	readonly place: Place | undefined;
}): JSX.Element | null {
	const { loaded, error } = useStore(loader);
	if (loaded === undefined && error === undefined) return null;
	return (
		<section class="health" aria-label="Battery and signal">
			<header>
				<h2>Battery and signal</h2>
				{loaded && <Table thing={thing} timeline={timeline} />}
			</header>
			{error !== undefined && (
				<Failure error={error} onRetry={() => loader.want(timeline.span, timeline.bounds, true)} />
			)}
			{loaded && (
				<div class="chart-grid">
					{healthPanels.map((panel) =>
						hasValues(panel, loaded) ? (
							<Chart
								key={panel.name}
								panel={panel}
								loaded={loaded}
								timeline={timeline}
								place={place}
							/>
						) : (
							panel.name in advice && (
								<p key={panel.name} class="chart-none">
									{advice[panel.name]}
								</p>
							)
						),
					)}
				</div>
			)}
		</section>
	);
}

/** The way to the same figures for a spreadsheet. */
function Table({
	thing,
	timeline,
}: {
	readonly thing: string;
	readonly timeline: Timeline;
}): JSX.Element {
	const { span } = useSettling(timeline, 80);
	const query = new URLSearchParams({
		channels: healthChannels.join(","),
		...{ from: `${Math.floor(span.from)}`, to: `${Math.ceil(span.to)}`, points: "10000" },
	});
	return (
		<a
			class="button"
			download={`${thing}-health.csv`}
			href={`/api/isobar/series/${encodeURIComponent(thing)}.csv?${query}`}
			title="Battery and signal in view, as a table for a spreadsheet"
		>
			<Icon name="down" />
			Table
		</a>
	);
}

function hasValues({ curves }: ChartPanel, { channels }: Loaded): boolean {
	return curves.some(({ channel }) => channels[channel]?.mean.some((value) => value !== null));
}
