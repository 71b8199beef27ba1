import { describe, expect, test } from "@jest/globals";
import { BufferPool } from "../../../firmware/base/pool.ts";
import { Status } from "../../../firmware/base/status.ts";
import { PacketDecoder, Sender } from "../../../firmware/mqtt/decode.ts";
import { Packet, PacketType } from "../../../firmware/mqtt/packet.ts";
import { goldenPackets } from "../../golden/mqtt.ts";
import { copyOf, type Decoded, decodePieces } from "./decoded.ts";

const { Malformed, ProtocolError, PacketTooLarge } = Status;
const publish = (fields: Decoded): Decoded => ({
	type: PacketType.Publish,
	dup: false,
	retain: false,
	oversized: false,
	...fields,
});

const expected: Readonly<Record<string, Decoded>> = {
	"CONNACK, session present, figure 3.8": { type: 2, sessionPresent: true, returnCode: 0 },
	"CONNACK, not authorized, table 3.1": { type: 2, sessionPresent: false, returnCode: 5 },
	"PUBLISH of QoS 0, empty payload, §3.3": publish({
		packetId: 0,
		qos: 0,
		topicName: "a/b",
		payload: [],
	}),
	"PUBLISH of QoS 1, figure 3.11": publish({
		packetId: 10,
		qos: 1,
		topicName: "a/b",
		payload: [0x68, 0x69],
	}),
	"PUBLISH of QoS 2, DUP and RETAIN, topic in UTF-8, §3.3.1": publish({
		packetId: 65_535,
		qos: 2,
		dup: true,
		retain: true,
		topicName: "€",
		payload: [0],
	}),
	"PUBLISH with a remaining length of two bytes, table 2.4": publish({
		packetId: 0,
		qos: 0,
		topicName: "t",
		payload: new Array<number>(125).fill(7),
	}),
	"PUBACK, figure 3.13": { type: PacketType.Puback, packetId: 0x1234 },
	"PUBREC, figure 3.15": { type: PacketType.Pubrec, packetId: 1 },
	"PUBREL, figure 3.17": { type: PacketType.Pubrel, packetId: 1 },
	"PUBCOMP, figure 3.19": { type: PacketType.Pubcomp, packetId: 65_535 },
	"SUBACK, figure 3.27": { type: PacketType.Suback, packetId: 10, payload: [0, 2, 0x80] },
	"UNSUBACK, figure 3.32": { type: PacketType.Unsuback, packetId: 10 },
	"PINGRESP, figure 3.34": { type: PacketType.Pingresp, packetId: 0 },
	"PINGREQ, figure 3.33": { type: PacketType.Pingreq, packetId: 0 },
	"DISCONNECT, figure 3.35": { type: PacketType.Disconnect, packetId: 0 },
};

const fromServer = goldenPackets.filter(({ sender }) => sender !== "client");
const fromClient = goldenPackets.filter(({ sender }) => sender !== "server");

describe("golden packets", () => {
	test.each(fromServer)("$name", ({ name, bytes }) => {
		expect(decodePieces([Uint8Array.from(bytes)], Sender.Server)).toEqual([expected[name]]);
	});

	test.each(fromClient.filter(({ name }) => name in expected))(
		"to a broker: $name",
		({ name, bytes }) => {
			expect(decodePieces([Uint8Array.from(bytes)], Sender.Client)).toEqual([expected[name]]);
		},
	);

	test("a broker gets the rest of a CONNECT, SUBSCRIBE and UNSUBSCRIBE as payload", () => {
		for (const { name, bytes } of fromClient.filter(({ name }) => !(name in expected))) {
			const [packet] = decodePieces([Uint8Array.from(bytes)], Sender.Client) as Decoded[];
			const headerBytes = name.startsWith("CONNECT") ? 2 : 4;
			expect(packet!.payload).toEqual(bytes.slice(headerBytes));
			expect(packet!.packetId).toBe(name.startsWith("CONNECT") ? 0 : 10);
		}
	});
});

