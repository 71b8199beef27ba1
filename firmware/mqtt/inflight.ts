import { assert } from "../base/assert.ts";
import { freezeDeep } from "../base/freeze.ts";
import type { Pool } from "../base/pool.ts";
import { Status } from "../base/status.ts";
import { never } from "../base/ticks.ts";
import { Limits } from "../limits.ts";
import type { Ticks } from "../ports/clock.ts";
import type { PacketId, Qos } from "./packet.ts";

/**
 * What is under way from the station to the broker, in the order in which it was first sent:
 * PUBLISH packets of QoS 1 and 2, SUBSCRIBE and UNSUBSCRIBE. MQTT 3.1.1 §4.3, §4.4 and §4.6.
 *
 * ```
 * state             input                       next
 * Due               Publish1                    AwaitingPuback
 *                   Publish2                    AwaitingPubrec
 *                   Subscribe                   AwaitingSuback
 *                   Unsubscribe                 AwaitingUnsuback
 *                   Pubrec                      AwaitingPubcomp
 *                   Disconnect, Renew           Due
 *                   Abandon                     ReleaseDue
 * AwaitingPuback    Puback                      Free
 *                   Disconnect                  Due
 * AwaitingPubrec    Puback                      Free
 *                   Pubrec                      AwaitingPubcomp
 *                   Disconnect                  Due
 * ReleaseDue        Release, Pubrec             AwaitingPubcomp
 *                   Disconnect                  ReleaseDue
 *                   Renew                       Due
 * AwaitingPubcomp   Pubrec                      AwaitingPubcomp
 *                   Pubcomp                     Free
 *                   Disconnect                  ReleaseDue
 * AwaitingSuback    Suback, Disconnect          Free
 * AwaitingUnsuback  Unsuback, Disconnect        Free
 * ```
 * Nothing else is allowed. PUBACK for a QoS 2 PUBLISH is what a broker sends that turned it into
 * QoS 1; PUBREC for what is still due comes from a broker that takes up a session where it was.
 */
export const DeliveryState = Object.freeze({
	Free: 0,
	/** To be sent, for the first time or again. */
	Due: 1,
	AwaitingPuback: 2,
	AwaitingPubrec: 3,
	/** PUBREC has come; PUBREL is to be sent again. */
	ReleaseDue: 4,
	AwaitingPubcomp: 5,
	AwaitingSuback: 6,
	AwaitingUnsuback: 7,
} as const);

export type DeliveryState = (typeof DeliveryState)[keyof typeof DeliveryState];

export const DeliveryInput = Object.freeze({
	/** A PUBLISH of QoS 1 is on its way. */
	Publish1: 0,
	/** A PUBLISH of QoS 2 is on its way. */
	Publish2: 1,
	/** A PUBREL is on its way. */
	Release: 2,
	Subscribe: 3,
	Unsubscribe: 4,
	Puback: 5,
	Pubrec: 6,
	Pubcomp: 7,
	Suback: 8,
	Unsuback: 9,
	/** The connection is gone. */
	Disconnect: 10,
	/** The broker has no session any more: what was under way begins again as new. */
	Renew: 11,
	/** The payload is not to be had any more; only the packet identifier is left to free. */
	Abandon: 12,
} as const);

export type DeliveryInput = (typeof DeliveryInput)[keyof typeof DeliveryInput];

/** By state, then by input; -1 where the protocol does not allow the input. */
const transitions: readonly (readonly number[])[] = freezeDeep([
	Object.freeze([-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]),
	Object.freeze([2, 3, -1, 6, 7, -1, 5, -1, -1, -1, 1, 1, 4]),
	Object.freeze([-1, -1, -1, -1, -1, 0, -1, -1, -1, -1, 1, -1, -1]),
	Object.freeze([-1, -1, -1, -1, -1, 0, 5, -1, -1, -1, 1, -1, -1]),
	Object.freeze([-1, -1, 5, -1, -1, -1, 5, -1, -1, -1, 4, 1, -1]),
	Object.freeze([-1, -1, -1, -1, -1, -1, 5, 0, -1, -1, 4, -1, -1]),
	Object.freeze([-1, -1, -1, -1, -1, -1, -1, -1, 0, -1, 0, -1, -1]),
	Object.freeze([-1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, -1, -1]),
]);

/** What is delivered; each kind has room of its own, so that none can starve another. */
export const DeliveryKind = Object.freeze({
	/** A report: a run of observations, whose bytes the host can make again. */
	Run: 0,
	/** A message that is kept for redelivery. */
	Control: 1,
	/** SUBSCRIBE or UNSUBSCRIBE. */
	Request: 2,
} as const);

export type DeliveryKind = (typeof DeliveryKind)[keyof typeof DeliveryKind];

