import { assert } from "../base/assert.ts";
import { freezeDeep } from "../base/freeze.ts";
import { never } from "../base/ticks.ts";
import type { Ticks, Timed } from "../ports/clock.ts";

/**
 * Leaving in order, before a sleep or an end: everything that waits is reported, the status says
 * so, the session says goodbye. At the deadline it ends wherever it stands; the outbox keeps the
 * rest.
 *
 * ```
 * state      input                      next       action
 * staying    begin                      emptying   report what waits
 * emptying   step, nothing waits        leaving    last word, drain the link
 * leaving    step, link closed          gone
 * emptying, leaving  deadline           gone       close the link
 * ```
 */
export const DepartureState = Object.freeze({
	Staying: 0,
	Emptying: 1,
	Leaving: 2,
	Gone: 3,
} as const);

export type DepartureState = (typeof DepartureState)[keyof typeof DepartureState];

const { Staying, Emptying, Leaving, Gone } = DepartureState;

const transitions: Readonly<Record<DepartureState, readonly DepartureState[]>> = freezeDeep({
	[Staying]: [Emptying],
	[Emptying]: [Leaving, Gone],
	[Leaving]: [Gone],
	[Gone]: [],
});

/** What the departure is given by the station. */
export interface DepartureOptions {
	/** Whether everything is acknowledged. */
	isEmpty(): boolean;
	isLinkClosed(): boolean;
	/** The last word, then DISCONNECT once it is acknowledged. */
	sayGoodbye(deadline: Ticks, now: Ticks): void;
	/** Closes the link whatever is under way. */
	closeLink(now: Ticks): void;
}

export class Departure implements Timed {
	deadline = never as Ticks;
	readonly #options: DepartureOptions;
	#state: DepartureState = Staying;

	constructor(options: DepartureOptions) {
		this.#options = options;
	}

	get state(): DepartureState {
		return this.#state;
	}

	begin(deadline: Ticks, now: Ticks): void {
		if (this.#state !== Staying) return;
		this.#enter(Emptying);
		this.deadline = deadline;
		this.step(now);
	}

	/** Looks whether the next state is reached; called after every turn of the station. */
	step(now: Ticks): void {
		if (this.#state === Emptying && this.#options.isEmpty()) {
			this.#enter(Leaving);
			this.#options.sayGoodbye(this.deadline, now);
		}
		if (this.#state === Leaving && this.#options.isLinkClosed()) this.#end();
	}

	onDeadline(now: Ticks): void {
		this.#options.closeLink(now);
		this.#end();
	}

	#end(): void {
		this.#enter(Gone);
		this.deadline = never as Ticks;
	}

	#enter(next: DepartureState): void {
		assert(transitions[this.#state].includes(next), `departure ${this.#state} to ${next}`);
		this.#state = next;
	}
}
