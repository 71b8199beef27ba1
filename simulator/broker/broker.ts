import { BufferPool } from "../../firmware/base/pool.ts";
import { Limits } from "../../firmware/limits.ts";
import { PacketDecoder, Sender } from "../../firmware/mqtt/decode.ts";
import { type Qos, subscribeFailure } from "../../firmware/mqtt/packet.ts";
import type { Ticks } from "../../firmware/ports/clock.ts";
import { BrokerConnection, type ConnectionHost, type Transport } from "./connection.ts";
import { ClientSession, type Message } from "./session.ts";
import { TopicTree } from "./topictree.ts";
import type { ConnectRequest, SubscribeRequest } from "./wire.ts";

export interface BrokerOptions {
	/** Bytes of the largest packet taken from a client. */
	readonly packetBytes?: number;
	/** Messages of QoS 1 and 2 under way to one client; the rest waits. */
	readonly inflight?: number;
	/** Messages that wait for one client; what comes then is dropped. */
	readonly queue?: number;
	/**
	 * `downgrade` takes QoS 2 for QoS 1 as RabbitMQ does; `refuse` closes on it as NATS 2.9 and AWS
	 * IoT Core do.
	 */
	readonly qos2?: "full" | "downgrade" | "refuse";
	/** Return code of CONNACK for a client, 0 to let it in, -1 to close without a word. */
	onConnect?(request: ConnectRequest, principal: string | undefined, now: Ticks): number;
	/**
	 * A client has published; called before anybody is sent the message, and before it is
	 * acknowledged. Returning false closes the connection, as a policy does; the message goes
	 * nowhere.
	 */
	onPublish?(clientId: string, message: Message, now: Ticks): boolean;
	/** Whether a client may subscribe. */
	onSubscribe?(clientId: string, filter: string): boolean;
}

/**
 * A small MQTT 3.1.1 broker in memory for simulations in virtual time: sessions, QoS 0, 1 and 2 in
 * both directions, retained messages, wills, take-over, keep-alive, wildcards. It owns no clock and
 * no socket, and does the same on the same inputs, always.
 */
export class MemoryBroker {
	readonly #options: BrokerOptions;
	readonly #host: ConnectionHost;
	readonly #sessions = new Map<string, ClientSession>();
	readonly #connections = new Map<string, BrokerConnection>();
	/** All that are not closed, those without a CONNECT included. */
	readonly #accepted = new Set<BrokerConnection>();
	/** QoS by client, by filter. */
	readonly #subscribers = new TopicTree<Map<string, Qos>>();
	readonly #retained = new TopicTree<Message>();
	/** Those that no connection needs now. */
	readonly #decoders: PacketDecoder[] = [];
	#assigned = 0;

