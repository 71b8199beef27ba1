import { assert } from "../base/assert.ts";
import type { BufferPool } from "../base/pool.ts";
import { Status } from "../base/status.ts";
import { fixedHeaderBytes } from "./buffers.ts";
import { type Packet, PacketType, type Qos, reservedFlags } from "./packet.ts";
import { checkTopicName } from "./topic.ts";

/** Who sends the packets: a bit for each packet type that it may send; MQTT 3.1.1 table 2.1. */
export const Sender = Object.freeze({
	Server: 0b0010_1010_1111_1100,
	Client: 0b0101_0101_1111_1010,
} as const);

export type Sender = (typeof Sender)[keyof typeof Sender];

const nothing = new Uint8Array(0);

function readUint16(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!;
}

/**
 * Cuts a stream of bytes into control packets, whatever pieces it comes in, within one buffer.
 *
 * A packet that lies whole in the pushed bytes is decoded where it lies; only one that comes in
 * pieces is copied, and only for that time the decoder has a buffer. Anything malformed ends the stream: from then on `next` returns the same
 * failure until `reset`. Never throws, never reads past the pushed bytes. Allocates: nothing.
 *
 * A PUBLISH larger than the buffer is given out, marked `oversized`, with the part of its payload
 * that was kept: without its packet identifier nobody could rid the broker of it, and it would
 * come again in each connection. Any other packet of that size ends the stream.
 */
export class PacketDecoder {
	readonly #sender: Sender;
	readonly #pool: BufferPool;
	/** The packet that comes in pieces, and after its last piece until the next call. */
	#buffer: Uint8Array | undefined;
	/** Bytes of that packet that have come, the skipped ones included. */
	#gathered = 0;
	/** Bytes of that packet, or 0 while its fixed header is not complete. */
	#size = 0;
	#bytes: Uint8Array = nothing;
	#at = 0;
	#end = 0;
	#failure = 0;

	/**
	 * @param pool    its buffers are as long as the largest packet that is taken whole, fixed header
	 *   included, 5 bytes or more
	 * @param sender  who sends; a packet type that it may not send is a protocol error
	 */
	constructor(pool: BufferPool, sender: Sender) {
		assert(pool.size >= fixedHeaderBytes, "a buffer for a fixed header");
		this.#sender = sender;
		this.#pool = pool;
	}

	/** Whether a packet has begun and not ended. */
	get isWithin(): boolean {
		return this.#gathered > 0;
	}

	/** Forgets everything, for a new stream, and has no buffer until then. */
	reset(): void {
		this.#giveBack();
		this.#bytes = nothing;
		this.#gathered = 0;
		this.#size = 0;
		this.#at = 0;
		this.#end = 0;
		this.#failure = 0;
	}

	/**
	 * Lends the bytes from `start` up to `end`. They must not change until `next` has returned 0 or
	 * less; before that nothing more may be pushed.
	 */
	push(bytes: Uint8Array, start: number, end: number): void {
		this.#bytes = bytes;
		this.#at = start;
		this.#end = end;
	}

