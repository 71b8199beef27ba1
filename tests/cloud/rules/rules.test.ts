import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Notices } from "../../../cloud/notice/notices.ts";
import { openRules, type RulesService } from "../../../cloud/rules/service.ts";
import type { JsonObject } from "../../../cloud/services/document.ts";
import { makeStillEnvironment } from "../../support/rules.ts";
import { ManualTimers } from "../../support/timers.ts";

let directory: string;
let timers: ManualTimers;
let published: { topicName: string; text: string; qos: number; hops: number }[];
const lines: string[] = [];
const closers: (() => Promise<unknown> | unknown)[] = [];
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "isobar-rules-"));
	mkdirSync(join(directory, "rules"));
	timers = new ManualTimers();
	published = [];
	lines.length = 0;
});
afterEach(async () => {
	for (const close of closers.splice(0).reverse()) await close();
	rmSync(directory, { recursive: true, force: true });
});

function put(name: string, value: unknown): void {
	const text = typeof value === "string" ? value : JSON.stringify(value);
	writeFileSync(join(directory, "rules", name), text);
}

async function open(): Promise<RulesService> {
	const notices = await Notices.open({
		settingsFile: join(directory, "notify.json"),
		eventsDir: join(directory, "events"),
		mailsDir: join(directory, "mails"),
		lettersDir: join(directory, "notify"),
		environment: makeStillEnvironment(),
		timers,
		log: (line) => lines.push(line),
	});
	const service = await openRules({
		ruleDirs: [join(directory, "rules")],
		targetsDir: join(directory, "targets"),
		stateDir: join(directory, "state"),
		environment: makeStillEnvironment(),
		timers,
		notices,
		log: (line) => lines.push(line),
		publish: (topicName, payload, qos, hops) =>
			published.push({ topicName, text: Buffer.from(payload).toString(), qos, hops }),
	});
	closers.push(async () => {
		await service.close();
		await notices.close();
	});
	return service;
}

/** Hands a message in, and resolves when it would be acknowledged. */
function take(
	{ rules }: RulesService,
	topicName: string,
	payload: unknown,
	hops = 0,
): Promise<void> {
	const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
	return new Promise((resolve, reject) => {
		rules.take(
			{
				topicName,
				payload: bytes,
				clientId: "node-001",
				principal: "3f9c",
				traceId: "trace",
				hops,
			},
			(error) => (error ? reject(error) : resolve()),
		);
	});
}

/** Lets the pauses between tries pass until nothing is under way. */
async function settle(service: RulesService): Promise<void> {
	let isIdle = false;
	void service.rules.idle().then(() => {
		isIdle = true;
	});
	while (!isIdle) {
		timers.pass(5_000);
		await new Promise<void>((resolve) => setImmediate(resolve));
	}
}

function target(...path: string[]): string {
	return readFileSync(join(directory, "targets", ...path), "utf8");
}

function failed(): JsonObject[] {
	const text = readFileSync(join(directory, "state", "failed.jsonl"), "utf8");
	return text
		.split("\n")
		.slice(0, -1)
		.map((line) => JSON.parse(line));
}

