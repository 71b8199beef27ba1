import { Limits } from "../limits.ts";

/**
 * Packet identifiers of QoS 2 messages that the application has and the broker has not released
 * yet: a PUBLISH with one of them is a second copy; MQTT 3.1.1 §4.3.3, method B.
 */
export class ReceivedIds {
	/** The first `count` of them count. */
	readonly ids: number[] = [];
	count = 0;
	/** A message has been turned away, so no later one is taken: they keep their order. */
	#isShut = false;

	has(packetId: number): boolean {
		for (let index = 0; index < this.count; index++) {
			if (this.ids[index] === packetId) return true;
		}
		return false;
	}

	get full(): boolean {
		return this.count === Limits.inboundQos2;
	}

	/**
	 * Whether one more may be taken. After the first that may not, none may until `reopen`, however
	 * many are released meanwhile [MQTT-4.6.0-6].
	 */
	takes(): boolean {
		this.#isShut ||= this.full;
		return !this.#isShut;
	}

	/** Whether one was turned away and everything that is in the way of it has been released. */
	get drained(): boolean {
		return this.#isShut && this.count === 0;
	}

	/** For a new connection, which brings again what was turned away. */
	reopen(): void {
		this.#isShut = false;
	}

	/** There must be room and it must not be in the table. */
	add(packetId: number): void {
		this.ids[this.count++] = packetId;
	}

	/** @returns whether it was in the table */
	remove(packetId: number): boolean {
		for (let index = 0; index < this.count; index++) {
			if (this.ids[index] !== packetId) continue;
			this.count -= 1;
			this.ids[index] = this.ids[this.count]!;
			return true;
		}
		return false;
	}

	clear(): void {
		this.count = 0;
	}
}
