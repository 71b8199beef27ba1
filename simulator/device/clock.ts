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

	/**
	 * @param now   as `realNow`, or standing still during a turn
	 * @param boot  the moment from which ticks count; earlier than now after a sleep
	 */
	constructor(turn: Turn, now: () => number = realNow, boot = now()) {
		this.#turn = turn;
		this.#now = now;
		this.#boot = boot;
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
 * Ticks are whole milliseconds; moments of the simulation are doubles about 2^41 with 2^-12 between
 * two of them. A moment that has come must not be rounded into the tick before it.
 */
const rounding = 0.01;

/**
 * The oscillator of one simulated device and its real-time clock. It outlasts the restarts of the
 * device; what the real-time clock shows is gone after a power cut, as on a chip without a battery.
 */
export class Crystal {
	/** Ticks that pass in a millisecond of the world: 1 for a perfect one. */
	readonly rate: number;
	#epoch = Number.NaN;
	#setAt = 0;

	/** @param driftPpm  how much too fast it is, in parts per million */
	constructor(driftPpm = 0) {
		this.rate = 1 + driftPpm / 1e6;
	}

	/** What the real-time clock shows at a moment of the world; `undefined` while it was never set. */
	epochAt(moment: number): Epoch | undefined {
		if (Number.isNaN(this.#epoch)) return undefined;
		return Math.floor(this.#epoch + (moment - this.#setAt) * this.rate) as Epoch;
	}

	set(epoch: number, moment: number): void {
		this.#epoch = epoch;
		this.#setAt = moment;
	}

	/** The supply is gone. */
	losePower(): void {
		this.#epoch = Number.NaN;
	}
}

/**
 * The clock of a simulated device that lives in virtual time. Without a crystal its ticks are those of
 * the simulation, and its real-time clock is always right.
 */
export class KernelClock implements DeviceClock {
	onAlarm: (now: Ticks) => void = () => {};
	readonly #kernel: VirtualClock;
	readonly #crystal: Crystal | undefined;
	readonly #boot: number;
	readonly #rate: number;
	readonly #alarm: number;
	#isStopped = false;

	/**
	 * @param kernel  whose time counts in ms of the simulation's epoch
	 * @param boot    the moment from which ticks count; earlier than now after a sleep
	 */
	constructor(kernel: VirtualClock, turn: Turn, crystal?: Crystal, boot = kernel.now) {
		this.#kernel = kernel;
		this.#crystal = crystal;
		this.#boot = boot;
		this.#rate = crystal?.rate ?? 1;
		const work = (): void => this.onAlarm(this.ticks);
		this.#alarm = kernel.reserve(() => turn(work));
	}

	get ticks(): Ticks {
		const elapsed = this.#kernel.now - this.#boot;
		if (this.#crystal === undefined) return elapsed as Ticks;
		return Math.floor(elapsed * this.#rate + rounding) as Ticks;
	}

	get epoch(): Epoch | undefined {
		const { now } = this.#kernel;
		return this.#crystal === undefined ? (now as Epoch) : this.#crystal.epochAt(now);
	}

	set(epoch: Epoch): void {
		this.#crystal?.set(epoch, this.#kernel.now);
	}

	setAlarm(deadline: Ticks): void {
		if (!this.#isStopped) this.#kernel.set(this.#alarm, this.#boot + deadline / this.#rate);
	}

	stop(): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		this.#kernel.release(this.#alarm);
	}
}
