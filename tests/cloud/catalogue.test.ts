import { request } from "node:https";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { MqttClient } from "mqtt";
import type { Cloud } from "../../cloud/main.ts";
import { provision } from "../../cloud/provision.ts";
import { detachThingPrincipal, updateCertificate } from "../../cloud/registry/certificates.ts";
import { attachPolicy, createPolicy, detachPolicy } from "../../cloud/registry/policies.ts";
import { CloudBench, ended, makeReport } from "../support/cloud.ts";
import { ManualTimers } from "../support/timers.ts";

/*
 * Cases of docs/aws-compatibility.md that no other suite is about, each under its mark.
 */

let bench: CloudBench;
let cloud: Cloud;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
	cloud = await bench.start();
	await allowAll("a");
	await allowAll("b");
});
afterEach(() => bench.end());

/** Gives the certificate of a thing a policy that allows everything. */
async function allowAll(thing: string): Promise<void> {
	const document =
		'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}';
	const { certificateId } = certificateOf(thing);
	await cloud.registry.run((state) =>
		state.policy("all") ? [] : createPolicy(state, "all", document),
	);
	await cloud.registry.run((state) => attachPolicy(state, "all", { certificateId }));
}

function certificateOf(thing: string) {
	return [...cloud.registry.state.certificates].find(({ things }) => thing in things)!;
}

/** Collects what a client hears, as "topic=payload qos retain". */
function listen(client: MqttClient): string[] {
	const heard: string[] = [];
	client.on("message", (topic, payload, { qos, retain }) =>
		heard.push(`${topic}=${payload} q${qos}${retain ? " retained" : ""}`),
	);
	return heard;
}

/** Resolves when everything that was published before has been delivered to a client. */
async function flush(client: MqttClient, by: MqttClient = client): Promise<void> {
	const topic = `flush/${Math.random()}`;
	await client.subscribeAsync(topic, { qos: 1 });
	const end = new Promise<void>((resolve) => {
		const onMessage = (name: string): void => {
			if (name !== topic) return;
			client.off("message", onMessage);
			resolve();
		};
		client.on("message", onMessage);
	});
	await by.publishAsync(topic, "", { qos: 1 });
	await end;
}

const own = (heard: readonly string[]): string[] =>
	heard.filter((line) => !line.startsWith("flush/"));

describe("10.1 transport and connect", () => {
	test("T02 ALPN x-amzn-mqtt-ca: CONNACK 0", async () => {
		const client = await bench.connected(cloud.port, "a", {
			ALPNProtocols: ["x-amzn-mqtt-ca"],
		} as never);
		expect(client.connected).toBe(true);
	});

	test("T10 a policy for client/a: client id b is refused", async () => {
		const { certificateId } = certificateOf("a");
		await cloud.registry.run((state) => detachPolicy(state, "all", { certificateId }));
		expect(await ended(bench.client(cloud.port, "a", { clientId: "b" }))).toEqual({
			wasConnected: false,
		});
	});

	test("T17 a second CONNECT closes the connection, CLIENT_ERROR", async () => {
		const client = await bench.connected(cloud.port, "a");
		const event = nextEvent("$aws/events/presence/disconnected/a");
		const closed = ended(client);
		// CONNECT of MQTT 3.1.1, clean, keep-alive 60, client id "a".
		const again = [0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 1, 0x61];
		(client.stream as unknown as { write(bytes: Uint8Array): void }).write(Uint8Array.from(again));
		await closed;
		expect(await event).toMatchObject({ disconnectReason: "CLIENT_ERROR" });
	});

	test("T20 PINGREQ is answered and the connection stays", async () => {
		const client = await bench.connected(cloud.port, "a");
		const answered = new Promise<void>((resolve) =>
			client.on("packetreceive", ({ cmd }) => {
				if (cmd === "pingresp") resolve();
			}),
		);
		client.sendPing();
		await answered;
		expect(client.connected).toBe(true);
	});
});

