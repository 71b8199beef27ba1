import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Durations, Limits } from "../../../firmware/limits.ts";
import { SessionBuffers } from "../../../firmware/mqtt/buffers.ts";
import type { SessionOptions } from "../../../firmware/mqtt/host.ts";
import { MqttSession, SessionState } from "../../../firmware/mqtt/session.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";
import { at, publishPacket, SessionBench, TestOutlet } from "./bench.ts";
import { readWitnessed, witness } from "./packets.ts";

const { Open, Closed, Failed } = SessionState;

describe("CONNECT", () => {
	const will = { topicName: "w", payload: Uint8Array.from([1]), qos: 2, retain: true } as const;

	function connectOf(options: Partial<SessionOptions>): unknown {
		const bytes: number[] = [];
		const outlet = {
			write: (from: Uint8Array, start: number, end: number) => {
				bytes.push(...from.subarray(start, end));
				return end - start;
			},
		};
		new SessionBench(options).session.open(outlet, at(0));
		return readWitnessed(Uint8Array.from(bytes))[0];
	}

	test("says what the options say", () => {
		const options = { clientId: "c", cleanSession: true, userName: "u", will };
		expect(connectOf({ ...options, password: Uint8Array.from([9]) })).toMatchObject({
			protocolId: "MQTT",
			protocolVersion: 4,
			clientId: "c",
			clean: true,
			keepalive: 60,
			username: "u",
			password: Buffer.from([9]),
			will: { topic: "w", payload: Buffer.from([1]), qos: 2, retain: true },
		});
	});

	test.each([
		[0, 5],
		[4, 5],
		[5, 5],
		[1200, 1200],
		[65_535, 1200],
	])("a keep-alive of %d s goes out as %d s", (keepAlive, sent) => {
		expect(connectOf({ keepAlive })).toMatchObject({ keepalive: sent });
	});

	test("to AWS a will is of QoS 1 at most", () => {
		expect(connectOf({ profile: "aws", will })).toMatchObject({ will: { qos: 1 } });
		expect(connectOf({ profile: "aws", will: { ...will, qos: 0 } })).toMatchObject({
			will: { qos: 0 },
		});
	});

	test.each<[string, Partial<SessionOptions>]>([
		["an empty client id with a persistent session [MQTT-3.1.3-8]", { clientId: "" }],
		["a client id with a lone surrogate", { clientId: "\ud800" }],
		["a client id over 128 bytes, with AWS", { profile: "aws", clientId: "x".repeat(129) }],
		["a client id that begins with $, with AWS", { profile: "aws", clientId: "$x" }],
		["a password without user name [MQTT-3.1.2-22]", { password: Uint8Array.from([1]) }],
		["a will to a wildcard", { will: { ...will, topicName: "a/#" } }],
		["a will larger than what can be sent", { will: { ...will, payload: new Uint8Array(5_000) } }],
	])("%s fails while the station is set up", (_name, options) => {
		expect(() => new SessionBench(options)).toThrow("assertion failed");
	});

	test("an empty client id with a clean session is allowed [MQTT-3.1.3-7]", () => {
		expect(connectOf({ clientId: "", cleanSession: true })).toMatchObject({ clientId: "" });
	});
});

