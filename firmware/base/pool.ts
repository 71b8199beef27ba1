/**
 * Things of one kind that are lent for as long as they are needed, and given back.
 *
 * A chip reserves at the start as many as one station can need at once, so that none is missing in
 * its worst hour. Where thousands of stations share a process they share a pool, which holds as
 * many as were ever needed at once: hardly one of them has half a packet at the same moment.
 *
 * Whoever has a thing is the only one to use it; what is in it when it is lent is anything.
 */
export class Pool<Thing> {
	readonly #create: () => Thing;
	readonly #idle: Thing[] = [];
	#made = 0;

	/** @param reserved  how many are made at once */
	constructor(create: () => Thing, reserved: number) {
		this.#create = create;
		for (let count = 0; count < reserved; count++) this.#idle.push(this.#make());
	}

	/** How many there are, lent or not: as many as were ever needed at once, or reserved. */
	get made(): number {
		return this.#made;
	}

	/** How many somebody has. */
	get lent(): number {
		return this.#made - this.#idle.length;
	}

	/** Lends one. Allocates: nothing, as long as no more are lent than were reserved. */
	take(): Thing {
		return this.#idle.pop() ?? this.#make();
	}

	/** Takes one back that `take` has lent; it must not be used afterwards. */
	give(thing: Thing): void {
		this.#idle.push(thing);
	}

	#make(): Thing {
		this.#made += 1;
		return this.#create();
	}
}

/** A pool of buffers of one size. */
export class BufferPool extends Pool<Uint8Array> {
	/** Bytes of each buffer. */
	readonly size: number;

	constructor(size: number, reserved: number) {
		super(() => new Uint8Array(size), reserved);
		this.size = size;
	}
}
