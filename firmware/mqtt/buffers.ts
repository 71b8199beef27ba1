import { BufferPool, Pool } from "../base/pool.ts";
import { Limits } from "../limits.ts";
import { Delivery, deliveriesMaximum } from "./inflight.ts";

/** Sizes of the buffers of one session; smaller ones where less is sent. */
export interface BufferSizes {
	/** Largest packet taken whole, in bytes. */
	readonly receiveBytes: number;
	/** Largest packet sent, in bytes. */
	readonly transmitBytes: number;
	/** Largest payload of a control message, in bytes. */
	readonly controlBytes: number;
}

/** PINGREQ and DISCONNECT, one of each at a time. */
const emptyPacketsBytes = 4;

/** Room for the answers to what is read at a time, and for the two above. */
export const answersBytes = Limits.readBytes + emptyPacketsBytes;

/** First byte and four bytes of remaining length; MQTT 3.1.1 §2.2. */
export const fixedHeaderBytes = 5;

/**
 * The memory of sessions and their links: what is read, a packet that comes in pieces, packets that
 * wait for the socket, and the payloads kept for redelivery. A session has of it what it needs at
 * the moment; one that waits for its next report has nothing.
 */
export class SessionBuffers {
	/** What a socket is read into. */
	readonly input: BufferPool;
	/** A packet that comes in pieces. */
	readonly receive: BufferPool;
	/** Packets that the socket has not taken, the largest packet and the room for answers. */
	readonly transmit: BufferPool;
	/** Payloads of control messages. */
	readonly control: BufferPool;
	/** What is known of each packet under way. */
	readonly deliveries: Pool<Delivery>;
	/** Scratch for a topic, for the length of a call. */
	readonly topic = new Uint8Array(Limits.topicBytes);
	/** Scratch for a stored item, for the length of a call. */
	readonly item = new Uint8Array(Limits.keyValueBytes);

	/**
	 * @param sizes     by default those of `Limits`
	 * @param sessions  how many of them are to have everything reserved: 1 on a chip
	 */
	constructor(sizes: BufferSizes = Limits, sessions = 1) {
		const { receiveBytes, transmitBytes, controlBytes } = sizes;
		this.input = new BufferPool(Limits.readBytes, sessions);
		this.receive = new BufferPool(Math.max(receiveBytes, fixedHeaderBytes), sessions);
		this.transmit = new BufferPool(transmitBytes + answersBytes, sessions);
		this.control = new BufferPool(controlBytes, sessions * Limits.controlMessages);
		this.deliveries = new Pool(() => new Delivery(), sessions * deliveriesMaximum);
	}

	/** Bytes of everything that was made. */
	get bytes(): number {
		const pools = [this.input, this.receive, this.transmit, this.control];
		return pools.reduce((sum, { size, made }) => sum + size * made, 0);
	}
}
