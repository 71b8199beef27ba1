import { GCProfiler } from "node:v8";
import { generate, parser, writeToStream } from "mqtt-packet";
import { BufferPool } from "../firmware/base/pool.ts";
import { PacketDecoder, Sender } from "../firmware/mqtt/decode.ts";
import { encodePublish } from "../firmware/mqtt/encode.ts";
import { Packet } from "../firmware/mqtt/packet.ts";
import { compare, print, readOptions } from "./report.ts";

const usage = `npm run bench -- codec [--rounds 30] [--packets 20000] [--json]

Encodes and decodes a QoS 1 PUBLISH with a payload of 200 bytes, again and again, with our codec and
with mqtt-packet, in turns within one process: once by its \`generate\`, which gives one buffer, and once
by its \`writeToStream\`, which gives the pieces that MQTT.js hands to a socket. What comes out of
decoding is what an application gets: the topic name as text and the payload as a view.

Garbage is the growth of the heap and of array buffers over a round in which nothing was collected.
`;

const topicName = "isobar/station-0001/report";
const payload = Uint8Array.from({ length: 200 }, (_, index) => 32 + (index % 90));
/** What was decoded, so that no decoding can be left out. */
let consumed = 0;

function consume(name: string, content: Uint8Array): void {
	consumed += name.length + content.length + content[0]!;
}

const buffer = new Uint8Array(512);
const packet = new Packet();
const decoder = new PacketDecoder(new BufferPool(512, 1), Sender.Client);

function code(packetId: number): void {
	const size = encodePublish(
		topicName,
		payload,
		payload.length,
		1,
		false,
		false,
		packetId,
		buffer,
		0,
		buffer.length,
	);
	decoder.push(buffer, 0, size);
	decoder.next(packet);
	consumed += packet.payloadEnd - packet.payloadStart;
}

function ours(packetId: number): void {
	code(packetId);
	consume(packet.topicName, packet.bytes.subarray(packet.payloadStart, packet.payloadEnd));
}

const theirPayload = Buffer.from(payload);
const theirParser = parser({ protocolVersion: 4 });
theirParser.on("packet", (decoded) => {
	if (decoded.cmd === "publish") consume(decoded.topic, decoded.payload as Buffer);
});

function makeTheirs(messageId: number) {
	const flags = { qos: 1, dup: false, retain: false } as const;
	return { cmd: "publish", topic: topicName, payload: theirPayload, messageId, ...flags } as const;
}

/** In one piece, as the package's own `generate` gives it. */
function theirs(packetId: number): void {
	theirParser.parse(generate(makeTheirs(packetId)));
}

/** The pieces in which mqtt-packet writes to a socket, not put together. */
const stream = {
	write: (piece: Buffer): boolean => {
		theirParser.parse(piece);
		return true;
	},
	cork: () => {},
	uncork: () => {},
	destroy: () => {},
	on: () => {},
} as unknown as NodeJS.WritableStream;

function theirsInPieces(packetId: number): void {
	writeToStream(makeTheirs(packetId), stream as never);
}

/** Packets per second. */
function speedOf(work: (packetId: number) => void, packets: number): number {
	const start = process.hrtime.bigint();
	for (let count = 0; count < packets; count++) work((count % 65_535) + 1);
	return (packets * 1e9) / Number(process.hrtime.bigint() - start);
}

/** Bytes per packet, or NaN when something was collected meanwhile. */
function garbageOf(work: (packetId: number) => void, packets: number): number {
	globalThis.gc!();
	const profiler = new GCProfiler();
	profiler.start();
	const before = process.memoryUsage();
	for (let count = 0; count < packets; count++) work((count % 65_535) + 1);
	const after = process.memoryUsage();
	if (profiler.stop().statistics.length > 0) return Number.NaN;
	const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
	return grown / packets;
}

const options = readOptions(usage, { rounds: 30, packets: 20_000 });
if (options !== undefined) {
	const { rounds, packets, json } = options;
	const works = [ours, theirs, theirsInPieces, code];
	for (const work of works) speedOf(work, packets * 5);
	const speeds: number[][] = works.map(() => []);
	const garbage: number[][] = works.map(() => []);
	for (let round = 0; round < rounds; round++) {
		// A pause of the machine must not meet the same one in every round.
		const order = works.map((_, index) => (index + round) % works.length);
		for (const index of order) speeds[index]!.push(speedOf(works[index]!, packets));
		for (const index of order) garbage[index]!.push(garbageOf(works[index]!, packets / 4));
	}
	const [mine, whole, pieces] = speeds as [number[], number[], number[]];
	const [myGarbage, wholeGarbage, piecesGarbage, bareGarbage] = garbage as [
		number[],
		number[],
		number[],
		number[],
	];
	print(
		"QoS 1 PUBLISH of 200 bytes, encoded and decoded",
		"mqtt-packet",
		[
			compare("packets/s, generate", mine, whole, { atLeast: 2 }),
			compare("packets/s, writeToStream", mine, pieces, { atLeast: 2 }),
			compare("garbage B/packet, generate", myGarbage, wholeGarbage),
			compare("garbage B/packet, writeToStream", myGarbage, piecesGarbage),
			compare("garbage B/packet, ours without text and view", bareGarbage, wholeGarbage),
		],
		json,
	);
	if (consumed === 0) process.exitCode = 1;
}
