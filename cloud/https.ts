import { randomUUID, type X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { Connection } from "./connection.ts";
import { messageOf } from "./fault.ts";
import type { Message } from "./message.ts";

/** What a device asks for at TLS to speak HTTP (aws-iot-contract.md §1.1). */
export const httpsProtocol = "x-amzn-http-ca";

/** Of a message; what is longer is refused before it is read to its end. */
const payloadMaximum = 128 * 1024;
/** A connection that says nothing for so long is closed, ms. */
const silenceMs = 60_000;

export interface DeviceHttpsOptions {
	/**
	 * Publishes a message of a device, once it is kept.
	 *
	 * @returns why the device may not; rejects with a `MessageFault` for one that nobody may send
	 */
	publish(connection: Connection, message: Message): Promise<string | undefined>;
	log(line: string): void;
}

/**
 * HTTPS of devices: `POST /topics/{topic}?qos=1` with a client certificate, which is a message like
 * one over MQTT. A device that sleeps most of the time needs no session for that.
 *
 * Source: AWS IoT Core Developer Guide, "HTTPS".
 */
export class DeviceHttps {
	readonly #options: DeviceHttpsOptions;
	readonly #server: Server;
	readonly #connections = new WeakMap<object, Connection>();

	constructor(options: DeviceHttpsOptions) {
		this.#options = options;
		this.#server = createServer((request, response) => {
			this.#answer(request, response).catch((error) => {
				options.log(`https: ${messageOf(error)}`);
				response.destroy();
			});
		});
	}

	/** Takes a connection whose certificate is verified. */
	accept(socket: TLSSocket, certificate: X509Certificate): void {
		this.#connections.set(socket, new Connection(socket, certificate));
		socket.on("error", () => {});
		// The time-outs of a server are those of one that listens itself.
		socket.setTimeout(silenceMs, () => socket.destroy());
		this.#server.emit("connection", socket);
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const message = await readMessage(request);
		if (typeof message === "number") {
			send(response, message);
			return;
		}
		const connection = this.#connections.get(request.socket)!;
		try {
			const denial = await this.#options.publish(connection, message);
			send(response, denial === undefined ? 200 : 403);
		} catch (error) {
			const isTheirs = (error as Error).name === "MessageFault";
			if (!isTheirs) this.#options.log(`https: a message can't be kept: ${messageOf(error)}`);
			send(response, isTheirs ? 400 : 500);
		}
	}
}

/** @returns the message, or the status that says why there is none */
async function readMessage(request: IncomingMessage): Promise<Message | number> {
	const url = new URL(request.url ?? "/", "https://localhost");
	const [, path] = /^\/topics\/(.+)$/.exec(url.pathname) ?? [];
	const qos = url.searchParams.get("qos") ?? "0";
	if (path === undefined) return 404;
	if (request.method !== "POST") return 405;
	if (qos !== "0" && qos !== "1") return 400;
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request) {
		bytes += chunk.length;
		if (bytes > payloadMaximum) return 413;
		chunks.push(chunk);
	}
	try {
		const topicName = decodeURIComponent(path);
		const retain = url.searchParams.get("retain") === "true";
		return { topicName, payload: Buffer.concat(chunks), qos: Number(qos), retain };
	} catch {
		return 400;
	}
}

const words: Readonly<Record<number, string>> = Object.freeze({
	200: "OK",
	400: "Bad Request",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	413: "Payload Too Large",
	500: "Internal Server Error",
});

function send(response: ServerResponse, status: number): void {
	const body = JSON.stringify({ message: words[status], traceId: randomUUID() });
	response.writeHead(status, { "content-type": "application/json" }).end(body);
}
