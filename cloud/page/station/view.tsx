import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { StationDetail, StationView } from "../../web/views.ts";
import { EventList } from "../events/list.tsx";
import { WindArrow } from "../icons.tsx";
import { network } from "../live.ts";
import { showDegrees } from "../network/projection.ts";
import { Failure, Loading, Panel } from "../parts.tsx";
import { compass, quantityOf, show } from "../quantity.ts";
import { useResource } from "../resource.ts";
import { stationPath } from "../router.ts";
import { settings, type Units } from "../settings.ts";
import { useStore } from "../store.ts";
import { Age } from "../time.tsx";
import { About } from "./about.tsx";
import { Charts } from "./charts.tsx";
import { ShadowView } from "./shadow.tsx";

const tabs = [
	["", "Charts"],
	["shadow", "Shadow"],
	["events", "Events"],
	["about", "About"],
] as const;

/** One station: what it says now, what it has said, how it is set, and what it is. */
export function StationPage({ words }: { readonly words: readonly string[] }): JSX.Element {
	const [thing = "", tab = ""] = words;
	const {
		value: detail,
		error,
		reload,
	} = useResource<StationDetail>(`/api/isobar/stations/${encodeURIComponent(thing)}`, 30_000);
	const live = useStore(network).station(thing);
	useEffect(() => {
		document.title = `${thing} · Isobar`;
	}, [thing]);
	if (detail === undefined) {
		return error === undefined ? <Loading lines={8} /> : <Failure error={error} onRetry={reload} />;
	}
	const station: StationDetail = { ...detail, ...live };
	return (
		<>
			<Head station={station} />
			<Now station={station} />
			<nav class="tabs" aria-label="About this station">
				{tabs.map(([name, title]) => (
					<a
						key={name}
						href={stationPath(thing, name)}
						aria-current={name === tab ? "page" : undefined}
					>
						{title}
					</a>
				))}
			</nav>
			{tab === "" && <Charts key={thing} station={station} />}
			{tab === "shadow" && <ShadowView thing={thing} />}
			{tab === "events" && (
				<Panel title="What has happened to it">
					<EventList key={thing} thing={thing} />
				</Panel>
			)}
			{tab === "about" && <About station={station} />}
		</>
	);
}

function Head({ station }: { readonly station: StationView }): JSX.Element {
	const { units } = useStore(settings);
	const { thing, displayName, connected, latitude, longitude, heightM, alarms, lastSeen } = station;
	return (
		<header class="station-head">
			<div>
				<h1>
					<i class={`dot ${connected ? "dot-on" : "dot-off"}`} aria-hidden="true" /> {thing}
				</h1>
				<p class="faint">
					{displayName !== thing && `${displayName}, `}
					{latitude !== null && longitude !== null && (
						<>
							{showDegrees(latitude, "NS", 0.001)} {showDegrees(longitude, "EW", 0.001)}
						</>
					)}
					{heightM !== null && `, ${show("height", heightM, units)}`}
				</p>
			</div>
			<p class="station-state">
				{connected ? "Connected" : "Offline"} · newest observation <Age at={lastSeen} /> ago
				{alarms.map(({ name, detail }) => (
					<span key={name + detail} class={`alarm alarm-${name}`}>
						{detail}
					</span>
				))}
			</p>
		</header>
	);
}

const shown = [
	"airTemperature",
	"dewPoint",
	"relativeHumidity",
	"seaLevelPressure",
	"stationPressure",
	"windSpeed",
	"windGust",
	"precipitation",
	"illuminance",
	"solarIrradiance",
];

/** The newest observation in large figures. */
function Now({ station }: { readonly station: StationView }): JSX.Element {
	const { units } = useStore(settings);
	const present = shown.filter((channel) => channel in station.values);
	return (
		<dl class="now">
			{present.map((channel) => (
				<NowValue key={channel} channel={channel} station={station} units={units} />
			))}
			{station.batteryVoltage !== null && (
				<div>
					<dt>Battery</dt>
					<dd>
						{show("batteryVoltage", station.batteryVoltage, units)}
						{station.stateOfCharge !== null && (
							<small> {show("stateOfCharge", station.stateOfCharge, units)}</small>
						)}
					</dd>
				</div>
			)}
			{station.signal !== null && (
				<div>
					<dt>Signal</dt>
					<dd>{show("signalStrength", station.signal, units)}</dd>
				</div>
			)}
		</dl>
	);
}

function NowValue({
	channel,
	station,
	units,
}: {
	readonly channel: string;
	readonly station: StationView;
	readonly units: Units;
}): JSX.Element {
	const { value, unit, reason, flags = [] } = station.values[channel]!;
	const from = station.values.windDirection?.value;
	return (
		<div>
			<dt>{quantityOf(channel, unit).label}</dt>
			<dd class={flags.length > 0 ? "flagged" : ""} title={reason ?? flags.join(", ")}>
				{channel === "windSpeed" && <WindArrow from={from} />}
				{show(channel, value, units, unit)}
				{channel === "windSpeed" && (
					<small>{typeof from === "number" ? ` from ${compass(from)}` : " calm"}</small>
				)}
			</dd>
		</div>
	);
}