describe("pieces", () => {
	const stream = Uint8Array.from(fromServer.flatMap(({ bytes }) => bytes));
	const whole = decodePieces([stream], Sender.Server);

	test("every packet split at every byte gives the same packet", () => {
		for (const { bytes } of goldenPackets) {
			const packet = Uint8Array.from(bytes);
			for (const sender of [Sender.Server, Sender.Client]) {
				const atOnce = decodePieces([packet], sender);
				for (let cut = 0; cut <= packet.length; cut++) {
					const pieces = [packet.subarray(0, cut), packet.subarray(cut)];
					expect(decodePieces(pieces, sender)).toEqual(atOnce);
				}
			}
		}
	});

	test("a stream of all packets split at every two bytes gives the same packets", () => {
		expect(whole).toHaveLength(fromServer.length);
		for (let first = 0; first <= stream.length; first++) {
			for (let second = first; second <= stream.length; second += 7) {
				const pieces = [
					stream.subarray(0, first),
					stream.subarray(first, second),
					stream.subarray(second),
				];
				expect(decodePieces(pieces, Sender.Server)).toEqual(whole);
			}
		}
	});

	test("a stream in pieces of every size, one byte and up, gives the same packets", () => {
		for (let size = 1; size <= stream.length; size++) {
			const pieces: Uint8Array[] = [];
			for (let at = 0; at < stream.length; at += size) pieces.push(stream.subarray(at, at + size));
			expect(decodePieces(pieces, Sender.Server)).toEqual(whole);
		}
	});

	test("no prefix of a packet gives a packet or a failure", () => {
		for (const { bytes } of fromServer) {
			for (let length = 0; length < bytes.length; length++) {
				const prefix = Uint8Array.from(bytes.slice(0, length));
				expect(decodePieces([prefix], Sender.Server)).toEqual([]);
			}
		}
	});
});

