import { type Status, statusName } from "../../firmware/base/status.ts";
import { after } from "../../firmware/base/ticks.ts";
import type { SessionHost, SessionOptions } from "../../firmware/mqtt/host.ts";
import { LinkState, MqttLink } from "../../firmware/mqtt/link.ts";
import type { PacketType, Qos } from "../../firmware/mqtt/packet.ts";
import { MqttSession } from "../../firmware/mqtt/session.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import type { DeviceClock, Turn } from "../../simulator/device/clock.ts";
import { VirtualKeyValue } from "../../simulator/device/storage.ts";
import type { World } from "../../simulator/fleet/world.ts";
import { type Direction, Wire } from "../support/wire.ts";

/** A broker, the way to it, and the means to let time pass. */
export interface BrokerBench {
	readonly world: World;
	/** Name of the broker, as its certificate has it. */
	readonly host: string;
	readonly port: number;
	readonly traits: BrokerTraits;
	/** Lets time pass until the condition holds; throws when it does not in reasonable time. */
	until(condition: () => boolean, what: string): Promise<void>;
	/** Lets so many milliseconds pass. */
	pass(ms: number): Promise<void>;
}

/**
 * Where brokers differ, because the standard leaves them the choice or because they depart from it.
 * The suite checks that each one does what is said of it; the reasons are in docs/brokers.md.
 */
export interface BrokerTraits {
	/** A topic of three levels that begins with `$` and is open to clients. */
	readonly dollarTopic: string;
	/** Whether a client without an identifier is let in, and given one [MQTT-3.1.3-6]. */
	readonly assignsClientIds: boolean;
	/** Whether messages of QoS 0 are kept for a session that is away; §3.1.2.4 leaves it open. */
	readonly keepsQos0: boolean;
	/** Whether a session without a subscription is kept [MQTT-3.1.2-4]. */
	readonly keepsEmptySessions: boolean;
	/** Whether no more than a window of messages is under way to a client at once; §4.4 allows both. */
	readonly holdsBack: boolean;
	/** Whether the will of a connection that is taken over is published [MQTT-3.1.2-8]. */
	readonly publishesWillOnTakeOver: boolean;
	/** The largest QoS at which a retained message reaches a session that is kept. */
	readonly retainedQos: Qos;
	/** Whether a message comes at no higher QoS than its filter was granted [MQTT-3.8.4-6]. */
	readonly lowersQosOfWildcards: boolean;
	/** Whether a retained message comes to a filter with wildcards [MQTT-3.3.1-6]. */
	readonly retainedToWildcards: boolean;
	/** Whether `a/#` matches `a` (§4.7.1.2). */
	readonly matchesParent: boolean;
	/** The QoS at which a message comes that filters of QoS 1, 2 and 0 match [MQTT-3.3.5-1]. */
	readonly overlap: readonly Qos[];
	/** Whether `+` matches a level of no characters [MQTT-4.7.3-4]. */
	readonly matchesEmptyLevels: boolean;
}

export type ClientOptions = Partial<
	Pick<SessionOptions, "cleanSession" | "keepAlive" | "will" | "userName" | "password">
>;

export interface Heard {
	readonly topicName: string;
	readonly text: string;
	readonly payload: Uint8Array;
	readonly qos: Qos;
	readonly retain: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Milliseconds in which whatever is under way arrives. */
const settleMs = 60;

/**
 * The firmware's session and link as a client in a test: it connects when it is told to, and waits
 * for no backoff.
 */
export class BrokerClient implements SessionHost {
	readonly clientId: string;
	readonly heard: Heard[] = [];
	/** Packet identifiers and runs as they were acknowledged. */
	readonly acknowledged: { packetId: number; first: number; last: number }[] = [];
	/** What onOpen was told, connection by connection. */
	readonly opened: boolean[] = [];
	readonly granted: (readonly number[])[] = [];
	/** Names of the reasons for which connections have ended. */
	readonly closed: string[] = [];
	readonly downgrades: string[] = [];
	/** Runs by their first sequence: what a redelivery sends again. */
	readonly runs = new Map<number, Uint8Array>();
	/** What onMessage answers. */
	taken: Status = 0;
	readonly wire: Wire;
	session: MqttSession;
	link: MqttLink;
	readonly #bench: BrokerBench;
	readonly #options: ClientOptions;
	readonly #keyValue = new VirtualKeyValue();
	readonly #clock: DeviceClock;
	readonly #turn: Turn;
	/** Milliseconds that this client did not wait. */
	#skipped = 0;
	#isFrozen = false;

