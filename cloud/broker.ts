import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import {
	Aedes,
	type AedesPublishPacket,
	type Client,
	type ConnectPacket,
	type PublishPacket,
	type Subscription,
} from "aedes";
import type { Access } from "./access.ts";
import type { Authorizer } from "./authorizer.ts";
import { type Bounds, usualBounds } from "./bounds.ts";
import type { Settled } from "./commit.ts";
import { Connection, type DisconnectReason } from "./connection.ts";
import { codeOf } from "./fault.ts";
import { disconnectType, PacketScanner } from "./framing.ts";
import type { IotEvent, IotLog } from "./iotlog.ts";
import type { LogEvent } from "./logevent.ts";
import {
	basicIngestPrefix,
	bytesOf,
	type Message,
	MessageFault,
	MessageLimits,
	problemOf,
} from "./message.ts";
import { isBehind, unhitch } from "./outbound.ts";
import { Pace } from "./pace.ts";
import { Presence } from "./presence.ts";
import type { Publisher } from "./provisioning/service.ts";
import type { Action } from "./registry/policy.ts";
import { RetainedMessages } from "./retained.ts";
import { isProvisioningTopic } from "./services/provisioning.ts";
import { Sessions } from "./sessions.ts";
import { realTimers, type Timers } from "./timers.ts";
import { type Protocol, Traffic } from "./traffic.ts";

export interface BrokerOptions {
	readonly access: Access;
	log(line: string, event?: LogEvent): void;
	/** Makes a message safe and then calls back; it is acknowledged after that, or not at all. */
	keep(topicName: string, payload: Uint8Array, done: Settled, sender?: Sender): void;
	/** A message of the cloud's own is published: lifecycle events, answers of services. */
	onOwn?(topicName: string, payload: Uint8Array): void;
	/**
	 * A message of a station was published, or one over HTTP, which has no publisher; wills are not
	 * shown here.
	 */
	onPublished(topicName: string, payload: Uint8Array, publisher: Publisher | undefined): void;
	/** Verifies the tokens of clients without a certificate; without it there are none. */
	readonly authorizer?: Authorizer | undefined;
	/** What the keep-alive of a client is raised or lowered to, in seconds; 30 to 1200 unless given. */
	readonly keepAlive?: { readonly minimum: number; readonly maximum: number };
	/** Where what happens to each message is written, if anybody asks. */
	readonly iotLog?: IotLog | undefined;
	/** The clock by which sessions end; that of this machine unless given. */
	readonly timers?: Timers;
	/** The usual ones unless given. */
	readonly bounds?: Bounds;
}

/** Who has sent a message. */
export interface Sender {
	readonly clientId: string;
	readonly certificateId: string;
}

