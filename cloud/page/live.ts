import type { ObservationNews, Overview, StationView } from "../web/views.ts";
import { ApiError, get } from "./api.ts";
import { Store } from "./store.ts";

export type LinkState = "opening" | "live" | "lost" | "locked";

/** Kinds of events of the stream that views ask for anew, as they come. */
export type NewsKind = "event" | "mail" | "shadow" | "presence";

/** Milliseconds between two tries of a cloud that does not answer. */
const retryMs = 3_000;

/**
 * The network as the cloud tells it: all stations, and what happens to them. A lost stream is
 * opened again, and everything is asked for anew then: news that were missed are in the rows.
 */
class Network extends Store {
	readonly #stations = new Map<string, StationView>();
	readonly #news = new Map<NewsKind, Set<(data: unknown) => void>>();
	#sorted: readonly StationView[] | undefined;
	#overview: Overview | undefined;
	#link: LinkState = "opening";
	#error: ApiError | undefined;
	#isLoaded = false;

	get link(): LinkState {
		return this.#link;
	}

	get error(): ApiError | undefined {
		return this.#error;
	}

	/** Whether the list of stations has been heard. */
	get isLoaded(): boolean {
		return this.#isLoaded;
	}

	/** By name. The same array until something changes. */
	get stations(): readonly StationView[] {
		this.#sorted ??= [...this.#stations.values()].sort((left, right) =>
			left.thing < right.thing ? -1 : 1,
		);
		return this.#sorted;
	}

	get overview(): Overview | undefined {
		return this.#overview;
	}

	station(thing: string): StationView | undefined {
		return this.#stations.get(thing);
	}

	/** Hears of one kind of news. @returns what ends it */
	onNews(kind: NewsKind, listener: (data: unknown) => void): () => void {
		const listeners = this.#news.get(kind) ?? new Set();
		this.#news.set(kind, listeners.add(listener));
		return () => listeners.delete(listener);
	}

	/** Opens the stream and keeps it open. */
	async open(): Promise<void> {
		try {
			await this.#load();
			this.#listen();
		} catch (error) {
			this.#error = error as ApiError;
			this.#enter(error instanceof ApiError && error.status === 401 ? "locked" : "lost");
			if (this.#link === "lost") setTimeout(() => this.open(), retryMs);
		}
	}

	async #load(): Promise<void> {
		const [{ stations }, overview] = await Promise.all([
			get<{ stations: readonly StationView[] }>("/api/isobar/stations"),
			get<Overview>("/api/isobar/overview"),
		]);
		this.#stations.clear();
		for (const station of stations) this.#stations.set(station.thing, station);
		this.#sorted = undefined;
		this.#overview = overview;
		this.#isLoaded = true;
		this.#error = undefined;
		this.#enter("live");
	}

	#listen(): void {
		const source = new EventSource("/api/isobar/stream");
		const on = (name: string, take: (data: never) => void): void =>
			source.addEventListener(name, (event) => {
				take(JSON.parse((event as MessageEvent<string>).data) as never);
			});
		on("observation", ({ rows }: ObservationNews) => this.#take(rows));
		on("presence", ({ rows }: ObservationNews) => {
			this.#take(rows);
			this.#tell("presence", rows);
		});
		on("figures", (overview: Overview) => {
			this.#overview = overview;
			this.changed();
		});
		for (const kind of ["event", "mail", "shadow"] as const) {
			on(kind, (data: unknown) => this.#tell(kind, data));
		}
		source.addEventListener("error", () => {
			source.close();
			this.#enter("lost");
			setTimeout(() => this.open(), retryMs);
		});
	}

	#take(rows: readonly StationView[]): void {
		for (const row of rows) this.#stations.set(row.thing, row);
		this.#sorted = undefined;
		this.changed();
	}

	#tell(kind: NewsKind, data: unknown): void {
		for (const listener of this.#news.get(kind) ?? []) listener(data);
	}

	#enter(link: LinkState): void {
		this.#link = link;
		this.changed();
	}
}

export const network = new Network();
