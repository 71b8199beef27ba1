/** Where the scanner stands in a packet. */
const Part = Object.freeze({ Type: 0, Length: 1, Body: 2 } as const);
type Part = (typeof Part)[keyof typeof Part];

/** First byte of a DISCONNECT [MQTT-3.14.1-1], type alone. */
export const disconnectType = 14;

const subscribeType = 8;
/** Bytes of a packet identifier, and of the length before a topic filter [MQTT-3.8.3]. */
const pairBytes = 2;

/**
 * Follows the packets in the bytes of one connection without keeping any: their types, whether one is
 * larger than allowed, and whether a SUBSCRIBE has more topic filters than allowed, before anything is
 * stored of it.
 *
 * Source: MQTT 3.1.1 §2.2, fixed header; §3.8.3, payload of SUBSCRIBE.
 */
export class PacketScanner {
	readonly #limit: number;
	readonly #filtersMaximum: number;
	readonly #onPacket: (type: number) => void;
	#part: Part = Part.Type;
	#type = 0;
	#length = 0;
	#factor = 1;
	/** Topic filters of the SUBSCRIBE that passes. */
	#filters = 0;
	/** Bytes of it up to the next length of a filter. */
	#skip = 0;
	/** First byte of that length; -1 before it. */
	#high = -1;
	/** What is wrong with the bytes, once something is. */
	problem: string | undefined;

	/**
	 * @param limit           bytes of the largest packet, without its fixed header
	 * @param filtersMaximum  topic filters of the largest SUBSCRIBE
	 * @param onPacket        called with the type at the head of each packet
	 */
	constructor(limit: number, filtersMaximum: number, onPacket: (type: number) => void) {
		this.#limit = limit;
		this.#filtersMaximum = filtersMaximum;
		this.#onPacket = onPacket;
	}

	/** @returns whether the bytes may be taken; `problem` says why not */
	scan(bytes: Uint8Array): boolean {
		if (this.#follow(bytes)) return true;
		this.problem ??= "a packet larger than allowed";
		return false;
	}

	/** @returns false when a packet is too large or has no end, or is a SUBSCRIBE with too many filters */
	#follow(bytes: Uint8Array): boolean {
		for (let at = 0; at < bytes.length; ) {
			if (this.#part === Part.Body) {
				const step = Math.min(this.#length, bytes.length - at);
				if (this.#type === subscribeType && !this.#count(bytes.subarray(at, at + step)))
					return false;
				this.#length -= step;
				at += step;
				if (this.#length === 0) this.#part = Part.Type;
				continue;
			}
			const byte = bytes[at]!;
			at += 1;
			if (this.#part === Part.Type) {
				this.#type = byte >>> 4;
				this.#onPacket(this.#type);
				this.#filters = 0;
				this.#skip = pairBytes;
				this.#high = -1;
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
	/** Counts the topic filters in a part of a SUBSCRIBE. */
	#count(body: Uint8Array): boolean {
		for (let at = 0; at < body.length; ) {
			if (this.#skip > 0) {
				const step = Math.min(this.#skip, body.length - at);
				this.#skip -= step;
				at += step;
				continue;
			}
			const byte = body[at]!;
			at += 1;
			if (this.#high < 0) {
				this.#high = byte;
				continue;
			}
			// The filter itself, and the byte of its QoS.
			this.#skip = this.#high * 256 + byte + 1;
			this.#high = -1;
			this.#filters += 1;
			if (this.#filters > this.#filtersMaximum) {
				this.problem = `more than ${this.#filtersMaximum} topic filters in a SUBSCRIBE`;
				return false;
			}
		}
		return true;
	}
}
