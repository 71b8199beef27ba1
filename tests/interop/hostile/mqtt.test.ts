import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { generate } from "mqtt-packet";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import { pass, Siege, until } from "../../support/siege.ts";

/** A failure prints it; another one is tried with HOSTILE_SEED. */
const seed = process.env.HOSTILE_SEED ?? "1";
/** Where it counts; elsewhere a slow machine has the usual time. */
const connectMs = 5_000;

let siege: Siege;
beforeEach(async () => {
	siege = await Siege.begin({ publishesPerSecond: 50 });
});
afterEach(() => siege.abandon());

const publish = (topic: string, payload: string | Buffer, qos: 0 | 1 | 2 = 1): Buffer =>
	generate({ cmd: "publish", topic, payload, qos, messageId: 7, retain: false, dup: false });
const subscribe = (topics: readonly string[]): Buffer =>
	generate({
		cmd: "subscribe",
		messageId: 9,
		subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })),
	});

/** Packets of every kind that a client may send, and some that none may. */
const packets: readonly Buffer[] = [
	publish("isobar/eve/report", '{"v":1,"s":1,"n":1,"t":1700000000,"p":60,"T":[215]}'),
	publish("isobar/eve/note", Buffer.alloc(300, 7), 0),
	publish("isobar/eve/note", "twice", 2),
	publish("$aws/things/eve/shadow/update", '{"state":{"reported":{"a":1}}}'),
	subscribe(["isobar/eve/#", "$aws/things/eve/shadow/+/accepted"]),
	generate({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["isobar/eve/#"] }),
	...(["puback", "pubrec", "pubrel", "pubcomp"] as const).map((cmd) =>
		generate({ cmd, messageId: 7 }),
	),
	generate({ cmd: "pingreq" }),
	generate({ cmd: "connack", returnCode: 0, sessionPresent: false }),
	generate({ cmd: "suback", messageId: 9, granted: [0, 128] }),
	generate({ cmd: "disconnect" }),
];

/** Bytes that are nearly packets: flipped, cut, doubled, with other lengths, or drawn altogether. */
function mutate(random: RandomStream, connect: Buffer): Buffer {
	const pieces = Array.from({ length: 1 + random.below(4) }, () => {
		const kinds = [...packets, connect];
		const bytes = Buffer.from(kinds[random.below(kinds.length)]!);
		switch (random.below(6)) {
			case 0:
				for (let flips = 1 + random.below(8); flips > 0; flips--) {
					bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
				}
				return bytes;
			case 1:
				return bytes.subarray(0, 1 + random.below(bytes.length));
			case 2:
				bytes[1] = random.below(256);
				return bytes;
			case 3:
				return Buffer.concat([bytes, bytes, bytes.subarray(random.below(bytes.length))]);
			case 4:
				return Buffer.from(Array.from({ length: 1 + random.below(400) }, () => random.below(256)));
			default:
				return bytes;
		}
	});
	return Buffer.concat(pieces);
}

describe(`fuzzed MQTT, HOSTILE_SEED=${seed}`, () => {
	test.each([
		["before CONNECT", false],
		["after CONNECT", true],
	])(
		"%s",
		async (_name, isConnected) => {
			const random = new RandomStream(seed).child(`${isConnected}`);
			const connect = siege.connectPacket("eve");
			for (let round = 0; round < 80; round++) {
				const socket = await (isConnected ? siege.client("eve") : siege.tls("eve"));
				socket.resume();
				const bytes = mutate(random, connect);
				const cut = random.below(bytes.length + 1);
				socket.write(bytes.subarray(0, cut));
				if (random.chance(0.3)) await pass(1);
				socket.write(bytes.subarray(cut));
				// Either end may be the one that has had enough.
				for (let looks = random.below(4); looks > 0 && !socket.destroyed; looks--) await pass(1);
				if (random.chance(0.5)) socket.end();
				else socket.destroy();
			}
			await siege.end();
		},
		300_000,
	);
});

