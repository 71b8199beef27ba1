import { isObject, type Json, type JsonObject } from "../../services/document.ts";
import type { CastType, Expression, Item, Selection } from "./ast.ts";
import { callFunction, get } from "./functions.ts";
import { applyOperator } from "./operators.ts";
import { nameOf } from "./parse.ts";
import type { Scope } from "./scope.ts";
import { finite, member, toBoolean, toDecimal, toText, type Value } from "./value.ts";

/**
 * The value of an expression.
 *
 * @throws {UnreadablePayload} when it names a member of a payload that is no JSON
 */
export function evaluate(expression: Expression, scope: Scope): Value {
	switch (expression.type) {
		case "literal":
			return expression.value;
		case "name":
			return member(scope.root, expression.name);
		case "all":
			return scope.root;
		case "member":
			return member(evaluate(expression.of, scope), expression.name);
		case "index":
			return get(evaluate(expression.of, scope), evaluate(expression.index, scope));
		case "not": {
			const operand = toBoolean(evaluate(expression.operand, scope));
			return operand === undefined ? undefined : !operand;
		}
		case "negate": {
			const operand = toDecimal(evaluate(expression.operand, scope));
			return operand === undefined ? undefined : finite(-operand);
		}
		case "binary": {
			const { operator, left, right } = expression;
			return applyOperator(operator, evaluate(left, scope), evaluate(right, scope));
		}
		case "call":
			return call(expression, scope);
		case "cast":
			return cast(evaluate(expression.operand, scope), expression.to);
		case "case":
			return choose(expression, scope);
		case "object":
			return objectOf(
				expression.members.map(([key, value]) => [[key], evaluate(value, scope)] as const),
			);
		case "array":
			return expression.elements
				.map((element) => evaluate(element, scope))
				.filter((value) => value !== undefined);
		case "query":
			return query(expression, evaluate(expression.from, scope), scope);
	}
}

/** Whether a condition holds: Undefined is no. */
export function holds(where: Expression | null, scope: Scope): boolean {
	return where === null || evaluate(where, scope) === true;
}

/** What a selection makes of a scope: one value, or an object with a member for each item. */
export function select({ isValue, items }: Selection, scope: Scope): Value {
	const [first] = items;
	if (isValue) return evaluate(first!.expression, scope);
	if (items.length === 1 && first!.expression.type === "all") return scope.root;
	return objectOf(items.flatMap((item) => membersOf(item, scope)));
}

/** A member of a result, by the path of its name. */
type Entry = readonly [path: readonly string[], value: Value];

function membersOf(item: Item, scope: Scope): readonly Entry[] {
	if (item.expression.type !== "all") return [[nameOf(item)!, evaluate(item.expression, scope)]];
	const { root } = scope;
	return isObject(root) ? Object.entries(root).map(([key, value]) => [[key], value]) : [];
}

/** Later members take the place of earlier ones; Undefined ones are left out. */
function objectOf(entries: readonly Entry[]): JsonObject {
	const members = new Map<string, Json>();
	for (const [[key, ...rest], value] of entries) {
		if (value === undefined) continue;
		const present = members.get(key!);
		if (rest.length === 0) members.set(key!, value);
		else {
			const inner: Entry[] = isObject(present) ? Object.entries(present).map(single) : [];
			members.set(key!, objectOf([...inner, [rest, value]]));
		}
	}
	return Object.fromEntries(members);
}

function single([key, value]: [string, Json]): Entry {
	return [[key], value];
}

function call({ name, args }: Extract<Expression, { type: "call" }>, scope: Scope): Value {
	const { message, environment } = scope;
	// The bytes as they came, whatever they are.
	if (name === "encode" && args[0]!.type === "all") {
		const isBase64 = evaluate(args[1]!, scope) === "base64";
		return isBase64 ? environment.toBase64(message.payload) : undefined;
	}
	return callFunction(
		name,
		args.map((argument) => evaluate(argument, scope)),
		scope,
	);
}

/** Unlike a conversion by itself, a cast knows numbers of booleans and booleans of numbers. */
function cast(value: Value, to: CastType): Value {
	switch (to) {
		case "String":
			return toText(value);
		case "Boolean":
			return typeof value === "number" ? value !== 0 : toBoolean(value);
		case "Decimal":
			return typeof value === "boolean" ? Number(value) : toDecimal(value);
		case "Int": {
			const decimal = typeof value === "boolean" ? Number(value) : toDecimal(value);
			return decimal === undefined ? undefined : finite(Math.floor(decimal));
		}
	}
}

function choose(expression: Extract<Expression, { type: "case" }>, scope: Scope): Value {
	const { subject, branches, otherwise } = expression;
	const value = subject === null ? true : evaluate(subject, scope);
	if (value === undefined) return undefined;
	for (const { when, then } of branches) {
		if (applyOperator("=", value, evaluate(when, scope)) === true) return evaluate(then, scope);
	}
	return otherwise === null ? undefined : evaluate(otherwise, scope);
}

/** Over an array: the results of its elements. Over an object: its result. */
function query(selection: Selection, from: Value, scope: Scope): Value {
	const { message, environment } = scope;
	const ask = (root: Json): Value => {
		const inner: Scope = { message, environment, root };
		return holds(selection.where, inner) ? select(selection, inner) : undefined;
	};
	if (Array.isArray(from)) return from.map(ask).filter((value) => value !== undefined);
	return from !== undefined && isObject(from) ? ask(from) : undefined;
}