describe("CONNACK", () => {
	test("a session that was asked to be clean cannot be present [MQTT-3.2.2-1]", () => {
		const bench = new SessionBench({ cleanSession: true });
		bench.open();
		const status = bench.feed(0, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(status).toBe(Status.ProtocolError);
	});

	test("onOpen says whether subscriptions stand", () => {
		const bench = new SessionBench();
		const opened = (sessionPresent: boolean): string | undefined => {
			bench.open();
			bench.feed(0, { cmd: "connack", returnCode: 0, sessionPresent });
			return bench.take().at(-1);
		};
		const subscribe = (): number => bench.session.subscribe(["a"], 1, at(0));
		const lose = (): void => bench.session.lost(Status.ConnectionLost, at(0));

		// After a boot nobody knows which subscriptions the broker has kept.
		expect(opened(true)).toBe("open anew");
		const messageId = subscribe();
		bench.feed(0, { cmd: "suback", messageId, granted: [1] });
		lose();
		expect(opened(true)).toBe("open subscribed");
		// A SUBSCRIBE whose SUBACK never came may not have reached the broker.
		subscribe();
		lose();
		expect(opened(true)).toBe("open anew");
		bench.feed(0, { cmd: "suback", messageId: subscribe(), granted: [1] });
		lose();
		expect(opened(false)).toBe("open anew");
	});
});

describe("QoS 1 to the broker", () => {
	test("a message is under way until PUBACK [MQTT-4.3.2-1]", () => {
		const bench = new SessionBench();
		bench.connect();
		const packetId = bench.publish(1, "hello", 1);
		expect(bench.session.inflightCount).toBe(1);
		expect(bench.outlet.take()).toEqual([`publish ${packetId} q1 t=hello`]);
		bench.feed(2, { cmd: "puback", messageId: packetId });
		expect(bench.take()).toEqual([`acknowledged ${packetId} 0 0`]);
		expect(bench.session.inflightCount).toBe(0);
	});

	test("nothing is sent twice in one connection [MQTT-4.4.0-1]; without PUBACK it ends", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "hello", 1);
		bench.outlet.take();
		expect(bench.session.deadline).toBe(Durations.acknowledgement);
		bench.session.onDeadline(bench.session.deadline);
		expect(bench.outlet.take()).toEqual([]);
		expect(bench.take()).toEqual(["closed AcknowledgementTimedOut"]);
	});

	test("after a reconnect everything goes again, in its order and with DUP [MQTT-4.6.0-1]", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "one", 1);
		bench.publishRun(0, 10, 12);
		bench.publish(0, "two", 2);
		bench.feed(0, { cmd: "puback", messageId: 1 });
		bench.publish(0, "three", 1);
		bench.session.lost(Status.ConnectionLost, at(1));
		bench.outlet.take();
		bench.open(2);
		bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(bench.outlet.take()).toEqual([
			"connect",
			"publish 2 q1 dup t=again",
			"publish 3 q2 dup t=two",
			"publish 4 q1 dup t=three",
		]);
		expect(bench.take()).toContain("redeliver 10 12");
	});

	test("a broker that lost its session gets everything as new", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "one", 1);
		bench.publish(0, "two", 2);
		bench.publish(0, "three", 2);
		bench.feed(0, { cmd: "pubrec", messageId: 3 });
		bench.session.lost(Status.ConnectionLost, at(1));
		bench.outlet.take();
		bench.open(2);
		bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent: false });
		expect(bench.outlet.take()).toEqual([
			"connect",
			"publish 1 q1 t=one",
			"publish 2 q2 t=two",
			"publish 3 q2 t=three",
		]);
	});

	test.each([true, false])(
		"nothing goes before CONNACK is whole (session present: %s)",
		(sessionPresent) => {
			const bench = new SessionBench();
			bench.connect();
			bench.publish(0, "one", 1);
			bench.publish(0, "two", 2);
			bench.session.lost(Status.ConnectionLost, at(1));
			bench.outlet.take();
			bench.open(2);
			const connack = witness({ cmd: "connack", returnCode: 0, sessionPresent });
			for (const [place, byte] of connack.entries()) {
				expect(bench.outlet.take()).toEqual(place === 0 ? ["connect"] : []);
				expect(bench.feedBytes(3, Uint8Array.of(byte))).toBe(Status.Ok);
				bench.session.writable(at(3));
			}
			expect(bench.outlet.take()).toHaveLength(2);
		},
	);

	test("payloads of every length are sent again the same, over each size of the header", () => {
		for (const length of [0, 1, 120, 121, 122, 123, 124, 127, 128, 129, 1_000]) {
			const bench = new SessionBench();
			const text = "x".repeat(length);
			bench.redelivered = text;
			bench.connect();
			bench.publish(0, text, 1);
			bench.publishRun(0, 1, 2, 1, text);
			const first = bench.outlet.take();
			bench.session.lost(Status.ConnectionLost, at(1));
			bench.open(2);
			bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent: true });
			const again = bench.outlet.take().slice(1);
			expect(again.map((line) => line.replace(" dup", ""))).toEqual(first);
		}
	});

	test("what is published in onOpen goes behind what is to be sent again; a run is not taken", () => {
		const bench = new SessionBench();
		bench.connect();
		for (let index = 0; index < 2; index++) bench.publish(0, `${index}`.padEnd(1_000), 1);
		bench.session.lost(Status.ConnectionLost, at(1));
		bench.outlet.take();
		const during: number[] = [];
		bench.within.open = (now) => {
			during.push(bench.publish(now, "birth", 2), bench.publish(now, "at once", 0));
			during.push(bench.publishRun(now, 1, 1));
		};
		bench.open(2);
		bench.outlet.room = 0;
		bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(during).toEqual([3, 0, -Status.NotReady]);
		expect(bench.session.canPublishRun).toBe(false);
		bench.outlet.room = Number.POSITIVE_INFINITY;
		bench.session.writable(at(5));
		expect(bench.session.canPublishRun).toBe(true);
		expect(bench.publishRun(6, 1, 1)).toBe(4);
		const sent = bench.outlet.take().map((line) => line.replace(/ +$/, ""));
		expect(sent).toEqual([
			"connect",
			"publish q0 t=at once",
			"publish 1 q1 dup t=0",
			"publish 2 q1 dup t=1",
			"publish 3 q2 t=birth",
			"publish 4 q1 t=run",
		]);
	});

	test("what waits to be sent is stored at QoS 2, or refused", () => {
		const keyValue = new MapKeyValue();
		const bench = new SessionBench({ keyValue });
		bench.connect();
		bench.publish(0, "x", 1);
		bench.session.lost(Status.ConnectionLost, at(1));
		const during: number[] = [];
		bench.within.open = (now) => {
			during.push(bench.publish(now, "stored", 2));
			keyValue.fails = true;
			during.push(bench.publish(now, "refused", 2));
		};
		bench.open(2);
		bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(during).toEqual([2, -Status.StorageFailed]);
		expect(keyValue.items.size).toBe(1);
		expect(bench.session.inflightCount).toBe(2);
	});

	test("PUBACK of a second copy, or of nothing, is let pass", () => {
		const bench = new SessionBench();
		bench.connect();
		const messageId = bench.publish(0, "x", 1);
		bench.feed(1, { cmd: "puback", messageId }, { cmd: "puback", messageId });
		expect(bench.take()).toEqual([`acknowledged ${messageId} 0 0`]);
		expect(bench.session.state).toBe(Open);
	});
});

