import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { type Status, statusName } from "../../firmware/base/status.ts";
import type { Socket } from "../../firmware/ports/socket.ts";
import { refusalOf, TlsNetwork } from "../../simulator/device/tls.ts";
import { type PeerBench, type SocketBench, socketCases } from "../conformance/socket.ts";
import { type Issued, issue } from "../support/certificates.ts";

let authority: Issued;
let client: Issued;
let server: Issued;
const opened: { close(): void }[] = [];

beforeAll(async () => {
	authority = await issue({ commonName: "authority" });
	client = await issue({ commonName: "station-0001", authority });
	server = await issue({ hosts: ["localhost"], authority });
});
afterEach(() => {
	for (const one of opened.splice(0)) one.close();
});

class Peer implements PeerBench {
	accepted = 0;
	ended = 0;
	socket: TLSSocket | undefined;
	#reading = true;
	#chunks: Buffer[] = [];

	get received(): Buffer {
		if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
		return this.#chunks[0] ?? Buffer.alloc(0);
	}

	accept(socket: TLSSocket): void {
		this.socket = socket;
		this.accepted += 1;
		this.#chunks = [];
		socket.on("data", (chunk) => this.#chunks.push(chunk));
		socket.on("error", () => {});
		socket.on("close", () => {
			this.ended += 1;
		});
		opened.push({ close: () => socket.destroy() });
	}

	get reading(): boolean {
		return this.#reading;
	}

	set reading(reading: boolean) {
		this.#reading = reading;
		if (reading) this.socket!.resume();
		else this.socket!.pause();
	}

	send(bytes: Uint8Array): void {
		this.socket!.write(bytes);
	}

	close(): void {
		this.socket!.end();
	}
}

async function listen(one: Server): Promise<number> {
	opened.push(one);
	await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
	return (one.address() as AddressInfo).port;
}

function serve(identity: Issued, peer?: Peer, options: TlsOptions = {}): Promise<number> {
	const one = createServer(
		{ cert: identity.certificate, key: identity.key, ca: authority.certificate, ...options },
		(socket) => {
			if (peer) peer.accept(socket);
			else {
				socket.on("error", () => {});
				opened.push({ close: () => socket.destroy() });
			}
		},
	);
	one.on("tlsClientError", () => {});
	return listen(one);
}

async function until(condition: () => boolean, what: string): Promise<void> {
	for (let tries = 0; !condition(); tries++) {
		if (tries === 3_000) throw new Error(`never: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

function network(identity: Issued = client, onUp?: (version: string) => void): TlsNetwork {
	const one = new TlsNetwork(
		{ authority: authority.certificate, certificate: identity.certificate, key: identity.key },
		(work) => work(),
		onUp,
	);
	opened.push({ close: () => one.cut() });
	return one;
}

describe("socket over node:tls", () => {
	test.each(socketCases)("$name", async ({ run }) => {
		const peer = new Peer();
		const port = await serve(server, peer, { requestCert: true });
		const closedPort = await serve(server);
		opened.splice(opened.length - 1, 1)[0]!.close();
		const one = network();
		const bench: SocketBench = {
			network: one,
			host: "localhost",
			port,
			closedPort,
			peer,
			until,
			settle: () => new Promise((resolve) => setTimeout(resolve, 60)),
			cut: () => one.cut(),
		};
		await run(bench);
	});
});

/** The end of one attempt: "up", or the name of its status. */
function attempt(one: TlsNetwork, port: number, host = "localhost"): Promise<string> {
	return new Promise((resolve) => {
		const socket: Socket = new one.Socket({
			address: "127.0.0.1",
			host,
			port,
			onReadable: () => {},
			onWritable: () => {
				resolve("up");
				socket.close();
			},
			onError: (status) => resolve(statusName(status ?? 0)),
		});
	});
}

describe("verification of the server", () => {
	const day = 1;
	const cases: readonly (readonly [string, Parameters<typeof issue>[0], keyof typeof Status])[] = [
		[
			"an expired certificate",
			{ hosts: ["localhost"], from: -2 * day, to: -day },
			"CertificateExpired",
		],
		[
			"one that is not yet valid",
			{ hosts: ["localhost"], from: day, to: 2 * day },
			"CertificateNotYetValid",
		],
		["one for another host", { hosts: ["example.org"] }, "WrongHost"],
		[
			"one whose common name alone is right",
			{ commonName: "localhost", hosts: ["a"] },
			"WrongHost",
		],
	];

	test.each(cases)("%s is refused", async (_name, options, expected) => {
		const port = await serve(await issue({ ...options, authority }));
		expect(await attempt(network(), port)).toBe(expected);
	});

	test("one from another authority, and one signed by itself, are refused", async () => {
		const other = await issue({ commonName: "other" });
		const foreign = await serve(await issue({ hosts: ["localhost"], authority: other }));
		expect(await attempt(network(), foreign)).toBe("UnknownAuthority");
		const own = await serve(await issue({ hosts: ["localhost"] }));
		expect(await attempt(network(), own)).toBe("UnknownAuthority");
	});

	test("an impostor that shows the right authority after a leaf it has not signed is refused", async () => {
		const forged = await issue({ commonName: "authority" });
		const leaf = await issue({ hosts: ["localhost"], authority: forged });
		const chain = { certificate: `${leaf.certificate}\n${authority.certificate}`, key: leaf.key };
		expect(await attempt(network(), await serve(chain))).not.toBe("up");
	});

	test("the address is verified when the host is an address", async () => {
		const numeric = await serve(await issue({ hosts: ["127.0.0.1"], authority }));
		expect(await attempt(network(), numeric, "127.0.0.1")).toBe("up");
		expect(await attempt(network(), await serve(server), "127.0.0.1")).toBe("WrongHost");
	});

	test("TLS below 1.2 is refused", async () => {
		const port = await serve(server, undefined, {
			minVersion: "TLSv1.1",
			maxVersion: "TLSv1.1",
			ciphers: "DEFAULT@SECLEVEL=0",
		});
		expect(await attempt(network(), port)).toBe("TlsFailed");
	});

	test("a server without TLS, and one that hangs up, are no servers", async () => {
		const plain = createTcpServer((socket) => socket.on("error", () => {}).write("hello\n"));
		expect(await attempt(network(), await listen(plain))).toBe("TlsFailed");
		const silent = createTcpServer((socket) => socket.on("error", () => {}).destroy());
		expect(await attempt(network(), await listen(silent))).toBe("TlsFailed");
	});
});

describe("a connection", () => {
	test("sends the name of the host as SNI and takes the best version", async () => {
		const names: string[] = [];
		const port = await serve(server, undefined, {
			SNICallback: (name, done) => {
				names.push(name);
				done(null);
			},
		});
		const versions: string[] = [];
		const one = network(client, (version) => versions.push(version));
		expect(await attempt(one, port)).toBe("up");
		expect(names).toEqual(["localhost"]);
		expect(versions).toEqual(["TLSv1.3"]);
	});

	test.each(["TLSv1.2", "TLSv1.3"] as const)("resumes its session (%s)", async (version) => {
		const peer = new Peer();
		const reused: boolean[] = [];
		const port = await serve(server, peer, { maxVersion: version });
		const one = network();
		for (let count = 0; count < 3; count++) {
			let written = false;
			const socket: Socket = new one.Socket({
				address: "127.0.0.1",
				host: "localhost",
				port,
				onReadable: () => {},
				onWritable: () => {
					if (!written) socket.write(Uint8Array.of(1));
					written = true;
				},
				onError: () => {},
			});
			await until(() => peer.accepted === count + 1, "a connection");
			reused.push(peer.socket!.isSessionReused());
			// Tickets of TLS 1.3 come with the first bytes after the handshake.
			peer.send(Uint8Array.of(1));
			await until(() => peer.received.length === 1, "a byte");
			await new Promise((resolve) => setTimeout(resolve, 20));
			socket.close();
			await until(() => peer.ended === count + 1, "its end");
		}
		expect(reused).toEqual([false, true, true]);
	});

	test("a session does not carry over to another server", async () => {
		const one = network();
		expect(await attempt(one, await serve(server))).toBe("up");
		await new Promise((resolve) => setTimeout(resolve, 50));
		const expired = await issue({ hosts: ["localhost"], from: -2, to: -1, authority });
		expect(await attempt(one, await serve(expired))).toBe("CertificateExpired");
	});
});

test("every failure of the platform has a status", () => {
	const names = (codes: (string | undefined)[], connected: boolean): string[] =>
		codes.map((code) => statusName(refusalOf(code, connected)));
	expect(
		names(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "ENETDOWN", "E?"], false),
	).toEqual([
		"ConnectionRefused",
		"Unreachable",
		"Unreachable",
		"ConnectTimedOut",
		"NetworkDown",
		"Unreachable",
	]);
	expect(names(["ETIMEDOUT", "ECONNRESET", undefined, "ERR_SSL_NO_PROTOCOLS"], true)).toEqual([
		"HandshakeTimedOut",
		"TlsFailed",
		"TlsFailed",
		"TlsFailed",
	]);
	const alerts = [
		"ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
		"ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
		"ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
		"ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
		"ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED",
		"ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
		"ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
		"ERR_SSL_TLSV1_ALERT_ACCESS_DENIED",
	];
	expect(new Set(names(alerts, true))).toEqual(new Set(["ClientCertificateRefused"]));
	expect(names(["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"], true)).toEqual(["TlsFailed"]);
});

test("the sockets of all networks are of one class, which the engine can optimize", () => {
	const kinds = [network(), network()].map((one) => {
		const socket = new one.Socket({
			address: "127.0.0.1",
			host: "localhost",
			port: 1,
			onReadable: () => {},
			onWritable: () => {},
			onError: () => {},
		});
		socket.close();
		return Object.getPrototypeOf(socket);
	});
	expect(kinds[0]).toBe(kinds[1]);
});

test("credentials that are none are refused at once", () => {
	expect(
		() =>
			new TlsNetwork(
				{ authority: authority.certificate, certificate: client.certificate, key: server.key },
				(work) => work(),
			),
	).toThrow(/key values mismatch/);
});

afterAll(() => {
	expect(opened).toEqual([]);
});
