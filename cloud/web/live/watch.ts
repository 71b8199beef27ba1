import type { ChannelTable } from "../../../firmware/sensing/channel.ts";
import type { Archive } from "../../archive.ts";
import type { Bounds } from "../../bounds.ts";
import type { Broker } from "../../broker.ts";
import { messageOf } from "../../fault.ts";
import type { HealthArchive } from "../../healtharchive.ts";
import { healthOf } from "../../healthchannels.ts";
import type { CloudEvent } from "../../notice/events.ts";
import type { Notices } from "../../notice/notices.ts";
import { isThingName } from "../../registry/checks.ts";
import type { RegistryStore } from "../../registry/store.ts";
import type { ArchivedObservation } from "../../row.ts";
import type { JsonObject } from "../../services/document.ts";
import { parseShadowTopic } from "../../services/shadow.ts";
import type { Shadows } from "../../shadows.ts";
import type { Vault } from "../../vault/vault.ts";
import type { StationDetail, StationView } from "../views.ts";
import { FigureRecorder, type Figures, sampleSeconds } from "./figures.ts";
import { readNewest } from "./newest.ts";
import { LiveStation } from "./station.ts";
import { NewsStream } from "./stream.ts";

/** What the watch looks at. */
export interface Watched {
	readonly archive: Archive;
	readonly health: HealthArchive;
	readonly broker: Broker;
	readonly channels: ChannelTable;
	readonly notices: Notices;
	readonly registry: RegistryStore;
	readonly shadows: Shadows;
	/** Executions of rules since the start. */
	rulesExecuted(): number;
	/** Where the figures are kept between two runs. */
	readonly figuresPath: string;
	/** How they stand there. */
	readonly vault: Vault;
	readonly bounds: Pick<Bounds, "newsBytes" | "newsReaders">;
	log(line: string): void;
}

/** ms in which what has changed is gathered before it is told. */
const gatherMs = 300;
/** ms between two looks at stations that say nothing. */
const sweepMs = 5_000;
const saveMs = 300_000;

/** Follows what happens in the cloud, for the page: what each station says now, figures, news. */
export class Watch {
	readonly stream: NewsStream;
	readonly figures: FigureRecorder;
	readonly #watched: Watched;
	readonly #stations = new Map<string, LiveStation>();
	readonly #changed = new Set<string>();
	readonly #alarms = new Map<string, string>();
	readonly #ends: (() => void)[] = [];
	#newest: Promise<void> | undefined;

	private constructor(watched: Watched, figures: FigureRecorder) {
		this.#watched = watched;
		this.figures = figures;
		this.stream = new NewsStream(watched.bounds);
	}

	static async open(watched: Watched): Promise<Watch> {
		const figures = await FigureRecorder.open(
			watched.figuresPath,
			() => figuresOf(watched),
			watched.vault,
		);
		const watch = new Watch(watched, figures);
		watch.#listen();
		return watch;
	}