	/**
	 * Decodes the next packet.
	 *
	 * @param packet  filled; it points into the pushed bytes or into the decoder's buffer, and holds
	 *   until the next call
	 * @returns its type, 0 when more bytes are needed, or -Status.Malformed, -Status.ProtocolError
	 *   or -Status.PacketTooLarge
	 */
	next(packet: Packet): number {
		if (this.#failure !== 0) return this.#failure;
		if (this.#gathered === 0) this.#giveBack();
		let result = this.#gathered === 0 ? this.#take(packet) : 0;
		if (result === 0 && this.#at < this.#end) result = this.#gather(packet);
		if (result < 0) this.#failure = result;
		return result;
	}

	/** A packet that lies whole in the pushed bytes. */
	#take(packet: Packet): number {
		const start = this.#at;
		const size = this.#measure(this.#bytes, start, this.#end);
		if (size < 0) return size;
		if (size === 0 || size > this.#pool.size || start + size > this.#end) return 0;
		this.#at = start + size;
		return decodePacket(this.#bytes, start, start + size, start + size, packet);
	}

	/** A packet that comes in pieces, or is too large. */
	#gather(packet: Packet): number {
		this.#buffer ??= this.#pool.take();
		const buffer = this.#buffer;
		while (this.#at < this.#end) {
			if (this.#size === 0) {
				buffer[this.#gathered++] = this.#bytes[this.#at++]!;
				const size = this.#measure(buffer, 0, this.#gathered);
				if (size < 0) return size;
				this.#size = size;
			} else {
				const count = Math.min(this.#size - this.#gathered, this.#end - this.#at);
				const kept = Math.min(count, buffer.length - this.#gathered);
				for (let index = 0; index < kept; index++) {
					buffer[this.#gathered + index] = this.#bytes[this.#at + index]!;
				}
				this.#gathered += count;
				this.#at += count;
			}
			if (this.#gathered === this.#size) {
				const size = this.#size;
				this.#gathered = 0;
				this.#size = 0;
				return decodePacket(buffer, 0, size, Math.min(size, buffer.length), packet);
			}
		}
		return 0;
	}

	#giveBack(): void {
		if (this.#buffer === undefined) return;
		this.#pool.give(this.#buffer);
		this.#buffer = undefined;
	}

	/** Bytes of the packet at `start`, 0 while they cannot be known, or a negated Status. */
	#measure(bytes: Uint8Array, start: number, end: number): number {
		if (start >= end) return 0;
		const firstByte = bytes[start]!;
		const type = firstByte >> 4;
		if (type === 0 || type === 15) return -Status.Malformed;
		if (type !== PacketType.Publish && (firstByte & 0x0f) !== reservedFlags[type]) {
			return -Status.Malformed; // [MQTT-2.2.2-2]
		}
		if (((this.#sender >> type) & 1) === 0) return -Status.ProtocolError;
		let remaining = 0;
		for (let index = 0; index < 4; index++) {
			const at = start + 1 + index;
			if (at >= end) return 0;
			remaining |= (bytes[at]! & 0x7f) << (7 * index);
			if (bytes[at]! < 0x80) {
				const size = 2 + index + remaining;
				const fits = size <= this.#pool.size || type === PacketType.Publish;
				return fits ? size : -Status.PacketTooLarge;
			}
		}
		return -Status.Malformed;
	}
}

/**
 * Decodes one packet whose first byte and remaining length have been checked.
 *
 * @param end   where the packet ends by its remaining length
 * @param kept  where the bytes of it end that are there; less than `end` in an oversized PUBLISH
 */
function decodePacket(
	bytes: Uint8Array,
	start: number,
	end: number,
	kept: number,
	packet: Packet,
): number {
	let at = start + 1;
	while (bytes[at]! >= 0x80) at += 1;
	at += 1;
	const type = (bytes[start]! >> 4) as PacketType;
	packet.type = type;
	packet.bytes = bytes;
	packet.packetId = 0;
	packet.payloadStart = at;
	packet.payloadEnd = end;
	packet.oversized = false;
	switch (type) {
		case PacketType.Publish:
			return decodePublish(bytes, start, at, end, kept, packet);
		case PacketType.Puback:
		case PacketType.Pubrec:
		case PacketType.Pubrel:
		case PacketType.Pubcomp:
		case PacketType.Unsuback:
			return end - at === 2 ? decodePacketId(packet) : -Status.Malformed;
		case PacketType.Suback:
			return end - at >= 3 ? decodeSuback(packet) : -Status.Malformed;
		case PacketType.Connack:
			return end - at === 2 ? decodeConnack(packet) : -Status.Malformed;
		case PacketType.Subscribe:
		case PacketType.Unsubscribe:
			return end - at >= 3 ? decodePacketId(packet) : -Status.Malformed;
		case PacketType.Connect:
			return type;
		default:
			return end === at ? type : -Status.Malformed;
	}
}

/** MQTT 3.1.1 §3.3. */
function decodePublish(
	bytes: Uint8Array,
	start: number,
	headerEnd: number,
	end: number,
	kept: number,
	packet: Packet,
): number {
	const flags = bytes[start]!;
	const qos = (flags >> 1) & 0x03;
	const dup = (flags & 0x08) !== 0;
	if (qos === 3) return -Status.Malformed; // [MQTT-3.3.1-4]
	if (qos === 0 && dup) return -Status.Malformed; // [MQTT-3.3.1-2]
	if (headerEnd + 2 > end) return -Status.Malformed;
	const topicStart = headerEnd + 2;
	const topicEnd = topicStart + readUint16(bytes, headerEnd);
	const payloadStart = topicEnd + (qos > 0 ? 2 : 0);
	if (payloadStart > end) return -Status.Malformed;
	if (payloadStart > kept) return -Status.PacketTooLarge;
	if (checkTopicName(bytes, topicStart, topicEnd) !== Status.Ok) return -Status.Malformed;
	if (qos > 0) {
		packet.packetId = readUint16(bytes, topicEnd);
		if (packet.packetId === 0) return -Status.Malformed; // [MQTT-2.3.1-1]
	}
	packet.dup = dup;
	packet.qos = qos as Qos;
	packet.retain = (flags & 0x01) !== 0;
	packet.topicStart = topicStart;
	packet.topicEnd = topicEnd;
	packet.payloadStart = payloadStart;
	packet.payloadEnd = kept;
	packet.oversized = kept < end;
	return packet.type;
}

/** The packet identifier that begins the variable header; what follows it is the payload. */
function decodePacketId(packet: Packet): number {
	packet.packetId = readUint16(packet.bytes, packet.payloadStart);
	packet.payloadStart += 2;
	return packet.packetId === 0 ? -Status.Malformed : packet.type; // [MQTT-2.3.1-1]
}

/** MQTT 3.1.1 §3.9; return codes other than 0, 1, 2 and 0x80 are reserved [MQTT-3.9.3-2]. */
function decodeSuback(packet: Packet): number {
	const type = decodePacketId(packet);
	for (let at = packet.payloadStart; at < packet.payloadEnd; at++) {
		const code = packet.bytes[at]!;
		if (code > 2 && code !== 0x80) return -Status.Malformed;
	}
	return type;
}

/** MQTT 3.1.1 §3.2. */
function decodeConnack(packet: Packet): number {
	const flags = packet.bytes[packet.payloadStart]!;
	const returnCode = packet.bytes[packet.payloadStart + 1]!;
	if (flags > 1 || returnCode > 5) return -Status.Malformed;
	if (flags === 1 && returnCode !== 0) return -Status.Malformed; // [MQTT-3.2.2-4]
	packet.sessionPresent = flags === 1;
	packet.returnCode = returnCode;
	return packet.type;
}
