import type { Connection } from "./connection.ts";

/**
 * Lifecycle events: who has connected and who has gone, as messages on
 * `$aws/events/presence/{connected,disconnected}/<clientId>`.
 *
 * Source: aws-iot-contract.md §4.
 */
export class Presence {
	readonly #publish: (topicName: string, payload: string) => void;
	readonly #versions = new Map<string, number>();

	constructor(publish: (topicName: string, payload: string) => void) {
		this.#publish = publish;
	}

	/** @param epochMs  UTC */
	connected(connection: Connection, epochMs: number): void {
		const clientId = connection.principal.thing;
		const versionNumber = (this.#versions.get(clientId) ?? -1) + 1;
		this.#versions.set(clientId, versionNumber);
		connection.versionNumber = versionNumber;
		this.#send("connected", connection, epochMs, { ipAddress: connection.address });
	}

	/** @param epochMs  UTC */
	disconnected(connection: Connection, epochMs: number): void {
		const { reason } = connection;
		this.#send("disconnected", connection, epochMs, {
			clientInitiatedDisconnect: reason === "CLIENT_INITIATED_DISCONNECT",
			disconnectReason: reason,
		});
	}

	#send(eventType: string, connection: Connection, epochMs: number, more: object): void {
		const { principal, sessionIdentifier, versionNumber } = connection;
		const event = {
			clientId: principal.thing,
			timestamp: epochMs,
			eventType,
			sessionIdentifier,
			principalIdentifier: principal.certificateId,
			...more,
			versionNumber,
		};
		this.#publish(`$aws/events/presence/${eventType}/${principal.thing}`, JSON.stringify(event));
	}
}
