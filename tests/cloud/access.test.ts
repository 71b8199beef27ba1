// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like that
import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { certificateIdOf } from "../../cloud/access.ts";
import type { Cloud } from "../../cloud/main.ts";
import { provision } from "../../cloud/provision.ts";
import { Authority, makeKey } from "../../cloud/registry/authority.ts";
import {
	attachThingPrincipal,
	deleteCertificate,
	detachThingPrincipal,
	registerCertificate,
	updateCertificate,
} from "../../cloud/registry/certificates.ts";
import {
	attachPolicy,
	createPolicy,
	detachPolicy,
	updatePolicy,
} from "../../cloud/registry/policies.ts";
import { certificateVariables } from "../../cloud/registry/subject.ts";
import { addThingToThingGroup, createThingGroup } from "../../cloud/registry/thinggroups.ts";
import { deleteThing, updateThing } from "../../cloud/registry/things.ts";
import { CloudBench, ended, makeReport } from "../support/cloud.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a", "b"]);
});
afterEach(() => bench.end());

const idOf = (thing: string): string =>
	certificateIdOf(new X509Certificate(bench.read(`things/${thing}.crt`)));

/** Gives the certificate of "a" one policy instead of the station's. */
async function setPolicy(cloud: Cloud, ...statements: object[]): Promise<void> {
	const document = JSON.stringify({ Version: "2012-10-17", Statement: statements });
	const { registry } = cloud;
	if (registry.state.policy("test")) {
		await registry.run((state) => updatePolicy(state, "test", document));
		return;
	}
	await registry.run((state) => createPolicy(state, "test", document));
	await registry.run((state) => attachPolicy(state, "test", { certificateId: idOf("a") }));
	await registry.run((state) =>
		detachPolicy(state, "isobar-station", { certificateId: idOf("a") }),
	);
}

async function metricsOf(cloud: Cloud): Promise<string> {
	return (await fetch(new URL("/metrics", cloud.httpUrl))).text();
}

const arn = (resource: string): string => `arn:aws:iot:us-east-1:000000000000:${resource}`;
const allowAll = { Effect: "Allow", Action: "iot:*", Resource: "*" };

