import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { type Cloud, type CloudOptions, startCloud } from "../../cloud/main.ts";

/** MQTT.js hands on to node:tls what its types do not name. */
export type ClientOptions = {
	[Key in keyof IClientOptions]?: IClientOptions[Key] | undefined;
} & Pick<ConnectionOptions, "minVersion" | "maxVersion" | "session" | "ciphers">;

/** A data directory for one test, and everything that must be gone when the test ends. */
export class CloudBench {
	readonly dataDir = mkdtempSync(join(tmpdir(), "isobar-"));
	readonly lines: string[] = [];
	readonly #clients: MqttClient[] = [];
	readonly #clouds: Cloud[] = [];
	readonly #waiting: { pattern: RegExp; resolve: (line: string) => void }[] = [];

	async start(options: Partial<CloudOptions> = {}): Promise<Cloud> {
		const cloud = await startCloud({ dataDir: this.dataDir, port: 0, log: this.log, ...options });
		this.#clouds.push(cloud);
		return cloud;
	}

	readonly log = (line: string): void => {
		this.lines.push(line);
		for (const { pattern, resolve } of this.#waiting) if (pattern.test(line)) resolve(line);
	};

	/** Resolves with the log line that matches, whether it was there already or is yet to come. */
	logged(pattern: RegExp): Promise<string> {
		const present = this.lines.find((line) => pattern.test(line));
		if (present !== undefined) return Promise.resolve(present);
		return new Promise((resolve) => this.#waiting.push({ pattern, resolve }));
	}

	read(name: string): string {
		return readFileSync(join(this.dataDir, name), "utf8");
	}

	/** A client of MQTT.js with the certificate of a thing; it does not connect again by itself. */
	client(port: number, thing: string, options: ClientOptions = {}): MqttClient {
		const all: ClientOptions = {
			protocol: "mqtts",
			host: "127.0.0.1",
			port,
			clientId: thing,
			ca: this.read("ca.crt"),
			...("cert" in options ? {} : { cert: this.read(`things/${thing}.crt`) }),
			...("key" in options ? {} : { key: this.read(`things/${thing}.key`) }),
			reconnectPeriod: 0,
			...options,
		};
		const client = connect(all as IClientOptions);
		client.on("error", () => {});
		this.#clients.push(client);
		return client;
	}

	/** The same, connected. */
	async connected(port: number, thing: string, options: ClientOptions = {}): Promise<MqttClient> {
		const client = this.client(port, thing, options);
		await new Promise<void>((resolve, reject) => {
			client.once("connect", () => resolve());
			client.once("close", () => reject(new Error("closed before it was connected")));
		});
		return client;
	}

	async end(): Promise<void> {
		for (const client of this.#clients) client.end(true);
		for (const cloud of this.#clouds) await cloud.close();
		rmSync(this.dataDir, { recursive: true, force: true });
	}
}

/** Resolves when a client's connection has ended; says whether it ever had a CONNACK. */
export function ended(client: MqttClient): Promise<{ wasConnected: boolean }> {
	let wasConnected = client.connected;
	client.once("connect", () => {
		wasConnected = true;
	});
	return new Promise((resolve) => client.once("close", () => resolve({ wasConnected })));
}

/** A report of observations `first` to `last` with a temperature column, five seconds apart. */
export function makeReport(first: number, last: number): string {
	const n = last - first + 1;
	const T = n === 1 ? [215] : [215, 1];
	return JSON.stringify({ v: 1, s: first, n, t: 1_700_000_000 + first * 5, p: 5, T });
}
