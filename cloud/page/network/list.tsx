import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { StationView } from "../../web/views.ts";
import { Icon, WindArrow } from "../icons.tsx";
import { Empty, Panel } from "../parts.tsx";
import { compass, show } from "../quantity.ts";
import { stationPath } from "../router.ts";
import { settings, type Units } from "../settings.ts";
import { useStore } from "../store.ts";
import { Age } from "../time.tsx";
import { type Column, columns, type Order, ordered, search } from "./order.ts";

/** Rows that are drawn above and below those in sight. */
const margin = 6;

/** All stations with what they say now. Only the rows in sight exist: a thousand cost what thirty do. */
export function FleetList({
	stations,
}: {
	readonly stations: readonly StationView[];
}): JSX.Element {
	const [words, setWords] = useState("");
	const [order, setOrder] = useState<Order>({ column: "thing", isDown: false });
	const found = useMemo(() => ordered(search(stations, words), order), [stations, words, order]);
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => focusOnSlash(field.current!), []);
	return (
		<Panel
			title="Stations"
			class="fleet"
			aside={
				<label class="search">
					<Icon name="search" />
					<span class="unseen">Search by name, place or alarm</span>
					<input
						ref={field}
						type="search"
						placeholder="Name, place or alarm"
						title="Press / to search"
						value={words}
						onInput={(event) => setWords(event.currentTarget.value)}
					/>
					<span class="faint" role="status">
						{found.length === stations.length
							? found.length
							: `${found.length} of ${stations.length}`}
					</span>
				</label>
			}
		>
			{found.length === 0 ? (
				<Empty title={`No station matches “${words}”`}>
					<p>Search looks at names, places, firmware versions and alarms.</p>
				</Empty>
			) : (
				<Table stations={found} order={order} onOrder={setOrder} />
			)}
		</Panel>
	);
}

function Table({
	stations,
	order,
	onOrder,
}: {
	readonly stations: readonly StationView[];
	readonly order: Order;
	readonly onOrder: (order: Order) => void;
}): JSX.Element {
	const { units } = useStore(settings);
	const box = useRef<HTMLDivElement>(null);
	const [first, setFirst] = useState(0);
	const { rowHeight, visible } = useRows(box);
	const from = Math.max(0, Math.min(first, stations.length - visible) - margin);
	const rows = stations.slice(from, from + visible + 2 * margin);
	const onScroll = (): void => setFirst(Math.floor(box.current!.scrollTop / rowHeight));
	return (
		<div
			class={`table${absentOf(stations)}`}
			role="table"
			aria-label="Stations"
			aria-rowcount={stations.length + 1}
			ref={box}
			onScroll={onScroll}
			tabIndex={0}
		>
			<div role="rowgroup" class="table-head">
				<div role="row" class="row" aria-rowindex={1}>
					{columns.map((column) => (
						<HeadCell key={column.name} column={column} order={order} onOrder={onOrder} />
					))}
				</div>
			</div>
			<div
				role="rowgroup"
				class="table-body"
				style={{ height: `${stations.length * rowHeight}px` }}
			>
				<div role="presentation" style={{ transform: `translateY(${from * rowHeight}px)` }}>
					{rows.map((station, index) => (
						<Row key={station.thing} station={station} units={units} index={from + index + 2} />
					))}
				</div>
			</div>
		</div>
	);
}

/** Classes for the columns that nobody has anything to say in. */
function absentOf(stations: readonly StationView[]): string {
	const absent = [
		["battery", stations.every(({ batteryVoltage }) => batteryVoltage === null)],
		["signal", stations.every(({ signal }) => signal === null)],
		["firmware", stations.every(({ firmware }) => firmware === null)],
	] as const;
	return absent.map(([name, isAbsent]) => (isAbsent ? ` no-${name}` : "")).join("");
}

