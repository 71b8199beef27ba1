import type { TLSSocket } from "node:tls";
import {
	Aedes,
	type AedesPublishPacket,
	type Client,
	type ConnectPacket,
	type PublishPacket,
	type Subscription,
} from "aedes";
import type { Settled } from "./commit.ts";
import { Connection, type DisconnectReason, type Principal } from "./connection.ts";
import { codeOf } from "./fault.ts";
import { disconnectType, PacketScanner } from "./framing.ts";
import { Presence } from "./presence.ts";
import { type Action, isAllowed } from "./registry/policy.ts";

/** What AWS IoT Core allows a client (aws-iot-contract.md §1.5). */
const BrokerLimits = Object.freeze({
	payloadBytes: 128 * 1024,
	packetBytes: 146 * 1024,
	topicBytes: 256,
	topicLevels: 8,
} as const);

export interface BrokerOptions {
	log(line: string): void;
	/** Makes a message safe and then calls back; it is acknowledged after that, or not at all. */
	keep(topicName: string, payload: Uint8Array, done: Settled): void;
	/** A message of a station was published; wills are not shown here. */
	onPublished(topicName: string, payload: Uint8Array): void;
	/** What the keep-alive of a client is raised or lowered to, in seconds; 30 to 1200 unless given. */
	readonly keepAlive?: { readonly minimum: number; readonly maximum: number };
}

/** Ends a connection: aedes closes it without an answer when it gets an error. */
class Refusal extends Error {}

/**
 * The MQTT broker behind the TLS listener: aedes, with the rules of AWS IoT Core for who may
 * connect, publish and subscribe, and with every message safe before it is acknowledged.
 *
 * A refused CONNECT, PUBLISH or SUBSCRIBE ends the connection without an answer, as AWS IoT Core
 * does under MQTT 3.1.1 (aws-iot-contract.md §1.3, §1.9).
 */
export class Broker {
	readonly #options: BrokerOptions;
	readonly #aedes: Aedes;
	readonly #presence: Presence;
	readonly #connections = new WeakMap<Client, Connection>();
	/** Connections that were accepted, by thing. */
	readonly #connected = new Map<string, Connection>();
	#killed = false;

