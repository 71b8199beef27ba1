import { readdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { temporarySuffix } from "../file.ts";
import { isAlive } from "../lock.ts";
import type { Manifest } from "./manifest.ts";
import { partFolders } from "./partwriter.ts";
import { closedSegments, segmentFile } from "./segments.ts";
import { spillFolder } from "./store.ts";

/** Begins the name of the folder of a query; the process that runs it follows. */
export const pinPrefix = "query-";

/**
 * Finishes what a crash has left between two steps of a compaction: removes files that were never whole,
 * parts that the manifest does not name, and segments whose rows are in its parts.
 *
 * @returns how many files were removed
 */
export function recover(directory: string, manifest: Manifest): number {
	let removed = 0;
	const remove = (...path: string[]): void => {
		unlinkSync(join(directory, ...path));
		removed += 1;
	};
	for (const number of closedSegments(directory)) {
		if (number <= manifest.compacted) remove(segmentFile(number));
	}
	for (const name of readdirSync(directory)) {
		if (name.startsWith("manifest.json.") && name.endsWith(temporarySuffix)) remove(name);
	}
	for (const name of readdirSync(directory)) {
		const owner = Number.parseInt(name.slice(pinPrefix.length), 10);
		if (!name.startsWith(pinPrefix) || isAlive(owner)) continue;
		rmSync(join(directory, name), { recursive: true });
	}
	rmSync(join(directory, spillFolder), { recursive: true, force: true });
	const known = new Set(manifest.parts.map(({ day, file }) => `day=${day}/${file}`));
	for (const folder of partFolders) {
		for (const day of entries(join(directory, folder))) {
			for (const file of entries(join(directory, folder, day))) {
				const isOurs = /^(part-\d{6,}\.parquet|\.part-\d{6,}\.parquet\.tmp)$/.test(file);
				if (isOurs && !known.has(`${day}/${file}`)) remove(folder, day, file);
			}
		}
	}
	return removed;
}

function entries(directory: string): string[] {
	try {
		return readdirSync(directory);
	} catch {
		return [];
	}
}
