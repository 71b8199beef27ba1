import "reflect-metadata";
import { createPublicKey, webcrypto, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import type { Cloud } from "../../cloud/main.ts";
import { createBillingGroup } from "../../cloud/registry/billing.ts";
import { attachPolicy, createPolicy } from "../../cloud/registry/policies.ts";
import { createThing } from "../../cloud/registry/things.ts";
import { ClaimDevice, claimTopics, makeBatch, nodeTemplate } from "../support/claim.ts";
import { CloudBench, ended } from "../support/cloud.ts";

let bench: CloudBench;
beforeEach(() => {
	bench = new CloudBench();
});
afterEach(() => bench.end());

function certificateOf(cloud: Cloud, certificateId: string) {
	return cloud.registry.state.certificate(certificateId);
}

/** A hook of the batch. @returns its path */
function writeHook(body: string): string {
	const path = join(bench.dataDir, "hook.mjs");
	writeFileSync(path, `export default async (event) => { ${body} };`);
	return path;
}

describe("certificates by claim §5.1", () => {
	test("F01 create with an empty payload: id, certificate, key, token; PENDING_ACTIVATION", async () => {
		const cloud = await bench.start();
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		const answer = await device.create();
		expect(answer).toEqual({
			certificateId: expect.stringMatching(/^[0-9a-f]{64}$/),
			certificatePem: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
			privateKey: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----/),
			certificateOwnershipToken: expect.stringMatching(/^[\w-]{64}$/),
		});
		const certificate = new X509Certificate(answer.certificatePem!);
		expect(certificate.publicKey.equals(createPublicKey(answer.privateKey!))).toBe(true);
		expect(certificateOf(cloud, answer.certificateId!)?.status).toBe("PENDING_ACTIVATION");
		// The token is a secret of the device: nobody reads it in the files of the cloud.
		const stored = bench.read(`registry/certificates/${answer.certificateId}.json`);
		expect(stored).not.toContain(answer.certificateOwnershipToken);
	});

	async function signingRequest(namedCurve: string): Promise<{ pem: string; spki: Buffer }> {
		const algorithm = { name: "ECDSA", namedCurve, hash: "SHA-256" };
		const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
		const request = await Pkcs10CertificateRequestGenerator.create({
			name: "CN=from a device",
			keys,
			signingAlgorithm: algorithm,
		});
		const spki = await webcrypto.subtle.exportKey("spki", keys.publicKey);
		return { pem: request.toString("pem"), spki: Buffer.from(spki) };
	}

	test("F02 create from a CSR: no private key, and the public key of the request", async () => {
		const cloud = await bench.start();
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		const { pem, spki } = await signingRequest("P-256");
		const answer = await device.ask(
			claimTopics.createFromCsr,
			JSON.stringify({ certificateSigningRequest: pem }),
		);
		expect(Object.keys(answer).sort()).toEqual([
			"certificateId",
			"certificateOwnershipToken",
			"certificatePem",
		]);
		const { publicKey, subject } = new X509Certificate(answer.certificatePem!);
		expect(publicKey.export({ type: "spki", format: "der" }).equals(spki)).toBe(true);
		expect(subject).toBe("CN=from a device");
	});

	test.each([
		["none", "{}"],
		["no PEM", JSON.stringify({ certificateSigningRequest: "hello" })],
	])("a CSR that is %s is rejected", async (_, payload) => {
		const cloud = await bench.start();
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		expect(await device.ask(claimTopics.createFromCsr, payload)).toMatchObject({
			statusCode: 400,
			errorCode: "InvalidCertificateSigningRequest",
		});
	});

	test("F06 a certificate that nobody registers is deleted, also over a restart", async () => {
		let now = Date.now();
		const cloud = await bench.start({ epoch: () => now });
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		const first = await device.create();
		now += 3_599_000;
		const second = await device.create();
		expect(certificateOf(cloud, first.certificateId!)).toBeDefined();
		now += 2_000;
		const third = await device.create();
		expect(certificateOf(cloud, first.certificateId!)).toBeUndefined();
		expect(certificateOf(cloud, second.certificateId!)).toBeDefined();
		await cloud.close();
		now += 3_600_000;
		const next = await bench.start({ epoch: () => now });
		expect(certificateOf(next, third.certificateId!)).toBeUndefined();
	});

	test("a request that is no JSON object is rejected", async () => {
		const cloud = await bench.start();
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		for (const payload of ["[1]", "{", '"x"']) {
			expect(await device.ask(claimTopics.create, payload)).toMatchObject({ statusCode: 400 });
		}
	});

	test("more requests than allowed in a second are 429", async () => {
		const cloud = await bench.start({ provisioningPerSecond: 1 });
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		const answers: unknown[] = [];
		for (let count = 0; count < 4; count++) answers.push((await device.create()).statusCode);
		expect(answers).toContain(429);
	});
});

