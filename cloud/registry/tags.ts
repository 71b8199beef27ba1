import type { Change, Entities } from "./entities.ts";
import { invalid, limit, RegistryLimits } from "./fault.ts";
import type { Registry } from "./registry.ts";

/*
 * Tags of what AWS lets be tagged; things can't be. Source: aws-iot-contract.md §2.2, and "Tagging your
 * AWS IoT resources" for the limits.
 */

export type Tagged = "type" | "group" | "billing" | "policy";

const keyPattern = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/u;
const valuePattern = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u;

/** Adds tags; one whose key is there already has the new value. */
export function tagResource(
	registry: Registry,
	kind: Tagged,
	name: string,
	tags: Readonly<Record<string, string>>,
): Change[] {
	checkTags(tags);
	const entity = registry.demand(kind, name);
	const all = { ...entity.tags, ...tags };
	if (Object.keys(all).length > RegistryLimits.tags) throw limit("tags", "tags");
	return [change(kind, name, { ...entity, tags: all })];
}

/** Keys that are not there are no mistake. */
export function untagResource(
	registry: Registry,
	kind: Tagged,
	name: string,
	keys: readonly string[],
): Change[] {
	const entity = registry.demand(kind, name);
	const rest = Object.entries(entity.tags ?? {}).filter(([key]) => !keys.includes(key));
	return [change(kind, name, { ...entity, tags: Object.fromEntries(rest) })];
}

/** Throws when a key or a value is not allowed. */
export function checkTags(tags: Readonly<Record<string, string>>): void {
	if (Object.keys(tags).length > RegistryLimits.tags) throw limit("tags", "tags");
	for (const [key, value] of Object.entries(tags)) {
		if (!keyPattern.test(key) || /^aws:/i.test(key)) {
			throw invalid(`the tag key ${JSON.stringify(key)} is not allowed`);
		}
		if (!valuePattern.test(value)) throw invalid(`the value of the tag ${key} is not allowed`);
	}
}

function change(kind: Tagged, name: string, value: Entities[Tagged]): Change {
	return { kind, name, value } as Change;
}
