import { never } from "../../firmware/base/ticks.ts";
import type { Clock, Epoch, Ticks } from "../../firmware/ports/clock.ts";
import type { VirtualClock } from "../kernel/clock.ts";

/**
 * Lets a piece of firmware run: everything that wakes a simulated processor goes through one of
 * these, so that a failed assertion is met in one place, as the abort hook of the chip does.
 */
export type Turn = (work: () => void) => void;

/** The clock of one simulated device, from power-on to power-off. */
export interface DeviceClock extends Clock {
	/** Turns everything off; the alarm never fires again. */
	stop(): void;
}

/** The longest delay that setTimeout takes [HTML §8.6: a signed 32-bit integer]. */
const longestDelay = 2_147_483_647;

/** Real time as ms of the epoch, but such that it never goes back. */
export function realNow(): number {
	return performance.timeOrigin + performance.now();
}

/** The clock of a simulated device that lives in real time. */
export class RealClock implements DeviceClock {
	onAlarm: (now: Ticks) => void = () => {};
	readonly #turn: Turn;
	readonly #now: () => number;
	readonly #boot: number;
	#deadline: number = never;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#isStopped = false;

	/** @param now  as `realNow`, or standing still during a turn */
	constructor(turn: Turn, now: () => number = realNow) {
		this.#turn = turn;
		this.#now = now;
		this.#boot = now();
	}

	get ticks(): Ticks {
		return (this.#now() - this.#boot) as Ticks;
	}

	get epoch(): Epoch {
		return Date.now() as Epoch;
	}

	setAlarm(deadline: Ticks): void {
		this.#deadline = deadline;
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#isStopped || deadline === never) return;
		const delay = Math.ceil(this.#boot + deadline - realNow());
		this.#timer = setTimeout(() => this.#fire(), Math.min(Math.max(0, delay), longestDelay));
	}

	stop(): void {
		this.#isStopped = true;
		clearTimeout(this.#timer);
	}

	#fire(): void {
		// Timers of the platform count whole milliseconds, and may come one early.
		if (this.ticks < this.#deadline) this.setAlarm(this.#deadline as Ticks);
		else {
			this.#deadline = never;
			this.#turn(() => this.onAlarm(this.ticks));
		}
	}
}

/**
 * The clock of a simulated device that lives in virtual time. Its real-time clock is the
 * simulation's own epoch.
 */
export class KernelClock implements DeviceClock {
	onAlarm: (now: Ticks) => void = () => {};
	readonly #kernel: VirtualClock;
	readonly #boot: number;
	readonly #alarm: number;
	#isStopped = false;

	/** @param kernel  whose time counts in ms of the simulation's epoch */
	constructor(kernel: VirtualClock, turn: Turn) {
		this.#kernel = kernel;
		this.#boot = kernel.now;
		const work = (): void => this.onAlarm(this.ticks);
		this.#alarm = kernel.reserve(() => turn(work));
	}

	get ticks(): Ticks {
		return (this.#kernel.now - this.#boot) as Ticks;
	}

	get epoch(): Epoch {
		return this.#kernel.now as Epoch;
	}

	setAlarm(deadline: Ticks): void {
		if (!this.#isStopped) this.#kernel.set(this.#alarm, this.#boot + deadline);
	}

	stop(): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		this.#kernel.release(this.#alarm);
	}
}
