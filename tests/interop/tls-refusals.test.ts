import "reflect-metadata";
import { createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls, type SecureVersion, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
	ExtendedKeyUsage,
	ExtendedKeyUsageExtension,
	X509Certificate,
	X509CertificateGenerator,
} from "@peculiar/x509";
import { provision } from "../../cloud/provision.ts";
import { CloudBench, ended } from "../support/cloud.ts";

let bench: CloudBench;
beforeEach(async () => {
	bench = new CloudBench();
	await provision(bench.dataDir, ["a"]);
});
afterEach(() => bench.end());

const hourMs = 3_600_000;

/** A certificate by our own authority, for the key of "a", that differs in one thing. */
async function issue(
	notBefore: number,
	notAfter: number,
	usage: ExtendedKeyUsage = ExtendedKeyUsage.clientAuth,
	commonName = "a",
): Promise<string> {
	const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
	const authorityKey = createPrivateKey(bench.read("ca.key")).export({
		type: "pkcs8",
		format: "der",
	});
	const certificate = await X509CertificateGenerator.create({
		serialNumber: "01",
		subject: [{ CN: [commonName] }],
		issuer: new X509Certificate(bench.read("ca.crt")).subjectName,
		notBefore: new Date(notBefore),
		notAfter: new Date(notAfter),
		publicKey: Uint8Array.from(
			createPublicKey(bench.read("things/a.key")).export({ type: "spki", format: "der" }),
		),
		signingKey: await webcrypto.subtle.importKey(
			"pkcs8",
			Uint8Array.from(authorityKey),
			algorithm,
			false,
			["sign"],
		),
		signingAlgorithm: algorithm,
		extensions: [new ExtendedKeyUsageExtension([usage])],
	});
	return certificate.toString("pem");
}

describe("each is refused before CONNACK, and logged with its reason", () => {
	test("T05 no certificate", async () => {
		const cloud = await bench.start();
		const client = bench.client(cloud.port, "a", { cert: undefined, key: undefined });
		expect(await ended(client)).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(/^refused [\d.:]+: no client certificate$/);
	});

	test("T06 a certificate of the same name from another authority", async () => {
		const cloud = await bench.start();
		const other = new CloudBench();
		await provision(other.dataDir, ["a"]);
		const [cert, key] = [other.read("things/a.crt"), other.read("things/a.key")];
		await other.end();
		const client = bench.client(cloud.port, "a", { cert, key });
		expect(await ended(client)).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(/its certificate is from another authority$/);
	});

	test("an expired certificate", async () => {
		const cloud = await bench.start();
		const cert = await issue(Date.now() - 2 * hourMs, Date.now() - hourMs);
		expect(await ended(bench.client(cloud.port, "a", { cert }))).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(/its certificate has expired$/);
	});

	test("a certificate that is not yet valid", async () => {
		const cloud = await bench.start();
		const cert = await issue(Date.now() + hourMs, Date.now() + 2 * hourMs);
		expect(await ended(bench.client(cloud.port, "a", { cert }))).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(/its certificate is not yet valid$/);
	});

	test("a certificate for servers", async () => {
		const cloud = await bench.start();
		const cert = await issue(Date.now() - hourMs, Date.now() + hourMs, ExtendedKeyUsage.serverAuth);
		expect(await ended(bench.client(cloud.port, "a", { cert }))).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(/its certificate is not for clients$/);
	});

	test("T06 a certificate of our authority that is not registered", async () => {
		const cloud = await bench.start();
		const cert = await issue(
			Date.now() - hourMs,
			Date.now() + hourMs,
			ExtendedKeyUsage.clientAuth,
			"../a",
		);
		expect(await ended(bench.client(cloud.port, "a", { cert, clientId: "../a" }))).toEqual({
			wasConnected: false,
		});
		expect(await bench.logged(/refused/)).toMatch(/its certificate is not registered$/);
	});

	test("a name that differs from the client id", async () => {
		const cloud = await bench.start();
		const client = bench.client(cloud.port, "a", { clientId: "station-0002" });
		expect(await ended(client)).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(
			/client id "station-0002" with certificate CN=a \([0-9a-f]{64}\): iot:Connect: no statement/,
		);
	});

	test("no MQTT 3.1.1 over a version of TLS below 1.2", async () => {
		const cloud = await bench.start();
		const client = bench.client(cloud.port, "a", {
			minVersion: "TLSv1.1" as SecureVersion,
			maxVersion: "TLSv1.1" as SecureVersion,
			ciphers: "DEFAULT@SECLEVEL=0",
		});
		expect(await ended(client)).toEqual({ wasConnected: false });
		expect(await bench.logged(/refused/)).toMatch(/a version of TLS below 1.2$/);
	});
});

test.each(["TLSv1.2", "TLSv1.3"] as const)("%s is accepted", async (version) => {
	const cloud = await bench.start();
	await bench.connected(cloud.port, "a", { minVersion: version, maxVersion: version });
	expect(cloud.connected("a")).toBe(true);
});

test("a resumed TLS session is held to the same certificate", async () => {
	const cloud = await bench.start();
	const options = {
		host: "127.0.0.1",
		port: cloud.port,
		ca: bench.read("ca.crt"),
		cert: readFileSync(join(bench.dataDir, "things/a.crt")),
		key: readFileSync(join(bench.dataDir, "things/a.key")),
		maxVersion: "TLSv1.2" as const,
	};
	const first = connectTls(options);
	const session = await new Promise<Buffer>((resolve) => first.once("session", resolve));
	first.destroy();

	const resumed = { maxVersion: "TLSv1.2" as const, session };
	const client = await bench.connected(cloud.port, "a", resumed);
	expect((client.stream as unknown as TLSSocket).isSessionReused()).toBe(true);
	const impostor = bench.client(cloud.port, "a", { ...resumed, clientId: "b" });
	expect(await ended(impostor)).toEqual({ wasConnected: false });
	await bench.logged(/client id "b" with certificate CN=a /);
});

test("10 connections that never start TLS are no obstacle to others", async () => {
	const cloud = await bench.start();
	const idle = Array.from({ length: 10 }, () => connect(cloud.port, "127.0.0.1"));
	await Promise.all(
		idle.map((socket) => new Promise((resolve) => socket.once("connect", resolve))),
	);
	await bench.connected(cloud.port, "a");
	for (const socket of idle) socket.destroy();
});
