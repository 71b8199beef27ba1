import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Hono } from "hono";
import { provision } from "../../../cloud/provision.ts";
import { health } from "../../../cloud/web/routes/health.ts";
import type { Services } from "../../../cloud/web/services.ts";
import { ApiClient } from "../../support/api.ts";
import { CloudBench, ended, makeReport } from "../../support/cloud.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(() => bench.end());

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
			'isobar_connect_total{result="success"}': 2,
			'isobar_connect_total{result="auth_error"}': 1,
			'isobar_publish_in_total{result="success"}': 5,
			'isobar_publish_in_total{result="auth_error"}': 1,
			'isobar_publish_out_total{result="success"}': 1,
			'isobar_publish_retained_total{result="success"}': 1,
			'isobar_subscribe_total{result="success"}': 2,
			'isobar_subscribe_total{result="auth_error"}': 1,
			'isobar_unsubscribe_total{result="success"}': 1,
			'isobar_shadow_requests_total{operation="update",result="accepted"}': 1,
			'isobar_shadow_requests_total{operation="get",result="accepted"}': 1,
			'isobar_shadow_requests_total{operation="get",result="rejected"}': 1,
			isobar_archive_observations_total: 4,
			isobar_archive_duplicates_total: 2,
			isobar_archive_rejected_total: 1,
		});
		expect(samples.isobar_bytes_in_total).toBeGreaterThan(200);
		expect(samples.process_resident_memory_bytes).toBeGreaterThan(1e6);
		// Reading counts nothing.
		expect(await scrape(api)).toMatchObject({ 'isobar_publish_in_total{result="success"}': 5 });
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
