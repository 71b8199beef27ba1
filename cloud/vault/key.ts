import {
	createCipheriv,
	createDecipheriv,
	hkdfSync,
	randomBytes,
	type ScryptOptions,
	scrypt,
} from "node:crypto";
import { promisify } from "node:util";
import { CloudFault } from "../fault.ts";

/** What stands in `vault.json`: the key of the data, wrapped by one that comes from the user's secret. */
export interface KeyRecord {
	readonly version: 1;
	/** How the secret becomes the wrapping key: RFC 7914, or RFC 5869 for one that is a random key already. */
	readonly derivation: "scrypt" | "hkdf-sha256";
	/** Base64, as the others. */
	readonly salt: string;
	readonly nonce: string;
	/** AES-256-GCM: the key and the tag. */
	readonly wrapped: string;
}

const keyBytes = 32;
const saltBytes = 32;
export const nonceBytes = 12;
export const tagBytes = 16;
export const cipherName = "aes-256-gcm";
const recordVersion = 1;

/** 32 MiB of memory and three passes, a fifth of a second: OWASP Password Storage Cheat Sheet, scrypt. */
const cost: ScryptOptions = Object.freeze({ N: 1 << 15, r: 8, p: 3, maxmem: 64 << 20 });

const stretch = promisify(
	scrypt as (
		secret: string,
		salt: Buffer,
		length: number,
		options: ScryptOptions,
		done: (error: Error | null, key: Buffer) => void,
	) => void,
);

/** Makes a key for data, and the record from which `unwrapKey` gets it again. */
export async function makeDataKey(secret: string): Promise<{ key: Buffer; record: KeyRecord }> {
	const key = randomBytes(keyBytes);
	const salt = randomBytes(saltBytes);
	const nonce = randomBytes(nonceBytes);
	const derivation = randomKeyOf(secret) ? "hkdf-sha256" : "scrypt";
	const cipher = createCipheriv(cipherName, await wrappingKey(derivation, secret, salt), nonce);
	const wrapped = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
	const [saltText, nonceText, wrappedText] = [salt, nonce, wrapped].map((bytes) =>
		bytes.toString("base64"),
	) as [string, string, string];
	const record = { salt: saltText, nonce: nonceText, wrapped: wrappedText };
	return { key, record: { version: recordVersion, derivation, ...record } };
}

/** The key of the data; `undefined` when the secret is another one, or the record has been changed. */
export async function unwrapKey(record: KeyRecord, secret: string): Promise<Buffer | undefined> {
	const { derivation } = record;
	if (derivation === "hkdf-sha256" && !randomKeyOf(secret)) return undefined;
	const [salt, nonce, wrapped] = [record.salt, record.nonce, record.wrapped].map((text) =>
		Buffer.from(text, "base64"),
	) as [Buffer, Buffer, Buffer];
	const opener = createDecipheriv(cipherName, await wrappingKey(derivation, secret, salt), nonce);
	opener.setAuthTag(wrapped.subarray(keyBytes));
	try {
		return Buffer.concat([opener.update(wrapped.subarray(0, keyBytes)), opener.final()]);
	} catch {
		return undefined;
	}
}

/**
 * Reads what stands in `vault.json`.
 *
 * @throws {CloudFault} "Unreadable" with the path
 */
export function parseKeyRecord(path: string, text: string): KeyRecord {
	try {
		const record = JSON.parse(text) as KeyRecord;
		const lengths = [record.salt, record.nonce, record.wrapped].map(
			(value) => Buffer.from(value, "base64").length,
		);
		const isOurs =
			record.version === recordVersion &&
			["scrypt", "hkdf-sha256"].includes(record.derivation) &&
			`${lengths}` === `${[saltBytes, nonceBytes, keyBytes + tagBytes]}`;
		if (isOurs) return record;
	} catch {
		// Said below.
	}
	throw new CloudFault(
		"Unreadable",
		`${path} is no record of a key; expected that of version ${recordVersion}, as it was written; without it the data can't be opened`,
	);
}

/** A key for one file or log, which no other has: its salt is random (RFC 5869). */
export function subkey(key: Uint8Array, salt: Uint8Array, purpose: string): Buffer {
	return Buffer.from(hkdfSync("sha256", key, salt, `isobar ${purpose}`, keyBytes));
}

async function wrappingKey(
	derivation: KeyRecord["derivation"],
	secret: string,
	salt: Buffer,
): Promise<Buffer> {
	if (derivation === "scrypt") return stretch(secret, salt, keyBytes, cost);
	return subkey(randomKeyOf(secret)!, salt, "wrapping");
}

/** 32 random bytes in hex or Base64, as `openssl rand -hex 32` gives them, need no stretching. */
function randomKeyOf(secret: string): Buffer | undefined {
	if (/^[0-9a-f]{64}$/i.test(secret)) return Buffer.from(secret, "hex");
	return /^[0-9A-Za-z+/]{43}=$/.test(secret) ? Buffer.from(secret, "base64") : undefined;
}
