/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
	readonly [key: string]: Json;
}

/** A value and its metadata, which mirrors its shape with `{"timestamp": seconds}` for each leaf. */
export interface Stamped {
	readonly value: JsonObject;
	readonly metadata: JsonObject;
}

export function isObject(value: Json | undefined): value is JsonObject {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own member, never one that an object inherits: a key may be called "__proto__". */
export function memberOf(object: JsonObject, key: string): Json | undefined {
	return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The metadata of a value that is written at one moment; a null has an entry too. */
export function stamp(value: Json, seconds: number): Json {
	if (isObject(value)) {
		return Object.fromEntries(
			Object.entries(value).map(([key, member]) => [key, stamp(member, seconds)]),
		);
	}
	if (Array.isArray(value)) return value.map((element: Json) => stamp(element, seconds));
	return { timestamp: seconds };
}

/**
 * Applies an update to a section: objects merge, null deletes, everything else replaces whole.
 * Keys that are not written keep their metadata.
 *
 * Source: aws-iot-contract.md §3.3.
 */
export function merge(target: Stamped, patch: JsonObject, seconds: number): Stamped {
	const values = new Map(Object.entries(target.value));
	const metadata = new Map(Object.entries(target.metadata));
	for (const [key, written] of Object.entries(patch)) {
		const present = values.get(key);
		if (isObject(written) && isObject(present)) {
			const within = metadata.get(key) as JsonObject;
			const merged = merge({ value: present, metadata: within }, written, seconds);
			values.set(key, merged.value);
			metadata.set(key, merged.metadata);
			continue;
		}
		const value = withoutNulls(written);
		if (value === undefined) {
			values.delete(key);
			metadata.delete(key);
		} else {
			values.set(key, value);
			metadata.set(key, stamp(value, seconds));
		}
	}
	return { value: Object.fromEntries(values), metadata: Object.fromEntries(metadata) };
}

/** A value without null members; `undefined` for null and for an object that held nothing else. */
function withoutNulls(value: Json): Json | undefined {
	if (value === null) return undefined;
	if (!isObject(value)) return value;
	const entries = Object.entries(value);
	const kept: [string, Json][] = [];
	for (const [key, member] of entries) {
		const rest = withoutNulls(member);
		if (rest !== undefined) kept.push([key, rest]);
	}
	return entries.length > 0 && kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/**
 * What is desired and not yet reported so, with the metadata of what is desired.
 *
 * @returns `undefined` when there is no difference
 *
 * Source: aws-iot-contract.md §3.4.
 */
export function difference(desired: Stamped, reported: JsonObject): Stamped | undefined {
	const values: [string, Json][] = [];
	const metadata: [string, Json][] = [];
	for (const [key, wanted] of Object.entries(desired.value)) {
		const told = memberOf(reported, key);
		const stamps = memberOf(desired.metadata, key)!;
		if (isObject(wanted) && isObject(told)) {
			const within = difference({ value: wanted, metadata: stamps as JsonObject }, told);
			if (!within) continue;
			values.push([key, within.value]);
			metadata.push([key, within.metadata]);
		} else if (!isEqual(wanted, told)) {
			values.push([key, wanted]);
			metadata.push([key, stamps]);
		}
	}
	if (values.length === 0) return undefined;
	return { value: Object.fromEntries(values), metadata: Object.fromEntries(metadata) };
}

/** Equality by value; 1 and 1.0 are one number, the order of keys does not count. */
export function isEqual(left: Json, right: Json | undefined): boolean {
	if (left === right) return true;
	if (Array.isArray(left)) {
		if (!Array.isArray(right) || left.length !== right.length) return false;
		return left.every((element, index) => isEqual(element, right[index]));
	}
	if (!isObject(left) || !isObject(right)) return false;
	const keys = Object.keys(left);
	if (keys.length !== Object.keys(right).length) return false;
	return keys.every((key) => isEqual(left[key]!, memberOf(right, key)));
}
