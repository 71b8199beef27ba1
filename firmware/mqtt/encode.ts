import { utf8Length, writeUtf8 } from "../base/bytes.ts";
import { Status } from "../base/status.ts";
import { PacketType, type Qos } from "./packet.ts";

/**
 * The packets that a client sends, written straight into the transmit buffer. Every function writes
 * from `start`, never at or behind `end`, and returns the bytes written, or -Status.NoRoom when
 * they do not fit, or -Status.BadValue for a text that is not UTF-8; after a failure the bytes from
 * `start` on are undefined. `start <= end <= into.length`. Allocates: nothing.
 */

/** The will of a client; MQTT 3.1.1 §3.1.2.5. */
export interface Will {
	readonly topicName: string;
	readonly payload: Uint8Array;
	readonly qos: Qos;
	readonly retain: boolean;
}

/** What a CONNECT says; MQTT 3.1.1 §3.1. */
export interface ConnectFields {
	readonly clientId: string;
	/** Seconds, 0..65,535; 0 turns the mechanism off. */
	readonly keepAlive: number;
	readonly cleanSession: boolean;
	readonly will?: Will | undefined;
	readonly userName?: string | undefined;
	/** Only together with a user name [MQTT-3.1.2-22]. */
	readonly password?: Uint8Array | undefined;
}

/** Protocol name, level 4, connect flags and keep-alive. */
const connectHeaderBytes = 10;

/**
 * Bytes of a string or binary field: its length takes two, and a length over 65,535 does not exist.
 */
function fieldLength(length: number): number {
	return length > 65_535 ? -Status.BadValue : length < 0 ? length : length + 2;
}

function writeUint16(value: number, into: Uint8Array, at: number): number {
	into[at] = value >>> 8;
	into[at + 1] = value;
	return at + 2;
}

/** Copies `from` up to `length`; whole arrays go the quick way. */
function writeBytes(from: Uint8Array, length: number, into: Uint8Array, at: number): number {
	if (length === from.length) into.set(from, at);
	else for (let index = 0; index < length; index++) into[at + index] = from[index]!;
	return at + length;
}

/**
 * Writes a string behind its length; the caller has seen that there is room and that it is UTF-8.
 */
function writeString(text: string, into: Uint8Array, at: number): number {
	const length = writeUtf8(text, into, at + 2);
	writeUint16(length, into, at);
	return at + 2 + length;
}

/**
 * Writes the fixed header, after a look at whether the whole packet has room.
 *
 * @returns the index behind it, or -Status.NoRoom; Source: MQTT 3.1.1 §2.2
 */
function writeFixedHeader(
	firstByte: number,
	remaining: number,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	if (start + 1 + remainingLengthBytes(remaining) + remaining > end) return -Status.NoRoom;
	into[start] = firstByte;
	let at = start + 1;
	let rest = remaining;
	while (rest > 0x7f) {
		into[at++] = (rest & 0x7f) | 0x80;
		rest >>>= 7;
	}
	into[at++] = rest;
	return at;
}

/** Bytes that the remaining length takes; MQTT 3.1.1 table 2.4. */
function remainingLengthBytes(remaining: number): number {
	return remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : remaining < 0x20_0000 ? 3 : 4;
}

/** CONNECT; MQTT 3.1.1 §3.1. */
export function encodeConnect(
	fields: ConnectFields,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	const { will, userName, password } = fields;
	let remaining = connectHeaderBytes;
	let flags = fields.cleanSession ? 0x02 : 0;
	let length = fieldLength(utf8Length(fields.clientId));
	if (length < 0) return length;
	remaining += length;
	if (will !== undefined) {
		flags |= 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0);
		length = fieldLength(utf8Length(will.topicName));
		if (length < 0) return length;
		remaining += length;
		length = fieldLength(will.payload.length);
		if (length < 0) return length;
		remaining += length;
	}
	if (userName !== undefined) {
		flags |= 0x80;
		length = fieldLength(utf8Length(userName));
		if (length < 0) return length;
		remaining += length;
	}
	if (password !== undefined) {
		if (userName === undefined) return -Status.BadValue;
		flags |= 0x40;
		length = fieldLength(password.length);
		if (length < 0) return length;
		remaining += length;
	}
	let at = writeFixedHeader(PacketType.Connect << 4, remaining, into, start, end);
	if (at < 0) return at;
	at = writeString("MQTT", into, at);
	into[at++] = 4;
	into[at++] = flags;
	at = writeUint16(fields.keepAlive, into, at);
	at = writeString(fields.clientId, into, at);
	if (will !== undefined) {
		at = writeString(will.topicName, into, at);
		at = writeUint16(will.payload.length, into, at);
		at = writeBytes(will.payload, will.payload.length, into, at);
	}
	if (userName !== undefined) at = writeString(userName, into, at);
	if (password !== undefined) {
		at = writeUint16(password.length, into, at);
		at = writeBytes(password, password.length, into, at);
	}
	return at - start;
}

