import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import { Limits } from "../../../firmware/limits.ts";
import type { SessionHost } from "../../../firmware/mqtt/host.ts";
import { MqttSession, SessionState } from "../../../firmware/mqtt/session.ts";
import type { KeyValue } from "../../../firmware/ports/storage.ts";
import { MemoryBroker } from "../../../simulator/broker/broker.ts";
import type { BrokerConnection } from "../../../simulator/broker/connection.ts";
import { MapKeyValue } from "../../support/keyvalue.ts";
import { at, publishPacket, SessionBench } from "./bench.ts";

const now = at(0);

/**
 * Everything that outlives the station's power: storage, what the application has done, the
 * broker. After `steps` effects nothing has an effect any more, until the power is back.
 */
class World {
	readonly items = new Map<string, Uint8Array>();
	/** Runs that the outbox knows to be acknowledged, by their first sequence. */
	readonly acknowledged = new Set<number>();
	/** Payloads of the messages that the application took. */
	readonly taken: string[] = [];
	/** Payloads that reached the broker's archive. */
	readonly archived: string[] = [];
	readonly broker: MemoryBroker;
	/** What the last effect was. */
	last = "";
	steps: number;

	constructor(steps: number) {
		this.steps = steps;
		this.broker = new MemoryBroker({
			onPublish: (_clientId, { payload }) => {
				this.archived.push(Buffer.from(payload).toString());
				return true;
			},
		});
	}

	get isDead(): boolean {
		return this.steps <= 0;
	}

	/** Does it, unless the power is gone; one step of the count. */
	effect(name: string, work: () => void): void {
		if (this.isDead) return;
		this.steps -= 1;
		this.last = name;
		work();
	}
}

class WorldStorage implements KeyValue {
	readonly #world: World;
	/** Whether the next writes fail. */
	isBroken = false;

	constructor(world: World) {
		this.#world = world;
	}

	read(key: string): Uint8Array | undefined {
		return this.#world.items.get(key);
	}

	write(key: string, value: Uint8Array): void {
		if (this.isBroken) throw new Error("worn out");
		const copy = value.slice();
		this.#world.effect(`write ${key}`, () => this.#world.items.set(key, copy));
	}

	delete(key: string): void {
		if (this.isBroken) throw new Error("worn out");
		this.#world.effect(`delete ${key}`, () => this.#world.items.delete(key));
	}
}

const runs = [
	{ first: 1, last: 3, payload: "run 1" },
	{ first: 4, last: 9, payload: "run 4" },
	{ first: 10, last: 10, payload: "run 10" },
] as const;

/** One life of the station, from power-on to power-off, in contact with the broker throughout. */
class Life implements SessionHost {
	readonly storage: WorldStorage;
	readonly session: MqttSession;
	readonly #world: World;
	#connection: BrokerConnection | undefined;
	readonly #toBroker: Uint8Array[] = [];
	readonly #toStation: Uint8Array[] = [];

	constructor(world: World) {
		this.#world = world;
		this.storage = new WorldStorage(world);
		const options = { clientId: "c", keepAlive: 60, cleanSession: false, profile: "mqtt" } as const;
		this.session = new MqttSession({ ...options, keyValue: this.storage }, this);
	}

	connect(): void {
		const { broker } = this.#world;
		const transport = {
			write: (bytes: Uint8Array, start: number, end: number) => {
				this.#toStation.push(bytes.slice(start, end));
				return end - start;
			},
			close: () => {},
			reset: () => {},
		};
		this.#connection = broker.accept(transport, undefined, now);
		this.session.open(
			{
				write: (bytes, start, end) => {
					const copy = bytes.slice(start, end);
					this.#world.effect("send", () => this.#toBroker.push(copy));
					return end - start;
				},
			},
			now,
		);
		this.settle();
	}

