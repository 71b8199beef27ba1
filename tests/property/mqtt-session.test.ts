import { describe, expect, test } from "@jest/globals";
import { Status, statusName } from "../../firmware/base/status.ts";
import { SessionBuffers } from "../../firmware/mqtt/buffers.ts";
import type { SessionHost } from "../../firmware/mqtt/host.ts";
import { MqttSession, SessionState } from "../../firmware/mqtt/session.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { MemoryBroker } from "../../simulator/broker/broker.ts";
import type { BrokerConnection } from "../../simulator/broker/connection.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { MapKeyValue } from "../support/keyvalue.ts";

const seed = process.env.SEED ?? "20260801";
const scenarios = 1_500;
const steps = 80;

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/**
 * A station and a broker with everything between them that can go wrong, one step at a time.
 * Bytes arrive in pieces of any size, connections break, the station reboots, the broker restarts.
 */
class Scenario implements SessionHost {
	readonly archived: string[] = [];
	readonly taken: string[] = [];
	/** What was published, by its text; of runs also the sequence. */
	readonly runs: { sequence: number; text: string; acknowledged: boolean }[] = [];
	readonly control: string[] = [];
	readonly down: { text: string; qos: 0 | 1 | 2 }[] = [];
	/** Whether broker or station have lost what exactly once hangs on. */
	sessionLost = false;
	now = 0;
	#session: MqttSession;
	#buffers = new SessionBuffers();
	#reserved = 0;
	readonly #random: RandomStream;
	readonly #keyValue = new MapKeyValue();
	readonly #broker: MemoryBroker;
	#connection: BrokerConnection | undefined;
	#up: number[] = [];
	#toStation: number[] = [];
	#room = Number.POSITIVE_INFINITY;
	/** Of all runs of a station. */
	readonly #qos: 1 | 2;
	#handedOver = 0;
	#isHealing = false;

