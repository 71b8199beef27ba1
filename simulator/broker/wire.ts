import { ByteReader } from "../../firmware/base/bytes.ts";
import { Status } from "../../firmware/base/status.ts";
import { type Packet, PacketType, type Qos } from "../../firmware/mqtt/packet.ts";
import { checkTopicFilter, checkTopicName } from "../../firmware/mqtt/topic.ts";

/** The packets that only a broker reads or writes; the rest it shares with the firmware. */

/** What a CONNECT asks for; MQTT 3.1.1 §3.1. */
export interface ConnectRequest {
	readonly clientId: string;
	/** Seconds; 0 is no limit. */
	readonly keepAlive: number;
	readonly cleanSession: boolean;
	readonly will: WillRequest | undefined;
	readonly userName: string | undefined;
	readonly password: Uint8Array | undefined;
}

export interface WillRequest {
	readonly topicName: string;
	readonly payload: Uint8Array;
	readonly qos: Qos;
	readonly retain: boolean;
}

/** One filter of a SUBSCRIBE. */
export interface SubscribeRequest {
	readonly filter: string;
	readonly qos: Qos;
}

const encoder = new TextEncoder();

function readField(reader: ByteReader): Uint8Array {
	const length = reader.uint16();
	// A length that is a lie must not cost memory.
	const field = new Uint8Array(Math.min(length, reader.remaining));
	reader.bytes(field, 0, length);
	return field;
}

/**
 * Reads a CONNECT.
 *
 * @returns what it asks for, Status.ConnackProtocolVersion for another level of the protocol
 *   [MQTT-3.1.2-2], or Status.Malformed
 */
export function readConnect(packet: Packet): ConnectRequest | Status {
	const reader = new ByteReader(packet.bytes, packet.payloadStart, packet.payloadEnd);
	const protocol = reader.utf8(reader.uint16());
	const level = reader.uint8();
	const flags = reader.uint8();
	const keepAlive = reader.uint16();
	if (reader.underflow || protocol !== "MQTT") return Status.Malformed;
	if (level !== 4) return Status.ConnackProtocolVersion;
	const qos = (flags >> 3) & 0x03;
	const hasWill = (flags & 0x04) !== 0;
	const hasUserName = (flags & 0x80) !== 0;
	const hasPassword = (flags & 0x40) !== 0;
	if ((flags & 0x01) !== 0) return Status.Malformed; // [MQTT-3.1.2-3]
	if (!hasWill && (flags & 0x38) !== 0) return Status.Malformed; // [MQTT-3.1.2-13] [MQTT-3.1.2-15]
	if (qos === 3) return Status.Malformed; // [MQTT-3.1.2-14]
	if (hasPassword && !hasUserName) return Status.Malformed; // [MQTT-3.1.2-22]
	const clientId = reader.utf8(reader.uint16());
	let will: WillRequest | undefined;
	if (hasWill) {
		const topicName = reader.utf8(reader.uint16()) ?? "";
		const payload = readField(reader);
		if (!isTopicName(topicName)) return Status.Malformed;
		will = { topicName, payload, qos: qos as Qos, retain: (flags & 0x20) !== 0 };
	}
	const userName = hasUserName ? reader.utf8(reader.uint16()) : undefined;
	const password = hasPassword ? readField(reader) : undefined;
	if (reader.underflow || reader.remaining > 0 || clientId === undefined) return Status.Malformed;
	return { clientId, keepAlive, cleanSession: (flags & 0x02) !== 0, will, userName, password };
}

/** Reads the filters of a SUBSCRIBE, or gives `undefined` when they are malformed; §3.8. */
export function readSubscribe(packet: Packet): SubscribeRequest[] | undefined {
	const reader = new ByteReader(packet.bytes, packet.payloadStart, packet.payloadEnd);
	const requests: SubscribeRequest[] = [];
	while (reader.remaining > 0) {
		const filter = reader.utf8(reader.uint16());
		const qos = reader.uint8();
		if (reader.underflow || qos > 2 || !isTopicFilter(filter)) return undefined; // [MQTT-3.8.3-4]
		requests.push({ filter, qos: qos as Qos });
	}
	return requests;
}

/** Reads the filters of an UNSUBSCRIBE, or gives `undefined` when they are malformed; §3.10. */
export function readUnsubscribe(packet: Packet): string[] | undefined {
	const reader = new ByteReader(packet.bytes, packet.payloadStart, packet.payloadEnd);
	const filters: string[] = [];
	while (reader.remaining > 0) {
		const filter = reader.utf8(reader.uint16());
		if (reader.underflow || !isTopicFilter(filter)) return undefined;
		filters.push(filter);
	}
	return filters;
}

function isTopicName(text: string): boolean {
	const bytes = encoder.encode(text);
	return checkTopicName(bytes, 0, bytes.length) === Status.Ok;
}

function isTopicFilter(text: string | undefined): text is string {
	const bytes = encoder.encode(text);
	return checkTopicFilter(bytes, 0, bytes.length) === Status.Ok;
}

/** CONNACK; §3.2. No session is present where the connection is refused [MQTT-3.2.2-4]. */
export function connack(returnCode: number, sessionPresent: boolean): Uint8Array {
	const flags = sessionPresent && returnCode === 0 ? 1 : 0;
	return Uint8Array.of(PacketType.Connack << 4, 2, flags, returnCode);
}

/** SUBACK, with one return code for each filter [MQTT-3.8.4-5]; §3.9. */
export function suback(packetId: number, codes: readonly number[]): Uint8Array {
	const remaining = 2 + codes.length;
	const length = remaining < 0x80 ? [remaining] : [(remaining & 0x7f) | 0x80, remaining >> 7];
	return Uint8Array.of(PacketType.Suback << 4, ...length, packetId >> 8, packetId, ...codes);
}

/** UNSUBACK; §3.11. */
export function unsuback(packetId: number): Uint8Array {
	return Uint8Array.of(PacketType.Unsuback << 4, 2, packetId >> 8, packetId);
}

/** PINGRESP; §3.13. */
export function pingresp(): Uint8Array {
	return Uint8Array.of(PacketType.Pingresp << 4, 0);
}
