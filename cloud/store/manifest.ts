import { statSync } from "node:fs";
import { join } from "node:path";
import { CloudFault, codeOf, messageOf } from "../fault.ts";
import { syncDirectory } from "../file.ts";
import { SequenceSet } from "../sequences.ts";
import { Vault } from "../vault/vault.ts";

/** A Parquet file of one day. */
export interface Part {
	/** UTC day, YYYY-MM-DD. */
	readonly day: string;
	/** Name of the file below `observations/day=…/` and, for its hourly figures, below `hourly/day=…/`. */
	readonly file: string;
	readonly rows: number;
	/** Of both files. */
	readonly bytes: number;
	/** Time of the first and of the last row, UTC seconds. */
	readonly from: number;
	readonly to: number;
	/** Names of the channels that have a column. */
	readonly channels: readonly string[];
	/** Whether an upload of it has been confirmed; left out when not. */
	readonly uploaded?: true;
}

/**
 * What has left the landing log: the one file that says which Parquet files count. Putting it in the
 * place of the one before is the moment at which rows change sides.
 */
export interface Manifest {
	/** Segments of the landing log up to this number are in the parts. */
	readonly compacted: number;
	/** The number of the next part. */
	readonly nextPart: number;
	readonly parts: readonly Part[];
	/** The sequence numbers that have left the landing log, by thing; retention forgets none of them. */
	readonly known: ReadonlyMap<string, SequenceSet>;
	/** Uploaded parts whose rows are in a newer part of their day; the copies have to go. */
	readonly stale?: readonly Pick<Part, "day" | "file">[];
	/** What retention has removed since the beginning. */
	readonly removed: { readonly rows: number; readonly bytes: number; readonly days: number };
}

const emptyManifest: Manifest = Object.freeze({
	compacted: 0,
	nextPart: 1,
	parts: [],
	known: new Map<string, SequenceSet>(),
	removed: { rows: 0, bytes: 0, days: 0 },
});

const manifestFile = "manifest.json";
const version = 1;

/** Identifies what stands on disk: it changes with every `writeManifest`. */
export type ManifestMark = string;

export function markManifest(directory: string): ManifestMark {
	try {
		const { ino, mtimeMs, size } = statSync(join(directory, manifestFile));
		return `${ino} ${mtimeMs} ${size}`;
	} catch (error) {
		if (codeOf(error) === "ENOENT") return "";
		throw error;
	}
}

/**
 * Reads the manifest of an archive; an archive without one has no parts.
 *
 * @throws {CloudFault} "Unreadable" with the path; nothing is guessed, since a part that is not in the manifest
 *   would be taken for a leftover
 */
export function readManifest(directory: string, vault = Vault.plain): Manifest {
	const path = join(directory, manifestFile);
	let text: string;
	try {
		text = vault.readSync(path);
	} catch (error) {
		if (codeOf(error) === "ENOENT") return emptyManifest;
		throw error;
	}
	try {
		const { version: written, known, ...rest } = JSON.parse(text);
		if (written !== version) throw new Error(`version ${written}, expected ${version}`);
		const sets = Object.entries(known as Record<string, [number, number][]>).map(
			([thing, intervals]) => [thing, SequenceSet.of(intervals)] as const,
		);
		return { ...rest, known: new Map(sets) };
	} catch (error) {
		throw new CloudFault(
			"Unreadable",
			`${path}: ${messageOf(error)}; the archive is left as it is`,
		);
	}
}

/** Puts a manifest in the place of the one before; it is on disk to stay when this resolves. */
export async function writeManifest(
	directory: string,
	manifest: Manifest,
	vault = Vault.plain,
): Promise<void> {
	const known = Object.fromEntries(
		[...manifest.known].map(([thing, sequences]) => [thing, sequences.intervals]),
	);
	const text = `${JSON.stringify({ version, ...manifest, known })}\n`;
	await vault.replace(join(directory, manifestFile), text, 0o600);
	await syncDirectory(directory);
}
