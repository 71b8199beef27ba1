import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	GetV2LoggingOptionsCommand,
	IoTClient,
	SetV2LoggingOptionsCommand,
} from "@aws-sdk/client-iot";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { IotLog } from "../../cloud/iotlog.ts";
import type { Cloud } from "../../cloud/main.ts";
import { provision } from "../../cloud/provision.ts";
import { CloudBench, ended } from "../support/cloud.ts";

let bench: CloudBench;
let iot: IoTClient;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a"]);
	mkdirSync(join(bench.dataDir, "rules"), { recursive: true });
	const rule = (queueUrl: string): string =>
		JSON.stringify({ sql: "SELECT * FROM 'isobar/a/note'", actions: [{ sqs: { queueUrl } }] });
	writeFileSync(join(bench.dataDir, "rules", "good.json"), rule("notes"));
	// No queue has such a name.
	writeFileSync(join(bench.dataDir, "rules", "bad.json"), rule("-"));
});
afterEach(async () => {
	iot.destroy();
	await bench.end();
});

async function start(level: "INFO" | "ERROR"): Promise<Cloud> {
	const cloud = await bench.start({ http: { port: 0 } });
	iot = new IoTClient({
		endpoint: `${cloud.httpUrl}/api`,
		region: "us-east-1",
		credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
		maxAttempts: 1,
	});
	await iot.send(new SetV2LoggingOptionsCommand({ defaultLogLevel: level }));
	return cloud;
}

/** A connection with one subscription, one message that two rules are for, and one that is denied. */
async function live(cloud: Cloud): Promise<void> {
	const client = await bench.connected(cloud.port, "a");
	await client.subscribeAsync("isobar/a/x", { qos: 1 });
	await client.publishAsync("isobar/a/note", "{}", { qos: 1 });
	await client.publishAsync("$aws/things/a/shadow/get", "", { qos: 1 });
	const closed = ended(client);
	client.publish("isobar/b/note", "{}", { qos: 1 });
	await closed;
	await cloud.rules.rules.idle();
	await cloud.close();
}

function entries(): Record<string, unknown>[] {
	const text = bench.read("logs/AWSIotLogsV2.jsonl");
	return text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
}

const client = {
	timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/),
	traceId: expect.stringMatching(/^[0-9a-f-]{36}$/),
	accountId: "000000000000",
	clientId: "a",
	principalId: expect.stringMatching(/^[0-9a-f]{64}$/),
};
const network = {
	protocol: "MQTT",
	sourceIp: "127.0.0.1",
	sourcePort: expect.any(Number),
};
const success = { logLevel: "INFO", status: "Success" };
const failure = { logLevel: "ERROR", status: "Failure" };
const denied = {
	...{ ...client, ...network, ...failure },
	eventType: "Publish-In",
	topicName: "isobar/b/note",
	reason: "AUTHORIZATION_FAILURE",
	details: "no statement allows it",
};
const failedRule = {
	...{ ...client, ...failure },
	eventType: "RuleExecution",
	topicName: "isobar/a/note",
	ruleName: "bad",
	ruleAction: "SqsAction",
	resources: expect.any(String),
	reason: "ActionFailure",
	details: expect.stringContaining("-"),
};

describe("the log of what happens to messages", () => {
	test("R16 at INFO every step of a message is an entry, with the keys of AWS", async () => {
		await live(await start("INFO"));
		const all = entries();
		const connected = { ...client, ...network, ...success };
		expect(all).toContainEqual({ ...connected, eventType: "Connect" });
		const subscribed = { eventType: "Subscribe", topicName: "isobar/a/x" };
		expect(all).toContainEqual({ ...connected, ...subscribed });
		const published = { eventType: "Publish-In", topicName: "isobar/a/note" };
		expect(all).toContainEqual({ ...connected, ...published });
		expect(all).toContainEqual({
			...{ ...client, ...success },
			eventType: "RuleExecution",
			topicName: "isobar/a/note",
			ruleName: "good",
			ruleAction: "SqsAction",
			resources: "notes",
		});
		expect(all).toContainEqual(failedRule);
		expect(all).toContainEqual(denied);
		const ended = { eventType: "Disconnect", disconnectReason: "AUTH_ERROR" };
		expect(all).toContainEqual({ ...connected, ...ended });
		// Those of one message share a trace.
		const traces = all
			.filter(({ ruleName }) => ruleName !== undefined)
			.map(({ traceId }) => traceId);
		expect(new Set(traces).size).toBe(1);
	});

	test("R16 at ERROR there are failures alone", async () => {
		await live(await start("ERROR"));
		const all = entries();
		expect(all).toContainEqual(denied);
		expect(all).toContainEqual(failedRule);
		expect(all.filter(({ status }) => status !== "Failure")).toEqual([]);
	});

	test("the level is kept over a restart; nothing is written before somebody asks", async () => {
		const cloud = await bench.start({ http: { port: 0 } });
		await bench.connected(cloud.port, "a");
		await cloud.close();
		expect(() => entries()).toThrow("ENOENT");
		await (await start("INFO")).close();
		iot.destroy();
		const again = await bench.start({ http: { port: 0 } });
		iot = new IoTClient({
			endpoint: `${again.httpUrl}/api`,
			region: "us-east-1",
			credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
		});
		expect(await iot.send(new GetV2LoggingOptionsCommand({}))).toMatchObject({
			defaultLogLevel: "INFO",
			disableAllLogs: false,
		});
	});

	test("two files at most, of 16 MiB", async () => {
		iot = new IoTClient({ region: "us-east-1" });
		const log = await IotLog.open({
			directory: join(bench.dataDir, "logs"),
			settingsFile: join(bench.dataDir, "logging.json"),
			accountId: "000000000000",
			log: bench.log,
		});
		await log.setLevel("INFO");
		for (let index = 0; index < 5; index++) {
			log.record({ eventType: "Publish-In", topicName: "x".repeat(7 << 20) });
			await log.flush();
		}
		await log.close();
		const sizes = ["AWSIotLogsV2.jsonl", "AWSIotLogsV2.1.jsonl"].map(
			(name) => bench.read(`logs/${name}`).length >> 20,
		);
		expect(sizes).toEqual([7, 14]);
	});
});