describe("RegisterThing §5.1, §5.2", () => {
	async function start(more = {}, body?: unknown) {
		const cloud = await bench.start();
		await makeBatch(bench, cloud, more, body);
		const device = await ClaimDevice.connect(bench, cloud.port);
		return { cloud, device };
	}

	test("F03 token and parameters: thing, policy, ACTIVE certificate, configuration", async () => {
		const { cloud, device } = await start();
		const { certificateId, certificateOwnershipToken: token } = await device.create();
		expect(await device.register(token, { SerialNumber: "42" })).toEqual({
			thingName: "node-42",
			deviceConfiguration: { reportInterval: "300" },
		});
		expect(cloud.registry.state.thing("node-42")?.attributes).toEqual({
			serial: "42",
			site: "unset",
		});
		expect(certificateOf(cloud, certificateId!)).toMatchObject({
			status: "ACTIVE",
			things: { "node-42": "NON_EXCLUSIVE_THING" },
			policies: ["isobar-station"],
		});
	});

	test("F04 an empty token", async () => {
		const { device } = await start();
		expect(await device.register("", { SerialNumber: "42" })).toEqual({
			statusCode: 400,
			errorCode: "InvalidCertificateOwnershipToken",
			errorMessage: "Certificate ownership token cannot be empty.",
		});
	});

	test("F05 a token is good once, for its claim, and for its time", async () => {
		let now = Date.now();
		const cloud = await bench.start({ epoch: () => now });
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		const first = (await device.create()).certificateOwnershipToken;
		expect(await device.register(first, { SerialNumber: "1" })).toMatchObject({
			thingName: "node-1",
		});
		const refused = { statusCode: 400, errorCode: "InvalidCertificateOwnershipToken" };
		expect(await device.register(first, { SerialNumber: "1" })).toMatchObject(refused);
		expect(await device.register(first, { SerialNumber: "2" })).toMatchObject(refused);
		const late = (await device.create()).certificateOwnershipToken;
		now += 3_600_001;
		expect(await device.register(late, { SerialNumber: "3" })).toMatchObject(refused);
		expect(cloud.registry.state.thing("node-2")).toBeUndefined();
		expect(cloud.registry.state.thing("node-3")).toBeUndefined();
	});

	test("two requests with one token: one of them is registered", async () => {
		const { cloud, device } = await start();
		const { certificateOwnershipToken: token } = await device.create();
		const answers: Record<string, unknown>[] = [];
		const both = new Promise<void>((resolve) =>
			device.client.on("message", (_, payload) => {
				if (answers.push(JSON.parse(payload.toString())) === 2) resolve();
			}),
		);
		for (const SerialNumber of ["1", "2"]) {
			const request = { certificateOwnershipToken: token, parameters: { SerialNumber } };
			device.client.publish(claimTopics.register, JSON.stringify(request), { qos: 1 });
		}
		await both;
		expect(answers.filter(({ thingName }) => thingName)).toHaveLength(1);
		expect([...cloud.registry.state.things]).toHaveLength(1);
	});

	test.each([
		["a parameter that is missing", {}],
		["a parameter that is no text", { SerialNumber: 42 }],
		["a name that no thing can have", { SerialNumber: "a/b" }],
		["parameters that are a list", []],
	])("%s is rejected, and the token is still good", async (_, parameters) => {
		const { cloud, device } = await start();
		const { certificateOwnershipToken: token } = await device.create();
		expect(await device.register(token, parameters)).toMatchObject({ statusCode: 400 });
		expect([...cloud.registry.state.things]).toEqual([]);
		expect(await device.register(token, { SerialNumber: "42" })).toMatchObject({
			thingName: "node-42",
		});
	});

	test("a template that is not there is 404, one that is not enabled 403", async () => {
		const { cloud, device } = await start();
		const { certificateOwnershipToken: token } = await device.create();
		await cloud.templates.update("batch", { enabled: false });
		expect(await device.register(token, { SerialNumber: "1" })).toMatchObject({ statusCode: 403 });
		await cloud.templates.remove("batch");
		expect(await device.register(token, { SerialNumber: "1" })).toMatchObject({ statusCode: 404 });
	});

	test("the certificate of another device can't be named", async () => {
		const body = structuredClone(nodeTemplate);
		body.Resources.certificate.Properties.CertificateId = { Ref: "Site" } as never;
		const { device } = await start({}, body);
		const other = (await device.create()).certificateId!;
		const { certificateOwnershipToken: token } = await device.create();
		expect(await device.register(token, { SerialNumber: "1", Site: other })).toMatchObject({
			statusCode: 400,
		});
	});

	test("the billing group of a template is that of the thing, new or there before", async () => {
		const { Resources } = nodeTemplate;
		const { Properties } = Resources.thing;
		const thing = { ...Resources.thing, Properties: { ...Properties, BillingGroup: "north" } };
		const body = { ...nodeTemplate, Resources: { ...Resources, thing } };
		const { cloud, device } = await start({}, body);
		const register = async (SerialNumber: string) => {
			const { certificateOwnershipToken } = await device.create();
			return device.register(certificateOwnershipToken, { SerialNumber });
		};
		// There is no such group yet.
		expect(await register("1")).toMatchObject({ statusCode: 400 });
		expect(cloud.registry.state.thing("node-1")).toBeUndefined();
		await cloud.registry.run((state) => createBillingGroup(state, "north"));
		await cloud.registry.run((state) => createThing(state, { thingName: "node-2", thingId: "t" }));
		for (const serial of ["1", "2"]) {
			expect(await register(serial)).toMatchObject({ thingName: `node-${serial}` });
			expect(cloud.registry.state.thing(`node-${serial}`)?.billingGroupName).toBe("north");
		}
	});

	test("F12 attributes of a thing that is there: MERGE merges, FAIL rejects", async () => {
		const merging = {
			...nodeTemplate,
			Resources: {
				...nodeTemplate.Resources,
				thing: {
					...nodeTemplate.Resources.thing,
					OverrideSettings: { AttributePayload: "MERGE" },
				},
			},
		};
		const { cloud, device } = await start({}, merging);
		await cloud.registry.run((state) =>
			createThing(state, {
				thingName: "node-1",
				thingId: "t",
				attributes: { old: "x", site: "s" },
			}),
		);
		const one = (await device.create()).certificateOwnershipToken;
		await device.register(one, { SerialNumber: "1", Site: "A" });
		expect(cloud.registry.state.thing("node-1")).toMatchObject({
			attributes: { old: "x", site: "A", serial: "1" },
			version: 2,
			thingId: "t",
		});
		const failing = structuredClone(merging);
		failing.Resources.thing.OverrideSettings.AttributePayload = "FAIL";
		await cloud.templates.update("batch", { templateBody: JSON.stringify(failing) });
		const two = (await device.create()).certificateOwnershipToken;
		expect(await device.register(two, { SerialNumber: "1", Site: "B" })).toMatchObject({
			statusCode: 409,
		});
		expect(cloud.registry.state.thing("node-1")?.attributes.site).toBe("A");
	});

	test("F10 the new certificate connects as its thing; the claim can't publish telemetry", async () => {
		const { cloud, device } = await start();
		const { certificatePem, privateKey, certificateOwnershipToken } = await device.create();
		await device.register(certificateOwnershipToken, { SerialNumber: "42" });
		const station = await bench.connected(cloud.port, "unused", {
			clientId: "node-42",
			cert: certificatePem,
			key: privateKey,
		});
		await station.publishAsync("isobar/node-42/status", "here", { qos: 1 });
		const closed = ended(device.client);
		device.client.publish("isobar/node-42/report", "{}", { qos: 1 });
		await closed;
		await bench.logged(/denied blank .* iot:Publish on "isobar\/node-42\/report"/);
	});

	test.each([
		["the requests of other devices", "$aws/certificates/create/json"],
		["everything of the service", "$aws/certificates/#"],
		["another template's answers", "$aws/provisioning-templates/other/provision/json/accepted"],
	])("a claim may not subscribe to %s", async (_, filter) => {
		const { device } = await start();
		const closed = ended(device.client);
		device.client.subscribe(filter);
		await closed;
	});

	test("nobody else sees a token, and nobody else can answer for the service", async () => {
		const { cloud, device } = await start();
		// A policy that allows all: the service keeps its secrets by itself.
		await cloud.registry.run((state) =>
			createPolicy(
				state,
				"all",
				'{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}',
			),
		);
		const [claim] = [...cloud.registry.state.certificates];
		await cloud.registry.run((state) =>
			attachPolicy(state, "all", { certificateId: claim!.certificateId }),
		);
		const spy = await ClaimDevice.connect(bench, cloud.port, "spy");
		const heard: string[] = [];
		spy.client.on("message", (topic) => heard.push(topic));
		await spy.client.subscribeAsync(["$aws/#", "$aws/certificates/create/json/accepted", "end"]);
		const forged = new Promise<void>((resolve) =>
			device.client.on("message", (_, payload) => {
				if (payload.toString().includes("forged")) resolve();
			}),
		);
		await spy.client.publishAsync("$aws/certificates/create/json/accepted", '{"forged":1}', {
			qos: 1,
		});
		const { certificateOwnershipToken: token } = await device.create();
		await device.register(token, { SerialNumber: "42" });
		await device.client.subscribeAsync("end");
		const end = new Promise((resolve) => spy.client.on("message", resolve));
		await device.client.publishAsync("end", "", { qos: 1 });
		await end;
		expect(heard.filter((topic) => /certificates|provisioning-templates/.test(topic))).toEqual([]);
		expect(await Promise.race([forged.then(() => "forged"), Promise.resolve("not")])).toBe("not");
	});
});

