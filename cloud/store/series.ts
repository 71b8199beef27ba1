import type { Channel } from "../../firmware/sensing/channel.ts";
import { CloudFault } from "../fault.ts";
import { quoteName, quoteText } from "./database.ts";
import { selectRows } from "./source.ts";
import type { Store, View } from "./store.ts";

/** What a chart asks for. */
export interface SeriesRequest {
	readonly thing: string;
	/** Names of channels, without repetition. */
	readonly channels: readonly string[];
	/** UTC seconds, whole: `from <= time < to`. */
	readonly from: number;
	readonly to: number;
	/** At most so many steps, 1..10,000. */
	readonly points: number;
}

/** One channel of a series; each array is as long as `time`, null where there is no value. */
export interface SeriesChannel {
	readonly unit: string;
	/** Mean of the values of a step; of unit vectors for a direction. */
	readonly mean: readonly (number | null)[];
	/** Null for a direction. */
	readonly min: readonly (number | null)[];
	readonly max: readonly (number | null)[];
	/** For channels that are increments, such as precipitation. */
	readonly sum?: readonly (number | null)[];
}

/** What a chart draws. */
export interface SeriesAnswer {
	/** Length of a step, s. */
	readonly step: number;
	/**
	 * Beginning of each step that has an observation, UTC seconds, ascending. Where observations are missing in
	 * between there is one entry whose values are all null, so that a line is broken there.
	 */
	readonly time: readonly number[];
	readonly channels: Readonly<Record<string, SeriesChannel>>;
	/**
	 * By channel, by quality flag or reason why a value is missing (docs/topics.md): the indices into
	 * `time` of the steps in which it occurs.
	 */
	readonly flags: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

/** Steps that people read with ease, s. */
const steps = Object.freeze([
	1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
]);
const daySeconds = 86_400;
const pointsMaximum = 10_000;

/** What is said of a channel in a series. */
type SeriesInfo = Pick<Channel, "name" | "unit" | "aggregate">;

/** Where rows are, and which channels they may have. */
export interface SeriesSource {
	readonly store: Store;
	readonly channels: { indexOf(name: string): number; at(index: number): SeriesInfo };
}

/** Time series of the archive for charts. */
export class Series {
	readonly #observations: SeriesSource;
	readonly #health: SeriesSource | undefined;

	/** @param health  rows beside the observations, with other channels; whose names come first */
	constructor(store: Store, channels: SeriesSource["channels"], health?: SeriesSource) {
		this.#observations = { store, channels };
		this.#health = health;
	}

	/**
	 * Values of one station, gathered in steps of one length.
	 *
	 * @throws {CloudFault} "BadRequest" with one line that names the value and what was expected
	 */
	async query(request: SeriesRequest): Promise<SeriesAnswer> {
		const source = this.#sourceOf(request.channels);
		const channels = check(request, source);
		const step = stepOf(request);
		return source.store.read(async (view) => {
			const rows = await readSteps(view, request, channels, step);
			const all = withGaps(rows, step);
			return {
				step,
				time: all.time,
				channels: Object.fromEntries(
					channels.map((channel, index) => [channel.name, pick(all, channel, index)]),
				),
				flags: gatherNotes(all, request.channels),
			};
		});
	}

	/** The rows that have these channels: each has times of its own, so a series is of one of them. */
	#sourceOf(names: readonly string[]): SeriesSource {
		const health = this.#health;
		if (health === undefined) return this.#observations;
		const ofHealth = names.filter((name) => health.channels.indexOf(name) >= 0);
		if (ofHealth.length === 0) return this.#observations;
		if (ofHealth.length < names.length) {
			throw new CloudFault(
				"BadRequest",
				`channels "${names}": ${ofHealth} are of health messages; expected them in a request of their own`,
			);
		}
		return health;
	}
}

function check(
	{ channels, from, to, points }: SeriesRequest,
	source: SeriesSource,
): readonly SeriesInfo[] {
	if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to)) {
		throw new CloudFault("BadRequest", `from ${from}, to ${to}: expected UTC seconds, from < to`);
	}
	if (!(Number.isSafeInteger(points) && points >= 1 && points <= pointsMaximum)) {
		throw new CloudFault("BadRequest", `points ${points}: expected 1 to ${pointsMaximum}`);
	}
	if (channels.length === 0 || new Set(channels).size < channels.length) {
		throw new CloudFault("BadRequest", `channels "${channels}": expected names, each once`);
	}
	return channels.map((name) => {
		const index = source.channels.indexOf(name);
		if (index < 0) throw new CloudFault("BadRequest", `channel "${name}": there is none`);
		return source.channels.at(index);
	});
}

