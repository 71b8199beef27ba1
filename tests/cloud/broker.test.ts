import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { provision } from "../../cloud/provision.ts";
import { CloudBench, ended, makeReport } from "../support/cloud.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(() => bench.end());

describe("connect", () => {
	test("T01 a certificate of ours and its name: CONNACK 0", async () => {
		const cloud = await bench.start();
		await bench.connected(cloud.port, "a");
		expect(cloud.connected("a")).toBe(true);
	});

	test("T15 a second connection with the same client id takes over", async () => {
		const cloud = await bench.start();
		const first = await bench.connected(cloud.port, "a");
		const firstEnded = ended(first);
		const second = await bench.connected(cloud.port, "a");
		await firstEnded;
		expect(second.connected).toBe(true);
		expect(cloud.connected("a")).toBe(true);
	});

	test("T22 a client id that is not the certificate's name: closed without CONNACK", async () => {
		const cloud = await bench.start();
		const client = bench.client(cloud.port, "a", { clientId: "b" });
		expect(await ended(client)).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(
			/client id "b" with certificate CN=a \(.*\): iot:Connect: no statement allows it$/,
		);
	});

	test("T21 a will on a topic of another thing: refused", async () => {
		const cloud = await bench.start();
		const client = bench.client(cloud.port, "a", {
			will: { topic: "isobar/b/status", payload: Buffer.from("x"), qos: 1, retain: false },
		});
		expect(await ended(client)).toEqual({ wasConnected: false });
		expect(await bench.logged(/denied/)).toMatch(
			/^denied a \(certificate [0-9a-f]{64}\) iot:Publish on "isobar\/b\/status": no statement allows it$/,
		);
	});
});

describe("publish and subscribe", () => {
	test.each([0, 1, 2] as const)("M01 QoS %d reports are archived and acknowledged", async (qos) => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("isobar/a/report", makeReport(1, 3), { qos });
		if (qos === 0) await client.publishAsync("isobar/a/status", "", { qos: 1 });
		expect(await cloud.archive.rows("a")).toHaveLength(3);
	});

	test("M14 publish on a topic of another thing: closed, no PUBACK, logged", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		let acknowledged = false;
		client.publish("isobar/b/report", makeReport(1, 1), { qos: 1 }, (error) => {
			acknowledged = !error;
		});
		await ended(client);
		expect(acknowledged).toBe(false);
		expect(cloud.archive.count()).toBe(0);
		expect(await bench.logged(/denied/)).toMatch(
			/^denied a \(certificate [0-9a-f]{64}\) iot:Publish on "isobar\/b\/report": no statement allows it$/,
		);
	});

	test.each(["#", "+/a/report", "isobar/+/report", "isobar/b/#", "$aws/events/#", "isobar/ab/#"])(
		"M17 subscribe to %s: closed without SUBACK, logged",
		async (filter) => {
			const cloud = await bench.start();
			const client = await bench.connected(cloud.port, "a");
			client.subscribe(filter, () => {});
			await ended(client);
			expect(await bench.logged(/denied/)).toContain(
				`iot:Subscribe on "${filter}": no statement allows it`,
			);
		},
	);

	test("a retained status is given to who subscribes later", async () => {
		const cloud = await bench.start();
		const first = await bench.connected(cloud.port, "a");
		await first.publishAsync("isobar/a/status", "born", { qos: 1, retain: true });
		const message = new Promise<string>((resolve) =>
			first.on("message", (topic, payload, { retain }) => resolve(`${topic} ${payload} ${retain}`)),
		);
		await first.subscribeAsync("isobar/a/status", { qos: 1 });
		expect(await message).toBe("isobar/a/status born true");
	});

	test("M31 a cut link publishes the will, a DISCONNECT does not", async () => {
		const cloud = await bench.start();
		const seen: string[] = [];
		let onGone = (): void => {};
		cloud.subscribe("isobar/+/status", (topic, payload) => {
			seen.push(`${topic} ${Buffer.from(payload)}`);
			onGone();
		});
		const will = { topic: "isobar/a/status", payload: Buffer.from("gone"), qos: 1 as const };
		const polite = await bench.connected(cloud.port, "a", { will: { ...will, retain: true } });
		await polite.endAsync();
		const gone = new Promise<void>((resolve) => {
			onGone = resolve;
		});
		const rude = await bench.connected(cloud.port, "a", { will: { ...will, retain: true } });
		rude.stream.destroy();
		await gone;
		expect(seen).toEqual(["isobar/a/status gone"]);
	});

	test("M07 a topic of more than 8 levels: closed", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("isobar/a/3/4/5/6/7/8", "", { qos: 1 });
		client.publish("isobar/a/3/4/5/6/7/8/9", "", { qos: 1 });
		await ended(client);
		expect(await bench.logged(/closed/)).toContain("a topic of more than 8 levels");
	});

	test("M05 128 KB are accepted, one byte more closes the connection", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("isobar/a/health", Buffer.alloc(131_072), { qos: 1 });
		client.publish("isobar/a/health", Buffer.alloc(131_073), { qos: 1 });
		await ended(client);
		expect(await bench.logged(/closed/)).toContain("a payload of more than 128 KB");
	});

	test("a packet beyond all limits is cut off before it is stored", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		client.stream.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]));
		await ended(client);
		expect(await bench.logged(/closed/)).toContain("a packet larger than allowed");
	});
});
