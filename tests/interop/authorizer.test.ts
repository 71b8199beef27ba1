import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import type { MqttClient } from "mqtt";
import type { Cloud } from "../../cloud/main.ts";
import { provision } from "../../cloud/provision.ts";
import { updateCertificate } from "../../cloud/registry/certificates.ts";
import { createPolicy, deletePolicy } from "../../cloud/registry/policies.ts";
import { type ClientOptions, CloudBench, ended } from "../support/cloud.ts";

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

let bench: CloudBench;
let keys: Keys;
beforeEach(async () => {
	bench = new CloudBench();
	keys = await generateKeyPair("ES256");
	writeFileSync(
		join(bench.dataDir, "keys.json"),
		JSON.stringify({ keys: [await exportJWK(keys.publicKey)] }),
	);
	await provision(bench.dataDir, ["a"]);
});
afterEach(() => bench.end());

const issuer = "https://login.example";

function configure(more: Record<string, unknown> = {}): string {
	const path = join(bench.dataDir, "authorizer.json");
	const scopes = { read: ["reader"] };
	const options = { issuer, audience: "isobar", keys: join(bench.dataDir, "keys.json"), scopes };
	writeFileSync(path, JSON.stringify({ ...options, ...more }));
	return path;
}

/** A cloud with an authorizer whose scope "read" lets in as any client and subscribe below `open/`. */
async function start(): Promise<Cloud> {
	const cloud = await bench.start({ authorizer: configure() });
	const arn = (name: string): string => `arn:aws:iot:us-east-1:000000000000:${name}`;
	const allow = (Action: string, Resource: string) => ({ Effect: "Allow", Action, Resource });
	const document = {
		Version: "2012-10-17",
		Statement: [
			allow("iot:Connect", arn("client/*")),
			allow("iot:Subscribe", arn("topicfilter/open/*")),
			allow("iot:Receive", arn("topic/open/*")),
		],
	};
	await cloud.registry.run((state) => createPolicy(state, "reader", JSON.stringify(document)));
	return cloud;
}

function token(claims: JWTPayload = {}, by: Keys = keys, life = 600): Promise<string> {
	return new SignJWT({ scope: "read", ...claims })
		.setProtectedHeader({ alg: "ES256" })
		.setIssuer(claims.iss ?? issuer)
		.setAudience(claims.aud ?? "isobar")
		.setSubject(claims.sub ?? "ann")
		.setExpirationTime(Math.floor(Date.now() / 1000) + life)
		.sign(by.privateKey);
}

/** A client without a certificate. */
function client(cloud: Cloud, password: string, options: ClientOptions = {}): MqttClient {
	return bench.client(cloud.port, "none", {
		clientId: "page",
		cert: undefined,
		key: undefined,
		username: "ann",
		password,
		ALPNProtocols: ["mqtt"],
		...options,
	} as ClientOptions);
}

function connected(one: MqttClient): Promise<boolean> {
	const up = new Promise<boolean>((resolve) => one.once("connect", () => resolve(true)));
	return Promise.race([up, ended(one).then(() => false)]);
}

