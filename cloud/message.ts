/** A message of no connection of ours. */
export interface Message {
	readonly topicName: string;
	readonly payload: Uint8Array;
	readonly qos: number;
	readonly retain: boolean;
}

/** A message over HTTP that the limits do not allow. */
export class MessageFault extends Error {
	override readonly name = "MessageFault";
}

/** What AWS IoT Core allows a client (aws-iot-contract.md §1.5). */
export const MessageLimits = Object.freeze({
	payloadBytes: 128 * 1024,
	packetBytes: 146 * 1024,
	topicBytes: 256,
	topicLevels: 8,
	clientIdBytes: 128,
	subscriptions: 50,
	/** In one SUBSCRIBE. */
	topicFilters: 8,
} as const);

/** Topics of Basic Ingest, which goes to its rule alone (aws-iot-contract.md §1.10). */
export const basicIngestPrefix = "$aws/rules/";
const basicIngestHead = /^\$aws\/rules\/[^/]+\//;

/** What is wrong with a topic or a message by the limits, whoever sends it. */
export function problemOf(message: {
	readonly topic: string;
	readonly payload?: string | Buffer;
}): string | undefined {
	const { payload = "" } = message;
	// The name of a rule does not count.
	const topic = message.topic.replace(basicIngestHead, "");
	if (payload.length > MessageLimits.payloadBytes) return "a payload of more than 128 KB";
	if (Buffer.byteLength(topic) > MessageLimits.topicBytes) return "a topic of more than 256 bytes";
	if (topic.split("/").length > MessageLimits.topicLevels) return "a topic of more than 8 levels";
	if (message.topic.startsWith("$") && !message.topic.startsWith("$aws/"))
		return "a reserved topic that is not served";
	return undefined;
}

export function bytesOf(payload: string | Buffer): Uint8Array {
	return typeof payload === "string" ? Buffer.from(payload) : payload;
}
