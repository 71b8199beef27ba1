import type { SimulatedStation } from "../fleet/station.ts";
import { clockText, type Output, statusText, type View } from "./view.ts";

/** Milliseconds between two lines that say how things stand. */
const periodMs = 10_000;

/** Plain lines, for files, pipes and terminals that can do no more. */
export class LineView implements View {
	readonly #output: Output;
	readonly #now: () => number;
	readonly #start: number;
	#shownAt: number;

	/** @param now  ms, monotonic */
	constructor(output: Output, now: () => number) {
		this.#output = output;
		this.#now = now;
		this.#start = now();
		this.#shownAt = this.#start;
	}

	log(source: string, line: string): void {
		this.#output.write(`${this.#time()}  ${source}  ${line}\n`);
	}

	show(stations: readonly SimulatedStation[]): void {
		if (this.#now() - this.#shownAt < periodMs) return;
		this.#shownAt += periodMs;
		this.#status(stations);
	}

	close(stations: readonly SimulatedStation[]): void {
		this.#status(stations);
	}

	#status(stations: readonly SimulatedStation[]): void {
		this.#output.write(`${this.#time()}  ${statusText(stations)}\n`);
	}

	#time(): string {
		return clockText(this.#now() - this.#start);
	}
}