describe("certificates", () => {
	test.each(["INACTIVE", "REVOKED"] as const)(
		"T07 T08 %s: the open connection closes, the next is refused, ACTIVE is accepted",
		async (status) => {
			const cloud = await bench.start();
			const client = await bench.connected(cloud.port, "a");
			const other = await bench.connected(cloud.port, "b");
			const closed = ended(client);
			const event = new Promise((resolve) =>
				cloud.subscribe("$aws/events/presence/disconnected/a", (_, payload) =>
					resolve(JSON.parse(Buffer.from(payload).toString())),
				),
			);
			await cloud.registry.run((state) => updateCertificate(state, idOf("a"), status));
			await closed;
			expect(await event).toMatchObject({ disconnectReason: "FORBIDDEN_ACCESS" });
			expect(other.connected).toBe(true);
			expect(await ended(bench.client(cloud.port, "a"))).toEqual({ wasConnected: false });
			await bench.logged(new RegExp(`^refused .*: its certificate is ${status}$`));
			await cloud.registry.run((state) => updateCertificate(state, idOf("a"), "ACTIVE"));
			await bench.connected(cloud.port, "a");
		},
	);

	test("a status survives close and kill", async () => {
		const first = await bench.start();
		await first.registry.run((state) => updateCertificate(state, idOf("a"), "REVOKED"));
		await first.close();
		const second = await bench.start();
		expect(second.registry.state.certificate(idOf("a"))?.status).toBe("REVOKED");
		second.kill();
		const third = await bench.start();
		expect(await ended(bench.client(third.port, "a"))).toEqual({ wasConnected: false });
	});

	test("several for one thing: both connect, and one is revoked alone", async () => {
		const cloud = await bench.start();
		const authority = await Authority.open(bench.read("ca.crt"), bench.read("ca.key"));
		const key = await makeKey();
		const cert = await authority.issueDevice(key, "a");
		const second = certificateIdOf(new X509Certificate(cert));
		expect(await ended(bench.client(cloud.port, "a", { cert, key }))).toEqual({
			wasConnected: false,
		});
		await bench.logged(/its certificate is not registered$/);
		for (const operation of [
			(state: Cloud["registry"]["state"]) => registerCertificate(state, second, cert),
			(state: Cloud["registry"]["state"]) => attachThingPrincipal(state, "a", second),
			(state: Cloud["registry"]["state"]) =>
				attachPolicy(state, "isobar-station", { certificateId: second }),
		]) {
			await cloud.registry.run(operation);
		}
		await bench.connected(cloud.port, "a", { cert, key });
		await cloud.registry.run((state) => updateCertificate(state, idOf("a"), "REVOKED"));
		expect(cloud.connected("a")).toBe(true);
	});

	test("one that provision makes while the cloud runs is known at its first connection", async () => {
		const cloud = await bench.start();
		await provision(bench.dataDir, ["late"]);
		await bench.connected(cloud.port, "late");
		expect(cloud.registry.state.thing("late")).toMatchObject({ thingName: "late", version: 1 });
	});

	test("two first connections at one time register it once", async () => {
		const cloud = await bench.start();
		await provision(bench.dataDir, ["late"]);
		const clients = [bench.client(cloud.port, "late"), bench.client(cloud.port, "late")];
		const connects = clients.map(
			(client) => new Promise<void>((resolve) => client.once("connect", () => resolve())),
		);
		await Promise.all(connects);
		expect(cloud.connected("late")).toBe(true);
	});

	test("one that was deleted stays unknown after a start, and its files are gone", async () => {
		const first = await bench.start();
		const id = idOf("a");
		const [cert, key] = [bench.read("things/a.crt"), bench.read("things/a.key")];
		for (const operation of [
			(state: Cloud["registry"]["state"]) => updateCertificate(state, id, "REVOKED"),
			(state: Cloud["registry"]["state"]) => detachThingPrincipal(state, "a", id),
			(state: Cloud["registry"]["state"]) =>
				detachPolicy(state, "isobar-station", { certificateId: id }),
			(state: Cloud["registry"]["state"]) => deleteCertificate(state, id),
		]) {
			await first.registry.run(operation);
		}
		await first.close();
		expect(existsSync(join(bench.dataDir, "things/a.crt"))).toBe(false);
		expect(existsSync(join(bench.dataDir, "things/a.key"))).toBe(false);
		const second = await bench.start();
		expect(await ended(bench.client(second.port, "b", { cert, key, clientId: "a" }))).toEqual({
			wasConnected: false,
		});
		await bench.logged(/its certificate is not registered$/);
	});

	test("T09 without a policy nothing is allowed, not even to connect", async () => {
		const cloud = await bench.start({ http: { port: 0 } });
		await cloud.registry.run((state) =>
			detachPolicy(state, "isobar-station", { certificateId: idOf("a") }),
		);
		expect(await ended(bench.client(cloud.port, "a"))).toEqual({ wasConnected: false });
		expect(await metricsOf(cloud)).toContain(
			'isobar_connect_total{result="auth_error",protocol="mqtt"} 1',
		);
	});

	test("P10 detached from its thing: refused", async () => {
		const cloud = await bench.start();
		await cloud.registry.run((state) => detachThingPrincipal(state, "a", idOf("a")));
		expect(await ended(bench.client(cloud.port, "a"))).toEqual({ wasConnected: false });
	});

	test("L07 only an exclusive attachment names the thing in events", async () => {
		const cloud = await bench.start();
		const events: Record<string, unknown>[] = [];
		cloud.subscribe("$aws/events/presence/connected/#", (_, payload) => {
			events.push(JSON.parse(Buffer.from(payload).toString()));
		});
		await bench.connected(cloud.port, "b");
		await cloud.registry.run((state) =>
			attachThingPrincipal(state, "a", idOf("a"), "EXCLUSIVE_THING"),
		);
		await setPolicy(cloud, allowAll);
		await bench.connected(cloud.port, "a", { clientId: "any-name" });
		expect(events).toMatchObject([{ clientId: "b" }, { clientId: "any-name", thingName: "a" }]);
		expect(events[0]).not.toHaveProperty("thingName");
	});
});

