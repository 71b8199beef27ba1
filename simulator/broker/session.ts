import type { Qos } from "../../firmware/mqtt/packet.ts";

/** An application message on its way through the broker. */
export interface Message {
	readonly topicName: string;
	readonly payload: Uint8Array;
	readonly qos: Qos;
	readonly retain: boolean;
}

/** Where a message to a client stands. */
export interface Outgoing {
	readonly message: Message;
	/** 0 until it is sent for the first time. */
	packetId: number;
	/** It was sent in an earlier connection. */
	dup: boolean;
	/** PUBREC has come: only the release is left. */
	released: boolean;
	/** It was sent in this connection. */
	sent: boolean;
}

/**
 * What the broker keeps of a client over its connections; MQTT 3.1.1 §3.1.2.4: subscriptions,
 * messages of QoS 1 and 2 to the client that are not acknowledged or not sent, and identifiers of
 * QoS 2 messages from the client that are not released.
 */
export class ClientSession {
	readonly clientId: string;
	readonly cleanSession: boolean;
	/** QoS by filter. */
	readonly subscriptions = new Map<string, Qos>();
	/** Packet identifiers of QoS 2 messages that were passed on and are not released. */
	readonly received = new Set<number>();
	/** In order; those under way come first. */
	readonly outgoing: Outgoing[] = [];
	/** Messages that were dropped because too many were waiting. */
	dropped = 0;
	readonly #inflightLimit: number;
	readonly #queueLimit: number;
	#lastPacketId = 0;

	constructor(clientId: string, cleanSession: boolean, inflightLimit: number, queueLimit: number) {
		this.clientId = clientId;
		this.cleanSession = cleanSession;
		this.#inflightLimit = inflightLimit;
		this.#queueLimit = queueLimit;
	}

	/** Queues a message of QoS 1 or 2; the newest is dropped when too many wait. */
	queue(message: Message): void {
		if (this.outgoing.length >= this.#queueLimit) {
			this.dropped += 1;
			return;
		}
		this.outgoing.push({ message, packetId: 0, dup: false, released: false, sent: false });
	}

	/** The next one to be sent in this connection, or `undefined` while the window is full. */
	nextDue(): Outgoing | undefined {
		const place = this.outgoing.findIndex(({ sent }) => !sent);
		const due = this.outgoing[place];
		if (due === undefined || place >= this.#inflightLimit) return undefined;
		if (due.packetId === 0) due.packetId = this.#nextPacketId();
		return due;
	}

	/** What is under way with this packet identifier. */
	find(packetId: number): Outgoing | undefined {
		return this.outgoing.find((outgoing) => outgoing.packetId === packetId);
	}

	/** The client owns it. */
	finish(outgoing: Outgoing): void {
		this.outgoing.splice(this.outgoing.indexOf(outgoing), 1);
	}

	/**
	 * A connection begins or has ended: what was sent is to be sent again, as a copy [MQTT-4.4.0-1].
	 */
	rewind(): void {
		for (const outgoing of this.outgoing) {
			if (outgoing.sent) outgoing.dup = true;
			outgoing.sent = false;
		}
	}

	#nextPacketId(): number {
		do {
			this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
		} while (this.find(this.#lastPacketId) !== undefined);
		return this.#lastPacketId;
	}
}
