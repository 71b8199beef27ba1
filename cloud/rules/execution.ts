import type { Json, JsonObject } from "../services/document.ts";
import type { ActionType } from "./actions/action.ts";
import type { Result } from "./engine.ts";
import type { Entry } from "./journal.ts";
import type { Message } from "./sql/scope.ts";

/**
 * What one rule has to do about one message, with all that was decided when the message came: doing it
 * again after a crash gives the same keys and the same values.
 */
export interface Execution extends Entry {
	readonly ruleName: string;
	readonly topicName: string;
	readonly clientId: string;
	/** Id of the certificate; "n/a" without one. */
	readonly principal?: string;
	readonly traceId: string;
	/** UTC in ms. */
	readonly at: number;
	readonly hops: number;
	/** The message as it came, in Base64. */
	readonly payload: string;
	readonly result: { readonly json: Json } | { readonly base64: string };
	readonly steps: readonly Step[];
	/** The error action of the rule, as it was then; none where it has none. */
	readonly errorSteps: readonly Step[];
}

/** One action to be done. */
export interface Step {
	readonly type: ActionType;
	readonly parameters: JsonObject;
}

/** What became of an action that could not be done. */
export interface Failure {
	readonly failedAction: string;
	readonly failedResource: string;
	readonly errorMessage: string;
}

export function storedResult(result: Result): Execution["result"] {
	return "json" in result
		? { json: result.json }
		: { base64: Buffer.from(result.bytes).toString("base64") };
}

export function resultOf(stored: Execution["result"]): {
	readonly bytes: Uint8Array;
	readonly json: Json | undefined;
} {
	if ("json" in stored)
		return { bytes: Buffer.from(JSON.stringify(stored.json)), json: stored.json };
	return { bytes: Buffer.from(stored.base64, "base64"), json: undefined };
}

/**
 * What an error action gets, in AWS's form (aws-iot-contract.md §7.5): one message for a rule and a message,
 * with all that has failed.
 */
export function errorDocument(execution: Execution, failures: readonly Failure[]): JsonObject {
	const { ruleName, topicName, traceId, clientId, payload } = execution;
	return {
		ruleName,
		topic: topicName,
		cloudwatchTraceId: traceId,
		clientId,
		base64OriginalPayload: payload,
		failures: failures.map(({ failedAction, failedResource, errorMessage }) => ({
			failedAction,
			failedResource,
			errorMessage,
		})),
	};
}

/** Counters of one rule, by the names of CloudWatch (aws-iot-contract.md §8.1). */
export interface RuleCounters {
	/** Messages on a topic of the rule. */
	topicMatch: number;
	/** Messages whose actions ran. */
	rulesExecuted: number;
	/** Messages whose payload could not be read. */
	parseError: number;
	/** Messages that came while too many were under way; they are in failed.jsonl. */
	ruleMessageThrottled: number;
	success: number;
	failure: number;
	errorActionSuccess: number;
	errorActionFailure: number;
}

export function zeroCounters(): RuleCounters {
	return {
		topicMatch: 0,
		rulesExecuted: 0,
		parseError: 0,
		ruleMessageThrottled: 0,
		success: 0,
		failure: 0,
		errorActionSuccess: 0,
		errorActionFailure: 0,
	};
}

/** A message with what only the engine's surroundings know of it. */
export interface RuleMessage extends Message {
	/** How often rules have republished it. */
	readonly hops: number;
}
