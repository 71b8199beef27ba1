/** Kept for the next pile; what is larger is given back. */
const keptBytes = 4 << 20;
const firstBytes = 16 * 1024;

/** Bytes that are put together piece by piece, in memory that is used again. */
export class Pile {
	#buffer = Buffer.allocUnsafeSlow(firstBytes);
	#length = 0;

	get length(): number {
		return this.#length;
	}

	/** All that was added; good until the next call of `add` or `clear`. */
	get bytes(): Uint8Array {
		return this.#buffer.subarray(0, this.#length);
	}

	/** Copies a piece, a text as UTF-8. */
	add(piece: string | Uint8Array): void {
		if (typeof piece === "string") {
			this.#reserve(Buffer.byteLength(piece));
			this.#length += this.#buffer.write(piece, this.#length);
		} else {
			this.#reserve(piece.length);
			this.#buffer.set(piece, this.#length);
			this.#length += piece.length;
		}
	}

	/** Forgets all, and has room for as much. */
	clear(): void {
		this.#length = 0;
		if (this.#buffer.length > keptBytes) this.#buffer = Buffer.allocUnsafeSlow(firstBytes);
	}

	#reserve(length: number): void {
		const needed = this.#length + length;
		if (needed <= this.#buffer.length) return;
		const larger = Buffer.allocUnsafeSlow(2 * needed);
		larger.set(this.bytes);
		this.#buffer = larger;
	}
}