describe("a device that has lost the answer", () => {
	test("asks again; what it never used is deleted once it uses the new one", async () => {
		const cloud = await bench.start();
		await makeBatch(bench, cloud);
		const device = await ClaimDevice.connect(bench, cloud.port);
		const lost = await device.create();
		await device.register(lost.certificateOwnershipToken, { SerialNumber: "42" });
		const kept = await device.create();
		await device.register(kept.certificateOwnershipToken, { SerialNumber: "42" });
		// Both are good, for nobody knows yet which of them the device has.
		expect(certificateOf(cloud, lost.certificateId!)?.status).toBe("ACTIVE");
		await bench.connected(cloud.port, "unused", {
			clientId: "node-42",
			cert: kept.certificatePem,
			key: kept.privateKey,
		});
		await until(() => certificateOf(cloud, lost.certificateId!) === undefined);
		expect(certificateOf(cloud, kept.certificateId!)).toMatchObject({ status: "ACTIVE" });
		// One that is in use is no orphan, whatever is registered after it.
		const third = await device.create();
		await device.register(third.certificateOwnershipToken, { SerialNumber: "42" });
		await bench.connected(cloud.port, "unused", {
			clientId: "node-42",
			cert: third.certificatePem,
			key: third.privateKey,
		});
		await until(() => certificateOf(cloud, third.certificateId!)?.claim === undefined);
		expect(certificateOf(cloud, kept.certificateId!)?.status).toBe("ACTIVE");
	});
});

