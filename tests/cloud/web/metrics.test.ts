import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Hono } from "hono";
import type { Cloud } from "../../../cloud/main.ts";
import { provision } from "../../../cloud/provision.ts";
import { attachPolicy, createPolicy } from "../../../cloud/registry/policies.ts";
import { health } from "../../../cloud/web/routes/health.ts";
import type { Services } from "../../../cloud/web/services.ts";
import { ApiClient } from "../../support/api.ts";
import { CloudBench, ended, makeReport } from "../../support/cloud.ts";
import { documentOf } from "../../support/registry.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(() => bench.end());

/** Gives every certificate a policy that allows everything. */
async function allowAll(cloud: Cloud): Promise<void> {
	await cloud.registry.run((state) => createPolicy(state, "all", documentOf("iot:*")));
	for (const { certificateId } of cloud.registry.state.certificates) {
		await cloud.registry.run((state) => attachPolicy(state, "all", { certificateId }));
	}
}

/** The samples of a scrape: "name{labels}" and its value. */
async function scrape(api: ApiClient): Promise<Record<string, number>> {
	const { status, body, headers } = await api.get("/metrics");
	expect([status, headers.get("content-type")]).toEqual([
		200,
		expect.stringMatching(/^text\/plain; version=0\.0\.4/),
	]);
	const lines = (body as string).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	return Object.fromEntries(
		lines.map((line) => {
			const at = line.lastIndexOf(" ");
			return [line.slice(0, at), Number(line.slice(at + 1))];
		}),
	);
}

