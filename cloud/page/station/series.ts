import { dewPoint } from "../../../firmware/sensing/humidity.ts";
import { celsius, percent } from "../../../firmware/sensing/units.ts";
import type { SeriesChannelView, SeriesView } from "../../web/views.ts";
import { type ApiError, get } from "../api.ts";
import { Store } from "../store.ts";
import { padded, type Span, serves } from "./span.ts";

/** Steps in one width of the view. */
const pointsInView = 1_000;
const pointsMaximum = 3_600;
/** Milliseconds of rest before a moved view asks for more. */
const restMs = 120;

/** A series with the stretch of time that it was asked for. */
export interface Loaded extends SeriesView, Span {}

/** The series of one station around what is in view; asks for more as the view moves. */
export class SeriesLoader extends Store {
	readonly #thing: string;
	readonly #channels: readonly string[];
	readonly #name: string;
	#loaded: Loaded | undefined;
	#error: ApiError | undefined;
	#asked: AbortController | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** @param name  in the marks of the browser's performance timeline */
	constructor(thing: string, channels: readonly string[], name = "series") {
		super();
		this.#name = name;
		this.#thing = thing;
		this.#channels = channels;
	}

	get loaded(): Loaded | undefined {
		return this.#loaded;
	}

	get error(): ApiError | undefined {
		return this.#error;
	}

	get isLoading(): boolean {
		return this.#asked !== undefined;
	}

	/**
	 * @param bounds    beyond which nothing has been observed
	 * @param isStale   there are new observations: asks again in any case
	 */
	want(span: Span, bounds: Span, isStale = false): void {
		// A station that has never observed has nothing to be asked for.
		if (this.#channels.length === 0) return;
		if (!isStale && this.#loaded && serves(this.#loaded, span, bounds, pointsInView)) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(
			() => void this.#load(span, bounds),
			this.#loaded === undefined ? 0 : restMs,
		);
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#asked?.abort();
	}

	async #load(span: Span, bounds: Span): Promise<void> {
		const { from, to } = padded(span, bounds);
		const share = (to - from) / (span.to - span.from);
		const points = Math.max(1, Math.min(pointsMaximum, Math.ceil(pointsInView * share)));
		this.#asked?.abort();
		const asked = new AbortController();
		this.#asked = asked;
		this.changed();
		const query = new URLSearchParams({
			channels: this.#channels.join(","),
			from: String(from),
			to: String(to),
			points: String(points),
		});
		try {
			const path = `/api/isobar/series/${encodeURIComponent(this.#thing)}?${query}`;
			const answer = await get<SeriesView>(path, asked.signal);
			performance.mark(`isobar:${this.#name}-arrived`);
			this.#loaded = { ...withDewPoint(answer), from, to };
			this.#error = undefined;
		} catch (error) {
			if (asked.signal.aborted) return;
			this.#error = error as ApiError;
		}
		this.#asked = undefined;
		this.changed();
	}
}

/** Adds the dew point where the station does not send it, from means of temperature and humidity. */
function withDewPoint(answer: SeriesView): SeriesView {
	const { airTemperature, relativeHumidity, dewPoint: sent } = answer.channels;
	if (sent?.mean.some((value) => value !== null) || !airTemperature || !relativeHumidity) {
		return answer;
	}
	const mean = airTemperature.mean.map((temperature, index) => {
		const humidity = relativeHumidity.mean[index];
		if (temperature === null || typeof humidity !== "number") return null;
		const value = dewPoint(celsius(temperature), percent(humidity));
		return Number.isNaN(value) ? null : value;
	});
	const computed: SeriesChannelView = { unit: "°C", mean, min: [], max: [] };
	return { ...answer, channels: { ...answer.channels, dewPoint: computed } };
}