	private constructor(options: BrokerOptions) {
		this.#options = options;
		this.#aedes = new Aedes({
			preConnect: (client, packet, callback) => this.#authenticate(client, packet, callback),
			authorizePublish: (client, packet, callback) =>
				this.#authorizePublish(client, packet, callback),
			authorizeSubscribe: (client, subscription, callback) =>
				this.#authorizeSubscribe(client, subscription, callback),
			published: (packet, client, callback) => this.#published(packet, client, callback),
		});
		this.#presence = new Presence((topicName, payload) => this.publish(topicName, payload));
		this.#watch();
	}

	static async open(options: BrokerOptions): Promise<Broker> {
		const broker = new Broker(options);
		await broker.#aedes.listen();
		return broker;
	}

	/** Takes a connection whose certificate is verified. */
	accept(socket: TLSSocket, principal: Principal): void {
		const connection = new Connection(socket, principal);
		const client = this.#aedes.handle(socket);
		this.#connections.set(client, connection);
		const scanner = new PacketScanner(BrokerLimits.packetBytes, (type) => {
			if (type === disconnectType) connection.blame("CLIENT_INITIATED_DISCONNECT");
		});
		// aedes reads on "readable"; a listener for "data" sees the same bytes just before it does.
		socket.on("data", (bytes: Uint8Array) => {
			if (scanner.scan(bytes)) return;
			this.#end(connection, "CLIENT_ERROR", "a packet larger than allowed");
			socket.destroy();
		});
		socket.once("close", () => this.#closed(connection));
	}

	/** Publishes at QoS 1; subscribers get it at the QoS they asked for. */
	publish(topicName: string, payload: string): void {
		if (this.#killed) return;
		const packet = { topic: topicName, payload, qos: 1, retain: false, dup: false } as const;
		this.#aedes.publish({ cmd: "publish", ...packet }, () => {});
	}

	/** Listens to messages inside this process, with no policy in between. @returns what ends it */
	subscribe(
		topicFilter: string,
		onMessage: (topicName: string, payload: Uint8Array) => void,
	): () => void {
		const deliver = (packet: AedesPublishPacket, callback: () => void): void => {
			onMessage(packet.topic, Buffer.from(packet.payload));
			callback();
		};
		this.#aedes.subscribe(topicFilter, deliver, () => {});
		return () => this.#aedes.unsubscribe(topicFilter, deliver, () => {});
	}

	/** Whether the station of this thing has a connection that was accepted. */
	connected(thing: string): boolean {
		return this.#connected.has(thing);
	}

	/** Says nothing more to anybody; the connections themselves are the listener's to cut. */
	kill(): void {
		this.#killed = true;
		this.#aedes.close();
	}

	/** Ends all connections. */
	async close(): Promise<void> {
		for (const connection of this.#connected.values()) {
			connection.blame("SERVER_INITIATED_DISCONNECT");
		}
		await new Promise<void>((resolve) => this.#aedes.close(resolve));
		this.#killed = true;
	}

	#watch(): void {
		// Just before its CONNACK, so that a client that has that finds everybody knows of it.
		this.#aedes.on("client", (client) => this.#accepted(this.#connections.get(client)!));
		this.#aedes.on("keepaliveTimeout", (client) => {
			this.#connections.get(client)?.blame("MQTT_KEEP_ALIVE_TIMEOUT");
		});
		const onError = (client: Client, error: Error): void => {
			const connection = this.#connections.get(client);
			if (!connection || error instanceof Refusal) return;
			// A system error is the network's; one without a code is what aedes has against the client.
			if (codeOf(error) === "") this.#end(connection, "CLIENT_ERROR", error.message);
		};
		this.#aedes.on("clientError", onError);
		this.#aedes.on("connectionError", onError);
	}

	#authenticate(
		client: Client,
		packet: ConnectPacket,
		callback: (error: Error | null, success: boolean) => void,
	): void {
		const connection = this.#connections.get(client)!;
		const { thing } = connection.principal;
		if (packet.clientId !== thing) {
			const clientId = JSON.stringify(packet.clientId).slice(0, 140);
			this.#options.log(
				`refused ${connection.peer}: client id ${clientId} with the certificate of ${thing}`,
			);
			callback(new Refusal(), false);
			return;
		}
		if (packet.will && !this.#may(connection, "iot:Publish", packet.will.topic)) {
			callback(new Refusal(), false);
			return;
		}
		connection.will = packet.will;
		const { minimum, maximum } = this.#options.keepAlive ?? { minimum: 30, maximum: 1200 };
		packet.keepalive = Math.min(Math.max(packet.keepalive || maximum, minimum), maximum);
		this.#connected.get(thing)?.blame("DUPLICATE_CLIENTID");
		callback(null, true);
	}

	#accepted(connection: Connection): void {
		const { thing } = connection.principal;
		// aedes has closed the connection that was taken over, unless that one was just closing.
		this.#connected.get(thing)?.socket.destroy();
		this.#connected.set(thing, connection);
		this.#presence.connected(connection, Date.now());
	}

	#closed(connection: Connection): void {
		const { thing } = connection.principal;
		if (this.#connected.get(thing) === connection) this.#connected.delete(thing);
		if (connection.versionNumber !== undefined) {
			this.#presence.disconnected(connection, Date.now());
		}
	}

	#authorizePublish(
		client: Client | null,
		packet: PublishPacket,
		callback: (error?: Error | null) => void,
	): void {
		const connection = client && this.#connections.get(client);
		if (!connection) {
			callback();
			return;
		}
		const problem = problemOf(packet);
		if (problem) {
			this.#end(connection, "CLIENT_ERROR", problem);
			callback(new Refusal());
			return;
		}
		if (!this.#may(connection, "iot:Publish", packet.topic)) {
			callback(new Refusal());
			return;
		}
		this.#options.keep(packet.topic, bytesOf(packet.payload), (error) => {
			if (error) {
				this.#end(connection, "SERVER_ERROR", `its message can't be kept: ${error.message}`);
				callback(new Refusal());
			} else {
				callback();
			}
		});
	}

	#authorizeSubscribe(
		client: Client,
		subscription: Subscription,
		callback: (error: Error | null, subscription?: Subscription | null) => void,
	): void {
		const connection = this.#connections.get(client)!;
		if (this.#may(connection, "iot:Subscribe", subscription.topic)) callback(null, subscription);
		else callback(new Refusal());
	}

	#may(connection: Connection, action: Action, topic: string): boolean {
		const { thing } = connection.principal;
		if (isAllowed(thing, topic)) return true;
		connection.blame("AUTH_ERROR");
		this.#options.log(
			`denied ${thing} ${action} ${JSON.stringify(topic).slice(0, 300)}: outside its own topics`,
		);
		return false;
	}

	#published(packet: AedesPublishPacket, client: Client | null, callback: () => void): void {
		const connection = client && this.#connections.get(client);
		if (connection && packet !== connection.will) {
			this.#options.onPublished(packet.topic, bytesOf(packet.payload));
		}
		callback();
	}

	#end(connection: Connection, reason: DisconnectReason, text: string): void {
		connection.blame(reason);
		this.#options.log(`closed ${connection.peer} (${connection.principal.thing}): ${text}`);
	}
}

/** What is wrong with a message by the limits, whoever sends it. */
function problemOf(packet: PublishPacket): string | undefined {
	if (packet.payload.length > BrokerLimits.payloadBytes) return "a payload of more than 128 KB";
	if (Buffer.byteLength(packet.topic) > BrokerLimits.topicBytes) {
		return "a topic of more than 256 bytes";
	}
	if (packet.topic.split("/").length > BrokerLimits.topicLevels) {
		return "a topic of more than 8 levels";
	}
	return undefined;
}

function bytesOf(payload: string | Buffer): Uint8Array {
	return typeof payload === "string" ? Buffer.from(payload) : payload;
}
