import { describe, expect, test } from "@jest/globals";
import { Status } from "../../firmware/base/status.ts";
import { Durations } from "../../firmware/limits.ts";
import type { SessionHost } from "../../firmware/mqtt/host.ts";
import { LinkState, MqttLink } from "../../firmware/mqtt/link.ts";
import { MqttSession } from "../../firmware/mqtt/session.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { MemoryBroker } from "../../simulator/broker/broker.ts";
import { BrokerListener } from "../../simulator/broker/listener.ts";
import { type PathOptions, VirtualNetwork, VirtualPath } from "../../simulator/device/socket.ts";
import { VirtualClock } from "../../simulator/kernel/clock.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";

const endpoint = "broker.example";
const port = 8883;
const keepAlive = 60;

/** A broker and one station on the simulated network. */
class Scene implements SessionHost {
	readonly clock: VirtualClock;
	readonly network: VirtualNetwork;
	readonly archived: string[] = [];
	readonly principals: (string | undefined)[] = [];
	readonly broker: MemoryBroker;
	readonly listener: BrokerListener;
	readonly path: VirtualPath;
	readonly session: MqttSession;
	readonly link: MqttLink;
	readonly taken: string[] = [];
	readonly #alarm: number;

	/** @param other  whose network and broker it shares, as another station with the same identity */
	constructor(options: PathOptions = {}, other?: Scene) {
		const random = new RandomStream(other === undefined ? 7 : 8);
		this.clock = other?.clock ?? new VirtualClock();
		this.network = other?.network ?? new VirtualNetwork(this.clock);
		this.broker =
			other?.broker ??
			new MemoryBroker({
				onConnect: (_request, principal) => {
					this.principals.push(principal);
					return 0;
				},
				onPublish: (_clientId, { payload }) =>
					this.archived.push(Buffer.from(payload).toString()) > 0,
			});
		this.listener = other?.listener ?? new BrokerListener(this.broker, this.clock);
		this.network.listen(endpoint, port, this.listener);
		this.path = new VirtualPath(
			this.network,
			"station-1",
			random.child("path"),
			(work) => work(),
			options,
		);
		const will = {
			topicName: "will",
			payload: Uint8Array.of(0x78),
			qos: 1,
			retain: false,
		} as const;
		this.session = new MqttSession(
			{ clientId: "station-1", keepAlive, cleanSession: false, profile: "local", will },
			this,
		);
		this.link = new MqttLink({
			network: this.path,
			endpoint,
			port,
			session: this.session,
			random: random.child("link"),
			log: () => {},
			clockIsSet: () => true,
			ticks: () => this.now,
			onEvent: () => this.arm(),
		});
		this.#alarm = this.clock.reserve(() => {
			this.link.onDeadline(this.now);
			this.arm();
		});
		this.link.start(this.now);
		this.arm();
	}

	get now(): Ticks {
		return this.clock.now as Ticks;
	}

	arm(): void {
		this.clock.set(this.#alarm, this.link.deadline);
	}

	run(duration: number): void {
		this.clock.runUntil(this.clock.now + duration);
	}

	publish(text: string, qos: 0 | 1 | 2): number {
		const payload = new TextEncoder().encode(text);
		const result = this.session.publish("up", payload, payload.length, qos, false, this.now);
		this.arm();
		return result;
	}

	onOpen(subscribed: boolean, now: Ticks): void {
		if (!subscribed) this.session.subscribe(["down/+"], 2, now);
	}

	onMessage(_topicName: string, payload: Uint8Array): Status {
		this.taken.push(Buffer.from(payload).toString());
		return Status.Ok;
	}

	onAcknowledged(): void {}

	onRedeliver(): number {
		return -Status.NotFound;
	}

	onSubscribed(): void {}

	onClosed(): void {}
}

