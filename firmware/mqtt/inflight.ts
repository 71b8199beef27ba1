import { assert } from "../base/assert.ts";
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
const transitions: readonly (readonly number[])[] = Object.freeze([
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

const records = Limits.inflight + Limits.controlMessages + Limits.requests;

/**
 * A fixed number of records in columns. The columns are for reading; `reserve`, `restore`,
 * `advance` and `release` change what belongs to states and order. Allocates: nothing after
 * construction.
 */
export class InflightTable {
	static readonly records: number = records;

	readonly state = new Uint8Array(records);
	readonly kind = new Uint8Array(records);
	/** 1 or 2; of a SUBSCRIBE what it asks for. */
	readonly qos = new Uint8Array(records);
	readonly retain = new Uint8Array(records);
	/** 1 once it was sent in the session that the broker has: the next time it carries DUP. */
	readonly dup = new Uint8Array(records);
	/** Times it was sent, up to 255. */
	readonly sent = new Uint8Array(records);
	readonly packetId = new Uint16Array(records);
	/** First sequence of a run; number of filters of a request; 0 of a control message. */
	readonly first = new Uint32Array(records);
	/** Last sequence of a run, otherwise 0. */
	readonly last = new Uint32Array(records);
	/** Grows from record to record: their order. */
	readonly turn = new Uint32Array(records);
	/** When our part of the exchange was last sent, in ticks; `never` while it is still due. */
	readonly sentAt = new Float64Array(records).fill(never);
	readonly topicName: string[] = new Array<string>(records).fill("");
	/** The first `length` entries are the records in use, oldest first. */
	readonly #order = new Uint8Array(records);
	readonly #counts = new Uint8Array(room.length);
	#length = 0;
	#due = 0;
	#lastPacketId = 0;
	#lastTurn = 0;

	/** Records in use. */
	get length(): number {
		return this.#length;
	}

	/** Records that wait to be sent. */
	get due(): number {
		return this.#due;
	}

	/** The first of them in the order, or -1. */
	get oldestDue(): number {
		for (let place = 0; place < this.#length && this.#due > 0; place++) {
			const index = this.#order[place]!;
			if (isDue(this.state[index]!)) return index;
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

	/** The record with this packet identifier, or -1. */
	find(packetId: number): number {
		for (let place = 0; place < this.#length; place++) {
			const index = this.#order[place]!;
			if (this.packetId[index] === packetId) return index;
		}
		return -1;
	}

	/** Whether any record is in this state. */
	has(state: DeliveryState): boolean {
		return this.state.includes(state);
	}

	/** When the oldest packet without its acknowledgement was sent, or `never`. */
	get oldestSent(): Ticks {
		let oldest = never;
		for (let place = 0; place < this.#length; place++) {
			oldest = Math.min(oldest, this.sentAt[this.#order[place]!]!);
		}
		return oldest as Ticks;
	}

	/** The last sequence of the newest run under way, 0 when there is none. */
	get lastSequence(): number {
		let last = 0;
		for (let place = 0; place < this.#length; place++) {
			const index = this.#order[place]!;
			if (this.kind[index] === DeliveryKind.Run) last = Math.max(last, this.last[index]!);
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
		const index = this.state.indexOf(DeliveryState.Free);
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
		const free = this.state[index] === DeliveryState.Free && this.hasRoom(kind);
		if (!free || packetId === 0 || this.find(packetId) >= 0) return false;
		this.#fill(index, packetId, kind, 2, topicName, retain, first, last, turn);
		this.dup[index] = 1;
		if (released) this.state[index] = DeliveryState.ReleaseDue;
		return true;
	}

	/** The state that `input` leads to, or -1 when the protocol does not allow it. */
	next(index: number, input: DeliveryInput): number {
		return transitions[this.state[index]!]![input]!;
	}

	/**
	 * Moves a record on. An input that `next` does not allow is a programmer's error. A record that
	 * becomes Free leaves the order; its columns keep their values until it is taken again.
	 */
	advance(index: number, input: DeliveryInput, now: Ticks): void {
		const next = this.next(index, input);
		assert(next >= 0, `delivery in state ${this.state[index]} given input ${input}`);
		if (next === DeliveryState.Free) {
			this.release(index);
			return;
		}
		if (isDue(this.state[index]!)) this.#due -= 1;
		if (isDue(next)) this.#due += 1;
		this.state[index] = next;
		this.sentAt[index] = isDue(next) ? never : now;
		if (input === DeliveryInput.Renew) this.dup[index] = 0;
		if (input === DeliveryInput.Publish1 || input === DeliveryInput.Publish2) {
			this.dup[index] = 1;
			if (this.sent[index]! < 255) this.sent[index]! += 1;
		}
	}

	/** Gives every record the same input. */
	advanceAll(
		input: typeof DeliveryInput.Disconnect | typeof DeliveryInput.Renew,
		now: Ticks,
	): void {
		for (let place = this.#length - 1; place >= 0; place--) {
			this.advance(this.#order[place]!, input, now);
		}
	}

	/** Gives a record back, whatever its state. */
	release(index: number): void {
		assert(this.state[index] !== DeliveryState.Free, "release of a free record");
		if (isDue(this.state[index]!)) this.#due -= 1;
		this.state[index] = DeliveryState.Free;
		this.sentAt[index] = never;
		this.#counts[this.kind[index]!]! -= 1;
		this.topicName[index] = "";
		const place = this.#order.indexOf(index);
		this.#order.copyWithin(place, place + 1, this.#length);
		this.#length -= 1;
	}

	/** Makes a record stand for nothing but its packet identifier. */
	forget(index: number): void {
		this.first[index] = 0;
		this.last[index] = 0;
	}

	/** The next PUBLISH goes out as a new one, of QoS 1: the broker does not do QoS 2. */
	downgrade(index: number): void {
		assert(this.state[index] === DeliveryState.Due, "downgrade of a delivery under way");
		this.qos[index] = 1;
		this.dup[index] = 0;
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
	): void {
		this.state[index] = DeliveryState.Due;
		this.kind[index] = kind;
		this.qos[index] = qos;
		this.retain[index] = retain ? 1 : 0;
		this.dup[index] = 0;
		this.sent[index] = 0;
		this.packetId[index] = packetId;
		this.first[index] = first;
		this.last[index] = last;
		this.turn[index] = turn;
		this.topicName[index] = topicName;
		let place = this.#length;
		while (place > 0 && this.turn[this.#order[place - 1]!]! > turn) {
			this.#order[place] = this.#order[place - 1]!;
			place -= 1;
		}
		this.#order[place] = index;
		this.#length += 1;
		this.#counts[kind]! += 1;
		this.#due += 1;
		this.#lastTurn = Math.max(this.#lastTurn, turn);
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
