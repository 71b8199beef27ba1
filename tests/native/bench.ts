import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import type { Issued } from "./certificates.ts";
import { type HostOptions, type Outcome, runHost } from "./engine.ts";

/** What a TLS server of the bench has seen. */
export interface Seen {
	port: number;
	connections: number;
	/** Common names of the clients whose handshake was completed; "" for one without certificate. */
	readonly clients: string[];
	readonly names: (string | false | null)[];
	readonly resumed: boolean[];
}

/** Servers that a station meets, and the files it is given; all gone after `end`. */
export class Bench {
	readonly #dir = mkdtempSync(join(tmpdir(), "isobar-tls-"));
	readonly #opened: { close(): void }[] = [];
	readonly #sockets = new Set<Socket>();
	readonly #processes: ChildProcess[] = [];
	#files = 0;

	/** Writes a file; returns its path. */
	file(content: string | Uint8Array): string {
		const path = join(this.#dir, `${this.#files++}`);
		writeFileSync(path, content);
		return path;
	}

	/** A TLS server on a port of its own that sends back whatever it reads, unless told otherwise. */
	async serve(
		chain: readonly Issued[],
		options: TlsOptions = {},
		onConnection: (socket: Socket) => void = (socket) => socket.pipe(socket),
	): Promise<Seen> {
		const seen: Seen = { port: 0, connections: 0, clients: [], names: [], resumed: [] };
		const server = createServer({
			cert: chain.map((one) => one.certificate).join(""),
			key: chain[0]!.key,
			requestCert: true,
			rejectUnauthorized: options.ca !== undefined,
			...options,
		});
		server.on("connection", (socket: Socket) => {
			seen.connections += 1;
			this.#keep(socket.setNoDelay(true));
		});
		server.on("secureConnection", (socket: TLSSocket) => {
			seen.clients.push(String(socket.getPeerCertificate()?.subject?.CN ?? ""));
			seen.names.push(socket.servername);
			seen.resumed.push(socket.isSessionReused());
			onConnection(socket.on("error", () => {}));
		});
		server.on("tlsClientError", () => {});
		seen.port = await this.#listen(server);
		return seen;
	}

	/** A TCP server that is no TLS server. */
	async serveRaw(onConnection: (socket: Socket) => void): Promise<number> {
		const server = createTcpServer((socket) => {
			this.#keep(socket);
			onConnection(socket);
		});
		return this.#listen(server);
	}

	/** `openssl s_server` with these options; returns its port. */
	serveOpenssl(server: Issued, options: readonly string[]): Promise<number> {
		const parts = ["-cert", this.file(server.certificate), "-key", this.file(server.key)];
		const child = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", ...parts, ...options], {
			stdio: ["pipe", "pipe", "ignore"],
		});
		this.#processes.push(child);
		return new Promise((resolve, reject) => {
			let text = "";
			child.stdout!.on("data", (chunk) => {
				text += chunk;
				const port = /^ACCEPT .*:(\d+)$/m.exec(text)?.[1];
				if (port !== undefined) resolve(Number(port));
			});
			child.once("error", reject);
			child.once("exit", () => reject(new Error(`openssl s_server ended: ${text}`)));
		});
	}

	/** Lets a station connect: the engine with this identity, and any other options of host.c. */
	connect<Result = Outcome>(
		port: number,
		authority: string,
		client: Issued,
		options: HostOptions = {},
	): Promise<Result> {
		return runHost<Result>({
			port,
			host: "localhost",
			authorities: this.file(authority),
			certificate: this.file(client.certificate),
			key: this.file(client.key),
			...options,
		});
	}

	async end(): Promise<void> {
		for (const one of this.#opened.splice(0)) one.close();
		for (const socket of this.#sockets) socket.destroy();
		for (const child of this.#processes.splice(0)) child.kill();
		rmSync(this.#dir, { recursive: true, force: true });
	}

	#keep(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on("error", () => {}).on("close", () => this.#sockets.delete(socket));
	}

	#listen(server: ReturnType<typeof createTcpServer>): Promise<number> {
		this.#opened.push(server);
		return new Promise((resolve) =>
			server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
		);
	}
}
