/** What one chart shows. Values stand at equal steps along the x axis; holes are 0. */
export interface Chart {
	readonly values: readonly (number | undefined)[];
	/** How the y axis is written; the highest value decides its scale. */
	readonly unit: string;
	/** Labels of the x axis: place from 0 to 1, and text. */
	readonly ticks: readonly (readonly [place: number, label: string])[];
	/** Times that are shaded: from and to, 0 to 1. */
	readonly shades?: readonly (readonly [from: number, to: number])[];
	/** A level that is marked. */
	readonly mark?: { readonly value: number; readonly label: string };
	readonly kind: "area" | "bars";
	readonly colour: string;
	/** Lowest scale of the y axis. */
	readonly least?: number;
}

const width = 960;
const height = 190;
const left = 64;
const right = 12;
const top = 12;
const bottom = 26;
const plotWidth = width - left - right;
const plotHeight = height - top - bottom;

/** One chart as an SVG element. */
export function chart(it: Chart, title: string): string {
	const highest = it.values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
	const ceiling = niceCeiling(Math.max(highest, it.mark?.value ?? 0, it.least ?? 0));
	const x = (share: number): string => (left + share * plotWidth).toFixed(1);
	const y = (value: number): string => (top + plotHeight * (1 - value / ceiling)).toFixed(1);
	const parts = [
		`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">`,
		...(it.shades ?? []).map(
			([from, to]) =>
				`<rect class="shade" x="${x(from)}" y="${top}" width="${(Math.max(0.001, to - from) * plotWidth).toFixed(1)}" height="${plotHeight}"/>`,
		),
		...[0, 0.5, 1].map((share) => {
			const value = share * ceiling;
			return `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}"/><text class="axis" x="${left - 6}" y="${y(value)}" dy="4" text-anchor="end">${numberText(value)}${share === 1 ? ` ${it.unit}` : ""}</text>`;
		}),
		...it.ticks.map(
			([place, label]) =>
				`<text class="axis" x="${x(place)}" y="${height - 8}" text-anchor="${place > 0.98 ? "end" : "middle"}">${escapeText(label)}</text>`,
		),
		it.kind === "area" ? area(it, x, y) : bars(it, x, y),
	];
	if (it.mark !== undefined) {
		const { value, label } = it.mark;
		// A mark at the very top has its label below.
		const dy = Number(y(value)) < top + 12 ? 14 : -4;
		parts.push(
			`<line class="mark" x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}"/><text class="axis" x="${width - right}" y="${y(value)}" dy="${dy}" text-anchor="end">${escapeText(label)}</text>`,
		);
	}
	return `${parts.join("")}</svg>`;
}

function area(
	{ values, colour }: Chart,
	x: (share: number) => string,
	y: (value: number) => string,
): string {
	if (values.length < 2) return "";
	const points = Array.from(
		values,
		(value, index) => `${x(index / (values.length - 1))},${y(value ?? 0)}`,
	);
	return `<polygon points="${x(0)},${y(0)} ${points.join(" ")} ${x(1)},${y(0)}" fill="${colour}" opacity=".25"/><polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.5"/>`;
}

function bars(
	{ values, colour }: Chart,
	x: (share: number) => string,
	y: (value: number) => string,
): string {
	const step = plotWidth / Math.max(1, values.length);
	return Array.from(values, (value = 0, index) => {
		const floor = Number(y(0));
		const rise = value === 0 ? 0 : Math.max(1, floor - Number(y(value)));
		return `<rect x="${x(index / values.length)}" y="${(floor - rise).toFixed(1)}" width="${(step * 0.86).toFixed(1)}" height="${rise.toFixed(1)}" fill="${colour}"/>`;
	}).join("");
}

/** A row of marks along the x axis, the darker the more happened. */
export function strip(
	values: readonly (number | undefined)[],
	columns: number,
	colour: string,
	title: string,
): string {
	const most = values.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 1);
	const step = plotWidth / Math.max(1, columns);
	const marks = Array.from(values, (value, column) =>
		value === undefined
			? ""
			: `<rect x="${(left + column * step).toFixed(1)}" y="2" width="${Math.max(1.5, step).toFixed(1)}" height="12" fill="${colour}" opacity="${(0.35 + (0.65 * value) / most).toFixed(2)}"/>`,
	);
	return `<svg viewBox="0 0 ${width} 16" role="img" aria-label="${escapeText(title)}"><line class="grid" x1="${left}" x2="${width - right}" y1="15" y2="15"/>${marks.join("")}</svg>`;
}

/** The next number that halves well. */
function niceCeiling(value: number): number {
	if (value <= 0) return 1;
	const power = 10 ** Math.floor(Math.log10(value));
	const rounded = [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value)!;
	return rounded * power;
}

/** A number with thin spaces between thousands. */
export function numberText(value: number): string {
	const rounded = Number.isInteger(value) ? value : Number(value.toFixed(2));
	return String(rounded).replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");
}

export function escapeText(text: string): string {
	return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