	constructor(options: BrokerOptions = {}) {
		const { packetBytes = Limits.transmitBytes } = options;
		this.#options = options;
		this.#host = {
			lendDecoder: () =>
				this.#decoders.pop() ?? new PacketDecoder(new BufferPool(packetBytes, 1), Sender.Client),
			takeBackDecoder: (decoder) => this.#takeBack(decoder),
			qos2: options.qos2 ?? "full",
			connect: (connection, request, now) => this.#connect(connection, request, now),
			publish: (connection, message, now) => this.#onPublish(connection, message, now),
			subscribe: (connection, requests) => this.#subscribe(connection, requests),
			sendRetained: (connection, requests) => this.#sendRetained(connection, requests),
			unsubscribe: (connection, filters) => this.#unsubscribe(connection, filters),
			closed: (connection, orderly, now) => this.#onClosed(connection, orderly, now),
		};
	}

	/** Takes a new transport. The connection's deadline is the caller's to keep. */
	accept(transport: Transport, principal: string | undefined, now: Ticks): BrokerConnection {
		const connection = new BrokerConnection(this.#host, transport, principal, now);
		this.#accepted.add(connection);
		return connection;
	}

	/** Clients that are connected. */
	get connections(): number {
		return this.#connections.size;
	}

	isConnected(clientId: string): boolean {
		return this.#connections.has(clientId);
	}

	/** What is kept of a client. */
	session(clientId: string): ClientSession | undefined {
		return this.#sessions.get(clientId);
	}

	/** Publishes from within, as a service of the cloud does. */
	publish(topicName: string, payload: Uint8Array, qos: Qos, retain: boolean): void {
		this.#route({ topicName, payload, qos, retain });
	}

	/** Closes the connection of a client, as an administrator does. */
	disconnect(clientId: string, now: Ticks): void {
		this.#connections.get(clientId)?.close(false, now);
	}

	/**
	 * What a crash leaves of the broker: no connection, no will, and sessions and retained messages
	 * only if they were on disk.
	 */
	crash(keepSessions: boolean): void {
		for (const connection of this.#accepted) connection.crash();
		this.#accepted.clear();
		this.#connections.clear();
		for (const session of [...this.#sessions.values()]) {
			if (!keepSessions || session.cleanSession) this.#forget(session);
			else session.rewind();
		}
		if (!keepSessions) this.#retained.clear();
	}

	#takeBack(decoder: PacketDecoder): void {
		decoder.reset();
		this.#decoders.push(decoder);
	}

	#connect(
		connection: BrokerConnection,
		request: ConnectRequest,
		now: Ticks,
	): { session: ClientSession; sessionPresent: boolean } | number {
		let { clientId } = request;
		if (clientId === "" && !request.cleanSession) return 2; // [MQTT-3.1.3-8]
		const code = this.#options.onConnect?.(request, connection.principal, now) ?? 0;
		if (code !== 0) return code;
		if (clientId === "") {
			this.#assigned += 1;
			clientId = `$assigned/${this.#assigned}`;
		}
		// The newer connection wins [MQTT-3.1.4-2].
		this.#connections.get(clientId)?.close(false, now);
		const kept = this.#sessions.get(clientId);
		const sessionPresent = kept !== undefined && !request.cleanSession;
		if (kept !== undefined && request.cleanSession) this.#forget(kept); // [MQTT-3.1.2-6]
		const session = sessionPresent ? kept : this.#begin(clientId, request.cleanSession);
		this.#connections.set(clientId, connection);
		return { session, sessionPresent };
	}

	#begin(clientId: string, cleanSession: boolean): ClientSession {
		const { inflight = 20, queue = 1_000 } = this.#options;
		const session = new ClientSession(clientId, cleanSession, inflight, queue);
		this.#sessions.set(clientId, session);
		return session;
	}

	#forget(session: ClientSession): void {
		for (const filter of session.subscriptions.keys()) this.#removeFilter(session, filter);
		this.#sessions.delete(session.clientId);
	}

	#onPublish(connection: BrokerConnection, message: Message, now: Ticks): boolean {
		const { clientId } = connection.session!;
		if (this.#options.onPublish?.(clientId, message, now) === false) return false;
		this.#route(message);
		return true;
	}

	/** Passes a message to all whose subscriptions match, once each, at the highest of their QoS. */
	#route(message: Message): void {
		if (message.retain) this.#retain(message);
		const receivers = new Map<string, Qos>();
		this.#subscribers.filtersOf(message.topicName, (clients) => {
			for (const [clientId, qos] of clients) {
				receivers.set(clientId, Math.max(qos, receivers.get(clientId) ?? 0) as Qos); // [MQTT-3.3.5-1]
			}
		});
		for (const [clientId, qos] of receivers) {
			this.#deliver(clientId, { ...message, retain: false }, qos); // [MQTT-3.3.1-9]
		}
	}

	/** Messages of QoS 0 to a client that is away are dropped. */
	#deliver(clientId: string, message: Message, granted: Qos): void {
		const qos = Math.min(message.qos, granted) as Qos;
		const connection = this.#connections.get(clientId);
		if (qos === 0) {
			connection?.send({ ...message, qos });
		} else {
			this.#sessions.get(clientId)?.queue({ ...message, qos });
		}
		connection?.pump();
	}

	/**
	 * An empty payload removes what was retained and is not retained itself [MQTT-3.3.1-10]
	 * [MQTT-3.3.1-11].
	 */
	#retain(message: Message): void {
		if (message.payload.length === 0) this.#retained.delete(message.topicName);
		else this.#retained.set(message.topicName, message);
	}

	#subscribe(connection: BrokerConnection, requests: readonly SubscribeRequest[]): number[] {
		const session = connection.session!;
		const highest = this.#host.qos2 === "full" ? 2 : 1;
		return requests.map(({ filter, qos }) => {
			if (this.#options.onSubscribe?.(session.clientId, filter) === false) return subscribeFailure;
			const granted = Math.min(qos, highest) as Qos;
			session.subscriptions.set(filter, granted);
			const clients = this.#subscribers.get(filter) ?? new Map<string, Qos>();
			clients.set(session.clientId, granted);
			this.#subscribers.set(filter, clients);
			return granted;
		});
	}

	/**
	 * Retained messages come marked as such [MQTT-3.3.1-8], also for a subscription made again
	 * [MQTT-3.8.4-3].
	 */
	#sendRetained(connection: BrokerConnection, requests: readonly SubscribeRequest[]): void {
		const session = connection.session!;
		for (const { filter } of requests) {
			const granted = session.subscriptions.get(filter);
			if (granted === undefined) continue;
			this.#retained.namesOf(filter, (message) => {
				this.#deliver(session.clientId, message, granted);
			});
		}
	}

	#unsubscribe(connection: BrokerConnection, filters: readonly string[]): void {
		for (const filter of filters) this.#removeFilter(connection.session!, filter);
	}

	#removeFilter(session: ClientSession, filter: string): void {
		session.subscriptions.delete(filter);
		const clients = this.#subscribers.get(filter);
		clients?.delete(session.clientId);
		if (clients?.size === 0) this.#subscribers.delete(filter);
	}

	#onClosed(connection: BrokerConnection, orderly: boolean, now: Ticks): void {
		this.#accepted.delete(connection);
		const { session } = connection;
		if (session === undefined) return;
		this.#connections.delete(session.clientId);
		session.rewind();
		if (session.cleanSession) this.#forget(session);
		const will = connection.request?.will;
		if (will === undefined || orderly) return; // [MQTT-3.1.2-8] [MQTT-3.14.4-3]
		if (this.#options.onPublish?.(session.clientId, will, now) !== false) this.#route(will);
	}
}
