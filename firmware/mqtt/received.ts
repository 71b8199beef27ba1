import { Limits } from "../limits.ts";

/**
 * Packet identifiers of QoS 2 messages that the application has and the broker has not released
 * yet: a PUBLISH with one of them is a second copy; MQTT 3.1.1 §4.3.3, method B.
 */
export class ReceivedIds {
	/** The first `count` of them count. */
	readonly ids: number[] = [];
	count = 0;

	has(packetId: number): boolean {
		for (let index = 0; index < this.count; index++) {
			if (this.ids[index] === packetId) return true;
		}
		return false;
	}

	get full(): boolean {
		return this.count === Limits.inboundQos2;
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
