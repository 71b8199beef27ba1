import { smoothField, smoothstep, uniform } from "./noise.ts";

const hour = 3_600_000;
const minute = 60_000;
const radians = Math.PI / 180;

/** Mean time from one front to the next, in ms. */
export const frontPeriod = 86.4 * hour;
/** Bands of rain of one front: that of the front itself, and showers in the cold air behind it. */
export const bands = 5;
/** Kilometres over which the amount of a band varies. */
const bandScaleKm = 40;

/** Streams of a climate's seed, one for each thing that is drawn for a front. */
const Stream = Object.freeze({ time: 0, course: 1, speed: 2, strength: 3, band: 4 } as const);
const streamsPerBand = 4;

/**
 * A cold front of the temperate zone: a straight line that crosses the land at a steady speed, so that
 * whatever it brings comes later by distance over speed.
 *
 * All that it does is a function of the time since it passed, negative before, in ms. Figures are those of
 * an average front, for example in C. D. Ahrens, "Meteorology Today", chapter 11.
 */
export class Front {
	/** When it passes the origin, UTC ms. */
	readonly passesAt: number;
	/** Degrees clockwise from north that it goes to. */
	readonly course: number;
	/** m/s */
	readonly speed: number;
	/** 0.4..1 */
	readonly strength: number;
	readonly #seed: number;
	readonly #index: number;

	/** @param index  which front of the climate */
	constructor(seed: number, index: number) {
		this.#seed = seed;
		this.#index = index;
		this.passesAt = (index + 0.2 + 0.6 * uniform(seed, Stream.time, index)) * frontPeriod;
		this.course = 60 + 70 * uniform(seed, Stream.course, index);
		this.speed = 8 + 8 * uniform(seed, Stream.speed, index);
		this.strength = 0.4 + 0.6 * uniform(seed, Stream.strength, index);
	}

	/** How much later than the origin a place is passed, in ms; x east and y north of the origin in km. */
	lag(x: number, y: number): number {
		const along = x * Math.sin(this.course * radians) + y * Math.cos(this.course * radians);
		return (along * 1_000_000) / this.speed;
	}

	/** hPa at sea level: the trough. */
	pressure(since: number): number {
		const width = since < 0 ? 16 * hour : 9 * hour;
		return -12 * this.strength * Math.exp(-Math.abs(since) / width);
	}

	/** K: warm air before it, cold air behind it. */
	temperature(since: number): number {
		const warm = 4 * this.strength;
		if (since < 0) return warm * Math.exp(since / (30 * hour));
		const rest = Math.exp(-since / (0.8 * hour));
		return warm * rest - 7 * this.strength * (1 - rest) * Math.exp(-since / (40 * hour));
	}

	/** Degrees by which the wind is turned: it backs before the front and veers within minutes. */
	turn(since: number): number {
		const before = -35 * Math.exp(Math.min(0, since) / (8 * hour));
		const behind = 60 * Math.exp(-Math.max(0, since) / (12 * hour));
		const passed = 1 / (1 + Math.exp(-since / (3 * minute)));
		return this.strength * (before + (behind - before) * passed);
	}

	/** m/s of wind that it adds, with a squall on the line itself. */
	wind(since: number): number {
		const away = Math.abs(since);
		return this.strength * (6 * Math.exp(-away / (5 * hour)) + 4 * Math.exp(-away / (20 * minute)));
	}

	/** Share of the sky that it covers. */
	cloud(since: number): number {
		return this.strength * Math.exp(-(((since + 3 * hour) / (5 * hour)) ** 2));
	}

	/** mm that one of its bands brings to a place. */
	amount(band: number, x: number, y: number): number {
		const stream = Stream.band + band * streamsPerBand;
		const drawn = uniform(this.#seed, stream, this.#index);
		const local = smoothField(this.#seed, stream + 1, x, y, bandScaleKm, this.#index);
		const most = this.strength * (band === 0 ? 4 + 10 * drawn : 1 + 4 * drawn);
		const share = band === 0 ? 0.7 + 0.5 * local : local - 0.1;
		// Sums of such amounts are exact for thousands of years, so that no rounding makes a total fall.
		return Math.round(Math.max(0, most * share) * 1024) / 1024;
	}

	/** How much of a band has fallen, 0..1. */
	fallen(band: number, since: number): number {
		return smoothstep(this.#progress(band, since));
	}

	/** Intensity of a band, 0..1; 1 is in its middle. */
	intensity(band: number, since: number): number {
		const progress = this.#progress(band, since);
		return 4 * progress * (1 - progress);
	}

	#progress(band: number, since: number): number {
		const stream = Stream.band + band * streamsPerBand;
		const early = uniform(this.#seed, stream + 2, this.#index);
		const long = uniform(this.#seed, stream + 3, this.#index);
		const begin = band === 0 ? -1.2 + 0.8 * early : 2 + 14 * early;
		const length = band === 0 ? 1.2 + 1.3 * long : 0.2 + 0.6 * long;
		return Math.max(0, Math.min(1, (since / hour - begin) / length));
	}
}