describe("10.2 publish, subscribe, sessions", () => {
	test("M04 subscriber QoS 0, publisher QoS 1: delivered with QoS 0", async () => {
		const client = await bench.connected(cloud.port, "a");
		const heard = listen(client);
		await client.subscribeAsync("x", { qos: 0 });
		await client.publishAsync("x", "1", { qos: 1 });
		await flush(client);
		expect(own(heard)).toEqual(["x=1 q0"]);
	});

	test("M06 a topic of 256 bytes is accepted, of 257 closed", async () => {
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("x".repeat(256), "", { qos: 1 });
		const closed = ended(client);
		client.publish("x".repeat(257), "", { qos: 1 });
		await closed;
	});

	test("M07 seven slashes are accepted, also behind the rule of Basic Ingest; eight close", async () => {
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("1/2/3/4/5/6/7/8", "", { qos: 1 });
		await client.publishAsync("$aws/rules/r/1/2/3/4/5/6/7/8", "", { qos: 1 });
		const closed = ended(client);
		client.publish("1/2/3/4/5/6/7/8/9", "", { qos: 1 });
		await closed;
	});

	test("M08 a SUBSCRIBE with 8 filters gets 8 codes, one with 9 is closed without an answer", async () => {
		const client = await bench.connected(cloud.port, "a");
		const filters = (count: number): string[] =>
			Array.from({ length: count }, (_, index) => `m08/${index}`);
		expect(await client.subscribeAsync(filters(8), { qos: 1 })).toHaveLength(8);
		const event = nextEvent("$aws/events/presence/disconnected/a");
		const answers: number[] = [];
		client.on("packetreceive", ({ cmd }) => {
			if (cmd === "suback") answers.push(1);
		});
		const closed = ended(client);
		client.subscribe(filters(9), { qos: 1 }, () => {});
		await closed;
		expect(answers).toEqual([]);
		expect(await event).toMatchObject({ disconnectReason: "CLIENT_ERROR" });
		await bench.logged(/more than 8 topic filters in a SUBSCRIBE$/);
	});

	test.each([0, 1] as const)(
		"M10 filter s/# at QoS %d: s/ and s/x/y are delivered, s is not",
		async (qos) => {
			const client = await bench.connected(cloud.port, "a");
			const heard = listen(client);
			await client.subscribeAsync("s/#", { qos });
			for (const topic of ["s", "s/", "s/x/y"]) await client.publishAsync(topic, "x", { qos });
			await flush(client);
			expect(own(heard)).toEqual([`s/=x q${qos}`, `s/x/y=x q${qos}`]);
			// Its own name brings it, beside the wildcard.
			await client.subscribeAsync("s", { qos });
			await client.publishAsync("s", "named", { qos });
			await flush(client);
			expect(own(heard).at(-1)).toBe(`s=named q${qos}`);
		},
	);

	test("M11 filter +/x: a/x is delivered, a/b/x is not", async () => {
		const client = await bench.connected(cloud.port, "a");
		const heard = listen(client);
		await client.subscribeAsync("+/x", { qos: 1 });
		await client.publishAsync("a/b/x", "no", { qos: 1 });
		await client.publishAsync("a/x", "yes", { qos: 1 });
		await flush(client);
		expect(own(heard)).toEqual(["a/x=yes q1"]);
	});

	test("M12 filter #: nothing of $aws is delivered", async () => {
		const client = await bench.connected(cloud.port, "a");
		const heard = listen(client);
		await client.subscribeAsync("#", { qos: 1 });
		await cloud.updateShadow("a", { state: { desired: { x: 1 } } });
		await flush(client);
		expect(own(heard)).toEqual([]);
	});

	/** Client b with a session that is kept and a subscription of QoS 1. */
	async function keptSession(): Promise<MqttClient> {
		const kept = await bench.connected(cloud.port, "b", { clean: false });
		await kept.subscribeAsync("s/x", { qos: 1 });
		return kept;
	}

	test("M20 three messages while offline: session present, three messages, no SUBSCRIBE", async () => {
		await (await keptSession()).endAsync();
		const client = await bench.connected(cloud.port, "a");
		for (const text of ["1", "2", "3"]) await client.publishAsync("s/x", text, { qos: 1 });
		const back = bench.client(cloud.port, "b", { clean: false });
		const heard = listen(back);
		const present = await new Promise((resolve) =>
			back.once("connect", ({ sessionPresent }) => resolve(sessionPresent)),
		);
		await flush(back);
		expect(present).toBe(true);
		expect(own(heard)).toEqual(["s/x=1 q1", "s/x=2 q1", "s/x=3 q1"]);
	});

	test("M21 messages of QoS 0 are not stored", async () => {
		await (await keptSession()).endAsync();
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("s/x", "lost", { qos: 0 });
		await client.publishAsync("s/x", "kept", { qos: 1 });
		const back = bench.client(cloud.port, "b", { clean: false });
		const heard = listen(back);
		await new Promise((resolve) => back.once("connect", resolve));
		await flush(back);
		expect(own(heard)).toEqual(["s/x=kept q1"]);
	});

	test("M22 a session whose client is away for more than an hour is gone, with its messages", async () => {
		await cloud.close();
		const timers = new ManualTimers();
		cloud = await bench.start({ timers });
		const leave = async (client: MqttClient): Promise<void> => {
			const gone = nextEvent("$aws/events/presence/disconnected/b");
			await client.endAsync();
			await gone;
		};
		const comeBack = async (): Promise<[MqttClient, string[], boolean]> => {
			const back = bench.client(cloud.port, "b", { clean: false });
			const heard = listen(back);
			const present = await new Promise<boolean>((resolve) =>
				back.once("connect", ({ sessionPresent }) => resolve(sessionPresent)),
			);
			return [back, heard, present];
		};
		await leave(await keptSession());
		timers.pass(3_599_000);
		const [kept, , wasPresent] = await comeBack();
		expect(wasPresent).toBe(true);
		// The hour began anew.
		timers.pass(3_599_000);
		await leave(kept);
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("s/x", "nobody waits for it", { qos: 1 });
		timers.pass(3_600_000);
		const [back, heard, isPresent] = await comeBack();
		expect(isPresent).toBe(false);
		await back.subscribeAsync("s/x", { qos: 1 });
		await flush(back);
		expect(own(heard)).toEqual([]);
	});

	test("M23 a clean connection ends a kept session", async () => {
		await (await keptSession()).endAsync();
		await (await bench.connected(cloud.port, "b", { clean: true })).endAsync();
		const back = bench.client(cloud.port, "b", { clean: false });
		const present = await new Promise((resolve) =>
			back.once("connect", ({ sessionPresent }) => resolve(sessionPresent)),
		);
		expect(present).toBe(false);
	});

	test("M28 a retained message comes to who names its topic, and to no wildcard", async () => {
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("r/x", "1", { qos: 1, retain: true });
		const wild = await bench.connected(cloud.port, "b");
		const heard = listen(wild);
		await wild.subscribeAsync(["#", "r/#", "r/+", "+/x"], { qos: 1 });
		await flush(wild);
		expect(own(heard)).toEqual([]);
		await wild.subscribeAsync("r/x", { qos: 1 });
		await flush(wild);
		expect(own(heard)).toEqual(["r/x=1 q1 retained"]);
	});

	test("M29 to a subscriber who is there a retained message comes without RETAIN", async () => {
		const client = await bench.connected(cloud.port, "a");
		const heard = listen(client);
		await client.subscribeAsync("r", { qos: 1 });
		await client.publishAsync("r", "1", { qos: 1, retain: true });
		await flush(client);
		expect(own(heard)).toEqual(["r=1 q1"]);
	});

	test("M30 an empty retained message removes it, and is delivered", async () => {
		const client = await bench.connected(cloud.port, "a");
		const heard = listen(client);
		await client.publishAsync("r", "1", { qos: 1, retain: true });
		await client.subscribeAsync("r", { qos: 1 });
		await client.publishAsync("r", "", { qos: 1, retain: true });
		await flush(client);
		expect(own(heard)).toEqual(["r=1 q1 retained", "r= q1"]);
		const late = await bench.connected(cloud.port, "b");
		const heardLate = listen(late);
		await late.subscribeAsync("r", { qos: 1 });
		await flush(late);
		expect(own(heardLate)).toEqual([]);
	});

	test("M32 a take-over publishes the will of the connection of before", async () => {
		const client = await bench.connected(cloud.port, "a");
		await client.subscribeAsync("will", { qos: 1 });
		const willed = new Promise<string>((resolve) =>
			client.on("message", (_, payload) => resolve(payload.toString())),
		);
		const will = { topic: "will", payload: Buffer.from("gone"), qos: 1, retain: false } as const;
		await bench.connected(cloud.port, "b", { will });
		await bench.connected(cloud.port, "b");
		expect(await willed).toBe("gone");
	});
});

