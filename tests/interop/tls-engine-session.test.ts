import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { statusName } from "../../firmware/base/status.ts";
import { statusOfReason, tlsReasonName } from "../../firmware/network/tlsreason.ts";
import { Bench, type Seen } from "../native/bench.ts";
import { type Issued, issue, issueClient, issueRoot } from "../native/certificates.ts";
import { describeEngine, type HostOptions, type Outcome, peakHeap } from "../native/engine.ts";

let bench: Bench;
let root: Issued;
let server: Issued;
let client: Issued;
let seen: Seen;
/** A file with the session of `client` at `seen`. */
let session: string;

const day = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);

beforeAll(async () => {
	bench = new Bench();
	root = await issueRoot();
	server = await issue({ issuer: root, hosts: ["localhost", "b.example"], from: -2, to: 3 });
	client = await issueClient(root);
	seen = await bench.serve([server], { ca: root.certificate, ALPNProtocols: ["mqtt"] });
});
afterAll(async () => {
	await bench.end();
	process.stdout.write(`TLS engine, sessions: peak heap ${peakHeap()} bytes\n`);
});

/** Connects as `client`, unless told otherwise, and keeps the session in `session`. */
async function begin(options: HostOptions = {}): Promise<Outcome> {
	session = bench.file("");
	return connect({ save: session, ...options });
}

function connect(options: HostOptions, station = client, port = seen.port): Promise<Outcome> {
	return bench.connect(port, root.certificate, station, { echo: 1, ...options });
}

const refusal = ({ up, reason }: Outcome): string =>
	`${up ? "up" : "refused"} ${tlsReasonName(reason)} ${statusName(statusOfReason(reason))}`;

describeEngine("a saved session", () => {
	test("is resumed, again and again, by the station and the server", async () => {
		expect(await begin()).toMatchObject({ up: true, resumed: false });
		for (let time = 0; time < 3; time++) {
			const outcome = await connect({ session, save: session, echo: 5_000 });
			expect(outcome).toMatchObject({ up: true, resumed: true, reason: 0, echoed: 5_000 });
			expect(seen.resumed.at(-1)).toBe(true);
			expect(seen.clients.at(-1)).toBe("station-0001");
		}
	});

	test("of a server that keeps sessions itself is resumed too", async () => {
		const options = [
			"-tls1_2",
			"-no_ticket",
			"-rev",
			"-Verify",
			"2",
			"-CAfile",
			bench.file(root.certificate),
		];
		const port = await bench.serveOpenssl(server, options);
		await begin({ port, echo: 0 });
		expect(await connect({ session, echo: 0 }, client, port)).toMatchObject({
			up: true,
			resumed: true,
		});
	});

	test.each([0, 1, 80, -1])("is not offered when it is cut, at %d", async (end) => {
		await begin();
		const cut = bench.file(readFileSync(session).subarray(0, end));
		expect(await connect({ session: cut })).toMatchObject({ up: true, resumed: false });
	});

	test("is not offered when it is damaged", async () => {
		await begin();
		const bytes = readFileSync(session);
		for (let at = 0; at < bytes.length; at += 67) {
			const damaged = Buffer.from(bytes);
			damaged[at]! ^= 1 << (at % 8);
			const outcome = await connect({ session: bench.file(damaged) });
			expect({ at, ...outcome }).toMatchObject({ at, up: true, resumed: false });
		}
	});

	test("is not offered by another identity", async () => {
		await begin();
		const other = await issueClient(root, { commonName: "station-0002" });
		expect(await connect({ session }, other)).toMatchObject({ up: true, resumed: false });
		expect(seen.resumed.at(-1)).toBe(false);
		expect(seen.clients.at(-1)).toBe("station-0002");
	});

	test("is not offered with another certificate for the same key", async () => {
		await begin();
		const renewed = await issueClient(root, { owner: client });
		expect(await connect({ session }, renewed)).toMatchObject({ up: true, resumed: false });
	});

	test("is not offered to another host", async () => {
		await begin();
		const outcome = await connect({ session, host: "b.example" });
		expect(outcome).toMatchObject({ up: true, resumed: false });
	});

	test("is not offered for another protocol", async () => {
		await begin();
		const outcome = await connect({ session, protocol: "mqtt" });
		expect(outcome).toMatchObject({ up: true, resumed: false, protocol: "mqtt" });
	});

	test("does not survive the authority that vouched for it", async () => {
		await begin();
		const authorities = bench.file((await issueRoot()).certificate);
		expect(refusal(await connect({ session, authorities }))).toBe(
			"refused UnknownAuthority UnknownAuthority",
		);
	});

	test("does not survive the server's certificate, in either direction", async () => {
		await begin({ time: now() + 2.5 * day });
		const late = await connect({ session, time: now() + 3.2 * day });
		expect(refusal(late)).toBe("refused Expired CertificateExpired");
		const early = await connect({ session, time: now() - 4 * day });
		expect(refusal(early)).toBe("refused NotYetValid CertificateNotYetValid");
		expect(refusal(await connect({ session, time: 0 }))).toBe("refused ClockNotSet ClockNotSet");
	});

	test("is good for a day, and resuming it does not make that longer", async () => {
		const start = now();
		await begin({ time: start });
		const resumed = async (time: number) =>
			(await connect({ session, save: session, time: start + time })).resumed;
		expect(await resumed(day)).toBe(true);
		expect(await resumed(day + 1)).toBe(false);
		expect(await resumed(2 * day + 1)).toBe(true);
	});

	test("is of no use to a server that does not know it", async () => {
		await begin();
		const genuine = await bench.serve([server], { ca: root.certificate });
		expect(await connect({ session }, client, genuine.port)).toMatchObject({
			up: true,
			resumed: false,
		});
		const forged = await bench.serve([await issue({ issuer: root, signer: server })]);
		expect(refusal(await connect({ session }, client, forged.port))).toBe(
			"refused UnknownAuthority UnknownAuthority",
		);
	});
});

describeEngine("1,000 reconnects of one engine", () => {
	test("50 full and 950 resumed ones leave the heap as the first did", async () => {
		const full = await connect({ repeat: 50, echo: 100 });
		expect(full).toMatchObject({ up: true, reason: 0, resumed: false });
		expect(full.heap.afterLast).toBe(full.heap.afterFirst);
		const resumed = await connect({ repeat: 950, resuming: 1, echo: 100 });
		expect(resumed).toMatchObject({ up: true, reason: 0, resumed: true });
		expect(resumed.heap.afterLast).toBeLessThanOrEqual(resumed.heap.afterFirst);
		expect(seen.resumed.filter((one) => one).length).toBeGreaterThanOrEqual(949);
	});
});
