import { Status, statusName } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import { Durations } from "../limits.ts";
import type { Ticks, Timed } from "../ports/clock.ts";

/** What the last resort is given by the station. */
export interface LastResortOptions {
	/** Writes to flash what is not there yet. */
	save(): Status;
	restart(): void;
	log(line: string): void;
}

/**
 * Starts the device again when it has had no connection for longer than any outage that is usual:
 * what then hangs is in the network stack, where nothing of ours can reach it. Not before every
 * observation is in flash; a flash that takes nothing keeps the device running.
 */
export class LastResort implements Timed {
	deadline = never as Ticks;
	readonly #options: LastResortOptions;

	constructor(options: LastResortOptions) {
		this.#options = options;
	}

	/** There is no connection. Said again at each attempt that fails, the time runs from the first one. */
	disconnected(now: Ticks): void {
		if (this.deadline === never) this.deadline = after(now, Durations.lastResort);
	}

	/** There is one, or none is wanted. */
	close(): void {
		this.deadline = never as Ticks;
	}

	onDeadline(now: Ticks): void {
		const status = this.#options.save();
		if (status !== Status.Ok) {
			this.deadline = after(now, Durations.lastResortRetry);
			this.#options.log(`last resort: outbox not saved, ${statusName(status)}`);
			return;
		}
		this.close();
		this.#options.log("last resort: no connection for too long, restart");
		this.#options.restart();
	}
}
