import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { attachPolicy, createPolicy } from "../../../cloud/registry/policies.ts";
import { ApiClient } from "../../support/api.ts";
import { CloudBench, makeReport } from "../../support/cloud.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
	mkdirSync(join(bench.dataDir, "rules"), { recursive: true });
});
afterEach(() => bench.end());

function rule(name: string, sql: string, ...actions: object[]): void {
	const text = JSON.stringify({ sql, actions });
	writeFileSync(join(bench.dataDir, "rules", `${name}.json`), text);
}

const queue = (queueUrl: string): object => ({ sqs: { queueUrl } });

test("a report goes through a rule to a shadow, a queue and a subscriber", async () => {
	rule(
		"reports",
		"SELECT s, n, topic(2) AS thing, clientid() AS client FROM 'isobar/+/report'",
		queue("reports"),
		{ republish: { topic: "isobar/${topic(2)}/echo", qos: 1 } },
	);
	rule("shadow", "SELECT {'reported': {'first': s}} AS state FROM 'isobar/+/report'", {
		republish: { topic: "$$aws/things/${topic(2)}/shadow/update" },
	});
	const cloud = await bench.start();
	const client = await bench.connected(cloud.port, "a");
	await client.subscribeAsync("isobar/a/echo", { qos: 1 });
	const echo = new Promise<string>((resolve) =>
		client.on("message", (_, payload) => resolve(payload.toString())),
	);
	await client.publishAsync("isobar/a/report", makeReport(7, 12), { qos: 1 });
	expect(JSON.parse(await echo)).toEqual({ s: 7, n: 6, thing: "a", client: "a" });
	await cloud.rules.rules.idle();
	const messages = (await cloud.rules.queues.get("reports"))!.receive(10);
	expect(messages.map(({ body }) => JSON.parse(body).thing)).toEqual(["a"]);
	expect(await cloud.getShadow("a")).toMatchObject({ state: { reported: { first: 7 } } });
	expect(cloud.archive.count("a")).toBe(6);
});

test("rules see lifecycle events (L08), shadow documents, and shadows in WHERE (R14)", async () => {
	rule(
		"presence",
		"SELECT eventType AS e, clientId AS id FROM '$aws/events/presence/#'",
		queue("presence"),
	);
	rule(
		"documents",
		"SELECT current.state.reported.x AS x FROM '$aws/things/+/shadow/update/documents'",
		queue("documents"),
	);
	rule(
		"armed",
		"SELECT * FROM 'isobar/+/note' WHERE get_thing_shadow(topic(2)).state.reported.armed = true",
		queue("armed"),
	);
	const cloud = await bench.start();
	const client = await bench.connected(cloud.port, "a");
	await client.publishAsync("isobar/a/note", '{"n":1}', { qos: 1 });
	await cloud.updateShadow("a", { state: { reported: { armed: true, x: 5 } } });
	await client.publishAsync("isobar/a/note", '{"n":2}', { qos: 1 });
	const gone = new Promise<void>((resolve) => {
		cloud.subscribe("$aws/events/presence/disconnected/a", () => resolve());
	});
	await client.endAsync();
	await gone;
	await cloud.rules.rules.idle();
	const bodies = async (name: string): Promise<unknown[]> =>
		(await cloud.rules.queues.get(name))!.receive(10).map(({ body }) => JSON.parse(body));
	expect(await bodies("presence")).toEqual([
		{ e: "connected", id: "a" },
		{ e: "disconnected", id: "a" },
	]);
	expect(await bodies("documents")).toEqual([{ x: 5 }]);
	expect(await bodies("armed")).toEqual([{ n: 2 }]);
});

