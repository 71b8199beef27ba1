import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Vault } from "../vault/vault.ts";
import type { Compactor } from "./compactor.ts";
import { type Part, readManifest } from "./manifest.ts";
import { partFolders } from "./partwriter.ts";

/** A bucket of S3, or of anything that speaks its protocol. Who we are says the environment, as the AWS SDK reads it. */
export interface S3Target {
	readonly bucket: string;
	/** Begins the key of each object; none unless given. */
	readonly prefix?: string;
	/** Where it is when it is not AWS, such as "http://127.0.0.1:9000". */
	readonly endpoint?: string;
	readonly region?: string;
}

export interface UploaderOptions extends S3Target {
	/** The archive. */
	readonly directory: string;
	readonly vault?: Vault;
	readonly compactor: Pick<Compactor, "change">;
	log(line: string): void;
}

/** Attempts of one request, with the backoff of the AWS SDK, before it is left to the next look. */
const attempts = 5;

/** Copies the Parquet files of days that are over, as they stand on disk, to a bucket, and takes back what a day no longer has. */
export class Uploader {
	readonly #options: UploaderOptions;
	#client: S3Client | undefined;

	constructor(options: UploaderOptions) {
		this.#options = options;
	}

	/**
	 * Copies what is due, and notes in the manifest what the bucket has confirmed.
	 *
	 * @param now  UTC ms
	 * @throws what the SDK throws after its attempts; what was confirmed before stays noted
	 */
	async look(now: number): Promise<void> {
		const { directory, vault, compactor, log, bucket } = this.#options;
		const today = new Date(now).toISOString().slice(0, 10);
		const { parts, stale = [] } = readManifest(directory, vault);
		const due = parts.filter(({ day, uploaded }) => day < today && !uploaded);
		for (const part of due) {
			for (const folder of partFolders) await this.#put(folder, part);
			await compactor.change((manifest) => ({
				...manifest,
				parts: manifest.parts.map((one) =>
					one.file === part.file ? { ...one, uploaded: true as const } : one,
				),
			}));
		}
		if (due.length > 0) log(`archive: copied ${due.length} parts to ${bucket}`);
		// Only when all rows of the new files are there.
		for (const part of stale) {
			for (const folder of partFolders) await this.#remove(folder, part);
			await compactor.change((manifest) => ({
				...manifest,
				stale: (manifest.stale ?? []).filter(({ file }) => file !== part.file),
			}));
		}
	}

	close(): void {
		this.#client?.destroy();
	}

	async #put(folder: string, part: Part): Promise<void> {
		const { directory, bucket } = this.#options;
		const { PutObjectCommand } = await import("@aws-sdk/client-s3");
		const key = this.#keyOf(folder, part);
		const body = await readFile(join(directory, folder, `day=${part.day}`, part.file));
		const client = await this.#open();
		await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
	}

	async #remove(folder: string, part: Pick<Part, "day" | "file">): Promise<void> {
		const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
		const client = await this.#open();
		const place = { Bucket: this.#options.bucket, Key: this.#keyOf(folder, part) };
		await client.send(new DeleteObjectCommand(place));
	}

	#keyOf(folder: string, { day, file }: Pick<Part, "day" | "file">): string {
		const { prefix = "" } = this.#options;
		return `${prefix}${prefix === "" || prefix.endsWith("/") ? "" : "/"}${folder}/day=${day}/${file}`;
	}

	/** The SDK is loaded when something is to be copied. */
	async #open(): Promise<S3Client> {
		const { endpoint, region = "us-east-1" } = this.#options;
		const { S3Client } = await import("@aws-sdk/client-s3");
		this.#client ??= new S3Client({
			region,
			maxAttempts: attempts,
			// Others than AWS seldom have a host name for each bucket, and do not all know its checksums.
			...(endpoint === undefined
				? {}
				: { endpoint, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" as const }),
		});
		return this.#client;
	}
}
