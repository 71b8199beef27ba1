import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { FigureName, Overview } from "../../web/views.ts";
import { showBytes, showCount } from "../quantity.ts";
import { age, local, utc } from "../time.tsx";

interface Figure {
	readonly name: FigureName;
	readonly title: string;
	/** What the curve shows. */
	readonly over: string;
	readonly show: (value: number) => string;
	/** Whether the curve is of how many there are, not of how many a second. */
	readonly isLevel?: boolean;
	readonly isBad?: boolean;
	/** A figure that is said beside it, and has no curve. */
	readonly beside?: "bytesOut";
}

const figures: readonly Figure[] = [
	{
		name: "connected",
		title: "Stations connected",
		over: "connected",
		show: showCount,
		isLevel: true,
	},
	{ name: "messagesIn", title: "Messages in", over: "messages a minute", show: showCount },
	{ name: "messagesOut", title: "Messages out", over: "messages a minute", show: showCount },
	{ name: "rulesExecuted", title: "Rules executed", over: "executions a minute", show: showCount },
	{ name: "failures", title: "Failures", over: "failures a minute", show: showCount, isBad: true },
	{ name: "bytesIn", title: "Bytes in", over: "a minute", show: showBytes, beside: "bytesOut" },
];

/** What the network does, now and in the last hour. */
export function Figures({
	overview,
	stations,
}: {
	readonly overview: Overview;
	readonly stations: number;
}): JSX.Element {
	return (
		<section class="figures" aria-label="Figures of the network">
			{figures.map((figure) => (
				<FigureTile key={figure.name} figure={figure} overview={overview} stations={stations} />
			))}
		</section>
	);
}

function FigureTile({
	figure,
	overview,
	stations,
}: {
	readonly figure: Figure;
	readonly overview: Overview;
	readonly stations: number;
}): JSX.Element {
	const [index, setIndex] = useState<number | undefined>(undefined);
	const { from, to, step, series, totals, startedAt } = overview;
	const perMinute = figure.isLevel ? 1 : 60 / step;
	const values = series[figure.name].map((value) => (value === null ? null : value * perMinute));
	const total = totals[figure.name];
	const pointed = index === undefined ? undefined : values[index];
	const isAlarming = figure.isBad && total > 0;
	return (
		<div class={`figure${isAlarming ? " figure-bad" : ""}`}>
			<h2>{figure.title}</h2>
			<p class="figure-value">
				{figure.show(total)}
				{figure.isLevel && <small> of {showCount(stations)}</small>}
				{figure.beside && <small> out {figure.show(totals[figure.beside])}</small>}
			</p>
			<Spark values={values} onPoint={setIndex} pointed={index} />
			<p class="figure-note">
				{index === undefined ? (
					<span title={`${utc(Date.parse(startedAt))}`}>
						{figure.isLevel
							? `now; curve: last ${age((from + step) * 1000, to * 1000)}`
							: `since ${startOf(startedAt)}`}
					</span>
				) : (
					<span title={utc((from + index * step) * 1000)}>
						{pointed === null || pointed === undefined
							? "not running"
							: `${figure.show(pointed)} ${figure.over}`}
						, {local((from + index * step) * 1000).slice(-8, -3)}
					</span>
				)}
			</p>
		</div>
	);
}

const startOf = (iso: string): string => local(Date.parse(iso)).slice(-8, -3);

const width = 240;
const height = 44;

/** A small curve; gaps where nobody has measured. */
function Spark({
	values,
	pointed,
	onPoint,
}: {
	readonly values: readonly (number | null)[];
	readonly pointed: number | undefined;
	readonly onPoint: (index: number | undefined) => void;
}): JSX.Element {
	const highest = Math.max(1e-9, ...values.map((value) => value ?? 0));
	const x = (index: number): number => (index / Math.max(1, values.length - 1)) * width;
	const y = (value: number): number => height - 2 - (value / highest) * (height - 6);
	const runs = runsOf(values);
	const line = runs.map((run) => run.map(([i, v]) => `${x(i).toFixed(1)} ${y(v).toFixed(1)}`));
	const point = pointed === undefined ? null : values[pointed];
	return (
		<svg
			class="spark"
			viewBox={`0 0 ${width} ${height}`}
			preserveAspectRatio="none"
			aria-hidden="true"
			onPointerMove={(event) => {
				const box = event.currentTarget.getBoundingClientRect();
				const share = (event.clientX - box.left) / box.width;
				onPoint(Math.min(values.length - 1, Math.max(0, Math.round(share * (values.length - 1)))));
			}}
			onPointerLeave={() => onPoint(undefined)}
		>
			{line.map((run, index) => (
				<g key={index}>
					<path
						class="spark-area"
						d={`M${x(runs[index]![0]![0])} ${height}L${run.join("L")}L${x(runs[index]!.at(-1)![0])} ${height}Z`}
					/>
					<path class="spark-line" d={`M${run.join("L")}${run.length === 1 ? "h2" : ""}`} />
				</g>
			))}
			{pointed !== undefined && point !== null && point !== undefined && (
				<path class="spark-point" d={`M${x(pointed)} 0V${height}`} />
			)}
		</svg>
	);
}

/** Values that follow each other with no gap, each with its index. */
function runsOf(values: readonly (number | null)[]): [number, number][][] {
	const runs: [number, number][][] = [];
	values.forEach((value, index) => {
		if (value === null) return;
		const isNew = index === 0 || values[index - 1] === null;
		if (isNew) runs.push([]);
		runs.at(-1)!.push([index, value]);
	});
	return runs;
}
