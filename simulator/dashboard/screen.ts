import type { StationDefinition } from "../../firmware/index.ts";
import type { SimulatedStation } from "../fleet/station.ts";
import { Table } from "./table.ts";
import { clockText, type Screen, statusText, type View } from "./view.ts";

const up = (lines: number): string => `\u001b[${lines}A\r`;
const clearToEnd = "\u001b[J";
const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";
const colours = Object.freeze({
	plain: "",
	bold: "\u001b[1m",
	dim: "\u001b[2m",
	green: "\u001b[32m",
	yellow: "\u001b[33m",
	red: "\u001b[31m",
	reset: "\u001b[0m",
});

/** Log lines kept under the table. */
const logLines = 5;
/** Milliseconds between two frames. */
const frameMs = 200;

export interface ScreenViewOptions {
	readonly definition: StationDefinition;
	readonly colour: boolean;
	/** Milliseconds of the run; until Ctrl-C when it is left out. */
	readonly duration?: number | undefined;
	/** Milliseconds, monotonic. */
	now(): number;
}

/** A live table that is written over in place: stations, sums, and the last lines of the log. */
export class ScreenView implements View {
	readonly #screen: Screen;
	readonly #options: ScreenViewOptions;
	readonly #table: Table;
	readonly #log: string[] = [];
	readonly #start: number;
	#shownAt = Number.NEGATIVE_INFINITY;
	#height = 0;

	constructor(screen: Screen, options: ScreenViewOptions) {
		this.#screen = screen;
		this.#options = options;
		this.#table = new Table(options.definition);
		this.#start = options.now();
		screen.write(hideCursor);
	}

	log(source: string, line: string): void {
		this.#log.push(`${this.#time()}  ${source}  ${line}`);
		if (this.#log.length > logLines) this.#log.shift();
	}

	show(stations: readonly SimulatedStation[]): void {
		const now = this.#options.now();
		if (now - this.#shownAt < frameMs) return;
		this.#shownAt = now;
		this.#draw(stations);
	}

	close(stations: readonly SimulatedStation[]): void {
		this.#draw(stations);
		this.#screen.write(showCursor);
	}

	#draw(stations: readonly SimulatedStation[]): void {
		const lines = this.#frame(stations);
		const { columns } = this.#screen;
		const frame = lines.map(([colour, text]) => this.#paint(colour, text.slice(0, columns - 1)));
		const home = this.#height === 0 ? "" : up(this.#height);
		this.#screen.write(`${home}${clearToEnd}${frame.join("\n")}\n`);
		this.#height = lines.length;
	}

	#frame(stations: readonly SimulatedStation[]): [colour: keyof typeof colours, text: string][] {
		const [heads, units] = this.#table.heads();
		// Heads, a blank line, sums, the log and the line on which the cursor ends.
		const room = Math.max(1, this.#screen.rows - 5 - logLines - 1);
		const visible = stations.length <= room ? stations : stations.slice(0, room - 1);
		const rest = stations.slice(visible.length);
		return [
			["bold", heads],
			["dim", units],
			...visible.map((station): [keyof typeof colours, string] => [
				colourOf(station),
				this.#table.row(station),
			]),
			...(rest.length === 0 ? [] : [["dim", `… and ${rest.length} more`] as ["dim", string]]),
			["plain", ""],
			["bold", `${this.#progress()}  ${statusText(stations)}`],
			...this.#log.map((line): ["dim", string] => ["dim", line]),
		];
	}

	#paint(colour: keyof typeof colours, text: string): string {
		const code = this.#options.colour ? colours[colour] : "";
		return code === "" ? text : `${code}${text}${colours.reset}`;
	}

	#progress(): string {
		const { duration } = this.#options;
		return `${this.#time()} ${duration === undefined ? "until Ctrl-C" : `of ${clockText(duration)}`}`;
	}

	#time(): string {
		return clockText(this.#options.now() - this.#start);
	}
}

function colourOf({ state }: SimulatedStation): keyof typeof colours {
	if (state === undefined) return "red";
	return state.link === "up" ? "plain" : "yellow";
}