describe("QoS 2 to the broker", () => {
	test("PUBLISH, PUBREC, PUBREL, PUBCOMP [MQTT-4.3.3-1]", () => {
		const bench = new SessionBench();
		bench.connect();
		const messageId = bench.publishRun(0, 7, 9, 2);
		bench.feed(1, { cmd: "pubrec", messageId });
		expect(bench.outlet.take()).toEqual([`publish ${messageId} q2 t=run`, `pubrel ${messageId}`]);
		expect(bench.take()).toEqual([]);
		bench.feed(2, { cmd: "pubcomp", messageId });
		expect(bench.take()).toEqual([`acknowledged ${messageId} 7 9`]);
	});

	test("after PUBREC only PUBREL goes again, in its place of the order [MQTT-4.3.3-1]", () => {
		const bench = new SessionBench();
		bench.connect();
		for (const text of ["one", "two", "three"]) bench.publish(0, text, 2);
		bench.feed(0, { cmd: "pubrec", messageId: 2 });
		bench.session.lost(Status.ConnectionLost, at(1));
		bench.outlet.take();
		bench.open(2);
		bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(bench.outlet.take()).toEqual([
			"connect",
			"publish 1 q2 dup t=one",
			"pubrel 2",
			"publish 3 q2 dup t=three",
		]);
	});

	test("PUBREC of a second copy is answered again [MQTT-4.3.3-2]", () => {
		const bench = new SessionBench();
		bench.connect();
		const messageId = bench.publish(0, "x", 2);
		bench.feed(1, { cmd: "pubrec", messageId }, { cmd: "pubrec", messageId });
		expect(bench.outlet.take().slice(1)).toEqual([`pubrel ${messageId}`, `pubrel ${messageId}`]);
	});

	test("PUBREC that overtakes our redelivery moves it on", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "x".repeat(1_000), 1);
		const messageId = bench.publish(0, "x", 2);
		bench.session.lost(Status.ConnectionLost, at(1));
		bench.outlet.take();
		bench.open(2);
		bench.outlet.room = 0;
		bench.feed(
			3,
			{ cmd: "connack", returnCode: 0, sessionPresent: true },
			{ cmd: "pubrec", messageId },
		);
		bench.outlet.room = Number.POSITIVE_INFINITY;
		bench.session.writable(at(4));
		const sent = bench.outlet.take();
		expect(sent).toContain(`pubrel ${messageId}`);
		expect(sent.filter((line) => line.startsWith(`publish ${messageId} `))).toEqual([]);
	});
});

describe("acknowledgements that the protocol does not allow", () => {
	test.each([
		["PUBREC for QoS 1", 1, { cmd: "pubrec" }],
		["PUBCOMP for QoS 1", 1, { cmd: "pubcomp" }],
		["PUBCOMP before PUBREC", 2, { cmd: "pubcomp" }],
		["SUBACK for a PUBLISH", 1, { cmd: "suback", granted: [1] }],
		["UNSUBACK for a PUBLISH", 1, { cmd: "unsuback", granted: [] }],
	] as const)("%s ends the connection", (_name, qos, packet) => {
		const bench = new SessionBench();
		bench.connect();
		const messageId = bench.publish(0, "x", qos);
		expect(bench.feed(1, { ...packet, messageId } as never)).toBe(Status.ProtocolError);
		expect(bench.take()).toEqual(["closed ProtocolError"]);
	});

	test("PUBACK after PUBREC ends the connection", () => {
		const bench = new SessionBench();
		bench.connect();
		const messageId = bench.publish(0, "x", 2);
		bench.feed(1, { cmd: "pubrec", messageId });
		expect(bench.feed(2, { cmd: "puback", messageId })).toBe(Status.ProtocolError);
	});

	test("PUBREC for a QoS 1 message that is to be sent again ends the connection", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "x".repeat(1_000), 1);
		bench.session.lost(Status.ConnectionLost, at(1));
		bench.open(2);
		const connack = { cmd: "connack", returnCode: 0, sessionPresent: true } as const;
		expect(bench.feed(3, connack, { cmd: "pubrec", messageId: 1 })).toBe(Status.ProtocolError);
	});

	test("SUBACK with another number of return codes ends the connection [MQTT-3.8.4-5]", () => {
		const bench = new SessionBench();
		bench.connect();
		const messageId = bench.session.subscribe(["a", "b"], 1, at(0));
		expect(bench.feed(1, { cmd: "suback", messageId, granted: [1] })).toBe(Status.ProtocolError);
	});
});

