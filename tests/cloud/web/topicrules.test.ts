import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	CreateTopicRuleCommand,
	DeleteTopicRuleCommand,
	DisableTopicRuleCommand,
	EnableTopicRuleCommand,
	GetTopicRuleCommand,
	ListTopicRulesCommand,
	ReplaceTopicRuleCommand,
	type TopicRulePayload,
} from "@aws-sdk/client-iot";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { MqttClient } from "mqtt";
import type { Cloud } from "../../../cloud/main.ts";
import { provision } from "../../../cloud/provision.ts";
import { ApiClient } from "../../support/api.ts";
import { CloudBench } from "../../support/cloud.ts";
import { refused, SdkBench } from "../../support/sdk.ts";

let bench: CloudBench;
let sdk: SdkBench;
let cloud: Cloud;
let device: MqttClient;

beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a"]);
	// A file that is no rule, from before the start.
	mkdirSync(join(bench.dataDir, "rules"));
	writeFileSync(join(bench.dataDir, "rules", "broken.json"), "{");
	await start();
});
afterEach(async () => {
	sdk.end();
	await bench.end();
});

async function start(): Promise<void> {
	cloud = await bench.start({ http: { port: 0 } });
	sdk = new SdkBench(cloud);
	device = await bench.connected(cloud.port, "a");
}

const payload = (sql: string, queueUrl = "q"): TopicRulePayload => ({
	sql,
	awsIotSqlVersion: "2016-03-23",
	actions: [{ sqs: { roleArn: "arn:aws:iam::000000000000:role/any", queueUrl } }],
});

/** What the rules make of a message that is published now. */
async function made(text: string): Promise<unknown[]> {
	await device.publishAsync("isobar/a/note", text, { qos: 1 });
	await cloud.rules.rules.idle();
	const queue = await cloud.rules.queues.get("q");
	const messages = queue?.receive(10) ?? [];
	for (const { receiptHandle } of messages) await queue!.delete(receiptHandle);
	return messages.map(({ body }) => JSON.parse(body));
}

test("a rule counts from the moment in which it is made, changed, disabled, enabled, deleted", async () => {
	const { iot } = sdk;
	const ruleName = "wind";
	expect(await made('{"wind":1}')).toEqual([]);
	const sql = "SELECT wind FROM 'isobar/+/note'";
	await iot.send(new CreateTopicRuleCommand({ ruleName, topicRulePayload: payload(sql) }));
	expect(await made('{"wind":2}')).toEqual([{ wind: 2 }]);
	const other = payload("SELECT wind AS w FROM 'isobar/+/note' WHERE wind > 2");
	await iot.send(new ReplaceTopicRuleCommand({ ruleName, topicRulePayload: other }));
	expect(await made('{"wind":2}')).toEqual([]);
	expect(await made('{"wind":3}')).toEqual([{ w: 3 }]);
	await iot.send(new DisableTopicRuleCommand({ ruleName }));
	expect(await made('{"wind":4}')).toEqual([]);
	await iot.send(new EnableTopicRuleCommand({ ruleName }));
	expect(await made('{"wind":5}')).toEqual([{ w: 5 }]);
	// Its figures go on over all that.
	const [view] = cloud.rules.rules.list();
	expect(view).toMatchObject({ name: "wind", counters: { topicMatch: 4, rulesExecuted: 3 } });
	await iot.send(new DeleteTopicRuleCommand({ ruleName }));
	expect(await made('{"wind":6}')).toEqual([]);
	expect(readdirSync(join(bench.dataDir, "rules")).sort()).toEqual(["broken.json", "state"]);
});

