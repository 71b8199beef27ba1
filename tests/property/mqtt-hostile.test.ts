import { describe, expect, test } from "@jest/globals";
import { BufferPool } from "../../firmware/base/pool.ts";
import { SessionBuffers } from "../../firmware/mqtt/buffers.ts";
import { PacketDecoder, Sender } from "../../firmware/mqtt/decode.ts";
import { Packet, PacketType } from "../../firmware/mqtt/packet.ts";
import { SessionState } from "../../firmware/mqtt/session.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { at, SessionBench } from "../firmware/mqtt/bench.ts";
import { decodePieces } from "../firmware/mqtt/decoded.ts";
import { readWitnessed } from "../firmware/mqtt/packets.ts";
import { goldenPackets } from "../golden/mqtt.ts";

/** Hostile inputs of each test; together more than 1,000,000. */
const decoderCases = 1_000_000;
const witnessCases = 40_000;
const sessionCases = 100_000;

const seed = process.env.SEED ?? "20260801";
console.log(`seed ${seed}: set SEED for another one`);

const short = goldenPackets.filter(({ bytes }) => bytes.length < 60);
/** Bytes that mean something somewhere. */
const telling = [
	0, 1, 2, 3, 4, 0x10, 0x20, 0x30, 0x32, 0x34, 0x36, 0x40, 0x62, 0x7f, 0x80, 0x90, 0xd0, 0xff,
];
const longest = 256;

/** Writes hostile bytes and gives their number: good packets that were damaged, or plain noise. */
function fill(into: Uint8Array, random: RandomStream): number {
	if (random.below(8) === 0) {
		const length = random.below(40);
		for (let index = 0; index < length; index++) into[index] = random.below(256);
		return length;
	}
	let length = 0;
	for (let count = 1 + random.below(3); count > 0; count--) {
		for (const byte of short[random.below(short.length)]!.bytes) into[length++] = byte;
	}
	for (let count = random.below(4); count > 0; count--) length = damage(into, length, random);
	return length;
}

function damage(into: Uint8Array, length: number, random: RandomStream): number {
	const place = random.below(length + 1);
	switch (random.below(5)) {
		case 0:
			into[place] = into[place]! ^ (1 << random.below(8));
			return length;
		case 1:
			into[place] = telling[random.below(telling.length)]!;
			return length;
		case 2:
			into.copyWithin(place + 1, place, length);
			into[place] = telling[random.below(telling.length)]!;
			return Math.min(length + 1, longest);
		case 3:
			into.copyWithin(place, place + 1, length);
			return Math.max(length - 1, 0);
		default:
			return place;
	}
}

/** Whether a packet says only what bytes that are there can say. */
function check(packet: Packet, type: number): void {
	const { bytes, topicStart, topicEnd, payloadStart, payloadEnd, packetId } = packet;
	const isInside = payloadStart >= 0 && payloadStart <= payloadEnd && payloadEnd <= bytes.length;
	if (!isInside || packet.type !== type) throw new Error(`payload ${payloadStart}..${payloadEnd}`);
	if (packetId < 0 || packetId > 65_535) throw new Error(`identifier ${packetId}`);
	if (type !== PacketType.Publish) return;
	if (topicStart >= topicEnd || topicEnd > payloadStart) throw new Error("topic");
	if (packet.qos > 0 !== packetId > 0) throw new Error("identifier and QoS");
}

