import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureVersion, type TlsOptions } from "node:tls";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ExtendedKeyUsage, KeyUsageFlags } from "@peculiar/x509";
import { Status, statusName } from "../../firmware/base/status.ts";
import { statusOfReason, TlsReason, tlsReasonName } from "../../firmware/network/tlsreason.ts";
import { Bench } from "../native/bench.ts";
import {
	type Issued,
	type IssueOptions,
	issue,
	issueClient,
	issueIntermediate,
	issueRoot,
	type KeyKind,
} from "../native/certificates.ts";
import { describeEngine, type HostOptions, type Outcome, peakHeap } from "../native/engine.ts";

/** Every authority, key and server name of these tests is made for them. */
let bench: Bench;
let root: Issued;
let intermediate: Issued;
let second: Issued;
let server: Issued;
let client: Issued;

beforeAll(async () => {
	bench = new Bench();
	root = await issueRoot();
	intermediate = await issueIntermediate(root);
	second = await issueIntermediate(intermediate);
	server = await issue({ issuer: root });
	client = await issueClient(root);
});
afterAll(async () => {
	await bench.end();
	process.stdout.write(`TLS engine, certificates: peak heap ${peakHeap()} bytes\n`);
});

/** The verdict in the words of the firmware. */
function verdict({ up, reason, alert }: Outcome): string {
	const status = statusName(statusOfReason(reason));
	const words = [up ? "up" : "refused", tlsReasonName(reason), status];
	return [...words, ...(alert === 0 ? [] : [`alert ${alert}`])].join(" ");
}

/** Lets the station meet a server with this chain; returns the verdict. */
async function meet(
	chain: readonly Issued[],
	options: HostOptions = {},
	serverOptions: TlsOptions = {},
): Promise<string> {
	const { port } = await bench.serve(chain, serverOptions);
	return verdict(await bench.connect(port, root.certificate, client, { echo: 1, ...options }));
}

const good = "up Ok Ok";
const unknownAuthority = "refused UnknownAuthority UnknownAuthority";
const now = (): number => Math.floor(Date.now() / 1000);
const day = 86_400;

