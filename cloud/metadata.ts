import { join } from "node:path";
import { messageOf } from "./fault.ts";
import { DiskLog } from "./log.ts";
import { isObject, type Json, type JsonObject } from "./services/document.ts";
import { Vault } from "./vault/vault.ts";

/** What an archive says of a station from a moment on, as the station has reported it in its shadow. */
export interface StationMetadata {
	readonly thing: string;
	/** When the cloud heard of it, ISO 8601 in UTC. */
	readonly time: string;
	/** Name, position, height, exposure. */
	readonly site: Json;
	/** By the name of the sensor: part, serial number, height, day and coefficients of calibration. */
	readonly sensors: Json;
}

const documentsTopic = /^\$aws\/things\/([a-zA-Z0-9:_-]{1,128})\/shadow\/update\/documents$/;

/**
 * The metadata of all stations, beside the observations that need it to be understood: a line in
 * `stations.jsonl` whenever a station reports another site or other instruments. A value is that of the
 * last line of its station before it.
 *
 * Source: WMO-No. 1192, WIGOS Metadata Standard: metadata is kept with its period of validity.
 */
export class MetadataArchive {
	readonly #file: DiskLog;
	readonly #log: (line: string) => void;
	/** What the last line of each thing says, as JSON. */
	readonly #latest: Map<string, string>;
	#tail: Promise<void> = Promise.resolve();
	#stopped = false;

	private constructor(file: DiskLog, latest: Map<string, string>, log: (line: string) => void) {
		this.#file = file;
		this.#latest = latest;
		this.#log = log;
	}

	/** @param directory  that of the archive */
	static async open(
		directory: string,
		log: (line: string) => void,
		vault = Vault.plain,
	): Promise<MetadataArchive> {
		const latest = new Map<string, string>();
		const path = join(directory, "stations.jsonl");
		const onLine = (line: string): void => {
			const { thing, site, sensors }: StationMetadata = JSON.parse(line);
			latest.set(thing, JSON.stringify({ site, sensors }));
		};
		const { log: file, torn } = await DiskLog.open(path, onLine, vault.lines(path));
		if (torn > 0) log(`${path}: cut off ${torn} bytes of a torn line`);
		return new MetadataArchive(file, latest, log);
	}

	/** Hears what the shadow service publishes; `update/documents` of classic shadows alone matters. */
	receive(topicName: string, payload: string): void {
		const thing = documentsTopic.exec(topicName)?.[1];
		if (thing === undefined) return;
		const { current } = JSON.parse(payload) as { current: JsonObject };
		this.note(thing, current);
	}

	/**
	 * Writes down what a station reports of itself, unless that is there already.
	 *
	 * @param document  of a shadow, with `state`; one that reports no site says nothing
	 */
	note(thing: string, { state }: JsonObject): void {
		const reported = isObject(state) ? state.reported : undefined;
		if (!isObject(reported) || reported.site === undefined || this.#stopped) return;
		const { site, sensors = {} } = reported;
		const said = JSON.stringify({ site, sensors });
		if (this.#latest.get(thing) === said) return;
		this.#latest.set(thing, said);
		const time = new Date().toISOString();
		const line: StationMetadata = { thing, time, site: site!, sensors };
		this.#tail = this.#tail.then(() => this.#append(line));
	}

	/** Resolves when everything so far is on disk. */
	settled(): Promise<void> {
		return this.#tail;
	}

	kill(): void {
		this.#stopped = true;
		this.#file.close();
	}

	async close(): Promise<void> {
		await this.#tail;
		this.kill();
	}

	/** What could not be written is heard again with the next document of the station. */
	async #append(line: StationMetadata): Promise<void> {
		if (this.#stopped) return;
		try {
			await this.#file.append(Buffer.from(`${JSON.stringify(line)}\n`));
		} catch (error) {
			this.#latest.delete(line.thing);
			this.#log(`metadata of ${line.thing} can't be stored: ${messageOf(error)}`);
		}
	}
}
