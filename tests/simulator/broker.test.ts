import { describe, expect, test } from "@jest/globals";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { type BrokerOptions, MemoryBroker } from "../../simulator/broker/broker.ts";
import type { BrokerConnection, Transport } from "../../simulator/broker/connection.ts";
import { describePacket } from "../firmware/mqtt/bench.ts";

type Qos = 0 | 1 | 2;

/** A client that is not ours: mqtt-packet over a transport that takes whatever it is told to. */
class Peer implements Transport {
	readonly connection: BrokerConnection;
	room = Number.POSITIVE_INFINITY;
	ended: "closed" | "reset" | undefined;
	readonly #bytes: number[] = [];

	constructor(broker: MemoryBroker, now = 0, principal = "someone") {
		this.connection = broker.accept(this, principal, now as Ticks);
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		const count = Math.min(end - start, this.room);
		this.room -= count;
		this.#bytes.push(...bytes.subarray(start, start + count));
		return count;
	}

	close(): void {
		this.ended ??= "closed";
	}

	reset(): void {
		this.ended ??= "reset";
	}

	/** Sends packets at a moment and gives what has come back since the last look. */
	send(...packets: Packet[]): string[] {
		return this.sendAt(0, ...packets);
	}

	sendAt(now: number, ...packets: Packet[]): string[] {
		for (const packet of packets) this.sendBytes(generate(packet), now);
		return this.take();
	}

	sendBytes(bytes: Uint8Array, now = 0): void {
		this.connection.receive(bytes, 0, bytes.length, now as Ticks);
	}