describe("10.2 HTTPS", () => {
	/** A POST of a device, on the port of MQTT. */
	function post(thing: string, path: string, payload: string): Promise<[number, unknown]> {
		return new Promise((resolve, reject) => {
			const options = {
				...{ method: "POST", host: "127.0.0.1", port: cloud.port, path, agent: false as const },
				...{ ca: bench.read("ca.crt"), cert: bench.read(`things/${thing}.crt`) },
				...{ key: bench.read(`things/${thing}.key`), ALPNProtocols: ["x-amzn-http-ca"] },
			};
			const sent = request(options, async (response) => {
				const text = (await response.toArray()).join("");
				resolve([response.statusCode!, JSON.parse(text)]);
			});
			sent.on("error", reject);
			sent.end(payload);
		});
	}
	const said = (message: string) => ({ message, traceId: expect.any(String) });

	test("M45 POST /topics/dt%2Fx?qos=1 with a client certificate: OK, and subscribers get it", async () => {
		const client = await bench.connected(cloud.port, "a");
		const heard = listen(client);
		await client.subscribeAsync("dt/x", { qos: 1 });
		expect(await post("b", "/topics/dt%2Fx?qos=1", "hello")).toEqual([200, said("OK")]);
		expect(await post("b", "/topics/dt/x", "again")).toEqual([200, said("OK")]);
		await flush(client);
		expect(own(heard).sort()).toEqual(["dt/x=again q0", "dt/x=hello q1"]);
	});

	test("what a policy does not allow, or nobody may, is refused and reaches nobody", async () => {
		const { certificateId } = certificateOf("b");
		await cloud.registry.run((state) => detachPolicy(state, "all", { certificateId }));
		const seen: string[] = [];
		cloud.subscribe("dt/#", (topicName) => seen.push(topicName));
		expect(await post("b", "/topics/dt/x", "")).toEqual([403, said("Forbidden")]);
		await cloud.registry.run((state) => updateCertificate(state, certificateId, "REVOKED"));
		expect(await post("b", "/topics/dt/x", "")).toEqual([403, said("Forbidden")]);
		expect(await post("a", "/topics/dt%2F%23", "")).toEqual([400, said("Bad Request")]);
		expect(await post("a", "/topics/dt/x?qos=2", "")).toEqual([400, said("Bad Request")]);
		expect(await post("a", "/other", "")).toEqual([404, said("Not Found")]);
		expect(seen).toEqual([]);
	});

	test("a report over HTTPS is archived before it is answered", async () => {
		expect((await post("a", "/topics/isobar/a/report?qos=1", makeReport(1, 3)))[0]).toBe(200);
		expect(cloud.archive.count("a")).toBe(3);
	});
});

