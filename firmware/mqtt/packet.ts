import { readUtf8 } from "../base/bytes.ts";

/** Control packet types; MQTT 3.1.1, table 2.1. */
export const PacketType = Object.freeze({
	Connect: 1,
	Connack: 2,
	Publish: 3,
	Puback: 4,
	Pubrec: 5,
	Pubrel: 6,
	Pubcomp: 7,
	Subscribe: 8,
	Suback: 9,
	Unsubscribe: 10,
	Unsuback: 11,
	Pingreq: 12,
	Pingresp: 13,
	Disconnect: 14,
} as const);

export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** Levels of quality of service; MQTT 3.1.1 §4.3. */
export type Qos = 0 | 1 | 2;

declare const packetIdBrand: unique symbol;

/** 1..65,535; MQTT 3.1.1 §2.3.1. */
export type PacketId = number & { readonly [packetIdBrand]: true };

/** Return code of SUBACK for a filter that was refused; MQTT 3.1.1 §3.9.3. */
export const subscribeFailure = 0x80;

/**
 * Bits 3-0 that the first byte of each packet type must have [MQTT-2.2.2-1], by type. PUBLISH uses
 * them as flags, so its entry is not a rule.
 */
export const reservedFlags: readonly number[] = Object.freeze([
	0, 0, 0, 0, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0,
]);

const emptyBytes = new Uint8Array(0);

/**
 * One decoded control packet. An instance is reused for packet after packet: it points into the
 * buffer it was decoded from and holds until that buffer changes.
 */
export class Packet {
	type: PacketType = PacketType.Pingresp;
	/** PUBLISH. */
	dup = false;
	/** PUBLISH. */
	qos: Qos = 0;
	/** PUBLISH. */
	retain = false;
	/** CONNACK. */
	sessionPresent = false;
	/** CONNACK: 0..5. */
	returnCode = 0;
	/** 1..65,535, or 0 in a packet without one. */
	packetId = 0;
	/** Where the ranges below are. */
	bytes: Uint8Array = emptyBytes;
	/** PUBLISH: first byte of the topic name. */
	topicStart = 0;
	topicEnd = 0;
	/**
	 * What follows the variable header: application message of a PUBLISH, return codes of a SUBACK;
	 * of a CONNECT everything after the fixed header.
	 */
	payloadStart = 0;
	payloadEnd = 0;
	/** A PUBLISH larger than the decoder's buffer: the end of its payload was skipped. */
	oversized = false;

	/** The topic name of a PUBLISH as text; the decoder has seen that it is UTF-8. */
	get topicName(): string {
		return readUtf8(this.bytes, this.topicStart, this.topicEnd) ?? "";
	}
}
