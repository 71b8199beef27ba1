import { assert } from "../base/assert.ts";
import { utf8Length, writeUtf8 } from "../base/bytes.ts";
import { freezeDeep } from "../base/freeze.ts";
import type { BufferPool } from "../base/pool.ts";
import { Status } from "../base/status.ts";
import { after, never } from "../base/ticks.ts";
import { Durations, Limits } from "../limits.ts";
import type { Ticks, Timed } from "../ports/clock.ts";
import { SessionBuffers } from "./buffers.ts";
import { PacketDecoder, Sender } from "./decode.ts";
import { Deliveries } from "./deliveries.ts";
import { DurableState } from "./durable.ts";
import { type ConnectFields, encodeConnect, encodeEmpty, type Will } from "./encode.ts";
import type { SessionHost, SessionOptions } from "./host.ts";
import { DeliveryKind, InflightTable } from "./inflight.ts";
import { KeptPayloads } from "./kept.ts";
import { Packet, PacketType, type Qos } from "./packet.ts";
import { ReceivedIds } from "./received.ts";
import { checkTopicFilter, checkTopicName, countLevels } from "./topic.ts";
import { type Outlet, TransmitBuffer } from "./transmit.ts";

/**
 * The protocol machine of an MQTT 3.1.1 client. It owns no socket and no clock: bytes and `now` go
 * in, bytes and a deadline come out.
 *
 * ```
 * state    input                                     next     action
 * Closed   open                                      Opening  CONNECT
 * Opening  CONNACK 0                                 Open     onOpen, what is due again
 *          CONNACK 1..5, bad bytes, deadline,
 *          lost, close                               Closed   onClosed
 * Open     bytes, writable                           Open     messages, answers, redelivery
 *          keep-alive due                            Open     PINGREQ
 *          bad bytes, something overdue, lost        Closed   onClosed
 *          close                                     Closing  DISCONNECT
 *          the outlet fails in a call of the host    Failed   due at once
 * Closing  all taken by the outlet, deadline, lost   Closed   onClosed
 * Failed   deadline, bytes, writable, lost, close    Closed   onClosed
 * ```
 * What a state does not list changes nothing and gives Status.NotReady. Failed is there so that a
 * host that publishes is never told in the middle of it that the connection is gone.
 */
export const SessionState = Object.freeze({
	Closed: 0,
	/** CONNECT is sent. */
	Opening: 1,
	Open: 2,
	/** DISCONNECT waits for the outlet. */
	Closing: 3,
	/** The outlet is gone and nobody has been told. */
	Failed: 4,
} as const);

export type SessionState = (typeof SessionState)[keyof typeof SessionState];

const { Closed, Opening, Open, Closing, Failed } = SessionState;

const transitions: Readonly<Record<SessionState, readonly SessionState[]>> = freezeDeep({
	[Closed]: [Opening],
	[Opening]: [Open, Closed],
	[Open]: [Closing, Failed, Closed],
	[Closing]: [Closed],
	[Failed]: [Closed],
});

export class MqttSession implements Timed {
	/** Why the last connection ended; Status.Ok before that. */
	reason: Status = Status.Ok;
	/** What its link reads into. */
	readonly input: BufferPool;
	readonly #host: SessionHost;
	readonly #isAws: boolean;
	readonly #connect: ConnectFields;
	readonly #keepAliveMs: number;
	readonly #out: TransmitBuffer;
	readonly #decoder: PacketDecoder;
	readonly #packet = new Packet();
	readonly #table: InflightTable;
	readonly #received = new ReceivedIds();
	readonly #durable: DurableState;
	readonly #deliveries: Deliveries;
	/** Scratch. */
	readonly #topic: Uint8Array;
	#state: SessionState = Closed;
	#lastReceived = 0 as Ticks;
	/** Of CONNACK in Opening, of the outlet in Closing, at once in Failed. */
	#stateDeadline = never as Ticks;
	/** Of PINGRESP; `never` while none is awaited. */
	#pingDeadline = never as Ticks;
	/** When the connection ends because of a message that the host did not take. */
	#refusalDeadline = never as Ticks;
	#refusal: Status = Status.Ok;
	#failure: Status = Status.Ok;
	/** Bytes are being received: what is written meanwhile goes out together afterwards. */
	#isReceiving = false;

