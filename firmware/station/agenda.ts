import { never } from "../base/ticks.ts";
import type { Ticks, Timed } from "../ports/clock.ts";

/** Rounds in which every machine may set itself a deadline that is already due. */
const roundsAtOnce = 4;

/**
 * The deadlines of all machines of a station, behind one alarm. How long the station may sleep is
 * `earliest`, a field and no calculation spread over the code.
 */
export class Agenda {
	readonly #machines: readonly Timed[];

	/** @param machines  served in this order when several are due */
	constructor(machines: readonly Timed[]) {
		this.#machines = machines;
	}

	/** The next moment at which a machine waits to be called; Infinity when none does. */
	get earliest(): Ticks {
		let earliest: number = never;
		for (let index = 0; index < this.#machines.length; index++) {
			earliest = Math.min(earliest, this.#machines[index]!.deadline);
		}
		return earliest as Ticks;
	}

	/**
	 * Calls every machine whose deadline has come. What becomes due by that is called too, for a
	 * bounded number of rounds; the rest waits for the alarm, so that a machine that always is due
	 * cannot hold the device.
	 */
	run(now: Ticks): void {
		for (let round = 0; round < roundsAtOnce; round++) {
			let ran = false;
			for (let index = 0; index < this.#machines.length; index++) {
				const machine = this.#machines[index]!;
				if (machine.deadline <= now) {
					machine.onDeadline(now);
					ran = true;
				}
			}
			if (!ran) return;
		}
	}
}