	constructor(bench: BrokerBench, clientId: string, options: ClientOptions = {}) {
		this.#bench = bench;
		this.clientId = clientId;
		this.#options = options;
		const { world } = bench;
		this.#turn = (work) => {
			work();
			this.#arm();
		};
		this.#clock = world.createClock(this.#turn, () => world.now);
		this.#clock.onAlarm = () => this.link.onDeadline(this.now);
		this.wire = new Wire(world.createNetwork(clientId, this.#turn), this.#turn, (action) =>
			world.schedule(0, action),
		);
		this.session = this.#createSession();
		this.link = this.#createLink();
	}

	get now(): Ticks {
		return after(this.#clock.ticks, this.#skipped);
	}

	get isUp(): boolean {
		return this.link.state === LinkState.Up;
	}

	/** Texts of what was heard, in order. */
	get texts(): string[] {
		return this.heard.map(({ text }) => text);
	}

	/** Connects and waits for CONNACK; throws with the reason when it does not come. */
	async connect(): Promise<this> {
		const failures = this.closed.length;
		const connections = this.opened.length;
		this.#isFrozen = false;
		this.#turn(() => {
			this.link.start(this.now);
			this.#skipped += Math.max(0, this.link.deadline - this.now);
			this.link.onDeadline(this.now);
		});
		const isOpen = (): boolean => this.opened.length > connections;
		const isOver = (): boolean => isOpen() || this.link.state === LinkState.Waiting;
		await this.#bench.until(isOver, `an answer to CONNECT of ${this.clientId}`);
		if (!isOpen()) throw new Error(`no connection: ${this.closed.slice(failures)}`);
		return this;
	}

	/** Says DISCONNECT and waits until the link has stopped. */
	async disconnect(): Promise<void> {
		this.#turn(() => this.link.stop(this.now));
		await this.until(() => this.link.state === LinkState.Stopped, "the end of the connection");
	}

	/** Ends the connection without DISCONNECT. */
	async drop(): Promise<void> {
		this.wire.end();
		await this.until(() => !this.isUp, "the link has heard of the end");
	}

	/** Lets `work` happen and the connection end before the next packet of a type passes. */
	async dropBefore(direction: Direction, type: PacketType, work: () => void): Promise<void> {
		this.wire.cutBefore = { direction, type };
		work();
		await this.until(() => !this.isUp, `the cut before ${direction} ${type}`);
	}

	/** Stops all timers: no PINGREQ is sent any more. */
	freeze(): void {
		this.#isFrozen = true;
		this.#arm();
	}

	/** Loses everything but what is stored, as a power cut does, while the connection is down. */
	reboot(): void {
		this.session = this.#createSession();
		this.link = this.#createLink();
	}

