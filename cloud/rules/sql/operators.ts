import { isEqual } from "../../services/document.ts";
import type { BinaryOperator } from "./ast.ts";
import { finite, isInt, toBoolean, toDecimal, toText, type Value } from "./value.ts";

/**
 * Applies an operator to its operands.
 *
 * Source: AWS IoT Developer Guide, "Operators"; aws-iot-contract.md §7.2.
 */
export function applyOperator(operator: BinaryOperator, left: Value, right: Value): Value {
	switch (operator) {
		case "AND":
		case "OR":
			return combine(operator, toBoolean(left), toBoolean(right));
		case "=":
			return isSame(left, right);
		case "<>": {
			const same = isSame(left, right);
			return same === undefined ? undefined : !same;
		}
		case "+":
			return add(left, right);
		case "-":
		case "*":
		case "/":
		case "%":
			return calculate(operator, left, right);
		default:
			return compare(operator, toDecimal(left), toDecimal(right));
	}
}

/** An operand that is no boolean decides nothing, also where the other one would. */
function combine(
	operator: "AND" | "OR",
	left: boolean | undefined,
	right: boolean | undefined,
): Value {
	if (left === undefined || right === undefined) return undefined;
	return operator === "AND" ? left && right : left || right;
}

function isSame(left: Value, right: Value): boolean | undefined {
	return left === undefined || right === undefined ? undefined : isEqual(left, right);
}

function compare(
	operator: "<" | "<=" | ">" | ">=",
	left: number | undefined,
	right: number | undefined,
): Value {
	if (left === undefined || right === undefined) return undefined;
	switch (operator) {
		case "<":
			return left < right;
		case "<=":
			return left <= right;
		case ">":
			return left > right;
		case ">=":
			return left >= right;
	}
}

function add(left: Value, right: Value): Value {
	if (typeof left === "string" || typeof right === "string") {
		const head = toText(left);
		const tail = toText(right);
		return head === undefined || tail === undefined ? undefined : head + tail;
	}
	return typeof left === "number" && typeof right === "number" ? finite(left + right) : undefined;
}

function calculate(operator: "-" | "*" | "/" | "%", left: Value, right: Value): Value {
	const first = toDecimal(left);
	const second = toDecimal(right);
	if (first === undefined || second === undefined) return undefined;
	switch (operator) {
		case "-":
			return finite(first - second);
		case "*":
			return finite(first * second);
		case "%":
			return finite(first % second);
		case "/": {
			// Only operands that are Ints themselves divide as Ints; a string is read as a Decimal.
			const quotient = first / second;
			return finite(isInt(left) && isInt(right) ? Math.trunc(quotient) : quotient);
		}
	}
}
