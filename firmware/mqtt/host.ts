import type { Status } from "../base/status.ts";
import type { Ticks } from "../ports/clock.ts";
import type { KeyValue } from "../ports/storage.ts";
import type { SessionBuffers } from "./buffers.ts";
import type { Will } from "./encode.ts";
import type { Qos } from "./packet.ts";

/** Which broker's small print a session keeps to. */
export type BrokerProfile = "local" | "aws" | "mqtt";

export interface SessionOptions {
	readonly clientId: string;
	/** Seconds; held within Limits.keepAliveMinimum..keepAliveMaximum. */
	readonly keepAlive: number;
	readonly cleanSession: boolean;
	readonly will?: Will | undefined;
	readonly userName?: string | undefined;
	readonly password?: Uint8Array | undefined;
	/** `aws` sends nothing of QoS 2 and holds topics to 8 levels; AWS IoT Core Developer Guide. */
	readonly profile: BrokerProfile;
	/** Where QoS 2 state survives a reboot; without it QoS 2 holds over reconnects alone. */
	readonly keyValue?: KeyValue | undefined;
	/** Shared by the sessions of a process. Default: its own, of the sizes in `Limits`. */
	readonly buffers?: SessionBuffers | undefined;
}

/**
 * What a session tells its owner. All calls come out of a call into the session or the link, and
 * every method of the session may be called from them except `open` and `receive`.
 */
export interface SessionHost {
	/**
	 * The broker has accepted the connection. There is room for a SUBSCRIBE of any size. What is
	 * published here goes out behind what is to be sent again.
	 *
	 * @param subscribed  the broker has kept its session and every SUBSCRIBE of this session object
	 *   was acknowledged: there is no need to subscribe again. False in the first connection after a
	 *   boot
	 */
	onOpen(subscribed: boolean, now: Ticks): void;
	/**
	 * A message has come. Only a message that was taken is acknowledged.
	 *
	 * @param payload  a view that holds during the call
	 * @returns Status.Ok when it is taken, or dropped for good. Otherwise the broker keeps a message
	 *   of QoS 1 or 2; since it sends it again in a new connection only, this one ends after
	 *   Durations.refusedMessage with the status returned
	 */
	onMessage(topicName: string, payload: Uint8Array, qos: Qos, retain: boolean, now: Ticks): Status;
	/**
	 * PUBACK or PUBCOMP has come: the broker owns the message. May come twice for a run of QoS 2 when
	 * the power fails in between.
	 *
	 * @param first  first sequence of the run, 0 for a control message
	 */
	onAcknowledged(packetId: number, first: number, last: number, now: Ticks): void;
	/**
	 * Writes the payload of a run again, the same bytes as the first time.
	 *
	 * @returns bytes written, -Status.NotFound to give the delivery up, or another negated Status,
	 *   which ends the connection and so tries again later
	 */
	onRedeliver(first: number, last: number, into: Uint8Array, start: number): number;
	/**
	 * SUBACK has come.
	 *
	 * @param granted  for each filter the QoS, or 0x80 where it was refused
	 */
	onSubscribed(packetId: number, granted: readonly number[], now: Ticks): void;
	/** The connection has ended; once for each `open` that returned Status.Ok. */
	onClosed(status: Status, now: Ticks): void;
	/**
	 * A delivery has been given up: its payload is not to be had any more, or it was a control
	 * message and Limits.controlDeliveries connections have ended without its acknowledgement.
	 */
	onGivenUp?(packetId: number, first: number, last: number, now: Ticks): void;
	/**
	 * The broker does less than was asked, told once for each `what`. After "publish" everything goes
	 * out at QoS 1, and the archive has to know copies by station and sequence.
	 *
	 * @param granted  1, or 0x80 for a filter that was refused
	 */
	onDowngrade?(what: "publish" | "subscribe", asked: Qos, granted: number, now: Ticks): void;
	/**
	 * A message larger than the receive buffer was dropped, and acknowledged so that it does not
	 * return.
	 */
	onOversized?(topicName: string, now: Ticks): void;
}