describe("messages from the broker", () => {
	test("are acknowledged only when the application took them, in their order [MQTT-4.6.0-2]", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.feed(
			1,
			publishPacket(1, 1),
			publishPacket(2, 2),
			publishPacket(3, 1),
			publishPacket(0, 0),
		);
		expect(bench.outlet.take()).toEqual(["puback 1", "pubrec 2", "puback 3"]);
		expect(bench.take()).toHaveLength(4);
	});

	test.each([1, 2] as const)(
		"of QoS %d not taken stay unanswered, and come in the next connection",
		(qos) => {
			const bench = new SessionBench();
			bench.connect();
			bench.taken = Status.NotReady;
			bench.feed(1_000, publishPacket(4, qos));
			expect(bench.outlet.take()).toEqual([]);
			expect(bench.session.deadline).toBe(1_000 + Durations.refusedMessage);
			bench.feed(2_000, publishPacket(5, qos));
			bench.take();
			bench.session.onDeadline(bench.session.deadline);
			expect(bench.take()).toEqual(["closed NotReady"]);
			bench.connect(40_000, true);
			bench.taken = Status.Ok;
			bench.feed(40_001, publishPacket(4, qos, "m", true));
			expect(bench.take()).toEqual([`message in q${qos} false m`]);
			expect(bench.outlet.take()).toHaveLength(1);
		},
	);

	test("of QoS 2 are given once per packet identifier until PUBREL [MQTT-4.3.3-2]", () => {
		const bench = new SessionBench();
		bench.connect();
		// DUP says nothing: the first copy may carry it, the second may not [MQTT-3.3.1-3].
		bench.feed(1, publishPacket(6, 2, "a", true), publishPacket(6, 2, "a"));
		expect(bench.take()).toEqual(["message in q2 false a"]);
		expect(bench.outlet.take()).toEqual(["pubrec 6", "pubrec 6"]);
		bench.session.lost(Status.ConnectionLost, at(2));
		bench.connect(3, true);
		bench.feed(4, publishPacket(6, 2, "a", true));
		expect(bench.take()).toEqual([]);
		bench.feed(5, { cmd: "pubrel", messageId: 6 }, { cmd: "pubrel", messageId: 6 });
		bench.feed(6, publishPacket(6, 2, "b"));
		expect(bench.take()).toEqual(["message in q2 false b"]);
		expect(bench.outlet.take()).toEqual(["pubrec 6", "pubcomp 6", "pubcomp 6", "pubrec 6"]);
	});

	test("of a broker without its session may use every packet identifier anew", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.feed(1, publishPacket(6, 2, "a"));
		bench.session.lost(Status.ConnectionLost, at(2));
		bench.connect(3, false);
		bench.feed(4, publishPacket(6, 2, "b"));
		expect(bench.take()).toEqual(["message in q2 false b"]);
	});

	describe("of QoS 2 beyond what can be remembered", () => {
		const packetIds = Array.from({ length: Limits.inboundQos2 }, (_, index) => index + 1);

		function full(): SessionBench {
			const bench = new SessionBench();
			bench.connect();
			bench.feed(
				1,
				...packetIds.map((packetId) => publishPacket(packetId, 2)),
				publishPacket(100, 2, "late"),
			);
			return bench;
		}

		test("are not taken, and the answers to those before them go out", () => {
			const bench = full();
			expect(bench.take()).toHaveLength(Limits.inboundQos2);
			expect(bench.outlet.take()).toEqual(packetIds.map((packetId) => `pubrec ${packetId}`));
			expect(bench.session.deadline).toBe(1 + Durations.refusedMessage);
		});

		test("are not taken when there is room again, for they would overtake", () => {
			const bench = full();
			bench.take();
			bench.outlet.take();
			bench.feed(2, { cmd: "pubrel", messageId: 1 }, publishPacket(101, 2, "later"));
			expect(bench.take()).toEqual([]);
			expect(bench.outlet.take()).toEqual(["pubcomp 1"]);
		});

		test("come in the next connection, which is due when all before them are released", () => {
			const bench = full();
			bench.feed(2, ...packetIds.map((messageId) => ({ cmd: "pubrel" as const, messageId })));
			bench.take();
			expect(bench.session.deadline).toBe(2);
			bench.session.onDeadline(at(2));
			expect(bench.take()).toEqual(["closed NoRoom"]);
			bench.connect(3, true);
			bench.feed(4, publishPacket(100, 2, "late"));
			expect(bench.take()).toEqual(["message in q2 false late"]);
		});

		test("are not waited for longer than for any other that was not taken", () => {
			const bench = full();
			bench.take();
			bench.session.onDeadline(at(1 + Durations.refusedMessage));
			expect(bench.take()).toEqual(["closed NoRoom"]);
		});
	});

	test("larger than the buffer are dropped, told, and acknowledged so that they do not return", () => {
		const buffers = new SessionBuffers({ receiveBytes: 64, transmitBytes: 256, controlBytes: 64 });
		const bench = new SessionBench({ buffers });
		bench.connect();
		const large = "x".repeat(1_000);
		bench.feed(
			1,
			publishPacket(1, 1, large),
			publishPacket(2, 2, large),
			publishPacket(0, 0, large),
		);
		expect(bench.take()).toEqual(["oversized in", "oversized in", "oversized in"]);
		expect(bench.outlet.take()).toEqual(["puback 1", "pubrec 2"]);
	});

	test("a host that closes in the middle of a message gets no more of them", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.within.message = (now) => bench.session.close(now);
		expect(bench.feed(1, publishPacket(1, 1), publishPacket(2, 1))).toBe(Status.Ok);
		expect(bench.take()).toEqual(["message in q1 false m", "closed ClosedByStation"]);
		expect(bench.outlet.take()).toEqual(["disconnect"]);
	});

	test("a host may publish in every callback, and all of it leaves in one write", () => {
		const bench = new SessionBench();
		const publish = (): void => void bench.publish(1, "answer", 1);
		bench.within.open = publish;
		bench.open();
		bench.outlet.writes = 0;
		bench.within.message = publish;
		bench.feed(
			0,
			{ cmd: "connack", returnCode: 0, sessionPresent: false },
			publishPacket(1, 1),
			publishPacket(2, 1),
		);
		expect(bench.outlet.writes).toBe(1);
		expect(bench.outlet.take().slice(1)).toEqual([
			"publish 1 q1 t=answer",
			"publish 2 q1 t=answer",
			"puback 1",
			"publish 3 q1 t=answer",
			"puback 2",
		]);
		bench.within.acknowledged = publish;
		bench.feed(2, { cmd: "puback", messageId: 1 });
		expect(bench.outlet.take()).toEqual(["publish 4 q1 t=answer"]);
	});
});