	/** Every thing of the registry and every station that has been heard, by name. */
	async stations(): Promise<readonly StationView[]> {
		await this.#catchUp();
		return [...this.#stations.entries()]
			.sort(([left], [right]) => (left < right ? -1 : 1))
			.map(([, station]) => station.view());
	}

	async station(thing: string): Promise<StationDetail | undefined> {
		await this.#catchUp();
		const station = this.#stations.get(thing);
		return station?.detail(this.#watched.archive.count(thing));
	}

	kill(): void {
		for (const end of this.#ends) end();
		this.stream.close();
	}

	async close(): Promise<void> {
		this.kill();
		this.figures.sample(Date.now() / 1000);
		await this.figures.save();
	}

	#listen(): void {
		const { broker, archive, notices } = this.#watched;
		archive.onArchived = (rows) => this.#observe(rows);
		this.#ends.push(
			() => {
				archive.onArchived = undefined;
			},
			broker.subscribe("$aws/events/presence/+/+", (topic, payload) =>
				this.#presence(topic, payload),
			),
			broker.subscribe("$aws/things/+/shadow/update/documents", (topic, payload) =>
				this.#shadow(topic, payload),
			),
			broker.subscribe("$aws/things/+/shadow/name/+/update/documents", (topic) =>
				this.stream.tell({ event: "shadow", data: { thing: topic.split("/")[2]! } }),
			),
			broker.subscribe("isobar/+/health", (topic, payload) => this.#health(topic, payload)),
			notices.events.onEvent((event) => this.#event(event)),
			every(sampleSeconds * 1000, () => this.#sample()),
			every(gatherMs, () => this.#tellChanged()),
			every(sweepMs, () => this.#sweep()),
			every(saveMs, () => this.#save()),
		);
	}

	/** What there was before this run: read once, when somebody asks. */
	#catchUp(): Promise<void> {
		this.#newest ??= this.#load().catch((error) => {
			this.#newest = undefined;
			this.#watched.log(`page: the newest observations can't be read: ${messageOf(error)}`);
		});
		for (const { thingName } of this.#watched.registry.state.things) this.#stationOf(thingName);
		return this.#newest;
	}

	async #load(): Promise<void> {
		const { archive, health, registry, shadows } = this.#watched;
		for (const { thing, first, newest } of await readNewest(archive.store)) {
			const station = this.#stationOf(thing);
			station.begins(first);
			station.observe(newest);
		}
		for (const { thing, newest } of await readNewest(health.store)) {
			this.#stationOf(thing).recallHealth(healthOf(newest));
		}
		for (const { thingName } of registry.state.things) {
			const shadow = await shadows.get(thingName);
			const reported = (shadow?.state as JsonObject | undefined)?.reported;
			if (reported) this.#stationOf(thingName).report(reported as JsonObject);
		}
	}

	#stationOf(thing: string): LiveStation {
		let station = this.#stations.get(thing);
		if (station === undefined) {
			const { channels, notices } = this.#watched;
			station = new LiveStation(thing, channels, () => notices.current(thing));
			this.#stations.set(thing, station);
		}
		return station;
	}

	#observe(rows: readonly ArchivedObservation[]): void {
		for (const row of rows) {
			if (this.#stationOf(row.thing).observe(row)) this.#changed.add(row.thing);
		}
	}

	#presence(topic: string, payload: Uint8Array): void {
		const [, , , kind, clientId = ""] = topic.split("/");
		const event = parse(payload);
		if (!isThingName(clientId) || kind === "connect_failed" || event === undefined) return;
		// A client that is no thing, such as an app, is no station.
		if (this.#watched.registry.state.thing(clientId) === undefined) return;
		const { sessionIdentifier, timestamp } = event as {
			sessionIdentifier: string;
			timestamp: number;
		};
		const station = this.#stationOf(clientId);
		station.setConnected(kind === "connected", sessionIdentifier, timestamp);
		this.stream.tell({ event: "presence", data: { rows: [station.view()] } });
	}

	#shadow(topic: string, payload: Uint8Array): void {
		const request = parseShadowTopic(topic.replace(/\/documents$/, ""));
		const document = parse(payload);
		if (request === undefined || document === undefined) return;
		const state = (document.current as JsonObject).state as JsonObject;
		if (state.reported !== undefined) {
			this.#stationOf(request.thing).report(state.reported as JsonObject);
			this.#changed.add(request.thing);
		}
		this.stream.tell({ event: "shadow", data: { thing: request.thing } });
	}

	#health(topic: string, payload: Uint8Array): void {
		const thing = topic.split("/")[1]!;
		const health = parse(payload);
		if (health === undefined || !isThingName(thing)) return;
		this.#stationOf(thing).takeHealth(health);
		this.#changed.add(thing);
	}

	/** A mail has its event with each change of its state. */
	#event(event: CloudEvent): void {
		this.stream.tell({ event: "event", data: event });
		if (event.kind === "mail") this.stream.tell({ event: "mail", data: event.detail ?? {} });
	}

	#tellChanged(): void {
		if (this.#changed.size === 0) return;
		const things = [...this.#changed];
		this.#changed.clear();
		if (!this.stream.isHeard) return;
		const rows = things.map((thing) => this.#stations.get(thing)!.view());
		this.stream.tell({ event: "observation", data: { rows } });
	}

	/** An alarm can come by nothing happening. */
	#sweep(): void {
		if (!this.stream.isHeard) return;
		for (const [thing, station] of this.#stations) {
			const alarms = station
				.view()
				.alarms.map(({ name }) => name)
				.join();
			if ((this.#alarms.get(thing) ?? "") !== alarms) this.#changed.add(thing);
			this.#alarms.set(thing, alarms);
		}
	}

	#sample(): void {
		this.figures.sample(Date.now() / 1000);
		if (this.stream.isHeard) this.stream.tell({ event: "figures", data: this.figures.latest() });
	}

	#save(): void {
		this.figures.save().catch((error) => {
			this.#watched.log(`page: the figures can't be kept: ${messageOf(error)}`);
		});
	}
}

function figuresOf({ broker, archive, rulesExecuted }: Watched): Figures {
	const { messagesIn, messagesOut, failures } = broker.traffic;
	const { bytesIn, bytesOut } = broker.bytes;
	return {
		connected: broker.connections,
		messagesIn,
		messagesOut,
		rulesExecuted: rulesExecuted(),
		failures: failures + archive.rejected,
		bytesIn,
		bytesOut,
	};
}

/** Calls back at an interval that does not keep the process alive. @returns what ends it */
function every(ms: number, work: () => void): () => void {
	const timer = setInterval(work, ms);
	timer.unref();
	return () => clearInterval(timer);
}

function parse(payload: Uint8Array): JsonObject | undefined {
	try {
		const document = JSON.parse(Buffer.from(payload).toString("utf8"));
		return typeof document === "object" && document !== null ? document : undefined;
	} catch {
		return undefined;
	}
}
