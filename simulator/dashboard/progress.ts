import { clockText, type Output } from "./view.ts";

export interface ProgressOptions {
	/** First moment of the virtual time, UTC ms. */
	readonly start: number;
	/** Virtual ms to go. */
	readonly duration: number;
	readonly stations: number;
	/** Real time in ms, monotonic. */
	now(): number;
}

const barWidth = 24;
/** Milliseconds between two pictures of the bar, and between two lines where there is none. */
const barMs = 100;
const lineMs = 10_000;
const clearLine = "\r\u001b[K";
const dayMs = 86_400_000;

/** How far a run in virtual time has come: a bar on a terminal, lines elsewhere. */
export class ProgressView {
	readonly #output: Output & { readonly isTTY?: boolean };
	readonly #options: ProgressOptions;
	readonly #begin: number;
	#shownAt: number;

	constructor(output: Output & { readonly isTTY?: boolean }, options: ProgressOptions) {
		this.#output = output;
		this.#options = options;
		this.#begin = options.now();
		this.#shownAt = this.#begin;
	}

	/** @param elapsed  virtual ms that have passed */
	show(elapsed: number): void {
		const now = this.#options.now();
		const isBar = this.#output.isTTY === true;
		if (now - this.#shownAt < (isBar ? barMs : lineMs)) return;
		this.#shownAt = now;
		const text = this.#text(elapsed, now - this.#begin);
		this.#output.write(isBar ? `${clearLine}${text}` : `${text}\n`);
	}

	/** Leaves the line to what follows. */
	close(): void {
		if (this.#output.isTTY === true) this.#output.write(clearLine);
	}

	#text(elapsed: number, real: number): string {
		const { start, duration, stations } = this.#options;
		const share = duration === 0 ? 1 : elapsed / duration;
		const full = Math.round(share * barWidth);
		const bar = "█".repeat(full) + "░".repeat(barWidth - full);
		const date = new Date(start + elapsed).toISOString().slice(0, 16).replace("T", " ");
		const rate = (stations * elapsed) / dayMs / (real / 1000);
		const left = share === 0 ? 0 : (real / share) * (1 - share);
		return `${date}  ${bar}  ${Math.floor(share * 100)} %  ${rate.toFixed(1)} device-days/s  ${clockText(left)} left`;
	}
}
