import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { Status } from "../base/status.ts";
import type { KeyValue } from "../ports/storage.ts";
import { DeliveryKind, DeliveryState, deliveriesMaximum, type InflightTable } from "./inflight.ts";
import type { KeptPayloads } from "./kept.ts";
import type { ReceivedIds } from "./received.ts";

/** First byte of every stored item. */
const version = 1;

/** What the stored item of a record says. */
const Stored = Object.freeze({
	Nothing: 0,
	Published: 1,
	Released: 2,
	/** It is of a delivery that has come to its end. */
	Retired: 3,
} as const);

type Stored = (typeof Stored)[keyof typeof Stored];

const receivedKey = "mqtt.received";
/** By index of the delivery. */
const deliveryKeys: readonly string[] = Object.freeze(
	new Array(deliveriesMaximum).fill(0).map((_, index) => `mqtt.out.${index}`),
);

/**
 * The QoS 2 state of a session in the key-value domain, so that "exactly once" holds over a reboot
 * as long as the broker keeps its session; MQTT 3.1.1 §4.1 and §4.3.3. One item for each delivery
 * from the station, one for all packet identifiers received. Without a domain it does nothing.
 *
 * This file is the one of this room that touches the key-value port, so its catches stand here.
 *
 * A delivery is stored before its PUBLISH goes out: were it not, a reboot would send the same
 * observations as another message. It is stored as released before its PUBREL goes out: were it
 * not, a reboot would publish again what the broker has already passed on and forgotten.
 */
export class DurableState {
	readonly #keyValue: KeyValue | undefined;
	readonly #table: InflightTable;
	readonly #kept: KeptPayloads;
	readonly #received: ReceivedIds;
	/** By index; nothing without a domain. */
	readonly #stored: Stored[] = [];
	/** Scratch for an item. */
	readonly #item: Uint8Array;
	readonly #writer: ByteWriter;
	readonly #reader: ByteReader;

	/** @param item  scratch of Limits.keyValueBytes, for the length of a call */
	constructor(
		keyValue: KeyValue | undefined,
		table: InflightTable,
		kept: KeptPayloads,
		received: ReceivedIds,
		item: Uint8Array,
	) {
		this.#keyValue = keyValue;
		this.#table = table;
		this.#kept = kept;
		this.#received = received;
		this.#item = item;
		this.#writer = new ByteWriter(item);
		this.#reader = new ByteReader(item);
		if (keyValue !== undefined) this.#stored = deliveryKeys.map(() => Stored.Nothing);
	}

	/**
	 * Fills the tables with what was under way before the reboot. What cannot be read is as nothing.
	 */
	restore(): void {
		if (this.#keyValue === undefined) return;
		this.#restoreReceived(this.#keyValue);
		for (let index = 0; index < deliveryKeys.length; index++) {
			this.#restoreDelivery(this.#keyValue, index);
		}
	}

	/**
	 * Stores a QoS 2 delivery in the state in which it is. Costs nothing when that is stored already.
	 *
	 * @returns Status.Ok, Status.TooLong over Limits.keyValueBytes, Status.StorageFailed
	 */
	saveDelivery(index: number): Status {
		if (this.#keyValue === undefined) return Status.Ok;
		const { state, kind, retain, packetId, first, last, turn, topicName } =
			this.#table.delivery(index);
		const published = state === DeliveryState.Due || state === DeliveryState.AwaitingPubrec;
		const stored = published ? Stored.Published : Stored.Released;
		if (this.#stored[index] === stored) return Status.Ok;
		const writer = this.#writer;
		writer.reset(this.#item);
		writer.uint8(version);
		writer.uint8(stored);
		writer.uint8(kind);
		writer.uint8(retain ? 1 : 0);
		writer.uint16(packetId);
		writer.uint32(first);
		writer.uint32(last);
		writer.uint32(turn);
		writer.uint16(0);
		const topicStart = writer.position;
		writer.utf8(topicName);
		const topicLength = writer.position - topicStart;
		if (kind === DeliveryKind.Control) {
			writer.bytes(this.#kept.bytes(index), 0, this.#kept.length(index));
		}
		if (writer.overflow) return Status.TooLong;
		this.#item[topicStart - 2] = topicLength >>> 8;
		this.#item[topicStart - 1] = topicLength;
		const status = this.#write(this.#keyValue, deliveryKeys[index]!, writer.position);
		if (status === Status.Ok) this.#stored[index] = stored;
		return status;
	}

	/** The delivery has come to its end: what is stored of it is out of date, and still there. */
	retire(index: number): void {
		if (this.#keyValue === undefined || this.#stored[index] === Stored.Nothing) return;
		this.#stored[index] = Stored.Retired;
	}

	/**
	 * Removes what is stored of a retired delivery, unless the record has been taken and stored
	 * again.
	 *
	 * @returns Status.Ok or Status.StorageFailed
	 */
	sweep(index: number): Status {
		if (this.#keyValue === undefined || this.#stored[index] !== Stored.Retired) return Status.Ok;
		try {
			this.#keyValue.delete(deliveryKeys[index]!);
		} catch {
			return Status.StorageFailed;
		}
		this.#stored[index] = Stored.Nothing;
		return Status.Ok;
	}

	/** Stores the packet identifiers received. */
	saveReceived(): Status {
		if (this.#keyValue === undefined) return Status.Ok;
		const writer = this.#writer;
		writer.reset(this.#item);
		writer.uint8(version);
		for (let index = 0; index < this.#received.count; index++) {
			writer.uint16(this.#received.ids[index]!);
		}
		return this.#write(this.#keyValue, receivedKey, writer.position);
	}

	#write(keyValue: KeyValue, key: string, length: number): Status {
		try {
			keyValue.write(key, this.#item.subarray(0, length));
			return Status.Ok;
		} catch {
			return Status.StorageFailed;
		}
	}

	/** Points the reader at a stored item of our version. */
	#read(keyValue: KeyValue, key: string): boolean {
		try {
			const item = keyValue.read(key);
			if (item === undefined) return false;
			this.#reader.reset(item);
			return this.#reader.uint8() === version;
		} catch {
			return false;
		}
	}

	#restoreReceived(keyValue: KeyValue): void {
		if (!this.#read(keyValue, receivedKey)) return;
		while (this.#reader.remaining >= 2 && !this.#received.full) {
			const packetId = this.#reader.uint16();
			if (!this.#received.has(packetId)) this.#received.add(packetId);
		}
	}

	#restoreDelivery(keyValue: KeyValue, index: number): void {
		if (!this.#read(keyValue, deliveryKeys[index]!)) return;
		const reader = this.#reader;
		const stored = reader.uint8();
		const kind = reader.uint8();
		const retain = reader.uint8() === 1;
		const packetId = reader.uint16();
		const first = reader.uint32();
		const last = reader.uint32();
		const turn = reader.uint32();
		const topicName = reader.utf8(reader.uint16());
		if (reader.underflow || topicName === undefined) return;
		if (kind !== DeliveryKind.Run && kind !== DeliveryKind.Control) return;
		const length = reader.remaining;
		if (length > this.#kept.limit) return;
		const released = stored === Stored.Released;
		const taken = this.#table.restore(
			index,
			packetId,
			kind,
			topicName,
			retain,
			first,
			last,
			turn,
			released,
		);
		if (!taken) return;
		this.#stored[index] = released ? Stored.Released : Stored.Published;
		if (kind === DeliveryKind.Control) {
			reader.bytes(this.#item, 0, length);
			// There is a slot for each control record that the table takes.
			void this.#kept.keep(index, this.#item, length);
		}
	}
}