/** A web server that answers with the given codes, and then with 200. */
async function webServer(
	codes: number[] = [],
): Promise<{ url: string; bodies: string[]; server: Server }> {
	const bodies: string[] = [];
	const server = createServer((request: IncomingMessage, response) => {
		const chunks: Buffer[] = [];
		request.on("data", (chunk: Buffer) => chunks.push(chunk));
		request.on("end", () => {
			const code = codes.shift() ?? 200;
			if (code === 200) bodies.push(Buffer.concat(chunks).toString());
			response.writeHead(code).end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	closers.push(() => new Promise((resolve) => server.close(resolve)));
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, bodies, server };
}

const select = { sql: "SELECT *, topic(2) AS node FROM 'dt/+/telemetry' WHERE temp > 30" };
const hot = { temp: 31 };

describe("actions", () => {
	test("s3: an object for each message, and the same key overwrites", async () => {
		put("r.json", {
			...select,
			actions: [{ s3: { bucketName: "b", key: "${topic(2)}/${temp}.json" } }],
		});
		const service = await open();
		await take(service, "dt/n1/telemetry", hot);
		await take(service, "dt/n2/telemetry", hot);
		await settle(service);
		await take(service, "dt/n1/telemetry", { temp: 31, again: true });
		await settle(service);
		expect(JSON.parse(target("objects", "b", "n1", "31.json"))).toMatchObject({ again: true });
		expect(JSON.parse(target("objects", "b", "n2", "31.json"))).toEqual({ temp: 31, node: "n2" });
	});

	test.each(["../../etc/x", "..", "a/../../b", "", "a\\b"])(
		"s3: the key %j leads nowhere",
		async (key) => {
			put("r.json", {
				sql: "SELECT * FROM 'a'",
				actions: [{ s3: { bucketName: "b", key: "${key}" } }],
			});
			const service = await open();
			await take(service, "a", { key });
			await settle(service);
			expect(failed()).toMatchObject([{ failures: [{ failedAction: "S3Action" }] }]);
			expect(readdirSync(directory).sort()).toEqual([
				"events",
				"mails",
				"rules",
				"state",
				"targets",
			]);
		},
	);

	test("firehose: batches by size and by time, and a batch that is open survives", async () => {
		put("r.json", {
			sql: "SELECT * FROM 'a'",
			actions: [{ firehose: { deliveryStreamName: "telemetry", separator: "\n" } }],
		});
		put("targets.json", { streams: { telemetry: { bufferBytes: 40, bufferSeconds: 60 } } });
		const folder = join(directory, "targets", "streams", "telemetry", "2026", "01", "05", "12");
		const batches = (): string[] =>
			readdirSync(folder)
				.sort()
				.map((name) => readFileSync(join(folder, name), "utf8"));
		let service = await open();
		for (let n = 0; n < 5; n++) {
			await take(service, "a", { n: `${n}`.repeat(10) });
			await service.rules.idle();
		}
		await service.close();
		expect(batches()).toHaveLength(1);
		service = await open();
		timers.pass(60_000);
		await service.close();
		expect(batches()).toHaveLength(2);
		const all = batches().join("").split("\n").slice(0, -1);
		expect(all.map((line) => JSON.parse(line).n[0]).sort()).toEqual(["0", "1", "2", "3", "4"]);
	});

	test("timestream and dynamoDBv2: rows of a table", async () => {
		put("r.json", {
			...select,
			actions: [
				{
					timestream: {
						databaseName: "d",
						tableName: "weather",
						dimensions: [{ name: "thing", value: "${topic(2)}" }],
						timestamp: { value: "${ts}", unit: "SECONDS" },
					},
				},
				{ dynamoDBv2: { putItem: { tableName: "arn:aws:dynamodb:us-east-1:1:table/items" } } },
			],
		});
		const service = await open();
		await take(service, "dt/n1/telemetry", { temp: 31, ts: 1_700_000_000 });
		await settle(service);
		expect(JSON.parse(target("tables", "weather.jsonl"))).toEqual({
			time: "2023-11-14T22:13:20.000Z",
			thing: "n1",
			temp: 31,
			ts: 1_700_000_000,
			node: "n1",
		});
		expect(JSON.parse(target("tables", "items.jsonl"))).toMatchObject({ temp: 31 });
	});

	test("ses: a mail whose text is the result unless it is given", async () => {
		put("r.json", {
			...select,
			actions: [
				{ ses: { to: ["a@b.example"], subject: "${topic(2)} is hot: ${temp}" } },
				{ ses: { to: ["not an address"], subject: "x" } },
			],
		});
		const service = await open();
		await take(service, "dt/n1/telemetry", hot);
		await settle(service);
		const [name] = readdirSync(join(directory, "mails")).filter((one) => one.endsWith(".eml"));
		const source = readFileSync(join(directory, "mails", name!), "utf8");
		expect(source).toContain("Subject: n1 is hot: 31");
		expect(source).toContain('{"temp":31,"node":"n1"}');
		expect(failed()).toMatchObject([{ failures: [{ failedAction: "SesAction" }] }]);
	});

	test("republish: at the QoS it says, also to a service, and never round and round", async () => {
		put("r.json", {
			sql: "SELECT * FROM 'a/+'",
			actions: [
				{ republish: { topic: "b/${topic(2)}", qos: 1 } },
				{ republish: { topic: "$$aws/things/${topic(2)}/shadow/update" } },
				{ republish: { topic: "c/#" } },
			],
		});
		const service = await open();
		await take(service, "a/x", { n: 1 });
		await settle(service);
		expect(published).toEqual([
			{ topicName: "b/x", text: '{"n":1}', qos: 1, hops: 1 },
			{ topicName: "$aws/things/x/shadow/update", text: '{"n":1}', qos: 0, hops: 1 },
		]);
		await take(service, "a/x", { n: 1 }, 8);
		await settle(service);
		expect(published).toHaveLength(2);
		expect(JSON.stringify(failed()[1])).toContain("have republished this message 8 times: a loop");
	});

	test("cloudwatchMetric: figures by name and unit", async () => {
		const metric = { metricNamespace: "W", metricName: "temp-${topic(2)}", metricUnit: "None" };
		put("r.json", {
			sql: "SELECT * FROM 'a/+'",
			actions: [{ cloudwatchMetric: { ...metric, metricValue: "${temp}" } }],
		});
		const service = await open();
		for (const temp of [1, 5, 3]) await take(service, "a/x", { temp });
		await take(service, "a/x", { temp: "warm" });
		await settle(service);
		expect(service.metrics.all).toMatchObject([
			{ namespace: "W", name: "temp-x", count: 3, sum: 9, minimum: 1, maximum: 5, last: 3 },
		]);
		expect(service.rules.list()[0]!.counters).toMatchObject({ success: 3, failure: 1 });
	});

	test("lambda: a local module, its failure, and one that is not there", async () => {
		mkdirSync(join(directory, "rules", "functions"));
		const source =
			'export async function handler(event) { if (event.temp > 40) throw new Error("too hot"); }';
		put("functions/check.mjs", source);
		const lambda = (name: string) => ({
			lambda: { functionArn: `arn:aws:lambda:us-east-1:1:function:${name}:1` },
		});
		put("r.json", { ...select, actions: [lambda("check"), lambda("missing")] });
		const service = await open();
		await take(service, "dt/n1/telemetry", { temp: 31 });
		await take(service, "dt/n1/telemetry", { temp: 41 });
		await settle(service);
		const reasons = failed().map(({ failures }) =>
			(failures as JsonObject[]).map(({ errorMessage }) => String(errorMessage).split(".")[0]),
		);
		expect(reasons.flat().filter((reason) => reason === "too hot")).toHaveLength(1);
		expect(reasons.flat().filter((reason) => /not found/.test(reason!))).toHaveLength(2);
	});

	test("http: a POST with headers; 4xx is final, 5xx is tried again", async () => {
		const { url, bodies } = await webServer([503, 500]);
		const final = await webServer([404]);
		put("r.json", {
			...select,
			actions: [
				{ http: { url, headers: [{ key: "x-node", value: "${topic(2)}" }] } },
				{ http: { url: final.url } },
			],
		});
		const service = await open();
		await take(service, "dt/n1/telemetry", hot);
		await settle(service);
		expect(bodies).toEqual(['{"temp":31,"node":"n1"}']);
		expect(final.bodies).toEqual([]);
		expect(failed()).toMatchObject([
			{ failures: [{ failedAction: "HttpAction", failedResource: final.url }] },
		]);
	});

	test("sns: to all subscriptions, and one that fails does not have the others sent again", async () => {
		const { url, bodies } = await webServer();
		put("targets.json", {
			topics: {
				alarms: [
					{ protocol: "http", endpoint: url },
					{ protocol: "email", endpoint: "a@b.example" },
					{ protocol: "sqs", endpoint: "copies" },
					{ protocol: "http", endpoint: "http://127.0.0.1:9/" },
				],
			},
		});
		put("r.json", {
			...select,
			actions: [{ sns: { targetArn: "arn:aws:sns:us-east-1:1:alarms" } }],
		});
		const service = await open();
		await take(service, "dt/n1/telemetry", hot);
		await settle(service);
		expect(bodies).toEqual(['{"temp":31,"node":"n1"}']);
		expect(
			readdirSync(join(directory, "mails")).filter((one) => one.endsWith(".eml")),
		).toHaveLength(1);
		expect((await service.queues.get("copies"))!.attributes).toEqual({ visible: 1, inFlight: 0 });
		expect(failed()).toMatchObject([{ failures: [{ failedAction: "SnsAction" }] }]);
	});
});

describe("the queue", () => {
	test("a message is received until it is deleted, and survives a restart", async () => {
		put("r.json", {
			...select,
			actions: [{ sqs: { queueUrl: "https://sqs/1/jobs", useBase64: false } }],
		});
		let service = await open();
		for (const temp of [31, 32, 33]) await take(service, "dt/n1/telemetry", { temp });
		await settle(service);
		let queue = (await service.queues.get("jobs"))!;
		const [first] = queue.receive(1, 30);
		expect(JSON.parse(first!.body)).toEqual({ temp: 31, node: "n1" });
		expect(queue.receive(10, 30)).toHaveLength(2);
		expect(queue.receive(10, 30)).toEqual([]);
		expect(queue.attributes).toEqual({ visible: 0, inFlight: 3 });
		timers.pass(30_000);
		const again = queue.receive(1, 30)[0]!;
		expect(again).toMatchObject({ messageId: first!.messageId });
		expect(again.attributes.approximateReceiveCount).toBe(2);
		expect(await queue.delete(first!.receiptHandle)).toBe(false);
		expect(await queue.delete(again.receiptHandle)).toBe(true);
		await service.close();

		service = await open();
		queue = (await service.queues.get("jobs"))!;
		expect(queue.receive(10).map(({ body }) => JSON.parse(body).temp)).toEqual([32, 33]);
		timers.pass(5 * 24 * 3_600_000);
		expect(queue.attributes).toEqual({ visible: 0, inFlight: 0 });
	});

	test("is waited for while it has nothing, until its time is over or the cloud ends", async () => {
		const service = await open();
		const queue = await service.queues.make("jobs");
		const waiting = [queue.receiveWithin(20, 1), queue.receiveWithin(20, 1)];
		await queue.send("one");
		expect(await waiting[0]).toMatchObject([{ body: "one" }]);
		timers.pass(20_000);
		expect(await waiting[1]).toEqual([]);
		const last = queue.receiveWithin(20, 1);
		await service.close();
		expect(await last).toEqual([]);
	});
});

describe("failures", () => {
	const nowhere = { http: { url: "http://127.0.0.1:9/" } };

	test("one action that fails has the others run, and the error action gets AWS's document (R09)", async () => {
		put("r.json", {
			...select,
			actions: [nowhere, { sqs: { queueUrl: "good" } }],
			errorAction: { sqs: { queueUrl: "errors" } },
		});
		const service = await open();
		const payload = Buffer.from('{ "temp": 31 }');
		await take(service, "dt/n1/telemetry", payload);
		await settle(service);
		expect((await service.queues.get("good"))!.receive(10)).toHaveLength(1);
		const [error, ...others] = (await service.queues.get("errors"))!.receive(10);
		expect(others).toEqual([]);
		expect(JSON.parse(error!.body)).toEqual({
			ruleName: "r",
			topic: "dt/n1/telemetry",
			cloudwatchTraceId: "trace",
			clientId: "node-001",
			base64OriginalPayload: payload.toString("base64"),
			failures: [
				{
					failedAction: "HttpAction",
					failedResource: "http://127.0.0.1:9/",
					errorMessage: expect.stringContaining(
						"Message arrived on: dt/n1/telemetry, Action: http",
					),
				},
			],
		});
		expect(service.rules.list()[0]!.counters).toEqual({
			topicMatch: 1,
			rulesExecuted: 1,
			parseError: 0,
			ruleMessageThrottled: 0,
			success: 1,
			failure: 1,
			errorActionSuccess: 1,
			errorActionFailure: 0,
		});
	});

	test("two failures are one message (R10); an error action that fails leaves it in failed.jsonl", async () => {
		put("r.json", { ...select, actions: [nowhere, nowhere], errorAction: nowhere });
		const service = await open();
		await take(service, "dt/n1/telemetry", hot);
		await settle(service);
		expect(failed()).toHaveLength(1);
		expect(failed()[0]!.failures).toHaveLength(2);
		expect(service.rules.list()[0]!.counters).toMatchObject({ failure: 2, errorActionFailure: 1 });
	});

	test("a payload that can't be read, WHERE that does not hold, a rule that is disabled", async () => {
		const actions = [{ sqs: { queueUrl: "q" } }];
		put("parse.json", { sql: "SELECT temp FROM 'a'", actions });
		put("where.json", { sql: "SELECT * FROM 'a' WHERE temp > 1", actions });
		put("disabled.json", { sql: "SELECT * FROM 'a'", ruleDisabled: true, actions });
		put("template.json", { sql: "SELECT * FROM 'a'", actions: [{ republish: { topic: "${x}" } }] });
		const service = await open();
		await take(service, "a", Uint8Array.of(0xff));
		await take(service, "a", { temp: 0 });
		await settle(service);
		const counters = Object.fromEntries(
			service.rules.list().map((one) => [one.name, one.counters]),
		);
		expect(counters.parse).toMatchObject({ topicMatch: 2, parseError: 1, rulesExecuted: 1 });
		expect(counters.where).toMatchObject({ topicMatch: 2, parseError: 1, rulesExecuted: 0 });
		expect(counters.disabled).toMatchObject({ topicMatch: 0 });
		expect(counters.template).toMatchObject({ topicMatch: 2, parseError: 1, rulesExecuted: 1 });
	});

	test("a file that is no rule is reported, and the others run", async () => {
		put("bad.json", { sql: "SELECT FROM 'a'", actions: [{ sqs: { queueUrl: "q" } }] });
		put("good.json", { sql: "SELECT * FROM 'a'", actions: [{ sqs: { queueUrl: "q" } }] });
		const service = await open();
		await take(service, "a", hot);
		await settle(service);
		expect(lines.join("\n")).toContain('bad.json:1:16: expected an expression, got "FROM"');
		expect((await service.queues.get("q"))!.receive(10)).toHaveLength(1);
	});
});

test("Basic Ingest goes to its rule whatever its FROM is, with the topic behind the name (R13)", async () => {
	const actions = [{ sqs: { queueUrl: "q" } }];
	put("r.json", { sql: "SELECT topic() AS t, topic(2) AS second FROM 'never'", actions });
	put("off.json", { sql: "SELECT * FROM 'x'", ruleDisabled: true, actions });
	put("all.json", { sql: "SELECT * FROM '#'", actions: [{ sqs: { queueUrl: "all" } }] });
	const service = await open();
	await take(service, "$aws/rules/r/floor/room", { n: 1 });
	for (const name of ["off", "nobody"]) await take(service, `$aws/rules/${name}/a`, { n: 1 });
	await settle(service);
	const [message] = (await service.queues.get("q"))!.receive(10);
	expect(JSON.parse(message!.body)).toEqual({ t: "floor/room", second: "room" });
	expect(service.rules.ruleNotFound).toBe(2);
	expect(service.queues.get("all")).toBeUndefined();
});

describe("what was acknowledged is done", () => {
	test("after a crash while the target was away", async () => {
		const { url, bodies, server } = await webServer();
		await new Promise((resolve) => server.close(resolve));
		const port = Number(new URL(url).port);
		put("r.json", {
			sql: "SELECT n, newuuid() AS id FROM 'a'",
			actions: [{ http: { url } }, { s3: { bucketName: "b", key: "${n}" } }],
		});
		const first = await open();
		for (let n = 0; n < 20; n++) await take(first, "a", { n });
		first.kill();

		await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
		const second = await open();
		expect(lines).toContain("rules: 20 executions go on from the last run");
		await settle(second);
		expect(new Set(bodies.map((body) => JSON.parse(body).n)).size).toBe(20);
		expect(readdirSync(join(directory, "targets", "objects", "b"))).toHaveLength(20);
		await second.close();

		const third = await open();
		await settle(third);
		expect(lines.filter((line) => line.includes("go on from the last run"))).toHaveLength(1);
	});

	test("an end leaves what waits for another try to the next start", async () => {
		const { url, bodies } = await webServer([500]);
		put("r.json", { sql: "SELECT * FROM 'a'", actions: [{ http: { url } }] });
		const first = await open();
		await take(first, "a", { n: 1 });
		while (!timers.armed || bodies.length > 0)
			await new Promise((resolve) => setImmediate(resolve));
		await first.close();
		const second = await open();
		await settle(second);
		expect(bodies).toEqual(['{"n":1}']);
	});

	test("the journal does not grow for ever", async () => {
		put("r.json", { sql: "SELECT * FROM 'a'", actions: [{ republish: { topic: "b" } }] });
		const service = await open();
		const large = { text: "x".repeat(100_000) };
		for (let round = 0; round < 60; round++) await take(service, "a", large);
		await settle(service);
		await service.close();
		expect(readdirSync(join(directory, "state")).length).toBeLessThanOrEqual(3);
		expect(published).toHaveLength(60);
	});
});