/** The longest that setTimeout can wait, in ms: 24 days. A connection is not longer than that either. */
const longestTimer = 2 ** 31 - 1;

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
	readonly #bounds: Bounds;
	readonly #aedes: Aedes;
	readonly #presence: Presence;
	#sessions: Sessions | undefined;
	readonly #connections = new Map<Client, Connection>();
	/** Connections that were accepted, by client id. */
	readonly #connected = new Map<string, Connection>();
	readonly #retained: RetainedMessages;
	#killed = false;
	readonly traffic = new Traffic();
	/** Why the last message could not be kept; `undefined` when it could. */
	keepFailure: string | undefined;

	private constructor(options: BrokerOptions) {
		this.#options = options;
		this.#bounds = options.bounds ?? usualBounds();
		this.#retained = new RetainedMessages(this.#bounds.retainedBytes);
		this.#aedes = new Aedes({
			preConnect: (client, packet, callback) => this.#authenticate(client, packet, callback),
			authorizePublish: (client, packet, callback) =>
				this.#authorizePublish(client, packet, callback),
			authorizeSubscribe: (client, subscription, callback) =>
				this.#authorizeSubscribe(client, subscription, callback),
			authorizeForward: (client, packet) => this.#authorizeForward(client, packet),
			published: (packet, client, callback) => this.#published(packet, client, callback),
			connectTimeout: this.#bounds.connectMs,
			drainTimeout: this.#bounds.drainMs,
			maxInflightInbound: this.#bounds.inflight,
		});
		this.#presence = new Presence((topicName, payload) => this.publish(topicName, payload));
		this.#watch();
	}

	static async open(options: BrokerOptions): Promise<Broker> {
		const broker = new Broker(options);
		await broker.#aedes.listen();
		broker.#sessions = new Sessions(broker.#aedes, options.timers ?? realTimers, {
			bytes: broker.#bounds.sessionBytes,
			onLeftOut: () => broker.traffic.count("PublishOut", "Throttle"),
		});
		return broker;
	}

	/**
	 * Takes a connection whose certificate is verified, or one that has to bring a token.
	 *
	 * @param settle  called once its client is accepted
	 */
	accept(
		socket: TLSSocket,
		certificate: X509Certificate | undefined,
		settle: () => void = () => {},
	): void {
		const bounds = this.#bounds;
		const connection = new Connection(socket, certificate, settle);
		connection.pace = new Pace(bounds.publishesPerSecond);
		const client = this.#aedes.handle(socket);
		unhitch(client, socket, bounds.outboundBytes);
		this.#connections.set(client, connection);
		const { packetBytes, topicFilters } = MessageLimits;
		const scanner = new PacketScanner(packetBytes, topicFilters, (type) => {
			if (type === disconnectType) connection.blame("CLIENT_INITIATED_DISCONNECT");
		});
		// aedes reads on "readable"; a listener for "data" sees the same bytes just before it does.
		socket.on("data", (bytes: Uint8Array) => {
			if (scanner.scan(bytes)) return;
			this.#end(connection, "CLIENT_ERROR", scanner.problem!);
			socket.destroy();
		});
		socket.once("close", () => {
			connection.pace?.end();
			this.#connections.delete(client);
			this.traffic.bytesIn += socket.bytesRead;
			this.traffic.bytesOut += socket.bytesWritten;
			this.#closed(connection);
		});
	}

	/** Publishes at QoS 1; subscribers get it at the QoS they asked for. */
	publish(topicName: string, payload: string): void {
		this.#options.onOwn?.(topicName, Buffer.from(payload));
		this.send(topicName, Buffer.from(payload), 1);
	}

	/** The same at either QoS, and for bytes; `onOwn` is not told. */
	send(topicName: string, payload: Uint8Array, qos: 0 | 1): void {
		if (this.#killed) return;
		const bytes = Buffer.from(payload);
		const packet = { topic: topicName, payload: bytes, qos, retain: false, dup: false } as const;
		this.#aedes.publish({ cmd: "publish", ...packet }, () => {});
	}

	/** Publishes what came over HTTP: kept first, and then shown to everybody, as a station's message is. */
	async receive(message: Message, sender?: Connection): Promise<void> {
		const { topicName, payload, qos, retain } = message;
		const bytes = Buffer.from(payload);
		const isName = topicName !== "" && !/[+#\0]/.test(topicName);
		const problem = isName
			? problemOf({ topic: topicName, payload: bytes })
			: "a topic that is no topic name";
		if (problem) {
			this.traffic.count("PublishIn", "ClientError", 1, "HTTP");
			throw new MessageFault(problem);
		}
		await new Promise<void>((resolve, reject) =>
			this.#keep(
				{ topic: topicName, payload: bytes, retain },
				(error) => {
					this.#record(undefined, "Publish-In", error && failed("SERVER_ERROR", error.message), {
						topicName,
					});
					if (error) reject(error);
					else resolve();
				},
				sender,
				"HTTP",
			),
		);
		if (this.#killed) return;
		const packet = { topic: topicName, payload: bytes, qos: qos as 0 | 1, retain, dup: false };
		this.#boundRetained(packet);
		await new Promise<void>((resolve, reject) =>
			this.#aedes.publish({ cmd: "publish", ...packet }, (error) =>
				error ? reject(error) : resolve(),
			),
		);
		this.#options.onPublished(topicName, bytes, undefined);
	}

	/**
	 * The same for a device with a certificate, if it may.
	 *
	 * @returns why it may not
	 */
	async receiveFrom(connection: Connection, message: Message): Promise<string | undefined> {
		// Who has no session has no client id, and so no thing in the words of policies.
		connection.clientId = "n/a";
		const unknown =
			connection.certificate && (await this.#options.access.check(connection.certificate));
		const { topicName: topic, retain } = message;
		if (unknown === undefined && this.#mayPublish(connection, { topic, retain })) {
			await this.receive(message, connection);
			return undefined;
		}
		this.traffic.count("PublishIn", "AuthError", 1, "HTTP");
		return unknown ?? "denied by its policies";
	}

	/** The retained messages as they are now. */
	get retained(): readonly Message[] {
		return this.#retained.all;
	}

	/** Closes the connection of a client. @returns whether there was one */
	disconnect(clientId: string): boolean {
		const connection = this.#connected.get(clientId);
		if (!connection) return false;
		this.#end(connection, "API_INITIATED_DISCONNECT", "asked for over HTTP");
		connection.socket.destroy();
		return true;
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

	/** Connections that are accepted, now. */
	get connections(): number {
		return this.#connected.size;
	}

	/** Bytes of MQTT since the start: what TLS adds is not seen here. */
	get bytes(): { readonly bytesIn: number; readonly bytesOut: number } {
		let { bytesIn, bytesOut } = this.traffic;
		for (const { socket } of this.#connections.values()) {
			bytesIn += socket.bytesRead;
			bytesOut += socket.bytesWritten;
		}
		return { bytesIn, bytesOut };
	}

	/** Bytes that wait for clients to read them. */
	get waitingBytes(): number {
		let bytes = 0;
		for (const { socket } of this.#connections.values()) bytes += socket.writableLength;
		return bytes;
	}

	/** Whether a client of this id has a connection that was accepted. */
	connected(clientId: string): boolean {
		return this.#connected.has(clientId);
	}

	/** Closes the connections whose certificates are no longer good. */
	recheck(): void {
		for (const connection of this.#connected.values()) this.#expel(connection);
	}

	/** Says nothing more to anybody; the connections themselves are the listener's to cut. */
	kill(): void {
		this.#killed = true;
		this.#sessions?.close();
		this.#aedes.close();
	}

	/** Ends all connections. */
	async close(): Promise<void> {
		for (const connection of this.#connected.values()) {
			connection.blame("SERVER_INITIATED_DISCONNECT");
		}
		await new Promise<void>((resolve) => this.#aedes.close(resolve));
		this.#sessions?.close();
		this.#killed = true;
	}

	#watch(): void {
		// Just before its CONNACK, so that a client that has that finds everybody knows of it.
		this.#aedes.on("client", (client) => this.#accepted(this.#connections.get(client)!));
		this.#aedes.on("ping", () => this.traffic.count("Ping", "Success"));
		this.#aedes.on("keepaliveTimeout", (client) => {
			this.#connections.get(client)?.blame("MQTT_KEEP_ALIVE_TIMEOUT");
		});
		this.#aedes.on("subscribe", (subscriptions, client) => {
			const topics = subscriptions.map((subscription) => subscription.topic);
			this.#presence.subscribed(this.#connections.get(client)!, topics, Date.now());
		});
		this.#aedes.on("unsubscribe", (topics, client) => {
			const connection = this.#connections.get(client);
			// aedes unsubscribes a client that has gone, too.
			if (!connection || connection.socket.destroyed) return;
			this.traffic.count("Unsubscribe", "Success", topics.length);
			for (const topic of topics) connection.topicFilters.delete(topic);
			this.#presence.unsubscribed(connection, topics, Date.now());
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
		this.#admit(connection, packet).then(
			(reason) => {
				if (reason !== undefined) {
					this.traffic.failures += 1;
					// An id that is none at all is the client's mistake; anything else is about who it is.
					const isNamed = connection.clientId !== "";
					this.traffic.count("Connect", isNamed ? "AuthError" : "ClientError");
					this.#record(connection, "Connect", failed("AUTHORIZATION_FAILURE", reason));
					this.#options.log(`refused ${connection.peer}: ${reason}`, {
						...eventOf(connection),
						eventType: "Connect",
						reason,
					});
				}
				callback(reason === undefined ? null : new Refusal(), reason === undefined);
			},
			(error: Error) => {
				this.traffic.count("Connect", "ServerError");
				this.#end(connection, "SERVER_ERROR", error.message);
				callback(new Refusal(), false);
			},
		);
	}

	/** Why a client may not connect; `undefined` when it may. */
	async #admit(connection: Connection, packet: ConnectPacket): Promise<string | undefined> {
		const { access } = this.#options;
		const { clientId, will } = packet;
		const bytes = Buffer.byteLength(clientId);
		if (bytes === 0 || bytes > MessageLimits.clientIdBytes || clientId.startsWith("$")) {
			return "its client id is empty, longer than 128 bytes or begins with $";
		}
		const problem = will && problemOf(will);
		if (problem) return `its will has ${problem}`;
		connection.clientId = clientId;
		const unknown = connection.certificate
			? await access.check(connection.certificate)
			: await this.#authorizeToken(connection, packet);
		if (unknown !== undefined) return unknown;

		const facts = { isPersistent: packet.clean === false, willTopic: will?.topic };
		const { certificate, certificateId, address, tokenPolicies } = connection;
		const client = {
			...{ certificate, certificateId, address, clientId, tokenPolicies },
			connect: facts,
		};
		const decision = access.decide(client, "iot:Connect", "client", clientId);
		if (!decision.allowed || (will && !this.#mayPublish(connection, will))) {
			connection.blame("AUTH_ERROR");
			this.#presence.connectFailed(connection, Date.now());
			if (decision.allowed) return "its will is denied";
			const subject = certificate?.subject.replaceAll("\n", ", ");
			const principal = subject ? `certificate ${subject} (${certificateId})` : "a token";
			return `client id ${JSON.stringify(clientId)} with ${principal}: iot:Connect: ${decision.because}`;
		}
		connection.will = will;
		connection.isPersistent = facts.isPersistent;
		const { minimum, maximum } = this.#options.keepAlive ?? { minimum: 30, maximum: 1200 };
		packet.keepalive = Math.min(Math.max(packet.keepalive || maximum, minimum), maximum);
		this.#connected.get(clientId)?.blame("DUPLICATE_CLIENTID");
		return undefined;
	}

	/** @returns why its token is refused */
	async #authorizeToken(
		connection: Connection,
		{ username, password }: ConnectPacket,
	): Promise<string | undefined> {
		const { authorizer } = this.#options;
		const grant = await authorizer?.authorize(username ?? "", String(password ?? ""));
		if (grant === undefined) return "no client certificate";
		if (typeof grant === "string") return grant;
		connection.certificateId = grant.principalId;
		connection.tokenPolicies = grant.policies;
		connection.expires = grant.expires;
		return undefined;
	}

	/** A token lets in for its time and no longer. */
	#endWith(connection: Connection, expires: number): void {
		const left = Math.min(Math.max(expires - Date.now(), 0), longestTimer);
		const timer = setTimeout(() => {
			this.#end(connection, "CUSTOMAUTH_TTL_EXPIRATION", "its token has ended");
			connection.socket.destroy();
		}, left);
		connection.socket.once("close", () => clearTimeout(timer));
	}

	#accepted(connection: Connection): void {
		const { clientId } = connection;
		// aedes has closed the connection that was taken over, unless that one was just closing.
		this.#connected.get(clientId)?.socket.destroy();
		this.#connected.set(clientId, connection);
		this.#sessions?.back(clientId);
		connection.settle();
		if (connection.expires !== undefined) this.#endWith(connection, connection.expires);
		const thingName = this.#options.access.exclusiveThingOf(connection);
		this.traffic.count("Connect", "Success");
		this.#record(connection, "Connect");
		this.#presence.connected(connection, thingName, Date.now());
		this.#options.access.settle(connection.certificateId).catch((error: Error) => {
			this.#options.log(`registry: ${error.message}`);
		});
		this.#expel(connection);
	}

	#expel(connection: Connection): void {
		if (!connection.certificate) return;
		const problem = this.#options.access.problemOf(connection.certificateId);
		if (problem === undefined) return;
		this.#end(connection, "FORBIDDEN_ACCESS", problem);
		connection.socket.destroy();
	}

	#closed(connection: Connection): void {
		const { clientId } = connection;
		if (this.#connected.get(clientId) === connection) {
			this.#connected.delete(clientId);
			if (connection.isPersistent && !this.#killed) this.#sessions?.left(clientId);
		}
		if (connection.versionNumber !== undefined) {
			this.#presence.disconnected(connection, Date.now());
			this.#record(connection, "Disconnect", undefined, { disconnectReason: connection.reason });
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
			this.traffic.count("PublishIn", "ClientError");
			this.#record(connection, "Publish-In", failed("CLIENT_ERROR", problem), {
				topicName: packet.topic,
			});
			this.#end(connection, "CLIENT_ERROR", problem);
			callback(new Refusal());
			return;
		}
		if (!this.#mayPublish(connection, packet)) {
			this.traffic.count("PublishIn", "AuthError");
			callback(new Refusal());
			return;
		}
		const kept: Settled = (error) => {
			this.#record(connection, "Publish-In", error && failed("SERVER_ERROR", error.message), {
				topicName: packet.topic,
				retain: packet.retain ? "True" : undefined,
			});
			if (error) {
				this.#end(connection, "SERVER_ERROR", `its message can't be kept: ${error.message}`);
				callback(new Refusal());
			} else {
				callback();
			}
		};
		this.#boundRetained(packet);
		const keep = (): void => this.#keep(packet, kept, connection);
		if (packet === connection.will) keep();
		else if (!connection.pace?.take(keep)) this.traffic.count("PublishIn", "Throttle");
	}

	/** Makes a message safe, and counts how that went. */
	#keep(
		{ topic, payload, retain }: { topic: string; payload: string | Buffer; retain: boolean },
		done: Settled,
		sender?: Sender,
		protocol: Protocol = "MQTT",
	): void {
		const kept: Settled = (error) => {
			this.keepFailure = error?.message;
			const result = error ? "ServerError" : "Success";
			this.traffic.count("PublishIn", result, 1, protocol);
			if (retain) this.traffic.count("PublishRetained", result, 1, protocol);
			done(error);
		};
		this.#options.keep(topic, bytesOf(payload), kept, sender);
	}

	#authorizeSubscribe(
		client: Client,
		subscription: Subscription,
		callback: (error: Error | null, subscription?: Subscription | null) => void,
	): void {
		const connection = this.#connections.get(client)!;
		const { topic } = subscription;
		connection.topicFilters.add(topic);
		const problem =
			connection.topicFilters.size > MessageLimits.subscriptions
				? "more than 50 subscriptions"
				: problemOf(subscription);
		if (problem) {
			this.#end(connection, "CLIENT_ERROR", problem);
			this.#record(connection, "Subscribe", failed("CLIENT_ERROR", problem), { topicName: topic });
		}
		const isAllowed = !problem && this.#may(connection, "iot:Subscribe", topic);
		this.traffic.count("Subscribe", problem ? "ClientError" : isAllowed ? "Success" : "AuthError");
		if (isAllowed) {
			this.#record(connection, "Subscribe", undefined, { topicName: topic });
			callback(null, subscription);
		} else callback(new Refusal());
	}

	/** What a client may not receive is left out, and nobody is told. */
	#authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
		const connection = this.#connections.get(client);
		if (!connection?.wants(packet.topic)) return null;
		// Basic Ingest goes to its rule and to nobody else (aws-iot-contract.md §1.10).
		if (packet.topic.startsWith(basicIngestPrefix)) return null;
		// Between a device and the service nobody listens, and nobody answers for the service.
		if (isProvisioningTopic(packet.topic) && "clientId" in packet) return null;
		const { access } = this.#options;
		const { allowed, because } = access.decide(connection, "iot:Receive", "topic", packet.topic);
		const isLeftOut = allowed && isBehind(connection.socket, this.#bounds.outboundBytes);
		this.traffic.count("PublishOut", isLeftOut ? "Throttle" : allowed ? "Success" : "AuthError");
		if (isLeftOut) {
			this.#noteBehind(connection);
			return null;
		}
		const failure = allowed ? undefined : failed("AUTHORIZATION_FAILURE", because);
		this.#record(connection, "Publish-Out", failure, { topicName: packet.topic });
		if (!allowed) return null;
		this.traffic.messagesOut += 1;
		return packet;
	}

	/** A line for each time that a subscriber falls behind. */
	#noteBehind(connection: Connection): void {
		if (connection.isBehind) return;
		connection.isBehind = true;
		connection.socket.once("drain", () => {
			connection.isBehind = false;
		});
		this.#options.log(
			`behind ${connection.peer} (${connection.clientId}): it does not read; messages are left out for it`,
			{ ...eventOf(connection), reason: "slow reader" },
		);
	}

	#mayPublish(connection: Connection, message: { topic: string; retain?: boolean }): boolean {
		return (
			this.#may(connection, "iot:Publish", message.topic) &&
			(!message.retain || this.#may(connection, "iot:RetainPublish", message.topic))
		);
	}

	#may(connection: Connection, action: Action, name: string): boolean {
		const type = action === "iot:Subscribe" ? "topicfilter" : "topic";
		const { allowed, because } = this.#options.access.decide(connection, action, type, name);
		if (allowed) return true;
		this.traffic.failures += 1;
		const { clientId, certificateId } = connection;
		connection.blame("AUTH_ERROR");
		const eventType = action === "iot:Subscribe" ? "Subscribe" : "Publish-In";
		this.#record(connection, eventType, failed("AUTHORIZATION_FAILURE", because), {
			topicName: name,
		});
		this.#options.log(
			`denied ${clientId} (certificate ${certificateId}) ${action} on ${JSON.stringify(name)}: ${because}`,
			{
				...eventOf(connection),
				eventType,
				topicName: name,
				reason: because,
			},
		);
		return false;
	}

	#published(packet: AedesPublishPacket, client: Client | null, callback: () => void): void {
		const connection = client && this.#connections.get(client);
		if (packet.retain) this.#retained.note(packet);
		if (connection && packet !== connection.will) {
			this.traffic.messagesIn += 1;
			const { clientId, certificateId } = connection;
			this.#options.onPublished(packet.topic, bytesOf(packet.payload), {
				clientId,
				certificateId,
				answer: (topicName, payload) => this.#answer(client, topicName, payload),
			});
		}
		callback();
	}

	/** Publishes what there is no room to retain as a message like any other. */
	#boundRetained(packet: { topic: string; payload: string | Buffer; retain: boolean }): void {
		if (!packet.retain || this.#retained.hasRoomFor(packet.topic, packet.payload)) return;
		packet.retain = false;
		this.traffic.count("PublishRetained", "Throttle");
		this.#options.log(
			`retained ${JSON.stringify(packet.topic)}: no room, it is published alone; retained messages have ${this.#retained.bytes} bytes`,
			{ level: "warn" },
		);
	}

	/** Sends a message to one client, if it has asked for the topic. */
	#answer(client: Client, topicName: string, payload: string): void {
		if (this.#killed || !this.#connections.get(client)?.wants(topicName)) return;
		const packet = { topic: topicName, payload, qos: 1, retain: false, dup: false } as const;
		client.publish({ cmd: "publish", ...packet }, () => {});
	}

	/** @param connection  `undefined` for what came over HTTP */
	#record(
		connection: Connection | undefined,
		eventType: IotEvent["eventType"],
		failure?: Failure,
		more: Partial<IotEvent> = {},
	): void {
		const { iotLog } = this.#options;
		if (!iotLog?.wants(failure ? "ERROR" : "INFO")) return;
		const client = connection
			? {
					protocol: "MQTT" as const,
					clientId: connection.clientId,
					principalId: connection.certificateId,
					sourceIp: connection.address,
					sourcePort: connection.port,
				}
			: { protocol: "HTTP" as const };
		iotLog.record({ eventType, ...client, ...more, ...failure });
	}

	#end(connection: Connection, reason: DisconnectReason, text: string): void {
		this.traffic.failures += 1;
		connection.blame(reason);
		this.#options.log(`closed ${connection.peer} (${connection.clientId}): ${text}`, {
			...eventOf(connection),
			eventType: "Disconnect",
			disconnectReason: connection.reason,
			reason: text,
		});
	}
}

type Failure = Required<Pick<IotEvent, "reason" | "details">>;

function failed(reason: string, details: string): Failure {
	return { reason, details };
}

/** What the log says of every failure of a connection. */
function eventOf({ clientId, certificateId, address }: Connection): LogEvent {
	return {
		level: "warn",
		status: "Failure",
		...(clientId === "" ? {} : { clientId }),
		principalId: certificateId,
		sourceIp: address,
	};
}
