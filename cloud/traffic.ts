/** What the broker does for clients, by the names of CloudWatch (aws-iot-contract.md §8.1). */
export type Operation =
	| "Connect"
	| "Ping"
	| "PublishIn"
	| "PublishOut"
	| "PublishRetained"
	| "Subscribe"
	| "Unsubscribe";

/** How a client reaches the broker, as CloudWatch calls it. */
export type Protocol = "MQTT" | "HTTP";

export type Result = "AuthError" | "ClientError" | "ServerError" | "Success" | "Throttle";

/** What has gone through the broker since it was opened. */
export class Traffic {
	/** Messages that clients have published and that were accepted. */
	messagesIn = 0;
	/** Messages that were handed to clients, one for each subscriber. */
	messagesOut = 0;
	/** Connections, messages and subscriptions that were refused, and connections ended by the broker. */
	failures = 0;
	/** Bytes of MQTT, inside TLS, of connections that are over; `Broker.bytes` has them all. */
	bytesIn = 0;
	bytesOut = 0;
	/** How often each operation had which result, such as "PublishIn.Success.MQTT". */
	readonly counts = new Map<`${Operation}.${Result}.${Protocol}`, number>();

	count(operation: Operation, result: Result, times = 1, protocol: Protocol = "MQTT"): void {
		const name = `${operation}.${result}.${protocol}` as const;
		this.counts.set(name, (this.counts.get(name) ?? 0) + times);
	}
}
