import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { MqttClient } from "mqtt";
import { Access } from "../../cloud/access.ts";
import { Archive } from "../../cloud/archive.ts";
import { Broker } from "../../cloud/broker.ts";
import { Layout } from "../../cloud/layout.ts";
import { listen } from "../../cloud/listener.ts";
import { provision } from "../../cloud/provision.ts";
import { RegistryStore } from "../../cloud/registry/store.ts";
import { ChannelTable } from "../../firmware/sensing/channel.ts";
import { CloudBench, ended, makeReport } from "../support/cloud.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(() => bench.end());

/** The next message a client gets on a topic, as JSON. */
function nextMessage(client: MqttClient, topicName: string): Promise<unknown> {
	return new Promise((resolve) => {
		const onMessage = (topic: string, payload: Buffer): void => {
			if (topic !== topicName) return;
			client.off("message", onMessage);
			resolve(JSON.parse(payload.toString()));
		};
		client.on("message", onMessage);
	});
}

describe("start", () => {
	test("makes what it needs in an empty directory", async () => {
		const empty = new CloudBench();
		const cloud = await empty.start();
		expect(cloud.port).toBeGreaterThan(0);
		await empty.end();
	});

	test("a port in use is one clear line", async () => {
		const first = await bench.start();
		const other = new CloudBench();
		await expect(other.start({ port: first.port })).rejects.toMatchObject({
			code: "EADDRINUSE",
			message: `can't listen on port ${first.port} of 127.0.0.1: it is in use; choose another, or 0 for a free one`,
		});
		await other.start();
		await other.end();
	});

	test("a data directory in use is one clear line, and free again after close and kill", async () => {
		const first = await bench.start();
		await expect(bench.start()).rejects.toMatchObject({ code: "InUse" });
		await first.close();
		const second = await bench.start();
		second.kill();
		await bench.start();
	});

	test("the lock of a process that is gone is no obstacle", async () => {
		writeFileSync(join(bench.dataDir, "cloud.lock"), "999999999\n");
		await bench.start();
	});
});