describe("the pre-provisioning hook §5.3", () => {
	async function registerWith(hook: string) {
		const cloud = await bench.start();
		await makeBatch(bench, cloud, { hook });
		const device = await ClaimDevice.connect(bench, cloud.port);
		const { certificateId, certificateOwnershipToken: token } = await device.create();
		const answer = await device.register(token, { SerialNumber: "42" });
		return { cloud, answer, certificateId: certificateId! };
	}

	test.each([
		["says no", "return { allowProvisioning: false }"],
		["says nothing", ""],
		["says yes as a text", 'return { allowProvisioning: "true" }'],
		["throws", 'throw new Error("no")'],
		["ends the process", "process.exit(0)"],
		["hangs", "for (;;);"],
		["overrides with a number", "return { allowProvisioning: true, parameterOverrides: { a: 1 } }"],
	])("F07 a hook that %s: rejected, nothing created", async (_, body) => {
		const { cloud, answer, certificateId } = await registerWith(writeHook(body));
		expect(answer).toMatchObject({ statusCode: 403 });
		expect([...cloud.registry.state.things]).toEqual([]);
		expect(certificateOf(cloud, certificateId)?.status).toBe("PENDING_ACTIVATION");
		await bench.logged(/the hook of batch refuses blank: /);
	});

	test("a hook that is not there refuses", async () => {
		const { answer } = await registerWith(join(bench.dataDir, "none.mjs"));
		expect(answer).toMatchObject({ statusCode: 403 });
	});

	test("F08 overrides of a hook win; it is told who asks", async () => {
		const hook = writeHook(
			`return {
				allowProvisioning: event.parameters.SerialNumber === "42" && event.clientId === "blank"
					&& event.templateArn.endsWith(":provisioningtemplate/batch")
					&& event.certificatePem.startsWith("-----BEGIN") && event.certificateId.length === 64
					&& event.claimCertificateId.length === 64,
				parameterOverrides: { Site: "valley" },
			}`,
		);
		const { cloud, answer } = await registerWith(hook);
		expect(answer).toMatchObject({ thingName: "node-42" });
		expect(cloud.registry.state.thing("node-42")?.attributes.site).toBe("valley");
	});
});

