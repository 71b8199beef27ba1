import type { Packet as Witnessed } from "mqtt-packet";
import { Status, statusName } from "../../../firmware/base/status.ts";
import type { SessionHost, SessionOptions } from "../../../firmware/mqtt/host.ts";
import { MqttSession } from "../../../firmware/mqtt/session.ts";
import type { Outlet } from "../../../firmware/mqtt/transmit.ts";
import type { Ticks } from "../../../firmware/ports/clock.ts";
import { readWitnessed, witness } from "./packets.ts";

export const at = (ms: number): Ticks => ms as Ticks;

/** A packet in a few words: "publish 7 q1 dup t=hello", "puback 3". */
export function describePacket(packet: Witnessed | Error): string {
	if (packet instanceof Error) return `error ${packet.message}`;
	const words: string[] = [packet.cmd];
	if (packet.messageId) words.push(`${packet.messageId}`);
	if (packet.cmd === "publish") {
		words.push(`q${packet.qos}`);
		if (packet.dup) words.push("dup");
		if (packet.retain) words.push("retain");
		words.push(`${packet.topic}=${packet.payload}`);
	}
	if (packet.cmd === "subscribe") {
		words.push(...packet.subscriptions.map(({ topic, qos }) => `${topic}:${qos}`));
	}
	if (packet.cmd === "unsubscribe") words.push(...packet.unsubscriptions);
	return words.join(" ");
}

/** Takes `room` bytes and then nothing; with `failure`, nothing ever. */
export class TestOutlet implements Outlet {
	room = Number.POSITIVE_INFINITY;
	/** Largest count taken in one call. */
	mouthful = Number.POSITIVE_INFINITY;
	failure: Status = Status.Ok;
	/** Calls that took something. */
	writes = 0;
	#bytes: number[] = [];

	write(bytes: Uint8Array, start: number, end: number): number {
		if (this.failure !== Status.Ok) return -this.failure;
		const count = Math.min(end - start, this.room, this.mouthful);
		this.room -= count;
		if (count > 0) this.writes += 1;
		for (let index = start; index < start + count; index++) this.#bytes.push(bytes[index]!);
		return count;
	}

	/** What was taken since the last call, as the witness reads it. */
	take(): string[] {
		const bytes = Uint8Array.from(this.#bytes);
		this.#bytes = [];
		return readWitnessed(bytes).map(describePacket);
	}
}

/** A session with a host that writes down what it is told. */
export class SessionBench implements SessionHost {
	readonly outlet = new TestOutlet();
	readonly session: MqttSession;
	readonly events: string[] = [];
	/** What onMessage answers. */
	taken: Status = Status.Ok;
	/** What onRedeliver writes, or a negated Status. */
	redelivered: string | number = "again";
	/** Called within the callback of that name, after it was written down. */
	readonly within: { [name: string]: ((now: Ticks) => void) | undefined } = {};

	constructor(options: Partial<SessionOptions> = {}) {
		this.session = new MqttSession(
			{ clientId: "c", keepAlive: 60, cleanSession: false, profile: "mqtt", ...options },
			this,
		);
	}

	onOpen(subscribed: boolean, now: Ticks): void {
		this.#note("open", now, subscribed ? "subscribed" : "anew");
	}

	onMessage(
		topicName: string,
		payload: Uint8Array,
		qos: number,
		retain: boolean,
		now: Ticks,
	): Status {
		this.#note("message", now, topicName, `q${qos}`, retain, Buffer.from(payload).toString());
		return this.taken;
	}

	onAcknowledged(packetId: number, first: number, last: number, now: Ticks): void {
		this.#note("acknowledged", now, packetId, first, last);
	}

	onRedeliver(first: number, last: number, into: Uint8Array, start: number): number {
		this.#note("redeliver", at(0), first, last);
		if (typeof this.redelivered === "number") return this.redelivered;
		const bytes = new TextEncoder().encode(this.redelivered);
		if (start + bytes.length > into.length) return -Status.NoRoom;
		into.set(bytes, start);
		return bytes.length;
	}

	onSubscribed(packetId: number, granted: readonly number[], now: Ticks): void {
		this.#note("subscribed", now, packetId, granted.join());
	}

	onClosed(status: Status, now: Ticks): void {
		this.#note("closed", now, statusName(status));
	}

	onGivenUp(packetId: number, first: number, last: number, now: Ticks): void {
		this.#note("givenUp", now, packetId, first, last);
	}

	onDowngrade(what: string, asked: number, granted: number, now: Ticks): void {
		this.#note("downgrade", now, what, asked, granted);
	}

	onOversized(topicName: string, now: Ticks): void {
		this.#note("oversized", now, topicName);
	}

	/** Opens and answers with CONNACK; forgets what was sent and told for that. */
	connect(now = 0, sessionPresent = false): void {
		this.open(now);
		this.feed(now, { cmd: "connack", returnCode: 0, sessionPresent });
		this.outlet.take();
		this.take();
	}

	open(now = 0): void {
		const status = this.session.open(this.outlet, at(now));
		if (status !== Status.Ok) throw new Error(`open: ${statusName(status)}`);
	}

	/** Packets from the broker, in one piece. */
	feed(now: number, ...packets: Witnessed[]): Status {
		return this.feedBytes(now, Buffer.concat(packets.map((packet) => witness(packet))));
	}

	feedBytes(now: number, bytes: Uint8Array): Status {
		return this.session.receive(bytes, 0, bytes.length, at(now));
	}

	publish(now: number, text: string, qos: 0 | 1 | 2, topicName = "t"): number {
		const payload = new TextEncoder().encode(text);
		return this.session.publish(topicName, payload, payload.length, qos, false, at(now));
	}

	publishRun(now: number, first: number, last: number, qos: 1 | 2 = 1, text = "run"): number {
		const payload = new TextEncoder().encode(text);
		return this.session.publishRun("t", payload, payload.length, qos, first, last, at(now));
	}

	/** What the host was told since the last call. */
	take(): string[] {
		return this.events.splice(0);
	}

	#note(name: string, now: Ticks, ...words: unknown[]): void {
		this.events.push([name, ...words].join(" "));
		this.within[name]?.(now);
	}
}

/** PUBLISH from the broker. */
export function publishPacket(
	packetId: number,
	qos: 0 | 1 | 2,
	payload = "m",
	dup = false,
): Witnessed {
	const packet = { cmd: "publish", topic: "in", payload, qos, dup, retain: false } as const;
	return qos === 0 ? packet : { ...packet, messageId: packetId };
}