test("packets that are too large end the connection, before and after CONNECT", async () => {
	const bodyOf = (length: readonly number[]): Buffer => Buffer.from([0x30, ...length, 0, 1, 0x61]);
	const packets = {
		"a remaining length of 256 MB": bodyOf([0xff, 0xff, 0xff, 0x7f]),
		"a remaining length without an end": bodyOf([0xff, 0xff, 0xff, 0xff, 0xff]),
		"a CONNECT of 1 MB": Buffer.from([0x10, 0x80, 0x80, 0x40, 0, 4]),
		"a payload of 128 KB and a byte": publish("a", Buffer.alloc(128 * 1024 + 1)),
	};
	for (const bytes of Object.values(packets)) {
		const before = await siege.tls("mallory");
		before.write(bytes);
		await siege.closed(before);
		const after = await siege.client("mallory");
		after.write(bytes);
		await siege.closed(after);
	}
	await siege.bench.logged(/^closed .*mallory\): a packet larger than allowed$/);
	await siege.bench.logged(/^closed .*mallory\): a payload of more than 128 KB$/);
	await siege.end();
});

describe("who does not come to the point", () => {
	test("no CONNECT, half of one, and one that comes by the byte are let go, as is half a ClientHello", async () => {
		await siege.abandon();
		siege = await Siege.begin({ connectMs, handshakeMs: connectMs });
		const hello = await siege.plain();
		// A record of 512 bytes, of which there are nine.
		hello.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc]));
		const nothing = await siege.plain();
		const silent = await siege.tls("mallory");
		const half = await siege.tls("mallory");
		half.write(siege.connectPacket("mallory").subarray(0, 9));
		const slow = await siege.tls("mallory");
		const packet = siege.connectPacket("mallory");
		let sent = 0;
		while (!slow.destroyed) {
			slow.write(packet.subarray(sent, sent + 1));
			sent = (sent + 1) % packet.length;
			// A packet takes three times as long as it may.
			await pass((3 * connectMs) / packet.length);
		}
		for (const socket of [hello, nothing, silent, half, slow]) await siege.closed(socket);
		await siege.bench.logged(/^closed .*: connect did not arrive in time$/);
		await siege.bench.logged(/^refused .*: the TLS handshake failed: /);
		await siege.end();
	});
});

describe("topics", () => {
	const long = "x".repeat(257);
	const longest = "x".repeat(65_535);
	const deep = "a/b/c/d/e/f/g/h/i";

	test("that are too long or too deep end the connection, published or subscribed to", async () => {
		for (const topic of [long, longest, deep, "/".repeat(30_000)]) {
			for (const packet of [publish(topic, "x"), subscribe([topic])]) {
				const socket = await siege.client("mallory");
				socket.write(packet);
				await siege.closed(socket);
			}
		}
		await siege.bench.logged(/^closed .*mallory\): a topic of more than 256 bytes$/);
		await siege.bench.logged(/^closed .*mallory\): a topic of more than 8 levels$/);
		await siege.end();
	});

	test("thousands of filters in one packet, and a 51st subscription, end the connection", async () => {
		const flood = await siege.client("mallory");
		flood.write(subscribe(Array.from({ length: 5_000 }, (_, index) => `a/${index}`)));
		await siege.closed(flood);
		const steady = await siege.client("mallory");
		for (let index = 0; index < 51; index++) steady.write(subscribe([`b/${index}`]));
		await siege.closed(steady);
		await siege.bench.logged(/^closed .*mallory\): more than 50 subscriptions$/);
		// What others can cause is not written without a bound.
		expect(siege.bench.lines.filter((line) => line.startsWith("closed")).length).toBeLessThan(210);
		await siege.end();
	});
});

test("two that fight for a client id as fast as they can", async () => {
	const fight = async (): Promise<void> => {
		for (let round = 0; round < 40; round++) {
			const socket = await siege.tls("mallory");
			socket.write(siege.connectPacket("mallory"));
			await Promise.race([siege.packet(socket, "connack").catch(() => {}), siege.closed(socket)]);
		}
	};
	await Promise.all([fight(), fight()]);
	await until(
		async () => (await siege.metric("isobar_connected_clients")) <= 2,
		"one of them is left",
	);
	await siege.end();
});

test("who publishes faster than 50 messages a second waits, and has them all acknowledged", async () => {
	const socket = await siege.client("mallory");
	const count = 300;
	const begin = performance.now();
	let acknowledged = 0;
	socket.on("data", (bytes: Buffer) => {
		acknowledged += bytes.length / 4;
	});
	for (let index = 0; index < count; index++) socket.write(publish("a/b", `message ${index}`));
	await siege.honest.goesOn();
	await until(() => acknowledged === count, "all are acknowledged");
	// Fifty at once, and fifty a second from then on.
	expect(performance.now() - begin).toBeGreaterThan(4_900);
	expect(
		await siege.metric('isobar_publish_in_total{result="throttle",protocol="mqtt"}'),
	).toBeGreaterThanOrEqual(count - 100);
	await siege.end();
});
