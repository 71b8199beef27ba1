import { Status } from "../base/status.ts";
import { after } from "../base/ticks.ts";
import { Durations, Limits } from "../limits.ts";
import type { Ticks } from "../ports/clock.ts";
import type { DurableState } from "./durable.ts";
import {
	encodeAck,
	encodePublish,
	encodePublishHeader,
	encodeSubscribe,
	encodeUnsubscribe,
} from "./encode.ts";
import type { SessionHost } from "./host.ts";
import { DeliveryInput, DeliveryKind, DeliveryState, type InflightTable } from "./inflight.ts";
import type { KeptPayloads } from "./kept.ts";
import { type Packet, PacketType, type Qos, subscribeFailure } from "./packet.ts";
import type { TransmitBuffer } from "./transmit.ts";

/** Bytes by which the remaining length of a PUBLISH can be longer than that of an empty one. */
const remainingLengthSlack = 3;

/**
 * Everything that goes from the station to the broker and wants an acknowledgement: deliveries of
 * QoS 1 and 2 and requests. The states are those of InflightTable; here they meet packets, storage
 * and the host.
 *
 * Nothing is sent twice in one connection. After a reconnect, and only then, what is due goes out
 * again in its first order [MQTT-4.4.0-1] [MQTT-4.6.0-1]. Until it has, a new message waits behind
 * it, and a new run, of which nothing is kept, is not taken.
 */
export class Deliveries {
	/** Largest QoS that is sent; 1 once the broker has shown that it does not do QoS 2. */
	maximumQos: Qos;
	/** Every SUBSCRIBE since the broker's session began was acknowledged, and there was one. */
	subscribed = false;
	readonly #table: InflightTable;
	readonly #kept: KeptPayloads;
	readonly #durable: DurableState;
	readonly #out: TransmitBuffer;
	readonly #host: SessionHost;
	/** Connections in a row that ended on an unanswered QoS 2 packet. */
	#qos2Refusals = 0;
	#toldSubscribe = false;

	constructor(
		maximumQos: Qos,
		table: InflightTable,
		kept: KeptPayloads,
		durable: DurableState,
		out: TransmitBuffer,
		host: SessionHost,
	) {
		this.maximumQos = maximumQos;
		this.#table = table;
		this.#kept = kept;
		this.#durable = durable;
		this.#out = out;
		this.#host = host;
		durable.restore();
		if (maximumQos < 2) this.#downgradeDue();
	}

