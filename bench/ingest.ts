import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provision } from "../cloud/provision.ts";
import { Vault } from "../cloud/vault/vault.ts";
import { hasMosquitto, Mosquitto } from "../tests/support/mosquitto.ts";
import type { Identity, ToClients } from "./ingest-client.ts";
import { compare, print, readOptions } from "./report.ts";

const usage = `npm run bench -- ingest [--clients 1000] [--messages 10] [--rounds 6] [--json]

The local cloud, plain and encrypted at rest, beside a bare aedes and a stock mosquitto, each in a process of its own, over mutual TLS, with
a connection for each of \`clients\` stations that stays for the whole run. In each round one broker after
the other gets \`messages\` reports of ten observations at QoS 1 from every station, each after the PUBACK of the
one before, all stations at once.

The local cloud checks the policy of the station, decodes the report, drops what it knows, and answers after
the observations are written and synced. The others ask nobody and write nothing.
`;

const brokers = ["isobar", "encrypted", "aedes", "mosquitto"] as const;

function start(name: string, ...words: string[]): ChildProcess {
	return fork(fileURLToPath(new URL(`ingest-${name}.js`, import.meta.url)), words);
}

/** The next message of a process. */
function answerOf(child: ChildProcess): Promise<number> {
	return new Promise((resolve, reject) => {
		const onExit = (): void => reject(new Error("a process has ended; see the lines above"));
		child.once("exit", onExit);
		child.once("message", (answer: number) => {
			child.off("exit", onExit);
			resolve(answer);
		});
	});
}

function ask(clients: ChildProcess, question: ToClients): Promise<number> {
	const answer = answerOf(clients);
	clients.send(question);
	return answer;
}

function identityOf(dataDir: string, thing: string, vault: Vault): Identity {
	const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
	return {
		thing,
		authority: read("ca.crt"),
		certificate: read(`things/${thing}.crt`),
		key: vault.readSync(join(dataDir, "things", `${thing}.key`)),
	};
}

interface Options {
	readonly clients: number;
	readonly messages: number;
	readonly rounds: number;
}

/** Reports a second of each broker, round by round. */
async function run(dataDir: string, options: Options): Promise<number[][]> {
	const { clients, messages, rounds } = options;
	const names = Array.from({ length: clients }, (_, index) => `station-${index + 1}`);
	const dataKey = randomBytes(32).toString("hex");
	const identities = async (directory: string, vault: Vault): Promise<Identity[]> => {
		await provision(directory, names, undefined, { vault });
		return names.map((name) => identityOf(directory, name, vault));
	};
	const things = await identities(dataDir, Vault.plain);
	const sealedDir = join(dataDir, "encrypted");
	const sealed = await Vault.open(sealedDir, { dataKey, encrypt: true });
	const otherThings = await identities(sealedDir, sealed);
	const mosquitto = await Mosquitto.start(dataDir);
	const children: ChildProcess[] = [];
	try {
		const servers = [
			start("isobar", dataDir),
			start("isobar", sealedDir, dataKey),
			start("aedes", dataDir),
		];
		children.push(...servers);
		const ports = [...(await Promise.all(servers.map(answerOf))), mosquitto.port];
		const fleets = ports.map(() => start("client"));
		children.push(...fleets);
		for (const [index, port] of ports.entries()) {
			const identity = brokers[index] === "encrypted" ? otherThings : things;
			await ask(fleets[index]!, { connect: { port, things: identity } });
		}
		const rates: number[][] = brokers.map(() => []);
		for (let round = 0; round <= rounds; round++) {
			for (let turn = 0; turn < brokers.length; turn++) {
				const index = (turn + round) % brokers.length;
				const ms = await ask(fleets[index]!, { publish: messages });
				// What is compiled while it runs for the first time is nobody's message.
				if (round > 0) rates[index]!.push((clients * messages * 1_000) / ms);
			}
		}
		return rates;
	} finally {
		for (const child of children) if (child.connected) child.disconnect();
		await mosquitto.stop();
	}
}

const options = readOptions(usage, { clients: 1_000, messages: 10, rounds: 6 });
if (options !== undefined) {
	const dataDir = mkdtempSync(join(tmpdir(), "isobar-bench-"));
	try {
		if (!hasMosquitto) throw new Error("mosquitto is not installed (apt-get install mosquitto)");
		const [isobar, encrypted, aedes, mosquitto] = (await run(dataDir, options)) as [
			number[],
			number[],
			number[],
			number[],
		];
		const title = `${options.clients} stations over mutual TLS, reports of ten observations at QoS 1 a second`;
		const rows = [
			compare("beside a bare aedes", isobar, aedes, { atLeast: 0.5 }),
			compare("beside mosquitto", isobar, mosquitto),
			compare("encrypted, beside itself in plain", encrypted, isobar),
		];
		print(title, "other", rows, options.json);
	} catch (error) {
		process.stderr.write(`bench: ${(error as Error).message}\n`);
		process.exitCode = 1;
	} finally {
		rmSync(dataDir, { recursive: true, force: true });
	}
}