	take(): string[] {
		const lines: string[] = [];
		const reader = parser({ protocolVersion: 4 });
		reader.on("packet", (packet) => {
			if (packet.cmd === "connack") {
				lines.push(`connack ${packet.returnCode}${packet.sessionPresent ? " present" : ""}`);
			} else if (packet.cmd === "suback") {
				lines.push(`suback ${packet.messageId} ${packet.granted.join()}`);
			} else lines.push(describePacket(packet));
		});
		reader.parse(Buffer.from(this.#bytes.splice(0)));
		return lines;
	}

	connect(clientId: string, fields: Partial<IConnectPacket> = {}, now = 0): string[] {
		const packet = { cmd: "connect", clientId, clean: false, keepalive: 10, ...fields } as const;
		return this.sendAt(now, packet);
	}

	subscribe(messageId: number, ...subscriptions: [string, Qos][]): string[] {
		return this.send({
			cmd: "subscribe",
			messageId,
			subscriptions: subscriptions.map(([topic, qos]) => ({ topic, qos })),
		});
	}

	publish(topic: string, payload: string, qos: Qos = 0, messageId = 1, retain = false): string[] {
		const packet = { cmd: "publish", topic, payload, qos, dup: false, retain } as const;
		return this.send(qos === 0 ? packet : { ...packet, messageId });
	}

	ack(cmd: "puback" | "pubrec" | "pubrel" | "pubcomp", messageId: number): string[] {
		return this.send({ cmd, messageId });
	}

	/** The transport breaks. */
	lose(now = 0): void {
		this.connection.lost(now as Ticks);
	}
}

function connected(
	broker: MemoryBroker,
	clientId: string,
	fields: Partial<IConnectPacket> = {},
): Peer {
	const peer = new Peer(broker);
	const answer = peer.connect(clientId, fields);
	if (!answer[0]?.startsWith("connack 0")) throw new Error(`${answer}`);
	return peer;
}

const will = { topic: "will", payload: Buffer.from("gone"), qos: 1, retain: false } as const;

describe("CONNECT", () => {
	test("must be the first packet [MQTT-3.1.0-1] and the only one of its kind [MQTT-3.1.0-2]", () => {
		const broker = new MemoryBroker();
		const early = new Peer(broker);
		expect(early.publish("a", "x")).toEqual([]);
		expect(early.ended).toBe("closed");
		const twice = connected(broker, "c");
		twice.connect("c");
		expect(twice.ended).toBe("closed");
	});

	test("an empty client id needs a clean session [MQTT-3.1.3-8] and is given one [MQTT-3.1.3-6]", () => {
		const broker = new MemoryBroker();
		const dirty = new Peer(broker);
		dirty.sendBytes(Uint8Array.of(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 9, 0, 0));
		expect(dirty.take()).toEqual(["connack 2"]);
		expect(dirty.ended).toBe("closed");
		const one = connected(broker, "", { clean: true });
		const other = connected(broker, "", { clean: true });
		expect([one.ended, other.ended, broker.connections]).toEqual([undefined, undefined, 2]);
	});

	test.each<[string, number[]]>([
		["reserved flag [MQTT-3.1.2-3]", [0x03, 0, 9, 0, 1, 0x61]],
		["will flags without will [MQTT-3.1.2-13]", [0x0a, 0, 9, 0, 1, 0x61]],
		["will retain without will [MQTT-3.1.2-15]", [0x22, 0, 9, 0, 1, 0x61]],
		["will of QoS 3 [MQTT-3.1.2-14]", [0x1e, 0, 9, 0, 1, 0x61, 0, 1, 0x62, 0, 0]],
		["will to a wildcard", [0x06, 0, 9, 0, 1, 0x61, 0, 1, 0x23, 0, 0]],
		["password without user name [MQTT-3.1.2-22]", [0x42, 0, 9, 0, 1, 0x61, 0, 1, 0]],
		["client id past the end", [0x02, 0, 9, 0, 2, 0x61]],
		["bytes behind the end", [0x02, 0, 9, 0, 1, 0x61, 0]],
		["client id not in UTF-8 [MQTT-3.1.3-4]", [0x02, 0, 9, 0, 1, 0xff]],
	])("%s closes without a word", (_name, rest) => {
		const peer = new Peer(new MemoryBroker());
		const variable = [0, 4, 0x4d, 0x51, 0x54, 0x54, 4, ...rest];
		peer.sendBytes(Uint8Array.of(0x10, variable.length, ...variable));
		expect([peer.take(), peer.ended]).toEqual([[], "closed"]);
	});

	test("another protocol level is refused with 1 [MQTT-3.1.2-2], another protocol closed", () => {
		const level = new Peer(new MemoryBroker());
		level.sendBytes(Uint8Array.of(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 9, 0, 0));
		expect([level.take(), level.ended]).toEqual([["connack 1"], "closed"]);
		const name = new Peer(new MemoryBroker());
		name.sendBytes(Uint8Array.of(0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x55, 4, 2, 0, 9, 0, 0));
		expect([name.take(), name.ended]).toEqual([[], "closed"]);
	});

	test("the owner decides who comes in, by identity", () => {
		const asked: unknown[] = [];
		const answers = [5, -1, 0];
		const broker = new MemoryBroker({
			onConnect: (request, principal, now) => {
				asked.push([request.clientId, request.userName, request.password, principal, now]);
				return answers.shift()!;
			},
		});
		const fields = { username: "u", password: Buffer.from("p") };
		const peers = answers.map(() => new Peer(broker, 0, "principal"));
		expect(peers.map((peer) => peer.connect("c", fields, 7))).toEqual([
			["connack 5"],
			[],
			["connack 0"],
		]);
		expect(peers.map(({ ended }) => ended)).toEqual(["closed", "closed", undefined]);
		expect(asked[0]).toEqual(["c", "u", Uint8Array.from(Buffer.from("p")), "principal", 7]);
		expect(broker.isConnected("c")).toBe(true);
	});

	test("a newer connection takes over, and the older one's will is published [MQTT-3.1.4-2]", () => {
		const broker = new MemoryBroker();
		const watcher = connected(broker, "w");
		watcher.subscribe(1, ["will", 0]);
		const older = connected(broker, "c", { will });
		const newer = new Peer(broker);
		expect(newer.connect("c")).toEqual(["connack 0 present"]);
		expect(older.ended).toBe("closed");
		expect(watcher.take()).toEqual(["publish q0 will=gone"]);
		older.lose();
		expect(broker.isConnected("c")).toBe(true);
	});
});

describe("sessions [MQTT-3.1.2-4] to [MQTT-3.1.2-6]", () => {
	test("a persistent one survives its connection, a clean one does not", () => {
		const broker = new MemoryBroker();
		const answers = [false, false, true, false, false].map((clean, index) => {
			const peer = new Peer(broker);
			const [answer] = peer.connect("c", { clean });
			if (index === 0) peer.subscribe(1, ["a", 1]);
			peer.send({ cmd: "disconnect" });
			return [answer, broker.session("c")?.subscriptions.size];
		});
		expect(answers).toEqual([
			["connack 0", 1],
			["connack 0 present", 1],
			["connack 0", undefined],
			["connack 0", 0],
			["connack 0 present", 0],
		]);
	});

	test("messages of QoS 1 and 2 wait for a client that is away, those of QoS 0 do not", () => {
		const broker = new MemoryBroker();
		const away = connected(broker, "away");
		away.subscribe(1, ["#", 2]);
		away.send({ cmd: "disconnect" });
		const sender = connected(broker, "sender");
		sender.publish("a", "zero", 0);
		sender.publish("a", "one", 1);
		sender.publish("a", "two", 2);
		const back = new Peer(broker);
		expect(back.connect("away")).toEqual([
			"connack 0 present",
			"publish 1 q1 a=one",
			"publish 2 q2 a=two",
		]);
	});

	test("what is under way goes again after a reconnect, in order, with DUP [MQTT-4.4.0-1]", () => {
		const broker = new MemoryBroker();
		const first = connected(broker, "c");
		first.subscribe(1, ["#", 2]);
		const sender = connected(broker, "sender");
		for (const [index, qos] of ([1, 2, 2, 1] as const).entries()) {
			sender.publish("a", `${index}`, qos, index + 1);
			if (qos === 2) sender.ack("pubrel", index + 1);
		}
		expect(first.take()).toHaveLength(4);
		expect(first.ack("pubrec", 3)).toEqual(["pubrel 3"]);
		first.ack("puback", 4);
		first.lose();
		sender.publish("a", "4", 1);
		const second = new Peer(broker);
		expect(second.connect("c")).toEqual([
			"connack 0 present",
			"publish 1 q1 dup a=0",
			"publish 2 q2 dup a=1",
			"pubrel 3",
			"publish 5 q1 a=4",
		]);
		second.ack("pubcomp", 3);
		second.ack("puback", 1);
		second.ack("pubrec", 2);
		second.ack("pubcomp", 2);
		second.ack("puback", 5);
		expect(broker.session("c")!.outgoing).toEqual([]);
	});

	test("a crash loses connections without a will, and keeps sessions where they were on disk", () => {
		for (const keepSessions of [true, false]) {
			const broker = new MemoryBroker();
			const watcher = connected(broker, "w");
			watcher.subscribe(1, ["will", 1]);
			const peer = connected(broker, "c", { will });
			const clean = connected(broker, "clean", { clean: true });
			const waiting = new Peer(broker);
			peer.publish("kept", "x", 0, 1, true);
			broker.crash(keepSessions);
			expect([watcher, peer, clean, waiting].map(({ ended }) => ended)).toEqual(
				Array(4).fill("reset"),
			);
			peer.lose();
			expect(broker.connections).toBe(0);
			expect(broker.session("clean")).toBeUndefined();
			const back = new Peer(broker);
			expect(back.connect("w")).toEqual([keepSessions ? "connack 0 present" : "connack 0"]);
			const retained = keepSessions ? ["publish q0 retain kept=x"] : [];
			expect(back.subscribe(2, ["kept", 0])).toEqual(["suback 2 0", ...retained]);
		}
	});
});

describe("from a client", () => {
	test("QoS 0, 1 and 2 are acknowledged as they should be [MQTT-4.3.2-2] [MQTT-4.3.3-2]", () => {
		const broker = new MemoryBroker();
		const watcher = connected(broker, "w");
		watcher.subscribe(1, ["#", 0]);
		const peer = connected(broker, "c");
		expect(peer.publish("a", "0", 0)).toEqual([]);
		expect(peer.publish("a", "1", 1, 7)).toEqual(["puback 7"]);
		expect(peer.publish("a", "2", 2, 8)).toEqual(["pubrec 8"]);
		expect(peer.publish("a", "2", 2, 8)).toEqual(["pubrec 8"]);
		expect(peer.ack("pubrel", 8)).toEqual(["pubcomp 8"]);
		expect(peer.ack("pubrel", 8)).toEqual(["pubcomp 8"]);
		expect(peer.publish("a", "3", 2, 8)).toEqual(["pubrec 8"]);
		expect(watcher.take()).toEqual(["0", "1", "2", "3"].map((text) => `publish q0 a=${text}`));
	});

	test("a copy of a QoS 2 message is known over a reconnect", () => {
		const broker = new MemoryBroker();
		const watcher = connected(broker, "w");
		watcher.subscribe(1, ["#", 0]);
		const first = connected(broker, "c");
		first.publish("a", "x", 2, 8);
		first.lose();
		const second = connected(broker, "c");
		expect(second.publish("a", "x", 2, 8)).toEqual(["pubrec 8"]);
		expect(watcher.take()).toHaveLength(1);
	});

	test("the owner hears of a message before it is acknowledged, and may end the connection", () => {
		const seen: string[] = [];
		const broker = new MemoryBroker({
			onPublish: (clientId, { topicName, payload, qos, retain }, now) => {
				seen.push([clientId, topicName, Buffer.from(payload), qos, retain, now].join(" "));
				return topicName !== "forbidden";
			},
		});
		const watcher = connected(broker, "w");
		watcher.subscribe(1, ["#", 0]);
		const peer = connected(broker, "c", { will: { ...will, topic: "forbidden" } });
		expect(peer.publish("a", "x", 1, 3)).toEqual(["puback 3"]);
		expect(peer.publish("forbidden", "x", 1, 4)).toEqual([]);
		expect(peer.ended).toBe("closed");
		expect(watcher.take()).toEqual(["publish q0 a=x"]);
		expect(seen).toEqual([
			"c a x 1 false 0",
			"c forbidden x 1 false 0",
			"c forbidden gone 1 false 0",
		]);
	});

	test("a message larger than the limit, and malformed bytes, end the connection", () => {
		const broker = new MemoryBroker({ packetBytes: 100 });
		const large = connected(broker, "large");
		large.publish("a", "x".repeat(200));
		const bad = connected(broker, "bad");
		bad.sendBytes(Uint8Array.of(0x00, 0));
		expect([large.ended, bad.ended]).toEqual(["closed", "closed"]);
	});
});

describe("to a client", () => {
	test("each matching message comes once, at the lower of both QoS [MQTT-3.8.4-6] [MQTT-3.3.5-1]", () => {
		const broker = new MemoryBroker();
		const peer = connected(broker, "c");
		peer.subscribe(1, ["a/#", 1], ["a/b", 2], ["+/b", 0], ["x", 2]);
		const sender = connected(broker, "sender");
		sender.publish("a/b", "0", 0);
		sender.publish("a/b", "1", 1);
		sender.publish("a/b", "2", 2);
		sender.publish("a", "1", 2, 2);
		sender.publish("y", "-", 2, 3);
		expect(peer.take()).toEqual([
			"publish q0 a/b=0",
			"publish 1 q1 a/b=1",
			"publish 2 q2 a/b=2",
			"publish 3 q1 a=1",
		]);
	});

	test("$-topics are not for wildcards at the first level [MQTT-4.7.2-1]", () => {
		const broker = new MemoryBroker();
		const peer = connected(broker, "c");
		peer.subscribe(1, ["#", 0], ["+/x", 0]);
		broker.publish("$SYS/x", Buffer.from("1"), 0, false);
		peer.subscribe(2, ["$SYS/#", 0]);
		broker.publish("$SYS/x", Buffer.from("2"), 0, false);
		expect(peer.take()).toEqual(["publish q0 $SYS/x=2"]);
	});

	test("UNSUBSCRIBE ends it [MQTT-3.10.4-2], and is answered whatever it names [MQTT-3.10.4-5]", () => {
		const broker = new MemoryBroker();
		const peer = connected(broker, "c");
		peer.subscribe(1, ["a", 0], ["b", 0]);
		const unsubscribe = (...unsubscriptions: string[]): string[] =>
			peer.send({ cmd: "unsubscribe", messageId: 5, unsubscriptions });
		expect(unsubscribe("a", "never")).toEqual(["unsuback 5"]);
		broker.publish("a", Buffer.from("x"), 0, false);
		broker.publish("b", Buffer.from("x"), 0, false);
		expect(peer.take()).toEqual(["publish q0 b=x"]);
	});

	test("a subscription made again is replaced [MQTT-3.8.4-3]", () => {
		const broker = new MemoryBroker();
		const peer = connected(broker, "c");
		peer.subscribe(1, ["a", 2]);
		peer.subscribe(2, ["a", 0]);
		broker.publish("a", Buffer.from("x"), 2, false);
		expect(peer.take()).toEqual(["publish q0 a=x"]);
	});

	test("malformed filters end the connection; forbidden ones get 0x80", () => {
		const broker = new MemoryBroker({ onSubscribe: (_clientId, filter) => filter !== "no" });
		const peer = connected(broker, "c");
		expect(peer.subscribe(1, ["yes", 1], ["no", 1])).toEqual(["suback 1 1,128"]);
		peer.sendBytes(Uint8Array.of(0x82, 7, 0, 1, 0, 2, 0x61, 0x23, 0));
		expect(peer.ended).toBe("closed");
		for (const bytes of [
			[0x82, 6, 0, 1, 0, 1, 0x61, 3],
			[0x82, 5, 0, 1, 0, 9, 0x61],
			[0xa2, 5, 0, 1, 0, 9, 0x61],
		]) {
			const other = connected(broker, "d");
			other.sendBytes(Uint8Array.from(bytes));
			expect(other.ended).toBe("closed");
		}
	});

	test("no more than the window is under way, and the queue has an end", () => {
		const broker = new MemoryBroker({ inflight: 2, queue: 4 });
		const peer = connected(broker, "c");
		peer.subscribe(1, ["a", 1]);
		for (const text of ["1", "2", "3", "4", "5"]) broker.publish("a", Buffer.from(text), 1, false);
		expect(peer.take()).toEqual(["publish 1 q1 a=1", "publish 2 q1 a=2"]);
		expect(broker.session("c")!.dropped).toBe(1);
		expect(peer.ack("puback", 2)).toEqual(["publish 3 q1 a=3"]);
		expect(peer.ack("puback", 9)).toEqual([]);
	});

	test("an acknowledgement of the wrong kind ends the connection", () => {
		const broker = new MemoryBroker();
		const peer = connected(broker, "c");
		peer.subscribe(1, ["a", 2]);
		broker.publish("a", Buffer.from("x"), 2, false);
		peer.ack("pubcomp", 1);
		expect(peer.ended).toBe("closed");
	});

	test("a transport that is full takes the rest later, in order", () => {
		const broker = new MemoryBroker();
		const peer = connected(broker, "c");
		peer.subscribe(1, ["a", 0]);
		peer.room = 3;
		broker.publish("a", Buffer.from("first"), 0, false);
		broker.publish("a", Buffer.from("second"), 0, false);
		for (let turn = 0; turn < 8; turn++) {
			peer.room = 3;
			peer.connection.writable();
		}
		expect(peer.take()).toEqual(["publish q0 a=first", "publish q0 a=second"]);
	});
});

describe("retained messages", () => {
	test("come with RETAIN to a new subscription, without it to an old one [MQTT-3.3.1-8] [MQTT-3.3.1-9]", () => {
		const broker = new MemoryBroker();
		const old = connected(broker, "old");
		old.subscribe(1, ["a/+", 1]);
		const sender = connected(broker, "sender");
		sender.publish("a/1", "x", 1, 1, true);
		sender.publish("a/2", "y", 0, 1, true);
		expect(old.take()).toEqual(["publish 1 q1 a/1=x", "publish q0 a/2=y"]);
		const fresh = connected(broker, "fresh");
		expect(fresh.subscribe(1, ["a/+", 1])).toEqual([
			"suback 1 1",
			"publish 1 q1 retain a/1=x",
			"publish q0 retain a/2=y",
		]);
		expect(fresh.subscribe(2, ["a/2", 0])).toEqual(["suback 2 0", "publish q0 retain a/2=y"]);
	});

	test("are replaced, and removed by an empty payload, which is passed on [MQTT-3.3.1-10] [MQTT-3.3.1-11]", () => {
		const broker = new MemoryBroker();
		const watcher = connected(broker, "w");
		watcher.subscribe(1, ["a", 0]);
		const sender = connected(broker, "sender");
		for (const text of ["x", "y", ""]) {
			sender.publish("a", text, 0, 1, true);
			expect(watcher.take()).toEqual([`publish q0 a=${text}`]);
			const expected = text === "" ? [] : [`publish q0 retain a=${text}`];
			expect(watcher.subscribe(2, ["a", 0])).toEqual(["suback 2 0", ...expected]);
		}
	});
});

describe("wills", () => {
	test.each<[string, boolean, (peer: Peer, broker: MemoryBroker) => void]>([
		["DISCONNECT [MQTT-3.14.4-3]", false, (peer) => peer.send({ cmd: "disconnect" })],
		["a lost transport", true, (peer) => peer.lose()],
		["malformed bytes", true, (peer) => peer.sendBytes(Uint8Array.of(0xff))],
		["silence", true, (peer) => peer.connection.onDeadline(15_000 as Ticks)],
		["an administrator", true, (_peer, broker) => broker.disconnect("c", 0 as Ticks)],
	])("%s: %s", (_name, isPublished, end) => {
		const broker = new MemoryBroker();
		const watcher = connected(broker, "w");
		watcher.subscribe(1, ["will", 1]);
		const peer = connected(broker, "c", { will: { ...will, retain: true } });
		end(peer, broker);
		expect(broker.isConnected("c")).toBe(false);
		expect(watcher.take()).toEqual(isPublished ? ["publish 1 q1 will=gone"] : []);
		const retained = isPublished ? ["publish 2 q1 retain will=gone"] : [];
		expect(watcher.subscribe(2, ["will", 1])).toEqual(["suback 2 1", ...retained]);
	});
});

describe("keep-alive", () => {
	test("silence of one and a half times ends the connection [MQTT-3.1.2-24]", () => {
		const broker = new MemoryBroker();
		const peer = connected(broker, "c");
		expect(peer.connection.deadline).toBe(15_000);
		expect(peer.sendAt(9_000, { cmd: "pingreq" })).toEqual(["pingresp"]);
		expect(peer.connection.deadline).toBe(24_000);
		peer.connection.onDeadline(15_000 as Ticks);
		expect(peer.ended).toBeUndefined();
		peer.connection.onDeadline(24_000 as Ticks);
		expect(peer.ended).toBe("closed");
		expect(peer.connection.deadline).toBe(Number.POSITIVE_INFINITY);
	});

	test("0 turns it off; without CONNECT the broker waits 10 s", () => {
		const broker = new MemoryBroker();
		expect(connected(broker, "c", { keepalive: 0 }).connection.deadline).toBe(
			Number.POSITIVE_INFINITY,
		);
		const silent = new Peer(broker, 1_000);
		silent.connection.onDeadline(silent.connection.deadline);
		expect([silent.connection.deadline, silent.ended]).toEqual([
			Number.POSITIVE_INFINITY,
			"closed",
		]);
	});
});

describe("brokers that do not do QoS 2", () => {
	const peerOf = (qos2: NonNullable<BrokerOptions["qos2"]>): Peer =>
		connected(new MemoryBroker({ qos2 }), "c");

	test("take it for QoS 1, as RabbitMQ does", () => {
		const peer = peerOf("downgrade");
		expect(peer.publish("a", "x", 2, 4)).toEqual(["puback 4"]);
		expect(peer.subscribe(1, ["a", 2])).toEqual(["suback 1 1"]);
	});

	test("or close the connection, as NATS does", () => {
		const peer = peerOf("refuse");
		expect(peer.publish("a", "x", 2, 4)).toEqual([]);
		expect(peer.ended).toBe("closed");
		const other = peerOf("refuse");
		expect(other.subscribe(1, ["a", 2])).toEqual([]);
		expect(other.ended).toBe("closed");
	});
});

test("after its end a connection hears nothing and says nothing", () => {
	const broker = new MemoryBroker();
	const peer = connected(broker, "c");
	peer.subscribe(1, ["a", 0]);
	peer.lose();
	expect(peer.publish("a", "x", 1)).toEqual([]);
	peer.lose();
	peer.connection.onDeadline(1e9 as Ticks);
	peer.connection.writable();
	broker.publish("a", Buffer.from("x"), 0, false);
	expect(peer.take()).toEqual([]);
	expect(peer.ended).toBeUndefined();
});