	/** When an acknowledgement is overdue. */
	get deadline(): Ticks {
		return after(this.#table.oldestSent, Durations.acknowledgement);
	}

	/** Whether something of an earlier connection is still to be sent. */
	get isResuming(): boolean {
		return this.#table.due > 0;
	}

	/** Whether a run can be published now; its room in the buffer is seen then. */
	get canPublishRun(): boolean {
		return !this.isResuming && this.#table.hasRoom(DeliveryKind.Run);
	}

	/**
	 * Sends a message, and keeps it for redelivery when `qos` is not 0.
	 *
	 * @returns packet identifier, 0 at QoS 0, or -Status: NotReady while the outlet is full, NoRoom
	 *   while all records are under way, TooLong, StorageFailed
	 */
	publish(
		topicName: string,
		payload: Uint8Array,
		length: number,
		qos: Qos,
		retain: boolean,
		now: Ticks,
	): number {
		if (qos === 0) {
			const size = this.#encode(topicName, payload, length, 0, retain, 0, now);
			if (size < 0) return size;
			this.#out.commit(size);
			return 0;
		}
		if (length > this.#kept.limit) return -Status.TooLong;
		const isWaiting = this.isResuming;
		const index = this.#reserve(DeliveryKind.Control, qos, topicName, retain, 0, 0);
		if (index < 0) return index;
		// There is a slot for each control record that the table takes.
		void this.#kept.keep(index, payload, length);
		return isWaiting ? this.#defer(index) : this.#start(index, payload, length, now);
	}

	/**
	 * Sends a report; the host makes its bytes again for a redelivery. Returns as `publish` does, and
	 * NotReady also while earlier deliveries are to be sent again.
	 */
	publishRun(
		topicName: string,
		payload: Uint8Array,
		length: number,
		qos: 1 | 2,
		first: number,
		last: number,
		now: Ticks,
	): number {
		if (this.isResuming) return -Status.NotReady;
		const index = this.#reserve(DeliveryKind.Run, qos, topicName, false, first, last);
		return index < 0 ? index : this.#start(index, payload, length, now);
	}

	/** Sends SUBSCRIBE. Returns as `publish` does. */
	subscribe(filters: readonly string[], qos: Qos, now: Ticks): number {
		return this.#request(DeliveryInput.Subscribe, filters, qos, now);
	}

	/** Sends UNSUBSCRIBE. Returns as `publish` does. */
	unsubscribe(filters: readonly string[], now: Ticks): number {
		return this.#request(DeliveryInput.Unsubscribe, filters, 0, now);
	}

	/**
	 * Takes a PUBACK, PUBREC, PUBCOMP, SUBACK or UNSUBACK.
	 *
	 * @returns Status.Ok, or why the connection has to end
	 */
	receive(packet: Packet, now: Ticks): Status {
		const index = this.#table.find(packet.packetId);
		switch (packet.type) {
			case PacketType.Puback:
				return this.#onPuback(index, now);
			case PacketType.Pubrec:
				return this.#onPubrec(index, packet.packetId, now);
			case PacketType.Pubcomp:
				return this.#onPubcomp(index, now);
			case PacketType.Suback:
				return this.#onSuback(index, packet, now);
			default:
				return this.#onUnsuback(index, now);
		}
	}

	/** The connection is gone. What was under way is due again, requests are forgotten. */
	disconnect(status: Status, now: Ticks): void {
		let unanswered = false;
		for (let place = 0; place < this.#table.length; place++) {
			const index = this.#table.at(place);
			const { state, qos } = this.#table.delivery(index);
			if (state === DeliveryState.AwaitingSuback) this.subscribed = false;
			if (state !== DeliveryState.AwaitingSuback && state !== DeliveryState.AwaitingPubrec)
				continue;
			if (qos === 2) unanswered = true;
		}
		this.#table.advanceAll(DeliveryInput.Disconnect, now);
		if (unanswered && isPeersDoing(status)) this.#qos2Refusals += 1;
		if (this.#qos2Refusals >= Limits.qos2Refusals) this.#downgrade(now);
		if (this.maximumQos < 2) this.#downgradeDue();
	}

	/**
	 * The broker has lost its session, or was asked to: all that is under way begins again as new.
	 * What is stored as released must not be found so after a power cut: PUBREL would be answered,
	 * and the message would never have been there.
	 */
	renew(now: Ticks): void {
		this.subscribed = false;
		this.#table.advanceAll(DeliveryInput.Renew, now);
		for (let place = 0; place < this.#table.length; place++) {
			const index = this.#table.at(place);
			// As in #onPubrec.
			if (this.#table.delivery(index).qos === 2) void this.#durable.saveDelivery(index);
		}
	}

	/**
	 * Sends what is due, oldest first, as far as the outlet takes it.
	 *
	 * @returns Status.Ok, or why the connection has to end
	 */
	resume(now: Ticks): Status {
		// The host may close the session when it hears that something is given up.
		while (this.isResuming && this.#out.isOpen) {
			const status = this.#sendAgain(this.#table.oldestDue, now);
			if (status === Status.NotReady) return Status.Ok;
			if (status !== Status.Ok) return status;
		}
		return Status.Ok;
	}

	#reserve(
		kind: DeliveryKind,
		qos: Qos,
		topicName: string,
		retain: boolean,
		first: number,
		last: number,
	): number {
		const granted = qos > this.maximumQos ? this.maximumQos : qos;
		return this.#table.reserve(kind, granted, topicName, retain, first, last);
	}

	/** Sends the PUBLISH of a record for the first time, or gives the record back. */
	#start(index: number, payload: Uint8Array, length: number, now: Ticks): number {
		const { packetId, qos, retain, topicName } = this.#table.delivery(index);
		const size = this.#encode(topicName, payload, length, qos, retain, packetId, now);
		const stored = size >= 0 && qos === 2 ? this.#durable.saveDelivery(index) : Status.Ok;
		if (size < 0 || stored !== Status.Ok) {
			this.#release(index);
			return size < 0 ? size : -stored;
		}
		this.#out.commit(size);
		this.#table.advance(index, qos === 2 ? DeliveryInput.Publish2 : DeliveryInput.Publish1, now);
		return packetId;
	}

	/** Leaves the PUBLISH of a record to `resume`, or gives the record back. */
	#defer(index: number): number {
		const { qos, packetId } = this.#table.delivery(index);
		const stored = qos === 2 ? this.#durable.saveDelivery(index) : Status.Ok;
		if (stored === Status.Ok) return packetId;
		this.#release(index);
		return -stored;
	}

	/** Writes a PUBLISH where the next packet goes; makes room once if there is none. */
	#encode(
		topicName: string,
		payload: Uint8Array,
		length: number,
		qos: Qos,
		retain: boolean,
		packetId: number,
		now: Ticks,
	): number {
		let size = this.#encodeOnce(topicName, payload, length, qos, retain, packetId);
		if (size === -Status.NoRoom && this.#makeRoom(now)) {
			size = this.#encodeOnce(topicName, payload, length, qos, retain, packetId);
		}
		return this.#refusal(size);
	}

