import { Vault } from "../../vault/vault.ts";
import { type FigureName, figureNames, type Overview } from "../views.ts";

export type Figures = Readonly<Record<FigureName, number>>;

/** How long a resolution is kept: `slots` steps of `step` seconds. */
interface Level {
	readonly step: number;
	readonly slots: number;
}

/** An hour in ten seconds, a day in minutes, a month in ten minutes: bounded, whatever happens. */
const levels: readonly Level[] = Object.freeze([
	{ step: 10, slots: 361 },
	{ step: 60, slots: 1_441 },
	{ step: 600, slots: 4_321 },
]);

export const sampleSeconds = levels[0]!.step;
const pointsMaximum = 5_000;
/** The least that a curve is about. */
const youngSeconds = 120;

/** The slots of one level; the slot of a step is its number modulo the count of slots. */
class Ring {
	readonly level: Level;
	/** The number of the step in each slot, -1 for none. */
	readonly steps: Float64Array;
	readonly values: Readonly<Record<FigureName, Float64Array>>;

	constructor(level: Level) {
		this.level = level;
		this.steps = new Float64Array(level.slots).fill(-1);
		this.values = Object.fromEntries(
			figureNames.map((name) => [name, new Float64Array(level.slots)]),
		) as Record<FigureName, Float64Array>;
	}

	add(seconds: number, figures: Figures): void {
		const number = Math.floor(seconds / this.level.step);
		const slot = number % this.level.slots;
		const isNew = this.steps[slot] !== number;
		this.steps[slot] = number;
		for (const name of figureNames) {
			const column = this.values[name];
			const before = isNew ? 0 : column[slot]!;
			// Of how many there were the highest counts, of what has happened the sum.
			column[slot] =
				name === "connected" ? Math.max(before, figures[name]) : before + figures[name];
		}
	}

	/** The figure of a step, or null when there is none. */
	at(name: FigureName, number: number): number | null {
		const slot = number % this.level.slots;
		return this.steps[slot] === number ? this.values[name][slot]! : null;
	}
}

/**
 * The figures of the network over time, as they were measured: in memory, bounded, and in a file
 * while the cloud is down.
 */
export class FigureRecorder {
	readonly #rings = levels.map((level) => new Ring(level));
	readonly #path: string;
	readonly #vault: Vault;
	readonly #read: () => Figures;
	readonly #startedAt = new Date().toISOString();
	#last: Figures;

	/**
	 * @param path  of the file between two runs
	 * @param read  the figures of this moment, counted since the start of the cloud
	 */
	private constructor(path: string, read: () => Figures, vault: Vault) {
		this.#path = path;
		this.#vault = vault;
		this.#read = read;
		this.#last = read();
	}

	/** A file that cannot be read is none: the figures begin anew. */
	static async open(
		path: string,
		read: () => Figures,
		vault = Vault.plain,
	): Promise<FigureRecorder> {
		const recorder = new FigureRecorder(path, read, vault);
		try {
			recorder.#restore(JSON.parse(vault.readSync(path)));
		} catch {
			// The first start, or a file of an older version.
		}
		return recorder;
	}

	/** Takes what has happened since the last call. @param seconds  UTC */
	sample(seconds: number): void {
		const now = this.#read();
		const last = this.#last;
		this.#last = now;
		const change = Object.fromEntries(
			figureNames.map((name) => [name, name === "connected" ? now[name] : now[name] - last[name]]),
		) as Record<FigureName, number>;
		for (const ring of this.#rings) ring.add(seconds, change);
	}

	/**
	 * Figures in steps of one length, the shortest of ours that is kept long enough and is not shorter
	 * than asked.
	 *
	 * @param from, to  UTC seconds
	 */
	overview(from: number, to: number, step: number): Overview {
		const age = Date.now() / 1000 - from;
		const ring =
			this.#rings.find(
				({ level }) => level.step >= step && level.step * (level.slots - 1) >= age,
			) ?? this.#rings.at(-1)!;
		const length = ring.level.step;
		const first = Math.floor(from / length);
		const count = Math.min(pointsMaximum, Math.max(1, Math.ceil(to / length) - first));
		const series = Object.fromEntries(
			figureNames.map((name) => [
				name,
				Array.from({ length: count }, (_, index) => ring.at(name, first + index)),
			]),
		) as Record<FigureName, (number | null)[]>;
		return {
			from: first * length,
			to: (first + count) * length,
			step: length,
			series,
			totals: this.#read(),
			startedAt: this.#startedAt,
		};
	}

	/** What the page begins with: the last hour in minutes, or ten minutes or less while there is no more. */
	latest(): Overview {
		const now = Math.floor(Date.now() / 1000);
		const minutes = this.overview(now - 3_600, now, 60);
		const hasMore = minutes.series.connected.slice(0, -10).some((value) => value !== null);
		if (hasMore) return minutes;
		const age = now - Math.floor(Date.parse(this.#startedAt) / 1000);
		return this.overview(now - Math.min(600, Math.max(youngSeconds, age)), now, sampleSeconds);
	}

	async save(): Promise<void> {
		const rings = this.#rings.map(({ level, steps, values }) => ({
			step: level.step,
			steps: [...steps],
			values: Object.fromEntries(figureNames.map((name) => [name, [...values[name]]])),
		}));
		await this.#vault.replace(this.#path, JSON.stringify({ version: 1, rings }), 0o600);
	}

	#restore(saved: {
		version: number;
		rings: { step: number; steps: number[]; values: Record<string, number[]> }[];
	}): void {
		if (saved.version !== 1) return;
		for (const ring of this.#rings) {
			const found = saved.rings.find(({ step }) => step === ring.level.step);
			if (found?.steps.length !== ring.level.slots) continue;
			ring.steps.set(found.steps);
			for (const name of figureNames) ring.values[name].set(found.values[name] ?? []);
		}
	}
}
