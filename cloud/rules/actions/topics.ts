import type { Mailbox } from "../../notice/mailbox.ts";
import type { JsonObject } from "../../services/document.ts";
import { type Action, type Delivery, nameOf, PermanentFault, text } from "./action.ts";
import type { Functions } from "./functions.ts";
import type { Queues } from "./queues.ts";
import { post } from "./web.ts";

/** Who gets the messages of a topic. */
export interface Subscription {
	readonly protocol: "http" | "https" | "email" | "sqs" | "lambda";
	/** A URL, an address of mail, or the name or ARN of a queue or function. */
	readonly endpoint: string;
}

/** Where subscriptions deliver to. */
export interface Endpoints {
	readonly queues: Queues;
	readonly functions: Functions;
	readonly mailbox: Mailbox;
}

/**
 * The action `sns`, for one subscription of its topic: each has its own tries, so that one that is away
 * has the others not sent again.
 *
 * @param topics  subscriptions by the name of the topic
 */
export function topicAction(
	topics: Readonly<Record<string, readonly Subscription[]>>,
	endpoints: Endpoints,
): Action {
	return {
		name: "SnsAction",
		resource: (parameters) => text(parameters, "targetArn"),
		async perform(delivery) {
			const { parameters } = delivery;
			const name = nameOf(text(parameters, "targetArn"));
			const subscription = Object.hasOwn(topics, name)
				? topics[name]![Number(parameters.subscription)]
				: undefined;
			if (!subscription) {
				throw new PermanentFault(`Topic does not exist: there is no "${name}" in targets.json`);
			}
			await deliver(subscription, messageOf(delivery), endpoints);
		},
	};
}

/** The parameters of an action once for each subscription of its topic. */
export function fanOut(
	topics: Readonly<Record<string, readonly Subscription[]>>,
	parameters: JsonObject,
): JsonObject[] {
	const name = nameOf(text(parameters, "targetArn"));
	const count = Object.hasOwn(topics, name) ? topics[name]!.length : 1;
	return Array.from({ length: count }, (_, subscription) => ({ ...parameters, subscription }));
}

/** With the format JSON, the result has a message for each protocol and `default` for the others. */
function messageOf({ parameters, bytes, json }: Delivery): (protocol: string) => string {
	return (protocol) => {
		if (parameters.messageFormat !== "JSON") return Buffer.from(bytes).toString();
		const messages = (json ?? {}) as JsonObject;
		const message = messages[protocol] ?? messages.default;
		if (typeof message === "string") return message;
		throw new PermanentFault('the format is JSON, and the result has no text "default"');
	};
}

async function deliver(
	{ protocol, endpoint }: Subscription,
	messageFor: (protocol: string) => string,
	{ queues, functions, mailbox }: Endpoints,
): Promise<void> {
	const message = messageFor(protocol);
	switch (protocol) {
		case "http":
		case "https":
			await post(endpoint, Buffer.from(message), []);
			return;
		case "email":
			await mailbox.post({ to: [endpoint], subject: "AWS Notification Message", text: message });
			return;
		case "sqs":
			await (await queues.make(nameOf(endpoint))).send(message);
			return;
		case "lambda":
			await functions.call(nameOf(endpoint), { Records: [{ Sns: { Message: message } }] });
	}
}