/** The shortest step with which the time from `from` to `to` has at most `points` of them, s. */
function stepOf({ from, to, points }: Pick<SeriesRequest, "from" | "to" | "points">): number {
	const shortest = (to - from) / points;
	return steps.find((step) => step >= shortest) ?? Math.ceil(shortest / daySeconds) * daySeconds;
}

/** Columns of steps: the beginning, the longest window, and for each channel mean, min, max, sum. */
interface Steps {
	readonly time: number[];
	readonly period: number[];
	/** What is said of values: each different pair of a step. */
	readonly notes: (readonly Notes[] | null)[];
	readonly figures: (number | null)[][];
}

/** JSON as it stands in a row. */
interface Notes {
	readonly reasons: string | null;
	readonly flags: string | null;
}

const figuresOfChannel = 4;

async function readSteps(
	view: View,
	{ thing, from, to }: SeriesRequest,
	channels: readonly SeriesInfo[],
	step: number,
): Promise<Steps> {
	const source = selectRows(view, {
		columns: ["time", "periodSeconds", "reasons", "flags", ...channels.map(({ name }) => name)],
		from,
		to,
		where: `thing = ${quoteText(thing)}`,
	});
	const figures = channels.flatMap((channel) => figuresOf(channel));
	const columns = await view.database.columns(
		`SELECT ${startOf(step)} AS time, max("periodSeconds")::DOUBLE AS period,
			list(DISTINCT {reasons: reasons, flags: flags})
				FILTER (WHERE reasons IS NOT NULL OR flags IS NOT NULL) AS notes,
			${figures.map((figure, index) => `${figure} AS f${index}`)}
		FROM (${source}) GROUP BY 1 ORDER BY 1`,
	);
	return {
		time: (columns.time ?? []) as number[],
		period: (columns.period ?? []) as number[],
		notes: (columns.notes ?? []) as unknown as (readonly Notes[] | null)[],
		figures: figures.map((_, index) => (columns[`f${index}`] ?? []) as (number | null)[]),
	};
}

/** SQL for the beginning of the step in which `time` lies, UTC seconds. */
function startOf(step: number): string {
	return `(floor(epoch(time) / ${step}) * ${step})`;
}

function figuresOf({ name, aggregate }: SeriesInfo): string[] {
	const value = quoteName(name);
	if (aggregate === "direction") {
		const angle = `degrees(atan2(avg(sin(radians(${value}))), avg(cos(radians(${value})))))`;
		return [`((${angle} + 360) % 360)`, "NULL::DOUBLE", "NULL::DOUBLE", "NULL::DOUBLE"];
	}
	const sum = aggregate === "sum" ? `sum(${value})` : "NULL::DOUBLE";
	return [`avg(${value})`, `min(${value})`, `max(${value})`, sum];
}

/** Puts a step of nulls where more than one window is missing. */
function withGaps({ time, period, notes, figures }: Steps, step: number): Steps {
	const result: Steps = { time: [], period: [], notes: [], figures: figures.map(() => []) };
	for (const [index, start] of time.entries()) {
		const last = result.time.at(-1);
		const usual = Math.max(step, period[index - 1] ?? 0);
		if (last !== undefined && start - last >= 2 * usual) {
			result.time.push(last + usual);
			result.notes.push(null);
			for (const column of result.figures) column.push(null);
		}
		result.time.push(start);
		result.notes.push(notes[index] ?? null);
		for (const [place, column] of result.figures.entries()) column.push(figures[place]![index]!);
	}
	return result;
}

function pick({ figures }: Steps, { unit, aggregate }: SeriesInfo, index: number): SeriesChannel {
	const [mean, min, max, sum] = figures.slice(index * figuresOfChannel);
	return { unit, mean: mean!, min: min!, max: max!, ...(aggregate === "sum" ? { sum: sum! } : {}) };
}

/** What is said of the values, by channel and name, with the indices of the steps. */
function gatherNotes(
	{ notes }: Steps,
	channels: readonly string[],
): Record<string, Record<string, number[]>> {
	const gathered: Record<string, Record<string, number[]>> = {};
	for (const [index, list] of notes.entries()) {
		for (const text of (list ?? []).flatMap(({ reasons, flags }) => [reasons, flags])) {
			for (const [channel, names] of Object.entries(JSON.parse(text ?? "{}"))) {
				if (!channels.includes(channel)) continue;
				for (const name of [names].flat() as string[]) note(gathered, channel, name, index);
			}
		}
	}
	return gathered;
}

function note(
	notes: Record<string, Record<string, number[]>>,
	channel: string,
	name: string,
	index: number,
): void {
	notes[channel] ??= {};
	notes[channel][name] ??= [];
	const indices = notes[channel][name];
	if (indices.at(-1) !== index) indices.push(index);
}
