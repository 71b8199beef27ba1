import { createPrivateKey, type KeyObject } from "node:crypto";
import { CloudFault } from "../fault.ts";
import { createFile, readIfPresent, replaceFile, syncDirectory } from "../file.ts";
import type { Layout } from "../layout.ts";
import { Vault } from "../vault/vault.ts";
import { Authority, makeKey } from "./authority.ts";

/** What opens the private keys of a data directory; nothing does when they stand open. */
export interface Secrets {
	/** Of the authority's key; in an encrypted directory it has one from the key of that unless given. */
	readonly caPassphrase?: string | undefined;
	/** How all other keys stand on disk; as they are unless given. */
	readonly vault?: Vault | undefined;
}

/**
 * Opens the authority of a data directory, and makes it where there is none.
 *
 * With a passphrase its private key stands in the file as PKCS #8 with PBES2 (RFC 8018 §6.2: PBKDF2,
 * AES-256-CBC); a key that stood there open is encrypted in its place. Without one it is open, readable
 * by its owner alone.
 *
 * @throws {CloudFault} "KeyEncrypted" when a passphrase is needed and there is none, "WrongKey" when it
 *   is another one, "KeyMissing" when the certificate has no key beside it; nothing is changed then
 */
export async function openAuthority(
	layout: Layout,
	{ caPassphrase, vault = Vault.plain }: Secrets = {},
): Promise<Authority> {
	const paths = layout.authority;
	const passphrase = caPassphrase ?? vault.passphrase(paths.key);
	const certificate = await readIfPresent(paths.certificate);
	const stored = await readIfPresent(paths.key);
	if (certificate !== undefined && stored === undefined) {
		throw new CloudFault(
			"KeyMissing",
			`${paths.certificate} has no private key beside it; remove it to have a new pair made`,
		);
	}
	if (stored === undefined) await createFile(paths.key, seal(await makeKey(), passphrase), 0o600);
	// Where two runs make it at one time, both go on with the one that came first.
	const text = stored ?? (await readIfPresent(paths.key))!;
	const key = unseal(text, passphrase, paths.key);
	if (passphrase !== undefined && !isSealed(text)) {
		await replaceFile(paths.key, seal(key, passphrase), 0o600);
		await syncDirectory(layout.root);
	}
	if (certificate !== undefined) return Authority.open(certificate, key);
	await createFile(paths.certificate, await Authority.issueRoot(key), 0o644);
	return Authority.open((await readIfPresent(paths.certificate))!, key);
}

function isSealed(pem: string): boolean {
	return pem.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

/** @param key  PKCS #8 in PEM */
function seal(key: string, passphrase: string | undefined): string {
	if (passphrase === undefined) return key;
	return createPrivateKey(key)
		.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase })
		.toString();
}

function unseal(pem: string, passphrase: string | undefined, path: string): string {
	if (!isSealed(pem)) return pem;
	if (passphrase === undefined) {
		throw new CloudFault(
			"KeyEncrypted",
			`${path} is encrypted; expected its passphrase in ISOBAR_CA_PASSPHRASE, or a file with it in ISOBAR_CA_KEY_FILE`,
		);
	}
	let key: KeyObject;
	try {
		key = createPrivateKey({ key: pem, passphrase });
	} catch {
		throw new CloudFault(
			"WrongKey",
			`${path} can't be opened with this passphrase; nothing was changed`,
		);
	}
	return key.export({ type: "pkcs8", format: "pem" }).toString();
}