describe("policies on live connections", () => {
	test("P15 a change counts with the next action", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("isobar/a/report", makeReport(1, 1), { qos: 1 });
		await cloud.registry.run((state) =>
			detachPolicy(state, "isobar-station", { certificateId: idOf("a") }),
		);
		expect(client.connected).toBe(true);
		client.publish("isobar/a/report", makeReport(2, 2), { qos: 1 });
		await ended(client);
		expect(cloud.archive.count("a")).toBe(1);
	});

	test("P11 an attribute in a resource counts by its value now", async () => {
		const cloud = await bench.start();
		await setPolicy(
			cloud,
			{ Effect: "Allow", Action: ["iot:Connect"], Resource: "*" },
			{
				Effect: "Allow",
				Action: "iot:Publish",
				Resource: arn("topic/site/${iot:Connection.Thing.Attributes[site]}"),
			},
		);
		await cloud.registry.run((state) => updateThing(state, "a", { site: "north" }));
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("site/north", "", { qos: 1 });
		await cloud.registry.run((state) => updateThing(state, "a", { site: "south" }));
		await client.publishAsync("site/south", "", { qos: 1 });
		client.publish("site/north", "", { qos: 1 });
		await ended(client);
	});

	test("M19 Receive denied: not delivered, not closed", async () => {
		const cloud = await bench.start({ http: { port: 0 } });
		await setPolicy(cloud, allowAll, {
			Effect: "Deny",
			Action: "iot:Receive",
			Resource: arn("topic/x/secret"),
		});
		const client = await bench.connected(cloud.port, "a");
		const seen: string[] = [];
		const last = new Promise<void>((resolve) =>
			client.on("message", (topic) => {
				seen.push(topic);
				if (topic === "x/last") resolve();
			}),
		);
		await client.subscribeAsync("x/#", { qos: 1 });
		for (const topic of ["x/open", "x/secret", "x/last"]) {
			await client.publishAsync(topic, "", { qos: 1 });
		}
		await last;
		expect(seen).toEqual(["x/open", "x/last"]);
		expect(await metricsOf(cloud)).toContain(
			'isobar_publish_out_total{result="auth_error",protocol="mqtt"} 1',
		);
	});

	test("M27 retain without RetainPublish: denied as a publish", async () => {
		const cloud = await bench.start();
		await setPolicy(cloud, allowAll, {
			Sid: "NoRetain",
			Effect: "Deny",
			Action: "iot:RetainPublish",
			Resource: "*",
		});
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("x", "", { qos: 1 });
		client.publish("x", "", { qos: 1, retain: true });
		await ended(client);
		expect(await bench.logged(/^denied/)).toBe(
			`denied a (certificate ${idOf("a")}) iot:RetainPublish on "x": denied by statement 2 ("NoRetain") of policy test`,
		);
	});

	test("conditions on CONNECT: no will, no persistent session", async () => {
		const cloud = await bench.start();
		await setPolicy(cloud, allowAll, {
			Effect: "Deny",
			Action: "iot:Connect",
			Resource: "*",
			Condition: {
				"ForAnyValue:StringEquals": { "iot:ConnectAttributes": ["PersistentConnect", "LastWill"] },
			},
		});
		await bench.connected(cloud.port, "a", { clean: true });
		for (const options of [
			{ clean: false },
			{ will: { topic: "x", payload: Buffer.from(""), qos: 0 as const, retain: false } },
		]) {
			expect(await ended(bench.client(cloud.port, "a", options))).toEqual({ wasConnected: false });
		}
	});

	test("M13 topics with $ that are not served are refused whatever the policy", async () => {
		const cloud = await bench.start();
		await setPolicy(cloud, allowAll);
		for (const topic of ["$foo/x", "$SYS/x"]) {
			const client = await bench.connected(cloud.port, "a");
			client.subscribe(topic, () => {});
			await ended(client);
			const other = await bench.connected(cloud.port, "a");
			other.publish(topic, "");
			await ended(other);
		}
	});

	test("M09 the 51st subscription closes the connection", async () => {
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		for (let index = 1; index <= 50; index++) await client.subscribeAsync(`isobar/a/${index}`);
		client.subscribe("isobar/a/51", () => {});
		await ended(client);
		await bench.logged(/closed .*: more than 50 subscriptions$/);
	});

	test("T11 T12 client ids: 128 bytes are accepted, 129 and $x are not", async () => {
		const cloud = await bench.start();
		await setPolicy(cloud, allowAll);
		await bench.connected(cloud.port, "a", { clientId: "é".repeat(64) });
		for (const clientId of [`${"é".repeat(64)}x`, "$x"]) {
			expect(await ended(bench.client(cloud.port, "a", { clientId }))).toEqual({
				wasConnected: false,
			});
		}
	});

	test("the station's policy: own topics and shadows, and no answers of the service", async () => {
		const cloud = await bench.start();
		const shadow = "$aws/things/a/shadow";
		const allowed = ["isobar/a/x/y", `${shadow}/get`, `${shadow}/name/n/update`];
		const denied = [`${shadow}/delete`, `${shadow}/update/accepted`, "isobar/b/x", "x"];
		const client = await bench.connected(cloud.port, "a");
		for (const topic of allowed) await client.publishAsync(topic, "", { qos: 1 });
		await client.subscribeAsync(["isobar/a/#", `${shadow}/update/delta`]);
		for (const topic of denied) {
			const other = await bench.connected(cloud.port, "a");
			other.publish(topic, "", { qos: 1 });
			await ended(other);
		}
	});

	test("it has at most 2,048 characters and is not overwritten by a start", async () => {
		const first = await bench.start();
		const name = "isobar-station";
		const { policyDocument } = first.registry.state.policy(name)!;
		expect(policyDocument.length).toBeLessThanOrEqual(2048);
		const changed = JSON.stringify({ Version: "2012-10-17", Statement: allowAll });
		await first.registry.run((state) => updatePolicy(state, name, changed));
		await first.close();
		const second = await bench.start();
		expect(second.registry.state.policy(name)).toEqual({
			policyName: name,
			policyDocument: changed,
			createdMs: expect.any(Number),
			modifiedMs: expect.any(Number),
		});
	});
});

