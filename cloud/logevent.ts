/**
 * What there is to know of a line of the log besides its text, by the names of AWS's own logs.
 *
 * Source: aws-iot-contract.md §8.2.
 */
export interface LogEvent {
	/** "info" unless given. */
	readonly level?: "debug" | "error" | "info" | "warn";
	readonly eventType?: "Connect" | "Disconnect" | "Publish-In" | "Subscribe";
	readonly status?: "Failure" | "Success";
	readonly clientId?: string;
	/** Id of the certificate. */
	readonly principalId?: string;
	readonly sourceIp?: string;
	readonly topicName?: string;
	readonly reason?: string;
	readonly disconnectReason?: string;
}