	/** Publishes; returns the packet identifier. Throws when it was not taken. */
	publish(topicName: string, content: string | Uint8Array, qos: Qos = 0, retain = false): number {
		const payload = typeof content === "string" ? encoder.encode(content) : content;
		return this.#send((now) =>
			this.session.publish(topicName, payload, payload.length, qos, retain, now),
		);
	}

	/** The same at QoS 0, once there is room for it. */
	async publishSoon(topicName: string, text: string): Promise<void> {
		const payload = encoder.encode(text);
		await this.until(() => {
			let result = 0;
			this.#turn(() => {
				result = this.session.publish(topicName, payload, payload.length, 0, false, this.now);
			});
			return result === 0;
		}, "room for one more");
	}

	/** Publishes a run that stands for the observations `first` to `last`. */
	publishRun(topicName: string, first: number, last: number, qos: 1 | 2, size = 50): number {
		const text = `${first}..${last} `.padEnd(size, "x");
		const payload = encoder.encode(text);
		this.runs.set(first, payload);
		return this.#send((now) =>
			this.session.publishRun(topicName, payload, payload.length, qos, first, last, now),
		);
	}

	/** Subscribes and waits for SUBACK; returns what was granted. */
	async subscribe(qos: Qos, ...filters: string[]): Promise<readonly number[]> {
		const before = this.granted.length;
		this.#send((now) => this.session.subscribe(filters, qos, now));
		await this.until(() => this.granted.length > before, "SUBACK");
		return this.granted.at(-1)!;
	}

	/** Unsubscribes and waits for UNSUBACK. */
	async unsubscribe(...filters: string[]): Promise<void> {
		const before = this.wire.passed("down unsuback").length;
		this.#send((now) => this.session.unsubscribe(filters, now));
		await this.until(() => this.wire.passed("down unsuback").length > before, "UNSUBACK");
	}

	/** Waits until so many messages were heard, and then for those that should not come. */
	async hears(count: number): Promise<void> {
		await this.until(() => this.heard.length >= count, `message ${count} of ${this.clientId}`);
		await this.#bench.pass(settleMs);
	}

	/** The same, with a new connection whenever one ends. */
	async hearsInTheEnd(count: number): Promise<void> {
		while (this.heard.length < count) {
			if (!this.isUp) await this.connect();
			const isOver = (): boolean => this.heard.length >= count || !this.isUp;
			await this.until(isOver, `message ${count} of ${this.clientId}`);
		}
		await this.#bench.pass(settleMs);
	}

	/** Waits until every message is acknowledged. */
	async delivered(): Promise<void> {
		await this.until(() => this.session.inflightCount === 0, `${this.clientId} has delivered`);
	}

	until(condition: () => boolean, what: string): Promise<void> {
		return this.#bench.until(condition, what);
	}

	onOpen(subscribed: boolean): void {
		this.opened.push(subscribed);
	}

	onMessage(topicName: string, payload: Uint8Array, qos: Qos, retain: boolean): Status {
		if (this.taken !== 0) return this.taken;
		const copy = payload.slice();
		this.heard.push({ topicName, text: decoder.decode(copy), payload: copy, qos, retain });
		return this.taken;
	}

	onAcknowledged(packetId: number, first: number, last: number): void {
		this.acknowledged.push({ packetId, first, last });
	}

	onRedeliver(first: number, _last: number, into: Uint8Array, start: number): number {
		const payload = this.runs.get(first)!;
		into.set(payload, start);
		return payload.length;
	}

	onSubscribed(_packetId: number, granted: readonly number[]): void {
		this.granted.push(granted);
	}

	onClosed(status: Status): void {
		this.closed.push(statusName(status));
	}

	onDowngrade(what: string, asked: Qos, granted: number): void {
		this.downgrades.push(`${what} ${asked} to ${granted}`);
	}

	#createSession(): MqttSession {
		const { clientId } = this;
		return new MqttSession(
			{
				clientId,
				keepAlive: 60,
				cleanSession: false,
				profile: "mqtt",
				keyValue: this.#keyValue,
				...this.#options,
			},
			this,
		);
	}

	#createLink(): MqttLink {
		const { host, port } = this.#bench;
		return new MqttLink({
			network: this.wire,
			endpoint: host,
			port,
			session: this.session,
			random: { next: () => 0 },
			clockIsSet: () => true,
			ticks: () => this.now,
			log: () => {},
		});
	}

	#send(work: (now: Ticks) => number): number {
		let result = 0;
		this.#turn(() => {
			result = work(this.now);
		});
		if (result < 0) throw new Error(`not taken: ${statusName(-result)}`);
		return result;
	}

	/** A link that waits for its next attempt waits for `connect`. */
	#arm(): void {
		const waits = this.#isFrozen || this.link.state === LinkState.Waiting;
		const deadline = waits ? Number.POSITIVE_INFINITY : this.link.deadline - this.#skipped;
		this.#clock.setAlarm(deadline as Ticks);
	}
}
