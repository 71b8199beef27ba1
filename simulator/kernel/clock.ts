/** What happens when a moment has come. */
export type Action = (now: number) => void;

const nowhere = -1;
const children = 4;

/**
 * Virtual time: a queue of moments at which something happens. Time stands still while an action
 * runs and jumps to the next moment when it has returned.
 *
 * Order: by moment, and among equal moments by the order in which they were set. That order, and
 * nothing else, makes a run repeatable.
 *
 * A heap with four children a node over typed arrays, in which every entry knows its place: setting,
 * moving and clearing an alarm all take log4(n) steps and leave no garbage.
 */
export class VirtualClock {
	#now: number;
	#insertions = 0;
	#count = 0;
	/** The heap: moment, order of insertion and slot, by place. */
	#moments = new Float64Array(64);
	#orders = new Float64Array(64);
	#slots = new Int32Array(64);
	/** By slot: place in the heap, or `nowhere`. */
	#places = new Int32Array(64).fill(nowhere);
	readonly #actions: (Action | undefined)[] = [];
	readonly #free: number[] = [];
	/** Slots that are given back as soon as their action has been taken out. */
	readonly #once: boolean[] = [];

	/** @param start  the first moment, in ms; of whatever epoch the caller counts from */
	constructor(start = 0) {
		this.#now = start;
	}

	/** The present moment, in ms. */
	get now(): number {
		return this.#now;
	}

	/** How many moments are waiting. */
	get pending(): number {
		return this.#count;
	}

	/** The next moment at which something happens; `Infinity` when nothing is waiting. */
	get next(): number {
		return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#moments[0]!;
	}

	/**
	 * Runs `action` once.
	 *
	 * @param moment  when, in ms; a moment in the past means now, after what is waiting for now
	 */
	schedule(moment: number, action: Action): void {
		this.#insert(this.#reserve(action, true), moment);
	}

	/**
	 * Reserves an alarm that can be set, moved and cleared any number of times without garbage.
	 *
	 * @returns the alarm, for the three calls below
	 */
	reserve(action: Action): number {
		return this.#reserve(action, false);
	}

	/**
	 * Sets or moves an alarm; it counts as set at this instant when moments are equal.
	 *
	 * @param moment  when, in ms; the past means now, `Infinity` turns the alarm off
	 */
	set(alarm: number, moment: number): void {
		this.clear(alarm);
		if (moment !== Number.POSITIVE_INFINITY) this.#insert(alarm, moment);
	}

	/** Turns an alarm off. */
	clear(alarm: number): void {
		const place = this.#places[alarm]!;
		if (place !== nowhere) this.#remove(place);
	}

	/** Gives an alarm back; it must not be used afterwards. */
	release(alarm: number): void {
		this.clear(alarm);
		this.#release(alarm);
	}

	/** Moves on to the next moment and runs its action. Returns false when nothing is waiting. */
	step(): boolean {
		if (this.#count === 0) return false;
		const slot = this.#slots[0]!;
		const moment = this.#moments[0]!;
		const action = this.#actions[slot]!;
		this.#remove(0);
		if (this.#once[slot]) this.#release(slot);
		this.#now = moment;
		action(moment);
		return true;
	}

	/**
	 * Runs everything that happens up to and including `moment`; then it is `moment`.
	 *
	 * @returns the number of actions that ran
	 */
	runUntil(moment: number): number {
		let count = 0;
		while (this.#count > 0 && this.#moments[0]! <= moment) {
			this.step();
			count += 1;
		}
		if (this.#now < moment) this.#now = moment;
		return count;
	}

	#reserve(action: Action, once: boolean): number {
		const slot = this.#free.pop() ?? this.#actions.length;
		this.#actions[slot] = action;
		this.#once[slot] = once;
		if (slot >= this.#places.length) this.#grow();
		this.#places[slot] = nowhere;
		return slot;
	}

	#release(slot: number): void {
		this.#actions[slot] = undefined;
		this.#free.push(slot);
	}

	#grow(): void {
		const length = this.#places.length * 2;
		this.#moments = enlarge(this.#moments, new Float64Array(length));
		this.#orders = enlarge(this.#orders, new Float64Array(length));
		this.#slots = enlarge(this.#slots, new Int32Array(length));
		this.#places = enlarge(this.#places, new Int32Array(length));
	}

	#insert(slot: number, moment: number): void {
		if (Number.isNaN(moment)) throw new RangeError("a moment that is not a number");
		this.#insertions += 1;
		this.#count += 1;
		this.#rise(this.#count - 1, Math.max(moment, this.#now), this.#insertions, slot);
	}

	/** Takes the entry at `place` out and fills the hole with the last one. */
	#remove(place: number): void {
		this.#places[this.#slots[place]!] = nowhere;
		this.#count -= 1;
		const last = this.#count;
		if (place === last) return;
		const moment = this.#moments[last]!;
		const order = this.#orders[last]!;
		const slot = this.#slots[last]!;
		const parent = (place - 1) >> 2;
		if (place > 0 && this.#isLater(parent, moment, order)) this.#rise(place, moment, order, slot);
		else this.#sink(place, moment, order, slot);
	}

	#isLater(place: number, moment: number, order: number): boolean {
		const other = this.#moments[place]!;
		return other > moment || (other === moment && this.#orders[place]! > order);
	}

	#rise(place: number, moment: number, order: number, slot: number): void {
		while (place > 0) {
			const parent = (place - 1) >> 2;
			if (!this.#isLater(parent, moment, order)) break;
			this.#move(parent, place);
			place = parent;
		}
		this.#put(place, moment, order, slot);
	}

	#sink(place: number, moment: number, order: number, slot: number): void {
		const count = this.#count;
		for (;;) {
			const first = place * children + 1;
			if (first >= count) break;
			const end = Math.min(first + children, count);
			let least = first;
			for (let child = first + 1; child < end; child++) {
				if (this.#isLater(least, this.#moments[child]!, this.#orders[child]!)) least = child;
			}
			if (this.#isLater(least, moment, order)) break;
			this.#move(least, place);
			place = least;
		}
		this.#put(place, moment, order, slot);
	}

	#move(from: number, to: number): void {
		this.#put(to, this.#moments[from]!, this.#orders[from]!, this.#slots[from]!);
	}

	#put(place: number, moment: number, order: number, slot: number): void {
		this.#moments[place] = moment;
		this.#orders[place] = order;
		this.#slots[place] = slot;
		this.#places[slot] = place;
	}
}

function enlarge<Words extends Float64Array | Int32Array>(from: Words, into: Words): Words {
	into.set(from);
	return into;
}