	/** Lets bytes go both ways until none is left. */
	settle(): void {
		while (this.#toBroker.length + this.#toStation.length > 0) {
			const up = this.#toBroker.shift();
			if (up !== undefined) this.#connection!.receive(up, 0, up.length, now);
			const down = this.#toStation.shift();
			if (down === undefined || this.#world.isDead) continue;
			// What has arrived stays arrived, but nobody is there to hear it once the power is gone.
			const status = this.session.receive(down, 0, down.length, now);
			if (status !== Status.Ok) throw new Error(`session ended with ${status}`);
		}
	}

	/** As the uplink does: what is neither acknowledged nor under way. */
	publishRuns(): void {
		for (const { first, last, payload } of runs) {
			if (this.#world.acknowledged.has(first) || first <= this.session.lastSequence) continue;
			const bytes = new TextEncoder().encode(payload);
			this.session.publishRun("up", bytes, bytes.length, 2, first, last, now);
		}
	}

	publish(text: string): number {
		const bytes = new TextEncoder().encode(text);
		return this.session.publish("control", bytes, bytes.length, 2, true, now);
	}

	onOpen(): void {
		this.session.subscribe(["down"], 2, now);
	}

	onMessage(_topicName: string, payload: Uint8Array): Status {
		const text = Buffer.from(payload).toString();
		this.#world.effect("take", () => this.#world.taken.push(text));
		return Status.Ok;
	}

	onAcknowledged(_packetId: number, first: number): void {
		if (first > 0) this.#world.effect("acknowledge", () => this.#world.acknowledged.add(first));
	}

	onRedeliver(first: number, _last: number, into: Uint8Array, start: number): number {
		const run = runs.find((run) => run.first === first)!;
		const bytes = new TextEncoder().encode(run.payload);
		into.set(bytes, start);
		return bytes.length;
	}

	onSubscribed(): void {}

	onClosed(): void {}
}

/** Lives until everything is done or the power fails; both directions at once. */
function live(life: Life): void {
	life.connect();
	life.publishRuns();
	life.settle();
}

/** Packet identifier of the first run in a life: 1 goes to SUBSCRIBE. */
const firstPacketId = 2;

/** Second byte of a stored delivery. */
const storedAsReleased = 2;

const downward = ["down 1", "down 2", "down 3"];

/** A world in which the station has subscribed, and messages wait for it. */
function prepare(steps: number): World {
	const world = new World(Number.POSITIVE_INFINITY);
	const first = new Life(world);
	first.connect();
	first.session.lost(Status.ConnectionLost, now);
	for (const text of downward) world.broker.publish("down", Buffer.from(text), 2, false);
	world.steps = steps;
	return world;
}

/** How many effects a life without a power cut has. */
function countSteps(): number {
	const world = prepare(1_000);
	live(new Life(world));
	return 1_000 - world.steps;
}

describe("QoS 2 over a power cut", () => {
	const steps = countSteps();

	test("there are enough places to cut", () => {
		expect(steps).toBeGreaterThan(25);
	});

	test("at every effect, and again in the life after it: every run once, while the broker keeps its session", () => {
		for (let first = 0; first <= steps; first++) {
			for (let second = 0; second <= steps; second++) {
				const world = prepare(first);
				live(new Life(world));
				world.steps = second;
				live(new Life(world));
				world.steps = Number.POSITIVE_INFINITY;
				const life = new Life(world);
				live(life);
				const place = `cut after ${first} and ${second}`;
				expect([place, world.archived]).toEqual([place, runs.map(({ payload }) => payload)]);
				expect(world.acknowledged.size).toBe(runs.length);
				expect(life.session.inflightCount).toBe(0);
				expect([...world.items.keys()].filter((key) => key.startsWith("mqtt.out"))).toEqual([]);
			}
		}
	});

	test("every message from the broker once, but for a cut between taking it and storing that", () => {
		const doubled: string[] = [];
		let stored = 0;
		for (let first = 0; first <= steps; first++) {
			const world = prepare(first);
			live(new Life(world));
			const last = world.isDead ? world.last : "";
			world.steps = Number.POSITIVE_INFINITY;
			live(new Life(world));
			const place = `cut after ${first}, ${last}`;
			expect([place, [...new Set(world.taken)]]).toEqual([place, downward]);
			if (world.taken.length > downward.length) doubled.push(last);
			if (last === "write mqtt.received") stored += 1;
			expect(world.taken.length).toBeLessThanOrEqual(downward.length + 1);
		}
		expect(doubled).toEqual(downward.map(() => "take"));
		expect(stored).toBe(2 * downward.length);
	});

	/**
	 * Left out is a power cut between a CONNECT and the moment at which its CONNACK has been dealt with: the
	 * session that this CONNECT makes is taken for the old one in the next life, and no client of
	 * MQTT 3.1.1 can know better.
	 */
	test("and a broker that lost its session in between: every run at least once", () => {
		for (let first = 0; first <= steps; first++) {
			for (let second = 0; second <= steps; second++) {
				const world = prepare(first);
				live(new Life(world));
				// Method A of §4.3.3 keeps a message with the session until PUBREL, and loses both together.
				const unreleased = world.broker.session("c")!.received;
				const isLost = (payload: string): boolean =>
					unreleased.has(firstPacketId + runs.findIndex((run) => run.payload === payload));
				world.archived.splice(0, Infinity, ...world.archived.filter((text) => !isLost(text)));
				world.broker.crash(false);
				const released = [...world.items.values()].filter((item) => item[1] === storedAsReleased);
				if (second >= 1 && second < 1 + released.length) continue;
				world.steps = second;
				live(new Life(world));
				world.steps = Number.POSITIVE_INFINITY;
				live(new Life(world));
				const place = `cut after ${first} and ${second}`;
				const distinct = [...new Set(world.archived)].sort();
				expect([place, distinct]).toEqual([place, runs.map(({ payload }) => payload).sort()]);
				expect(world.acknowledged.size).toBe(runs.length);
			}
		}
	});

	test.each([
		["released", true, [{ cmd: "pubrel", messageId: 6 }]],
		["of a session that the broker lost", false, []],
	] as const)(
		"a packet identifier that was %s can be used anew after it",
		(_name, kept, packets) => {
			const keyValue = new MapKeyValue();
			const before = new SessionBench({ keyValue });
			before.connect();
			before.feed(1, publishPacket(6, 2, "a"), ...packets);
			before.session.lost(Status.ConnectionLost, now);
			if (!kept) before.connect(2, false);
			const after = new SessionBench({ keyValue });
			after.connect(3, true);
			after.feed(3, publishPacket(6, 2, "b"));
			expect(after.take()).toEqual(["message in q2 false b"]);
		},
	);

	test("once the broker is known to have lost its session, PUBREL is not enough after a reboot", () => {
		const keyValue = new MapKeyValue();
		const before = new SessionBench({ keyValue });
		before.connect();
		const messageId = before.publishRun(0, 1, 2, 2);
		before.feed(0, { cmd: "pubrec", messageId });
		before.session.lost(Status.ConnectionLost, now);
		before.open();
		before.outlet.room = 0;
		before.feed(0, { cmd: "connack", returnCode: 0, sessionPresent: false });
		const after = new SessionBench({ keyValue });
		after.open();
		after.feed(0, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(after.outlet.take()).toEqual(["connect", `publish ${messageId} q2 dup t=again`]);
	});

	test("what was lowered to QoS 1 is known after a reboot too, or the host would leave it out", () => {
		const keyValue = new MapKeyValue();
		const before = new SessionBench({ keyValue });
		for (let count = 0; count < Limits.qos2Refusals; count++) {
			before.connect(count, true);
			if (count === 0) before.publishRun(0, 1, 5, 2);
			before.session.lost(Status.ConnectionLost, now);
		}
		expect(before.session.maximumQos).toBe(1);
		expect(new SessionBench({ keyValue }).session.lastSequence).toBe(5);
		before.connect(9, true);
		before.feed(9, { cmd: "puback", messageId: 1 });
		expect(keyValue.items.size).toBe(0);
	});

	test("with AWS what was under way at QoS 2 goes on at QoS 1", () => {
		const keyValue = new MapKeyValue();
		const before = new SessionBench({ keyValue });
		before.connect();
		before.publishRun(0, 1, 5, 2);
		const after = new SessionBench({ keyValue, profile: "aws" });
		after.open();
		after.feed(0, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(after.outlet.take()).toEqual(["connect", "publish 1 q1 t=again"]);
	});

	test("a control message comes back with its payload, topic, RETAIN and place", () => {
		const world = new World(Number.POSITIVE_INFINITY);
		const life = new Life(world);
		life.connect();
		world.steps = 2; // the item and the PUBLISH, but not its PUBREC
		expect(life.publish("kept")).toBeGreaterThan(0);
		world.steps = 0;
		const bench = new SessionBench({ keyValue: new WorldStorage(world) });
		expect(bench.session.inflightCount).toBe(1);
		bench.open();
		bench.feed(1, { cmd: "connack", returnCode: 0, sessionPresent: true });
		expect(bench.outlet.take()[1]).toMatch(/^publish \d+ q2 dup retain control=kept$/);
	});
});

describe("storage", () => {
	test("holds only what fits an item; more is refused at QoS 2, not at QoS 1", () => {
		const world = new World(Number.POSITIVE_INFINITY);
		const life = new Life(world);
		life.connect();
		expect(life.publish("x".repeat(Limits.keyValueBytes))).toBe(-Status.TooLong);
		expect(life.session.inflightCount).toBe(0);
		expect(life.publish("x".repeat(Limits.keyValueBytes - 64))).toBeGreaterThan(0);
	});

	test("that fails refuses QoS 2, and harms nothing that is under way", () => {
		const world = new World(Number.POSITIVE_INFINITY);
		const life = new Life(world);
		life.connect();
		life.publishRuns();
		life.storage.isBroken = true;
		world.broker.publish("down", Buffer.from("m"), 2, false);
		life.settle();
		expect(life.publish("x")).toBe(-Status.StorageFailed);
		expect(world.archived).toHaveLength(runs.length);
		expect(world.acknowledged.size).toBe(runs.length);
		expect(world.taken).toEqual(["m"]);
		expect(life.session.state).toBe(SessionState.Open);
	});

	test("that cannot be read, or holds something else, is as empty", () => {
		const broken: KeyValue = {
			read: () => {
				throw new Error("worn out");
			},
			write: () => {},
			delete: () => {},
		};
		expect(new SessionBench({ keyValue: broken }).session.inflightCount).toBe(0);
		const world = new World(Number.POSITIVE_INFINITY);
		const life = new Life(world);
		life.connect();
		world.steps = 2;
		life.publish("kept");
		const [key, item] = [...world.items].find(([key]) => key.startsWith("mqtt.out"))!;
		for (let length = 0; length < item.length - 4; length++) {
			world.items.set(key, item.subarray(0, length));
			expect(new SessionBench({ keyValue: new WorldStorage(world) }).session.inflightCount).toBe(0);
		}
		for (let at = 0; at < item.length; at++) {
			for (const byte of [0, 1, 2, 3, 0x7f, 0xff]) {
				const damaged = item.slice();
				damaged[at] = byte;
				world.items.set(key, damaged);
				world.items.set("mqtt.received", damaged);
				const bench = new SessionBench({ keyValue: new WorldStorage(world) });
				expect(bench.session.inflightCount).toBeLessThanOrEqual(1);
				bench.connect(0, true);
			}
		}
	});

	test("is not written for QoS 0 and 1, and at most three times for a QoS 2 run", () => {
		const world = new World(Number.POSITIVE_INFINITY);
		const life = new Life(world);
		life.connect();
		world.steps = 1_000;
		const payload = Uint8Array.from([1]);
		life.session.publish("t", payload, 1, 0, false, now);
		life.session.publish("t", payload, 1, 1, false, now);
		life.settle();
		expect([...world.items.keys()]).toEqual([]);
		const names: string[] = [];
		const { effect } = world;
		world.effect = (name, work) => {
			names.push(name);
			effect.call(world, name, work);
		};
		life.session.publishRun("up", payload, 1, 2, 1, 1, now);
		life.settle();
		expect(
			names.filter((name) => /^(write|delete)/.test(name)).map((name) => name.split(" ")[0]),
		).toEqual(["write", "write", "delete"]);
	});
});
