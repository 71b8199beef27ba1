import type { Expression } from "./ast.ts";
import { evaluate } from "./evaluate.ts";
import { parseExpression, SqlFault } from "./parse.ts";
import type { Scope } from "./scope.ts";
import { toText } from "./value.ts";

/**
 * A text with `${expression}` in it (aws-iot-contract.md §7.2). Expressions see the message as it came,
 * and no alias of the SELECT; Undefined is the empty text.
 */
export class Template {
	readonly #parts: readonly (string | Expression)[];

	/** @throws {SqlFault} with the place in the text */
	constructor(text: string) {
		this.#parts = partsOf(text);
	}

	/** @throws {UnreadablePayload} when it names a member of a payload that is no JSON */
	render(scope: Scope): string {
		return this.#parts
			.map((part) => (typeof part === "string" ? part : (toText(evaluate(part, scope)) ?? "")))
			.join("");
	}
}

function partsOf(text: string): (string | Expression)[] {
	const parts: (string | Expression)[] = [];
	let at = 0;
	for (let open = text.indexOf("${"); open >= 0; open = text.indexOf("${", at)) {
		const close = closingBrace(text, open + 2);
		if (close < 0) throw new SqlFault("this ${ has no } to it", open);
		parts.push(text.slice(at, open), parseAt(text, open + 2, close));
		at = close + 1;
	}
	parts.push(text.slice(at));
	return parts.filter((part) => part !== "");
}

function parseAt(text: string, start: number, end: number): Expression {
	try {
		return parseExpression(text.slice(start, end));
	} catch (error) {
		if (error instanceof SqlFault) throw new SqlFault(error.message, start + error.at);
		throw error;
	}
}

/** The brace that ends an expression; braces of object literals and in strings do not. */
function closingBrace(text: string, from: number): number {
	let depth = 0;
	let quote = "";
	for (let at = from; at < text.length; at++) {
		const character = text[at]!;
		if (quote !== "") quote = character === quote ? "" : quote;
		else if (character === "'" || character === '"') quote = character;
		else if (character === "{") depth += 1;
		else if (character === "}" && depth-- === 0) return at;
	}
	return -1;
}
