import { checkTopicFilter } from "../../../firmware/mqtt/topic.ts";
import type { Expression, Item, Selection, Statement } from "./ast.ts";
import { aritiesOf } from "./functions.ts";
import { type Expectation, type GrammarFault, parse } from "./grammar.peggy";

/** What is wrong with a statement or a template. */
export class SqlFault extends Error {
	override readonly name = "SqlFault";
	/** Index of the place in the text. */
	readonly at: number;

	constructor(message: string, at: number) {
		super(message);
		this.at = at;
	}
}

/**
 * Reads the statement of a rule.
 *
 * @throws {SqlFault} for text outside the grammar, a function that is not there, a wrong number of
 *   arguments, an item that has no name, or a FROM that is no topic filter
 */
export function parseStatement(text: string): Statement {
	const statement = guard(text, () => parse(text, { startRule: "Statement" }));
	checkSelection(statement);
	const { from } = statement;
	if (from) {
		const filter = new TextEncoder().encode(from.filter);
		if (checkTopicFilter(filter, 0, filter.length) !== 0) {
			throw new SqlFault(`${JSON.stringify(from.filter)} is no topic filter`, from.at);
		}
	}
	return statement;
}

/** Reads what a substitution template has between its braces. Throws as `parseStatement`. */
export function parseExpression(text: string): Expression {
	const expression = guard(text, () => parse(text, { startRule: "Template" }));
	checkExpression(expression);
	return expression;
}

/** The name of an item without AS: the last part of its path, or that of its function. */
export function nameOf({ expression, alias }: Item): readonly string[] | undefined {
	if (alias) return alias;
	const { type } = expression;
	return type === "name" || type === "member" || type === "call" ? [expression.name] : undefined;
}

/** The text is needed to show what stands at the place. */
function guard<T>(text: string, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (!isGrammarFault(error)) throw error;
		const at = error.location.start.offset;
		const found = /^(\w+|.)/s.exec(text.slice(at))?.[0];
		const shown = found === undefined ? "the end" : JSON.stringify(found);
		throw new SqlFault(`expected ${describe(error.expected)}, got ${shown}`, at);
	}
}

function isGrammarFault(error: unknown): error is GrammarFault {
	return typeof error === "object" && error !== null && "expected" in error;
}

/** A name goes on with one of these, or with the arguments of a call. */
const operators = /^([<>=+\-*/%.[(]|<>|<=|>=|AND|OR)$/;

/** In a few words: where an expression may begin a dozen tokens are expected. */
function describe(expected: readonly Expectation[]): string {
	const words = expected.flatMap((one) => {
		if (one.type === "literal") return operators.test(one.text) ? "an operator" : [one.text];
		return one.type === "other" && one.description !== "white space" ? [one.description] : [];
	});
	const distinct = [...new Set(words)].sort();
	if (distinct.includes("number") && distinct.includes("CASE")) return "an expression";
	if (expected.some(({ type }) => type === "end")) distinct.push("the end");
	return distinct.join(" or ");
}

function checkSelection({ items, isValue, where }: Selection): void {
	for (const item of items) {
		const { expression } = item;
		if (expression.type !== "all") {
			checkExpression(expression);
			if (!isValue && !nameOf(item)) throw new SqlFault("this needs a name: add AS", item.at);
		}
	}
	if (where) checkExpression(where);
}

function checkExpression(expression: Expression): void {
	switch (expression.type) {
		case "literal":
		case "name":
			return;
		case "all":
			throw new SqlFault("* stands in SELECT and as the argument of encode() alone", expression.at);
		case "call":
			checkCall(expression);
			return;
		case "query":
			checkSelection(expression);
			checkExpression(expression.from);
			return;
		default:
			for (const part of partsOf(expression)) checkExpression(part);
	}
}

function checkCall({ name, args, at }: Extract<Expression, { type: "call" }>): void {
	const arity = aritiesOf(name);
	if (!arity) throw new SqlFault(`there is no function ${name}() here`, at);
	const [minimum, maximum] = arity;
	if (args.length < minimum || args.length > maximum) {
		const expected = minimum === maximum ? `${minimum}` : `${minimum} to ${maximum}`;
		throw new SqlFault(`${name}() takes ${expected} arguments, got ${args.length}`, at);
	}
	args.forEach((argument, index) => {
		const isPayload = argument.type === "all" && name === "encode" && index === 0;
		if (!isPayload) checkExpression(argument);
	});
}

function partsOf(expression: Expression): readonly Expression[] {
	switch (expression.type) {
		case "member":
			return [expression.of];
		case "index":
			return [expression.of, expression.index];
		case "not":
		case "negate":
		case "cast":
			return [expression.operand];
		case "binary":
			return [expression.left, expression.right];
		case "object":
			return expression.members.map(([, value]) => value);
		case "array":
			return expression.elements;
		case "case": {
			const { subject, branches, otherwise } = expression;
			const parts = branches.flatMap(({ when, then }) => [when, then]);
			return [...parts, subject, otherwise].filter((part) => part !== null);
		}
		default:
			return [];
	}
}
