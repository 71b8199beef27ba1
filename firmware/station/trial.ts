import { after, never } from "../base/ticks.ts";
import { Durations } from "../limits.ts";
import type { Ticks, Timed } from "../ports/clock.ts";
import type { ImageTrial } from "../ports/device.ts";

/** What an image has to show before it is kept. */
export type Proof = "connected" | "observed" | "acknowledged";

const proofs: readonly Proof[] = Object.freeze(["connected", "observed", "acknowledged"]);

/** What the trial is given by the station. */
export interface TrialOptions {
	/** `undefined` for an image that is kept already. */
	readonly image: ImageTrial | undefined;
	/** Writes to flash what is not there yet. */
	save(): void;
	log(line: string): void;
}

/**
 * The trial of an image that an update has brought: it is kept once it has connected, observed, and
 * had an observation acknowledged. One that has not within its time gives way to the image before
 * it, and so does one that resets, by the bootloader.
 */
export class Trial implements Timed {
	deadline = never as Ticks;
	readonly #options: TrialOptions;
	readonly #shown = new Set<Proof>();

	constructor(options: TrialOptions) {
		this.#options = options;
	}

	/** Whether the image is still to be kept or given up; a sleep would be the reset that rolls it back. */
	get isOpen(): boolean {
		return this.deadline !== never;
	}

	open(now: Ticks): void {
		if (this.#options.image !== undefined) this.deadline = after(now, Durations.trial);
	}

	/** The image has shown something. */
	prove(proof: Proof): void {
		if (this.deadline === never) return;
		this.#shown.add(proof);
		if (this.#shown.size < proofs.length) return;
		this.deadline = never as Ticks;
		this.#options.log("image: kept");
		this.#options.image!.confirm();
	}

	onDeadline(): void {
		this.deadline = never as Ticks;
		const missing = proofs.filter((proof) => !this.#shown.has(proof));
		this.#options.log(`image: given up, not ${missing.join(", not ")}`);
		this.#options.save();
		this.#options.image!.reject();
	}
}
