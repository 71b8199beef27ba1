import { access } from "node:fs/promises";
import { hostname } from "node:os";
import { CloudFault, codeOf } from "./fault.ts";
import { makeDirectory, readIfPresent, syncDirectory } from "./file.ts";
import { type CredentialPaths, Layout } from "./layout.ts";
import { makeKey } from "./registry/authority.ts";
import { openAuthority, type Secrets } from "./registry/authoritykey.ts";
import { isThingName } from "./registry/checks.ts";
import { Vault } from "./vault/vault.ts";

/** Key generation and file syncs overlap this many deep; more gains nothing on a small machine. */
const concurrency = 16;

/**
 * Makes what is missing under a data directory: the directories, the certificate authority, the
 * server's certificate and one certificate for each thing. What is there is never overwritten, so
 * it can be called at every start, and a run that was cut short is taken up where it stopped.
 *
 * @param onProgress    called after each thing with how many of them are done
 * @param secrets       of the authority's private key, see `openAuthority`, and of the others
 * @throws {CloudFault} "BadName" for a text that cannot name a thing; "KeyMissing" for a certificate
 *   whose private key is gone
 */
export async function provision(
	dataDir: string,
	thingNames: readonly string[],
	onProgress: (done: number) => void = () => {},
	secrets: Secrets = {},
): Promise<void> {
	const { vault = Vault.plain } = secrets;
	for (const thing of thingNames) {
		if (!isThingName(thing)) {
			throw new CloudFault(
				"BadName",
				`${JSON.stringify(thing)} is no thing name: 1 to 128 of a-z A-Z 0-9 : _ -`,
			);
		}
	}
	const layout = new Layout(dataDir);
	for (const directory of layout.directories) await makeDirectory(directory);

	const authority = await openAuthority(layout, secrets);
	await ensureCredentials(layout.server, vault, (key) =>
		authority.issueServer(key, [...new Set(["localhost", hostname()])], ["127.0.0.1", "::1"]),
	);

	await syncDirectory(layout.root);

	let next = 0;
	let done = 0;
	const work = async (): Promise<void> => {
		while (next < thingNames.length) {
			const thing = thingNames[next]!;
			next += 1;
			const paths = layout.thing(thing);
			if (!(await bothPresent(paths))) {
				await ensureCredentials(paths, vault, (key) => authority.issueDevice(key, thing));
			}
			done += 1;
			onProgress(done);
		}
	};
	await Promise.all(Array.from({ length: concurrency }, work));
	await syncDirectory(layout.things);
}

/** A certificate and its private key, both PEM. */
interface Credentials {
	readonly certificate: string;
	readonly key: string;
}

/**
 * Reads a key and its certificate, and makes what is missing. The key is written first: when the
 * certificate never comes, the next run issues one for that same key.
 */
async function ensureCredentials(
	paths: CredentialPaths,
	vault: Vault,
	issue: (key: string) => Promise<string>,
): Promise<Credentials> {
	const certificate = await readIfPresent(paths.certificate);
	let key = await vault.read(paths.key);
	if (certificate !== undefined) {
		if (key !== undefined) return { certificate, key };
		throw new CloudFault(
			"KeyMissing",
			`${paths.certificate} has no private key beside it; remove it to have a new pair made`,
		);
	}
	key ??= await createOrRead(vault, paths.key, await makeKey(), 0o600);
	const issued = await issue(key);
	return { key, certificate: await createOrRead(Vault.plain, paths.certificate, issued, 0o644) };
}

/** Where two runs make the same file at one time, both go on with the one that came first. */
async function createOrRead(
	vault: Vault,
	path: string,
	text: string,
	mode: number,
): Promise<string> {
	return (await vault.create(path, text, mode)) ? text : (await vault.read(path))!;
}

async function bothPresent(paths: CredentialPaths): Promise<boolean> {
	try {
		await Promise.all([access(paths.certificate), access(paths.key)]);
		return true;
	} catch (error) {
		if (codeOf(error) === "ENOENT") return false;
		throw error;
	}
}
