import { describe, expect, test } from "@jest/globals";
import { credentialsOf, readFlashed } from "../../../firmware/station/flashed.ts";

const full = {
	thing: "roof",
	endpoint: "broker.example",
	authority: "CA",
	certificate: "CERT",
	key: "KEY",
	ssid: "Attic",
	password: "çava",
};

/** Reads a partition with these entries. */
function flashed(entries: Readonly<Record<string, string | undefined>>) {
	const read = (key: string): ArrayBuffer | undefined => {
		const text = entries[key];
		return text === undefined ? undefined : new TextEncoder().encode(text).buffer;
	};
	return readFlashed(read, "pool.example");
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("readFlashed", () => {
	test("what an identity must have, and what the image has for the rest", () => {
		expect(flashed(full)).toEqual({
			thingName: "roof",
			endpoint: "broker.example",
			port: 8883,
			timeServer: "pool.example",
			authority: bytes("CA"),
			certificate: bytes("CERT"),
			key: bytes("KEY"),
			wifi: { SSID: "Attic", password: "çava" },
			site: undefined,
			claim: undefined,
		});
	});

	test("port, time server, a place of its own; no access point with Ethernet", () => {
		const place = { site: "Roof", latitude: "-33.5", longitude: "151", height: "0" };
		const more = { ssid: undefined, password: "", port: "443", time: "10.0.0.1" };
		expect(flashed({ ...full, ...place, ...more })).toMatchObject({
			port: 443,
			timeServer: "10.0.0.1",
			wifi: {},
			site: { name: "Roof", latitude: -33.5, longitude: 151, heightM: 0 },
		});
	});

	test("a template makes the certificate a claim", () => {
		const claim = { template: "batch", parameters: '{"serial":"A7"}' };
		expect(flashed({ ...full, ...claim }).claim).toEqual({
			templateName: "batch",
			parameters: { serial: "A7" },
		});
	});

	test.each(["thing", "endpoint", "authority", "certificate", "key"])(
		"without %s: its name",
		(key) => {
			expect(() => flashed({ ...full, [key]: undefined })).toThrow(
				`identity: no ${key} on this device`,
			);
		},
	);

	test.each([
		["port", "http", 1, 65_535],
		["port", "0", 1, 65_535],
		["latitude", "91", -90, 90],
		["longitude", "", -180, 180],
		["height", "high", -500, 9_000],
	])("%s of %p: the value and the bounds", (key, text, least, most) => {
		const place = { site: "Roof", latitude: "1", longitude: "2", height: "3" };
		expect(() => flashed({ ...full, ...place, [key]: text })).toThrow(
			`identity: ${key} is "${text}", expected a number from ${least} to ${most}`,
		);
	});

	test("half a place, or a claim without parameters, is none", () => {
		expect(() => flashed({ ...full, site: "Roof" })).toThrow("no latitude");
		expect(() => flashed({ ...full, template: "batch" })).toThrow("no parameters");
	});
});

test("a device proves itself with what it has claimed, and with the flashed credentials before", () => {
	const before = flashed(full);
	expect(credentialsOf(before, undefined)).toBe(before);
	expect(credentialsOf(before, { certificate: "OWN", privateKey: "PRIVÉ" })).toEqual({
		authority: bytes("CA"),
		certificate: bytes("OWN"),
		key: bytes("PRIVÉ"),
	});
});
