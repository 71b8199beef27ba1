import { readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../cloud/fault.ts";
import {
	type Cloud,
	type HttpOptions,
	provision,
	startCloud,
	Vault,
	type VaultOptions,
} from "../../cloud/index.ts";
import { ChannelTable, type StationDefinition } from "../../firmware/index.ts";
import { type Credentials, TlsNetwork } from "../device/tls.ts";
import type { Stream } from "./host.ts";
import { type BrokerAddress, UsageError } from "./options.ts";

/** Where stations report to, and as whom. */
export interface Destination {
	readonly endpoint: string;
	readonly port: number;
	/** Ours; `undefined` for a broker of somebody else. */
	readonly cloud: Cloud | undefined;
	/** How the files of our cloud stand on disk. */
	readonly vault: Vault;
	credentials(thing: string): Credentials;
}

/** The one topic that the local cloud archives. */
const archivedTopic = "isobar/{thing}/report";
/** Milliseconds after which making certificates is worth a word, and between two words. */
const progressMs = 500;

export interface LocalCloudOptions extends VaultOptions {
	readonly data: string;
	readonly port: number;
	readonly host?: string;
	readonly http?: HttpOptions | undefined;
	readonly caPassphrase?: string | undefined;
	readonly rulesDir?: string | undefined;
	readonly definition: StationDefinition;
	/** Where progress is shown. */
	readonly output: Stream;
	log(line: string): void;
}

/** Makes the certificates that are missing and starts a cloud of our own. */
export async function openLocalCloud(
	things: readonly string[],
	options: LocalCloudOptions,
): Promise<Destination> {
	const { data, port, http, caPassphrase, rulesDir, definition, output, log } = options;
	const { topics, channels } = definition;
	if (topics.report !== archivedTopic) {
		throw new UsageError(
			`topics.report of the station is "${topics.report}"; expected "${archivedTopic}", the one that the local cloud archives, or --broker`,
		);
	}
	const vault = await Vault.open(data, options);
	const progress = certificateProgress(things.length, output);
	await provision(data, things, progress, { caPassphrase, vault });
	const cloud = await startCloud({
		dataDir: data,
		dataKey: options.dataKey,
		encrypt: options.encrypt,
		port,
		http,
		caPassphrase,
		rulesDir,
		channels: new ChannelTable(channels),
		log,
	});
	const authority = readFileSync(join(data, "ca.crt"), "utf8");
	return {
		endpoint: "localhost",
		port: cloud.port,
		cloud,
		vault,
		credentials: (thing) => readPair(join(data, "things", thing), authority, vault),
	};
}

/**
 * Checks what is needed to report to a broker of somebody else.
 *
 * @param ca       file with the certificates of its authorities, PEM
 * @param certDir  folder with `<thing>.crt` and `<thing>.key`
 * @throws {UsageError} for a file that is missing or is not what it should be
 */
export function openForeignBroker(
	things: readonly string[],
	{ host, port }: BrokerAddress,
	ca: string,
	certDir: string,
): Destination {
	const authority = readText(ca, "--ca", "the broker's authority, PEM");
	const credentials = new Map<string, Credentials>();
	for (const thing of things) {
		const pair = {
			authority,
			certificate: readText(join(certDir, `${thing}.crt`), "--cert-dir", "a certificate, PEM"),
			key: readText(join(certDir, `${thing}.key`), "--cert-dir", "a private key, PEM"),
		};
		try {
			new TlsNetwork(pair, (work) => work());
		} catch (error) {
			throw new UsageError(
				`--cert-dir: ${join(certDir, thing)}.crt and .key with ${ca}: ${messageOf(error)}; expected a certificate and its private key`,
			);
		}
		credentials.set(thing, pair);
	}
	return {
		endpoint: host,
		port,
		cloud: undefined,
		vault: Vault.plain,
		credentials: (thing) => credentials.get(thing)!,
	};
}

/** Shows how many of so many certificates are made, when that takes a while. */
export function certificateProgress(count: number, output: Stream): (done: number) => void {
	let shownAt = performance.now();
	let isShown = false;
	return (done) => {
		const now = performance.now();
		if (now - shownAt < progressMs && !(isShown && done === count)) return;
		shownAt = now;
		isShown = true;
		const text = `Making certificates: ${done} of ${count}`;
		output.write(output.isTTY ? `\r${text}${done === count ? "\n" : ""}` : `${text}\n`);
	};
}

function readPair(stem: string, authority: string, vault: Vault): Credentials {
	return {
		authority,
		certificate: readFileSync(`${stem}.crt`, "utf8"),
		key: vault.readSync(`${stem}.key`),
	};
}

function readText(path: string, option: string, expected: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		throw new UsageError(`${option}: ${messageOf(error)}; expected ${expected}`);
	}
}