test("rules are told as they were made, listed by page, topic and state, and there after a restart", async () => {
	const { iot } = sdk;
	for (const name of ["r1", "r2", "r3"]) {
		const topicRulePayload = payload(`SELECT * FROM 'isobar/${name}/#'`);
		await iot.send(new CreateTopicRuleCommand({ ruleName: name, topicRulePayload }));
	}
	await iot.send(new DisableTopicRuleCommand({ ruleName: "r2" }));
	expect((await iot.send(new GetTopicRuleCommand({ ruleName: "r1" }))).rule).toEqual({
		ruleName: "r1",
		...payload("SELECT * FROM 'isobar/r1/#'"),
		ruleDisabled: false,
	});
	const list = async (input: object): Promise<unknown[]> =>
		(await iot.send(new ListTopicRulesCommand(input))).rules!.map(({ ruleName }) => ruleName);
	expect(await list({ topic: "isobar/r3/x" })).toEqual(["r3"]);
	expect(await list({ ruleDisabled: true })).toEqual(["r2"]);
	const first = await iot.send(new ListTopicRulesCommand({ maxResults: 2 }));
	expect(first.rules).toHaveLength(2);
	expect(await list({ nextToken: first.nextToken })).toEqual(["r3"]);

	sdk.end();
	await cloud.close();
	await start();
	const views = cloud.rules.rules.list().map(({ name, isDisabled }) => [name, isDisabled]);
	expect(views).toEqual([
		["r1", false],
		["r2", true],
		["r3", false],
	]);
});

test("what is no rule is refused and changes nothing; a broken file can be replaced", async () => {
	const { iot } = sdk;
	const create = (ruleName: string, topicRulePayload: TopicRulePayload) =>
		iot.send(new CreateTopicRuleCommand({ ruleName, topicRulePayload }));
	await refused(create("bad", payload("SELECT * FORM 'a'")), "SqlParseException", 400);
	const unknown = { ...payload("SELECT * FROM 'a'"), actions: [{ kafka: {} as never }] };
	await refused(create("bad", unknown), "InvalidRequestException", 400);
	await refused(create("../bad", payload("SELECT * FROM 'a'")), "InvalidRequestException", 400);
	await create("good", payload("SELECT * FROM 'a'"));
	const again = create("good", payload("SELECT * FROM 'b'"));
	await refused(again, "ResourceAlreadyExistsException", 409);
	await refused(
		iot.send(new GetTopicRuleCommand({ ruleName: "absent" })),
		"UnauthorizedException",
		401,
	);
	await refused(
		iot.send(new DeleteTopicRuleCommand({ ruleName: "absent" })),
		"ResourceNotFoundException",
		404,
	);
	expect(cloud.rules.rules.list().map(({ name, sql }) => [name, sql])).toEqual([
		["good", "SELECT * FROM 'a'"],
	]);

	expect(cloud.rules.rules.faults).toHaveLength(1);
	const topicRulePayload = payload("SELECT * FROM 'isobar/+/note'");
	await iot.send(new ReplaceTopicRuleCommand({ ruleName: "broken", topicRulePayload }));
	expect(cloud.rules.rules.faults).toEqual([]);
	expect(await made("{}")).toEqual([{}]);
});

test("changes at once leave whole files, and the last one counts", async () => {
	const { iot } = sdk;
	const ruleName = "many";
	await iot.send(
		new CreateTopicRuleCommand({ ruleName, topicRulePayload: payload("SELECT 0 AS n FROM 'x'") }),
	);
	const changes = Array.from({ length: 20 }, (_, n) => {
		const topicRulePayload = payload(`SELECT ${n} AS n FROM 'isobar/+/note'`);
		return iot.send(new ReplaceTopicRuleCommand({ ruleName, topicRulePayload }));
	});
	await Promise.all(changes);
	const { sql } = JSON.parse(bench.read("rules/many.json"));
	const [, n] = /^SELECT (\d+) AS/.exec(sql)!;
	expect(await made("{}")).toEqual([{ n: Number(n) }]);
});

test("every answer is as the document says", async () => {
	const api = new ApiClient(cloud.httpUrl!);
	const rule = payload("SELECT * FROM 'a'");
	const calls: readonly (readonly [string, string, unknown?])[] = [
		["POST", "/api/rules/x", rule],
		["PATCH", "/api/rules/x", { ...rule, errorAction: rule.actions![0] }],
		["POST", "/api/rules/x/disable"],
		["POST", "/api/rules/x/enable"],
		["GET", "/api/rules/x"],
		["GET", "/api/rules"],
		["DELETE", "/api/rules/x"],
	];
	for (const [method, path, body] of calls) {
		expect([method, path, (await api.call(method, path, body)).status]).toEqual([
			method,
			path,
			200,
		]);
	}
});