	/** @throws {Error} when the options make no CONNECT that the standard, or AWS IoT Core, allows */
	constructor(options: SessionOptions, host: SessionHost) {
		const buffers = options.buffers ?? new SessionBuffers();
		this.input = buffers.input;
		this.#topic = buffers.topic;
		this.#table = new InflightTable(buffers.deliveries);
		this.#host = host;
		this.#isAws = options.profile === "aws";
		this.#connect = connectFields(options);
		this.#keepAliveMs = this.#connect.keepAlive * 1_000;
		this.#out = new TransmitBuffer(buffers.transmit);
		this.#decoder = new PacketDecoder(buffers.receive, Sender.Server);
		const kept = new KeptPayloads(buffers.control);
		this.#durable = new DurableState(
			options.keyValue,
			this.#table,
			kept,
			this.#received,
			buffers.item,
		);
		this.#deliveries = new Deliveries(
			this.#isAws ? 1 : 2,
			this.#table,
			kept,
			this.#durable,
			this.#out,
			host,
		);
		this.#checkConnect(options.will);
	}

	get state(): SessionState {
		return this.#state;
	}

	/** PUBLISH packets of QoS 1 and 2 without their last acknowledgement. */
	get inflightCount(): number {
		return this.#table.count(DeliveryKind.Run) + this.#table.count(DeliveryKind.Control);
	}

	/**
	 * The highest sequence in a run under way, 0 when there is none; also of those before a reboot.
	 */
	get lastSequence(): number {
		return this.#table.lastSequence;
	}

	/** Whether `publishRun` would be tried; false while the outlet is full. */
	get canPublishRun(): boolean {
		return (
			this.#state === Open && this.#deliveries.canPublishRun && this.#out.stallDeadline === never
		);
	}

	/**
	 * Whether everything in Limits.readBytes more bytes could be answered; if not, do not read them.
	 */
	get canReceive(): boolean {
		return this.#out.canAnswer;
	}

	/** The largest QoS in use: 1 with AWS, and once a broker has shown that it does not do 2. */
	get maximumQos(): Qos {
		return this.#deliveries.maximumQos;
	}

	get deadline(): Ticks {
		switch (this.#state) {
			case Closed:
				return never as Ticks;
			case Open:
				return Math.min(
					this.#pingAt(),
					this.#pingDeadline,
					this.#deliveries.deadline,
					this.#out.stallDeadline,
					this.#refusalDeadline,
				) as Ticks;
			default:
				return Math.min(this.#stateDeadline, this.#out.stallDeadline) as Ticks;
		}
	}

	/**
	 * Begins a connection on a transport that is up: sends CONNECT.
	 *
	 * @returns Status.Ok, Status.NotReady in any state but Closed, or why the outlet failed
	 */
	open(outlet: Outlet, now: Ticks): Status {
		if (this.#state !== Closed) return Status.NotReady;
		const out = this.#out;
		this.#decoder.reset();
		out.open(outlet, now);
		out.commit(encodeConnect(this.#connect, out.bytes, out.begin(), out.limit));
		const status = out.flush(now);
		if (status !== Status.Ok) {
			out.close();
			return status;
		}
		this.#lastReceived = now;
		this.#pingDeadline = never as Ticks;
		this.#refusalDeadline = never as Ticks;
		this.#received.reopen();
		this.#stateDeadline = after(now, Durations.connack);
		this.#enter(Opening);
		return Status.Ok;
	}

	/**
	 * Takes bytes from the transport. They are the caller's again when the call returns.
	 *
	 * @returns Status.Ok; anything else means that the connection has ended with that reason, and the
	 *   transport is to be closed
	 */
	receive(bytes: Uint8Array, start: number, end: number, now: Ticks): Status {
		if (this.#state === Failed) return this.#shut(this.#failure, now);
		if (this.#state === Closed) return Status.NotReady;
		if (this.#state === Closing) return Status.Ok;
		this.#lastReceived = now;
		this.#isReceiving = true;
		const received = this.#receiveAll(bytes, start, end, now);
		this.#isReceiving = false;
		if (received !== Status.Ok) return this.#shut(received, now);
		return this.#isConnected() ? this.#send(now) : Status.Ok;
	}

	/** The outlet takes bytes again. Returns as `receive` does. */
	writable(now: Ticks): Status {
		if (this.#state === Closed) return Status.NotReady;
		if (this.#state === Failed) return this.#shut(this.#failure, now);
		return this.#send(now);
	}

	/**
	 * Publishes a message. At QoS 1 and 2 a copy of it is kept and sent again, after a reconnect,
	 * until it is acknowledged; a QoS above `maximumQos` is lowered to it. Right after a reconnect it
	 * waits behind what is to be sent again.
	 *
	 * @param payload  its first `length` bytes, at most Limits.controlBytes at QoS 1 and 2
	 * @returns packet identifier, 0 at QoS 0; or -Status, and then nothing is sent: NotReady when not
	 *   open or while the outlet is full; NoRoom while as many are under way as may be; BadValue for
	 *   a topic name that is none; TooLong; StorageFailed
	 *
	 * Allocates: nothing.
	 */
	publish(
		topicName: string,
		payload: Uint8Array,
		length: number,
		qos: Qos,
		retain: boolean,
		now: Ticks,
	): number {
		if (this.#state !== Open) return -Status.NotReady;
		const status = this.#checkName(topicName);
		if (status !== Status.Ok) return -status;
		const result = this.#deliveries.publish(topicName, payload, length, qos, retain, now);
		return this.#sent(result, now);
	}

	/**
	 * Publishes a report of the observations `first` to `last`. Nothing is kept: for a redelivery
	 * host.onRedeliver makes the same bytes again. Returns as `publish` does, and NotReady also until
	 * everything of the last connection has been sent again; see `canPublishRun`.
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
		if (this.#state !== Open) return -Status.NotReady;
		const status = this.#checkName(topicName);
		if (status !== Status.Ok) return -status;
		const result = this.#deliveries.publishRun(topicName, payload, length, qos, first, last, now);
		return this.#sent(result, now);
	}

	/**
	 * Subscribes to 1..Limits.filtersPerSubscribe filters. What the broker granted comes by
	 * host.onSubscribed. Returns as `publish` does.
	 */
	subscribe(filters: readonly string[], qos: Qos, now: Ticks): number {
		if (this.#state !== Open) return -Status.NotReady;
		const status = this.#checkFilters(filters);
		if (status !== Status.Ok) return -status;
		return this.#sent(this.#deliveries.subscribe(filters, qos, now), now);
	}

	/** Takes subscriptions back; not repeated after a reconnect. Returns as `publish` does. */
	unsubscribe(filters: readonly string[], now: Ticks): number {
		if (this.#state !== Open) return -Status.NotReady;
		const status = this.#checkFilters(filters);
		if (status !== Status.Ok) return -status;
		return this.#sent(this.#deliveries.unsubscribe(filters, now), now);
	}

	/** Ends the connection in order: DISCONNECT, so that the broker drops the will. */
	close(now: Ticks): void {
		switch (this.#state) {
			case Opening:
				this.#end(Status.ClosedByStation, now);
				return;
			case Failed:
				this.#end(this.#failure, now);
				return;
			case Open: {
				this.#addEmpty(PacketType.Disconnect);
				this.#out.isOpen = false;
				this.#stateDeadline = after(now, Durations.linger);
				this.#enter(Closing);
				// Whatever comes of it, host.onClosed has heard or will hear.
				void this.writable(now);
			}
		}
	}

	/** The transport is gone, for the reason that the link has found. */
	lost(status: Status, now: Ticks): void {
		if (this.#state !== Closed) this.#end(status, now);
	}

	onDeadline(now: Ticks): void {
		switch (this.#state) {
			case Opening:
				if (now >= this.#stateDeadline) this.#end(Status.ConnackTimedOut, now);
				return;
			case Open:
				this.#onOpenDeadline(now);
				return;
			case Closing:
				if (now >= this.#stateDeadline) this.#end(Status.ClosedByStation, now);
				return;
			case Failed:
				this.#end(this.#failure, now);
		}
	}

	/** Meets a wrong identity while the station is set up, not at its thousandth attempt. */
	#checkConnect(will: Will | undefined): void {
		const fields = this.#connect;
		const out = this.#out;
		assert(fields.clientId !== "" || fields.cleanSession, "no client id [MQTT-3.1.3-8]");
		if (this.#isAws) {
			const length = utf8Length(fields.clientId);
			assert(length > 0 && length <= Limits.clientIdBytes, "client id of 1..128 bytes");
			assert(!fields.clientId.startsWith("$"), "client id begins with $");
		}
		assert(!will || this.#checkName(will.topicName) === Status.Ok, "topic name of the will");
		assert(encodeConnect(fields, out.bytes, 0, out.limit) > 0, "CONNECT that can be encoded");
		out.close();
	}

	/** What ends an open connection comes first; PINGREQ is the rest. */
	#onOpenDeadline(now: Ticks): void {
		if (now >= this.#out.stallDeadline) this.#end(Status.WriteStalled, now);
		else if (now >= this.#pingDeadline) this.#end(Status.KeepAliveTimedOut, now);
		else if (now >= this.#deliveries.deadline) this.#end(Status.AcknowledgementTimedOut, now);
		else if (now >= this.#refusalDeadline) this.#end(this.#refusal, now);
		else if (now >= this.#pingAt()) this.#ping(now);
	}

	/**
	 * When PINGREQ is due: the broker wants to hear from us once per keep-alive [MQTT-3.1.2-23], and
	 * we from it, or a connection that is dead in one direction would not show.
	 */
	#pingAt(): Ticks {
		if (this.#pingDeadline !== never) return never as Ticks;
		const quietSince = Math.min(this.#out.lastSent, this.#lastReceived) as Ticks;
		return after(quietSince, this.#keepAliveMs);
	}

	#ping(now: Ticks): void {
		this.#addEmpty(PacketType.Pingreq);
		this.#pingDeadline = after(now, Durations.pingResponse);
		const status = this.#out.flush(now);
		if (status !== Status.Ok) this.#end(status, now);
	}

	/**
	 * There always is room: one PINGREQ and one DISCONNECT at a time, and TransmitBuffer keeps it.
	 */
	#addEmpty(type: typeof PacketType.Pingreq | typeof PacketType.Disconnect): void {
		const out = this.#out;
		const size = encodeEmpty(type, out.bytes, out.begin(), out.urgentLimit);
		if (size > 0) out.commit(size);
	}

	#isConnected(): boolean {
		return this.#state === Opening || this.#state === Open;
	}

	#receiveAll(bytes: Uint8Array, start: number, end: number, now: Ticks): Status {
		const packet = this.#packet;
		this.#decoder.push(bytes, start, end);
		for (let type = this.#decoder.next(packet); type !== 0; type = this.#decoder.next(packet)) {
			if (type < 0) return -type as Status;
			const status = this.#onPacket(packet, now);
			if (status !== Status.Ok) return status;
			if (!this.#isConnected()) {
				this.#decoder.reset();
				return Status.Ok;
			}
		}
		return Status.Ok;
	}

	/** The first packet is a CONNACK [MQTT-3.2.0-1], and no other is. */
	#onPacket(packet: Packet, now: Ticks): Status {
		if ((packet.type === PacketType.Connack) !== (this.#state === Opening)) {
			return Status.ProtocolError;
		}
		switch (packet.type) {
			case PacketType.Connack:
				return this.#onConnack(packet, now);
			case PacketType.Publish:
				return this.#onPublish(packet, now);
			case PacketType.Pubrel:
				return this.#onPubrel(packet.packetId, now);
			case PacketType.Pingresp:
				this.#pingDeadline = never as Ticks;
				return Status.Ok;
			default:
				return this.#deliveries.receive(packet, now);
		}
	}

	#onConnack(packet: Packet, now: Ticks): Status {
		if (packet.returnCode !== 0) return connackStatus(packet.returnCode);
		// [MQTT-3.2.2-1]
		if (packet.sessionPresent && this.#connect.cleanSession) return Status.ProtocolError;
		this.#enter(Open);
		if (!packet.sessionPresent) {
			this.#forgetReceived();
			this.#deliveries.renew(now);
		}
		this.#host.onOpen(this.#deliveries.subscribed, now);
		return Status.Ok;
	}

	/** The broker begins anew with its packet identifiers. */
	#forgetReceived(): void {
		if (this.#received.count === 0) return;
		this.#received.clear();
		// Identifiers of a session that is gone; the worst is one message taken for a copy.
		void this.#durable.saveReceived();
	}

	/** A second copy is known by its packet identifier alone; DUP says nothing [MQTT-3.3.1-3]. */
	#onPublish(packet: Packet, now: Ticks): Status {
		const { packetId, qos } = packet;
		if (qos === 2 && this.#received.has(packetId)) {
			return this.#deliveries.answer(PacketType.Pubrec, packetId);
		}
		if (qos === 2 && !this.#received.takes()) return this.#onRefused(Status.NoRoom, now);
		const taken = this.#hand(packet, now);
		// The host may have closed the session in the call.
		if (qos === 0 || this.#state !== Open) return Status.Ok;
		if (taken !== Status.Ok) return this.#onRefused(taken, now);
		if (qos === 1) return this.#deliveries.answer(PacketType.Puback, packetId);
		this.#received.add(packetId);
		// Unsaved, it is a copy only if the power fails before PUBREL; unanswered, it would be one for
		// sure.
		void this.#durable.saveReceived();
		return this.#deliveries.answer(PacketType.Pubrec, packetId);
	}

	#hand(packet: Packet, now: Ticks): Status {
		if (packet.oversized) {
			this.#host.onOversized?.(packet.topicName, now);
			return Status.Ok;
		}
		const payload = packet.bytes.subarray(packet.payloadStart, packet.payloadEnd);
		return this.#host.onMessage(packet.topicName, payload, packet.qos, packet.retain, now);
	}

	/** The broker sends it again in the next connection, so there has to be one. */
	#onRefused(status: Status, now: Ticks): Status {
		if (this.#refusalDeadline === never) {
			this.#refusalDeadline = after(now, Durations.refusedMessage);
			this.#refusal = status;
		}
		return Status.Ok;
	}

	/** PUBCOMP goes out also for an unknown identifier: the one before was lost [MQTT-4.3.3-2]. */
	#onPubrel(packetId: number, now: Ticks): Status {
		// Still stored, the identifier is taken for a copy once after a reboot, if the broker uses it
		// then.
		if (this.#received.remove(packetId)) void this.#durable.saveReceived();
		// Not before: a connection that ended at the first message too many would take its PUBRECs
		// with it, and the next would begin where this one did.
		if (this.#received.drained) this.#refusalDeadline = now;
		return this.#deliveries.answer(PacketType.Pubcomp, packetId);
	}

	#checkName(topicName: string): Status {
		const length = writeUtf8(topicName, this.#topic, 0);
		if (length < 0) return length === -Status.NoRoom ? Status.TooLong : Status.BadValue;
		const status = checkTopicName(this.#topic, 0, length);
		return status === Status.Ok ? this.#checkLevels(length) : status;
	}

	#checkFilters(filters: readonly string[]): Status {
		if (filters.length === 0) return Status.BadValue;
		if (filters.length > Limits.filtersPerSubscribe) return Status.TooLong;
		for (const filter of filters) {
			const length = writeUtf8(filter, this.#topic, 0);
			if (length < 0) return length === -Status.NoRoom ? Status.TooLong : Status.BadValue;
			const status = checkTopicFilter(this.#topic, 0, length);
			if (status !== Status.Ok) return status;
			if (this.#checkLevels(length) !== Status.Ok) return Status.TooLong;
		}
		return Status.Ok;
	}

	#checkLevels(length: number): Status {
		if (!this.#isAws || countLevels(this.#topic, 0, length) <= Limits.topicLevels) return Status.Ok;
		return Status.TooLong;
	}

	/**
	 * Hands the outlet what it takes: what is due again, but nothing before CONNACK, and what waits.
	 */
	#send(now: Ticks): Status {
		const due = this.#state === Open ? this.#deliveries.resume(now) : Status.Ok;
		const status = due === Status.Ok ? this.#out.flush(now) : due;
		if (status !== Status.Ok) return this.#shut(status, now);
		if (this.#state === Closing && this.#out.pending === 0) {
			this.#end(Status.ClosedByStation, now);
		}
		return Status.Ok;
	}

	/** Hands on what a call of the host has added. A dead outlet is left for `onDeadline`. */
	#sent(result: number, now: Ticks): number {
		if (this.#isReceiving) return result;
		const status = this.#out.flush(now);
		if (status !== Status.Ok) {
			this.#failure = status;
			this.#stateDeadline = now;
			this.#enter(Failed);
		}
		return result;
	}

	#end(status: Status, now: Ticks): void {
		this.#enter(Closed);
		this.reason = status;
		this.#out.close();
		// A packet that is being received is its host's until the call returns.
		if (!this.#isReceiving) this.#decoder.reset();
		this.#deliveries.disconnect(status, now);
		this.#host.onClosed(status, now);
	}

	#shut(status: Status, now: Ticks): Status {
		this.#end(status, now);
		return status;
	}

	#enter(next: SessionState): void {
		assert(transitions[this.#state].includes(next), `session ${this.#state} to ${next}`);
		this.#state = next;
	}
}

/** The options as they go into each CONNECT: keep-alive and QoS within their bounds. */
function connectFields(options: SessionOptions): ConnectFields {
	const { clientId, cleanSession, userName, password, will, profile } = options;
	const keepAlive = Math.max(options.keepAlive, Limits.keepAliveMinimum);
	const willQos = profile === "aws" && will?.qos === 2 ? 1 : (will?.qos ?? 0);
	return {
		clientId,
		keepAlive: Math.min(keepAlive, Limits.keepAliveMaximum),
		cleanSession,
		will: will && { ...will, qos: willQos },
		userName,
		password,
	};
}

/** Return codes 1..5 of CONNACK; MQTT 3.1.1 table 3.1. */
function connackStatus(returnCode: number): Status {
	return (Status.ConnackProtocolVersion - 1 + returnCode) as Status;
}
