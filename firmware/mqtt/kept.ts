import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";

const nobody = 255;

/** Payloads of control messages, kept until they are acknowledged, in a fixed number of slots. */
export class KeptPayloads {
	readonly bytes: Uint8Array;
	readonly #slotBytes: number;
	/** Record that owns the slot, or `nobody`. */
	readonly #owners = new Uint8Array(Limits.controlMessages).fill(nobody);
	readonly #lengths = new Uint16Array(Limits.controlMessages);

	/** @param slotBytes  largest payload, in bytes */
	constructor(slotBytes: number) {
		this.#slotBytes = slotBytes;
		this.bytes = new Uint8Array(Limits.controlMessages * slotBytes);
	}

	/** Bytes of the largest payload. */
	get limit(): number {
		return this.#slotBytes;
	}

	/**
	 * Copies the first `length` bytes of `payload` for the record `owner`.
	 *
	 * @returns Status.Ok, Status.TooLong over the size of a slot, Status.NoRoom without a free slot
	 */
	keep(owner: number, payload: Uint8Array, length: number): Status {
		if (length > this.#slotBytes) return Status.TooLong;
		const slot = this.#owners.indexOf(nobody);
		if (slot < 0) return Status.NoRoom;
		this.#owners[slot] = owner;
		this.#lengths[slot] = length;
		const start = slot * this.#slotBytes;
		for (let index = 0; index < length; index++) this.bytes[start + index] = payload[index]!;
		return Status.Ok;
	}

	/** Frees the slot of `owner`, if it has one. */
	release(owner: number): void {
		const slot = this.#owners.indexOf(owner);
		if (slot >= 0) this.#owners[slot] = nobody;
	}

	/**
	 * Copies the payload of `owner` into `into` from `start`.
	 *
	 * @returns its bytes, or -Status.NoRoom when `into` ends first
	 */
	copy(owner: number, into: Uint8Array, start: number): number {
		const from = this.start(owner);
		const length = this.length(owner);
		if (start + length > into.length) return -Status.NoRoom;
		for (let index = 0; index < length; index++) into[start + index] = this.bytes[from + index]!;
		return length;
	}

	/** First byte of the payload of `owner`, index into `bytes`. */
	start(owner: number): number {
		return this.#owners.indexOf(owner) * this.#slotBytes;
	}

	/** Bytes of the payload of `owner`. */
	length(owner: number): number {
		return this.#lengths[this.#owners.indexOf(owner)] ?? 0;
	}
}