	constructor(random: RandomStream) {
		this.#random = random;
		this.#qos = random.chance(0.3) ? 1 : 2;
		this.#broker = new MemoryBroker({
			inflight: 4,
			onPublish: (_clientId, { payload }) => this.archived.push(textOf(payload)) > 0,
		});
		this.#session = this.#boot();
	}

	get ticks(): Ticks {
		return this.now as Ticks;
	}

	step(): void {
		const actions = [
			() => this.#connect(),
			() => this.#connect(),
			() => this.#publishRun(),
			() => this.#publish(this.#random.below(3) as 0 | 1 | 2),
			() => this.#publishDown(this.#random.below(3) as 0 | 1 | 2),
			() => this.#deliverUp(1 + this.#random.below(60)),
			() => this.#deliverUp(Number.POSITIVE_INFINITY),
			() => this.#deliverDown(1 + this.#random.below(60)),
			() => this.#deliverDown(Number.POSITIVE_INFINITY),
			() => this.#setRoom(this.#random.below(50)),
			() => this.#setRoom(Number.POSITIVE_INFINITY),
			() => this.#cut(),
			() => this.#pass(),
		];
		this.now += this.#random.below(50);
		const fate = this.#random.unit();
		if (fate < 0.02) this.#reboot();
		else if (fate < 0.03) this.#crash();
		else actions[this.#random.below(actions.length)]!();
	}

	/** Nothing goes wrong any more, until nothing is left to do. */
	heal(): void {
		this.#isHealing = true;
		this.#cut();
		this.#setRoom(Number.POSITIVE_INFINITY);
		for (let turn = 0; turn < 400; turn++) {
			this.#connect();
			this.#deliverUp(Number.POSITIVE_INFINITY);
			this.#deliverDown(Number.POSITIVE_INFINITY);
			this.#pump();
		}
	}

	check(): void {
		// What a chip reserves was enough, and comes back when nothing is under way.
		expect(this.#buffers.bytes).toBe(this.#reserved);
		const { input, transmit, control } = this.#buffers;
		expect([input.lent, transmit.lent, control.lent]).toEqual([0, 0, 0]);
		const { inflightCount, maximumQos } = this.#session;
		expect(inflightCount).toBe(0);
		expect(this.runs.filter(({ acknowledged }) => !acknowledged)).toEqual([]);
		const isExact = !this.sessionLost && maximumQos === 2 && this.#qos === 2;
		for (const { text } of this.runs) {
			const times = this.archived.filter((other) => other === text).length;
			if (times < 1 || (isExact && times > 1)) throw new Error(`${text}: ${times}`);
		}
		if (this.sessionLost) return;
		for (const { text, qos } of this.down) {
			const times = this.taken.filter((other) => other === text).length;
			if (qos > 0 && times < 1) throw new Error(`${text}: ${times}`);
			if (qos !== 1 && times > 1) throw new Error(`${text}: ${times}`);
		}
	}

	#boot(): MqttSession {
		const options = { clientId: "c", keepAlive: 60, cleanSession: false, profile: "mqtt" } as const;
		const sizes = { receiveBytes: 256, transmitBytes: 300, controlBytes: 64 };
		this.#buffers = new SessionBuffers(sizes);
		this.#reserved = this.#buffers.bytes;
		return new MqttSession({ ...options, buffers: this.#buffers, keyValue: this.#keyValue }, this);
	}

	#connect(): void {
		if (this.#session.state !== SessionState.Closed) return;
		this.#up = [];
		this.#toStation = [];
		const connection = this.#broker.accept(
			{
				write: (bytes, start, end) => {
					if (connection === this.#connection) this.#toStation.push(...bytes.subarray(start, end));
					return end - start;
				},
				close: () => {},
				reset: () => {},
			},
			undefined,
			this.ticks,
		);
		this.#connection = connection;
		const status = this.#session.open(
			{
				write: (bytes, start, end) => {
					const count = Math.min(end - start, this.#room);
					this.#room -= count;
					this.#up.push(...bytes.subarray(start, start + count));
					return count;
				},
			},
			this.ticks,
		);
		expect(status).toBe(Status.Ok);
	}

	#publishRun(): void {
		const sequence = this.runs.length + 1;
		const text = `run ${sequence} ${"r".repeat(this.#random.below(90))}`;
		this.runs.push({ sequence, text, acknowledged: false });
		this.#pump();
	}

	/** As the uplink does it. */
	#pump(): void {
		for (const { sequence, text, acknowledged } of this.runs) {
			if (acknowledged || sequence <= this.#handedOver || !this.#session.canPublishRun) continue;
			const payload = Buffer.from(text);
			const { length } = payload;
			const result = this.#session.publishRun(
				"up",
				payload,
				length,
				this.#qos,
				sequence,
				sequence,
				this.ticks,
			);
			if (result < 0) return;
			this.#handedOver = sequence;
		}
	}

	#publish(qos: 0 | 1 | 2): void {
		const text = `control ${this.control.length} ${"c".repeat(this.#random.below(40))}`;
		const payload = Buffer.from(text);
		const result = this.#session.publish("up", payload, payload.length, qos, false, this.ticks);
		if (result > 0) this.control.push(text);
	}

	#publishDown(qos: 0 | 1 | 2): void {
		const text = `down ${this.down.length}`;
		if (this.#broker.session("c")?.subscriptions.get("down") !== 2) return;
		this.down.push({ text, qos });
		this.#broker.publish("down", Buffer.from(text), qos, false);
	}

	#deliverUp(count: number): void {
		const bytes = Uint8Array.from(this.#up.splice(0, count));
		if (bytes.length > 0) this.#connection?.receive(bytes, 0, bytes.length, this.ticks);
	}

	#deliverDown(count: number): void {
		const bytes = Uint8Array.from(this.#toStation.splice(0, Math.min(count, 1_024)));
		if (bytes.length === 0 || !this.#session.canReceive) return;
		const status = this.#session.receive(bytes, 0, bytes.length, this.ticks);
		const isFine = status === Status.Ok || this.#session.state === SessionState.Closed;
		if (!isFine || status === Status.ProtocolError || status === Status.Malformed) {
			throw new Error(`receive: ${statusName(status)}`);
		}
		if (status !== Status.Ok) this.#cut();
	}

	#setRoom(room: number): void {
		this.#room = room;
		void this.#session.writable(this.ticks);
	}

	#cut(): void {
		this.#connection?.lost(this.ticks);
		this.#connection = undefined;
		this.#session.lost(
			this.#random.chance(0.9) ? Status.NetworkDown : Status.ConnectionLost,
			this.ticks,
		);
		this.#room = Number.POSITIVE_INFINITY;
	}

	/** Time passes up to the next deadline. */
	#pass(): void {
		const { deadline } = this.#session;
		if (deadline === Number.POSITIVE_INFINITY) return;
		this.now = Math.max(this.now, deadline);
		this.#session.onDeadline(this.ticks);
		if (this.#session.state === SessionState.Closed) this.#cut();
	}

	#reboot(): void {
		if (this.#session.maximumQos < 2) this.sessionLost = true;
		this.#connection?.lost(this.ticks);
		this.#connection = undefined;
		this.#room = Number.POSITIVE_INFINITY;
		this.#session = this.#boot();
		// As the uplink: what is neither acknowledged nor stored with the session is cut again.
		this.#handedOver = this.#session.lastSequence;
	}

	#crash(): void {
		const keepSessions = this.#random.chance(0.5);
		if (!keepSessions) this.sessionLost = true;
		this.#broker.crash(keepSessions);
		this.#cut();
	}

	onOpen(subscribed: boolean, now: Ticks): void {
		if (!subscribed) expect(this.#session.subscribe(["down"], 2, now)).toBeGreaterThan(0);
		if (this.#random.chance(0.3)) this.#publish(1);
	}

	onMessage(_topicName: string, payload: Uint8Array): Status {
		if (!this.#isHealing && this.#random.chance(0.1)) return Status.NotReady;
		this.taken.push(textOf(payload));
		return Status.Ok;
	}

	onAcknowledged(_packetId: number, first: number): void {
		const run = this.runs[first - 1];
		if (run !== undefined) run.acknowledged = true;
		this.#pump();
	}

	onRedeliver(first: number, _last: number, into: Uint8Array, start: number): number {
		const payload = Buffer.from(this.runs[first - 1]!.text);
		if (start + payload.length > into.length) return -Status.NoRoom;
		into.set(payload, start);
		return payload.length;
	}

	onSubscribed(): void {}

	onClosed(): void {}
}

describe("a station and a broker through anything", () => {
	test("1,500 scenarios: nothing is lost, and of QoS 2 nothing comes twice", () => {
		const root = new RandomStream(seed);
		const seen = { runs: 0, exact: 0 };
		for (let index = 0; index < scenarios; index++) {
			const scenario = new Scenario(root.child(`${index}`));
			try {
				for (let step = 0; step < steps; step++) scenario.step();
				scenario.heal();
				scenario.check();
			} catch (error) {
				throw new Error(`seed ${seed}, scenario ${index}: ${(error as Error).message}`, {
					cause: error,
				});
			}
			seen.runs += scenario.runs.length;
			if (!scenario.sessionLost) seen.exact += 1;
		}
		expect(seen.runs).toBeGreaterThan(4 * scenarios);
		expect(seen.exact).toBeGreaterThan(scenarios / 4);
	});
});
