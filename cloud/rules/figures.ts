import type { ActionType } from "./actions/action.ts";
import { type RuleCounters, zeroCounters } from "./execution.ts";

/** What has become of one kind of action of one rule, by the names of CloudWatch (aws-iot-contract.md §8.1). */
export type ActionResult = "Success" | "Failure" | "ErrorActionSuccess" | "ErrorActionFailure";

export interface ActionFigure {
	readonly ruleName: string;
	readonly actionType: ActionType;
	readonly result: ActionResult;
	readonly count: number;
}

/** Names of rules that are not there, at most; a client can think of any. */
const unknownMaximum = 1_000;
/** Under which the rest of them is counted. */
const otherRules = "";

/** What rules have done since the start. A rule that is changed keeps its figures. */
export class RuleFigures {
	readonly #rules = new Map<string, RuleCounters>();
	readonly #actions = new Map<string, ActionFigure>();
	/** Messages by Basic Ingest for rules that are not there, or are disabled, by the name of the rule. */
	readonly notFound = new Map<string, number>();

	of(ruleName: string): RuleCounters {
		let counters = this.#rules.get(ruleName);
		if (!counters) {
			counters = zeroCounters();
			this.#rules.set(ruleName, counters);
		}
		return counters;
	}

	get rules(): Iterable<readonly [ruleName: string, counters: RuleCounters]> {
		return this.#rules;
	}

	get actions(): Iterable<ActionFigure> {
		return this.#actions.values();
	}

	countAction(ruleName: string, actionType: ActionType, result: ActionResult): void {
		const key = `${ruleName} ${actionType} ${result}`;
		const count = (this.#actions.get(key)?.count ?? 0) + 1;
		this.#actions.set(key, { ruleName, actionType, result, count });
	}

	countNotFound(ruleName: string): void {
		const isKnown = this.notFound.has(ruleName) || this.notFound.size < unknownMaximum;
		const name = isKnown ? ruleName : otherRules;
		this.notFound.set(name, (this.notFound.get(name) ?? 0) + 1);
	}

	/** All of `notFound`. */
	get ruleNotFound(): number {
		return [...this.notFound.values()].reduce((sum, count) => sum + count, 0);
	}
}
