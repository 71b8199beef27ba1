import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { encodeConnect, encodePublish, encodeSubscribe } from "../../../firmware/mqtt/encode.ts";
import { goldenPackets } from "../../golden/mqtt.ts";
import { type Encoder, encoders } from "../../golden/mqttencoders.ts";

const payload = Uint8Array.from([0x68, 0x69, 0x21]);

const golden = goldenPackets.filter(({ sender }) => sender !== "server");

describe("what a client sends", () => {
	test("there is an encoder for every golden packet", () => {
		expect(Object.keys(encoders).sort()).toEqual(golden.map(({ name }) => name).sort());
	});

	test.each(golden)("$name", ({ name, bytes }) => {
		const into = new Uint8Array(bytes.length + 7).fill(0xaa);
		expect(encoders[name]!(into, 3, into.length)).toBe(bytes.length);
		expect([...into]).toEqual([0xaa, 0xaa, 0xaa, ...bytes, 0xaa, 0xaa, 0xaa, 0xaa]);
	});

	test.each(golden)("$name has no room in anything shorter", ({ name, bytes }) => {
		for (let room = 0; room < bytes.length; room++) {
			const into = new Uint8Array(200).fill(0xaa);
			expect(encoders[name]!(into, 3, 3 + room)).toBe(-Status.NoRoom);
			expect(into.subarray(3 + room).every((byte) => byte === 0xaa)).toBe(true);
		}
	});
});

describe("what cannot be encoded", () => {
	const into = new Uint8Array(200_000);
	const long = "x".repeat(65_536);
	const fields = { clientId: "a", keepAlive: 10, cleanSession: true };
	const will = { topicName: "w", payload, qos: 0, retain: false } as const;

	test.each<[string, Encoder]>([
		[
			"a client id with a lone surrogate",
			(i, s, e) => encodeConnect({ ...fields, clientId: "\ud800" }, i, s, e),
		],
		[
			"a client id over 65,535 bytes",
			(i, s, e) => encodeConnect({ ...fields, clientId: long }, i, s, e),
		],
		[
			"a will topic with a lone surrogate",
			(i, s, e) => encodeConnect({ ...fields, will: { ...will, topicName: "\udfff" } }, i, s, e),
		],
		[
			"a will over 65,535 bytes",
			(i, s, e) =>
				encodeConnect({ ...fields, will: { ...will, payload: new Uint8Array(65_536) } }, i, s, e),
		],
		[
			"a user name with a lone surrogate",
			(i, s, e) => encodeConnect({ ...fields, userName: "\udfff" }, i, s, e),
		],
		[
			"a password over 65,535 bytes",
			(i, s, e) =>
				encodeConnect({ ...fields, userName: "u", password: new Uint8Array(65_536) }, i, s, e),
		],
		[
			"a password without user name [MQTT-3.1.2-22]",
			(i, s, e) => encodeConnect({ ...fields, password: payload }, i, s, e),
		],
		[
			"a topic name with a lone surrogate",
			(i, s, e) => encodePublish("\ud800", payload, 3, 0, false, false, 0, i, s, e),
		],
		["a filter over 65,535 bytes", (i, s, e) => encodeSubscribe(["a", long], 1, 1, i, s, e)],
	])("%s", (_name, encode) => {
		expect(encode(into, 0, into.length)).toBe(-Status.BadValue);
	});
});