test("Basic Ingest reaches its rule and no subscriber", async () => {
	rule("ingest", "SELECT *, topic() AS t", queue("ingest"));
	const cloud = await bench.start();
	const { registry } = cloud;
	const statement = {
		Effect: "Allow",
		Action: "iot:Publish",
		Resource: "arn:aws:iot:*:*:topic/$aws/rules/ingest/*",
	};
	const document = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
	await registry.run((state) => createPolicy(state, "ingest", document));
	const certificateId = (await import("../../../cloud/access.ts")).certificateIdOf(
		new (await import("node:crypto")).X509Certificate(bench.read("things/a.crt")),
	);
	await registry.run((state) => attachPolicy(state, "ingest", { certificateId }));
	const seen: string[] = [];
	const client = await bench.connected(cloud.port, "a");
	const other = await bench.connected(cloud.port, "b");
	other.on("message", (topicName) => seen.push(topicName));
	await other.subscribeAsync("isobar/b/#", { qos: 1 });
	await client.publishAsync("$aws/rules/ingest/isobar/b/x", '{"n":1}', { qos: 1 });
	await cloud.rules.rules.idle();
	const [message] = (await cloud.rules.queues.get("ingest"))!.receive(10);
	expect(JSON.parse(message!.body)).toEqual({ n: 1, t: "isobar/b/x" });
	expect(seen).toEqual([]);
});

test("over HTTP: rules with their figures and faults, and queues for consumers", async () => {
	rule("good", "SELECT * FROM 'isobar/+/note'", queue("jobs"));
	rule("bad", "SELECT FROM 'a'", queue("x"));
	const cloud = await bench.start({ http: { port: 0 } });
	const api = new ApiClient(cloud.httpUrl!);
	const client = await bench.connected(cloud.port, "a");
	for (const n of [1, 2]) await client.publishAsync("isobar/a/note", `{"n":${n}}`, { qos: 1 });
	await cloud.rules.rules.idle();
	const { body } = await api.get("/api/isobar/rules");
	expect(body.rules).toMatchObject([
		{ name: "good", actions: ["sqs"], counters: { topicMatch: 2, rulesExecuted: 2, success: 2 } },
	]);
	expect(body.faults).toMatchObject([
		{ line: 1, column: 16, reason: expect.stringContaining("expected an expression") },
	]);

	const base = "/api/isobar/queues/jobs";
	expect((await api.post(`${base}/messages`, { messageBody: "by hand" })).status).toBe(200);
	const received = await api.post(`${base}/receive?maxNumberOfMessages=10&visibilityTimeout=60`);
	const messages = received.body.messages as { body: string; receiptHandle: string }[];
	expect(messages.map((one) => one.body)).toEqual(['{"n":1}', '{"n":2}', "by hand"]);
	expect((await api.get("/api/isobar/queues")).body).toEqual({
		queues: [{ queueName: "jobs", visible: 0, inFlight: 3 }],
	});
	const waiting = api.post(`${base}/receive?waitTimeSeconds=20`);
	await client.publishAsync("isobar/a/note", '{"n":3}', { qos: 1 });
	expect((await waiting).body.messages).toMatchObject([{ body: '{"n":3}' }]);
	const path = `${base}/messages/${messages[0]!.receiptHandle}`;
	expect((await api.call("DELETE", path)).status).toBe(200);
	expect((await api.call("DELETE", path)).status).toBe(404);
	expect((await api.post("/api/isobar/queues/none/receive")).status).toBe(404);
	expect((await api.post("/api/isobar/queues/.x/messages", { messageBody: "" })).status).toBe(400);
	expect([...api.answered].sort()).toEqual([
		"DeleteQueueMessage",
		"ListQueues",
		"ListRules",
		"ReceiveQueueMessages",
		"SendQueueMessage",
	]);
});

test("a second folder of rules, and one with nothing in it", async () => {
	const folder = join(bench.dataDir, "more");
	mkdirSync(folder);
	writeFileSync(
		join(folder, "extra.json"),
		JSON.stringify({ sql: "SELECT * FROM 'isobar/+/note'", actions: [queue("extra")] }),
	);
	const cloud = await bench.start({ rulesDir: folder });
	expect(cloud.rules.rules.list().map(({ name }) => name)).toEqual(["extra"]);
	expect(readdirSync(join(bench.dataDir, "rules"))).toEqual(["state"]);
});
