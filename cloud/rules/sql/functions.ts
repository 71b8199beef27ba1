import { utf8Length } from "../../../firmware/base/bytes.ts";
import { isObject, type Json } from "../../services/document.ts";
import { bitwiseFunctions, mathFunctions } from "./math.ts";
import type { DigestName, Scope } from "./scope.ts";
import { formatTime, parseTime } from "./time.ts";
import { member, toDecimal, toInt, toText, type Value } from "./value.ts";

/** A function of the language: Undefined for arguments that it can't take. */
export type SqlFunction = (args: readonly Value[], scope: Scope) => Value;

/** The least and the most arguments of a function. */
export type Arity = readonly [minimum: number, maximum: number];

/** Spaces that lpad() and rpad() add at most. */
const paddingMaximum = 1000;
/** Bytes of what transform() returns at most. */
const transformBytes = 128 * 1024;

/** Functions of one text. */
const textFunctions: Readonly<Record<string, (text: string) => Value>> = {
	upper: (text) => text.toUpperCase(),
	lower: (text) => text.toLowerCase(),
	length: (text) => text.length,
	numbytes: utf8Length,
	trim: (text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""),
	ltrim: (text) => text.replace(/^[ \t]+/, ""),
	rtrim: (text) => text.replace(/[ \t]+$/, ""),
};

/** Functions of two texts. */
const pairFunctions: Readonly<Record<string, (text: string, other: string) => Value>> = {
	startswith: (text, start) => text.startsWith(start),
	endswith: (text, end) => text.endsWith(end),
	indexof: (text, part) => text.indexOf(part),
	regexp_matches: (text, pattern) => compile(pattern)?.test(text),
	regexp_substr: (text, pattern) => {
		const expression = compile(pattern);
		return expression && (expression.exec(text)?.[0] ?? undefined);
	},
};

/** Functions of three texts. */
const tripleFunctions: Readonly<
	Record<string, (text: string, other: string, third: string) => Value>
> = {
	replace: (text, part, by) => (part === "" ? text : text.replaceAll(part, () => by)),
	regexp_replace: (text, pattern, by) => {
		const expression = compile(pattern, "g");
		return expression && text.replace(expression, by);
	},
};

const digests: readonly DigestName[] = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

/** What a function knows of the message and of the world. */
const contextFunctions: Readonly<Record<string, readonly [Arity, SqlFunction]>> = {
	topic: [[0, 1], (args, { message }) => topic(message.topicName, args)],
	clientid: [[0, 0], (_, { message }) => message.clientId],
	principal: [[0, 0], (_, { message }) => message.principal],
	traceid: [[0, 0], (_, { message }) => message.traceId],
	accountid: [[0, 0], (_, { environment }) => environment.accountId],
	timestamp: [[0, 0], (_, { environment }) => environment.now()],
	newuuid: [[0, 0], (_, { environment }) => environment.uuid()],
	rand: [[0, 0], (_, { environment }) => environment.random()],
	sql_version: [[0, 0], () => "2016-03-23"],
	get_thing_shadow: [[1, 3], shadow],
};

const otherFunctions: Readonly<Record<string, readonly [Arity, SqlFunction]>> = {
	concat: [[0, Number.POSITIVE_INFINITY], (args) => concat(args)],
	chr: [[1, 1], ([code]) => character(code)],
	lpad: [[2, 2], ([text, count]) => pad(text, count, (value, spaces) => spaces + value)],
	rpad: [[2, 2], ([text, count]) => pad(text, count, (value, spaces) => value + spaces)],
	substring: [[2, 3], substring],
	get: [[2, 2], ([of, key]) => get(of, key)],
	isnull: [[1, 1], ([value]) => value === null],
	isundefined: [[1, 1], ([value]) => value === undefined],
	nanvl: [[2, 2], ([value, other]) => value ?? other],
	parse_time: [[2, 3], parseTimeOf],
	time_to_epoch: [[2, 2], ([text, pattern]) => ofTexts([text, pattern], parseTime)],
	transform: [[3, 3], ([mode, attributes, elements]) => transform(mode, attributes, elements)],
	encode: [[2, 2], encode],
	decode: [[2, 2], decode],
};

/** All functions, by their name in lower case. */
const functions: ReadonlyMap<string, readonly [Arity, SqlFunction]> = new Map([
	...Object.entries(contextFunctions),
	...Object.entries(otherFunctions),
	...entriesOf(textFunctions, 1),
	...entriesOf(pairFunctions, 2),
	...entriesOf(tripleFunctions, 3),
	...digests.map((name) => [name, [[1, 1], digest(name)] as const] as const),
	...Object.entries(mathFunctions).map(
		([name, apply]) =>
			[name, [[apply.length, apply.length], numeric(toDecimal, apply)] as const] as const,
	),
	...Object.entries(bitwiseFunctions).map(
		([name, apply]) =>
			[name, [[apply.length, apply.length], numeric(toInt, apply)] as const] as const,
	),
]);

/** How many arguments a function takes; `undefined` when there is no such function. */
export function aritiesOf(name: string): Arity | undefined {
	return functions.get(name)?.[0];
}

