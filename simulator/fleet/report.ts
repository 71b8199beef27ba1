import type { Comeback } from "./comeback.ts";
import { type Curves, latencyEdges, sizeEdges } from "./curves.ts";
import type { Ledger } from "./ledger.ts";
import { type Chart, chart, escapeText, numberText, strip } from "./svg.ts";

/** What a report says of a run. Times are ms. */
export interface ReportFacts {
	readonly title: string;
	readonly about: string;
	/** First moment of the virtual time, UTC. */
	readonly start: number;
	/** How long faults happened, and how long it all took. */
	readonly duration: number;
	readonly elapsed: number;
	readonly settledAfter: number | undefined;
	readonly summary: ReportSummary;
	readonly curves: Curves;
	readonly comeback: Comeback;
}

/** The members of a summary that stand in the report. */
export interface ReportSummary {
	readonly stations: number;
	readonly observations: Ledger;
	readonly reports: { readonly sent: number; readonly resent: number };
	readonly connects: number;
	readonly bytesPerObservation: number | null;
	readonly seed: number;
	readonly traceHash: string;
	readonly virtualDays: number;
	readonly deviceDaysPerSecond: number;
	readonly faults: Readonly<Record<string, number>>;
	readonly failure?: { readonly message: string; readonly replay: string } | undefined;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const colours = Object.freeze({
	connected: "#2f81f7",
	waiting: "#d29922",
	latency: "#a371f7",
	archived: "#3fb950",
	shed: "#f85149",
	fault: "#f85149",
});

/** The report of a run as one page that needs nothing else: no script, no font, no network. */
export function reportPage(facts: ReportFacts): string {
	const { title, summary } = facts;
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeText(title)}: Isobar simulation</title>
<style>${style}</style>
<h1>${escapeText(title)}</h1>
<p>${escapeText(facts.about)}</p>
${verdict(facts)}
${figures(facts)}
${timeCharts(facts)}
${faultStrips(facts)}
${comebackCharts(facts)}
${histograms(facts)}
<footer>Seed ${summary.seed}, trace hash <code>${summary.traceHash}</code>: the same seed gives the same run, event by event, and the same hash.</footer>
</html>
`;
}

/** How a fleet came back after an outage of its broker, as a picture on its own. */
export function comebackPicture(comeback: Comeback, stations: number): string {
	const [attempts] = comebackChartsOf(comeback, stations);
	return chart(attempts!, "attempts")
		.replace(
			"<svg ",
			`<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" `,
		)
		.replace(">", `><style>${svgStyle}</style><rect width="100%" height="100%" fill="#fff"/>`);
}

function verdict({ summary, settledAfter }: ReportFacts): string {
	const { failure, observations } = summary;
	if (failure !== undefined) {
		return `<p class="bad"><strong>Failed.</strong> ${escapeText(failure.message)}<br>To see it again: <code>${escapeText(failure.replay)}</code></p>`;
	}
	const settled =
		settledAfter === undefined
			? ""
			: ` Everything made before the last fault was archived ${Math.round(settledAfter / 1000)} s after it.`;
	return `<p class="good"><strong>All invariants held.</strong> ${numberText(observations.made ?? 0)} observations were made, ${numberText(observations.archived ?? 0)} are archived, each once${observations.shed ? `, and ${numberText(observations.shed)} were given up by a full flash and counted` : ""}${observations.taken ? `, and ${numberText(observations.taken)} were taken from the loss window by power cuts` : ""}.${settled}</p>`;
}