	#encodeOnce(
		topicName: string,
		payload: Uint8Array,
		length: number,
		qos: Qos,
		retain: boolean,
		packetId: number,
	): number {
		const out = this.#out;
		return encodePublish(
			topicName,
			payload,
			length,
			qos,
			retain,
			false,
			packetId,
			out.bytes,
			out.begin(),
			out.limit,
		);
	}

	#request(
		input: typeof DeliveryInput.Subscribe | typeof DeliveryInput.Unsubscribe,
		filters: readonly string[],
		qos: Qos,
		now: Ticks,
	): number {
		const index = this.#reserve(DeliveryKind.Request, qos, "", false, filters.length, 0);
		if (index < 0) return index;
		const packetId = this.#table.delivery(index).packetId;
		let size = this.#encodeRequest(input, filters, index);
		if (size === -Status.NoRoom && this.#makeRoom(now)) {
			size = this.#encodeRequest(input, filters, index);
		}
		if (size < 0) {
			this.#table.release(index);
			return this.#refusal(size);
		}
		this.#out.commit(size);
		this.#table.advance(index, input, now);
		return packetId;
	}

	#encodeRequest(input: number, filters: readonly string[], index: number): number {
		const out = this.#out;
		const { packetId, qos } = this.#table.delivery(index);
		return input === DeliveryInput.Subscribe
			? encodeSubscribe(filters, qos, packetId, out.bytes, out.begin(), out.limit)
			: encodeUnsubscribe(filters, packetId, out.bytes, out.begin(), out.limit);
	}

	/** Whether the outlet has taken something, so that a second try is worth it. */
	#makeRoom(now: Ticks): boolean {
		const before = this.#out.pending;
		// A dead outlet says so again when the session flushes.
		void this.#out.flush(now);
		return this.#out.pending < before;
	}

	/** What NoRoom of an encoder means to the caller. */
	#refusal(size: number): number {
		if (size !== -Status.NoRoom) return size;
		return this.#out.pending === 0 ? -Status.TooLong : -Status.NotReady;
	}

	/** One record of an earlier connection; Status.NotReady when the outlet is full. */
	#sendAgain(index: number, now: Ticks): Status {
		const table = this.#table;
		const { state, kind, sent, qos } = table.delivery(index);
		if (state === DeliveryState.ReleaseDue) return this.#sendRelease(index, now);
		if (kind === DeliveryKind.Control && sent >= Limits.controlDeliveries)
			return this.#giveUp(index, now);
		const size = this.#encodeAgain(index);
		if (size === -Status.NotFound) return this.#giveUp(index, now);
		if (size === -Status.NoRoom) {
			if (this.#makeRoom(now)) return this.#sendAgain(index, now);
			return this.#out.pending === 0 ? this.#giveUp(index, now) : Status.NotReady;
		}
		if (size < 0) return -size as Status;
		this.#out.commit(size);
		const input = qos === 2 ? DeliveryInput.Publish2 : DeliveryInput.Publish1;
		table.advance(index, input, now);
		return Status.Ok;
	}

	/**
	 * Writes the PUBLISH of a record again. How long its payload is shows only when it is there, and
	 * the header before it depends on that: the payload is written behind the longest header and
	 * moved.
	 */
	#encodeAgain(index: number): number {
		const { bytes, limit } = this.#out;
		const start = this.#out.begin();
		const { kind, qos, retain, dup, packetId, first, last, topicName } =
			this.#table.delivery(index);
		const shortest = encodePublishHeader(
			topicName,
			0,
			qos,
			retain,
			dup,
			packetId,
			bytes,
			start,
			limit,
		);
		if (shortest < 0) return shortest;
		const payloadStart = start + shortest + remainingLengthSlack;
		const length =
			kind === DeliveryKind.Control
				? this.#kept.copy(index, bytes, payloadStart)
				: this.#host.onRedeliver(first, last, bytes, payloadStart);
		if (length < 0) return length;
		const header = encodePublishHeader(
			topicName,
			length,
			qos,
			retain,
			dup,
			packetId,
			bytes,
			start,
			limit,
		);
		if (header < 0) return header;
		bytes.copyWithin(start + header, payloadStart, payloadStart + length);
		return header + length;
	}

	/** PUBREL, where it cannot be an answer: it waits for room as a PUBLISH does. */
	#sendRelease(index: number, now: Ticks): Status {
		const out = this.#out;
		const packetId = this.#table.delivery(index).packetId;
		const size = encodeAck(PacketType.Pubrel, packetId, out.bytes, out.begin(), out.limit);
		if (size < 0) return Status.NotReady;
		out.commit(size);
		this.#table.advance(index, DeliveryInput.Release, now);
		return Status.Ok;
	}

	/**
	 * Ends a delivery without a payload. Of a QoS 2 PUBLISH that was sent before, the broker may
	 * still hold the packet identifier, and would take another message with it for a copy: PUBREL
	 * frees it.
	 */
	#giveUp(index: number, now: Ticks): Status {
		const table = this.#table;
		const { packetId, first, last, qos, dup } = table.delivery(index);
		let status: Status = Status.Ok;
		if (qos === 2 && dup) {
			table.forget(index);
			table.advance(index, DeliveryInput.Abandon, now);
			// Stored as published it would be looked for again after a reboot, and given up again.
			void this.#durable.saveDelivery(index);
			status = this.#sendRelease(index, now);
		} else {
			this.#release(index);
		}
		this.#host.onGivenUp?.(packetId, first, last, now);
		return status;
	}

	/** Gives a record back with all that hangs on it. */
	#release(index: number): void {
		this.#durable.retire(index);
		this.#kept.release(index);
		this.#table.release(index);
		// A stored item that cannot be removed is released again after a reboot, which harms nobody.
		void this.#durable.sweep(index);
	}

	/**
	 * Ends a delivery that the broker owns. The record is free before the host hears of it, since it
	 * may publish at once; what is stored goes only after, since the power may fail in between.
	 */
	#finish(index: number, now: Ticks): Status {
		const { packetId, first, last } = this.#table.delivery(index);
		this.#durable.retire(index);
		this.#kept.release(index);
		this.#table.release(index);
		this.#host.onAcknowledged(packetId, first, last, now);
		// As in #release.
		void this.#durable.sweep(index);
		return Status.Ok;
	}

	/** An acknowledgement without a record is a second copy of one that has been here: no harm. */
	#onPuback(index: number, now: Ticks): Status {
		if (index < 0) return Status.Ok;
		if (this.#table.next(index, DeliveryInput.Puback) < 0) return Status.ProtocolError;
		if (this.#table.delivery(index).qos === 2) this.#downgrade(now);
		return this.#finish(index, now);
	}

	/** PUBREL goes out also for an unknown identifier, or the broker would keep it for ever. */
	#onPubrec(index: number, packetId: number, now: Ticks): Status {
		this.#qos2Refusals = 0;
		if (index >= 0) {
			const isAllowed = this.#table.delivery(index).qos === 2;
			if (!isAllowed || this.#table.next(index, DeliveryInput.Pubrec) < 0) {
				return Status.ProtocolError;
			}
			this.#table.advance(index, DeliveryInput.Pubrec, now);
			// Unsaved, it is published again only if the power fails too; waiting would not help either.
			void this.#durable.saveDelivery(index);
		}
		return this.answer(PacketType.Pubrel, packetId);
	}

	#onPubcomp(index: number, now: Ticks): Status {
		if (index < 0) return Status.Ok;
		if (this.#table.next(index, DeliveryInput.Pubcomp) < 0) return Status.ProtocolError;
		return this.#finish(index, now);
	}

	#onSuback(index: number, packet: Packet, now: Ticks): Status {
		if (index < 0) return Status.Ok;
		const table = this.#table;
		const count = packet.payloadEnd - packet.payloadStart;
		const isAllowed = count === table.delivery(index).first;
		if (!isAllowed || table.next(index, DeliveryInput.Suback) < 0) return Status.ProtocolError;
		const asked = table.delivery(index).qos;
		const granted: number[] = [];
		let worst: number = asked;
		for (let at = packet.payloadStart; at < packet.payloadEnd; at++) {
			const code = packet.bytes[at]!;
			granted.push(code);
			if (code === subscribeFailure) worst = code;
			else if (code < asked && worst !== subscribeFailure) worst = Math.min(worst, code);
		}
		table.advance(index, DeliveryInput.Suback, now);
		this.subscribed = !table.has(DeliveryState.AwaitingSuback);
		if (worst !== asked && !this.#toldSubscribe) {
			this.#toldSubscribe = true;
			this.#host.onDowngrade?.("subscribe", asked, worst, now);
		}
		this.#host.onSubscribed(packet.packetId, granted, now);
		return Status.Ok;
	}

	#onUnsuback(index: number, now: Ticks): Status {
		if (index < 0) return Status.Ok;
		if (this.#table.next(index, DeliveryInput.Unsuback) < 0) return Status.ProtocolError;
		this.#table.advance(index, DeliveryInput.Unsuback, now);
		return Status.Ok;
	}

	/**
	 * Adds an answer, for which TransmitBuffer keeps room.
	 *
	 * @returns Status.Ok, or Status.WriteStalled when more answers are owed than the room is for
	 */
	answer(
		type:
			| typeof PacketType.Puback
			| typeof PacketType.Pubrec
			| typeof PacketType.Pubrel
			| typeof PacketType.Pubcomp,
		packetId: number,
	): Status {
		const out = this.#out;
		const size = encodeAck(type, packetId, out.bytes, out.begin(), out.urgentLimit);
		if (size < 0) return Status.WriteStalled;
		out.commit(size);
		return Status.Ok;
	}

	/** The broker does not do QoS 2. The rest of the life of this object goes without. */
	#downgrade(now: Ticks): void {
		if (this.maximumQos < 2) return;
		this.maximumQos = 1;
		this.#host.onDowngrade?.("publish", 2, 1, now);
	}

	/**
	 * What is stored stays stored until it is acknowledged: after a reboot the host goes on behind
	 * the last run that is under way, and takes it that those before are under way too.
	 */
	#downgradeDue(): void {
		for (let place = 0; place < this.#table.length; place++) {
			const index = this.#table.at(place);
			const { state, qos } = this.#table.delivery(index);
			if (state !== DeliveryState.Due || qos !== 2) continue;
			this.#table.downgrade(index);
		}
	}
}

/** Whether a connection ended as one does when the broker dislikes what it was sent. */
function isPeersDoing(status: Status): boolean {
	return (
		status === Status.ConnectionLost ||
		status === Status.Kicked ||
		status === Status.AcknowledgementTimedOut
	);
}
