import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { generate } from "mqtt-packet";
import { pass, Siege, until } from "../../support/siege.ts";

const outboundBytes = 256 * 1024;
const messageBytes = 32 * 1024;

let siege: Siege;
beforeEach(async () => {
	siege = await Siege.begin({ outboundBytes, publishesPerSecond: 100_000 });
});
afterEach(() => siege.abandon());

test.each([[0], [1]] as const)(
	"a subscriber at QoS %i that never reads has a bound, and holds up nobody",
	async (qos) => {
		const reader = await siege.client("trudy");
		reader.write(
			generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "flood", qos }] }),
		);
		await siege.packet(reader, "suback");
		reader.pause();

		const flood = await siege.client("mallory");
		flood.resume();
		const message = generate({
			cmd: "publish",
			topic: "flood",
			payload: Buffer.alloc(messageBytes, 1),
			qos,
			messageId: 1,
			retain: false,
			dup: false,
		});
		let most = 0;
		const leftOut = (): Promise<number> =>
			siege.metric('isobar_publish_out_total{result="throttle",protocol="mqtt"}');
		// The kernels of both ends take megabytes before the cloud has anything to hold.
		while ((await leftOut()) < 200) {
			if (!flood.write(message)) await pass(1);
			most = Math.max(most, await siege.metric("isobar_outbound_waiting_bytes"));
		}
		await siege.honest.goesOn();
		// What is on its way when the bound is met comes on top of it.
		expect(most).toBeGreaterThanOrEqual(outboundBytes / 2);
		expect(most).toBeLessThan(outboundBytes + 64 * messageBytes);
		expect(flood.destroyed).toBe(false);
		await siege.bench.logged(/^behind .*\(trudy\): it does not read/);
		expect(siege.bench.lines.filter((line) => line.startsWith("behind"))).toHaveLength(1);

		// It reads, and is one like any other again.
		reader.resume();
		await until(
			async () => (await siege.metric("isobar_outbound_waiting_bytes")) === 0,
			"all of it is read",
		);
		const before = await leftOut();
		flood.write(message);
		await siege.packet(reader, "publish");
		expect(await leftOut()).toBe(before);
		await siege.end();
	},
	300_000,
);

test("retained messages have a bound together; what is beyond is published alone", async () => {
	await siege.abandon();
	siege = await Siege.begin({ retainedBytes: 100_000, publishesPerSecond: 100_000 });
	const socket = await siege.client("mallory");
	let acknowledged = 0;
	socket.on("data", (bytes: Buffer) => {
		acknowledged += bytes.length / 4;
	});
	for (let index = 0; index < 100; index++) {
		const payload = Buffer.alloc(10_000, 1);
		const head = { cmd: "publish", qos: 1, messageId: 1, retain: true, dup: false } as const;
		socket.write(generate({ ...head, topic: `kept/${index}`, payload }));
	}
	await until(() => acknowledged === 100, "all are acknowledged");
	// There is room for nine, and for what is on its way when they are there.
	const alone = await siege.metric(
		'isobar_publish_retained_total{result="throttle",protocol="mqtt"}',
	);
	expect(alone).toBeLessThanOrEqual(91);
	expect(alone).toBeGreaterThan(75);
	await siege.bench.logged(/^retained "kept\/\d+": no room, it is published alone/);
	await siege.end();
});

test("messages for a session that is kept have a bound, and those that fit come to it", async () => {
	await siege.abandon();
	siege = await Siege.begin({ sessionBytes: 100_000, publishesPerSecond: 100_000 });
	const connect = siege.connectPacket("trudy", { clean: false });
	const sleeper = await siege.tls("trudy");
	sleeper.write(connect);
	await siege.packet(sleeper, "connack");
	sleeper.write(
		generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "flood", qos: 1 }] }),
	);
	await siege.packet(sleeper, "suback");
	sleeper.destroy();
	await until(() => !siege.cloud.connected("trudy"), "it has gone");

	const flood = await siege.client("mallory");
	let acknowledged = 0;
	flood.on("data", (bytes: Buffer) => {
		acknowledged += bytes.length / 4;
	});
	const head = { cmd: "publish", qos: 1, messageId: 1, retain: false, dup: false } as const;
	const message = generate({ ...head, topic: "flood", payload: Buffer.alloc(10_000, 1) });
	for (let index = 0; index < 100; index++) flood.write(message);
	const leftOut = (): Promise<number> =>
		siege.metric('isobar_publish_out_total{result="throttle",protocol="mqtt"}');
	await until(async () => acknowledged === 100 && (await leftOut()) >= 91, "91 are left out");

	const back = await siege.tls("trudy");
	let received = 0;
	back.on("data", (bytes: Buffer) => {
		received += bytes.length;
	});
	back.write(connect);
	await until(() => received > 9 * 10_000, "nine of them come");
	expect(await leftOut()).toBe(91);
	back.write(siege.connectPacket("trudy"));
	await siege.end();
});
