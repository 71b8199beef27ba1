/** Where the scanner stands in a packet. */
const Part = Object.freeze({ Type: 0, Length: 1, Body: 2 } as const);
type Part = (typeof Part)[keyof typeof Part];

/** First byte of a DISCONNECT [MQTT-3.14.1-1], type alone. */
export const disconnectType = 14;

/**
 * Follows the packets in the bytes of one connection without keeping any: their types, and whether
 * one is larger than allowed, before anything is stored of it.
 *
 * Source: MQTT 3.1.1 §2.2, fixed header.
 */
export class PacketScanner {
	readonly #limit: number;
	readonly #onPacket: (type: number) => void;
	#part: Part = Part.Type;
	#length = 0;
	#factor = 1;

	/**
	 * @param limit     bytes of the largest packet, without its fixed header
	 * @param onPacket  called with the type at the head of each packet
	 */
	constructor(limit: number, onPacket: (type: number) => void) {
		this.#limit = limit;
		this.#onPacket = onPacket;
	}

	/** @returns whether the bytes may be taken; false when a packet is too large or has no end */
	scan(bytes: Uint8Array): boolean {
		for (let at = 0; at < bytes.length; ) {
			if (this.#part === Part.Body) {
				const step = Math.min(this.#length, bytes.length - at);
				this.#length -= step;
				at += step;
				if (this.#length === 0) this.#part = Part.Type;
				continue;
			}
			const byte = bytes[at]!;
			at += 1;
			if (this.#part === Part.Type) {
				this.#onPacket(byte >>> 4);
				this.#part = Part.Length;
				this.#length = 0;
				this.#factor = 1;
				continue;
			}
			this.#length += (byte & 0x7f) * this.#factor;
			this.#factor *= 128;
			if (this.#length > this.#limit) return false;
			if (byte < 0x80) this.#part = this.#length > 0 ? Part.Body : Part.Type;
			else if (this.#factor > 128 ** 3) return false;
		}
		return true;
	}
}
