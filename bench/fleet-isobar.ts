import { Status, statusName } from "../firmware/base/status.ts";
import { SessionBuffers } from "../firmware/mqtt/buffers.ts";
import type { SessionHost } from "../firmware/mqtt/host.ts";
import { MqttLink } from "../firmware/mqtt/link.ts";
import { MqttSession } from "../firmware/mqtt/session.ts";
import type { Ticks } from "../firmware/ports/clock.ts";
import type { Network } from "../firmware/ports/socket.ts";
import type { Turn } from "../simulator/device/clock.ts";
import { TlsNetwork } from "../simulator/device/tls.ts";
import { TcpNetwork } from "../tests/support/tcp.ts";
import { keepAlive, payload, serve, type Task, topicName } from "./worker.ts";

/** As much as the traffic of the benchmark needs, shared by all sessions. MQTT.js has no buffers of its own. */
const sizes = { receiveBytes: 256, transmitBytes: 256, controlBytes: 16 };
const buffers = new SessionBuffers(sizes, 0);
/** Milliseconds between two looks at the deadlines of the whole fleet. */
const scanMs = 1_000;

const now = (): Ticks => performance.now() as Ticks;
const turn: Turn = (work) => work();
const random = { next: () => 0 };
const clockIsSet = (): boolean => true;
const log = (): void => {};
/** Plain TCP knows nothing of who uses it; TLS has the credentials of one station. */
const tcp = new TcpNetwork(turn);

class Client implements SessionHost {
	readonly session: MqttSession;
	readonly link: MqttLink;
	onConnected: () => void = () => {};
	onAcknowledgement: () => void = () => {};
	#sequence = 0;

	constructor({ port, credentials }: Task, index: number) {
		const clientId = `isobar-${index}`;
		const identity = { clientId, keepAlive, cleanSession: true, profile: "mqtt" } as const;
		this.session = new MqttSession({ ...identity, buffers }, this);
		const network: Network = credentials === undefined ? tcp : new TlsNetwork(credentials, turn);
		this.link = new MqttLink({
			network,
			endpoint: "localhost",
			port,
			session: this.session,
			random,
			clockIsSet,
			ticks: now,
			log,
		});
	}

	/** Connects without the jitter that spreads a fleet. */
	start(): void {
		this.link.start(now());
		this.link.onDeadline(this.link.deadline);
	}

	publish(content: Uint8Array): void {
		const sequence = ++this.#sequence;
		const { length } = content;
		const result = this.session.publishRun(
			topicName,
			content,
			length,
			1,
			sequence,
			sequence,
			now(),
		);
		if (result < 0) throw new Error(statusName(-result));
	}

	onOpen(): void {
		this.onConnected();
	}

	onMessage(): Status {
		return Status.Ok;
	}

	onAcknowledged(): void {
		this.onAcknowledgement();
	}

	onRedeliver(_first: number, _last: number, into: Uint8Array, start: number): number {
		into.set(payload, start);
		return payload.length;
	}

	onSubscribed(): void {}

	onClosed(status: Status): void {
		throw new Error(`a connection has ended: ${statusName(status)}`);
	}
}

const fleet: Client[] = [];

serve({
	connect: (task, index) => {
		const client = new Client(task, index);
		fleet[index] = client;
		return new Promise((resolve) => {
			client.onConnected = resolve;
			client.start();
		});
	},
	publish: (index, content, onAcknowledged) => {
		const client = fleet[index]!;
		client.onAcknowledgement = onAcknowledged;
		client.publish(content);
	},
});

setInterval(() => {
	const moment = now();
	for (const { link } of fleet) if (link.deadline <= moment) link.onDeadline(moment);
}, scanMs);