describeEngine("a chain that leads to a trusted authority", () => {
	const kinds: readonly KeyKind[] = ["P-256", "RSA-2048"];

	test.each(kinds)("of 1, 2 and 3 certificates, %s", async (kind) => {
		const root = await issueRoot({ kind });
		const first = await issueIntermediate(root, { kind });
		const second = await issueIntermediate(first, { kind });
		const station = await issueClient(root, { kind });
		const chains = [
			[await issue({ kind, issuer: root })],
			[await issue({ kind, issuer: first }), first],
			[await issue({ kind, issuer: second }), second, first],
		];
		for (const chain of chains) {
			const { port, clients } = await bench.serve(chain, { ca: root.certificate });
			const outcome = await bench.connect(port, root.certificate, station, { echo: 40_000 });
			expect(verdict(outcome)).toBe(good);
			expect(outcome).toMatchObject({ echoed: 40_000, resumed: false });
			expect(outcome.suite).toMatch(/ECDHE.*(GCM|CHACHA20)|^TLS1-3/);
			expect(clients).toEqual(["station-0001"]);
		}
	});

	test.each([
		["the authority itself comes along", () => [server, root]],
		[
			"SHA-384 and P-384",
			async () => {
				const better = await issueIntermediate(root, { kind: "P-384", hash: "SHA-384" });
				return [await issue({ issuer: better, hash: "SHA-384" }), better];
			},
		],
		[
			"a server that is also a client",
			async () => [
				await issue({
					issuer: root,
					usage: KeyUsageFlags.digitalSignature,
					extendedUsage: [ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth],
				}),
			],
		],
	] as const)("%s", async (_, chain) => {
		expect(await meet(await chain())).toBe(good);
	});

	test("one authority of several, and in DER", async () => {
		const { port } = await bench.serve([server]);
		const others = (await issueRoot()).certificate + root.certificate;
		expect(verdict(await bench.connect(port, others, client))).toBe(good);
		const der = (pem: string) =>
			bench.file(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64"));
		const outcome = await bench.connect(port, "", client, {
			authorities: der(root.certificate),
			certificate: der(client.certificate),
			key: der(client.key),
		});
		expect(verdict(outcome)).toBe(good);
	});

	test("openssl s_server is as good a server as node", async () => {
		const authorities = bench.file(root.certificate);
		const port = await bench.serveOpenssl(server, [
			"-Verify",
			"1",
			"-verify_return_error",
			"-CAfile",
			authorities,
		]);
		expect(verdict(await bench.connect(port, root.certificate, client))).toBe(good);
	});

	test("a server that asks no client certificate is up all the same, and knows nobody", async () => {
		const { port, clients } = await bench.serve([server], { requestCert: false });
		const outcome = await bench.connect(port, root.certificate, client, { echo: 1 });
		expect(verdict(outcome)).toBe(good);
		expect(clients).toEqual([""]);
	});
});

describeEngine("a chain that does not", () => {
	/** What an attacker has: keys of their own. */
	const forge = (options: IssueOptions) => issue({ signer: server, ...options });

	const cases: readonly [string, () => Promise<Issued[]> | Issued[]][] = [
		[
			"a forged leaf with the genuine public intermediate",
			async () => [await forge({ issuer: intermediate }), intermediate],
		],
		[
			"a forged leaf with the genuine intermediate and authority",
			async () => [await forge({ issuer: intermediate }), intermediate, root],
		],
		["a forged leaf with the genuine authority", async () => [await forge({ issuer: root }), root]],
		[
			"a leaf acting as an authority",
			async () => {
				const leaf = await issue({ issuer: intermediate, commonName: "mine.example" });
				return [await issue({ issuer: leaf }), leaf, intermediate];
			},
		],
		[
			"a station's certificate acting as an authority",
			async () => [await issue({ issuer: client }), client],
		],
		[
			"an authority that does not say that it is one",
			async () => {
				const silent = await issueIntermediate(root, { authority: undefined });
				return [await issue({ issuer: silent }), silent];
			},
		],
		[
			"an authority that must not sign certificates",
			async () => {
				const limited = await issueIntermediate(root, { usage: KeyUsageFlags.digitalSignature });
				return [await issue({ issuer: limited }), limited];
			},
		],
		[
			"an authority below one that may have none below it",
			async () => {
				const last = await issueIntermediate(root, { authority: 0 });
				const below = await issueIntermediate(last);
				return [await issue({ issuer: below }), below, last];
			},
		],
		[
			"a chain in the wrong order [RFC 5246 §7.4.2]",
			async () => [await issue({ issuer: second }), intermediate, second],
		],
		["a missing intermediate", async () => [await issue({ issuer: intermediate })]],
		[
			"an authority that nobody knows",
			async () => {
				const other = await issueRoot();
				return [await issue({ issuer: other }), other];
			},
		],
		[
			"another authority of the same name",
			async () => {
				const name = /CN=(.*)/.exec(root.certificate)?.[1] ?? "";
				const namesake = {
					...(await issueRoot({ commonName: name })),
					certificate: root.certificate,
				};
				return [await issue({ issuer: namesake })];
			},
		],
		["a certificate that signs itself", async () => [await issue()]],
		[
			"an authority's certificate of their own with our host's name",
			async () => [await issueRoot({ commonName: "localhost", hosts: ["localhost"] })],
		],
		[
			"an expired certificate of an unknown authority for another host",
			async () => [
				await issue({ issuer: await issueRoot(), hosts: ["other.example"], from: -3, to: -2 }),
			],
		],
	];

	test.each(cases)("%s", async (_, chain) => {
		expect(await meet(await chain())).toBe(unknownAuthority);
	});
});

describeEngine("the host name", () => {
	const wrongHost = "refused WrongHost WrongHost";
	const noName = "refused NoHostName WrongHost";
	const cases: readonly [string, readonly string[] | null, string, string][] = [
		["localhost", ["localhost"], good, "the name"],
		["LocalHost", ["lOCALhOST"], good, "in another case"],
		["localhost", ["other.example", "localhost"], good, "one of several"],
		["a.station.example", ["*.station.example"], good, "a wildcard"],
		["127.0.0.1", ["127.0.0.1"], good, "an address"],
		["localhost", ["other.example"], wrongHost, "another name, our name as common name"],
		["localhost", ["localhost.example"], wrongHost, "a longer name"],
		["localhost", ["local"], wrongHost, "a shorter name"],
		["localhost", ["127.0.0.1"], wrongHost, "an address for a name"],
		["127.0.0.1", ["127.0.0.2"], wrongHost, "another address"],
		["127.0.0.1", ["7f00:1::"], wrongHost, "a longer address that begins with ours"],
		["127.0.0.1", ["dns:127.0.0.1"], wrongHost, "an address written as a name"],
		["127.0.0.1", ["localhost"], wrongHost, "a name for an address"],
		["station.example", ["*.station.example"], wrongHost, "a wildcard for no label"],
		["a.b.station.example", ["*.station.example"], wrongHost, "a wildcard for two labels"],
		["a.station.example", ["a*.station.example"], wrongHost, "a wildcard for part of a label"],
		["station.example", ["*.example"], wrongHost, "a wildcard for a top-level domain"],
		["example", ["*"], wrongHost, "a wildcard for everything"],
		["localhost.example", ["*.example\0.attacker.example"], wrongHost, "a name with an end in it"],
		["localhost", null, noName, "no subjectAltName, our name as common name [RFC 9525 §6.3]"],
	];

	test.each(cases)("%s against %j: %s (%s)", async (host, hosts, expected) => {
		expect(await meet([await issue({ issuer: root, hosts })], { host })).toBe(expected);
	});

	test("is sent as SNI, and an address is not [RFC 6066 §3]", async () => {
		const both = await issue({ issuer: root, hosts: ["localhost", "127.0.0.1"] });
		const { port, names } = await bench.serve([both]);
		await bench.connect(port, root.certificate, client);
		await bench.connect(port, root.certificate, client, { host: "127.0.0.1" });
		expect(names).toEqual(["localhost", false]);
	});

	test("a chain for a name that the server picks by SNI", async () => {
		const other = await issue({ issuer: root, hosts: ["b.example"] });
		const context = createSecureContext({ cert: other.certificate, key: other.key });
		const SNICallback: TlsOptions["SNICallback"] = (name, done) =>
			done(null, name === "b.example" ? context : undefined);
		expect(await meet([server], { host: "b.example" }, { SNICallback })).toBe(good);
	});
});

describeEngine("the dates", () => {
	const expired = "refused Expired CertificateExpired";
	const early = "refused NotYetValid CertificateNotYetValid";

	test("an expired server", async () => {
		expect(await meet([await issue({ issuer: root, from: -3, to: -1 })])).toBe(expired);
	});

	test("an expired intermediate", async () => {
		const old = await issueIntermediate(root, { from: -3, to: -1 });
		expect(await meet([await issue({ issuer: old }), old])).toBe(expired);
	});

	test("an expired authority", async () => {
		expect(await meet([server], { time: now() + 40 * day })).toBe(expired);
	});

	test("not yet valid", async () => {
		expect(await meet([await issue({ issuer: root, from: 1, to: 3 })])).toBe(early);
	});

	test("the time that counts is the one passed in, not the system's", async () => {
		const future = [await issue({ issuer: root, from: 2, to: 4 })];
		expect(await meet(future, { time: now() + 3 * day })).toBe(good);
		const old = await issueRoot({ from: -30 });
		const past = [await issue({ issuer: old, from: -4, to: -2 })];
		const authorities = bench.file(old.certificate);
		expect(await meet(past, { authorities, time: now() - 3 * day })).toBe(good);
	});

	test("to the second, both ends included [RFC 5280 §4.1.2.5]", async () => {
		const chain = [await issue({ issuer: root, from: -0.5, to: 0.5 })];
		const { validFrom, validTo } = new X509Certificate(chain[0]!.certificate);
		const [begin, end] = [Date.parse(validFrom) / 1000, Date.parse(validTo) / 1000];
		expect(await meet(chain, { time: begin })).toBe(good);
		expect(await meet(chain, { time: begin - 1 })).toBe(early);
		expect(await meet(chain, { time: end })).toBe(good);
		expect(await meet(chain, { time: end + 1 })).toBe(expired);
	});

	test("with no more than a floor, expiry is judged and beginnings are not", async () => {
		const future = [await issue({ issuer: root, from: 1, to: 3 })];
		expect(await meet(future, { floor: 1 })).toBe(good);
		expect(await meet([await issue({ issuer: root, from: -3, to: -1 })], { floor: 1 })).toBe(
			expired,
		);
	});

	test.each([0, -1, 1_000, 1_735_689_599])(
		"clock not set (%d): nothing is even sent",
		async (time) => {
			const seen = await bench.serve([server]);
			const outcome = await bench.connect(seen.port, root.certificate, client, { time });
			expect(verdict(outcome)).toBe("refused ClockNotSet ClockNotSet");
			expect(seen.connections).toBe(0);
		},
	);
});

describeEngine("what a certificate is for", () => {
	const wrongUsage = "refused WrongKeyUsage TlsFailed";
	const weak = "refused WeakCertificate TlsFailed";

	test("a key that may not sign", async () => {
		// Of RSA: with ECDSA no server of openssl would use it.
		const usage = KeyUsageFlags.keyEncipherment;
		expect(await meet([await issue({ issuer: root, kind: "RSA-2048", usage })])).toBe(wrongUsage);
	});

	test("a certificate for clients", async () => {
		const extendedUsage = [ExtendedKeyUsage.clientAuth];
		expect(await meet([await issue({ issuer: root, extendedUsage })])).toBe(wrongUsage);
	});

	test("a station's certificate of our own authority, with a name for a host", async () => {
		const stolen = await issueClient(root, { hosts: ["localhost"] });
		expect(await meet([stolen])).toBe(wrongUsage);
	});

	test("an authority for clients", async () => {
		const forClients = await issueIntermediate(root, {
			extendedUsage: [ExtendedKeyUsage.clientAuth],
		});
		expect(await meet([await issue({ issuer: forClients }), forClients])).toBe(wrongUsage);
	});

	const lax: TlsOptions = { ciphers: "DEFAULT@SECLEVEL=0", maxVersion: "TLSv1.2" };

	test("SHA-1", async () => {
		expect(await meet([await issue({ issuer: root, hash: "SHA-1" })], {}, lax)).toBe(weak);
	});

	test("RSA of 1024 bits", async () => {
		expect(await meet([await issue({ issuer: root, kind: "RSA-1024" })], {}, lax)).toBe(weak);
	});
});

describeEngine("the station's own certificate", () => {
	test.each([
		[
			"of an authority that the server does not know",
			48,
			async () => issueClient(await issueRoot()),
		],
		["that has expired", 45, async () => issueClient(root, { from: -3, to: -1 })],
		[
			"that is not for clients",
			43,
			async () => issueClient(root, { extendedUsage: ["1.3.6.1.5.5.7.3.1"] }),
		],
	])("%s: the server refuses it", async (_, alert, station) => {
		const options = [
			"-Verify",
			"2",
			"-verify_return_error",
			"-CAfile",
			bench.file(root.certificate),
		];
		const port = await bench.serveOpenssl(server, [...options, "-tls1_2"]);
		const outcome = await bench.connect(port, root.certificate, await station(), { echo: 1 });
		expect(verdict(outcome)).toBe(
			`refused CertificateRefused ClientCertificateRefused alert ${alert}`,
		);
	});

	test("that is not what it should be: each at creation", async () => {
		const other = await issueClient(root);
		const { port, connections } = await bench.serve([server]);
		const create = async (options: HostOptions) =>
			tlsReasonName((await bench.connect(port, root.certificate, client, options)).reason);
		expect(await create({ key: bench.file(other.key) })).toBe("KeyMismatch");
		expect(await create({ key: bench.file("") })).toBe("BadKey");
		expect(await create({ key: bench.file(client.certificate) })).toBe("BadKey");
		expect(await create({ certificate: bench.file("-----BEGIN CERTIFICATE-----\nAA") })).toBe(
			"BadCertificate",
		);
		expect(await create({ authorities: bench.file("") })).toBe("BadAuthority");
		expect(
			await create({
				authorities: bench.file(
					`${root.certificate}${root.certificate.slice(0, 200)}\n-----END CERTIFICATE-----\n`,
				),
			}),
		).toBe("BadAuthority");
		expect(await create({ protocol: "a".repeat(32) })).toBe("BadProtocol");
		expect(connections).toBe(0);
	});
});

describeEngine("what the server can do", () => {
	const noSuite = "refused PeerAlert TlsFailed alert 40";
	test.each([
		["static RSA only", "AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:AES256-SHA256"],
		["finite-field Diffie-Hellman only", "DHE-RSA-AES128-GCM-SHA256"],
		["CBC only", "ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA384"],
	])("%s", async (_, ciphers) => {
		const chain = [await issue({ issuer: root, kind: "RSA-2048" })];
		const options = {
			ciphers: `${ciphers}@SECLEVEL=0`,
			maxVersion: "TLSv1.2",
			dhparam: "auto",
		} as const;
		expect(await meet(chain, {}, options)).toBe(noSuite);
	});

	test.each<SecureVersion>(["TLSv1", "TLSv1.1"])("%s only", async (version) => {
		const options = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
		const { port } = await bench.serve([server], options);
		const outcome = await bench.connect(port, root.certificate, client);
		// A client without TLS 1.3 names no lowest version: the server settles on its own and then
		// finds that every suite offered needs a newer one.
		const expected = outcome.library.startsWith("2.")
			? noSuite
			: "refused NoCommonVersion TlsFailed alert 70";
		expect(verdict(outcome)).toBe(expected);
	});

	test("TLS 1.3 only, where mbedTLS has it", async () => {
		const { port } = await bench.serve([server], { minVersion: "TLSv1.3", ca: root.certificate });
		const outcome = await bench.connect(port, root.certificate, client, { echo: 9_000 });
		if (outcome.library.startsWith("2.")) {
			expect(verdict(outcome)).toBe("refused NoCommonVersion TlsFailed alert 70");
		} else {
			expect(outcome).toMatchObject({ up: true, version: "TLSv1.3", echoed: 9_000 });
		}
	});

	test("a protocol in common is agreed upon [RFC 7301]", async () => {
		const { port } = await bench.serve([server], { ALPNProtocols: ["h2", "x-amzn-mqtt-ca"] });
		const protocol = "x-amzn-mqtt-ca";
		expect(await bench.connect(port, root.certificate, client, { protocol })).toMatchObject({
			up: true,
			protocol,
		});
		const other = await bench.connect(port, root.certificate, client, { protocol: "mqtt" });
		expect(verdict(other)).toBe("refused PeerAlert TlsFailed alert 120");
		expect(await bench.connect(port, root.certificate, client)).toMatchObject({
			up: true,
			protocol: null,
		});
	});
});

test("the reasons of tls.h and of tlsreason.ts are the same", () => {
	const header = readFileSync(
		join(__dirname, "../../firmware/platform/moddable/native/tls.h"),
		"utf8",
	);
	const upper = (name: string) => `TLS_${name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()}`;
	const declared = [...header.matchAll(/^\t(TLS_\w+) = (\d+),$/gm)].filter(
		([, name]) => !/BYTES|WAITS|STEPPED|UP$/.test(name!),
	);
	expect(declared.map(([, name, code]) => [name, Number(code)])).toEqual(
		Object.entries(TlsReason).map(([name, code]) => [upper(name), code]),
	);
	expect(statusOfReason(999)).toBe(Status.TlsFailed);
});
