import type { Queue, QueueMessage } from "../../rules/actions/queues.ts";
import type { RulesService } from "../../rules/service.ts";
import { ApiFault } from "../fault.ts";
import { operate } from "../operation.ts";
import type { RouteModule } from "../services.ts";

interface QueueInput {
	readonly queueName: string;
	readonly maxNumberOfMessages?: number;
	readonly visibilityTimeout?: number;
	readonly waitTimeSeconds?: number;
	readonly receiptHandle?: string;
	readonly messageBody?: string;
}

/** Rules at work, and the queues that they fill. */
export const rules: RouteModule = (app, { live }) => {
	function service(): RulesService {
		if (live?.rules) return live.rules;
		throw new ApiFault("ServiceUnavailableException", "no cloud runs on this data directory");
	}

	async function queueOf(name: string): Promise<Queue> {
		const queue = await service().queues.get(name);
		if (queue) return queue;
		throw new ApiFault("ResourceNotFoundException", `there is no queue ${name}`);
	}

	operate(app, "ListRules", () => {
		const { rules, metrics } = service();
		const faults = rules.faults.map(({ file, line, column, reason }) => {
			return { file, line, column, reason };
		});
		return { rules: rules.list(), faults, ruleNotFound: rules.ruleNotFound, metrics: metrics.all };
	});

	operate(app, "ListQueues", async () => {
		const { queues } = service();
		const list = queues.names.map(async (name) => {
			return { queueName: name, ...(await queues.get(name))!.attributes };
		});
		return { queues: await Promise.all(list) };
	});

	operate<QueueInput>(app, "SendQueueMessage", async ({ queueName, messageBody }) => {
		return { messageId: await (await service().queues.make(queueName)).send(messageBody!) };
	});

	operate<QueueInput>(
		app,
		"ReceiveQueueMessages",
		async ({ queueName, maxNumberOfMessages = 1, visibilityTimeout, waitTimeSeconds = 0 }) => {
			const queue = await queueOf(queueName);
			const messages: QueueMessage[] = await queue.receiveWithin(
				waitTimeSeconds,
				maxNumberOfMessages,
				visibilityTimeout,
			);
			return { messages };
		},
	);

	operate<QueueInput>(app, "DeleteQueueMessage", async ({ queueName, receiptHandle }) => {
		if (await (await queueOf(queueName)).delete(receiptHandle!)) return;
		throw new ApiFault("ResourceNotFoundException", "the receipt handle stands for no message");
	});
};