function figures({ summary }: ReportFacts): string {
	const { observations, reports } = summary;
	const cells: readonly (readonly [string, string])[] = [
		["stations", numberText(summary.stations)],
		["virtual days", numberText(summary.virtualDays)],
		["observations made", numberText(observations.made ?? 0)],
		["archived", numberText(observations.archived ?? 0)],
		["shed", numberText(observations.shed ?? 0)],
		...(observations.taken === undefined
			? []
			: [["taken by power cuts", numberText(observations.taken ?? 0)] as const]),
		["lost", numberText(observations.lost ?? 0)],
		["duplicates", numberText(observations.duplicates ?? 0)],
		["reports sent", numberText(reports.sent)],
		["sent again", numberText(reports.resent)],
		["connects", numberText(summary.connects)],
		["bytes an observation", numberText(summary.bytesPerObservation ?? 0)],
		["device-days a second", numberText(summary.deviceDaysPerSecond)],
	];
	return `<dl>${cells.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>`;
}

function timeCharts(facts: ReportFacts): string {
	const { curves, summary } = facts;
	const axis = { ticks: timeTicks(facts), shades: shadesOf(facts), kind: "area" } as const;
	const charts: readonly (readonly [string, string, Chart])[] = [
		[
			"Stations connected",
			"How many stations the broker had a connection with. Shaded: the broker was away.",
			{
				...axis,
				values: curves.connected,
				unit: "",
				colour: colours.connected,
				least: summary.stations,
			},
		],
		[
			"Observations in flash",
			"What the stations had made and nobody had acknowledged yet, all stations together. It grows while nothing gets through, and drains afterwards.",
			{ ...axis, values: curves.waiting, unit: "", colour: colours.waiting },
		],
		[
			"Longest latency",
			"Minutes from the end of the newest observation of a report to its arrival in the archive; the longest in each step of the axis.",
			{
				...axis,
				values: Array.from(curves.latency, (seconds = 0) => seconds / 60),
				unit: "min",
				colour: colours.latency,
			},
		],
		[
			"Observations archived",
			"Rows of the archive since the start.",
			{ ...axis, values: curves.archived, unit: "", colour: colours.archived },
		],
	];
	const shed: readonly (readonly [string, string, Chart])[] = curves.shed.some((count) => count > 0)
		? [
				[
					"Observations given up",
					"What full flashes had to give up, since the start. Stations count it and report it.",
					{ ...axis, values: curves.shed, unit: "", colour: colours.shed },
				],
			]
		: [];
	return [...charts, ...shed].map(section).join("\n");
}

function faultStrips(facts: ReportFacts): string {
	const { faults, connected } = facts.curves;
	if (faults.size === 0) return "<h2>Faults</h2><p>None.</p>";
	const rows = [...faults].map(([kind, counts]) => {
		const total = facts.summary.faults[kind] ?? 0;
		const name = `${kind} ${numberText(total)}`;
		return `<figure class="strip"><figcaption>${escapeText(name)}</figcaption>${strip(counts, connected.length, colours.fault, name)}</figure>`;
	});
	return `<h2>Faults</h2><p>When they began, on the same axis; darker is more of them.</p>${rows.join("")}`;
}

function comebackCharts({ comeback, summary }: ReportFacts): string {
	const charts = comebackChartsOf(comeback, summary.stations);
	if (charts.length === 0) return "";
	const back =
		comeback.allBackAfter === undefined
			? "Not all stations were back by the end of the run."
			: `All stations were back after ${Math.ceil(comeback.allBackAfter / 1000)} s.`;
	const share = ((100 * comeback.peak) / summary.stations).toFixed(2);
	return [
		section([
			"Coming back: attempts a second",
			`Stations at the broker's door, second by second since it was back from its first outage. ${back} At most ${numberText(comeback.peak)} (${share} % of the fleet) came within any one second.`,
			charts[0]!,
		]),
		section(["Coming back: stations connected", "Since the broker was back.", charts[1]!]),
	].join("\n");
}

