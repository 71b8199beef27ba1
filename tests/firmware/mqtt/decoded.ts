import { BufferPool } from "../../../firmware/base/pool.ts";
import { PacketDecoder, type Sender } from "../../../firmware/mqtt/decode.ts";
import { Packet, PacketType } from "../../../firmware/mqtt/packet.ts";

/** What one call of a decoder has given, as plain values that can be compared. */
export type Decoded = Readonly<Record<string, unknown>>;

/** Copies a packet out of the decoder's view, with the fields that its type has. */
export function copyOf(packet: Packet): Decoded {
	const payload = [...packet.bytes.subarray(packet.payloadStart, packet.payloadEnd)];
	const { type, packetId } = packet;
	switch (type) {
		case PacketType.Publish: {
			const { dup, qos, retain, topicName, oversized } = packet;
			return { type, packetId, dup, qos, retain, topicName, oversized, payload };
		}
		case PacketType.Connack:
			return { type, sessionPresent: packet.sessionPresent, returnCode: packet.returnCode };
		case PacketType.Connect:
		case PacketType.Suback:
		case PacketType.Subscribe:
		case PacketType.Unsubscribe:
			return { type, packetId, payload };
		default:
			return { type, packetId };
	}
}

/** Pushes pieces one after the other; gives all packets and, last, the failure if there was one. */
export function decodePieces(
	pieces: readonly Uint8Array[],
	sender: Sender,
	capacity = 512,
): (Decoded | number)[] {
	const decoder = new PacketDecoder(new BufferPool(capacity, 1), sender);
	const packet = new Packet();
	const results: (Decoded | number)[] = [];
	for (const piece of pieces) {
		// A copy with a margin on both sides: a look past the end would meet these bytes.
		const lent = new Uint8Array(piece.length + 8).fill(0xd0);
		lent.set(piece, 4);
		decoder.push(lent, 4, 4 + piece.length);
		for (let type = decoder.next(packet); type !== 0; type = decoder.next(packet)) {
			if (type < 0) return [...results, type];
			results.push(copyOf(packet));
		}
		lent.fill(0xee);
	}
	return results;
}