describe("a full outlet", () => {
	test("takes packets in any mouthful", () => {
		for (let mouthful = 1; mouthful < 60; mouthful++) {
			const bench = new SessionBench();
			bench.connect();
			bench.outlet.mouthful = mouthful;
			bench.outlet.room = mouthful;
			bench.publish(0, "a message that is longer than a few bytes", 1);
			const messages: string[] = [];
			for (let turn = 0; turn < 70; turn++) {
				bench.outlet.room = mouthful;
				bench.session.writable(at(turn));
				if (turn === 20) bench.feed(turn, publishPacket(9, 1));
			}
			messages.push(...bench.outlet.take());
			expect(messages.sort()).toEqual([
				"puback 9",
				"publish 1 q1 t=a message that is longer than a few bytes",
			]);
		}
	});

	test("makes publish wait, and tells it from a message that never fits", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.outlet.room = 0;
		const report = "x".repeat(2_000);
		expect(bench.publishRun(0, 1, 1, 1, report)).toBeGreaterThan(0);
		expect(bench.session.canPublishRun).toBe(false);
		expect(bench.publishRun(0, 2, 2, 1, report)).toBeGreaterThan(0);
		expect(bench.publishRun(0, 3, 3, 1, report)).toBe(-Status.NotReady);
		expect(bench.publish(0, report, 0)).toBe(-Status.NotReady);
		expect(bench.session.subscribe(Array<string>(8).fill("f".repeat(200)), 1, at(0))).toBe(
			-Status.NotReady,
		);
		expect(bench.session.inflightCount).toBe(2);
		bench.outlet.room = Number.POSITIVE_INFINITY;
		expect(bench.publishRun(0, 3, 3, 1, report)).toBeGreaterThan(0);
		expect(bench.publishRun(0, 4, 4, 1, "x".repeat(Limits.transmitBytes))).toBe(-Status.TooLong);
		expect(bench.session.canPublishRun).toBe(true);
	});

	test("never starves answers: as much as is read at a time can always be answered", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.outlet.room = 0;
		let result = 0;
		while (result >= 0) result = bench.publish(0, "x".repeat(100), 0);
		expect(result).toBe(-Status.NotReady);
		expect(bench.session.canReceive).toBe(true);
		const pubrel = witness({ cmd: "pubrel", messageId: 1 });
		const flood = Buffer.concat(Array(Limits.readBytes / pubrel.length).fill(pubrel));
		expect(flood).toHaveLength(Limits.readBytes);
		expect(bench.feedBytes(1, flood)).toBe(Status.Ok);
		expect(bench.session.canReceive).toBe(false);
		bench.outlet.room = Number.POSITIVE_INFINITY;
		bench.session.writable(at(2));
		const answers = bench.outlet.take().filter((line) => line === "pubcomp 1");
		expect(answers).toHaveLength(Limits.readBytes / pubrel.length);
		expect(bench.session.canReceive).toBe(true);
	});

	test("with a caller that reads on regardless ends the connection", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.outlet.room = 0;
		let status: Status = Status.Ok;
		while (status === Status.Ok) status = bench.feed(1, { cmd: "pubrel", messageId: 1 });
		expect(status).toBe(Status.WriteStalled);
		expect(bench.take()).toEqual(["closed WriteStalled"]);
	});

	test("that takes nothing for Durations.write is dead", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.outlet.room = 3;
		bench.publish(1_000, "hello", 0);
		expect(bench.session.deadline).toBe(1_000 + Durations.write);
		bench.outlet.room = 1;
		bench.session.writable(at(5_000));
		expect(bench.session.deadline).toBe(5_000 + Durations.write);
		bench.session.writable(at(9_000));
		bench.session.onDeadline(at(5_000 + Durations.write));
		expect(bench.take()).toEqual(["closed WriteStalled"]);
	});

	test("that fails in a call of the host is told at the next deadline, which is now", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.outlet.failure = Status.ConnectionLost;
		expect(bench.publish(7, "kept", 1)).toBeGreaterThan(0);
		expect(bench.session.state).toBe(Failed);
		expect(bench.take()).toEqual([]);
		expect(bench.session.deadline).toBe(7);
		bench.session.onDeadline(at(7));
		expect(bench.take()).toEqual(["closed ConnectionLost"]);
		expect(bench.session.state).toBe(Closed);
		expect(bench.session.inflightCount).toBe(1);
	});

	test.each(["receive", "ping", "writable"])("that fails in %s ends the connection", (where) => {
		const bench = new SessionBench();
		bench.connect();
		bench.outlet.room = 0;
		if (where === "writable") bench.publish(0, "x", 0);
		bench.outlet.failure = Status.SocketFailed;
		if (where === "receive") {
			expect(bench.feed(1, publishPacket(1, 1))).toBe(Status.SocketFailed);
		} else if (where === "ping") {
			bench.session.onDeadline(at(60_000));
		} else {
			expect(bench.session.writable(at(1))).toBe(Status.SocketFailed);
		}
		expect(bench.take().at(-1)).toBe("closed SocketFailed");
	});
});

