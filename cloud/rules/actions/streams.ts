import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { GroupCommit } from "../../commit.ts";
import { messageOf } from "../../fault.ts";
import { makeDirectory, syncDirectory } from "../../file.ts";
import { DiskLog, readLines } from "../../log.ts";
import type { Timers } from "../../timers.ts";
import type { Vault } from "../../vault/vault.ts";
import { type Action, fileNameOf, nameOf, text } from "./action.ts";

/** When a batch is written: as soon as one of the two is reached. */
export interface Buffering {
	readonly bufferBytes?: number;
	readonly bufferSeconds?: number;
}

export interface StreamsOptions {
	readonly directory: string;
	/** How all of it stands on disk. */
	readonly vault: Vault;
	readonly settings: Readonly<Record<string, Buffering>>;
	readonly timers: Timers;
	log(line: string): void;
}

const partSuffix = ".part";

/** Batches of records, as Firehose writes them to S3: `<stream>/YYYY/MM/DD/HH/<stream>-…`. */
export class Streams {
	readonly #options: StreamsOptions;
	readonly #streams = new Map<string, Promise<Stream>>();

	private constructor(options: StreamsOptions) {
		this.#options = options;
	}

	/** Takes up the batches that an end or a crash has left open. */
	static async open(options: StreamsOptions): Promise<Streams> {
		await makeDirectory(options.directory);
		const streams = new Streams(options);
		for (const name of await readdir(options.directory)) {
			if (name.endsWith(partSuffix)) await streams.#stream(name.slice(0, -partSuffix.length));
		}
		return streams;
	}

	/** Resolves when the record is on disk, in the batch that is open or in one that is written. */
	async append(name: string, record: Uint8Array): Promise<void> {
		await (await this.#stream(name)).append(record);
	}

	async close(): Promise<void> {
		for (const stream of this.#streams.values()) await (await stream).close();
	}

	#stream(name: string): Promise<Stream> {
		let stream = this.#streams.get(name);
		if (!stream) {
			stream = Stream.open(name, this.#options);
			this.#streams.set(name, stream);
			stream.catch(() => this.#streams.delete(name));
		}
		return stream;
	}
}

/**
 * One stream. Its open batch is a file of lines, a record in Base64 each, so that a torn record can be
 * told from a whole one; a batch that is full becomes an object of the records as they are.
 */
class Stream {
	readonly #name: string;
	readonly #directory: string;
	readonly #buffering: Required<Buffering>;
	readonly #vault: Vault;
	readonly #timers: Timers;
	readonly #log: (line: string) => void;
	#part: GroupCommit | undefined;
	#bytes = 0;
	#calloff: (() => void) | undefined;
	#turning: Promise<void> = Promise.resolve();

	private constructor(name: string, { directory, vault, settings, timers, log }: StreamsOptions) {
		this.#name = name;
		this.#directory = directory;
		this.#vault = vault;
		this.#buffering = { bufferBytes: 1 << 20, bufferSeconds: 60, ...settings[name] };
		this.#timers = timers;
		this.#log = log;
	}

	static async open(name: string, options: StreamsOptions): Promise<Stream> {
		const stream = new Stream(name, options);
		// A crash may have come between setting a full batch aside and writing it.
		if (existsSync(stream.#full)) await stream.#write(stream.#full);
		await stream.#begin();
		return stream;
	}

	async append(record: Uint8Array): Promise<void> {
		await this.#turning;
		const line = `${Buffer.from(record).toString("base64")}\n`;
		this.#bytes += record.length;
		const written = new Promise<void>((resolve, reject) => {
			this.#part!.add(line, (error) => (error ? reject(error) : resolve()));
		});
		this.#arm();
		await written;
		if (this.#bytes >= this.#buffering.bufferBytes) this.#turn();
	}

	async close(): Promise<void> {
		this.#calloff?.();
		await this.#turning;
		await this.#part?.close();
	}

	get #open(): string {
		return join(this.#directory, `${this.#name}${partSuffix}`);
	}

	get #full(): string {
		return join(this.#directory, `${this.#name}.full`);
	}

	async #begin(): Promise<void> {
		this.#bytes = 0;
		const count = (line: string): void => {
			this.#bytes += (line.length * 3) / 4;
		};
		const { log } = await DiskLog.open(this.#open, count, this.#vault.lines(this.#open));
		this.#part = new GroupCommit(log);
		if (this.#bytes > 0) this.#arm();
	}

	#arm(): void {
		this.#calloff ??= this.#timers.after(this.#buffering.bufferSeconds * 1000, () => this.#turn());
	}

	#turn(): void {
		this.#calloff?.();
		this.#calloff = undefined;
		if (this.#bytes === 0) return;
		this.#bytes = 0;
		this.#turning = this.#turning
			.then(async () => {
				// One that could not be written before must not be overwritten.
				if (existsSync(this.#full)) await this.#write(this.#full);
				await this.#part!.close();
				await rename(this.#open, this.#full);
				await this.#begin();
				await this.#write(this.#full);
			})
			.catch((error) => this.#log(`stream ${this.#name}: ${messageOf(error)}`));
	}

	async #write(path: string): Promise<void> {
		const records: Buffer[] = [];
		const take = (line: string): void => void records.push(Buffer.from(line, "base64"));
		await readLines(path, take, this.#vault.lines(path));
		const [year, month, day, hour, minute, second] = new Date(this.#timers.now())
			.toISOString()
			.split(/[-T:.]/);
		const folder = join(this.#directory, this.#name, year!, month!, day!, hour!);
		await makeDirectory(folder);
		const stamp = [year, month, day, hour, minute, second].join("-");
		const file = join(folder, `${this.#name}-1-${stamp}-${randomUUID()}`);
		await this.#vault.replace(file, Buffer.concat(records), 0o600);
		await syncDirectory(folder);
		await unlink(path);
	}
}

/** The action `firehose`. In batch mode each element of an array is a record. */
export function streamAction(streams: Streams): Action {
	return {
		name: "FirehoseAction",
		resource: (parameters) => text(parameters, "deliveryStreamName"),
		async perform({ parameters, bytes, json }) {
			const name = fileNameOf("stream", nameOf(text(parameters, "deliveryStreamName")));
			const separator = Buffer.from(text(parameters, "separator"));
			const records: readonly Uint8Array[] =
				parameters.batchMode === true && Array.isArray(json)
					? json.map((element) => Buffer.from(JSON.stringify(element)))
					: [bytes];
			await Promise.all(
				records.map((record) => streams.append(name, Buffer.concat([record, separator]))),
			);
		},
	};
}
