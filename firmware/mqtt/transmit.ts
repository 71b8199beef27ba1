import type { BufferPool } from "../base/pool.ts";
import { Status } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import { Durations } from "../limits.ts";
import type { Ticks } from "../ports/clock.ts";
import { answersBytes } from "./buffers.ts";

/** Where a session's bytes go: the link's socket, or whatever stands for it in a test. */
export interface Outlet {
	/**
	 * Takes the bytes from `start` up to `end`, or as many as fit. They are the caller's again when
	 * the call returns.
	 *
	 * @returns the count taken, 0 when it is full (`writable` of the session follows), or -Status
	 *   when the connection is gone
	 */
	write(bytes: Uint8Array, start: number, end: number): number;
}

/**
 * Packets that the outlet has not taken yet, in one buffer. Without such packets it has none.
 *
 * The last of the room is for answers, PINGREQ and DISCONNECT, so that no number of publishes can
 * starve them. It is as large as what is read from the socket at a time, and no answer is longer
 * than the packet that asks for it (PUBREL and PUBCOMP, four bytes each, are the closest): whoever
 * looks at `canAnswer` before it reads can answer everything it reads.
 *
 * To add a packet: `begin`, write it into `bytes` at that index and before `limit` or `urgentLimit`,
 * `commit`; then, whether it could be written or not, `flush`.
 */
export class TransmitBuffer {
	/** Before this index every packet may be written. */
	readonly limit: number;
	/** Whether packets may be added: from `open` to DISCONNECT or `close`. */
	isOpen = false;
	/** When the outlet last took something. */
	lastSent = 0 as Ticks;
	/** When a full outlet counts as dead; `never` while it takes what it is given. */
	stallDeadline = never as Ticks;
	readonly #pool: BufferPool;
	#bytes: Uint8Array | undefined;
	#outlet: Outlet | undefined;
	#start = 0;
	#end = 0;

	/** @param pool  see `SessionBuffers.transmit` */
	constructor(pool: BufferPool) {
		this.#pool = pool;
		this.limit = pool.size - answersBytes;
	}

	/** Where packets are written; it is another one after the next `flush`. */
	get bytes(): Uint8Array {
		this.#bytes ??= this.#pool.take();
		return this.#bytes;
	}

	/** Before this index answers, PINGREQ and DISCONNECT may be written. */
	get urgentLimit(): number {
		return this.#pool.size;
	}

	/** Bytes that wait for the outlet. */
	get pending(): number {
		return this.#end - this.#start;
	}

	/** Whether the answers to Limits.readBytes bytes have room. */
	get canAnswer(): boolean {
		return this.pending <= this.limit;
	}

	/** Begins a connection, with nothing to send. */
	open(outlet: Outlet, now: Ticks): void {
		this.isOpen = true;
		this.#outlet = outlet;
		this.#start = 0;
		this.#end = 0;
		this.lastSent = now;
		this.stallDeadline = never as Ticks;
	}

	/** Ends the connection; what was pending is gone. */
	close(): void {
		this.#giveBack();
		this.isOpen = false;
		this.#outlet = undefined;
		this.#start = 0;
		this.#end = 0;
		this.stallDeadline = never as Ticks;
	}

	/**
	 * Index where the next packet is to be written. Moves what is pending, so that all room is one
	 * piece.
	 */
	begin(): number {
		if (this.#start > 0) {
			this.bytes.copyWithin(0, this.#start, this.#end);
			this.#end -= this.#start;
			this.#start = 0;
		}
		return this.#end;
	}

	/** The packet at the index that `begin` gave is complete, and this long. */
	commit(length: number): void {
		this.#end += length;
	}

	/**
	 * Hands the outlet what it takes.
	 *
	 * @returns Status.Ok also when it took nothing, or why the connection is gone
	 */
	flush(now: Ticks): Status {
		let progress = false;
		while (this.#start < this.#end && this.#outlet !== undefined) {
			const taken = this.#outlet.write(this.#bytes!, this.#start, this.#end);
			if (taken < 0) return -taken as Status;
			if (taken === 0) break;
			this.#start += taken;
			progress = true;
		}
		if (progress) this.lastSent = now;
		if (this.pending === 0) {
			this.#giveBack();
			this.stallDeadline = never as Ticks;
		} else if (progress || this.stallDeadline === never) {
			this.stallDeadline = after(now, Durations.write);
		}
		return Status.Ok;
	}

	#giveBack(): void {
		if (this.#bytes === undefined) return;
		this.#pool.give(this.#bytes);
		this.#bytes = undefined;
		this.#start = 0;
		this.#end = 0;
	}
}
