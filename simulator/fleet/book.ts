import { SequenceSet } from "../../cloud/sequences.ts";

/**
 * What is known of the observations of one station from outside: made, archived and given up, each
 * by sequence number.
 */
export class Book {
	/** Appended to the outbox, which said Ok. */
	readonly made = new SequenceSet();
	/** Written to the archive. */
	readonly archived = new SequenceSet();
	/** Given up by a full outbox, and not archived. */
	#shed: SequenceSet | undefined;
	/** In retained memory at most when that lost its power. */
	#exposed: SequenceSet | undefined;
	/** Those of them that are gone. */
	#taken: SequenceSet | undefined;
	/** Not said Ok to, since the power went or the flash failed; such a one may be stored all the same. */
	#attempted: SequenceSet | undefined;
	/** Everything below it that was made is archived or given up. */
	accounted = 0;

	/** How many were given up. */
	get shed(): number {
		return this.#shed?.size ?? 0;
	}

	/** How many a loss of power has taken, each from within the loss window. */
	get taken(): number {
		return this.#taken?.size ?? 0;
	}

	/** It is archived, which may come after it was given up: a report was under way. @returns false for a copy */
	archive(sequence: number): boolean {
		this.#shed?.remove(sequence);
		this.#taken?.remove(sequence);
		return this.archived.add(sequence);
	}

	/** The outbox was asked to store this one and has not said Ok. */
	attempt(sequence: number): void {
		this.#attempted ??= new SequenceSet();
		this.#attempted.add(sequence);
	}

	wasAttempted(sequence: number): boolean {
		return this.#attempted?.has(sequence) ?? false;
	}

	/** Retained memory has lost its power: up to the last `window` observations went with it. */
	expose(window: number): void {
		const { newest } = this;
		for (let sequence = Math.max(1, newest - window + 1); sequence <= newest; sequence++) {
			this.#exposed ??= new SequenceSet();
			this.#exposed.add(sequence);
		}
	}

	/** Marks what is open from `first` to `last` and was exposed as taken. */
	take(first: number, last: number): void {
		const exposed = this.#exposed;
		if (exposed === undefined) return;
		const gone: number[] = [];
		this.#forOpen(first, last, (sequence) => {
			if (exposed.has(sequence)) gone.push(sequence);
		});
		if (gone.length > 0) this.#taken ??= new SequenceSet();
		for (const sequence of gone) this.#taken!.add(sequence);
	}

	/** The newest observation made; 0 before the first. */
	get newest(): number {
		return this.made.intervals.at(-1)?.[1] ?? 0;
	}

	/** How many of the observations made from `first` to `last` are neither archived nor given up. */
	open(first: number, last: number): number {
		const made = this.made.count(first, last);
		if (made === 0 || this.archived.count(first, last) === last - first + 1) return 0;
		let open = 0;
		this.#forOpen(first, last, () => {
			open += 1;
		});
		return open;
	}

	/** The first of them, or `undefined`. */
	firstOpen(first: number, last: number): number | undefined {
		let found: number | undefined;
		this.#forOpen(first, last, (sequence) => {
			found ??= sequence;
		});
		return found;
	}

	/** Marks what is open from `first` to `last` as given up; returns how many. */
	giveUp(first: number, last: number): number {
		const open: number[] = [];
		this.#forOpen(first, last, (sequence) => open.push(sequence));
		if (open.length > 0) this.#shed ??= new SequenceSet();
		for (const sequence of open) this.#shed!.add(sequence);
		return open.length;
	}

	#forOpen(first: number, last: number, visit: (sequence: number) => void): void {
		for (const [from, to] of this.made.intervals) {
			for (let sequence = Math.max(first, from); sequence <= Math.min(last, to); sequence++) {
				if (this.archived.has(sequence) || this.#shed?.has(sequence)) continue;
				if (!this.#taken?.has(sequence)) visit(sequence);
			}
		}
	}
}
