/** What a client wants to do, as policies name it. */
export type Action = "iot:Publish" | "iot:Subscribe";

/**
 * Whether a station may: only below its own two trees, `isobar/<thing>/` and
 * `$aws/things/<thing>/shadow/`.
 *
 * @param thing  the thing of the connection, a valid thing name
 * @param topic  a topic name, or a topic filter compared as text: a filter that begins with a
 *   wildcard begins with neither tree
 */
export function isAllowed(thing: string, topic: string): boolean {
	return topic.startsWith(`isobar/${thing}/`) || topic.startsWith(`$aws/things/${thing}/shadow/`);
}
