import type { Observation, TimeQuality } from "../base/observation.ts";
import { Status, statusName } from "../base/status.ts";
import { never } from "../base/ticks.ts";
import type { Epoch, Ticks, Timed } from "../ports/clock.ts";

/** What the observer is given by the station. */
export interface ObserverOptions {
	/** UTC of a moment, or `undefined` while nobody knows it. */
	epochAt(now: Ticks): Epoch | undefined;
	/** The first moment at which `epochAt` gives `epoch` or more; asked only when it gives anything. */
	ticksAt(epoch: Epoch): Ticks;
	timeQuality(now: Ticks): TimeQuality;
	/** Fills values and reasons, and begins the next window. */
	closeWindow(into: Observation): void;
	/** Adds to an observation that has its window and its time what follows from them. */
	complete(observation: Observation, now: Ticks): void;
	nextSequence(): number;
	append(observation: Observation): Status;
	/** An observation is safe in the outbox. */
	onObservation(now: Ticks): void;
	log(line: string): void;
}

/**
 * Closes the window of samples at each observation deadline and puts the observation in the
 * outbox. Windows are half-open and begin at multiples of their period: in UTC once the clock is
 * set, before that in the time since boot. The first window after a boot or a change of period
 * holds what is left of it.
 */
export class Observer implements Timed {
	deadline = never as Ticks;
	/** Observations appended since boot. */
	made = 0;
	/** Observations that the outbox did not take; they are lost, and counted here. */
	unsaved = 0;
	readonly #options: ObserverOptions;
	readonly #observation: Observation;
	#period = 0;
	#nextPeriod = 0;

	/** @param observation  reused for every window; holds the last one closed */
	constructor(options: ObserverOptions, observation: Observation) {
		this.#options = options;
		this.#observation = observation;
	}

	/** Begins to observe, in windows of `period` ms. */
	open(period: number, now: Ticks): void {
		this.#period = period;
		this.#nextPeriod = period;
		this.deadline = this.#nextBoundary(now);
	}

	/** Sets the length of the windows, in ms, once the one that is open has closed. */
	setPeriod(period: number): void {
		this.#nextPeriod = period;
	}

	/**
	 * Closes the window that ends nearest, though that may be in a moment or a moment ago: nothing more is
	 * sampled for it. The next one is the one after it.
	 */
	closeEarly(now: Ticks): void {
		const boundary = this.deadline;
		const isBefore = boundary - now < this.#period / 2;
		this.deadline = now;
		this.onDeadline(now);
		if (isBefore) this.deadline = this.#nextBoundary(boundary);
	}

	close(): void {
		this.deadline = never as Ticks;
	}

	onDeadline(now: Ticks): void {
		const observation = this.#observation;
		const { epochAt, timeQuality, closeWindow, complete, nextSequence, append, log } =
			this.#options;
		// The boundary that the deadline stood for, in the scale in use; a late call does not move it.
		const time = (epochAt(now) ?? now) - (now - this.deadline);
		const end = Math.round(time / this.#period) * this.#period;
		closeWindow(observation);
		observation.sequence = nextSequence();
		observation.startSeconds = (end - this.#period) / 1000;
		observation.periodSeconds = this.#period / 1000;
		observation.timeQuality = timeQuality(now);
		complete(observation, now);
		const status = append(observation);
		this.#period = this.#nextPeriod;
		this.deadline = this.#nextBoundary(now);
		if (status === Status.Ok) {
			this.made += 1;
			this.#options.onObservation(now);
		} else {
			this.unsaved += 1;
			log(`outbox: observation ${observation.sequence} not taken, ${statusName(status)}`);
		}
	}

	/** The first boundary after `now`; at the boundary itself the next one. */
	#nextBoundary(now: Ticks): Ticks {
		const epoch = this.#options.epochAt(now);
		const time = epoch ?? now;
		const boundary = time - (time % this.#period) + this.#period;
		// A clock that is being held back reaches the boundary later than the ticks say.
		return epoch === undefined ? (boundary as Ticks) : this.#options.ticksAt(boundary as Epoch);
	}
}
