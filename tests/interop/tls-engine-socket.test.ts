import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { statusName } from "../../firmware/base/status.ts";
import { tlsSocketWith } from "../../firmware/network/tls.ts";
import type { Epoch } from "../../firmware/ports/clock.ts";
import type { Network, Socket, SocketConstructor } from "../../firmware/ports/socket.ts";
import type { TlsEngine } from "../../firmware/ports/tls.ts";
import { builtAt } from "../../firmware/station/version.ts";
import { type PeerBench, type SocketBench, socketCases } from "../conformance/socket.ts";
import { type Issued, issue, issueClient, issueRoot } from "../native/certificates.ts";
import { type Addon, describeEngine, loadAddon } from "../native/engine.ts";
import { deferral, NodeTcp } from "../native/tcp.ts";

let root: Issued;
let client: Issued;
let server: Issued;
const opened: { close(): void }[] = [];

beforeAll(async () => {
	root = await issueRoot();
	client = await issueClient(root);
	server = await issue({ issuer: root });
});
afterEach(() => {
	for (const one of opened.splice(0)) one.close();
});

/** The C engine, in this process. */
class AddonEngine implements TlsEngine {
	#engine = -1;

	create(...parts: Uint8Array[]): number {
		this.#engine = addon().create!(...parts);
		return this.#engine < 0 ? -this.#engine : 0;
	}

