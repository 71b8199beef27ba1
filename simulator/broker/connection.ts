import { Status } from "../../firmware/base/status.ts";
import type { PacketDecoder } from "../../firmware/mqtt/decode.ts";
import { encodeAck, encodePublish } from "../../firmware/mqtt/encode.ts";
import { Packet, PacketType } from "../../firmware/mqtt/packet.ts";
import type { Ticks, Timed } from "../../firmware/ports/clock.ts";
import type { ClientSession, Message, Outgoing } from "./session.ts";
import {
	type ConnectRequest,
	connack,
	pingresp,
	readConnect,
	readSubscribe,
	readUnsubscribe,
	type SubscribeRequest,
	suback,
	unsuback,
} from "./wire.ts";

/** The broker's end of a transport. */
export interface Transport {
	/** Takes bytes; returns the count taken, 0 while it is full. */
	write(bytes: Uint8Array, start: number, end: number): number;
	/** The broker closes it; what was written before arrives. */
	close(): void;
	/** The broker has crashed; what is under way is lost. */
	reset(): void;
}

/** What a connection asks of its broker. */
export interface ConnectionHost {
	/** A decoder that nobody uses; most connections are between two packets most of the time. */
	lendDecoder(): PacketDecoder;
	takeBackDecoder(decoder: PacketDecoder): void;
	readonly qos2: "full" | "downgrade" | "refuse";
	/** A session for the client, or the return code of the refusal; -1 closes without one. */
	connect(
		connection: BrokerConnection,
		request: ConnectRequest,
		now: Ticks,
	): { session: ClientSession; sessionPresent: boolean } | number;
	/** Passes a message on; false when the client may not, and then the connection is closed. */
	publish(connection: BrokerConnection, message: Message, now: Ticks): boolean;
	/** Return codes for a SUBSCRIBE. */
	subscribe(connection: BrokerConnection, requests: readonly SubscribeRequest[]): number[];
	/** Retained messages that new subscriptions bring. */
	sendRetained(connection: BrokerConnection, requests: readonly SubscribeRequest[]): void;
	unsubscribe(connection: BrokerConnection, filters: readonly string[]): void;
	/** The connection is over; `orderly` after a DISCONNECT. Also one that never came to CONNECT. */
	closed(connection: BrokerConnection, orderly: boolean, now: Ticks): void;
}

/** How long a client may take for its CONNECT, in ms. */
const connectTimeout = 10_000;
const publishHeaderBytes = 9;

/**
 * One connection of the simulator's broker: bytes and `now` in, bytes and a deadline out.
 *
 * | state   | input                                     | next   |
 * |---------|-------------------------------------------|--------|
 * | waiting | CONNECT that is accepted                  | open   |
 * | waiting | any other packet, deadline, refusal       | closed |
 * | open    | a packet that a client may send           | open   |
 * | open    | DISCONNECT, bad bytes, 1.5 keep-alives of silence, take-over, lost | closed |
 */
export class BrokerConnection implements Timed {
	/** Who the transport says is there; what TLS gives a real broker. */
	readonly principal: string | undefined;
	request: ConnectRequest | undefined;
	session: ClientSession | undefined;
	readonly #host: ConnectionHost;
	readonly #transport: Transport;
	/** Only while a packet has come in part. */
	#decoder: PacketDecoder | undefined;
	readonly #packet = new Packet();
	/** Packets that the transport has not taken, and how much of the first one it has. */
	readonly #pending: Uint8Array[] = [];
	#taken = 0;
	#deadline: Ticks;
	#state: "waiting" | "open" | "closed" = "waiting";

	constructor(
		host: ConnectionHost,
		transport: Transport,
		principal: string | undefined,
		now: Ticks,
	) {
		this.#host = host;
		this.#transport = transport;
		this.principal = principal;
		this.#deadline = (now + connectTimeout) as Ticks;
	}

	get isClosed(): boolean {
		return this.#state === "closed";
	}

	get deadline(): Ticks {
		return this.#deadline;
	}