const room: readonly number[] = Object.freeze([
	Limits.inflight,
	Limits.controlMessages,
	Limits.requests,
]);

/** Records that a table has in use at most. */
export const deliveriesMaximum = Limits.inflight + Limits.controlMessages + Limits.requests;

/** What is known of one packet under way. */
export class Delivery {
	state: DeliveryState = DeliveryState.Free;
	kind: DeliveryKind = DeliveryKind.Run;
	/** 1 or 2; of a SUBSCRIBE what it asks for. */
	qos: Qos = 0;
	retain = false;
	/** Once it was sent in the session that the broker has: the next time it carries DUP. */
	dup = false;
	/** Times it was sent, up to 255. */
	sent = 0;
	packetId = 0;
	/** First sequence of a run; number of filters of a request; 0 of a control message. */
	first = 0;
	/** Last sequence of a run, otherwise 0. */
	last = 0;
	/** Grows from record to record: their order. */
	turn = 0;
	/** When our part of the exchange was last sent, in ticks; `never` while it is still due. */
	sentAt = never as Ticks;
	topicName = "";
}

const free: Readonly<Delivery> = Object.freeze(new Delivery());

/**
 * A fixed number of places for records, which are lent while they are in use. Records are for reading;
 * `reserve`, `restore`, `advance` and `release` change what belongs to states and order. A record is
 * known by the index of its place.
 */
export class InflightTable {
	readonly #pool: Pool<Delivery>;
	readonly #places: (Delivery | undefined)[] = [];
	/** The indices in use, oldest first. */
	readonly #order: number[] = [];
	/** Records in use, by kind. */
	readonly #counts = [0, 0, 0];
	#due = 0;
	#lastPacketId = 0;
	#lastTurn = 0;

	constructor(pool: Pool<Delivery>) {
		this.#pool = pool;
	}

	/** Records in use. */
	get length(): number {
		return this.#order.length;
	}

	/** Records that wait to be sent. */
	get due(): number {
		return this.#due;
	}

	/** The first of them in the order, or -1. */
	get oldestDue(): number {
		for (let place = 0; place < this.#order.length && this.#due > 0; place++) {
			const index = this.#order[place]!;
			if (isDue(this.delivery(index).state)) return index;
		}
		return -1;
	}

	/** Records of one kind in use. */
	count(kind: DeliveryKind): number {
		return this.#counts[kind]!;
	}

	/** Whether `reserve` has a record for this kind. */
	hasRoom(kind: DeliveryKind): boolean {
		return this.#counts[kind]! < room[kind]!;
	}

	/** The record at a place of the order, 0 being the oldest. */
	at(place: number): number {
		return this.#order[place]!;
	}

	/** The record of an index; one that is Free where none is in use. */
	delivery(index: number): Readonly<Delivery> {
		return this.#places[index] ?? free;
	}

	/** The record with this packet identifier, or -1. */
	find(packetId: number): number {
		for (let place = 0; place < this.#order.length; place++) {
			const index = this.#order[place]!;
			if (this.delivery(index).packetId === packetId) return index;
		}
		return -1;
	}

