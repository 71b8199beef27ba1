import readIdentity from "embedded:isobar/identity";
import config from "mc/config";
import { readUtf8, utf8Length, writeUtf8 } from "../../base/bytes.ts";
import { parseDocument } from "../../base/json.ts";
import type { Claim, Identity } from "../../ports/device.ts";
import { textsOf } from "../../provisioning/identity.ts";
import type { OwnCredentials } from "../../station/boot.ts";
import type { Site } from "../../station/define.ts";
import type { Credentials } from "./tls.ts";

/** Port of MQTT over TLS, where the identity names none. */
const defaultPort = 8883;

/** What makes one device out of an image that all have: the identity partition, docs/porting.md. */
export interface DeviceIdentity extends Identity {
	/** PEM. */
	readonly authority: Uint8Array;
	readonly certificate: Uint8Array;
	readonly key: Uint8Array;
	/** Access point; not needed with Ethernet. */
	readonly wifi: { readonly SSID?: string; readonly password?: string };
	/** Where this one stands, or `undefined` where the definition of the station says so. */
	readonly site: Site | undefined;
}

/** @throws {Error} that names an entry which is missing */
export function openIdentity(): DeviceIdentity {
	const SSID = text("ssid");
	const password = text("password");
	return {
		thingName: needed("thing", text),
		endpoint: needed("endpoint", text),
		port: Number(text("port") ?? defaultPort),
		timeServer: text("time") ?? config.timeServer,
		authority: needed("authority", bytes),
		certificate: needed("certificate", bytes),
		key: needed("key", bytes),
		wifi: { ...(SSID && { SSID }), ...(password && { password }) },
		site: openSite(),
		claim: openClaim(),
	};
}

/** What a device proves itself with: what it was flashed with, or what it has got itself since. */
export function credentialsOf(
	flashed: DeviceIdentity,
	own: OwnCredentials | undefined,
): Credentials {
	if (own === undefined) return flashed;
	const { authority } = flashed;
	return { authority, certificate: utf8(own.certificate), key: utf8(own.privateKey) };
}

/** With a template the certificate is the claim of a batch, and the device asks for its own. */
function openClaim(): Claim | undefined {
	const templateName = text("template");
	if (templateName === undefined) return undefined;
	return { templateName, parameters: textsOf(parseDocument(needed("parameters", bytes))) };
}

function utf8(pem: string): Uint8Array {
	const into = new Uint8Array(utf8Length(pem));
	writeUtf8(pem, into, 0);
	return into;
}

function openSite(): Site | undefined {
	const name = text("site");
	if (name === undefined) return undefined;
	return {
		name,
		latitude: Number(needed("latitude", text)),
		longitude: Number(needed("longitude", text)),
		heightM: Number(needed("height", text)),
	};
}

function needed<T>(key: string, read: (key: string) => T | undefined): T {
	const value = read(key);
	if (value === undefined) throw new Error(`identity: no ${key} on this device`);
	return value;
}

function bytes(key: string): Uint8Array | undefined {
	const buffer = readIdentity(key);
	return buffer && new Uint8Array(buffer);
}

function text(key: string): string | undefined {
	const value = bytes(key);
	return value && readUtf8(value, 0, value.length);
}
