import { describe, test } from "@jest/globals";
import fc from "fast-check";
import type { Packet as Witnessed } from "mqtt-packet";
import { BufferPool } from "../../firmware/base/pool.ts";
import { PacketDecoder, Sender } from "../../firmware/mqtt/decode.ts";
import {
	encodeAck,
	encodeConnect,
	encodeEmpty,
	encodePublish,
	encodeSubscribe,
	encodeUnsubscribe,
} from "../../firmware/mqtt/encode.ts";
import { Packet, PacketType, type Qos } from "../../firmware/mqtt/packet.ts";
import {
	type ConnectRequest,
	connack,
	pingresp,
	readConnect,
	readSubscribe,
	readUnsubscribe,
	suback,
	unsuback,
} from "../../simulator/broker/wire.ts";
import { readWitnessed, witness } from "../firmware/mqtt/packets.ts";

/** Cases of each property; together more than 100,000. */
const numRuns = 12_500;

const seed = Number(process.env.SEED ?? 20_260_801);
console.log(`seed ${seed}: set SEED for another one`);

const capacity = 4_096;
const buffer = new Uint8Array(capacity);

const packetId = fc.integer({ min: 1, max: 65_535 });
const qos = fc.constantFrom<Qos>(0, 1, 2);
const text = fc.string({ unit: "binary", maxLength: 40 });
const someText = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
const topicName = someText.filter((text) => !/[+#\0]/.test(text));
const topicFilter = fc
	.array(
		fc.oneof(
			text.map((level) => level.replace(/[+#\0/]/g, "_")),
			fc.constant("+"),
		),
		{ minLength: 1, maxLength: 5 },
	)
	.chain((levels) => fc.boolean().map((open) => [...levels, ...(open ? ["#"] : [])].join("/")))
	.filter((filter) => filter.length > 0);
/** Mostly around the length at which the remaining length takes a second byte. */
const payload = fc.oneof(
	fc.uint8Array({ maxLength: 20 }),
	fc.uint8Array({ minLength: 100, maxLength: 140 }),
);
const filters = fc.array(topicFilter, { minLength: 1, maxLength: 8 });
const ackType = fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp");

const publish = fc.record({
	topic: topicName,
	payload,
	qos,
	retain: fc.boolean(),
	dup: fc.boolean(),
	messageId: packetId,
});

const connect = fc.record({
	clientId: someText,
	keepalive: fc.integer({ min: 0, max: 65_535 }),
	clean: fc.boolean(),
	will: fc.option(fc.record({ topic: topicName, payload, qos, retain: fc.boolean() }), {
		nil: undefined,
	}),
	// The witness takes an empty user name for none.
	username: fc.option(someText, { nil: undefined }),
	password: fc.option(fc.uint8Array({ minLength: 1, maxLength: 20 }), { nil: undefined }),
});

function publishOf({ qos, dup, messageId, payload, ...rest }: PublishFields): Witnessed {
	const fields = { cmd: "publish", ...rest, payload: Buffer.from(payload) } as const;
	return qos === 0 ? { ...fields, qos, dup: false } : { ...fields, qos, dup, messageId };
}

type PublishFields = typeof publish extends fc.Arbitrary<infer Fields> ? Fields : never;
type ConnectFields = typeof connect extends fc.Arbitrary<infer Fields> ? Fields : never;

function connectOf({ will, username, password, ...rest }: ConnectFields): Witnessed {
	return {
		cmd: "connect",
		protocolVersion: 4,
		...rest,
		...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
		...(username !== undefined && { username }),
		...(username !== undefined && password && { password: Buffer.from(password) }),
	};
}

function same(what: string, ours: unknown, theirs: unknown): void {
	const [left, right] = [JSON.stringify(ours), JSON.stringify(theirs)];
	if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}

/** Our bytes, in the buffer up to `length`, are those of the witness. */
function sameBytes(length: number, packet: Witnessed): void {
	const theirs = witness(packet);
	if (length < 0 || Buffer.compare(buffer.subarray(0, length), theirs) !== 0) {
		same(
			"bytes",
			Buffer.from(buffer.subarray(0, Math.max(0, length))).toString("hex"),
			Buffer.from(theirs).toString("hex"),
		);
	}
}

const decoders = {
	[Sender.Server]: new PacketDecoder(new BufferPool(capacity, 1), Sender.Server),
	[Sender.Client]: new PacketDecoder(new BufferPool(capacity, 1), Sender.Client),
};
const decoded = new Packet();

/** Decodes bytes that come in two pieces, cut where `cut` says. */
function decode(bytes: Uint8Array, cut: number, sender: Sender): Packet {
	const decoder = decoders[sender];
	const middle = cut % (bytes.length + 1);
	decoder.push(bytes, 0, middle);
	let type = decoder.next(decoded);
	if (type === 0) {
		decoder.push(bytes, middle, bytes.length);
		type = decoder.next(decoded);
	}
	if (type <= 0) throw new Error(`decoder: ${type}`);
	return decoded;
}

function samePublish(packet: Packet, fields: PublishFields): void {
	const { topicName, qos, retain, dup, packetId } = packet;
	const { topic, messageId } = fields;
	const theirs = [
		topic,
		fields.qos,
		fields.retain,
		fields.qos > 0 && fields.dup,
		fields.qos > 0 ? messageId : 0,
	];
	same("publish", [topicName, qos, retain, dup, packetId], theirs);
	const payload = packet.bytes.subarray(packet.payloadStart, packet.payloadEnd);
	if (Buffer.compare(payload, fields.payload) !== 0) throw new Error("payload");
}

const cut = fc.nat(300);
const options = { numRuns, seed };
const { Puback, Pubrec, Pubrel, Pubcomp } = PacketType;
const ackTypes = { puback: Puback, pubrec: Pubrec, pubrel: Pubrel, pubcomp: Pubcomp } as const;

describe("with mqtt-packet as the witness", () => {
	test("CONNECT: our bytes are its bytes, and a broker reads what was meant", () => {
		fc.assert(
			fc.property(connect, cut, (fields, cut) => {
				const { clientId, keepalive, clean, will, username } = fields;
				const password = username === undefined ? undefined : fields.password;
				const length = encodeConnect(
					{
						clientId,
						keepAlive: keepalive,
						cleanSession: clean,
						will: will && { ...will, topicName: will.topic },
						userName: username,
						password,
					},
					buffer,
					0,
					capacity,
				);
				sameBytes(length, connectOf(fields));
				const request = readConnect(
					decode(buffer.slice(0, length), cut, Sender.Client),
				) as ConnectRequest;
				same(
					"connect",
					[
						request.clientId,
						request.keepAlive,
						request.cleanSession,
						request.userName,
						request.password,
					],
					[clientId, keepalive, clean, username, password],
				);
				same(
					"will",
					request.will,
					will && {
						topicName: will.topic,
						payload: will.payload,
						qos: will.qos,
						retain: will.retain,
					},
				);
			}),
			options,
		);
	});

	test("PUBLISH: our bytes are its bytes", () => {
		fc.assert(
			fc.property(publish, (fields) => {
				const { topic, payload, qos, retain, dup, messageId } = fields;
				const length = encodePublish(
					topic,
					payload,
					payload.length,
					qos,
					retain,
					qos > 0 && dup,
					messageId,
					buffer,
					0,
					capacity,
				);
				sameBytes(length, publishOf(fields));
			}),
			options,
		);
	});

	test("PUBLISH: we read what it has written, in any two pieces, from either side", () => {
		fc.assert(
			fc.property(publish, cut, fc.boolean(), (fields, cut, fromServer) => {
				const bytes = witness(publishOf(fields));
				samePublish(decode(bytes, cut, fromServer ? Sender.Server : Sender.Client), fields);
			}),
			options,
		);
	});

	test("PUBLISH: it reads what we have written", () => {
		fc.assert(
			fc.property(publish, (fields) => {
				const { topic, payload, qos, retain, dup, messageId } = fields;
				const isDup = qos > 0 && dup;
				const length = encodePublish(
					topic,
					payload,
					payload.length,
					qos,
					retain,
					isDup,
					messageId,
					buffer,
					0,
					capacity,
				);
				const [packet] = readWitnessed(buffer.slice(0, length)) as [Witnessed & PublishFields];
				same(
					"publish",
					[packet.topic, packet.qos, packet.retain, packet.dup, packet.messageId ?? 0],
					[topic, qos, retain, isDup, qos > 0 ? messageId : 0],
				);
				if (Buffer.compare(packet.payload, payload) !== 0) throw new Error("payload");
			}),
			options,
		);
	});

	test("PUBACK, PUBREC, PUBREL, PUBCOMP, PINGREQ, DISCONNECT: both ways", () => {
		fc.assert(
			fc.property(ackType, packetId, cut, fc.boolean(), (cmd, messageId, cut, fromServer) => {
				const packet = { cmd, messageId } as Witnessed;
				sameBytes(encodeAck(ackTypes[cmd], messageId, buffer, 0, capacity), packet);
				const sender = fromServer ? Sender.Server : Sender.Client;
				const ours = decode(witness(packet), cut, sender);
				same("acknowledgement", [ours.type, ours.packetId], [ackTypes[cmd], messageId]);
			}),
			options,
		);
		sameBytes(encodeEmpty(PacketType.Pingreq, buffer, 0, capacity), { cmd: "pingreq" });
		sameBytes(encodeEmpty(PacketType.Disconnect, buffer, 0, capacity), { cmd: "disconnect" });
	});

	test("SUBSCRIBE: our bytes are its bytes, and a broker reads what was meant", () => {
		fc.assert(
			fc.property(filters, qos, packetId, cut, (filters, qos, messageId, cut) => {
				const length = encodeSubscribe(filters, qos, messageId, buffer, 0, capacity);
				const subscriptions = filters.map((topic) => ({ topic, qos }));
				sameBytes(length, { cmd: "subscribe", messageId, subscriptions });
				const packet = decode(buffer.slice(0, length), cut, Sender.Client);
				same(
					"filters",
					readSubscribe(packet),
					filters.map((filter) => ({ filter, qos })),
				);
				same("identifier", packet.packetId, messageId);
			}),
			options,
		);
	});

	test("UNSUBSCRIBE: our bytes are its bytes, and a broker reads what was meant", () => {
		fc.assert(
			fc.property(filters, packetId, cut, (filters, messageId, cut) => {
				const length = encodeUnsubscribe(filters, messageId, buffer, 0, capacity);
				sameBytes(length, { cmd: "unsubscribe", messageId, unsubscriptions: filters });
				const packet = decode(buffer.slice(0, length), cut, Sender.Client);
				same("filters", readUnsubscribe(packet), filters);
				same("identifier", packet.packetId, messageId);
			}),
			options,
		);
	});

	test("CONNACK, SUBACK, UNSUBACK, PINGRESP: both ways", () => {
		const granted = fc.array(fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 150 });
		const returnCode = fc.integer({ min: 0, max: 5 });
		fc.assert(
			fc.property(
				granted,
				packetId,
				returnCode,
				fc.boolean(),
				cut,
				(granted, messageId, returnCode, present, cut) => {
					const packets: [Witnessed, Uint8Array][] = [
						[{ cmd: "suback", messageId, granted }, suback(messageId, granted)],
						[{ cmd: "unsuback", messageId, granted: [] }, unsuback(messageId)],
						[{ cmd: "pingresp" }, pingresp()],
						[
							{ cmd: "connack", returnCode, sessionPresent: present && returnCode === 0 },
							connack(returnCode, present),
						],
					];
					for (const [packet, ours] of packets) {
						buffer.set(ours);
						sameBytes(ours.length, packet);
					}
					const [sub, unsub, ping, con] = packets.map(([, bytes]) => bytes) as [
						Uint8Array,
						Uint8Array,
						Uint8Array,
						Uint8Array,
					];
					const codes = decode(sub, cut, Sender.Server);
					same("codes", [...codes.bytes.subarray(codes.payloadStart, codes.payloadEnd)], granted);
					same(
						"identifier",
						[codes.packetId, decode(unsub, cut, Sender.Server).packetId],
						[messageId, messageId],
					);
					same("ping", decode(ping, cut, Sender.Server).type, PacketType.Pingresp);
					const accepted = decode(con, cut, Sender.Server);
					same(
						"connack",
						[accepted.returnCode, accepted.sessionPresent],
						[returnCode, present && returnCode === 0],
					);
				},
			),
			options,
		);
	});
});