function comebackChartsOf(comeback: Comeback, stations: number): Chart[] {
	const seconds = Math.max(comeback.attempts.length, comeback.connected.length);
	if (seconds < 2) return [];
	const step = [10, 30, 60, 300, 900].find((one) => seconds / one <= 14) ?? 3_600;
	const ticks: [number, string][] = [];
	for (let second = 0; second <= seconds; second += step) {
		ticks.push([second / seconds, `${second} s`]);
	}
	let count = 0;
	const connected = Array.from({ length: seconds }, (_, second) => {
		count = comeback.connected[second] ?? count;
		return count;
	});
	return [
		{
			values: Array.from({ length: seconds }, (_, second) => comeback.attempts[second]),
			unit: "",
			ticks,
			kind: "bars",
			colour: colours.connected,
			mark: { value: stations * 0.02, label: "2 % of the fleet" },
		},
		{
			values: connected,
			unit: "",
			ticks,
			kind: "area",
			colour: colours.connected,
			least: stations,
		},
	];
}

function histograms({ curves }: ReportFacts): string {
	const latency: Chart = {
		values: curves.latencies,
		unit: "",
		ticks: classTicks([...latencyEdges.map(secondsText), "more"]),
		kind: "bars",
		colour: colours.latency,
	};
	const size: Chart = {
		values: curves.sizes.slice(0, -1),
		unit: "",
		ticks: classTicks(sizeEdges.map(String)),
		kind: "bars",
		colour: colours.archived,
	};
	return [
		section([
			"Reports by latency",
			"From the end of the newest observation to the archive, up to the time under each bar.",
			latency,
		]),
		section([
			"Reports by size",
			"Observations in a report, up to the number under each bar. After an outage reports are fuller.",
			size,
		]),
	].join("\n");
}

function section([title, about, it]: readonly [string, string, Chart]): string {
	return `<h2>${escapeText(title)}</h2><p>${escapeText(about)}</p><figure>${chart(it, title)}</figure>`;
}

/** The end of the time axis, in ms from the start. */
function axisEnd({ curves }: ReportFacts): number {
	return Math.max(1, (curves.connected.length - 1) * curves.interval);
}

function shadesOf(facts: ReportFacts): [number, number][] {
	const end = axisEnd(facts);
	return facts.curves.outages.map(([from, to]) => [Math.min(1, from / end), Math.min(1, to / end)]);
}

function timeTicks(facts: ReportFacts): [number, string][] {
	const end = axisEnd(facts);
	const step =
		[
			hourMs / 12,
			hourMs / 4,
			hourMs,
			3 * hourMs,
			6 * hourMs,
			dayMs,
			2 * dayMs,
			5 * dayMs,
			30 * dayMs,
		].find((candidate) => end / candidate <= 14) ?? 100 * dayMs;
	const ticks: [number, string][] = [];
	for (let moment = 0; moment <= end; moment += step) {
		const iso = new Date(facts.start + moment).toISOString();
		ticks.push([moment / end, step < dayMs ? iso.slice(11, 16) : iso.slice(5, 10)]);
	}
	return ticks;
}

function classTicks(labels: readonly string[]): [number, string][] {
	return labels.map((label, index) => [(index + 0.43) / labels.length, label]);
}

function secondsText(seconds: number): string {
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3_600) return `${seconds / 60} min`;
	return seconds < 86_400 ? `${seconds / 3_600} h` : `${seconds / 86_400} d`;
}

const svgStyle =
	".grid{stroke:#8886;stroke-width:.5}.axis{font-size:11px;fill:#888}.mark{stroke:#f85149;stroke-dasharray:4 3}.shade{fill:#f8514926}";
const style = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:.2rem}h2{font-size:1.05rem;margin:1.6rem 0 0}h2+p{margin:.1rem 0 .4rem;opacity:.75}figure{margin:0}svg{width:100%;height:auto;display:block}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:.5rem;margin:1rem 0}dl div{border:1px solid #8884;border-radius:6px;padding:.4rem .6rem}dt{font-size:.8rem;opacity:.7}dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums}
.good,.bad{border-left:4px solid #3fb950;padding:.3rem .8rem;background:#8881}.bad{border-color:#f85149}.strip figcaption{font-size:.8rem;opacity:.8}footer{margin:2rem 0;opacity:.7;font-size:.85rem}
${svgStyle}`;
