import { assert } from "../base/assert.ts";
import { freezeDeep } from "../base/freeze.ts";
import { after, never } from "../base/ticks.ts";
import { Durations } from "../limits.ts";
import type { Ticks, Timed } from "../ports/clock.ts";
import type { RetainedNote } from "./retainednote.ts";

/**
 * The life of a station on a battery: it wakes for each observation, connects for each report, and sleeps in
 * between. Whatever waits in a machine is gone with the sleep; what has to outlive it is in flash, in
 * retained memory, or in the clock.
 *
 * ```
 * state      input                              next       action
 * idle       begin, cold                        reporting
 * idle       begin, woken                       sampling
 * sampling   round over, or deadline            reporting  close the window, connect
 *                                               | asleep   … when no report is due: sleep
 * reporting  said and heard, or deadline        leaving    drain
 * leaving    gone                               asleep     sleep
 * any        close                              idle
 * ```
 */
export const DutyState = Object.freeze({
	Idle: 0,
	Sampling: 1,
	Reporting: 2,
	Leaving: 3,
	Asleep: 4,
} as const);

export type DutyState = (typeof DutyState)[keyof typeof DutyState];

const { Idle, Sampling, Reporting, Leaving, Asleep } = DutyState;

const transitions: Readonly<Record<DutyState, readonly DutyState[]>> = freezeDeep({
	[Idle]: [Sampling, Reporting],
	[Sampling]: [Reporting, Asleep, Idle],
	[Reporting]: [Leaving, Idle],
	[Leaving]: [Asleep, Idle],
	[Asleep]: [Idle],
});

/** Attempts that failed count up to here: then a report is tried for every eight. */
const failuresMaximum = 3;

/** What the duty cycle is given by the station. */
export interface DutyCycleOptions {
	/** Sequence of the next observation at the last attempt to report, and attempts that have failed since. */
	readonly note: RetainedNote;
	/** Whether every sensor has said what it has to say in this round. */
	isSampled(): boolean;
	/** Closes the window; the rest of it is slept through. */
	observe(now: Ticks): void;
	/** Observations that a report waits for. */
	perReport(): number;
	nextSequence(): number;
	/** Sequence of the first observation that waits, `nextSequence` when none does. */
	oldest(): number;
	/** Switches the radio on and connects. */
	connect(now: Ticks): void;
	/** Whether there is a connection. */
	isUp(): boolean;
	/** Whether everything that was published is acknowledged. */
	isSaid(): boolean;
	/** Whether the time and what the shadow wants are known. */
	isHeard(now: Ticks): boolean;
	/** Whether this run must not end yet. */
	isHeld(): boolean;
	/** Reports what is left, and says goodbye. */
	leave(deadline: Ticks, now: Ticks): void;
	isGone(): boolean;
	/** When the next window ends. */
	nextObservation(): Ticks;
	/** Closes sensors and rooms, where `leave` has not, and sleeps. */
	sleep(milliseconds: number): void;
}

export class DutyCycle implements Timed {
	deadline = never as Ticks;
	readonly #options: DutyCycleOptions;
	#state: DutyState = Idle;
	#isQuiet = false;
	#nextObservation = never as Ticks;

	constructor(options: DutyCycleOptions) {
		this.#options = options;
	}

	get state(): DutyState {
		return this.#state;
	}

	/** @param isCold  the start is no wake-up: there is a time to ask for, and a birth to announce */
	begin(isCold: boolean, now: Ticks): void {
		this.#enter(isCold ? Reporting : Sampling);
		if (isCold) this.#noteAttempt();
		this.deadline = after(now, isCold ? Durations.reporting : Durations.sampling);
	}

	/** Somebody else ends this run. */
	close(): void {
		if (this.#state !== Idle) this.#enter(Idle);
		this.deadline = never as Ticks;
	}

	/** Looks whether the next state is reached; called after every turn of the station. */
	step(now: Ticks): void {
		const options = this.#options;
		if (this.#state === Sampling && options.isSampled()) this.#observe(now);
		if (this.#state === Reporting && options.isUp() && options.isSaid()) this.#listen(now);
		if (this.#state === Leaving && options.isGone()) this.#sleep(now);
	}

	onDeadline(now: Ticks): void {
		if (this.#state === Sampling) this.#observe(now);
		else this.#leave(now);
	}

	#observe(now: Ticks): void {
		this.deadline = never as Ticks;
		this.#options.observe(now);
		this.#nextObservation = this.#options.nextObservation();
		if (!this.#isReportDue) {
			this.#sleep(now);
			return;
		}
		this.#enter(Reporting);
		this.deadline = after(now, Durations.reporting);
		this.#noteAttempt();
		this.#options.connect(now);
	}

	/** A report goes when it is full, and rarer the longer nobody takes it: the radio costs most. */
	get #isReportDue(): boolean {
		const { note, nextSequence, oldest, perReport } = this.#options;
		const [attempted = oldest(), failures = 0] = note.read() ?? [];
		return nextSequence() - attempted >= perReport() * 2 ** Math.min(failures, failuresMaximum);
	}

	#noteAttempt(): void {
		const { note, nextSequence } = this.#options;
		const [, failures = 0] = note.read() ?? [];
		note.write(nextSequence(), failures + 1);
	}

	/** Everything is said; what is asked for may take a moment more. */
	#listen(now: Ticks): void {
		if (this.#options.isHeard(now)) {
			this.#leave(now);
		} else if (!this.#isQuiet) {
			this.#isQuiet = true;
			this.deadline = Math.min(this.deadline, after(now, Durations.listening)) as Ticks;
		}
	}

	#leave(now: Ticks): void {
		const { isHeld, isUp, nextObservation, leave } = this.#options;
		if (isHeld()) {
			this.deadline = after(now, Durations.reporting);
			return;
		}
		this.#enter(Leaving);
		this.deadline = never as Ticks;
		this.#nextObservation = nextObservation();
		leave(isUp() ? after(now, Durations.leaving) : now, now);
	}

	#sleep(now: Ticks): void {
		const { note, nextSequence, oldest, sleep } = this.#options;
		if (this.#state === Leaving && oldest() === nextSequence()) note.write(nextSequence(), 0);
		this.#enter(Asleep);
		sleep(Math.max(0, this.#nextObservation - Durations.wakeLead - now));
	}

	#enter(next: DutyState): void {
		assert(transitions[this.#state].includes(next), `duty cycle ${this.#state} to ${next}`);
		this.#state = next;
	}
}
