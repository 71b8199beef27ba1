/**
 * `npm run picture:day`: draws docs/day.svg, one day of a simulated station as it has observed it, over the
 * recorded day that it replays. The station is the real firmware in virtual time, with nobody to report to.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { standardChannels } from "../dist/firmware.js";
import { flyDay, record, recordText, root, stationAt } from "./recordedday.js";

/** The firmware takes no time from before it was built; the day is shown at its own date. */
const start = Date.UTC(2027, 0, 1);
const bins = 288;

const ink = {
	paper: "#ffffff",
	text: "#24292f",
	grid: "#d0d7de",
	record: "#f0b35c",
	station: "#0b5cad",
};
const frame = { left: 64, right: 28, top: 64, width: 880, panel: 96, gap: 26 };

const site = { name: "Alamosa", latitude: 37.7, longitude: -105.92, heightM: 2317 };
/** What is drawn: the column of the record, the channel of the station, and how the scale is marked. */
const panels = [
	{ column: "temperature_c", channel: "airTemperature", title: "air temperature, °C" },
	{ column: "humidity_pct", channel: "relativeHumidity", title: "relative humidity, %" },
	{
		column: "pressure_hpa",
		channel: "stationPressure",
		scale: 0.01,
		title: "station pressure, hPa",
	},
	{ column: "wind_speed_ms", channel: "windSpeed", title: "wind speed, m/s" },
	{ column: "wind_direction_deg", channel: "windDirection", title: "wind from, °", circular: true },
];

/** Means of five minutes, by vectors where values are angles; NaN where there is no value. */
function binned(points, circular) {
	const sums = Array.from({ length: bins }, () => ({ x: 0, y: 0, count: 0 }));
	for (const [share, value] of points) {
		if (Number.isNaN(value)) continue;
		const sum = sums[Math.min(bins - 1, Math.floor(share * bins))];
		sum.x += circular ? Math.cos((value * Math.PI) / 180) : value;
		sum.y += circular ? Math.sin((value * Math.PI) / 180) : 0;
		sum.count += 1;
	}
	return sums.map(({ x, y, count }) => {
		if (count === 0) return Number.NaN;
		return circular ? ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360 : x / count;
	});
}

/** Round numbers that enclose all values. */
function scaleOf(values, circular) {
	if (circular) return [0, 360];
	const known = values.filter((value) => !Number.isNaN(value));
	const step = 10 ** Math.floor(Math.log10(Math.max(...known) - Math.min(...known)));
	return [
		Math.floor(Math.min(...known) / step) * step,
		Math.ceil(Math.max(...known) / step) * step,
	];
}

/** A line through the values, broken where there is none, or dots for angles. */
function curve(values, [low, high], top, { stroke, width, circular }) {
	const x = (bin) => (frame.left + ((bin + 0.5) / bins) * frame.width).toFixed(1);
	const y = (value) => (top + frame.panel * (1 - (value - low) / (high - low))).toFixed(1);
	if (circular) {
		const dots = values.map((value, bin) =>
			Number.isNaN(value) ? "" : `M${x(bin)} ${y(value)}h0`,
		);
		return `<path d="${dots.join("")}" stroke="${stroke}" stroke-width="${width + 1}" stroke-linecap="round" fill="none"/>`;
	}
	const steps = values.map((value, bin) => {
		if (Number.isNaN(value)) return "";
		return `${bin === 0 || Number.isNaN(values[bin - 1]) ? "M" : "L"}${x(bin)} ${y(value)}`;
	});
	return `<path d="${steps.join("")}" stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round" fill="none"/>`;
}

function drawPanel({ title, circular }, recorded, observed, index) {
	const top = frame.top + index * (frame.panel + frame.gap);
	const range = scaleOf([...recorded, ...observed], circular);
	const label = (value, y) =>
		`<text x="${frame.left - 8}" y="${y}" text-anchor="end" fill="${ink.text}">${Number(value.toFixed(6))}</text>`;
	const hours = [0, 6, 12, 18, 24].map((hour) => {
		const x = frame.left + (hour / 24) * frame.width;
		return `<path d="M${x} ${top}v${frame.panel}" stroke="${ink.grid}"/>`;
	});
	return [
		`<rect x="${frame.left}" y="${top}" width="${frame.width}" height="${frame.panel}" fill="none" stroke="${ink.grid}"/>`,
		...hours,
		`<text x="${frame.left}" y="${top - 6}" fill="${ink.text}">${title}</text>`,
		label(range[1], top + 5),
		label(range[0], top + frame.panel + 4),
		curve(recorded, range, top, { stroke: ink.record, width: 4, circular }),
		curve(observed, range, top, { stroke: ink.station, width: 1.3, circular }),
	];
}

const [head, ...lines] = recordText.trim().split("\n");
const columns = head.split(",");
const minutes = flyDay({
	...{ thing: "alamosa", seed: 1, start, offset: record.start - start },
	definition: stationAt(site, { sampleSeconds: 2, reportSeconds: 600 }),
});
const indexOf = Object.fromEntries(standardChannels.map(({ name }, index) => [name, index]));
const drawn = panels.map((panel, index) => {
	const place = columns.indexOf(panel.column);
	const recorded = lines.map((line, row) => [row / lines.length, Number(line.split(",")[place])]);
	const observed = minutes.map((values, minute) => [
		minute / minutes.length,
		values[indexOf[panel.channel]] * (panel.scale ?? 1),
	]);
	return drawPanel(
		panel,
		binned(recorded, panel.circular),
		binned(observed, panel.circular),
		index,
	);
});
const width = frame.left + frame.width + frame.right;
const height = frame.top + panels.length * (frame.panel + frame.gap) + 14;
const hourLabels = [0, 6, 12, 18, 24].map(
	(hour) =>
		`<text x="${frame.left + (hour / 24) * frame.width}" y="${height - 12}" text-anchor="middle" fill="${ink.text}">${String(hour).padStart(2, "0")}:00</text>`,
);
writeFileSync(
	join(root, "docs/day.svg"),
	[
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
		"<title>A recorded day at Alamosa, and what a simulated station has observed of it</title>",
		`<rect width="${width}" height="${height}" fill="${ink.paper}"/>`,
		`<path d="M${frame.left} 22h28" stroke="${ink.record}" stroke-width="4"/>`,
		`<text x="${frame.left + 36}" y="26" fill="${ink.text}">recorded: Alamosa, Colorado, 2016-01-01 UTC (SURFRAD)</text>`,
		`<path d="M${frame.left + 400} 22h28" stroke="${ink.station}" stroke-width="1.3"/>`,
		`<text x="${frame.left + 436}" y="26" fill="${ink.text}">observed by a simulated station that replays it; five-minute means of both</text>`,
		...drawn.flat(),
		...hourLabels,
		"</svg>",
		"",
	].join("\n"),
);
console.log("docs/day.svg");
