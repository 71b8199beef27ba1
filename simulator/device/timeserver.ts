/** Bytes of a message without extensions. */
const messageBytes = 48;
/** Seconds from 1900-01-01 to 1970-01-01 [RFC 5905 §6]. */
const secondsToUnix = 2_208_988_800;
/** No leap warning, version 4, mode 4 (server). */
const replyHeader = 0x24;

/**
 * An SNTP server that is right, as far as its clock is: RFC 4330 §6. Written from the RFC and not
 * from the firmware's client, so that the two cannot be wrong alike.
 */
export class TimeServer {
	/** Milliseconds that it is ahead of the world. */
	offset = 0;
	/** Whether it answers at all. */
	isUp = true;
	readonly #now: () => number;

	/** @param now  UTC of the world in ms */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Answers a request; `undefined` for what is none. */
	answer(request: Uint8Array): Uint8Array | undefined {
		if (!this.isUp || request.length < messageBytes || (request[0]! & 7) !== 3) return undefined;
		const reply = new Uint8Array(messageBytes);
		const view = new DataView(reply.buffer);
		view.setUint8(0, replyHeader);
		view.setUint8(1, 1); // Stratum: a primary reference.
		view.setUint8(2, request[2]!);
		view.setInt8(3, -20);
		reply.set([0x47, 0x50, 0x53, 0], 12); // Reference identifier: GPS.
		// The originate timestamp is the transmit timestamp of the request, as it is.
		reply.set(request.subarray(40, 48), 24);
		const time = this.#now() + this.offset;
		for (const field of [16, 32, 40]) writeTimestamp(view, field, time);
		return reply;
	}
}

function writeTimestamp(view: DataView, at: number, time: number): void {
	const seconds = Math.floor(time / 1000);
	view.setUint32(at, seconds + secondsToUnix);
	view.setUint32(at + 4, ((time - seconds * 1000) / 1000) * 4_294_967_296);
}
