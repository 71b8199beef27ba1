import { readUtf8, utf8Length, writeUtf8 } from "../base/bytes.ts";
import { parseDocument } from "../base/json.ts";
import type { Credentials } from "../network/tls.ts";
import type { Claim, Identity } from "../ports/device.ts";
import type { Access } from "../ports/interface.ts";
import { textsOf } from "../provisioning/identity.ts";
import type { OwnCredentials } from "./boot.ts";
import type { Site } from "./define.ts";

/** Port of MQTT over TLS, where the identity names none. */
const defaultPort = 8883;

/** What makes one device out of an image that all have: the identity partition, docs/porting.md. */
export interface FlashedIdentity extends Identity, Credentials {
	/** Not needed with Ethernet. */
	readonly wifi: Access;
	/** Where this one stands, or `undefined` where the definition of the station says so. */
	readonly site: Site | undefined;
}

/** The bytes of an entry, or `undefined` where there is none of that name. */
export type ReadEntry = (key: string) => ArrayBuffer | undefined;

/**
 * Reads the entries of the identity partition.
 *
 * @param read        one entry
 * @param timeServer  of an identity that names none
 * @throws {Error} that names an entry which is missing or cannot be used
 */
export function readFlashed(read: ReadEntry, timeServer: string): FlashedIdentity {
	const entries = new Entries(read);
	const SSID = entries.text("ssid");
	const password = entries.text("password");
	return {
		thingName: entries.neededText("thing"),
		endpoint: entries.neededText("endpoint"),
		port: entries.number("port", 1, 65_535) ?? defaultPort,
		timeServer: entries.text("time") ?? timeServer,
		authority: entries.needed("authority"),
		certificate: entries.needed("certificate"),
		key: entries.needed("key"),
		wifi: { ...(SSID && { SSID }), ...(password && { password }) },
		site: siteOf(entries),
		claim: claimOf(entries),
	};
}

/** What a device proves itself with: what it was flashed with, or what it has got itself since. */
export function credentialsOf(
	flashed: FlashedIdentity,
	own: OwnCredentials | undefined,
): Credentials {
	if (own === undefined) return flashed;
	const { authority } = flashed;
	return { authority, certificate: utf8(own.certificate), key: utf8(own.privateKey) };
}

/** With a template the certificate is the claim of a batch, and the device asks for its own. */
function claimOf(entries: Entries): Claim | undefined {
	const templateName = entries.text("template");
	if (templateName === undefined) return undefined;
	return { templateName, parameters: textsOf(parseDocument(entries.needed("parameters"))) };
}

function siteOf(entries: Entries): Site | undefined {
	const name = entries.text("site");
	if (name === undefined) return undefined;
	return {
		name,
		latitude: present("latitude", entries.number("latitude", -90, 90)),
		longitude: present("longitude", entries.number("longitude", -180, 180)),
		heightM: present("height", entries.number("height", -500, 9_000)),
	};
}

function utf8(pem: string): Uint8Array {
	const into = new Uint8Array(utf8Length(pem));
	writeUtf8(pem, into, 0);
	return into;
}

/** The entries of the partition, as bytes and as texts. */
class Entries {
	readonly #read: ReadEntry;

	constructor(read: ReadEntry) {
		this.#read = read;
	}

	bytes(key: string): Uint8Array | undefined {
		const buffer = this.#read(key);
		return buffer && new Uint8Array(buffer);
	}

	text(key: string): string | undefined {
		const value = this.bytes(key);
		return value && readUtf8(value, 0, value.length);
	}

	/** @throws {Error} that names the entry, its value and the bounds */
	number(key: string, least: number, most: number): number | undefined {
		const text = this.text(key);
		if (text === undefined) return undefined;
		const value = Number(text);
		if (text !== "" && value >= least && value <= most) return value;
		throw new Error(`identity: ${key} is "${text}", expected a number from ${least} to ${most}`);
	}

	/** @throws {Error} that names the entry */
	needed(key: string): Uint8Array {
		return present(key, this.bytes(key));
	}

	/** @throws {Error} that names the entry */
	neededText(key: string): string {
		return present(key, this.text(key));
	}
}

function present<T>(key: string, value: T | undefined): T {
	if (value === undefined) throw new Error(`identity: no ${key} on this device`);
	return value;
}
