import type { BufferPool } from "../../firmware/base/pool.ts";
import type { Status } from "../../firmware/base/status.ts";
import type { VirtualClock } from "../kernel/clock.ts";

/** What a pipe runs through. */
export interface Medium {
	readonly network: {
		readonly clock: VirtualClock;
		readonly rings: BufferPool;
		readonly smallRings: BufferPool;
	};
	readonly options: { readonly window: number; readonly segment: number };
	/** Milliseconds that the next segment takes. */
	transit(): number;
}

const nothing = new Uint8Array(0);

/**
 * One direction of a connection through memory: a ring whose contents arrive at the reader segment by
 * segment, in order, after the medium's transit time. An empty pipe has no ring, and one with a packet or
 * two in it a small one: stations report at the full minute, all of them at once.
 */
export class Pipe {
	readonly #medium: Medium;
	readonly #isBlocked: () => boolean;
	readonly #isReturnBlocked: () => boolean;
	readonly #window: number;
	#ring: Uint8Array = nothing;
	readonly #alarm: number;
	/** Index of the first byte that is not read; bytes from there that are taken, and that have arrived. */
	#first = 0;
	#taken = 0;
	#arrived = 0;
	/** Bytes that the writer has not heard to be read, and those of them whose word could not get back. */
	#held = 0;
	#unheard = 0;
	/** Lengths and arrival times of the segments under way. */
	readonly #lengths: number[] = [];
	readonly #arrivals: number[] = [];
	#wasFull = false;
	#end: { readonly status: Status | undefined } | undefined;
	#endsAt = 0;
	#isOver = false;
	#onRoom: (room: number) => void = () => {};
	#onArrived: (count: number) => void = () => {};
	#onEnd: (status: Status | undefined) => void = () => {};

	/**
	 * @param isBlocked        whether nothing gets through at this moment
	 * @param isReturnBlocked  whether nothing gets back
	 */
	constructor(medium: Medium, isBlocked: () => boolean, isReturnBlocked: () => boolean) {
		this.#medium = medium;
		this.#isBlocked = isBlocked;
		this.#isReturnBlocked = isReturnBlocked;
		this.#window = medium.options.window;
		this.#alarm = medium.network.clock.reserve((now) => this.#deliver(now));
	}

	/**
	 * Says who hears what: the writer of room after it was full, the reader of bytes and of the end.
	 * None is called from within `read` and `write`.
	 */
	open(
		onRoom: (room: number) => void,
		onArrived: (count: number) => void,
		onEnd: (status: Status | undefined) => void,
	): void {
		this.#onRoom = onRoom;
		this.#onArrived = onArrived;
		this.#onEnd = onEnd;
	}

	/** Takes as many bytes as fit; 0 when it is full, and then `onRoom` follows. */
	write(from: Uint8Array): number {
		if (this.#isOver || this.#end !== undefined) return 0;
		const count = Math.min(from.length, this.#window - this.#held);
		this.#reserve(this.#taken + count);
		const ring = this.#ring;
		let place = (this.#first + this.#taken) % ring.length;
		for (let at = 0; at < count; at++) {
			ring[place] = from[at]!;
			place = place + 1 === ring.length ? 0 : place + 1;
		}
		this.#taken += count;
		this.#held += count;
		if (count < from.length) this.#wasFull = true;
		const { segment } = this.#medium.options;
		for (let rest = count; rest > 0; rest -= segment) this.#send(Math.min(rest, segment));
		this.#arm();
		return count;
	}

	/** Fills `into` with what has arrived, as far as it goes. */
	read(into: Uint8Array): number {
		const count = Math.min(into.length, this.#arrived);
		this.#copy(into, count);
		if (count > 0) this.#first = (this.#first + count) % this.#ring.length;
		this.#taken -= count;
		this.#arrived -= count;
		if (this.#taken === 0) this.#giveRing();
		if (count > 0) {
			const { clock } = this.#medium.network;
			clock.schedule(clock.now + this.#medium.transit(), () => this.#acknowledge(count));
		}
		return count;
	}

	/** No more bytes follow; the reader hears of it after the last one. */
	end(status: Status | undefined): void {
		if (this.#isOver || this.#end !== undefined) return;
		this.#end = { status };
		this.#endsAt = this.#nextArrival();
		this.#arm();
	}

	/** As `end`, but what is under way is lost. */
	reset(status: Status | undefined): void {
		this.#lengths.length = 0;
		this.#arrivals.length = 0;
		this.end(status);
	}

	/** Nobody is there any more: nothing is called from now on. */
	abandon(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		this.#medium.network.clock.release(this.#alarm);
	}

	/** The medium has been opened or blocked. */
	kick(): void {
		this.#arm();
		const count = this.#unheard;
		this.#unheard = 0;
		this.#acknowledge(count);
	}

	#copy(into: Uint8Array, count: number): void {
		const ring = this.#ring;
		let place = this.#first;
		for (let at = 0; at < count; at++) {
			into[at] = ring[place]!;
			place = place + 1 === ring.length ? 0 : place + 1;
		}
	}

	/** Makes sure that so many bytes, of which `#taken` are there, have room. */
	#reserve(bytes: number): void {
		if (bytes <= this.#ring.length) return;
		const ring = this.#takeRing(bytes);
		this.#copy(ring, this.#taken);
		this.#giveRing();
		this.#ring = ring;
	}

	#takeRing(bytes: number): Uint8Array {
		const { rings, smallRings } = this.#medium.network;
		if (bytes <= smallRings.size) return smallRings.take();
		return this.#window <= rings.size ? rings.take() : new Uint8Array(this.#window);
	}

	#giveRing(): void {
		const { rings, smallRings } = this.#medium.network;
		for (const pool of [rings, smallRings]) {
			if (this.#ring.length === pool.size) pool.give(this.#ring);
		}
		this.#ring = nothing;
		this.#first = 0;
	}

	#send(length: number): void {
		this.#arrivals.push(this.#nextArrival());
		this.#lengths.push(length);
	}

	/** Segments never overtake each other. */
	#nextArrival(): number {
		const earliest = this.#medium.network.clock.now + this.#medium.transit();
		return Math.max(earliest, this.#arrivals[this.#arrivals.length - 1] ?? 0);
	}

	#arm(): void {
		if (this.#isOver) return;
		const { clock } = this.#medium.network;
		const next = this.#arrivals[0] ?? (this.#end === undefined ? Infinity : this.#endsAt);
		clock.set(this.#alarm, this.#isBlocked() ? Infinity : next);
	}

	#deliver(now: number): void {
		const before = this.#arrived;
		while (this.#arrivals.length > 0 && this.#arrivals[0]! <= now) {
			this.#arrivals.shift();
			this.#arrived += this.#lengths.shift()!;
		}
		const isAtEnd = this.#end !== undefined && this.#arrivals.length === 0 && this.#endsAt <= now;
		this.#arm();
		if (this.#arrived > before) this.#onArrived(this.#arrived);
		if (!isAtEnd || this.#isOver) return;
		this.abandon();
		this.#onEnd(this.#end!.status);
	}

	/** The word that so many bytes have been read reaches the writer. */
	#acknowledge(count: number): void {
		if (this.#isOver || this.#end !== undefined) return;
		if (this.#isReturnBlocked()) {
			this.#unheard += count;
			return;
		}
		this.#held -= count;
		if (!this.#wasFull || this.#held === this.#window) return;
		this.#wasFull = false;
		this.#onRoom(this.#window - this.#held);
	}
}
