import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";

/** Whether there is a mosquitto to be tested against. It must be there where CI is set. */
export const hasMosquitto = spawnSync("mosquitto", ["-h"]).error === undefined;

/** A stock mosquitto of its own for one test. */
export class Mosquitto {
	readonly port: number;
	readonly #process: ChildProcess;

	private constructor(port: number, process: ChildProcess) {
		this.port = port;
		this.#process = process;
	}

	/**
	 * Starts one with certificates required.
	 *
	 * @param dataDir  with ca.crt, server.crt and server.key; takes the configuration
	 */
	static start(dataDir: string): Promise<Mosquitto> {
		return Mosquitto.#start(dataDir, [
			`cafile ${join(dataDir, "ca.crt")}`,
			`certfile ${join(dataDir, "server.crt")}`,
			`keyfile ${join(dataDir, "server.key")}`,
			"require_certificate true",
			"use_identity_as_username true",
		]);
	}

	/** Starts one on plain TCP that lets everybody in, for tests of sessions alone. */
	static startPlain(dataDir: string): Promise<Mosquitto> {
		return Mosquitto.#start(dataDir, ["allow_anonymous true"]);
	}

	static async #start(dataDir: string, lines: readonly string[]): Promise<Mosquitto> {
		const port = await freePort();
		const configuration = join(dataDir, "mosquitto.conf");
		writeFileSync(
			configuration,
			[
				`listener ${port} 127.0.0.1`,
				...lines,
				// Started by root it would otherwise become a user that may not read the keys.
				`user ${process.getuid?.() === 0 ? "root" : "nobody"}`,
				"",
			].join("\n"),
		);
		const child = spawn("mosquitto", ["-c", configuration], {
			stdio: ["ignore", "ignore", "pipe"],
		});
		await new Promise<void>((resolve, reject) => {
			let text = "";
			child.once("error", reject);
			child.once("exit", () => reject(new Error(`mosquitto ended: ${text}`)));
			child.stderr.on("data", (chunk) => {
				text += chunk;
				if (text.includes("running")) resolve();
			});
		});
		return new Mosquitto(port, child);
	}

	async stop(): Promise<void> {
		if (this.#process.exitCode !== null) return;
		const ended = new Promise((resolve) => this.#process.once("exit", resolve));
		this.#process.kill();
		await ended;
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}