describe("a client with a token and no certificate §1.11", () => {
	test("does what the policies of its scopes allow, and no more", async () => {
		const cloud = await start();
		const page = client(cloud, await token());
		expect(await connected(page)).toBe(true);
		expect((await page.subscribeAsync("open/x", { qos: 1 }))[0]?.qos).toBe(1);
		const closed = ended(page);
		page.publish("open/x", "");
		await closed;
		await bench.logged(/denied page .*ann.* iot:Publish on "open\/x"/);
	});

	test("a scope that nobody has configured allows nothing", async () => {
		const cloud = await start();
		expect(await connected(client(cloud, await token({ scope: "write" })))).toBe(false);
		await bench.logged(/client id "page" with a token: iot:Connect: no statement allows it/);
	});

	test("a policy that is changed counts at once", async () => {
		const cloud = await start();
		const page = client(cloud, await token());
		await connected(page);
		await cloud.registry.run((state) => deletePolicy(state, "reader"));
		const closed = ended(page);
		page.subscribe("open/x");
		await closed;
	});

	test("the end of the token is the end of the connection", async () => {
		const cloud = await start();
		const reason = new Promise((resolve) =>
			cloud.subscribe("$aws/events/presence/disconnected/page", (_, payload) =>
				resolve(JSON.parse(Buffer.from(payload).toString())),
			),
		);
		const page = client(cloud, await token({}, keys, 3));
		expect(await connected(page)).toBe(true);
		expect(await reason).toMatchObject({
			disconnectReason: "CUSTOMAUTH_TTL_EXPIRATION",
			principalIdentifier: "ann",
		});
		expect(await connected(client(cloud, await token({}, keys, -1)))).toBe(false);
		await bench.logged(/its token is no good: ERR_JWT_EXPIRED/);
	});

	test("a token of another issuer, for another audience, by another key, or none is refused", async () => {
		const cloud = await start();
		const other = await generateKeyPair("ES256");
		const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${(await token()).split(".")[1]}.`;
		const secret = await new SignJWT({ scope: "read" })
			.setProtectedHeader({ alg: "HS256" })
			.setIssuer(issuer)
			.setAudience("isobar")
			.setSubject("ann")
			.setExpirationTime("1h")
			.sign(Buffer.from(bench.read("keys.json")));
		const bad = [
			await token({ iss: "https://other.example" }),
			await token({ aud: "other" }),
			await token({}, other),
			await token({ sub: "a".repeat(64) }),
			await token({ sub: "a b" }),
			unsigned,
			secret,
			"hello",
			"",
		];
		for (const one of bad) expect(await connected(client(cloud, one))).toBe(false);
		const named = { username: "ann?x-amz-customauthorizer-name=other" };
		expect(await connected(client(cloud, await token(), named))).toBe(false);
		const ours = { username: "ann?x-amz-customauthorizer-name=isobar" };
		expect(await connected(client(cloud, await token(), ours))).toBe(true);
	});
});

describe("mutual TLS stands as before", () => {
	test("without ALPN mqtt, or without an authorizer, a token lets nobody in", async () => {
		const cloud = await start();
		const plain = { ALPNProtocols: undefined } as ClientOptions;
		expect(await connected(client(cloud, await token(), plain))).toBe(false);
		const aws = { ALPNProtocols: ["x-amzn-mqtt-ca"] } as ClientOptions;
		expect(await connected(client(cloud, await token(), aws))).toBe(false);
		await bench.logged(/no client certificate/);
		await cloud.close();
		const bare = await bench.start();
		expect(await connected(client(bare, await token()))).toBe(false);
	});

	test("a certificate is looked at whatever the token says", async () => {
		const cloud = await start();
		const alpn = { ALPNProtocols: ["mqtt"], username: "ann", password: await token() };
		const station = await bench.connected(cloud.port, "a", alpn as ClientOptions);
		await station.publishAsync("isobar/a/status", "", { qos: 1 });
		const [certificate] = [...cloud.registry.state.certificates];
		const closed = ended(station);
		await cloud.registry.run((state) =>
			updateCertificate(state, certificate!.certificateId, "REVOKED"),
		);
		await closed;
		expect(await connected(bench.client(cloud.port, "a", alpn as ClientOptions))).toBe(false);
	});
});

test.each([
	[{ issuer: 1 }, /authorizer\.json: issuer: expected a text/],
	[{ keys: "http://login.example/keys" }, /keys: expected a file or https/],
	[{ keys: "/none.json" }, /none\.json: ENOENT/],
	[{ scopes: { read: "reader" } }, /scopes: expected names of policies by scope/],
])("a configuration with %j is one clear line", async (more, message) => {
	const options = { authorizer: configure(more) };
	await expect(bench.start(options)).rejects.toMatchObject({
		code: "BadAuthorizer",
		message: expect.stringMatching(message),
	});
});
