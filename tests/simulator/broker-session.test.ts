import { describe, expect, test } from "@jest/globals";
import { Status } from "../../firmware/base/status.ts";
import type { SessionHost } from "../../firmware/mqtt/host.ts";
import { MqttSession, SessionState } from "../../firmware/mqtt/session.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { MemoryBroker } from "../../simulator/broker/broker.ts";
import type { BrokerConnection } from "../../simulator/broker/connection.ts";

type Qos = 0 | 1 | 2;
type Direction = "up" | "down";

const now = 0 as Ticks;
const encoder = new TextEncoder();

/** The firmware's session and the simulator's broker on a wire that breaks after so many bytes. */
class Exchange implements SessionHost {
	readonly broker: MemoryBroker;
	readonly session: MqttSession;
	/** What reached the broker's owner, and what reached the application. */
	readonly archived: string[] = [];
	readonly taken: string[] = [];
	acknowledged = 0;
	/** Bytes that the wire still carries. */
	readonly budget = { up: Number.POSITIVE_INFINITY, down: Number.POSITIVE_INFINITY };
	readonly carried = { up: 0, down: 0 };
	/** Bytes of a piece; 1 delivers byte by byte. */
	segment = Number.POSITIVE_INFINITY;
	readonly #queues: Record<Direction, number[]> = { up: [], down: [] };
	#connection: BrokerConnection | undefined;

	constructor() {
		this.broker = new MemoryBroker({
			onPublish: (_clientId, { payload }) => {
				this.archived.push(Buffer.from(payload).toString());
				return true;
			},
		});
		const options = { clientId: "c", keepAlive: 60, cleanSession: false, profile: "mqtt" } as const;
		this.session = new MqttSession(options, this);
	}

	connect(): void {
		const put = (direction: Direction) => (bytes: Uint8Array, start: number, end: number) => {
			for (let index = start; index < end; index++) this.#queues[direction].push(bytes[index]!);
			return end - start;
		};
		const transport = { write: put("down"), close: () => {}, reset: () => {} };
		this.#connection = this.broker.accept(transport, undefined, now);
		this.session.open({ write: put("up") }, now);
		this.settle();
	}

	/** Carries bytes until there are none, or until the wire breaks; both ends hear of that. */
	settle(): void {
		while (this.#queues.up.length + this.#queues.down.length > 0) {
			this.#carry("up", (bytes) => this.#connection!.receive(bytes, 0, bytes.length, now));
			this.#carry("down", (bytes) => {
				const status = this.session.receive(bytes, 0, bytes.length, now);
				if (status !== Status.Ok) throw new Error(`session ended with ${status}`);
			});
			if (this.budget.up > 0 && this.budget.down > 0) continue;
			this.cut();
		}
	}

	cut(): void {
		this.#queues.up.length = 0;
		this.#queues.down.length = 0;
		this.#connection!.lost(now);
		this.session.lost(Status.ConnectionLost, now);
	}

	publish(text: string, qos: Qos): void {
		const payload = encoder.encode(text);
		this.session.publish("up", payload, payload.length, qos, false, now);
	}

	onOpen(subscribed: boolean): void {
		if (!subscribed) this.session.subscribe(["down"], 2, now);
	}

	onMessage(_topicName: string, payload: Uint8Array): Status {
		this.taken.push(Buffer.from(payload).toString());
		return Status.Ok;
	}

	onAcknowledged(): void {
		this.acknowledged += 1;
	}

	onRedeliver(): number {
		return -Status.NotFound;
	}

	onSubscribed(): void {}

	onClosed(): void {}

	#carry(direction: Direction, deliver: (bytes: Uint8Array) => void): void {
		const count = Math.min(this.#queues[direction].length, this.budget[direction], this.segment);
		const bytes = Uint8Array.from(this.#queues[direction].splice(0, count));
		this.budget[direction] -= count;
		this.carried[direction] += count;
		if (count > 0) deliver(bytes);
	}
}

/** Publishes in both directions at one QoS, over a wire that breaks once, and then heals. */
function exchange(qos: Qos, direction: Direction, offset: number, segment: number): Exchange {
	const both = new Exchange();
	both.connect();
	both.segment = segment;
	both.carried.up = 0;
	both.carried.down = 0;
	both.budget[direction] = offset;
	for (const text of ["1", "2"]) {
		both.publish(text, qos);
		both.broker.publish("down", encoder.encode(text), qos, false);
	}
	if (offset === 0) both.cut();
	else both.settle();
	both.budget[direction] = Number.POSITIVE_INFINITY;
	if (both.session.state === SessionState.Closed) both.connect();
	both.settle();
	return both;
}

describe.each<[Qos, number]>([
	[1, Number.POSITIVE_INFINITY],
	[1, 1],
	[2, Number.POSITIVE_INFINITY],
	[2, 1],
])("QoS %d in pieces of %d", (qos, segment) => {
	test.each<Direction>(["up", "down"])(
		"the wire breaks at every byte on its way %s",
		(direction) => {
			const whole = exchange(qos, direction, Number.POSITIVE_INFINITY, segment);
			const length = whole.carried[direction];
			expect(length).toBeGreaterThan(15);
			for (let offset = 0; offset <= length; offset++) {
				const { archived, taken, acknowledged, session, broker } = exchange(
					qos,
					direction,
					offset,
					segment,
				);
				const place = `after ${offset} bytes`;
				if (qos === 2) {
					expect([place, archived]).toEqual([place, ["1", "2"]]);
					expect([place, taken]).toEqual([place, ["1", "2"]]);
				}
				expect([place, [...new Set(archived)]]).toEqual([place, ["1", "2"]]);
				expect([place, [...new Set(taken)]]).toEqual([place, ["1", "2"]]);
				expect(acknowledged).toBe(2);
				expect(session.inflightCount).toBe(0);
				expect(broker.session("c")!.outgoing).toEqual([]);
				expect(broker.session("c")!.received.size).toBe(0);
			}
		},
	);
});
