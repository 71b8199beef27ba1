import { utf8Length, writeUtf8 } from "../base/bytes.ts";
import { asDocument, type Document, parseDocument } from "../base/json.ts";
import { Status } from "../base/status.ts";
import { Limits } from "../limits.ts";
import type { KeyValue } from "../ports/storage.ts";

/*
 * What a device keeps of its provisioning: the certificate that it was given and has not registered yet,
 * and then who it is. Each is one item, so a power cut leaves it whole, as it was or as it is.
 * This is the only file of the room that touches the key-value port, which may throw.
 */

const identityKey = "identity";
const pendingKey = "claim";

/** Who a device is, once it is provisioned. */
export interface ProvisionedIdentity {
	readonly thingName: string;
	/** PEM. */
	readonly certificate: string;
	/** PEM. */
	readonly privateKey: string;
	/** What the template says to the device. */
	readonly configuration: Readonly<Record<string, string>>;
}

/** A certificate that the service has made and this device has not registered. */
export interface PendingCertificate {
	/** PEM. */
	readonly certificate: string;
	/** PEM. */
	readonly privateKey: string;
	/** Proves to the service that the certificate was made for this device. */
	readonly token: string;
}

/** The identity that is kept; `undefined` before the device is provisioned. */
export function readIdentity(keyValue: KeyValue): ProvisionedIdentity | undefined {
	const document = read(keyValue, identityKey);
	if (document === undefined) return undefined;
	const { thingName, certificate, privateKey } = document;
	if (!isText(thingName) || !isText(certificate) || !isText(privateKey)) return undefined;
	return { thingName, certificate, privateKey, configuration: textsOf(document.configuration) };
}

/**
 * Keeps who the device is. From then on it is that.
 *
 * @returns Status.Ok, Status.TooLong over Limits.identityBytes, Status.BadValue for no text, Status.StorageFailed;
 *   unless Ok, what was kept before is still there
 */
export function writeIdentity(keyValue: KeyValue, identity: ProvisionedIdentity): Status {
	return write(keyValue, identityKey, identity);
}

export function readPending(keyValue: KeyValue): PendingCertificate | undefined {
	const document = read(keyValue, pendingKey);
	if (document === undefined) return undefined;
	const { certificate, privateKey, token } = document;
	if (!isText(certificate) || !isText(privateKey) || !isText(token)) return undefined;
	return { certificate, privateKey, token };
}

/** As `writeIdentity`. */
export function writePending(keyValue: KeyValue, pending: PendingCertificate): Status {
	return write(keyValue, pendingKey, pending);
}

/** Forgets the pending certificate. Where that fails it is forgotten at the next start. */
export function deletePending(keyValue: KeyValue): void {
	try {
		keyValue.delete(pendingKey);
	} catch {
		// It is of no more use, and no harm.
	}
}

function read(keyValue: KeyValue, key: string): Document | undefined {
	try {
		const bytes = keyValue.read(key);
		return bytes && parseDocument(bytes);
	} catch {
		return undefined;
	}
}

function write(keyValue: KeyValue, key: string, value: object): Status {
	const text = JSON.stringify(value);
	const length = utf8Length(text);
	if (length < 0) return Status.BadValue;
	if (length > Limits.identityBytes) return Status.TooLong;
	const bytes = new Uint8Array(length);
	writeUtf8(text, bytes, 0);
	try {
		keyValue.write(key, bytes);
		return Status.Ok;
	} catch {
		return Status.StorageFailed;
	}
}

function isText(value: unknown): value is string {
	return typeof value === "string" && value !== "";
}

/** The members that are texts; others are left out. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
	const entries = Object.entries(asDocument(value) ?? {});
	return Object.fromEntries(entries.filter((entry): entry is [string, string] => isText(entry[1])));
}
