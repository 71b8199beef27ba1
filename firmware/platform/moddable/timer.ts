import Timer from "timer";
import type { Guard } from "../../station/crash.ts";

/** Longest delay, in ms: a day. */
const longestDelay = 86_400_000;

/** One timer that is made once and set as often as needed. */
export class SingleTimer {
	readonly #timer: Timer;

	constructor(guard: Guard, callback: () => void) {
		const fire = guard(() => {
			Timer.schedule(this.#timer);
			callback();
		});
		this.#timer = Timer.repeat(fire, longestDelay);
		Timer.schedule(this.#timer);
	}

	/** Calls back in `delay` ms, or after a day when that is shorter. Replaces what was set. */
	set(delay: number): void {
		// The SDK frees a timer that does not repeat, and takes whole milliseconds.
		const whole = Math.min(Math.max(1, Math.ceil(delay)), longestDelay);
		Timer.schedule(this.#timer, whole, whole);
	}

	clear(): void {
		Timer.schedule(this.#timer);
	}
}