describe("what is not allowed", () => {
	test.each<[string, number[], number]>([
		["packet type 0", [0x00, 0], Malformed],
		["packet type 15", [0xf0, 0], Malformed],
		["reserved flags of CONNACK [MQTT-2.2.2-2]", [0x21, 2, 0, 0], Malformed],
		["PUBREL without its flag [MQTT-3.6.1-1]", [0x60, 2, 0, 1], Malformed],
		["PUBACK with flags", [0x42, 2, 0, 1], Malformed],
		["a packet that only a client sends: CONNECT", [0x10, 0], ProtocolError],
		["a packet that only a client sends: SUBSCRIBE", [0x82, 0], ProtocolError],
		["a packet that only a client sends: UNSUBSCRIBE", [0xa2, 0], ProtocolError],
		["a packet that only a client sends: PINGREQ", [0xc0, 0], ProtocolError],
		["a packet that only a client sends: DISCONNECT", [0xe0, 0], ProtocolError],
		["a remaining length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80], Malformed],
		["PUBLISH of QoS 3 [MQTT-3.3.1-4]", [0x36, 5, 0, 1, 0x61, 0, 1], Malformed],
		["PUBLISH of QoS 0 with DUP [MQTT-3.3.1-2]", [0x38, 3, 0, 1, 0x61], Malformed],
		["PUBLISH without a topic length", [0x30, 1, 0], Malformed],
		["PUBLISH with a topic past its end", [0x30, 4, 0, 3, 0x61, 0x62], Malformed],
		["PUBLISH without room for its packet identifier", [0x32, 4, 0, 1, 0x61, 0], Malformed],
		["PUBLISH with packet identifier 0 [MQTT-2.3.1-1]", [0x32, 5, 0, 1, 0x61, 0, 0], Malformed],
		["PUBLISH with an empty topic [MQTT-4.7.3-1]", [0x30, 2, 0, 0], Malformed],
		["PUBLISH with a wildcard [MQTT-3.3.2-2]", [0x30, 3, 0, 1, 0x23], Malformed],
		["PUBLISH with U+0000 [MQTT-1.5.3-2]", [0x30, 3, 0, 1, 0], Malformed],
		["PUBLISH with a topic not in UTF-8 [MQTT-1.5.3-1]", [0x30, 3, 0, 1, 0xff], Malformed],
		["PUBACK of one byte", [0x40, 1, 0], Malformed],
		["PUBACK of three bytes", [0x40, 3, 0, 1, 0], Malformed],
		["PUBACK with packet identifier 0", [0x40, 2, 0, 0], Malformed],
		["UNSUBACK of no byte", [0xb0, 0], Malformed],
		["SUBACK without a return code", [0x90, 2, 0, 1], Malformed],
		["SUBACK with a reserved return code [MQTT-3.9.3-2]", [0x90, 3, 0, 1, 3], Malformed],
		["PINGRESP with a payload", [0xd0, 1, 0], Malformed],
		["CONNACK of one byte", [0x20, 1, 0], Malformed],
		["CONNACK with reserved acknowledge flags", [0x20, 2, 2, 0], Malformed],
		["CONNACK with a reserved return code", [0x20, 2, 0, 6], Malformed],
		["CONNACK that refuses and has a session [MQTT-3.2.2-4]", [0x20, 2, 1, 5], Malformed],
		["SUBACK larger than the buffer", [0x90, 0xff, 0x7f], PacketTooLarge],
	])("%s", (_name, bytes, status) => {
		const good = [0xd0, 0];
		const stream = Uint8Array.from([...good, ...bytes, ...good]);
		const failure = [{ type: PacketType.Pingresp, packetId: 0 }, -status];
		expect(decodePieces([stream], Sender.Server)).toEqual(failure);
		for (let cut = 1; cut < stream.length; cut++) {
			const pieces = [stream.subarray(0, cut), stream.subarray(cut)];
			expect(decodePieces(pieces, Sender.Server)).toEqual(failure);
		}
	});

	test("a failure stays until reset, which forgets it", () => {
		const decoder = new PacketDecoder(new BufferPool(64, 1), Sender.Server);
		const packet = new Packet();
		decoder.push(Uint8Array.from([0x00]), 0, 1);
		expect(decoder.next(packet)).toBe(-Malformed);
		decoder.push(Uint8Array.from([0xd0, 0]), 0, 2);
		expect(decoder.next(packet)).toBe(-Malformed);
		decoder.reset();
		decoder.push(Uint8Array.from([0xd0, 0]), 0, 2);
		expect(decoder.next(packet)).toBe(PacketType.Pingresp);
		decoder.push(Uint8Array.from([0x30, 9, 0]), 0, 3);
		expect(decoder.next(packet)).toBe(0);
		decoder.reset();
		decoder.push(Uint8Array.from([0xd0, 0]), 0, 2);
		expect(decoder.next(packet)).toBe(PacketType.Pingresp);
	});
});

describe("a PUBLISH larger than the buffer", () => {
	const capacity = 32;
	const large = (payloadLength: number): Uint8Array =>
		Uint8Array.from([
			...[0x32, ((9 + payloadLength) & 0x7f) | 0x80, (9 + payloadLength) >> 7],
			...[0, 5, 0x74, 0x6f, 0x70, 0x69, 0x63, 0, 7],
			...new Array<number>(payloadLength).fill(1),
		]);

	test("is given out marked, in whatever pieces, and the next packet follows", () => {
		const after = Uint8Array.from([0xd0, 0]);
		const stream = Uint8Array.from([...large(200), ...after]);
		const marked = publish({
			packetId: 7,
			qos: 1,
			topicName: "topic",
			oversized: true,
			payload: new Array<number>(capacity - 12).fill(1),
		});
		for (let cut = 0; cut <= stream.length; cut++) {
			const pieces = [stream.subarray(0, cut), stream.subarray(cut)];
			expect(decodePieces(pieces, Sender.Server, capacity)).toEqual([
				marked,
				{ type: PacketType.Pingresp, packetId: 0 },
			]);
		}
	});

	test("is not marked when it just fits", () => {
		const fits = Uint8Array.from([0x30, 30, 0, 1, 0x74, ...new Array<number>(27).fill(1)]);
		const [packet] = decodePieces([fits], Sender.Server, capacity) as Decoded[];
		expect(packet!.oversized).toBe(false);
	});

	test("ends the stream when not even its header fits", () => {
		const bytes = Uint8Array.from([0x32, 60, 0, 40, ...new Array<number>(58).fill(0x61)]);
		expect(decodePieces([bytes], Sender.Server, capacity)).toEqual([-PacketTooLarge]);
	});
});

test("a packet lies where it was pushed, without a copy, when it comes whole", () => {
	const decoder = new PacketDecoder(new BufferPool(64, 1), Sender.Server);
	const packet = new Packet();
	const bytes = Uint8Array.from(goldenPackets.find(({ name }) => name.includes("3.11"))!.bytes);
	decoder.push(bytes, 0, bytes.length);
	expect(decoder.next(packet)).toBe(PacketType.Publish);
	expect(packet.bytes).toBe(bytes);
	expect(copyOf(packet).payload).toEqual([0x68, 0x69]);
});
