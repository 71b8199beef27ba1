import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root, writeModules } from "./bundle.ts";
import { type Engine, runEngine } from "./engine.ts";

/** What is loaded on the chip short of the platform adapter: see `programs/core.ts`. */
const entry = "tests/xs/programs/core.ts";

/** A figure of `docs/memory.md`. */
export interface Figure {
	readonly name: string;
	readonly measured: number;
}

/** The room that a module belongs to: its folder, and for drivers all of them together. */
function roomOf(path: string): string {
	const [top, room = ""] = path.split("/");
	if (top === "_virtual") return "firmware";
	return top === "firmware" && !room.includes(".") ? `firmware/${room}` : top!;
}

/** Bytes of compiled code and its names, room by room, the largest first. */
export async function codeByRoom(engine: Engine): Promise<readonly Figure[]> {
	const folder = await writeModules(entry);
	const { lines } = runEngine(engine, "size", join(folder, entry.replace(/ts$/, "js")));
	const rooms = new Map<string, number>();
	for (const line of lines) {
		const [code, names, file] = line.split(" ");
		const room = roomOf(relative(folder, file!));
		if (room === "tests") continue;
		rooms.set(room, (rooms.get(room) ?? 0) + Number(code) + Number(names));
	}
	return [...rooms]
		.map(([name, measured]) => ({ name, measured }))
		.sort((one, other) => other.measured - one.measured);
}

/** A row of a table of `docs/memory.md`: `| \`name\` | measured | budget |…`, numbers with separators. */
interface Row extends Figure {
	readonly budget: number;
}

const document = join(root, "docs/memory.md");
const rowPattern = /^\| `([^`]+)` \| ([\d,]+) \| ([\d,]+) \|/gm;

/** The rows of `docs/memory.md`, by name. */
function documented(): ReadonlyMap<string, Row> {
	const rows = new Map<string, Row>();
	const number = (text: string): number => Number(text.replaceAll(",", ""));
	for (const [, name, measured, budget] of readFileSync(document, "utf8").matchAll(rowPattern)) {
		rows.set(name!, { name: name!, measured: number(measured!), budget: number(budget!) });
	}
	return rows;
}

/** Writes what is measured into the rows that there are; budgets are for people to change. */
export function record(figures: readonly Figure[]): void {
	const measured = new Map(figures.map((figure) => [figure.name, figure.measured]));
	const text = readFileSync(document, "utf8").replace(rowPattern, (_, name, old, budget) => {
		const figure = measured.get(name) ?? Number(old.replaceAll(",", ""));
		return `| \`${name}\` | ${figure.toLocaleString("en-US")} | ${budget} |`;
	});
	writeFileSync(document, text);
}

/** How far a figure of the document may be from what is measured, as a share of it. */
const tolerance = 0.1;

/**
 * Holds figures against the document.
 *
 * @returns a line for each that is over its budget, or no longer what the document says
 */
export function complaints(figures: readonly Figure[]): string[] {
	const rows = documented();
	return figures.flatMap(({ name, measured }) => {
		const row = rows.get(name);
		if (row === undefined) return [`${name}: ${measured}, and docs/memory.md has no row for it`];
		if (measured > row.budget) return [`${name}: ${measured}, over its budget of ${row.budget}`];
		const drift = Math.abs(measured - row.measured);
		return drift > row.measured * tolerance + 16
			? [`${name}: ${measured}, and docs/memory.md says ${row.measured}`]
			: [];
	});
}
