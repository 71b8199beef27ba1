import { closeSync, fstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../fault.ts";
import type { Vault } from "../vault/vault.ts";
import { type Manifest, type ManifestMark, markManifest, readManifest } from "./manifest.ts";

/** The segment of the landing log that grows. */
export const activeFile = "observations.jsonl";
const closedPattern = /^observations-(\d{6,})\.jsonl$/;

/** Name of a segment that no longer grows. */
export function segmentFile(number: number): string {
	return `observations-${String(number).padStart(6, "0")}.jsonl`;
}

/** The numbers of the segments that no longer grow, ascending. */
export function closedSegments(directory: string): number[] {
	return readdirSync(directory)
		.map((name) => Number(closedPattern.exec(name)?.[1] ?? 0))
		.filter((number) => number > 0)
		.sort((one, other) => one - other);
}

/** Paths of the landing log's segments, oldest first, of an archive that no process writes. */
export function landingPaths(directory: string, manifest = readManifest(directory)): string[] {
	const { compacted } = manifest;
	const closed = closedSegments(directory).filter((number) => number > compacted);
	return [...closed.map(segmentFile), activeFile].map((name) => join(directory, name));
}

/** A segment of the landing log, open for reading; it stays readable when it is renamed or removed. */
export interface Segment {
	readonly number: number;
	/** Under which it was opened. */
	readonly path: string;
	readonly file: number;
	/** Bytes when it was opened. */
	readonly size: number;
}

/** The whole archive at one moment. */
export interface Snapshot {
	readonly mark: ManifestMark;
	readonly manifest: Manifest;
	/** Those that are not in the parts of the manifest, oldest first; the last one is the one that grows. */
	readonly segments: readonly Segment[];
	close(): void;
}

/**
 * Opens the archive as it stands, also while another process writes it: between two looks that are
 * the same nothing has moved from one side to the other.
 *
 * @param last  a manifest that was read before with its mark, so that it need not be read again
 */
export function openSnapshot(
	directory: string,
	vault: Vault,
	last?: { readonly mark: ManifestMark; readonly manifest: Manifest },
): Snapshot {
	for (;;) {
		const mark = markManifest(directory);
		const manifest = last?.mark === mark ? last.manifest : readManifest(directory, vault);
		const closed = closedSegments(directory).filter((number) => number > manifest.compacted);
		const segments = openAll(directory, closed, manifest.compacted);
		const close = (): void => {
			for (const { file } of segments ?? []) closeSync(file);
		};
		const isSame =
			segments !== undefined &&
			markManifest(directory) === mark &&
			`${closedSegments(directory).filter((number) => number > manifest.compacted)}` ===
				`${closed}`;
		if (isSame) return { mark, manifest, segments, close };
		close();
	}
}

/** `undefined` when one has gone in between. */
function openAll(
	directory: string,
	closed: readonly number[],
	compacted: number,
): Segment[] | undefined {
	const segments: Segment[] = [];
	const open = (number: number, name: string): void => {
		const path = join(directory, name);
		const file = openSync(path, "r");
		segments.push({ number, path, file, size: fstatSync(file).size });
	};
	try {
		for (const number of closed) open(number, segmentFile(number));
	} catch (error) {
		for (const { file } of segments) closeSync(file);
		if (codeOf(error) === "ENOENT") return undefined;
		throw error;
	}
	try {
		open(Math.max(compacted, closed.at(-1) ?? 0) + 1, activeFile);
	} catch (error) {
		// A crash between a rotation and the next start leaves none.
		if (codeOf(error) !== "ENOENT") throw error;
	}
	return segments;
}