describe("hostile bytes", () => {
	test("1,000,000 inputs: the decoder never throws, and what it gives out lies within what it got", () => {
		const random = new RandomStream(seed).child("decoder");
		const bytes = new Uint8Array(longest + 8);
		const packet = new Packet();
		const senders = [Sender.Server, Sender.Client];
		const decoders = senders.map((sender) => new PacketDecoder(new BufferPool(64, 1), sender));
		const outcomes = { packets: 0, failures: 0, waiting: 0 };
		for (let count = 0; count < decoderCases; count++) {
			const length = fill(bytes, random);
			const decoder = decoders[count & 1]!;
			decoder.reset();
			const cut = random.below(length + 1);
			let type = 0;
			for (const [start, end] of [
				[0, cut],
				[cut, length],
			] as const) {
				decoder.push(bytes, start, end);
				// Every packet takes two bytes or more.
				for (let turn = 0; turn <= length / 2 + 1; turn++) {
					type = decoder.next(packet);
					if (type <= 0) break;
					check(packet, type);
					outcomes.packets += 1;
				}
				if (type > 0) throw new Error("more packets than bytes");
				if (type < 0) break;
			}
			if (type < 0 && decoder.next(packet) !== type) throw new Error("a failure that went away");
			if (type < 0) outcomes.failures += 1;
			else outcomes.waiting += 1;
		}
		console.log(JSON.stringify(outcomes));
		// Noise alone would test the first byte and nothing behind it.
		for (const times of Object.values(outcomes)) expect(times).toBeGreaterThan(decoderCases / 10);
	});

	test("pieces make no difference, and what we accept mqtt-packet reads the same", () => {
		const random = new RandomStream(seed).child("witness");
		const bytes = new Uint8Array(longest + 8);
		let accepted = 0;
		for (let count = 0; count < witnessCases; count++) {
			const input = bytes.slice(0, fill(bytes, random));
			const whole = decodePieces([input], Sender.Server);
			const cut = random.below(input.length + 1);
			const pieces = decodePieces([input.subarray(0, cut), input.subarray(cut)], Sender.Server);
			if (JSON.stringify(whole) !== JSON.stringify(pieces)) throw new Error(hex(input));
			const good = whole.filter((result) => typeof result !== "number");
			const theirs = readWitnessed(input).slice(0, good.length);
			for (const [place, ours] of good.entries()) {
				const witnessed = theirs[place];
				if (witnessed === undefined || witnessed instanceof Error) {
					throw new Error(`${witnessed}: ${hex(input)}`);
				}
				if (PacketType.Connack === ours.type || ours.type === PacketType.Pingresp) continue;
				if ((witnessed.messageId ?? 0) !== ours.packetId) throw new Error(hex(input));
				if (witnessed.cmd !== "publish") continue;
				const { topic, qos, dup, retain, payload } = witnessed;
				const fields = [topic, qos, dup, retain, [...(payload as Buffer)]];
				const { topicName } = ours;
				const own = [topicName, ours.qos, ours.dup, ours.retain, ours.payload];
				if (JSON.stringify(own) !== JSON.stringify(fields)) throw new Error(hex(input));
				accepted += 1;
			}
		}
		expect(accepted).toBeGreaterThan(witnessCases / 10);
	});

	test("a session goes on or ends with its reason, and the next connection works", () => {
		const random = new RandomStream(seed).child("session");
		const bytes = new Uint8Array(longest + 8);
		const buffers = new SessionBuffers({ receiveBytes: 64, transmitBytes: 256, controlBytes: 64 });
		const ends = new Map<number, number>();
		let bench = new SessionBench({ buffers });
		for (let count = 0; count < sessionCases; count++) {
			const { session } = bench;
			if (session.state === SessionState.Closed) {
				bench.connect(count, random.below(2) === 0);
				bench.publish(count, "x", random.below(3) as 0 | 1 | 2);
				session.subscribe(["a"], 1, at(count));
			}
			const status = session.receive(bytes, 0, fill(bytes, random), at(count));
			const isOver = session.state === SessionState.Closed;
			if ((status !== 0) !== isOver) throw new Error(`status ${status}, state ${session.state}`);
			if (isOver) ends.set(status, (ends.get(status) ?? 0) + 1);
			if (Number.isNaN(session.deadline)) throw new Error("deadline");
			if (count % 5_000 === 0) {
				session.lost(41, at(count));
				expectToWork(bench, count);
				bench = new SessionBench({ buffers });
			}
			bench.outlet.take();
			bench.take();
		}
		expect(ends.size).toBeGreaterThanOrEqual(3);
	});
});

/** Whatever has been done to it: it connects and publishes. */
function expectToWork(bench: SessionBench, now: number): void {
	bench.connect(now, false);
	const result = bench.publish(now, "works", 0);
	if (result !== 0 || bench.outlet.take().at(-1) !== "publish q0 t=works")
		throw new Error(`${result}`);
}

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}
