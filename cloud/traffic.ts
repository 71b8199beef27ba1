/** What has gone through the broker since it was opened. */
export class Traffic {
	/** Messages that clients have published and that were accepted. */
	messagesIn = 0;
	/** Messages that were handed to clients, one for each subscriber. */
	messagesOut = 0;
	/** Connections, messages and subscriptions that were refused, and connections ended by the broker. */
	failures = 0;
	/** Bytes of TLS records of connections that are over; `Broker.bytes` has them all. */
	bytesIn = 0;
	bytesOut = 0;
}