describe("keep-alive", () => {
	const ping = (bench: SessionBench): string[] => {
		bench.session.onDeadline(bench.session.deadline);
		return bench.outlet.take();
	};

	test("PINGREQ goes when nothing was sent for so long [MQTT-3.1.2-23]", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.feed(59_000, publishPacket(0, 0));
		expect(bench.session.deadline).toBe(60_000);
		expect(ping(bench)).toEqual(["pingreq"]);
		bench.feed(60_100, { cmd: "pingresp" });
		expect(bench.session.deadline).toBe(120_000);
	});

	test("PINGREQ goes when nothing was received for so long, whatever was sent", () => {
		const bench = new SessionBench();
		bench.connect();
		for (let now = 10_000; now < 60_000; now += 10_000) bench.publish(now, "x", 0);
		bench.outlet.take();
		expect(bench.session.deadline).toBe(60_000);
		expect(ping(bench)).toEqual(["pingreq"]);
	});

	test("no PINGREQ goes while both sides are heard", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(30_000, "x", 0);
		bench.feed(40_000, publishPacket(0, 0));
		expect(bench.session.deadline).toBe(90_000);
	});

	test("without PINGRESP in its time the connection ends, whatever else comes", () => {
		const bench = new SessionBench();
		bench.connect();
		ping(bench);
		expect(bench.session.deadline).toBe(60_000 + Durations.pingResponse);
		bench.feed(61_000, publishPacket(0, 0));
		bench.take();
		bench.session.onDeadline(bench.session.deadline);
		expect(bench.take()).toEqual(["closed KeepAliveTimedOut"]);
		expect(bench.session.reason).toBe(Status.KeepAliveTimedOut);
	});

	test("a new connection begins with no PINGRESP awaited", () => {
		const bench = new SessionBench();
		bench.connect();
		ping(bench);
		bench.session.lost(Status.ConnectionLost, at(60_001));
		bench.connect(61_000);
		expect(bench.session.deadline).toBe(121_000);
	});

	test("PINGREQ has room also when the outlet is full", () => {
		const bench = new SessionBench();
		bench.connect();
		let result = 0;
		bench.outlet.room = 0;
		while (result >= 0) result = bench.publish(59_999, "x".repeat(100), 0);
		expect(ping(bench)).toEqual([]);
		bench.outlet.room = Number.POSITIVE_INFINITY;
		bench.session.writable(at(60_000));
		expect(bench.outlet.take().at(-1)).toBe("pingreq");
	});
});

describe("limits", () => {
	const connected = (options: Partial<SessionOptions> = {}): SessionBench => {
		const bench = new SessionBench(options);
		bench.connect();
		return bench;
	};

	test("of what is under way, each kind for itself", () => {
		const bench = connected();
		for (let index = 0; index < Limits.controlMessages; index++) {
			expect(bench.publish(0, "x", 1)).toBeGreaterThan(0);
		}
		expect(bench.publish(0, "x", 1)).toBe(-Status.NoRoom);
		for (let index = 0; index < Limits.inflight; index++) {
			expect(bench.session.canPublishRun).toBe(true);
			expect(bench.publishRun(0, index, index)).toBeGreaterThan(0);
		}
		expect(bench.session.canPublishRun).toBe(false);
		expect(bench.publishRun(0, 99, 99)).toBe(-Status.NoRoom);
		for (let index = 0; index < Limits.requests; index++) {
			expect(bench.session.subscribe(["a"], 0, at(0))).toBeGreaterThan(0);
		}
		expect(bench.session.unsubscribe(["a"], at(0))).toBe(-Status.NoRoom);
		expect(bench.session.inflightCount).toBe(Limits.controlMessages + Limits.inflight);
		expect(bench.session.lastSequence).toBe(Limits.inflight - 1);
		expect(bench.publish(0, "QoS 0 always goes", 0)).toBe(0);
		bench.feed(1, { cmd: "puback", messageId: 1 });
		expect(bench.publish(0, "x", 1)).toBeGreaterThan(0);
	});

	test("of a control message", () => {
		const bench = connected();
		expect(bench.publish(0, "x".repeat(Limits.controlBytes), 1)).toBeGreaterThan(0);
		expect(bench.publish(0, "x".repeat(Limits.controlBytes + 1), 1)).toBe(-Status.TooLong);
		expect(bench.publish(0, "x".repeat(Limits.controlBytes + 1), 0)).toBe(0);
	});

	test.each([
		["", Status.BadValue],
		["a/#", Status.BadValue],
		["a\ud800", Status.BadValue],
		["x".repeat(Limits.topicBytes), 0],
		["x".repeat(Limits.topicBytes + 1), Status.TooLong],
		["1/2/3/4/5/6/7/8/9", 0],
	])("of the topic name %j", (topicName, status) => {
		const bench = connected();
		const [result, run] = [
			bench.publish(0, "x", 1, topicName),
			bench.publish(0, "x", 0, topicName),
		];
		expect(result > 0 ? 0 : -result).toBe(status);
		expect(-run + 0).toBe(status);
	});

	test.each<[string, string[], number]>([
		["no filter [MQTT-3.8.3-3]", [], Status.BadValue],
		["eight filters", Array<string>(8).fill("a"), 0],
		["nine filters", Array<string>(9).fill("a"), Status.TooLong],
		["a bad filter behind a good one", ["a", "a#"], Status.BadValue],
		["a filter that is no text", ["\udc00"], Status.BadValue],
		["a long filter", ["x".repeat(Limits.topicBytes + 1)], Status.TooLong],
	])("of a request: %s", (_name, filters, status) => {
		const bench = connected();
		for (const result of [
			bench.session.subscribe(filters, 1, at(0)),
			bench.session.unsubscribe(filters, at(0)),
		]) {
			expect(result > 0 ? 0 : -result).toBe(status);
		}
	});

	test("of AWS: 8 levels and QoS 1", () => {
		const bench = connected({ profile: "aws" });
		expect(bench.publish(0, "x", 2, "1/2/3/4/5/6/7/8")).toBe(1);
		expect(bench.publish(0, "x", 2, "1/2/3/4/5/6/7/8/9")).toBe(-Status.TooLong);
		expect(bench.publish(0, "x", 1, "$aws/rules/r/1/2/3/4/5/6/7/8")).toBe(2);
		expect(bench.session.subscribe(["1/2/3/4/5/6/7/8/+"], 1, at(0))).toBe(-Status.TooLong);
		expect(bench.session.subscribe(["$share/g/1/2/3/4/5/6/7/8"], 2, at(0))).toBe(3);
		expect(bench.session.maximumQos).toBe(1);
		expect(bench.outlet.take()).toEqual([
			"publish 1 q1 1/2/3/4/5/6/7/8=x",
			"publish 2 q1 $aws/rules/r/1/2/3/4/5/6/7/8=x",
			"subscribe 3 $share/g/1/2/3/4/5/6/7/8:1",
		]);
	});
});

