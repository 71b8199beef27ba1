import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { generate } from "mqtt-packet";
import { PacketScanner } from "../../cloud/framing.ts";

function scan(bytes: Uint8Array, chunk: number, limit = 1000): { types: number[]; taken: boolean } {
	const types: number[] = [];
	const scanner = new PacketScanner(limit, 8, (type) => types.push(type));
	for (let at = 0; at < bytes.length; at += chunk) {
		if (!scanner.scan(bytes.subarray(at, at + chunk))) return { types, taken: false };
	}
	return { types, taken: true };
}

describe("PacketScanner", () => {
	const connect = { clientId: "a", protocolId: "MQTT", protocolVersion: 4, clean: true } as const;
	const message = { topic: "t", payload: Buffer.alloc(300), qos: 1, messageId: 1 } as const;
	const publish = generate({ cmd: "publish", ...message, dup: false, retain: false });
	const stream = Buffer.concat([
		generate({ cmd: "connect", ...connect, keepalive: 60 }),
		publish,
		generate({ cmd: "pingreq" }),
		generate({ cmd: "disconnect" }),
	]);

	test("finds the type of every packet, however the bytes are split", () => {
		for (let chunk = 1; chunk <= stream.length; chunk++) {
			expect(scan(stream, chunk)).toEqual({ types: [1, 3, 12, 14], taken: true });
		}
	});

	test("takes a packet at the limit and no larger one [MQTT-2.2.3]", () => {
		const body = publish.length - 3;
		expect(scan(publish, 7, body).taken).toBe(true);
		expect(scan(publish, 7, body - 1).taken).toBe(false);
	});

	test("counts the topic filters of a SUBSCRIBE, however the bytes are split [MQTT-3.8.3]", () => {
		const subscribe = (count: number): Buffer => {
			const names = Array.from({ length: count }, (_, index) => "x".repeat(1 + 40 * index));
			const subscriptions = names.map((topic) => ({ topic, qos: 1 as const }));
			return generate({ cmd: "subscribe", messageId: 1, subscriptions } as never);
		};
		const taken = Buffer.concat([subscribe(8), subscribe(8), subscribe(1)]);
		const refused = Buffer.concat([subscribe(8), subscribe(9)]);
		for (let chunk = 1; chunk <= refused.length; chunk++) {
			expect(scan(taken, chunk, 3000)).toEqual({ types: [8, 8, 8], taken: true });
			expect(scan(refused, chunk, 3000)).toEqual({ types: [8, 8], taken: false });
		}
	});

	test("a length of more than four bytes has no end", () => {
		expect(scan(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]), 1, 1e9).taken).toBe(false);
		expect(scan(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), 5, 1e9).taken).toBe(true);
	});

	test("never throws on arbitrary bytes, and the split does not matter", () => {
		fc.assert(
			fc.property(
				fc.uint8Array({ maxLength: 60 }),
				fc.integer({ min: 1, max: 9 }),
				(bytes, chunk) => {
					expect(scan(bytes, chunk).taken).toBe(scan(bytes, 60).taken);
				},
			),
		);
	});
});
