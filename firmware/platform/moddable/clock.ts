import Time from "time";
import { never } from "../../base/ticks.ts";
import type { Clock, Epoch, Ticks } from "../../ports/clock.ts";
import type { Guard } from "../../station/crash.ts";
import { builtAt } from "../../station/version.ts";
import { SingleTimer } from "./timer.ts";

const tickRange = 2 ** 32;

/**
 * Time of the chip: its millisecond counter, its real-time clock, and one timer as the alarm. The
 * alarm looks at the counter at least once a day, long before it wraps unseen.
 */
export class ModdableClock implements Clock {
	onAlarm: (now: Ticks) => void = () => {};
	readonly #origin: number;
	readonly #alarm: SingleTimer;
	readonly #timeSetting: SingleTimer;
	#wraps = 0;
	#counter = Time.ticks >>> 0;
	#deadline: number = never;
	/** What the real-time clock is set to when `#timeSetting` comes, in s. */
	#seconds = 0;
	/** Waits for that; `undefined` while nothing is to be set. */
	#onSet: (() => void) | undefined;

	/** @param start  the first ticks: 0, or those that go on after a sleep */
	constructor(guard: Guard, start = 0) {
		this.#origin = this.#counter - start;
		this.#alarm = new SingleTimer(guard, () => this.#fire());
		this.#timeSetting = new SingleTimer(guard, () => {
			const onSet = this.#onSet;
			this.#onSet = undefined;
			Time.set(this.#seconds);
			onSet?.();
		});
		this.#alarm.set(never);
	}

	get ticks(): Ticks {
		const counter = Time.ticks >>> 0;
		if (counter < this.#counter) this.#wraps += 1;
		this.#counter = counter;
		return (this.#wraps * tickRange + counter - this.#origin) as Ticks;
	}

	get epoch(): Epoch | undefined {
		const epoch = Date.now() as Epoch;
		// A real-time clock that was never set begins at 1970 with the power.
		return epoch < builtAt ? undefined : epoch;
	}

	/** The real-time clock takes whole seconds: it is set when the next one begins. */
	set(epoch: Epoch): void {
		this.#seconds = Math.floor(epoch / 1000) + 1;
		this.#timeSetting.set(this.#seconds * 1000 - epoch);
		this.#onSet = () => {};
	}

	/** Calls back once the real-time clock is right, within a second: at once when nothing is to be set. */
	whenSet(callback: () => void): void {
		if (this.#onSet === undefined) callback();
		else this.#onSet = callback;
	}

	setAlarm(deadline: Ticks): void {
		this.#deadline = deadline;
		this.#alarm.set(deadline - this.ticks);
	}

	#fire(): void {
		const now = this.ticks;
		if (now < this.#deadline) this.setAlarm(this.#deadline as Ticks);
		else {
			this.setAlarm(never as Ticks);
			this.onAlarm(now);
		}
	}
}