/**
 * The part of a PUBLISH before its payload; MQTT 3.1.1 §3.3. It fails when there is no room for the
 * payload either.
 *
 * @param packetId  1..65,535; not written at QoS 0 [MQTT-2.3.1-5]
 */
export function encodePublishHeader(
	topicName: string,
	payloadLength: number,
	qos: Qos,
	retain: boolean,
	dup: boolean,
	packetId: number,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	const topicLength = fieldLength(utf8Length(topicName));
	if (topicLength < 0) return topicLength;
	const firstByte = (PacketType.Publish << 4) | (dup ? 0x08 : 0) | (qos << 1) | (retain ? 0x01 : 0);
	const remaining = topicLength + (qos > 0 ? 2 : 0) + payloadLength;
	let at = writeFixedHeader(firstByte, remaining, into, start, end);
	if (at < 0) return at;
	at = writeString(topicName, into, at);
	if (qos > 0) at = writeUint16(packetId, into, at);
	return at - start;
}

/**
 * PUBLISH; MQTT 3.1.1 §3.3.
 *
 * @param payload   its first `length` bytes are the application message
 * @param dup       never at QoS 0 [MQTT-3.3.1-2]
 */
export function encodePublish(
	topicName: string,
	payload: Uint8Array,
	length: number,
	qos: Qos,
	retain: boolean,
	dup: boolean,
	packetId: number,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	const header = encodePublishHeader(
		topicName,
		length,
		qos,
		retain,
		dup,
		packetId,
		into,
		start,
		end,
	);
	if (header < 0) return header;
	writeBytes(payload, length, into, start + header);
	return header + length;
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP; MQTT 3.1.1 §3.4 to §3.7. Four bytes. */
export function encodeAck(
	type:
		| typeof PacketType.Puback
		| typeof PacketType.Pubrec
		| typeof PacketType.Pubrel
		| typeof PacketType.Pubcomp,
	packetId: number,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	if (start + 4 > end) return -Status.NoRoom;
	into[start] = (type << 4) | (type === PacketType.Pubrel ? 0x02 : 0);
	into[start + 1] = 2;
	writeUint16(packetId, into, start + 2);
	return 4;
}

/** SUBSCRIBE, with one QoS for all filters; MQTT 3.1.1 §3.8. At least one filter [MQTT-3.8.3-3]. */
export function encodeSubscribe(
	filters: readonly string[],
	qos: Qos,
	packetId: number,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	return encodeFilters(PacketType.Subscribe, filters, qos, packetId, into, start, end);
}

/** UNSUBSCRIBE; MQTT 3.1.1 §3.10. At least one filter [MQTT-3.10.3-2]. */
export function encodeUnsubscribe(
	filters: readonly string[],
	packetId: number,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	return encodeFilters(PacketType.Unsubscribe, filters, -1, packetId, into, start, end);
}

/** @param qos  written behind each filter, or -1 where there is none */
function encodeFilters(
	type: typeof PacketType.Subscribe | typeof PacketType.Unsubscribe,
	filters: readonly string[],
	qos: Qos | -1,
	packetId: number,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	let remaining = 2;
	for (const filter of filters) {
		const length = fieldLength(utf8Length(filter));
		if (length < 0) return length;
		remaining += length + (qos < 0 ? 0 : 1);
	}
	let at = writeFixedHeader((type << 4) | 0x02, remaining, into, start, end);
	if (at < 0) return at;
	at = writeUint16(packetId, into, at);
	for (const filter of filters) {
		at = writeString(filter, into, at);
		if (qos >= 0) into[at++] = qos;
	}
	return at - start;
}

/** PINGREQ or DISCONNECT; MQTT 3.1.1 §3.12 and §3.14. Two bytes. */
export function encodeEmpty(
	type: typeof PacketType.Pingreq | typeof PacketType.Disconnect,
	into: Uint8Array,
	start: number,
	end: number,
): number {
	if (start + 2 > end) return -Status.NoRoom;
	into[start] = type << 4;
	into[start + 1] = 0;
	return 2;
}
