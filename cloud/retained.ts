import { bytesOf, type Message } from "./message.ts";

/** The retained messages, one for each topic, as far as there is room. */
export class RetainedMessages {
	readonly #messages = new Map<string, Message>();
	readonly #bytesMaximum: number;
	#bytes = 0;

	/** @param bytesMaximum  of all messages with their topics */
	constructor(bytesMaximum: number) {
		this.#bytesMaximum = bytesMaximum;
	}

	get all(): readonly Message[] {
		return [...this.#messages.values()];
	}

	/** Of all messages with their topics. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Whether it could be retained in place of what its topic has; one without a payload always can. */
	hasRoomFor(topicName: string, payload: string | Uint8Array): boolean {
		if (payload.length === 0) return true;
		const more = sizeOf(topicName, payload) - this.#sizeOf(topicName);
		return this.#bytes + more <= this.#bytesMaximum;
	}

	/** Takes a message that has been published; an empty one takes the retained one away [MQTT-3.3.1-10]. */
	note(packet: {
		readonly topic: string;
		readonly payload: string | Buffer;
		readonly qos: number;
	}): void {
		const { topic: topicName, qos } = packet;
		const payload = bytesOf(packet.payload);
		this.#bytes += sizeOf(topicName, payload) - this.#sizeOf(topicName);
		if (payload.length === 0) this.#messages.delete(topicName);
		else this.#messages.set(topicName, { topicName, payload, qos, retain: true });
	}

	#sizeOf(topicName: string): number {
		const message = this.#messages.get(topicName);
		return message ? sizeOf(topicName, message.payload) : 0;
	}
}

/** What a retained message takes; nothing without a payload, as that takes one away. */
function sizeOf(topicName: string, payload: string | Uint8Array): number {
	return payload.length === 0 ? 0 : Buffer.byteLength(topicName) + payload.length;
}
