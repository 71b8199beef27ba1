/**
 * Buffers of one size that are lent for as long as something is in them, and given back.
 *
 * A chip reserves at the start as many as one station can need at once, so that none is missing in
 * its worst hour. Where thousands of stations share a process they share a pool, which holds as
 * many as were ever needed at once: hardly one of them has half a packet at the same moment.
 *
 * Whoever has a buffer is the only one to use it; what is in it when it is lent is anything.
 */
export class BufferPool {
	/** Bytes of each buffer. */
	readonly size: number;
	readonly #idle: Uint8Array[] = [];
	#made = 0;

	/** @param reserved  buffers that are made at once */
	constructor(size: number, reserved: number) {
		this.size = size;
		for (let count = 0; count < reserved; count++) this.#idle.push(this.#make());
	}

	/** Buffers that there are, lent or not: as many as were ever needed at once, or reserved. */
	get made(): number {
		return this.#made;
	}

	/** Buffers that somebody has. */
	get lent(): number {
		return this.#made - this.#idle.length;
	}

	/** Lends a buffer. Allocates: nothing, as long as no more are lent than were reserved. */
	take(): Uint8Array {
		return this.#idle.pop() ?? this.#make();
	}

	/** Takes a buffer back that `take` has lent; it must not be used afterwards. */
	give(buffer: Uint8Array): void {
		this.#idle.push(buffer);
	}

	#make(): Uint8Array {
		this.#made += 1;
		return new Uint8Array(this.size);
	}
}