	/** Takes bytes of the client; after the end of the connection they are dropped. */
	receive(bytes: Uint8Array, start: number, end: number, now: Ticks): void {
		if (this.#state === "closed") return;
		const decoder = this.#decoder ?? this.#host.lendDecoder();
		this.#decoder = decoder;
		decoder.push(bytes, start, end);
		for (let type = decoder.next(this.#packet); type !== 0; type = decoder.next(this.#packet)) {
			if (type < 0 || !this.#onPacket(this.#packet, now)) this.close(false, now);
			if (this.isClosed) return;
		}
		if (!decoder.isWithin) this.#giveBack();
		this.pump();
	}

	/** The transport takes bytes again. */
	writable(): void {
		this.pump();
	}

	/** The transport is gone. */
	lost(now: Ticks): void {
		this.#end(false, now);
	}

	onDeadline(now: Ticks): void {
		if (now >= this.#deadline) this.close(false, now);
	}

	/** Ends the connection from this side. `orderly`: the will is not published [MQTT-3.1.2-10]. */
	close(orderly: boolean, now: Ticks): void {
		if (this.#state === "closed") return;
		this.#flush();
		this.#transport.close();
		this.#end(orderly, now);
	}

	/** The broker has crashed: nobody is told but the transport. */
	crash(): void {
		this.#state = "closed";
		this.#deadline = Number.POSITIVE_INFINITY as Ticks;
		this.#pending.length = 0;
		this.#giveBack();
		this.#transport.reset();
	}

	/** Sends a message of QoS 0. */
	send(message: Message): void {
		this.#write(publishOf(message, 0, false));
	}

	/** Sends what is due to the client and what the transport has not taken. */
	pump(): void {
		const { session } = this;
		if (this.#state === "open" && session !== undefined) {
			for (let due = session.nextDue(); due !== undefined; due = session.nextDue()) {
				due.sent = true;
				this.#write(
					due.released
						? ackOf(PacketType.Pubrel, due.packetId)
						: publishOf(due.message, due.packetId, due.dup),
				);
			}
		}
		this.#flush();
	}

	/** Returns false when the connection has to end. */
	#onPacket(packet: Packet, now: Ticks): boolean {
		if (this.#state === "waiting") {
			return packet.type === PacketType.Connect && this.#onConnect(packet, now); // [MQTT-3.1.0-1]
		}
		this.#restartKeepAlive(now);
		switch (packet.type) {
			case PacketType.Publish:
				return this.#onPublish(packet, now);
			case PacketType.Puback:
			case PacketType.Pubrec:
			case PacketType.Pubcomp:
				return this.#onAcknowledgement(packet.type, packet.packetId);
			case PacketType.Pubrel:
				this.session!.received.delete(packet.packetId);
				this.#write(ackOf(PacketType.Pubcomp, packet.packetId));
				return true;
			case PacketType.Subscribe:
				return this.#onSubscribe(packet);
			case PacketType.Unsubscribe:
				return this.#onUnsubscribe(packet);
			case PacketType.Pingreq:
				this.#write(pingresp());
				return true;
			case PacketType.Disconnect:
				this.close(true, now);
				return true;
			default:
				return false; // a second CONNECT [MQTT-3.1.0-2]
		}
	}

	#onConnect(packet: Packet, now: Ticks): boolean {
		const request = readConnect(packet);
		if (typeof request === "number") {
			if (request === Status.ConnackProtocolVersion) this.#write(connack(1, false));
			return false;
		}
		this.request = request;
		const accepted = this.#host.connect(this, request, now);
		if (typeof accepted === "number") {
			this.request = undefined;
			if (accepted > 0) this.#write(connack(accepted, false));
			return false;
		}
		this.#state = "open";
		this.session = accepted.session;
		this.session.rewind();
		this.#restartKeepAlive(now);
		this.#write(connack(0, accepted.sessionPresent));
		return true;
	}

	/** A copy of a QoS 2 message is answered and not passed on; MQTT 3.1.1 §4.3.3, method B. */
	#onPublish(packet: Packet, now: Ticks): boolean {
		const { packetId, qos, retain, topicName, oversized } = packet;
		if (oversized || (qos === 2 && this.#host.qos2 === "refuse")) return false;
		const { received } = this.session!;
		if (qos === 2 && received.has(packetId)) {
			this.#write(ackOf(PacketType.Pubrec, packetId));
			return true;
		}
		const payload = packet.bytes.slice(packet.payloadStart, packet.payloadEnd);
		if (!this.#host.publish(this, { topicName, payload, qos, retain }, now)) return false;
		if (qos === 2 && this.#host.qos2 === "full") {
			received.add(packetId);
			this.#write(ackOf(PacketType.Pubrec, packetId));
		} else if (qos > 0) {
			this.#write(ackOf(PacketType.Puback, packetId));
		}
		return true;
	}

	#onAcknowledgement(type: PacketType, packetId: number): boolean {
		const session = this.session!;
		const outgoing: Outgoing | undefined = session.find(packetId);
		if (type === PacketType.Pubrec) {
			if (outgoing !== undefined) outgoing.released = true;
			this.#write(ackOf(PacketType.Pubrel, packetId));
		} else if (outgoing !== undefined) {
			const isExpected = (type === PacketType.Pubcomp) === outgoing.released;
			if (!isExpected) return false;
			session.finish(outgoing);
		}
		return true;
	}

	/** SUBACK comes before the retained messages that it brings. */
	#onSubscribe(packet: Packet): boolean {
		const requests = readSubscribe(packet);
		if (requests === undefined) return false;
		const asksTooMuch = requests.some(({ qos }) => qos === 2);
		if (asksTooMuch && this.#host.qos2 === "refuse") return false;
		this.#write(suback(packet.packetId, this.#host.subscribe(this, requests)));
		this.#host.sendRetained(this, requests);
		return true;
	}

	#onUnsubscribe(packet: Packet): boolean {
		const filters = readUnsubscribe(packet);
		if (filters === undefined) return false;
		this.#host.unsubscribe(this, filters);
		this.#write(unsuback(packet.packetId));
		return true;
	}

	/** Half a keep-alive of grace [MQTT-3.1.2-24]. */
	#restartKeepAlive(now: Ticks): void {
		const keepAlive = this.request?.keepAlive ?? 0;
		const grace = keepAlive === 0 ? Number.POSITIVE_INFINITY : keepAlive * 1_500;
		this.#deadline = (now + grace) as Ticks;
	}

	#end(orderly: boolean, now: Ticks): void {
		if (this.#state === "closed") return;
		this.#state = "closed";
		this.#deadline = Number.POSITIVE_INFINITY as Ticks;
		this.#pending.length = 0;
		this.#giveBack();
		this.#host.closed(this, orderly, now);
	}

	#giveBack(): void {
		if (this.#decoder !== undefined) this.#host.takeBackDecoder(this.#decoder);
		this.#decoder = undefined;
	}

	#write(bytes: Uint8Array): void {
		if (this.#state !== "closed") this.#pending.push(bytes);
	}

	#flush(): void {
		while (this.#pending.length > 0) {
			const first = this.#pending[0]!;
			const count = this.#transport.write(first, this.#taken, first.length);
			if (count <= 0) return;
			this.#taken += count;
			if (this.#taken < first.length) continue;
			this.#pending.shift();
			this.#taken = 0;
		}
	}
}

function publishOf(message: Message, packetId: number, dup: boolean): Uint8Array {
	const { topicName, payload, qos, retain } = message;
	const bytes = new Uint8Array(publishHeaderBytes + topicName.length * 3 + payload.length);
	const size = encodePublish(
		topicName,
		payload,
		payload.length,
		qos,
		retain,
		dup,
		packetId,
		bytes,
		0,
		bytes.length,
	);
	return bytes.subarray(0, size);
}

function ackOf(type: Parameters<typeof encodeAck>[0], packetId: number): Uint8Array {
	const bytes = new Uint8Array(4);
	encodeAck(type, packetId, bytes, 0, bytes.length);
	return bytes;
}
