import type { Attributes } from "./entities.ts";
import { invalid, limit, RegistryFault, RegistryLimits } from "./fault.ts";

const namePattern = /^[a-zA-Z0-9:_-]{1,128}$/;
const attributeNamePattern = /^[a-zA-Z0-9_.,@/:#-]{1,128}$/;
const attributeValuePattern = /^[a-zA-Z0-9_.,@/:#=[\]-]{0,800}$/;

/**
 * Whether a text can name a thing: `[a-zA-Z0-9:_-]`, 1 to 128 characters. Such a name is also safe
 * as a topic level, a file name and a word in a log line.
 */
export function isThingName(text: string): boolean {
	return namePattern.test(text);
}

export function checkName(text: string, what: string): void {
	if (!namePattern.test(text)) {
		throw invalid(`the name of a ${what} is 1 to 128 of a-z A-Z 0-9 : _ -`);
	}
}

/** Optimistic locking: refuses when something has another version by now. */
export function checkVersion(what: string, version: number, expected = version): void {
	if (version === expected) return;
	throw new RegistryFault(
		"VersionConflictException",
		`the ${what} has version ${version}, not ${expected}`,
	);
}

export function checkAttributes(attributes: Attributes, hasType: boolean): void {
	const bound = hasType ? "attributesWithType" : "attributesWithoutType";
	if (Object.keys(attributes).length > RegistryLimits[bound]) throw limit("attributes", bound);
	for (const [name, value] of Object.entries(attributes)) {
		if (!attributeNamePattern.test(name)) throw invalid("the name of an attribute is not allowed");
		if (!attributeValuePattern.test(value)) throw invalid(`the value of ${name} is not allowed`);
	}
}

export function mergeAttributes(
	present: Attributes,
	given: Attributes,
	merge: boolean,
): Attributes {
	const merged = Object.entries(merge ? { ...present, ...given } : given);
	return Object.fromEntries(merged.filter(([, value]) => !merge || value !== ""));
}

/** Whether an entity has all that is given, and nothing given differs. */
export function isAlike(present: object, given: object): boolean {
	const wanted = Object.entries(given).filter(([, value]) => value !== undefined);
	return wanted.every(
		([key, value]) => JSON.stringify(present[key as keyof object]) === JSON.stringify(value),
	);
}

export function isSame(left: Attributes, right: Attributes): boolean {
	const names = Object.keys(left);
	return (
		names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
	);
}

export function without(list: readonly string[], item: string): string[] {
	return list.filter((other) => other !== item);
}
