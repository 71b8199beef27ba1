import { constants } from "node:crypto";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { statusName } from "../../firmware/base/status.ts";
import { statusOfReason, tlsReasonName } from "../../firmware/network/tlsreason.ts";
import { Bench } from "../native/bench.ts";
import { type Issued, issue, issueClient, issueRoot } from "../native/certificates.ts";
import { describeEngine, type HostOptions, type Outcome, peakHeap } from "../native/engine.ts";

let bench: Bench;
let root: Issued;
let server: Issued;
let client: Issued;
/** Of RSA, whose signatures take a tenth of the time to verify: for what is done 1,000 times. */
let fastRoot: Issued;
let fastServer: Issued;

beforeAll(async () => {
	bench = new Bench();
	root = await issueRoot();
	server = await issue({ issuer: root });
	client = await issueClient(root);
	fastRoot = await issueRoot({ kind: "RSA-2048" });
	fastServer = await issue({ issuer: fastRoot, kind: "RSA-2048" });
});
afterAll(async () => {
	await bench.end();
	process.stdout.write(`TLS engine, wire: peak heap ${peakHeap()} bytes\n`);
});

/** A handshake as short as it can be: no ticket with the station's certificate in it. */
const brief: TlsOptions = {
	maxVersion: "TLSv1.2",
	secureOptions: constants.SSL_OP_NO_TICKET,
	// Or it would sign with PSS, which mbedTLS 3.6.6 offers and with TLS 1.2 does not take.
	honorCipherOrder: false,
};

/** A row of connections, each with a short and mutual handshake. */
async function sweep<Result>(options: HostOptions): Promise<Result> {
	const { port } = await bench.serve([fastServer], { ca: root.certificate, ...brief });
	const authorities = bench.file(fastRoot.certificate);
	return connect<Result>(port, { authorities, ...options });
}

function connect<Result = Outcome>(port: number, options: HostOptions = {}): Promise<Result> {
	return bench.connect<Result>(port, root.certificate, client, options);
}

async function serve(options: TlsOptions = {}): Promise<number> {
	return (await bench.serve([server], { ca: root.certificate, ...options })).port;
}

const refusal = ({ up, reason }: Outcome): string =>
	`${up ? "up" : "refused"} ${tlsReasonName(reason)} ${statusName(statusOfReason(reason))}`;

/** The engine neither came up nor failed: how long to wait is the link's affair. */
const waiting = "refused Ok Ok";
const malformed = "refused Malformed TlsFailed";

describeEngine("a handshake that is cut", () => {
	interface Cuts {
		readonly up: boolean;
		readonly length: number;
		readonly early: number;
		readonly failed: number;
		readonly waited: number;
	}

	test("at every byte: it waits for the rest, and is never up", async () => {
		const cuts = await sweep<Cuts>({ sweep: "cuts" });
		expect(cuts).toMatchObject({ up: true, early: 0, failed: 0 });
		expect(cuts.length).toBeGreaterThan(800);
		expect(cuts.waited).toBeGreaterThan(cuts.length - 8);
	});

	test("with a session ticket, or with TLS 1.3, at every thirteenth byte", async () => {
		const cuts = await connect<Cuts>(await serve(), { sweep: "cuts", stride: 13 });
		expect(cuts).toMatchObject({ up: true, early: 0, failed: 0 });
	});
});

describeEngine("a handshake in which somebody turns a bit", () => {
	interface Flips {
		readonly up: boolean;
		readonly length: number;
		readonly unnoticed: readonly number[];
		/** The connection after all those was a good one. */
		readonly upAgain: boolean;
	}

	test("of any byte but the version of a record, which nobody heeds [RFC 8446 §5.1]: never up", async () => {
		const flips = await sweep<Flips>({ sweep: "flips", silence: 150 });
		expect(flips).toMatchObject({ up: true, upAgain: true });
		expect(flips.length).toBeGreaterThan(800);
		expect(flips.unnoticed.filter((offset) => offset !== 1 && offset !== 2)).toEqual([]);
	});
});

describeEngine("a chip that is out of memory", () => {
	interface Starved {
		readonly up: boolean;
		readonly allocations: number;
		readonly starved: number;
	}

	test("at one allocation or another: refused, and no more", async () => {
		const library = (await connect(await serve())).library;
		const stride = library.startsWith("2.") ? 601 : 111;
		const starved = await connect<Starved>(await serve(), { sweep: "allocations", stride });
		expect(starved.up).toBe(true);
		expect(starved.starved).toBeGreaterThan(0);
	});
});

describeEngine("data", () => {
	test("200,000 bytes there and back, with nothing allocated", async () => {
		const outcome = await connect(await serve(), { echo: 200_000 });
		expect(outcome).toMatchObject({ up: true, reason: 0, echoed: 200_000 });
		if (outcome.library.startsWith("2.")) expect(outcome.allocationsUp).toBe(0);
	});

	test("the whole connection in single bytes", async () => {
		const outcome = await connect(await serve(), { chunk: 1, echo: 3_000 });
		expect(outcome).toMatchObject({ up: true, reason: 0, echoed: 3_000 });
	});

	test("in records of a single byte", async () => {
		const port = await serveOnce((socket) => {
			socket.on("data", (chunk) => {
				for (const byte of chunk) socket.write(Buffer.of(byte));
			});
		});
		const outcome = await connect(port, { echo: 500 });
		expect(outcome).toMatchObject({ up: true, reason: 0, echoed: 500 });
	});

	test("that somebody has changed is not handed on", async () => {
		const port = await serve(brief);
		const whole = await connect<Outcome & { fedUntilUp: number }>(port, { echo: 800 });
		const outcome = await connect(port, { echo: 800, flip: whole.fedUntilUp + 400 });
		expect(refusal(outcome)).toBe("up Malformed TlsFailed");
		expect(outcome.echoed).toBe(0);
	});

	test("that ends in the middle of a record is not handed on", async () => {
		const port = await serve(brief);
		const whole = await connect<Outcome & { fedUntilUp: number }>(port, { echo: 800 });
		const outcome = await connect(port, { echo: 800, cut: whole.fedUntilUp + 400 });
		expect(outcome).toMatchObject({ up: true, reason: 0, echoed: 0 });
	});

	test("until the peer says that it closes", async () => {
		const port = await serveOnce((socket) => socket.end());
		expect(refusal(await connect(port, { echo: 1 }))).toBe("up Closed TlsFailed");
	});

	/** A TLS server that does this with each connection. */
	async function serveOnce(onConnection: (socket: Socket) => void): Promise<number> {
		const { port } = await bench.serve([server], { ca: root.certificate }, onConnection);
		return port;
	}
});