/** Calls a function that is there. */
export function callFunction(name: string, args: readonly Value[], scope: Scope): Value {
	return functions.get(name)![1](args, scope);
}

function entriesOf(
	table: Readonly<Record<string, (...texts: never[]) => Value>>,
	count: number,
): [string, readonly [Arity, SqlFunction]][] {
	return Object.entries(table).map(([name, apply]) => [
		name,
		[[count, count], (args) => ofTexts(args, apply)],
	]);
}

function ofTexts(args: readonly Value[], apply: (...texts: never[]) => Value): Value {
	const texts = args.map(toText);
	return texts.includes(undefined) ? undefined : apply(...(texts as never[]));
}

function numeric(
	convert: (value: Value) => number | undefined,
	apply: (...numbers: number[]) => number | undefined,
): SqlFunction {
	return (args) => {
		const numbers = args.map(convert);
		return numbers.includes(undefined) ? undefined : apply(...(numbers as number[]));
	};
}

function digest(name: DigestName): SqlFunction {
	return ([value], { environment }) => {
		const text = toText(value);
		return text === undefined ? undefined : environment.digest(name, toBytes(text));
	};
}

/** The levels of a topic count from 1. */
function topic(topicName: string, args: readonly Value[]): Value {
	if (args.length === 0) return topicName;
	const number = toInt(args[0]);
	return number === undefined ? undefined : topicName.split("/")[number - 1];
}

/** With a role as the last argument, as AWS has it, or without: nobody is asked for it here. */
function shadow(args: readonly Value[], { environment }: Scope): Value {
	const [thing, ...rest] = args;
	const [shadowName] = rest.filter((arg) => !String(arg).startsWith("arn:"));
	return typeof thing === "string"
		? environment.shadow(thing, typeof shadowName === "string" ? shadowName : undefined)
		: undefined;
}

function concat(args: readonly Value[]): Value {
	if (args.length < 2) return args[0];
	if (args.some(Array.isArray)) return args.flat().filter((value) => value !== undefined) as Json[];
	return args.some((value) => typeof value === "string")
		? ofTexts(args, (...texts: string[]) => texts.join(""))
		: undefined;
}

function character(code: Value): Value {
	const number = toInt(code);
	if (number === undefined || number < 0 || number > 127) return undefined;
	return String.fromCharCode(number);
}

function pad(value: Value, count: Value, join: (text: string, spaces: string) => string): Value {
	const text = toText(value);
	const number = toInt(count);
	if (text === undefined || number === undefined) return undefined;
	return join(text, " ".repeat(Math.min(Math.max(number, 0), paddingMaximum)));
}

function substring(args: readonly Value[]): Value {
	const text = toText(args[0]);
	const start = toInt(args[1]);
	const end = args.length < 3 ? text?.length : toInt(args[2]);
	if (text === undefined || start === undefined || end === undefined) return undefined;
	return text.slice(Math.max(start, 0), Math.max(end, 0));
}

/** No conversion is applied to what is asked, nor to the key of an object. */
export function get(of: Value, key: Value): Value {
	if (typeof of === "string" || Array.isArray(of)) {
		const index = toInt(key);
		return index === undefined ? undefined : (of[index] as Value);
	}
	return typeof key === "string" ? member(of, key) : undefined;
}

function parseTimeOf([pattern, epoch, zone = "UTC"]: readonly Value[]): Value {
	const form = toText(pattern);
	const epochMs = toInt(epoch);
	const name = toText(zone);
	if (form === undefined || epochMs === undefined || name === undefined) return undefined;
	return formatTime(form, epochMs, name);
}

function transform(mode: Value, attributes: Value, elements: Value): Value {
	if (mode !== "enrichArray" || attributes === undefined || !isObject(attributes)) return undefined;
	if (!Array.isArray(elements) || !elements.every(isObject)) return undefined;
	const enriched = elements.map((element) => ({ ...element, ...attributes }));
	return JSON.stringify(enriched).length > transformBytes ? undefined : enriched;
}

function encode([value, scheme]: readonly Value[], { environment }: Scope): Value {
	const text = toText(value);
	if (scheme !== "base64" || text === undefined) return undefined;
	return environment.toBase64(toBytes(text));
}

/** What decodes to JSON can be asked for its members; null for what can't be decoded. */
function decode([value, scheme]: readonly Value[], { environment }: Scope): Value {
	if (scheme !== "base64" || typeof value !== "string") return undefined;
	const bytes = environment.fromBase64(value);
	if (!bytes) return null;
	const text = new TextDecoder().decode(bytes);
	try {
		return JSON.parse(text) as Json;
	} catch {
		return text;
	}
}

function toBytes(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

/** `(?i)` in front is Java's way to say that case does not count. */
function compile(pattern: string, flags = ""): RegExp | undefined {
	const isInsensitive = pattern.startsWith("(?i)");
	try {
		return new RegExp(
			isInsensitive ? pattern.slice(4) : pattern,
			flags + (isInsensitive ? "i" : ""),
		);
	} catch {
		return undefined;
	}
}