describe("/metrics", () => {
	test("counts what has happened, each once", async () => {
		const cloud = await bench.start({ http: { port: 0 } });
		const api = new ApiClient(cloud.httpUrl!);
		expect(await ended(bench.client(cloud.port, "a", { clientId: "somebody" }))).toEqual({
			wasConnected: false,
		});
		const a = await bench.connected(cloud.port, "a");
		const delivered = new Promise((resolve) => a.once("message", resolve));
		await a.subscribeAsync(["isobar/a/one", "isobar/a/two"]);
		await a.publishAsync("isobar/a/one", "x", { qos: 1 });
		await delivered;
		await a.unsubscribeAsync("isobar/a/one");
		await a.publishAsync("isobar/a/report", makeReport(1, 3), { qos: 1 });
		await a.publishAsync("isobar/a/report", makeReport(2, 4), { qos: 1 });
		await a.publishAsync("isobar/a/note", "x", { qos: 1, retain: true });
		await api.post("/api/topics/isobar%2Fb%2Freport?qos=1", "not a report");
		await api.post("/api/things/a/shadow", { state: { desired: { x: 1 } } });
		await api.get("/api/things/a/shadow");
		await api.get("/api/things/b/shadow");
		const lost = ended(a);
		a.publish("isobar/b/report", "x", { qos: 1 });
		await lost;
		const b = await bench.connected(cloud.port, "b");
		const left = ended(b);
		b.subscribe("isobar/a/#");
		await left;

		const samples = await scrape(api);
		expect(samples).toMatchObject({
			'isobar_connect_total{result="success",protocol="mqtt"}': 2,
			'isobar_connect_total{result="auth_error",protocol="mqtt"}': 1,
			'isobar_publish_in_total{result="success",protocol="mqtt"}': 4,
			'isobar_publish_in_total{result="success",protocol="http"}': 1,
			'isobar_publish_in_total{result="auth_error",protocol="mqtt"}': 1,
			'isobar_publish_out_total{result="success",protocol="mqtt"}': 1,
			'isobar_publish_retained_total{result="success",protocol="mqtt"}': 1,
			'isobar_subscribe_total{result="success",protocol="mqtt"}': 2,
			'isobar_subscribe_total{result="auth_error",protocol="mqtt"}': 1,
			'isobar_unsubscribe_total{result="success",protocol="mqtt"}': 1,
			'isobar_shadow_requests_total{operation="update",result="accepted",protocol="http"}': 1,
			'isobar_shadow_requests_total{operation="get",result="accepted",protocol="http"}': 1,
			'isobar_shadow_requests_total{operation="get",result="rejected",protocol="http"}': 1,
			isobar_archive_observations_total: 4,
			isobar_archive_duplicates_total: 2,
			isobar_archive_rejected_total: 1,
		});
		expect(samples.isobar_bytes_in_total).toBeGreaterThan(200);
		expect(samples.process_resident_memory_bytes).toBeGreaterThan(1e6);
		// Reading counts nothing.
		expect(await scrape(api)).toMatchObject({
			'isobar_publish_in_total{result="success",protocol="mqtt"}': 4,
		});
	});

	test("R15 what rules do counts with the rule, the action and the result", async () => {
		const rule = (name: string, document: object): void => {
			mkdirSync(join(bench.dataDir, "rules"), { recursive: true });
			writeFileSync(join(bench.dataDir, "rules", `${name}.json`), JSON.stringify(document));
		};
		const good = { sqs: { queueUrl: "good" } };
		// No queue has such a name, so that the action fails at once.
		const bad = { sqs: { queueUrl: "-" } };
		const sql = "SELECT x FROM 'isobar/a/note'";
		rule("both", { sql, actions: [good, bad], errorAction: good });
		rule("worse", { sql: `${sql} WHERE x > 1`, actions: [bad], errorAction: bad });
		rule("off", { sql, actions: [good], ruleDisabled: true });
		const cloud = await bench.start({ http: { port: 0 } });
		await allowAll(cloud);
		const a = await bench.connected(cloud.port, "a");
		for (const text of ['{"x":1}', '{"x":2}', "no JSON"]) {
			await a.publishAsync("isobar/a/note", text, { qos: 1 });
		}
		for (const name of ["off", "off", "unknown"]) {
			await a.publishAsync(`$aws/rules/${name}/x`, "{}", { qos: 1 });
		}
		await cloud.rules.rules.idle();

		const samples = await scrape(new ApiClient(cloud.httpUrl!));
		const ofRules = Object.entries(samples).filter(([name]) => name.startsWith("isobar_rule_"));
		expect(Object.fromEntries(ofRules.filter(([, value]) => value > 0))).toEqual({
			'isobar_rule_topic_match_total{rule="both"}': 3,
			'isobar_rule_topic_match_total{rule="worse"}': 3,
			'isobar_rule_executed_total{rule="both"}': 2,
			'isobar_rule_executed_total{rule="worse"}': 1,
			'isobar_rule_parse_error_total{rule="both"}': 1,
			'isobar_rule_parse_error_total{rule="worse"}': 1,
			'isobar_rule_not_found_total{rule="off"}': 2,
			'isobar_rule_not_found_total{rule="unknown"}': 1,
			'isobar_rule_action_total{rule="both",action="sqs",result="success"}': 2,
			'isobar_rule_action_total{rule="both",action="sqs",result="failure"}': 2,
			'isobar_rule_action_total{rule="both",action="sqs",result="error_action_success"}': 2,
			'isobar_rule_action_total{rule="worse",action="sqs",result="failure"}': 1,
			'isobar_rule_action_total{rule="worse",action="sqs",result="error_action_failure"}': 1,
		});
	});

	test("a log line of a denial has the fields of AWS's logs", async () => {
		const events: object[] = [];
		const cloud = await bench.start({ log: (line, event) => events.push({ line, ...event }) });
		const a = await bench.connected(cloud.port, "a");
		const lost = ended(a);
		a.publish("isobar/b/report", "x", { qos: 1 });
		await lost;
		expect(events).toContainEqual({
			line: expect.stringMatching(/^denied a /),
			level: "warn",
			eventType: "Publish-In",
			status: "Failure",
			clientId: "a",
			principalId: expect.stringMatching(/^[0-9a-f]{64}$/),
			sourceIp: "127.0.0.1",
			topicName: "isobar/b/report",
			reason: "no statement allows it",
		});
	});
});

describe("/health", () => {
	test("says how many are connected", async () => {
		const cloud = await bench.start({ http: { port: 0 } });
		await bench.connected(cloud.port, "a");
		const { status, body } = await new ApiClient(cloud.httpUrl!).get("/health");
		expect([status, body]).toEqual([
			200,
			{ status: "ok", uptimeSeconds: expect.any(Number), connections: 1 },
		]);
	});

	test("is 503 while messages can't be kept", async () => {
		const app = new Hono();
		const broker = { keepFailure: "ENOSPC: no space left on device", connections: 3 };
		health(app, { meters: { broker } } as unknown as Services);
		const answer = await app.request("/health");
		expect([answer.status, await answer.json()]).toEqual([
			503,
			{
				status: "failing",
				uptimeSeconds: 0,
				connections: 3,
				problem: "messages can't be kept: ENOSPC: no space left on device",
			},
		]);
	});
});
