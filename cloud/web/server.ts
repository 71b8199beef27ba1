import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Bounds } from "../bounds.ts";
import { CloudFault, codeOf, messageOf } from "../fault.ts";
import type { Vault } from "../vault/vault.ts";

/** ms between two looks at who takes too long. */
const checkMs = 5_000;

export interface ServeOptions {
	/** 0 takes a free one. */
	readonly port: number;
	readonly host: string;
	readonly bounds: Pick<Bounds, "httpConnections" | "httpHeadersMs" | "httpRequestMs">;
	log(line: string): void;
}

export interface HttpServer {
	/** Where it is, such as "http://127.0.0.1:8080". */
	readonly url: string;
	/** The same for this machine, also where it listens on all addresses. */
	readonly localUrl: string;
	/** Takes no more requests and cuts those that are there: a stream of events would never end. */
	close(): Promise<void>;
}

/**
 * Listens for HTTP/1.1.
 *
 * @throws {CloudFault} "EADDRINUSE" and other system codes, when the port can't be taken
 */
export async function serve(
	app: Hono,
	{ port, host, bounds, log }: ServeOptions,
): Promise<HttpServer> {
	const { httpHeadersMs, httpRequestMs, httpConnections } = bounds;
	const server = createAdaptorServer({
		fetch: app.fetch,
		serverOptions: {
			headersTimeout: httpHeadersMs,
			requestTimeout: httpRequestMs,
			connectionsCheckingInterval: Math.min(httpHeadersMs, checkMs),
		},
	}) as Server;
	server.maxConnections = httpConnections;
	await new Promise<void>((resolve, reject) => {
		server.once("error", (error) => reject(listenFault(error, host, port)));
		server.listen(port, host, resolve);
	});
	server.removeAllListeners("error");
	server.on("error", (error) => log(`http: ${messageOf(error)}`));
	const taken = (server.address() as AddressInfo).port;
	const urlOf = (name: string): string =>
		`http://${name.includes(":") ? `[${name}]` : name}:${taken}`;
	return {
		url: urlOf(host),
		localUrl: urlOf(host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

/** The token of a data directory, made where there is none; readable by its owner alone. */
export async function readToken(path: string, vault: Vault): Promise<string> {
	await vault.create(path, `${randomBytes(32).toString("base64url")}\n`, 0o600);
	return (await vault.read(path))!.trim();
}

function listenFault(error: unknown, host: string, port: number): CloudFault {
	const code = codeOf(error);
	const reason =
		code === "EADDRINUSE"
			? "it is in use; choose another with --http-port, 0 for a free one, or --no-http"
			: messageOf(error);
	return new CloudFault(code, `can't serve HTTP on port ${port} of ${host}: ${reason}`);
}
