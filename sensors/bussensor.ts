import { assert, unreachable } from "../firmware/base/assert.ts";
import type { Ticks } from "../firmware/ports/clock.ts";
import type { Sample, Sensor } from "../firmware/ports/sensor.ts";
import { SensorFault } from "./fault.ts";

/**
 * Where a driver stands with its part.
 *
 * | state     | start                             | sample                                       |
 * |-----------|-----------------------------------|----------------------------------------------|
 * | Reset     | reset -> Booting                  | nothing                                      |
 * | Restarted | -> Booting                        | nothing                                      |
 * | Booting   | wait, set up, trigger -> Running  | nothing                                      |
 * | Idle      | trigger -> Running                | nothing                                      |
 * | Running   | wait; when over, trigger again,   | before its time nothing; collect -> Idle, or |
 * |           | or request when it goes on        | Running when it goes on; not ready -> Late   |
 * | Late      | request, wait a little            | as Running; at twice its time stuck -> Reset |
 *
 * Restarted is where a constructor leaves a part that it has reset. Whatever a part or the bus does
 * wrong leads to Reset: a part that lost its settings, was exchanged or hangs is set up from the
 * beginning.
 */
const State = Object.freeze({
	Reset: 0,
	Restarted: 1,
	Booting: 2,
	Idle: 3,
	Running: 4,
	Late: 5,
} as const);
type State = (typeof State)[keyof typeof State];

/** `allowed[from]` has the bit of every state that may follow. */
const allowed: readonly number[] = Object.freeze([
	(1 << State.Reset) | (1 << State.Restarted) | (1 << State.Booting),
	(1 << State.Reset) | (1 << State.Booting),
	(1 << State.Reset) | (1 << State.Running),
	(1 << State.Reset) | (1 << State.Running),
	(1 << State.Reset) | (1 << State.Idle) | (1 << State.Running) | (1 << State.Late),
	(1 << State.Reset) | (1 << State.Idle) | (1 << State.Running) | (1 << State.Late),
]);

/**
 * A driver of a part on a bus that is reset, set up, told to measure and read.
 *
 * A driver says how each of these is done; when it is done, and what follows from a failure, is here.
 */
export abstract class BusSensor implements Sensor {
	#state: State = State.Reset;
	/** When what the part is doing is over. */
	#readyAt = 0;
	/** When the measurement that is under way should be over, and how long it takes. */
	#dueAt = 0;
	#periodMs = 0;
	/** Steps of the set-up that are done. */
	#step = 0;

	/** Time from a reset to the moment when the part answers, in whole ms. */
	protected abstract readonly bootMs: number;
	/** Tells the part to reset itself. */
	protected abstract reset(): void;
	/**
	 * Does one step of what has to be done once after a reset.
	 *
	 * @param step  0, then 1 and so on
	 * @returns ms until the next step, or 0 when there is none
	 */
	protected abstract setUp(step: number): number;
	/** Starts a measurement. Returns the longest time it takes in whole ms, 1 or more. */
	protected abstract trigger(): number;
	/** Makes everything missing that this driver fills. */
	protected abstract clear(into: Sample): void;
	/**
	 * Fills in what was measured.
	 *
	 * @returns false when it is not ready
	 */
	protected abstract collect(into: Sample): boolean;
	/**
	 * Asks for a result that has to be asked for some time before it can be read. Called by `start`, once
	 * the result of a part that goes on, or one that is late, is due.
	 *
	 * @returns ms until it can be read, 0 for a part that is read without asking
	 */
	protected request(): number {
		return 0;
	}
	/** Ends what the part does on its own. */
	protected abstract sleep(): void;
	/** Gives the bus back. */
	protected abstract release(): void;
	/** For a part that goes on measuring on its own: ms from one result to the next; otherwise 0. */
	protected abstract readonly intervalMs: number;

	/** To be called by a constructor that has reset the part. */
	protected noteRestart(): void {
		this.#enter(State.Restarted);
	}

	/** To be called when the part has to be set up anew, with other settings. */
	protected restart(): void {
		// A part that is booting gets the settings when it is up.
		if (this.#state >= State.Idle) this.#enter(State.Reset);
	}

	start(now: Ticks): number {
		if (this.#state >= State.Booting && now < this.#readyAt) return this.#readyAt - now;
		try {
			return this.#advance(now);
		} catch (error) {
			this.#enter(State.Reset);
			throw error;
		}
	}

	/** @throws {SensorFault} "stuck" when a measurement does not end */
	sample(into: Sample, now: Ticks): Sample | undefined {
		into.missing = undefined;
		this.clear(into);
		if (this.#state < State.Running || now < this.#readyAt) return undefined;
		try {
			return this.#take(into, now) ? into : undefined;
		} catch (error) {
			this.#enter(State.Reset);
			throw error;
		}
	}

	close(): void {
		try {
			if (this.#state >= State.Running && this.intervalMs > 0) this.sleep();
		} finally {
			this.release();
		}
	}

	/** Does what comes next. Returns ms until there is something to do again. */
	#advance(now: Ticks): number {
		switch (this.#state) {
			case State.Reset:
				this.reset();
				return this.#wait(State.Booting, this.bootMs, now);
			case State.Restarted:
				return this.#wait(State.Booting, this.bootMs, now);
			case State.Booting: {
				const stepMs = this.setUp(this.#step);
				if (stepMs === 0) return this.#measure(now);
				this.#step += 1;
				return this.#rest(stepMs, now);
			}
			case State.Idle:
				return this.#measure(now);
			case State.Running:
				return this.intervalMs > 0 ? this.#rest(this.request(), now) : this.#measure(now);
			case State.Late:
				return this.#rest(Math.max(1, this.request()), now);
			default:
				return unreachable(this.#state);
		}
	}

	#measure(now: Ticks): number {
		return this.#run(this.trigger(), now);
	}

	#take(into: Sample, now: Ticks): boolean {
		if (this.collect(into)) {
			if (this.intervalMs > 0) this.#run(this.intervalMs, now);
			else this.#enter(State.Idle);
			return true;
		}
		if (now > this.#dueAt + this.#periodMs) {
			throw new SensorFault("stuck", "the measurement does not end");
		}
		this.#enter(State.Late);
		return false;
	}

	#run(periodMs: number, now: Ticks): number {
		this.#periodMs = periodMs;
		this.#dueAt = now + periodMs;
		return this.#wait(State.Running, periodMs, now);
	}

	#wait(next: State, waitMs: number, now: Ticks): number {
		this.#enter(next);
		return this.#rest(waitMs, now);
	}

	#rest(waitMs: number, now: Ticks): number {
		this.#readyAt = now + waitMs;
		return waitMs;
	}

	#enter(next: State): void {
		assert(((allowed[this.#state]! >> next) & 1) === 1, "a transition of the driver's table");
		this.#state = next;
		this.#step = 0;
	}
}