function HeadCell({
	column,
	order,
	onOrder,
}: {
	readonly column: Column;
	readonly order: Order;
	readonly onOrder: (order: Order) => void;
}): JSX.Element {
	const { name, title } = column;
	const isOurs = order.column === name;
	return (
		<div
			role="columnheader"
			class={`cell cell-${name}`}
			aria-sort={isOurs ? (order.isDown ? "descending" : "ascending") : "none"}
		>
			<button
				type="button"
				onClick={() => onOrder({ column: name, isDown: isOurs && !order.isDown })}
			>
				{title}
				{isOurs && <span aria-hidden="true">{order.isDown ? " ↓" : " ↑"}</span>}
			</button>
		</div>
	);
}

const Row = memo(function Row({
	station,
	units,
	index,
}: {
	readonly station: StationView;
	readonly units: Units;
	readonly index: number;
}): JSX.Element {
	const { thing, displayName, connected, values, alarms, lastSeen } = station;
	const value = (channel: string): string => show(channel, values[channel]?.value, units);
	const from = values.windDirection?.value;
	return (
		<div role="row" class={`row${connected ? "" : " away"}`} aria-rowindex={index}>
			<div role="cell" class="cell cell-thing">
				<i
					class={`dot ${connected ? "dot-on" : "dot-off"}`}
					title={connected ? "connected" : "offline"}
				>
					<span class="unseen">{connected ? "connected" : "offline"}</span>
				</i>
				<a href={stationPath(thing)}>{thing}</a>
				{displayName !== thing && <span class="faint">{displayName}</span>}
			</div>
			<div
				role="cell"
				class="cell cell-airTemperature"
				data-flagged={isFlagged(station, "airTemperature")}
			>
				{value("airTemperature")}
			</div>
			<div role="cell" class="cell cell-relativeHumidity">
				{value("relativeHumidity")}
			</div>
			<div role="cell" class="cell cell-stationPressure">
				{value("stationPressure")}
			</div>
			<div
				role="cell"
				class="cell cell-windSpeed"
				title={typeof from === "number" ? `from ${compass(from)}` : "calm"}
			>
				<WindArrow from={from} />
				{value("windSpeed")}
			</div>
			<div role="cell" class="cell cell-windGust">
				{value("windGust")}
			</div>
			<div
				role="cell"
				class="cell cell-battery"
				title={station.stateOfCharge === null ? undefined : `${station.stateOfCharge} % charged`}
			>
				{show("batteryVoltage", station.batteryVoltage, units)}
			</div>
			<div role="cell" class="cell cell-signal">
				{station.signal === null ? (
					<span class="faint" title="not reported">
						–
					</span>
				) : (
					show("signalStrength", station.signal, units)
				)}
			</div>
			<div role="cell" class="cell cell-firmware">
				{station.firmware ?? "–"}
			</div>
			<div role="cell" class="cell cell-lastSeen">
				<Age at={lastSeen} />
			</div>
			<div role="cell" class="cell cell-alarms">
				{alarms.map(({ name, detail }) => (
					<span key={name + detail} class={`alarm alarm-${name}`} title={detail}>
						{name}
					</span>
				))}
			</div>
		</div>
	);
});

function isFlagged({ values }: StationView, channel: string): boolean {
	return (values[channel]?.flags?.length ?? 0) > 0;
}

/** How high a row is, and how many of them are in sight; both change with the width of the window. */
function useRows(box: { readonly current: HTMLElement | null }): {
	rowHeight: number;
	visible: number;
} {
	const [rows, setRows] = useState({ rowHeight: 40, visible: 20 });
	useEffect(() => {
		const element = box.current!;
		const measure = (): void => {
			const rowHeight = Number.parseFloat(getComputedStyle(element).getPropertyValue("--row"));
			setRows({ rowHeight, visible: Math.ceil(element.clientHeight / rowHeight) });
		};
		const observer = new ResizeObserver(measure);
		observer.observe(element);
		return () => observer.disconnect();
	}, []);
	return rows;
}

function focusOnSlash(field: HTMLInputElement): () => void {
	const onKey = (event: KeyboardEvent): void => {
		if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
		if (event.target instanceof HTMLTextAreaElement) return;
		event.preventDefault();
		field.focus();
	};
	document.addEventListener("keydown", onKey);
	return () => document.removeEventListener("keydown", onKey);
}