describe("trusted users §5.3", () => {
	test("F11 a claim for one device works, is in no list, and ends", async () => {
		const cloud = await bench.start();
		await makeBatch(bench, cloud);
		const claim = await cloud.createProvisioningClaim("batch");
		const before = [...cloud.registry.state.certificates].length;
		const client = await bench.connected(cloud.port, "unused", {
			clientId: "phone",
			cert: claim.certificatePem,
			key: claim.keyPair.PrivateKey,
		});
		const device = await ClaimDevice.over(client);
		const { certificateOwnershipToken: token } = await device.create();
		expect(await device.register(token, { SerialNumber: "7" })).toMatchObject({
			thingName: "node-7",
		});
		expect([...cloud.registry.state.certificates]).toHaveLength(before + 1);
		const life = claim.expiration - Date.now();
		expect(life).toBeGreaterThan(290_000);
		expect(life).toBeLessThanOrEqual(300_000);
		const { validTo } = new X509Certificate(claim.certificatePem);
		expect(Date.parse(validTo)).toBeLessThanOrEqual(claim.expiration);
	});
});

describe("templates", () => {
	test.each([
		["no JSON", "{", /expected JSON/],
		["another member", '{"Resource":{}}', /the template: expected Parameters, .*, got "Resource"/],
		["no certificate", '{"Resources":{}}', /expected one AWS::IoT::Certificate/],
		[
			"a parameter that is not declared",
			JSON.stringify({ ...nodeTemplate, Parameters: {} }),
			/ThingName: no parameter "SerialNumber" is declared/,
		],
		[
			"an unknown function",
			JSON.stringify({ ...nodeTemplate, DeviceConfiguration: { a: { "Fn::Nope": "" } } }),
			/a: expected a text or a function, got "Fn::Nope"/,
		],
		["too much", `{"x":"${"x".repeat(10_240)}"}`, /expected at most 10240 characters/],
	])("with %s are refused with one line", async (_, templateBody, message) => {
		const cloud = await bench.start();
		const template = { templateName: "bad", templateBody, enabled: true };
		await expect(cloud.templates.create(template)).rejects.toMatchObject({
			code: "BadTemplate",
			message: expect.stringMatching(message),
		});
		expect(await cloud.templates.list()).toEqual([]);
	});

	test("all functions", async () => {
		const body = {
			...nodeTemplate,
			Parameters: { ...nodeTemplate.Parameters, Region: { Type: "String", Default: "eu" } },
			Mappings: { Sites: { eu: { name: "Alps" }, us: { name: "Rockies" } } },
			DeviceConfiguration: {
				mapped: { "Fn::FindInMap": ["Sites", { Ref: "Region" }, "name"] },
				split: { "Fn::Select": ["1", { "Fn::Split": ["-", { Ref: "SerialNumber" }] }] },
				sub: {
					// biome-ignore lint/suspicious/noTemplateCurlyInString: Fn::Sub looks like that
					"Fn::Sub": ["${SerialNumber} in ${where}", { where: { Ref: "Region" } }],
				},
			},
		};
		const cloud = await bench.start();
		await makeBatch(bench, cloud, {}, body);
		const device = await ClaimDevice.connect(bench, cloud.port);
		const { certificateOwnershipToken: token } = await device.create();
		const answer = await device.register(token, { SerialNumber: "a-b", Region: "us" });
		expect(answer.deviceConfiguration).toEqual({
			mapped: "Rockies",
			split: "b",
			sub: "a-b in us",
		});
	});

	test("a name that is there, or is none, is refused", async () => {
		const cloud = await bench.start();
		const templateBody = JSON.stringify(nodeTemplate);
		await cloud.templates.create({ templateName: "a", templateBody, enabled: true });
		await expect(
			cloud.templates.create({ templateName: "a", templateBody, enabled: true }),
		).rejects.toMatchObject({ code: "Exists" });
		await expect(
			cloud.templates.create({ templateName: "../a", templateBody, enabled: true }),
		).rejects.toMatchObject({ code: "BadName" });
		await expect(cloud.templates.remove("b")).rejects.toMatchObject({ code: "NotFound" });
	});
});

/** Waits for a condition, turn by turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