	/** Whether any record is in this state. */
	has(state: DeliveryState): boolean {
		for (let place = 0; place < this.#order.length; place++) {
			if (this.delivery(this.#order[place]!).state === state) return true;
		}
		return false;
	}

	/** When the oldest packet without its acknowledgement was sent, or `never`. */
	get oldestSent(): Ticks {
		let oldest = never;
		for (let place = 0; place < this.#order.length; place++) {
			oldest = Math.min(oldest, this.delivery(this.#order[place]!).sentAt);
		}
		return oldest as Ticks;
	}

	/** The last sequence of the newest run under way, 0 when there is none. */
	get lastSequence(): number {
		let last = 0;
		for (let place = 0; place < this.#order.length; place++) {
			const delivery = this.delivery(this.#order[place]!);
			if (delivery.kind === DeliveryKind.Run) last = Math.max(last, delivery.last);
		}
		return last;
	}

	/**
	 * Takes a record, last in order, with a packet identifier that nothing under way has
	 * [MQTT-2.3.1-2]. Its state is Due.
	 *
	 * @returns its index, or -Status.NoRoom when all records of this kind are under way
	 */
	reserve(
		kind: DeliveryKind,
		qos: Qos,
		topicName: string,
		retain: boolean,
		first: number,
		last: number,
	): number {
		if (!this.hasRoom(kind)) return -Status.NoRoom;
		let index = 0;
		while (this.#places[index] !== undefined) index += 1;
		const packetId = this.#nextPacketId();
		this.#fill(index, packetId, kind, qos, topicName, retain, first, last, this.#lastTurn + 1);
		return index;
	}

	/**
	 * Takes a QoS 2 delivery that was under way before a reboot, at its place in the order.
	 *
	 * @param turn      what it had before the reboot
	 * @param released  the broker has sent PUBREC: only the release is left
	 * @returns whether it was taken: not when the record, the packet identifier or all the room of
	 *   its kind is in use
	 */
	restore(
		index: number,
		packetId: number,
		kind: DeliveryKind,
		topicName: string,
		retain: boolean,
		first: number,
		last: number,
		turn: number,
		released: boolean,
	): boolean {
		const isFree = this.#places[index] === undefined && this.hasRoom(kind);
		if (!isFree || packetId === 0 || this.find(packetId) >= 0) return false;
		const delivery = this.#fill(index, packetId, kind, 2, topicName, retain, first, last, turn);
		delivery.dup = true;
		if (released) delivery.state = DeliveryState.ReleaseDue;
		return true;
	}

	/** The state that `input` leads to, or -1 when the protocol does not allow it. */
	next(index: number, input: DeliveryInput): number {
		return transitions[this.delivery(index).state]![input]!;
	}

	/**
	 * Moves a record on. An input that `next` does not allow is a programmer's error. A record that
	 * becomes Free leaves the order and the table.
	 */
	advance(index: number, input: DeliveryInput, now: Ticks): void {
		const next = this.next(index, input);
		assert(next >= 0, `delivery in state ${this.delivery(index).state} given input ${input}`);
		if (next === DeliveryState.Free) {
			this.release(index);
			return;
		}
		const delivery = this.#places[index]!;
		if (isDue(delivery.state)) this.#due -= 1;
		if (isDue(next)) this.#due += 1;
		delivery.state = next as DeliveryState;
		delivery.sentAt = isDue(next) ? (never as Ticks) : now;
		if (input === DeliveryInput.Renew) delivery.dup = false;
		if (input === DeliveryInput.Publish1 || input === DeliveryInput.Publish2) {
			delivery.dup = true;
			if (delivery.sent < 255) delivery.sent += 1;
		}
	}

	/** Gives every record the same input. */
	advanceAll(
		input: typeof DeliveryInput.Disconnect | typeof DeliveryInput.Renew,
		now: Ticks,
	): void {
		for (let place = this.#order.length - 1; place >= 0; place--) {
			this.advance(this.#order[place]!, input, now);
		}
	}

	/** Gives a record back, whatever its state. */
	release(index: number): void {
		const delivery = this.#places[index];
		assert(delivery !== undefined, "release of a free record");
		if (isDue(delivery.state)) this.#due -= 1;
		this.#counts[delivery.kind]! -= 1;
		this.#places[index] = undefined;
		const order = this.#order;
		order.copyWithin(order.indexOf(index), order.indexOf(index) + 1);
		order.pop();
		delivery.topicName = "";
		this.#pool.give(delivery);
	}

	/** Makes a record stand for nothing but its packet identifier. */
	forget(index: number): void {
		const delivery = this.#places[index]!;
		delivery.first = 0;
		delivery.last = 0;
	}

	/** The next PUBLISH goes out as a new one, of QoS 1: the broker does not do QoS 2. */
	downgrade(index: number): void {
		const delivery = this.#places[index]!;
		assert(delivery.state === DeliveryState.Due, "downgrade of a delivery under way");
		delivery.qos = 1;
		delivery.dup = false;
	}

	#fill(
		index: number,
		packetId: number,
		kind: DeliveryKind,
		qos: Qos,
		topicName: string,
		retain: boolean,
		first: number,
		last: number,
		turn: number,
	): Delivery {
		const delivery = this.#pool.take();
		delivery.state = DeliveryState.Due;
		delivery.kind = kind;
		delivery.qos = qos;
		delivery.retain = retain;
		delivery.dup = false;
		delivery.sent = 0;
		delivery.packetId = packetId;
		delivery.first = first;
		delivery.last = last;
		delivery.turn = turn;
		delivery.sentAt = never as Ticks;
		delivery.topicName = topicName;
		this.#places[index] = delivery;
		const order = this.#order;
		let place = order.length;
		while (place > 0 && this.delivery(order[place - 1]!).turn > turn) {
			order[place] = order[place - 1]!;
			place -= 1;
		}
		order[place] = index;
		this.#counts[kind]! += 1;
		this.#due += 1;
		this.#lastTurn = Math.max(this.#lastTurn, turn);
		return delivery;
	}

	/** Walks on from the last one given, so that an identifier rests as long as it can. */
	#nextPacketId(): PacketId {
		do {
			this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
		} while (this.find(this.#lastPacketId) >= 0);
		return this.#lastPacketId as PacketId;
	}
}

function isDue(state: number): boolean {
	return state === DeliveryState.Due || state === DeliveryState.ReleaseDue;
}
