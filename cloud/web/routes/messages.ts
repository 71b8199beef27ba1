import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import { pageOf } from "../paging.ts";
import type { Live, RouteModule } from "../services.ts";

interface MessageInput {
	readonly topic: string;
	readonly qos?: number;
	readonly retain?: boolean;
	readonly payload: Uint8Array;
	readonly maxResults?: number;
	readonly nextToken?: string;
}

/** Messages, retained messages, connections, and where devices find us. */
export const messages: RouteModule = (app, services) => {
	function live(): Live {
		if (services.live) return services.live;
		throw new ApiFault("ServiceUnavailableException", "no cloud runs on this data directory");
	}

	operate(app, "DescribeEndpoint", () => ({ endpointAddress: live().endpoint }));

	operate<MessageInput>(app, "Publish", ({ topic, qos = 0, retain = false, payload }) =>
		live().publish({ topicName: topic, payload, qos, retain }),
	);

	operate<MessageInput>(app, "GetRetainedMessage", ({ topic }) => {
		const found = live()
			.retained()
			.find(({ topicName }) => topicName === topic);
		if (!found) throw new ApiFault("ResourceNotFoundException", `${topic} has no retained message`);
		return { topic, payload: Buffer.from(found.payload).toString("base64"), qos: found.qos };
	});

	operate<MessageInput>(app, "ListRetainedMessages", ({ maxResults, nextToken }) => {
		const request = { limit: maxResults, token: nextToken };
		const { page, next } = pageOf(live().retained(), (message) => message.topicName, request);
		const retainedTopics = page.map(({ topicName, payload, qos }) => {
			return { topic: topicName, payloadSize: payload.length, qos };
		});
		return { retainedTopics, nextToken: next };
	});

	operate<{ clientId: string }>(app, "DeleteConnection", ({ clientId }) => {
		if (live().disconnect(clientId)) return;
		throw new ApiFault("ResourceNotFoundException", `no client ${clientId} is connected`);
	});
};
