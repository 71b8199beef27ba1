import { checkTopicName } from "../../../firmware/mqtt/topic.ts";
import type { Mailbox } from "../../notice/mailbox.ts";
import type { Vault } from "../../vault/vault.ts";
import { type Action, type ActionType, PermanentFault, text } from "./action.ts";
import { functionAction } from "./functions.ts";
import type { LineFiles } from "./lines.ts";
import { metricAction, type RuleMetrics } from "./metrics.ts";
import { objectAction } from "./objects.ts";
import { queueAction } from "./queues.ts";
import { type Streams, streamAction } from "./streams.ts";
import { itemAction, seriesAction } from "./tables.ts";
import { type Endpoints, type Subscription, topicAction } from "./topics.ts";
import { webAction } from "./web.ts";

/** What actions are made from. */
export interface Targets extends Endpoints {
	readonly objectsDir: string;
	/** How objects stand on disk. */
	readonly vault: Vault;
	readonly streams: Streams;
	readonly tables: LineFiles;
	readonly metrics: RuleMetrics;
	readonly topics: Readonly<Record<string, readonly Subscription[]>>;
	/** Publishes a message of the cloud's own. */
	publish(topicName: string, payload: Uint8Array, qos: 0 | 1, hops: number): void;
}

/** A message that rules republish goes round so often at most; AWS lets it, and charges. */
const hopsMaximum = 8;

/** All actions, by their names in rules. */
export function makeActions(targets: Targets): Readonly<Record<ActionType, Action>> {
	const { objectsDir, vault, streams, tables, mailbox, topics, queues, metrics, functions } =
		targets;
	return {
		s3: objectAction(objectsDir, vault),
		firehose: streamAction(streams),
		dynamoDBv2: itemAction(tables),
		timestream: seriesAction(tables),
		ses: mailAction(mailbox),
		sns: topicAction(topics, targets),
		sqs: queueAction(queues),
		republish: republishAction(targets.publish),
		cloudwatchMetric: metricAction(metrics),
		lambda: functionAction(functions),
		http: webAction,
	};
}

/** The action `ses`. */
function mailAction(mailbox: Mailbox): Action {
	return {
		name: "SesAction",
		resource: (parameters) => String(parameters.to),
		async perform({ parameters, bytes }) {
			const to = (parameters.to as readonly string[]).filter((address) => address !== "");
			const from = text(parameters, "from");
			if (to.length === 0 || !to.every((address) => /^[^\s@<>,;]+@[^\s@<>,;]+$/.test(address))) {
				throw new PermanentFault(`to: expected addresses, got ${JSON.stringify(to)}`);
			}
			await mailbox.post({
				to,
				...(from === "" ? {} : { from }),
				subject: text(parameters, "subject"),
				text:
					parameters.text === undefined ? Buffer.from(bytes).toString() : text(parameters, "text"),
			});
		},
	};
}

/** The action `republish`; a topic of a service is written `$$aws/…`. */
function republishAction(publish: Targets["publish"]): Action {
	return {
		name: "RepublishAction",
		resource: (parameters) => text(parameters, "topic"),
		async perform({ parameters, bytes, hops }) {
			const topicName = text(parameters, "topic").replace(/^\$\$/, "$");
			const name = Buffer.from(topicName);
			if (checkTopicName(name, 0, name.length) !== 0) {
				throw new PermanentFault(`${JSON.stringify(topicName)} is no topic name`);
			}
			if (hops >= hopsMaximum) {
				throw new PermanentFault(`rules have republished this message ${hops} times: a loop`);
			}
			publish(topicName, bytes, parameters.qos === 1 ? 1 : 0, hops + 1);
		},
	};
}