describe("the archive behind the broker", () => {
	test("kill and start again on the same data and port: nothing is lost or doubled", async () => {
		let cloud = await bench.start();
		const { port } = cloud;
		for (let round = 0; round < 3; round++) {
			const client = await bench.connected(port, "a");
			const lost = ended(client);
			await client.publishAsync("isobar/a/report", makeReport(round * 6 + 1, round * 6 + 6), {
				qos: 1,
			});
			client.publish("isobar/a/report", makeReport(round * 6 + 7, round * 6 + 12), { qos: 1 });
			cloud.kill();
			await lost;
			cloud = await bench.start({ port });
		}
		const client = await bench.connected(port, "a");
		await client.publishAsync("isobar/a/report", makeReport(1, 24), { qos: 1 });
		expect(await cloud.archive.audit()).toEqual({ rows: 24, repeated: 0 });
		expect(cloud.archive.count("a")).toBe(24);
	});

	/** The parts of a cloud, with a log whose writes the test holds back. */
	async function startHeld(): Promise<{
		port: number;
		onWrite: Promise<void>;
		settle: (error?: Error) => void;
	}> {
		let settle: (error?: Error) => void = () => {};
		let onWrite = (): void => {};
		const written = new Promise<void>((resolve) => {
			onWrite = resolve;
		});
		const log = {
			append: () =>
				new Promise<void>((resolve, reject) => {
					settle = (error) => (error ? reject(error) : resolve());
					onWrite();
				}),
			close: () => {},
		};
		const archive = await Archive.open(bench.dataDir, {
			channels: new ChannelTable(),
			log: bench.log,
			openLog: async () => ({ log, torn: 0 }),
		});
		const layout = new Layout(bench.dataDir);
		const registry = await RegistryStore.open(layout.registry);
		const realm = { region: "us-east-1", accountId: "000000000000" };
		const broker = await Broker.open({
			access: await Access.open(registry, layout, realm),
			log: bench.log,
			keep: (topicName, payload, done) =>
				topicName.endsWith("/report") ? archive.append("a", payload, done) : archive.settle(done),
			onPublished: () => {},
		});
		const listener = await listen({
			port: 0,
			host: "127.0.0.1",
			certificate: bench.read("server.crt"),
			key: bench.read("server.key"),
			authority: bench.read("ca.crt"),
			accepts: () => false,
			onConnection: (socket, certificate) => broker.accept(socket, certificate),
			log: bench.log,
		});
		closers.push(() => {
			broker.kill();
			listener.destroy();
		});
		return { port: listener.port, onWrite: written, settle: (error) => settle(error) };
	}
	const closers: (() => void)[] = [];
	afterEach(() => {
		for (const close of closers.splice(0)) close();
	});

	test.each([1, 2] as const)(
		"QoS %d: no acknowledgement before the sync, nor of what came after it",
		async (qos) => {
			const held = await startHeld();
			const client = await bench.connected(held.port, "a");
			const packets: string[] = [];
			client.on("packetreceive", (packet) => {
				packets.push(packet.cmd);
			});
			const report = client.publishAsync("isobar/a/report", makeReport(1, 6), { qos });
			const status = client.publishAsync("isobar/a/status", "x", { qos: 1 });
			await held.onWrite;
			// A whole handshake of another client is time enough for an acknowledgement that is too early.
			await bench.connected(held.port, "b");
			expect(packets).toEqual([]);
			held.settle();
			await Promise.all([report, status]);
			expect(packets.sort()).toEqual(
				qos === 1 ? ["puback", "puback"] : ["puback", "pubcomp", "pubrec"],
			);
		},
	);

	test("a write that fails is not acknowledged: the connection closes", async () => {
		const held = await startHeld();
		const client = await bench.connected(held.port, "a");
		const packets: string[] = [];
		client.on("packetreceive", (packet) => {
			packets.push(packet.cmd);
		});
		const closed = ended(client);
		client.publish("isobar/a/report", makeReport(1, 6), { qos: 1 });
		await held.onWrite;
		held.settle(new Error("no space left on device"));
		await closed;
		expect(packets).toEqual([]);
		await bench.logged(/closed .* \(a\): its message can't be kept: no space left on device/);
	});
});

describe("shadow", () => {
	const prefix = "$aws/things/a/shadow";

	test("get, update and delta over MQTT; an app's update reaches the station", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		await client.subscribeAsync(
			["get/accepted", "get/rejected", "update/accepted", "update/delta"].map(
				(name) => `${prefix}/${name}`,
			),
			{ qos: 1 },
		);
		const missing = nextMessage(client, `${prefix}/get/rejected`);
		await client.publishAsync(`${prefix}/get`, "", { qos: 1 });
		expect(await missing).toMatchObject({ code: 404 });

		const accepted = nextMessage(client, `${prefix}/update/accepted`);
		await client.publishAsync(
			`${prefix}/update`,
			`{"state":{"reported":{"reportSeconds":30}},"clientToken":"t"}`,
		);
		expect(await accepted).toMatchObject({ version: 1, clientToken: "t" });

		const delta = nextMessage(client, `${prefix}/update/delta`);
		const answer = await cloud.updateShadow("a", { state: { desired: { reportSeconds: 10 } } });
		expect(answer).toMatchObject({ version: 2, state: { desired: { reportSeconds: 10 } } });
		expect(await delta).toMatchObject({ version: 2, state: { reportSeconds: 10 } });

		const whole = nextMessage(client, `${prefix}/get/accepted`);
		await client.publishAsync(`${prefix}/get`, `{"clientToken":"g"}`);
		expect(await whole).toMatchObject({
			state: { delta: { reportSeconds: 10 } },
			clientToken: "g",
		});
	});

	test("an app's error is thrown and published to nobody (S32)", async () => {
		const cloud = await bench.start();
		await cloud.updateShadow("a", { state: {} });
		const seen: string[] = [];
		cloud.subscribe("$aws/things/#", (topicName) => seen.push(topicName));
		await expect(cloud.updateShadow("a", { state: {}, version: 9 })).rejects.toMatchObject({
			code: 409,
			message: "Version conflict",
		});
		await expect(cloud.updateShadow("../a", { state: {} })).rejects.toMatchObject({ code: 400 });
		await cloud.updateShadow("b", { state: {} });
		expect(seen.filter((topicName) => topicName.includes("rejected"))).toEqual([]);
	});

	test("S29 named shadows stand beside the classic one", async () => {
		const cloud = await bench.start();
		await cloud.updateShadow("a", { state: { desired: { x: 1 } } }, "cfg");
		expect(await cloud.getShadow("a")).toBeUndefined();
		expect(await cloud.getShadow("a", "cfg")).toMatchObject({ state: { desired: { x: 1 } } });
	});

	test.each(["close", "kill"] as const)("state and version survive %s", async (end) => {
		const first = await bench.start();
		await first.updateShadow("a", { state: { desired: { x: 1 } } });
		await first.updateShadow("a", { state: { reported: { x: 0 } } });
		await first.updateShadow("a", { state: { desired: { y: 2 } } }, "cfg");
		const before = await first.getShadow("a");
		await first[end]();
		const second = await bench.start();
		expect(await second.getShadow("a")).toEqual({
			...before,
			timestamp: expect.any(Number),
		});
		expect(await second.getShadow("a", "cfg")).toMatchObject({ version: 1 });
		expect(await second.updateShadow("a", { state: {}, version: 2 })).toMatchObject({ version: 3 });
	});

	test("a request that was killed leaves the old state or the new, and no rubbish", async () => {
		const first = await bench.start();
		await first.updateShadow("a", { state: { desired: { x: 1 } } });
		const update = first.updateShadow("a", { state: { desired: { x: 2 } } });
		first.kill();
		const second = await bench.start();
		expect([1, 2]).toContain((await second.getShadow("a"))?.version);
		await update.catch(() => {});
		const version = (await second.getShadow("a"))?.version;
		await second.close();
		const third = await bench.start();
		expect((await third.getShadow("a"))?.version).toBe(version);
		expect(readdirSync(join(bench.dataDir, "shadows/a"))).toEqual(["shadow.json"]);
	});

	test("S25 the eleventh request in flight is 429", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		await client.subscribeAsync(`${prefix}/update/#`, { qos: 1 });
		const codes: unknown[] = [];
		const all = new Promise<void>((resolve) =>
			client.on("message", (topic, payload) => {
				if (/accepted$|rejected$/.test(topic)) codes.push(JSON.parse(payload.toString()).code);
				if (codes.length === 11) resolve();
			}),
		);
		for (let count = 0; count < 11; count++) client.publish(`${prefix}/update`, `{"state":{}}`);
		await all;
		expect(codes.filter((code) => code === 429)).toHaveLength(1);
	});

	test("M33 a will on shadow/update is no request", async () => {
		const cloud = await bench.start();
		const gone = new Promise<string>((resolve) =>
			cloud.subscribe("$aws/events/presence/disconnected/a", (_, payload) =>
				resolve(Buffer.from(payload).toString()),
			),
		);
		const willed = new Promise<void>((resolve) =>
			cloud.subscribe(`${prefix}/update`, () => resolve()),
		);
		const client = await bench.connected(cloud.port, "a", {
			will: {
				topic: `${prefix}/update`,
				payload: Buffer.from(`{"state":{}}`),
				qos: 1,
				retain: false,
			},
		});
		client.stream.destroy();
		await Promise.all([gone, willed]);
		expect(await cloud.getShadow("a")).toBeUndefined();
	});
});