describe("10.3 policies and registry", () => {
	test("P09 a client named after a thing that its certificate is not attached to is refused", async () => {
		const { certificateId } = certificateOf("a");
		await cloud.registry.run((state) => detachPolicy(state, "all", { certificateId }));
		await cloud.registry.run((state) => detachThingPrincipal(state, "a", certificateId));
		expect(await ended(bench.client(cloud.port, "a"))).toEqual({ wasConnected: false });
	});
});

describe("10.4 shadow", () => {
	const prefix = "$aws/things/a/shadow";

	test("S31 an app's update that makes a difference: delta and documents over MQTT", async () => {
		const seen = collect(`${prefix}/update/#`);
		await cloud.updateShadow("a", { state: { reported: { x: 1 }, desired: { x: 2 } } });
		await settled();
		expect(seen.sort()).toEqual([
			`${prefix}/update/accepted`,
			`${prefix}/update/delta`,
			`${prefix}/update/documents`,
		]);
	});

	test("S33 a delta that was missed comes with get and with nothing else", async () => {
		await cloud.updateShadow("a", { state: { reported: { x: 1 } } });
		await cloud.updateShadow("a", { state: { desired: { x: 2 } } });
		const client = await bench.connected(cloud.port, "a");
		const heard = listen(client);
		await client.subscribeAsync([`${prefix}/update/delta`, `${prefix}/get/accepted`], { qos: 1 });
		await flush(client);
		expect(own(heard)).toEqual([]);
		const got = new Promise<string>((resolve) =>
			client.on("message", (topic, payload) => {
				if (topic.endsWith("get/accepted")) resolve(payload.toString());
			}),
		);
		await client.publishAsync(`${prefix}/get`, "", { qos: 1 });
		expect(JSON.parse(await got).state.delta).toEqual({ x: 2 });
	});

	test("S34 a session that is kept gets the deltas of QoS 1 that came meanwhile", async () => {
		const kept = await bench.connected(cloud.port, "a", { clean: false });
		await kept.subscribeAsync(`${prefix}/update/delta`, { qos: 1 });
		await kept.endAsync();
		await cloud.updateShadow("a", { state: { desired: { x: 1 } } });
		await cloud.updateShadow("a", { state: { desired: { x: 2 } } });
		await settled();
		const back = bench.client(cloud.port, "a", { clean: false });
		const heard = listen(back);
		await new Promise((resolve) => back.once("connect", resolve));
		await flush(back);
		expect(own(heard)).toHaveLength(2);
	});

	test("S37 without Publish on shadow/update: closed, and no rejected", async () => {
		const seen = collect(`${prefix}/update/rejected`);
		const { certificateId } = certificateOf("b");
		await cloud.registry.run((state) => detachPolicy(state, "all", { certificateId }));
		const client = await bench.connected(cloud.port, "b");
		const closed = ended(client);
		client.publish(`${prefix}/update`, '{"state":{}}', { qos: 1 });
		await closed;
		await settled();
		expect(seen).toEqual([]);
		expect(await cloud.getShadow("a")).toBeUndefined();
	});

	/** Names of the messages that pass. */
	function collect(filter: string): string[] {
		const seen: string[] = [];
		cloud.subscribe(filter, (topicName) => seen.push(topicName));
		return seen;
	}

	/** What was published by the service has been delivered by the time another message has. */
	async function settled(): Promise<void> {
		await flush(await bench.connected(cloud.port, "a", { clientId: "flusher" }));
	}
});

/** The next lifecycle event on a topic. */
function nextEvent(topic: string): Promise<Record<string, unknown>> {
	return new Promise((resolve) =>
		cloud.subscribe(topic, (_, payload) => resolve(JSON.parse(Buffer.from(payload).toString()))),
	);
}