	open = (...more: unknown[]) => this.#call("open", ...more);
	handshake = () => this.#call("handshake");
	room = () => this.#call("room");
	feed = (...more: unknown[]) => this.#call("feed", ...more);
	take = (...more: unknown[]) => this.#call("take", ...more);
	readable = () => this.#call("readable");
	writable = () => this.#call("writable");
	read = (into: Uint8Array) => this.#call("read", into);
	write = (from: Uint8Array) => this.#call("write", from);
	close = () => this.#call("close");
	alert = () => this.#call("alert");
	code = () => 0;
	suite = () => String(this.#call("suite"));
	isResumed = () => false;

	#call(name: string, ...more: unknown[]): number {
		return addon()[name]!(this.#engine, ...more);
	}
}

let loaded: Addon | undefined;
function addon(): Addon {
	loaded ??= loadAddon();
	return loaded;
}

interface Options {
	readonly identity?: Issued;
	readonly epoch?: Epoch | undefined;
}

const log: string[] = [];

/** The wrapper for the device, with the C engine under it and Node's TCP below that. */
function makeSocketClass(options: Options = {}): SocketConstructor {
	const { identity = client } = options;
	const epoch = "epoch" in options ? options.epoch : (Date.now() as Epoch);
	const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
	log.length = 0;
	return tlsSocketWith(
		{
			authority: bytes(root.certificate),
			certificate: bytes(identity.certificate),
			key: bytes(identity.key),
		},
		{
			engine: new AddonEngine(),
			connect: (parameters) => new NodeTcp(parameters),
			defer: deferral,
			clock: { epoch },
			earliest: builtAt,
			log: (line) => log.push(line),
		},
	);
}

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

function serve(identity: Issued = server, peer = new Peer()): Promise<number> {
	const options = { requestCert: true, ca: root.certificate };
	const one = createServer(
		{ cert: identity.certificate, key: identity.key, ...options },
		(socket) => peer.accept(socket),
	);
	return listen(one.on("tlsClientError", () => {}));
}

async function closedPort(): Promise<number> {
	const port = await serve();
	opened.pop()!.close();
	return port;
}

async function until(condition: () => boolean, what: string): Promise<void> {
	for (let tries = 0; !condition(); tries++) {
		if (tries === 3_000) throw new Error(`never: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}

/** What the device cannot do, and why. */
const exceptions: Readonly<Record<string, string>> = {
	"nobody listens: refused, once": "the SDK's TCP socket reports an error without a reason",
	"power cut: nothing is called any more, by connections and by questions":
		"there is one connection at a time, and a device without power calls nobody",
	"a name resolves to a numeric address, once and later": "the resolver is not part of it",
	"a name that nobody has resolves to undefined": "the resolver is not part of it",
};

describeEngine("the socket of the device", () => {
	test("leaves out no more than those", () => {
		const names = socketCases.map(({ name }) => name);
		expect(Object.keys(exceptions).filter((name) => !names.includes(name))).toEqual([]);
	});

	test.each(socketCases.filter(({ name }) => !(name in exceptions)))("$name", async ({ run }) => {
		const peer = new Peer();
		const network = {
			Socket: makeSocketClass(),
			resolver: {
				resolve: (_: string, answer: (address: string) => void) =>
					setImmediate(answer, "127.0.0.1"),
			},
		} as unknown as Network;
		const bench: SocketBench = {
			network,
			host: "localhost",
			port: await serve(server, peer),
			closedPort: await closedPort(),
			peer,
			until,
			settle: () => new Promise((resolve) => setTimeout(resolve, 60)),
			cut: () => {},
		};
		await run(bench);
	});

	/** The end of one attempt: "up", or the name of its status. */
	function attempt(port: number, options?: Options): Promise<string> {
		const Socket = makeSocketClass(options);
		return new Promise((resolve) => {
			const socket: Socket = new Socket({
				address: "127.0.0.1",
				host: "localhost",
				port,
				onReadable: () => {},
				onWritable: () => {
					resolve("up");
					socket.close();
				},
				onError: (status) => resolve(status === undefined ? "gone" : statusName(status)),
			});
		});
	}

	test.each([
		["CertificateExpired", async () => issue({ issuer: root, from: -3, to: -1 })],
		["CertificateNotYetValid", async () => issue({ issuer: root, from: 1, to: 3 })],
		["WrongHost", async () => issue({ issuer: root, hosts: ["other.example"] })],
		["UnknownAuthority", async () => issue()],
		["up", async () => server],
	])("a server's certificate: %s", async (expected, make) => {
		expect(await attempt(await serve(await make()))).toBe(expected);
	});

	test("the reason and the alert are in the log", async () => {
		await attempt(await serve(await issue()));
		expect(log).toEqual(["tls: UnknownAuthority, code 0"]);
	});

	test("a server that answers with an alert and hangs up", async () => {
		const alert = Uint8Array.of(21, 3, 3, 0, 2, 2, 48);
		const port = await listen(
			createTcpServer((socket) => socket.once("data", () => socket.end(alert))),
		);
		expect(await attempt(port)).toBe("ClientCertificateRefused");
		expect(log).toEqual(["tls: CertificateRefused, alert 48"]);
	});

	test("a server that hangs up in the middle, or before", async () => {
		const mute = await listen(createTcpServer((socket) => socket.once("data", () => socket.end())));
		expect(await attempt(mute)).toBe("gone");
		expect(await attempt(await closedPort())).toBe("gone");
	});

	test("without a clock the time of the build is the floor: expiry counts, beginnings do not", async () => {
		const days = (epoch: number): number => (epoch - Date.now()) / 86_400_000;
		const old = await issue({ issuer: root, from: days(builtAt) - 20, to: days(builtAt) - 1 });
		expect(await attempt(await serve(old), { epoch: undefined })).toBe("CertificateExpired");
		const later = await issue({ issuer: root, from: days(builtAt) + 1, to: days(builtAt) + 400 });
		expect(await attempt(await serve(later), { epoch: undefined })).toBe("up");
	});

	test("credentials that are no good: the reason by its name", async () => {
		const other = await issueClient(root);
		expect(() => makeSocketClass({ identity: { ...client, key: other.key } })).toThrow(
			"tls: KeyMismatch",
		);
		expect(() => makeSocketClass({ identity: { ...client, key: "" } })).toThrow("tls: BadKey");
	});

	test("one connection at a time", async () => {
		const Socket = makeSocketClass();
		const port = await serve();
		const options = {
			address: "127.0.0.1",
			host: "localhost",
			port,
			onReadable: () => {},
			onWritable: () => {},
			onError: () => {},
		};
		const first = new Socket(options);
		expect(() => new Socket(options)).toThrow("there is a connection");
		first.close();
		new Socket(options).close();
	});
});
