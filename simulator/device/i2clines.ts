import type { DigitalPart, I2CPart } from "../parts/part.ts";

/** The levels of a line. */
const low = 0;
const high = 1;

/**
 * The two lines of an I2C bus and the supply of its parts, as a station that opens the pins for itself
 * sees them.
 *
 * A part that is cut off in the middle of a byte, by a reset of the station for example, goes on holding the
 * data line low until it has had its clocks (NXP UM10204 §3.1.16). Nobody on the bus can say anything then.
 */
export class I2CLines {
	readonly data: DigitalPart;
	readonly clock: DigitalPart;
	/** High for on. */
	readonly supply: DigitalPart;
	readonly #parts: I2CPart[] = [];
	/** Drivers that have the bus open. */
	users = 0;
	/** Whether a pin of the station switches the supply. */
	isSwitched = false;
	/** Clocks until the data line is free. */
	#heldClocks = 0;
	#clockLevel = high;
	#isSupplied = true;

	constructor() {
		this.data = {
			kind: "digital",
			level: () => (this.#heldClocks > 0 ? low : high),
			drive: () => {},
		};
		this.clock = {
			kind: "digital",
			level: () => this.#clockLevel,
			drive: (level) => this.#onClock(level),
		};
		this.supply = {
			kind: "digital",
			level: () => (this.#isSupplied ? high : low),
			drive: (level, now) => this.#onSupply(level !== low, now),
		};
	}

	/** Whether a transfer can take place. */
	get isUsable(): boolean {
		return this.#isSupplied && this.#heldClocks === 0;
	}

	add(part: I2CPart): void {
		this.#parts.push(part);
	}

	/**
	 * A part holds the data line low.
	 *
	 * @param clocks  1..9, how many the rest of its byte takes
	 */
	hold(clocks: number): void {
		this.#heldClocks = clocks;
	}

	/** The station no longer drives any pin: a switched supply goes off. */
	onRelease(now: number): void {
		if (this.isSwitched) this.#onSupply(false, now);
	}

	powerCycle(now: number): void {
		this.#heldClocks = 0;
		this.#clockLevel = high;
		for (const part of this.#parts) part.powerCycle(now);
	}

	#onClock(level: number): void {
		const isRising = this.#clockLevel === low && level !== low;
		this.#clockLevel = level;
		if (isRising && this.#heldClocks > 0) this.#heldClocks -= 1;
	}

	#onSupply(isOn: boolean, now: number): void {
		if (isOn && !this.#isSupplied) this.powerCycle(now);
		this.#isSupplied = isOn;
	}
}
