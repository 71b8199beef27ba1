import { relative, sep } from "node:path";
import { withoutPrefix } from "./features.ts";

/** One module of a bundle. */
export interface BundledModule {
	/** Bytes that it has in the bundle; 0 when nothing of it was used. */
	readonly bytes: number;
	/** Modules that it takes something from, directly or through one that only passes on. */
	readonly imports: readonly string[];
}

/** The modules of a bundle by their paths. */
export type ModuleGraph = ReadonlyMap<string, BundledModule>;

/** A part of a bundle and its bytes. */
export interface Part {
	readonly name: string;
	readonly bytes: number;
}

/**
 * Bytes for each room, the largest first: `outbox` for `firmware/outbox`, `sensors`, `platform`, and
 * `own` for the files of the user.
 *
 * @param station  the user's station file, wherever it is
 */
export function roomsOf(graph: ModuleGraph, packageRoot: string, station: string): Part[] {
	const rooms = new Map<string, number>();
	for (const [path, { bytes }] of graph) {
		if (bytes === 0) continue;
		const room =
			path === station ? "own" : roomOf(relative(packageRoot, path.replace(withoutPrefix, "")));
		rooms.set(room, (rooms.get(room) ?? 0) + bytes);
	}
	return [...rooms].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes);
}

function roomOf(path: string): string {
	const [folder, next = "", ...rest] = path.split(sep);
	if (folder === "sensors") return "sensors";
	if (folder !== "firmware") return "own";
	return rest.length === 0 ? "base" : next;
}

/** Bytes that leave the bundle when a module does: its own, and of what nobody else imports. */
export function costOf(module: string, graph: ModuleGraph, entry: string): number {
	const kept = reach(graph, entry, module);
	return [...reach(graph, module, "")]
		.filter((path) => !kept.has(path))
		.reduce((sum, path) => sum + graph.get(path)!.bytes, 0);
}

/** What is in the bundle because of `from`, on ways that do not pass `without`. */
function reach(graph: ModuleGraph, from: string, without: string): Set<string> {
	const seen = new Set<string>();
	const waiting = [from];
	for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
		const module = graph.get(path);
		if (module === undefined || path === without || seen.has(path)) continue;
		if (module.bytes === 0) continue;
		seen.add(path);
		waiting.push(...module.imports);
	}
	return seen;
}