describe("a broker that does less than was asked", () => {
	test("PUBACK for QoS 2, as RabbitMQ does: noticed once, and QoS 1 from then on", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "one", 2);
		bench.publish(0, "two", 2);
		bench.feed(1, { cmd: "puback", messageId: 1 }, { cmd: "puback", messageId: 2 });
		expect(bench.take()).toEqual([
			"downgrade publish 2 1",
			"acknowledged 1 0 0",
			"acknowledged 2 0 0",
		]);
		expect(bench.session.maximumQos).toBe(1);
		bench.outlet.take();
		bench.publishRun(2, 1, 1, 2);
		expect(bench.outlet.take()).toEqual(["publish 3 q1 t=run"]);
	});

	test.each([Status.ConnectionLost, Status.Kicked, Status.AcknowledgementTimedOut])(
		"connections that end on QoS 2, as with NATS and AWS: QoS 1, as new (status %d)",
		(status) => {
			const bench = new SessionBench();
			bench.connect();
			bench.publishRun(0, 4, 6, 2);
			for (let count = 1; count < Limits.qos2Refusals; count++) {
				bench.session.lost(status, at(count));
				bench.connect(count, true);
			}
			bench.outlet.take();
			bench.session.lost(status, at(8));
			expect(bench.take()).toEqual(["downgrade publish 2 1", expect.stringContaining("closed")]);
			bench.open(9);
			bench.feed(9, { cmd: "connack", returnCode: 0, sessionPresent: true });
			expect(bench.outlet.take()).toEqual(["connect", "publish 1 q1 t=again"]);
			bench.feed(9, { cmd: "puback", messageId: 1 });
			expect(bench.take().at(-1)).toBe("acknowledged 1 4 6");
		},
	);

	test("a SUBSCRIBE of QoS 2 that nobody answers counts too", () => {
		const bench = new SessionBench();
		for (let count = 0; count < Limits.qos2Refusals; count++) {
			bench.connect(count);
			bench.session.subscribe(["a"], 2, at(count));
			bench.session.lost(Status.ConnectionLost, at(count));
		}
		bench.connect(9);
		bench.session.subscribe(["a"], 2, at(9));
		expect(bench.outlet.take()).toEqual(["subscribe 4 a:1"]);
	});

	test("our own network, or a PUBREC in between, says nothing against QoS 2", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "x", 2);
		for (let count = 0; count < 3 * Limits.qos2Refusals; count++) {
			bench.session.lost(count % 2 ? Status.NetworkDown : Status.ConnectionLost, at(count));
			bench.connect(count, true);
			if (count % 2) {
				bench.feed(count, { cmd: "pubrec", messageId: 1 });
				bench.feed(count, { cmd: "pubcomp", messageId: 1 });
				bench.publish(count, "x", 2);
				bench.feed(count, { cmd: "pubrec", messageId: 99 });
			}
		}
		expect(bench.session.maximumQos).toBe(2);
	});

	test.each([
		[[2, 1], 1],
		[[0, 1], 0],
		[[0x80, 0], 0x80],
		[[0, 0x80], 0x80],
	])("SUBACK %j: the host hears what was granted, and once of %d", (granted, worst) => {
		const bench = new SessionBench();
		bench.connect();
		for (const told of [true, false]) {
			const messageId = bench.session.subscribe(["a", "b"], 2, at(0));
			bench.feed(1, { cmd: "suback", messageId, granted });
			const downgrade = told ? [`downgrade subscribe 2 ${worst}`] : [];
			expect(bench.take()).toEqual([...downgrade, `subscribed ${messageId} ${granted}`]);
		}
	});
});

