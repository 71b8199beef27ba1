import type { Json } from "../services/document.ts";
import { levelsMatch } from "../services/topics.ts";
import type { Statement } from "./sql/ast.ts";
import { holds, select } from "./sql/evaluate.ts";
import { parseStatement } from "./sql/parse.ts";
import { type MessageScope, UnreadablePayload } from "./sql/scope.ts";
import type { Value } from "./sql/value.ts";

/**
 * The rules engine: which rules a message is for, and what their statements make of it. It does
 * nothing and waits for nothing; what becomes of a result is for the actions.
 *
 * Source: aws-iot-contract.md §7.
 */

/** What comes of a message under one rule. */
export type Outcome =
	/** The actions run with this: JSON, or the bytes of the payload as they came. */
	| { readonly type: "executed"; readonly result: Result }
	/** WHERE did not hold, or the payload is empty and there is nothing to select. */
	| { readonly type: "filtered" }
	/** The statement names a member of a payload that is no JSON. No action runs. */
	| { readonly type: "parseError"; readonly reason: string };

/** What the actions of a rule get. */
export type Result = { readonly json: Json } | { readonly bytes: Uint8Array };

/** The statement of a rule, ready to be asked. */
export class Query {
	readonly #statement: Statement;
	readonly #levels: readonly string[] | undefined;
	/** The topic filter; `undefined` for a rule that only Basic Ingest reaches. */
	readonly topicFilter: string | undefined;

	/** @throws {SqlFault} */
	constructor(sql: string) {
		this.#statement = parseStatement(sql);
		this.topicFilter = this.#statement.from?.filter;
		this.#levels = this.topicFilter?.split("/");
	}

	/** Whether the rule is for messages on this topic. */
	matches(topicName: string): boolean {
		return this.#levels !== undefined && levelsMatch(this.#levels, topicName.split("/"));
	}

	/** Asks a message, whose topic is not looked at. */
	run(scope: MessageScope): Outcome {
		try {
			if (!holds(this.#statement.where, scope)) return { type: "filtered" };
			if (scope.message.payload.length === 0) return { type: "filtered" };
			return { type: "executed", result: this.#select(scope) };
		} catch (error) {
			if (!(error instanceof UnreadablePayload)) throw error;
			return { type: "parseError", reason: error.message };
		}
	}

	/** `*` alone passes on what is no JSON. */
	#select(scope: MessageScope): Result {
		const { items, isValue } = this.#statement;
		const isWhole = items.length === 1 && items[0]!.expression.type === "all";
		if (isWhole && scope.document === undefined) return { bytes: scope.message.payload };
		const value: Value = select({ isValue, items, where: null }, scope);
		// Undefined by itself is the empty text.
		return value === undefined ? { bytes: new Uint8Array(0) } : { json: value };
	}
}

/** The bytes of a result, as actions that store or send it have them. */
export function bytesOf(result: Result): Uint8Array {
	return "bytes" in result ? result.bytes : new TextEncoder().encode(JSON.stringify(result.json));
}
