import type { Timers } from "../../cloud/timers.ts";

/** A clock that goes when it is told to. */
export class ManualTimers implements Timers {
	#now: number;
	#alarms: { readonly at: number; readonly run: () => void }[] = [];

	constructor(now = Date.parse("2026-01-05T12:00:00Z")) {
		this.#now = now;
	}

	now(): number {
		return this.#now;
	}

	after(ms: number, run: () => void): () => void {
		const alarm = { at: this.#now + ms, run };
		this.#alarms.push(alarm);
		return () => {
			this.#alarms = this.#alarms.filter((one) => one !== alarm);
		};
	}

	/** Whether anybody waits for a moment. */
	get armed(): boolean {
		return this.#alarms.length > 0;
	}

	/** Lets time pass; alarms ring in their order. */
	pass(ms: number): void {
		const end = this.#now + ms;
		for (;;) {
			const [next] = [...this.#alarms].sort((a, b) => a.at - b.at);
			if (!next || next.at > end) break;
			this.#alarms = this.#alarms.filter((one) => one !== next);
			this.#now = Math.max(this.#now, next.at);
			next.run();
		}
		this.#now = end;
	}
}