describeEngine("a peer that does not speak TLS", () => {
	/** Meets a server that says this, once it has heard the ClientHello. */
	async function hear(bytes: Uint8Array | string, options: HostOptions = {}): Promise<Outcome> {
		const port = await bench.serveRaw((socket) => socket.once("data", () => socket.end(bytes)));
		return connect(port, options);
	}

	test("says nothing", async () => {
		const port = await bench.serveRaw(() => {});
		expect(refusal(await connect(port, { silence: 100 }))).toBe(waiting);
	});

	test("closes at once", async () => {
		const port = await bench.serveRaw((socket) => socket.destroy());
		expect(refusal(await connect(port))).toBe(waiting);
	});

	test.each([
		["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
		["SSH", "SSH-2.0-OpenSSH_9.2\r\n"],
		["zeros", new Uint8Array(600)],
		["a record that is too long", record(22, new Uint8Array(0), 0xffff)],
		["application data", record(23, new Uint8Array(64))],
		["an empty handshake message", record(22, Uint8Array.of(2, 0, 0, 0))],
		["a ServerHello for a suite that was not offered", serverHello(0x0303, 0x009c)],
		["a ServerHello with a suite of no encryption", serverHello(0x0303, 0x0000)],
	])("%s", async (_, bytes) => {
		expect(refusal(await hear(bytes))).toBe(malformed);
	});

	test.each([
		// A middlebox may be meant by it [RFC 8446 §5].
		["a ChangeCipherSpec", record(20, Uint8Array.of(1))],
		// 3.6 puts messages together from several records, and waits for the rest.
		["a message too long for its record", record(22, Uint8Array.of(2, 0xff, 0xff, 0xff, 0))],
	])("%s", async (_, bytes) => {
		const outcome = await hear(bytes);
		expect(refusal(outcome)).toBe(outcome.library.startsWith("2.") ? malformed : waiting);
	});

	test("random bytes", async () => {
		// Numerical Recipes' generator: the bytes are the same in every run.
		let state = 5;
		for (let run = 0; run < 25; run++) {
			const bytes = Uint8Array.from({ length: 400 }, () => {
				state = (state * 1_664_525 + 1_013_904_223) >>> 0;
				return state >>> 24;
			});
			expect({ run, verdict: refusal(await hear(bytes)) }).toEqual({ run, verdict: malformed });
		}
	});

	test.each([0x0301, 0x0302])("a ServerHello of an old version, %d", async (version) => {
		expect(refusal(await hear(serverHello(version, 0xc02b)))).toBe(
			"refused NoCommonVersion TlsFailed",
		);
	});

	const alerts: readonly [number, string][] = [
		[0, "Closed TlsFailed"],
		[10, "PeerAlert TlsFailed"],
		[40, "PeerAlert TlsFailed"],
		[42, "CertificateRefused ClientCertificateRefused"],
		[43, "CertificateRefused ClientCertificateRefused"],
		[44, "CertificateRefused ClientCertificateRefused"],
		[45, "CertificateRefused ClientCertificateRefused"],
		[46, "CertificateRefused ClientCertificateRefused"],
		[47, "PeerAlert TlsFailed"],
		[48, "CertificateRefused ClientCertificateRefused"],
		[49, "CertificateRefused ClientCertificateRefused"],
		[70, "NoCommonVersion TlsFailed"],
		[71, "PeerAlert TlsFailed"],
		[80, "PeerAlert TlsFailed"],
		[112, "PeerAlert TlsFailed"],
		[116, "CertificateRefused ClientCertificateRefused"],
		[120, "PeerAlert TlsFailed"],
		[255, "PeerAlert TlsFailed"],
	];

	test.each(alerts)("fatal alert %d: %s", async (alert, expected) => {
		const level = alert === 0 ? 1 : 2;
		const outcome = await hear(record(21, Uint8Array.of(level, alert)));
		expect(refusal(outcome)).toBe(`refused ${expected}`);
		expect(outcome.alert).toBe(alert);
	});

	test("a thousand warnings", async () => {
		const warning = record(21, Uint8Array.of(1, 90));
		const outcome = await hear(Buffer.concat(Array.from({ length: 1_000 }, () => warning)));
		expect(outcome.up).toBe(false);
	});
});

/** A record of TLS 1.2, with a length of its own where that is to be wrong. */
function record(type: number, body: Uint8Array, length = body.length): Uint8Array {
	return Uint8Array.of(type, 3, 3, length >> 8, length & 0xff, ...body);
}

function serverHello(version: number, suite: number): Uint8Array {
	const body = [
		version >> 8,
		version & 0xff,
		...new Uint8Array(32),
		0,
		suite >> 8,
		suite & 0xff,
		0,
	];
	return record(22, Uint8Array.of(2, 0, 0, body.length, ...body));
}