describe("the registry on disk", () => {
	test("operations count one after another, and survive a start", async () => {
		const first = await bench.start();
		const { registry } = first;
		await Promise.all([
			registry.run((state) => createThingGroup(state, "g")),
			registry.run((state) => addThingToThingGroup(state, "a", "g")),
			registry.run((state) => updateThing(state, "a", { site: "A" })),
		]);
		await first.close();
		const second = await bench.start();
		expect(second.registry.state.thing("a")).toMatchObject({
			groups: ["g"],
			attributes: { site: "A" },
			version: 2,
		});
		expect([...second.registry.state.things].map((thing) => thing.thingName)).toEqual(["a", "b"]);
	});

	test("what is refused changes nothing and stops nothing", async () => {
		const { registry } = await bench.start();
		const refused = registry.run((state) => deleteThing(state, "nobody"));
		const accepted = registry.run((state) => createThingGroup(state, "g"));
		await expect(refused).rejects.toMatchObject({ code: "ResourceNotFoundException" });
		await accepted;
		expect(registry.state.thingGroup("g")).toBeDefined();
	});

	test("after kill nothing is written any more", async () => {
		const first = await bench.start();
		const late = first.registry.run((state) => createThingGroup(state, "g"));
		first.kill();
		await late;
		const second = await bench.start();
		expect(second.registry.state.thingGroup("g")).toBeUndefined();
		expect(readdirSync(join(bench.dataDir, "registry/groups"))).toEqual([]);
	});

	test("a file that holds nothing is a clear error", async () => {
		const first = await bench.start();
		await first.close();
		const path = join(bench.dataDir, "registry/things/a.json");
		writeFileSync(path, "");
		await expect(bench.start()).rejects.toMatchObject({
			code: "Corrupt",
			message: expect.stringContaining(`${path} holds no thing`),
		});
	});
});

describe("certificate variables §2.5", () => {
	test("subject, issuer, alternative names and their keys", () => {
		const der = new X509Certificate(bench.read("server.crt"));
		const values = certificateVariables(der.raw);
		expect(values("iot:Certificate.Subject.CommonName")).toEqual(["localhost"]);
		expect(values("iot:Certificate.Issuer.Organization")).toEqual(["Isobar"]);
		expect(values("iot:Certificate.Subject.AlternativeName.DNSName")).toContain("localhost");
		expect(values("iot:Certificate.Subject.AlternativeName.IPAddress")).toContain("127.0.0.1");
		expect(values("iot:Certificate.SerialNumber")).toEqual([der.serialNumber.toLowerCase()]);
		expect(values("iot:Certificate.Subject.Country")).toBeUndefined();
		expect(values("iot:ClientId")).toBeUndefined();
		expect(values("iot:Certificate.AvailableKeys")).toContain("iot:Certificate.Subject.CommonName");
	});

	test("P13 a value that could be a pattern is none; other marks are escaped", async () => {
		const authority = await Authority.open(bench.read("ca.crt"), bench.read("ca.key"));
		const variables = async (name: string) =>
			certificateVariables(
				new X509Certificate(
					await authority.issueDevice(
						readFileSync(join(bench.dataDir, "things/a.key"), "utf8"),
						name,
					),
				).raw,
			)("iot:Certificate.Subject.CommonName");
		expect(await variables("st*r")).toBeUndefined();
		expect(await variables("a+b")).toBeUndefined();
		expect(await variables(`a,b"c`)).toEqual([`a\\,b\\"c`]);
		expect(await variables("plain")).toEqual(["plain"]);
	});
});