describe("what is given up", () => {
	const reconnect = (bench: SessionBench, sessionPresent = true): Status => {
		bench.session.lost(Status.NetworkDown, at(1));
		bench.outlet.take();
		bench.take();
		bench.open(2);
		return bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent });
	};

	test("a run that is no longer in the outbox", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publishRun(0, 1, 3);
		bench.publishRun(0, 4, 6);
		bench.redelivered = -Status.NotFound;
		reconnect(bench);
		expect(bench.take()).toEqual([
			"open anew",
			"redeliver 1 3",
			"givenUp 1 1 3",
			"redeliver 4 6",
			"givenUp 2 4 6",
		]);
		expect(bench.outlet.take()).toEqual(["connect"]);
		expect(bench.session.inflightCount).toBe(0);
	});

	test("a QoS 2 run leaves PUBREL behind, or the broker would keep its packet identifier", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publishRun(0, 1, 3, 2);
		bench.redelivered = -Status.NotFound;
		reconnect(bench);
		expect(bench.take()).toContain("givenUp 1 1 3");
		expect(bench.outlet.take()).toEqual(["connect", "pubrel 1"]);
		bench.feed(4, { cmd: "pubcomp", messageId: 1 });
		expect(bench.take()).toEqual(["acknowledged 1 0 0"]);
		expect(bench.session.inflightCount).toBe(0);
	});

	test("a QoS 2 run of which the broker knows nothing leaves nothing behind", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publishRun(0, 1, 3, 2);
		bench.redelivered = -Status.NotFound;
		reconnect(bench, false);
		expect(bench.outlet.take()).toEqual(["connect"]);
		expect(bench.session.inflightCount).toBe(0);
	});

	test("a control message that no connection survives", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publish(0, "poison", 1);
		bench.publishRun(0, 1, 1);
		const sent: string[][] = [];
		for (let count = 1; count < Limits.controlDeliveries + 1; count++) {
			reconnect(bench);
			sent.push(bench.outlet.take().slice(1));
		}
		expect(sent.at(-2)).toEqual(["publish 1 q1 dup t=poison", "publish 2 q1 dup t=again"]);
		expect(sent.at(-1)).toEqual(["publish 2 q1 dup t=again"]);
		expect(bench.take()).toContain("givenUp 1 0 0");
	});

	test("not a run that storage cannot give just now: the next connection tries again", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publishRun(0, 1, 3);
		bench.redelivered = -Status.StorageFailed;
		expect(reconnect(bench)).toBe(Status.StorageFailed);
		expect(bench.take().at(-1)).toBe("closed StorageFailed");
		bench.redelivered = "again";
		reconnect(bench);
		expect(bench.outlet.take()).toEqual(["connect", "publish 1 q1 dup t=again"]);
	});

	test.each([0, Number.POSITIVE_INFINITY])(
		"a host that closes on it: nothing follows DISCONNECT (room %d)",
		(room) => {
			const bench = new SessionBench();
			bench.connect();
			bench.publishRun(0, 1, 1);
			bench.publish(0, "kept", 1);
			bench.redelivered = -Status.NotFound;
			bench.session.lost(Status.NetworkDown, at(1));
			bench.within.givenUp = (now) => bench.session.close(now);
			bench.outlet.take();
			bench.open(2);
			bench.outlet.room = room;
			expect(bench.feed(3, { cmd: "connack", returnCode: 0, sessionPresent: true })).toBe(
				Status.Ok,
			);
			bench.outlet.room = Number.POSITIVE_INFINITY;
			void bench.session.writable(at(4));
			expect(bench.outlet.take()).toEqual(["connect", "disconnect"]);
			expect(bench.session.state).toBe(Closed);
			bench.open(5);
			bench.feed(6, { cmd: "connack", returnCode: 0, sessionPresent: false });
			expect(bench.outlet.take()).toEqual(["connect", "publish 2 q1 t=kept"]);
		},
	);

	test("a host that publishes on it does not upset the order of what is left", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.publishRun(0, 1, 1);
		bench.publish(0, "kept", 1);
		bench.redelivered = -Status.NotFound;
		const results: number[] = [];
		bench.within.givenUp = (now) => {
			results.push(bench.publishRun(now, 1, 1), bench.session.subscribe(["a"], 0, now));
		};
		reconnect(bench);
		expect(results).toEqual([-Status.NotReady, 3]);
		expect(bench.outlet.take()).toEqual(["connect", "subscribe 3 a:0", "publish 2 q1 dup t=kept"]);
	});
});

describe("DISCONNECT", () => {
	test("goes after what is pending, and the session says when it is through [MQTT-3.14.4-1]", () => {
		const bench = new SessionBench();
		bench.connect();
		bench.outlet.room = 5;
		bench.publish(0, "last words", 1);
		bench.session.close(at(1));
		expect(bench.session.deadline).toBe(1 + Durations.linger);
		expect(bench.take()).toEqual([]);
		bench.outlet.room = Number.POSITIVE_INFINITY;
		bench.session.writable(at(2));
		expect(bench.outlet.take()).toEqual(["publish 1 q1 t=last words", "disconnect"]);
		expect(bench.take()).toEqual(["closed ClosedByStation"]);
		expect(bench.session.inflightCount).toBe(1);
	});
});

test("one session goes through any number of connections, and packets of one never reach the next", () => {
	const outlets = [new TestOutlet(), new TestOutlet()];
	const bench = new SessionBench();
	outlets[0]!.room = 9;
	bench.session.open(outlets[0]!, at(0));
	bench.session.lost(Status.ConnectionLost, at(1));
	bench.session.open(outlets[1]!, at(2));
	expect(outlets[1]!.take()).toEqual(["connect"]);
	expect(bench.session).toBeInstanceOf(MqttSession);
});