describe("presence §4", () => {
	/** Collects lifecycle events; `next` waits for one more. */
	async function watch(keepAlive?: { minimum: number; maximum: number }) {
		const cloud = await bench.start(keepAlive ? { keepAlive } : {});
		const events: Record<string, unknown>[] = [];
		let onEvent = (): void => {};
		cloud.subscribe("$aws/events/presence/#", (_, payload) => {
			events.push(JSON.parse(Buffer.from(payload).toString()));
			onEvent();
		});
		const until = async (count: number): Promise<Record<string, unknown>[]> => {
			while (events.length < count) {
				await new Promise<void>((resolve) => {
					onEvent = resolve;
				});
			}
			return events;
		};
		return { cloud, until };
	}

	test("L01 L02 connect and DISCONNECT share number and session", async () => {
		const { cloud, until } = await watch();
		const client = await bench.connected(cloud.port, "a");
		const [connected] = await until(1);
		expect(connected).toEqual({
			clientId: "a",
			timestamp: expect.any(Number),
			eventType: "connected",
			sessionIdentifier: expect.stringMatching(/^[0-9a-f]{32}$/),
			principalIdentifier: expect.stringMatching(/^[0-9a-f]{64}$/),
			ipAddress: "127.0.0.1",
			versionNumber: 0,
		});
		await client.endAsync();
		const [, disconnected] = await until(2);
		expect(disconnected).toEqual({
			clientId: "a",
			timestamp: expect.any(Number),
			eventType: "disconnected",
			sessionIdentifier: connected!.sessionIdentifier,
			principalIdentifier: connected!.principalIdentifier,
			clientInitiatedDisconnect: true,
			disconnectReason: "CLIENT_INITIATED_DISCONNECT",
			versionNumber: 0,
		});
		expect(cloud.connected("a")).toBe(false);
	});

	test("L03 a cut link is CONNECTION_LOST", async () => {
		const { cloud, until } = await watch();
		(await bench.connected(cloud.port, "a")).stream.destroy();
		expect((await until(2))[1]).toMatchObject({
			clientInitiatedDisconnect: false,
			disconnectReason: "CONNECTION_LOST",
		});
	});

	test("L04 a take-over: the old session is DUPLICATE_CLIENTID, the new number is higher", async () => {
		const { cloud, until } = await watch();
		await bench.connected(cloud.port, "a");
		await bench.connected(cloud.port, "a");
		const events = await until(3);
		const old = events.find((event) => event.eventType === "disconnected")!;
		const [first, second] = events.filter((event) => event.eventType === "connected");
		expect(old).toMatchObject({
			disconnectReason: "DUPLICATE_CLIENTID",
			versionNumber: first!.versionNumber,
			sessionIdentifier: first!.sessionIdentifier,
		});
		expect(second!.versionNumber).toBeGreaterThan(first!.versionNumber as number);
		expect(second!.sessionIdentifier).not.toBe(first!.sessionIdentifier);
		expect(cloud.connected("a")).toBe(true);
	});

	test("a denied publish is AUTH_ERROR", async () => {
		const { cloud, until } = await watch();
		(await bench.connected(cloud.port, "a")).publish("other", "");
		expect((await until(2))[1]).toMatchObject({ disconnectReason: "AUTH_ERROR" });
	});

	test("T18 T19 the keep-alive is held within its bounds, and silence ends the connection", async () => {
		const { cloud, until } = await watch({ minimum: 0.02, maximum: 0.04 });
		await bench.connected(cloud.port, "a", { keepalive: 0 });
		expect((await until(2))[1]).toMatchObject({ disconnectReason: "MQTT_KEEP_ALIVE_TIMEOUT" });
	});

	test("T21 a certificate that is good and a client id that is not: connect_failed", async () => {
		const { cloud, until } = await watch();
		await ended(bench.client(cloud.port, "a", { clientId: "c" }));
		expect(await until(1)).toEqual([
			{
				clientId: "c",
				timestamp: expect.any(Number),
				eventType: "connect_failed",
				sessionIdentifier: expect.any(String),
				principalIdentifier: expect.stringMatching(/^[0-9a-f]{64}$/),
				connectFailureReason: "AUTHORIZATION_FAILED",
				ipAddress: "127.0.0.1",
				versionNumber: 0,
			},
		]);
	});

	test("L06 a client id with a wildcard has no events", async () => {
		const { cloud, until } = await watch();
		await ended(bench.client(cloud.port, "a", { clientId: "a+" }));
		await bench.connected(cloud.port, "b");
		expect(await until(1)).toMatchObject([{ clientId: "b", eventType: "connected" }]);
	});

	test("L05 subscribe and unsubscribe name the topics", async () => {
		const { cloud } = await watch();
		const events: Record<string, unknown>[] = [];
		cloud.subscribe("$aws/events/subscriptions/#", (_, payload) => {
			events.push(JSON.parse(Buffer.from(payload).toString()));
		});
		const client = await bench.connected(cloud.port, "a");
		await client.subscribeAsync(["isobar/a/x", "isobar/a/y"]);
		await client.unsubscribeAsync("isobar/a/x");
		await client.publishAsync("isobar/a/z", "", { qos: 1 });
		expect(events).toMatchObject([
			{ clientId: "a", eventType: "subscribed", topics: ["isobar/a/x", "isobar/a/y"] },
			{ clientId: "a", eventType: "unsubscribed", topics: ["isobar/a/x"] },
		]);
	});
});
