import type { Connection } from "./connection.ts";

/**
 * Lifecycle events: who has connected, who was not allowed to, who has gone, and who subscribes to
 * what, as messages on `$aws/events/presence/…/<clientId>` and
 * `$aws/events/subscriptions/…/<clientId>`.
 *
 * Source: aws-iot-contract.md §4.
 */
export class Presence {
	readonly #publish: (topicName: string, payload: string) => void;
	readonly #versions = new Map<string, number>();

	constructor(publish: (topicName: string, payload: string) => void) {
		this.#publish = publish;
	}

	/**
	 * @param thingName  the thing that the certificate is attached to exclusively
	 * @param epochMs    UTC
	 */
	connected(connection: Connection, thingName: string | undefined, epochMs: number): void {
		const { clientId, address } = connection;
		const versionNumber = (this.#versions.get(clientId) ?? -1) + 1;
		this.#versions.set(clientId, versionNumber);
		connection.versionNumber = versionNumber;
		const thing = thingName === undefined ? {} : { thingName };
		this.#send("presence/connected", connection, epochMs, {
			...thing,
			ipAddress: address,
			versionNumber,
		});
	}

	/** A client whose certificate is good, and which no policy allows to connect. */
	connectFailed(connection: Connection, epochMs: number): void {
		this.#send("presence/connect_failed", connection, epochMs, {
			connectFailureReason: "AUTHORIZATION_FAILED",
			ipAddress: connection.address,
			versionNumber: 0,
		});
	}

	disconnected(connection: Connection, epochMs: number): void {
		const { reason, versionNumber } = connection;
		this.#send("presence/disconnected", connection, epochMs, {
			clientInitiatedDisconnect: reason === "CLIENT_INITIATED_DISCONNECT",
			disconnectReason: reason,
			versionNumber,
		});
	}

	subscribed(connection: Connection, topics: readonly string[], epochMs: number): void {
		this.#send("subscriptions/subscribed", connection, epochMs, { topics });
	}

	unsubscribed(connection: Connection, topics: readonly string[], epochMs: number): void {
		this.#send("subscriptions/unsubscribed", connection, epochMs, { topics });
	}

	#send(kind: string, connection: Connection, epochMs: number, more: object): void {
		const { clientId, sessionIdentifier, certificateId } = connection;
		// Such an id would make the topic a filter.
		if (/[+#]/.test(clientId)) return;
		const event = {
			clientId,
			timestamp: epochMs,
			eventType: kind.split("/")[1],
			sessionIdentifier,
			principalIdentifier: certificateId,
			...more,
		};
		this.#publish(`$aws/events/${kind}/${clientId}`, JSON.stringify(event));
	}
}