describe("a station and a broker on the simulated network", () => {
	test.each<[string, PathOptions]>([
		["a good path", {}],
		["a bad one", { jitter: 300, loss: 0.1, window: 64, segment: 20 }],
		["byte by byte", { segment: 1, window: 9 }],
	])("messages of every QoS go both ways, over %s", (_name, options) => {
		const scene = new Scene(options);
		scene.run(60_000);
		expect(scene.link.state).toBe(LinkState.Up);
		expect(scene.principals).toEqual(["station-1"]);
		const texts = ["0", "1", "2"].map((digit) => digit.repeat(100));
		for (const [qos, text] of texts.entries()) {
			scene.publish(text, qos as 0 | 1 | 2);
			scene.broker.publish("down/x", Buffer.from(text), qos as 0 | 1 | 2, false);
		}
		scene.run(60_000);
		expect(scene.archived).toEqual(texts);
		expect(scene.taken).toEqual(texts);
		expect(scene.session.inflightCount).toBe(0);
	});

	test("PINGREQ keeps an idle connection for a day", () => {
		const scene = new Scene();
		scene.run(86_400_000);
		expect(scene.link.connects).toBe(1);
		expect(scene.broker.isConnected("station-1")).toBe(true);
	});

	test.each([
		["up", true, false],
		["down", false, true],
		["both ways", true, true],
	])("a path that is dead %s is noticed at both ends, and nothing is lost", (_name, up, down) => {
		const scene = new Scene();
		scene.run(30_000);
		scene.path.block(up, down);
		scene.publish("while dead", 2);
		scene.run((keepAlive * 1.5 + 1) * 1_000);
		expect(scene.broker.isConnected("station-1")).toBe(false);
		expect(scene.link.reasonCount(Status.AcknowledgementTimedOut)).toBe(1);
		scene.path.block(false, false);
		scene.run(Durations.backoffCap + 60_000);
		expect(scene.link.state).toBe(LinkState.Up);
		expect(scene.archived.filter((text) => text === "while dead")).toHaveLength(1);
	});

	test("a crash of the broker, with and without its sessions on disk", () => {
		for (const keepSessions of [true, false]) {
			const scene = new Scene();
			scene.run(30_000);
			scene.broker.crash(keepSessions);
			scene.network.stopListening(endpoint, port);
			scene.run(60_000);
			expect(scene.link.reasonCount(Status.ConnectionRefused)).toBeGreaterThan(2);
			scene.network.listen(endpoint, port, scene.listener);
			scene.run(Durations.backoffCap);
			expect(scene.link.connects).toBe(2);
			scene.broker.publish("down/x", Buffer.from("after"), 2, false);
			scene.run(1_000);
			expect(scene.taken).toEqual(["after"]);
			expect(scene.archived).toEqual([]);
		}
	});

	test("stop says DISCONNECT: the broker keeps the will to itself", () => {
		const scene = new Scene();
		scene.run(30_000);
		scene.link.stop(scene.now);
		scene.arm();
		scene.run(2_000);
		expect(scene.link.state).toBe(LinkState.Stopped);
		expect(scene.broker.isConnected("station-1")).toBe(false);
		expect(scene.archived).toEqual([]);
	});

	test("a station that goes without a word is missed after one and a half keep-alives", () => {
		const scene = new Scene();
		scene.run(30_000);
		scene.path.cut();
		scene.link.stop(scene.now);
		scene.run(keepAlive * 1_500);
		expect(scene.broker.isConnected("station-1")).toBe(false);
		expect(scene.archived).toEqual(["x"]);
	});

	test("two that say they are the same do not fight for ever without a pause", () => {
		const scene = new Scene();
		const rival = new Scene({}, scene);
		scene.run(600_000);
		const kicks = scene.link.reasonCount(Status.Kicked) + rival.link.reasonCount(Status.Kicked);
		expect(kicks).toBeGreaterThan(4);
		// Without patience each would kick the other once a second.
		expect(scene.link.connects + rival.link.connects).toBeLessThan(60);
	});
});
