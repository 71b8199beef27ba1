import Time from "time";
import Timer from "timer";
import { never } from "../../base/ticks.ts";
import type { Clock, Epoch, Ticks } from "../../ports/clock.ts";
import type { Guard } from "./crash.ts";

/** Longest delay that is given to a timer, in ms; the ticks must be read more often than they wrap. */
const longestDelay = 86_400_000;
const tickRange = 2 ** 32;
/** 2025-01-01T00:00:00Z: a real-time clock that shows less was never set. */
export const earliestEpoch = 1_735_689_600_000 as Epoch;

/** Time of the chip: its millisecond counter, its real-time clock, and one timer as the alarm. */
export class ModdableClock implements Clock {
	onAlarm: (now: Ticks) => void = () => {};
	readonly #origin = Time.ticks >>> 0;
	readonly #timer: Timer;
	readonly #timeTimer: Timer;
	#wraps = 0;
	#counter = this.#origin;
	#deadline: number = never;
	/** What the real-time clock shows at the next tick of `#timeTimer`, in s. */
	#seconds = 0;

	constructor(guard: Guard) {
		this.#timer = Timer.repeat(
			guard(() => this.#fire()),
			longestDelay,
		);
		this.#timeTimer = Timer.repeat(
			guard(() => this.#setTime()),
			longestDelay,
		);
		Timer.schedule(this.#timer);
		Timer.schedule(this.#timeTimer);
	}

	get ticks(): Ticks {
		const counter = Time.ticks >>> 0;
		if (counter < this.#counter) this.#wraps += 1;
		this.#counter = counter;
		return (this.#wraps * tickRange + counter - this.#origin) as Ticks;
	}

	get epoch(): Epoch | undefined {
		const epoch = Date.now();
		return epoch < earliestEpoch ? undefined : (epoch as Epoch);
	}

	/** Sets the real-time clock, which takes whole seconds: when the next one begins. */
	setEpoch(epoch: Epoch): void {
		this.#seconds = Math.floor(epoch / 1000) + 1;
		Timer.schedule(this.#timeTimer, this.#seconds * 1000 - epoch, longestDelay);
	}

	setAlarm(deadline: Ticks): void {
		this.#deadline = deadline;
		if (deadline === never) Timer.schedule(this.#timer);
		else {
			const delay = Math.min(Math.max(0, deadline - this.ticks), longestDelay);
			Timer.schedule(this.#timer, delay, longestDelay);
		}
	}

	#setTime(): void {
		Timer.schedule(this.#timeTimer);
		Time.set(this.#seconds);
	}

	#fire(): void {
		const now = this.ticks;
		if (now < this.#deadline) this.setAlarm(this.#deadline as Ticks);
		else {
			Timer.schedule(this.#timer);
			this.#deadline = never;
			this.onAlarm(now);
		}
	}
}
