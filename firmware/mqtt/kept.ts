import type { BufferPool } from "../base/pool.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";

const nobody = -1;
const nothing = new Uint8Array(0);

/**
 * Payloads of control messages, kept until they are acknowledged, in a fixed number of slots. A slot
 * has a buffer while it is in use.
 */
export class KeptPayloads {
	readonly #pool: BufferPool;
	readonly #slots: (Uint8Array | undefined)[] = [];
	/** Record that owns the slot, or `nobody`. */
	readonly #owners: number[] = [];
	readonly #lengths: number[] = [];

	/** @param pool  its buffers are as long as the largest payload */
	constructor(pool: BufferPool) {
		this.#pool = pool;
		for (let slot = 0; slot < Limits.controlMessages; slot++) this.#owners.push(nobody);
	}

	/** Bytes of the largest payload. */
	get limit(): number {
		return this.#pool.size;
	}

	/**
	 * Copies the first `length` bytes of `payload` for the record `owner`.
	 *
	 * @returns Status.Ok, Status.TooLong over the size of a slot, Status.NoRoom without a free slot
	 */
	keep(owner: number, payload: Uint8Array, length: number): Status {
		if (length > this.#pool.size) return Status.TooLong;
		const slot = this.#owners.indexOf(nobody);
		if (slot < 0) return Status.NoRoom;
		this.#owners[slot] = owner;
		this.#lengths[slot] = length;
		const bytes = this.#pool.take();
		for (let index = 0; index < length; index++) bytes[index] = payload[index]!;
		this.#slots[slot] = bytes;
		return Status.Ok;
	}

	/** Frees the slot of `owner`, if it has one. */
	release(owner: number): void {
		const slot = this.#owners.indexOf(owner);
		if (slot < 0) return;
		this.#owners[slot] = nobody;
		this.#pool.give(this.#slots[slot]!);
		this.#slots[slot] = undefined;
	}

	/**
	 * Copies the payload of `owner` into `into` from `start`.
	 *
	 * @returns its bytes, or -Status.NoRoom when `into` ends first
	 */
	copy(owner: number, into: Uint8Array, start: number): number {
		const from = this.bytes(owner);
		const length = this.length(owner);
		if (start + length > into.length) return -Status.NoRoom;
		for (let index = 0; index < length; index++) into[start + index] = from[index]!;
		return length;
	}

	/** The payload of `owner`, from the first byte on. */
	bytes(owner: number): Uint8Array {
		return this.#slots[this.#owners.indexOf(owner)] ?? nothing;
	}

	/** Bytes of the payload of `owner`. */
	length(owner: number): number {
		return this.#lengths[this.#owners.indexOf(owner)] ?? 0;
	}
}
