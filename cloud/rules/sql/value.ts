import { isObject, type Json, memberOf } from "../../services/document.ts";

/*
 * Values of AWS IoT SQL and their conversions (aws-iot-contract.md §7.2). Undefined is a value of
 * the language; here it is `undefined`. In version 2016-03-23 a Decimal that is whole is an Int, so a
 * JavaScript number says by itself which it is. It has 15 digits where AWS has 34.
 */

export type Value = Json | undefined;

/** The text that is read as a Decimal. */
const decimalText = /^-?\d+(\.\d+)?(E-?\d+)?$/i;

export function isInt(value: Value): value is number {
	return Number.isInteger(value);
}

/** What is no finite number has no place in JSON, and is Undefined. */
export function finite(value: number): number | undefined {
	if (!Number.isFinite(value)) return undefined;
	// -0 is written as 0 in JSON, and divides to an infinity that nobody asked for.
	return value === 0 ? 0 : value;
}

export function toDecimal(value: Value): number | undefined {
	if (typeof value === "number") return value;
	return typeof value === "string" && decimalText.test(value) ? finite(Number(value)) : undefined;
}

/** Truncated, as the examples of substring() and bitand() have it. */
export function toInt(value: Value): number | undefined {
	const decimal = toDecimal(value);
	return decimal === undefined ? undefined : finite(Math.trunc(decimal));
}

export function toBoolean(value: Value): boolean | undefined {
	if (typeof value === "boolean") return value;
	if (typeof value !== "string") return undefined;
	const word = value.toLowerCase();
	return word === "true" ? true : word === "false" ? false : undefined;
}

export function toText(value: Value): string | undefined {
	if (typeof value === "string") return value;
	if (value === null || value === undefined) return undefined;
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A member of an object; Undefined for anything else. */
export function member(value: Value, name: string): Value {
	return value !== undefined && isObject(value) ? memberOf(value, name) : undefined;
}
