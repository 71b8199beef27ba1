import { matchTopic } from "../firmware/mqtt/topic.ts";

/** Whether a topic filter matches a topic name, both valid. */
export function topicMatches(filter: string, topicName: string): boolean {
	const [pattern, name] = [Buffer.from(filter), Buffer.from(topicName)];
	return matchTopic(pattern, 0, pattern.length, name, 0, name.length);
}
