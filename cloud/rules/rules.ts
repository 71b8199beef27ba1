import { randomUUID } from "node:crypto";
import type { Settled } from "../commit.ts";
import type { ConfigFault } from "../configfile.ts";
import { messageOf } from "../fault.ts";
import type { IotEvent, IotLog } from "../iotlog.ts";
import type { EventLog } from "../notice/events.ts";
import type { Json, JsonObject } from "../services/document.ts";
import type { Timers } from "../timers.ts";
import type { Vault } from "../vault/vault.ts";
import { type Action, type ActionType, PermanentFault } from "./actions/action.ts";
import { LineFiles } from "./actions/lines.ts";
import { fanOut, type Subscription } from "./actions/topics.ts";
import {
	type Execution,
	errorDocument,
	type Failure,
	type RuleCounters,
	type RuleMessage,
	resultOf,
	type Step,
	storedResult,
} from "./execution.ts";
import { type ActionResult, RuleFigures } from "./figures.ts";
import type { RulesFound } from "./files.ts";
import { Journal } from "./journal.ts";
import type { PlannedAction, Rule } from "./rulefile.ts";
import { type Environment, MessageScope, UnreadablePayload } from "./sql/scope.ts";

/** With the rules at the start. */
export interface RulesOptions extends RulesFound {
	readonly actions: Readonly<Record<ActionType, Action>>;
	/** Subscriptions by the name of a topic of SNS. */
	readonly topics: Readonly<Record<string, readonly Subscription[]>>;
	/** Folder of the journal and of `failed.jsonl`. */
	readonly directory: string;
	/** How they stand on disk. */
	readonly vault: Vault;
	readonly environment: Environment;
	readonly timers: Timers;
	readonly events: EventLog;
	readonly iotLog?: IotLog | undefined;
	log(line: string): void;
}

/** A rule and what it has done since the start, for people and for the API. */
export interface RuleView {
	readonly name: string;
	readonly file: string;
	readonly sql: string;
	readonly description?: string;
	readonly isDisabled: boolean;
	readonly actions: readonly ActionType[];
	readonly errorAction?: ActionType;
	readonly counters: RuleCounters;
}

/** What became of an action: "left" is to be done by the next start. */
type Outcome = "done" | "left" | Failure;

/** Pauses before an action is tried again, ms; after the last it has failed. AWS tries HTTP three times, too. */
const pausesMs: readonly number[] = Object.freeze([1_000, 5_000]);
/** Executions under way; what comes then is kept in failed.jsonl and counted as throttled. */
const executionsMaximum = 10_000;
/** Topics whose rules are remembered. */
const topicsMaximum = 10_000;
const failedFile = "failed.jsonl";
const basicIngest = /^\$aws\/rules\/([^/]+)(?:\/(.*))?$/s;
/** Topics of jobs reach no rule (aws-iot-contract.md §10.7, J11). */
const jobTopic = /^\$aws\/things\/[^/]+\/jobs\//;
const noteMs = 60_000;

/**
 * The rules at work. A message that a rule is for is acknowledged when what is to be done about it is
 * on disk; it is done at least once, and what can't be done goes to the error action or, where there is
 * none or it fails too, to `failed.jsonl`.
 */
export class Rules {
	readonly #options: RulesOptions;
	readonly #journal: Journal<Execution>;
	readonly #failed: LineFiles;
	#rules: ReadonlyMap<string, Rule> = new Map();
	#faults: readonly ConfigFault[] = [];
	readonly #byTopic = new Map<string, readonly Rule[]>();
	readonly #notedAt = new Map<string, number>();
	/** Ends the pauses that are under way, with no further try. */
	readonly #pauses = new Set<() => void>();
	/** Executions that have begun and not ended. */
	#running = 0;
	readonly figures = new RuleFigures();
	#onIdle: (() => void) | undefined;
	/** No action is tried again: what has not been done is left to the next start. */
	#isEnding = false;
	#isKilled = false;

	private constructor(options: RulesOptions, journal: Journal<Execution>) {
		this.#options = options;
		this.#journal = journal;
		this.#failed = new LineFiles(options.directory, options.vault);
	}

	/** Goes on with what the last run has left. Files that are no rules are reported, and nothing more. */
	static async open(options: RulesOptions): Promise<Rules> {
		const { directory, vault, log } = options;
		const { journal, pending } = await Journal.open<Execution>(directory, log, vault);
		const rules = new Rules(options, journal);
		rules.set(options);
		if (pending.length > 0) log(`rules: ${pending.length} executions go on from the last run`);
		for (const execution of pending) void rules.#execute(execution);
		return rules;
	}

	/** Messages for rules by Basic Ingest that are not there, or are disabled. */
	get ruleNotFound(): number {
		return this.figures.ruleNotFound;
	}

	/** What is wrong with files that are no rules. */
	get faults(): readonly ConfigFault[] {
		return this.#faults;
	}

	/** Goes on with other rules: for them is the next message, and what has begun ends as it began. */
	set({ rules, faults }: RulesFound): void {
		const { log, events, timers } = this.#options;
		const known = new Set(this.#faults.map(({ message }) => message));
		for (const { message } of faults.filter((fault) => !known.has(fault.message))) {
			log(`rules: ${message}`);
			events.add({ kind: "rule", text: message }, timers.now());
		}
		this.#rules = new Map(rules.map((rule) => [rule.name, rule]));
		this.#faults = faults;
		this.#byTopic.clear();
	}

	list(): RuleView[] {
		return [...this.#rules.values()].map((rule) => ({
			name: rule.name,
			file: rule.file,
			sql: rule.sql,
			...(rule.description === undefined ? {} : { description: rule.description }),
			isDisabled: rule.isDisabled,
			actions: rule.actions.map(({ type }) => type),
			...(rule.errorAction ? { errorAction: rule.errorAction.type } : {}),
			counters: { ...this.figures.of(rule.name) },
		}));
	}

	/**
	 * Takes a message.
	 *
	 * @param done  called when what is to be done about it is safe: at once when no rule is for it
	 */
	take(message: RuleMessage, done: Settled): void {
		const executions = this.#rulesFor(message).flatMap(([rule, inner]) => this.#ask(rule, inner));
		if (executions.length === 0 || this.#isKilled) {
			done();
			return;
		}
		if (this.#running + executions.length > executionsMaximum) {
			this.#throttle(executions, done);
			return;
		}
		this.#running += executions.length;
		this.#journal.begin(executions, (error) => {
			if (error) this.#running -= executions.length;
			else for (const execution of executions) void this.#execute(execution, true);
			done(error);
		});
	}

	/** Resolves when nothing is under way. */
	async idle(): Promise<void> {
		if (this.#running === 0) return;
		await new Promise<void>((resolve) => {
			this.#onIdle = resolve;
		});
	}

	kill(): void {
		this.#isKilled = true;
		this.#leave();
		this.#journal.kill();
		void this.#failed.kill();
	}

	/** What is under way and has to be tried again waits for the next start. */
	async close(): Promise<void> {
		if (this.#isKilled) return;
		this.#leave();
		await this.idle();
		this.#isKilled = true;
		await this.#journal.close();
		await this.#failed.close();
	}

	#leave(): void {
		this.#isEnding = true;
		for (const end of this.#pauses) end();
	}

	/** By topic, or by name for Basic Ingest, where the topic is what stands behind the name. */
	#rulesFor(message: RuleMessage): readonly (readonly [Rule, RuleMessage])[] {
		const [, name, topicName = ""] = basicIngest.exec(message.topicName) ?? [];
		if (name !== undefined) {
			const rule = this.#rules.get(name);
			if (rule && !rule.isDisabled) return [[rule, { ...message, topicName }]];
			this.figures.countNotFound(name);
			this.#record("RuleNotFound", name, message, {
				reason: "RuleNotFound",
				details: "there is no rule of this name that is enabled",
			});
			this.#note(name, `there is no rule ${JSON.stringify(name)} that is enabled`);
			return [];
		}
		if (jobTopic.test(message.topicName)) return [];
		return this.#matching(message.topicName).map((rule) => [rule, message] as const);
	}

	#matching(topicName: string): readonly Rule[] {
		let rules = this.#byTopic.get(topicName);
		if (!rules) {
			rules = [...this.#rules.values()].filter(
				({ isDisabled, query }) => !isDisabled && query.matches(topicName),
			);
			if (this.#byTopic.size >= topicsMaximum) this.#byTopic.clear();
			this.#byTopic.set(topicName, rules);
		}
		return rules;
	}

	#ask(rule: Rule, message: RuleMessage): Execution[] {
		const counters = this.figures.of(rule.name);
		counters.topicMatch += 1;
		this.#record("RuleMatch", rule.name, message);
		const scope = new MessageScope(message, this.#options.environment);
		try {
			const outcome = rule.query.run(scope);
			if (outcome.type === "executed") {
				const steps = rule.actions.flatMap((action) => this.#stepsOf(action, scope));
				counters.rulesExecuted += 1;
				return [this.#execution(rule, message, scope, storedResult(outcome.result), steps)];
			}
			if (outcome.type === "parseError") throw new UnreadablePayload(outcome.reason);
		} catch (error) {
			counters.parseError += 1;
			this.#record("RuleExecution", rule.name, message, {
				reason: "ParseError",
				details: messageOf(error),
			});
			this.#note(rule.name, `on ${message.topicName}: ${messageOf(error)}`);
		}
		return [];
	}

	#execution(
		rule: Rule,
		message: RuleMessage,
		scope: MessageScope,
		result: Execution["result"],
		steps: readonly Step[],
	): Execution {
		const { topicName, clientId, principal, traceId, hops, payload } = message;
		return {
			id: randomUUID(),
			ruleName: rule.name,
			topicName,
			clientId,
			...(principal === undefined ? {} : { principal }),
			traceId,
			at: this.#options.timers.now(),
			hops,
			payload: Buffer.from(payload).toString("base64"),
			result,
			steps,
			errorSteps: rule.errorAction ? this.#stepsOf(rule.errorAction, scope) : [],
		};
	}

	#stepsOf({ type, parameters }: PlannedAction, scope: MessageScope): Step[] {
		const rendered = parameters.render(scope) as JsonObject;
		if (type !== "sns") return [{ type, parameters: rendered }];
		return fanOut(this.#options.topics, rendered).map((one) => ({ type, parameters: one }));
	}

	/** @param isCounted  whether `#running` has it already */
	async #execute(execution: Execution, isCounted = false): Promise<void> {
		if (!isCounted) this.#running += 1;
		const counters = this.figures.of(execution.ruleName);
		try {
			const { bytes, json } = resultOf(execution.result);
			const outcomes = await this.#performAll(execution, execution.steps, bytes, json);
			for (const [index, outcome] of outcomes.entries()) {
				counters[outcome === "done" ? "success" : "failure"] += 1;
				if (outcome !== "left") this.#settle(execution, execution.steps[index]!, outcome);
			}
			const failures = outcomes.filter((outcome) => typeof outcome === "object");
			const isOver =
				!outcomes.includes("left") &&
				(failures.length === 0 || (await this.#fail(execution, failures, counters)));
			if (isOver && !this.#isKilled) this.#journal.end(execution.id);
		} catch (error) {
			// It stays in the journal, and is tried again with the next start.
			this.#options.log(`rules: ${execution.ruleName}: ${messageOf(error)}`);
		}
		this.#running -= 1;
		if (this.#running === 0) this.#onIdle?.();
	}

	#performAll(
		execution: Execution,
		steps: readonly Step[],
		bytes: Uint8Array,
		json: Json | undefined,
	): Promise<Outcome[]> {
		return Promise.all(steps.map((step) => this.#perform(execution, step, bytes, json)));
	}

	/** Tries an action, and again after pauses. */
	async #perform(
		{ at, hops, topicName }: Execution,
		{ type, parameters }: Step,
		bytes: Uint8Array,
		json: Json | undefined,
	): Promise<Outcome> {
		const action = this.#options.actions[type];
		for (let attempt = 0; ; attempt++) {
			try {
				await action.perform({ parameters, bytes, json, at, hops });
				return "done";
			} catch (error) {
				const pause = error instanceof PermanentFault ? undefined : pausesMs[attempt];
				if (pause !== undefined) {
					if (await this.#wait(pause)) continue;
					return "left";
				}
				const failedResource = action.resource(parameters);
				const reason = messageOf(error).split("\n")[0]!;
				return {
					failedAction: action.name,
					failedResource,
					errorMessage: `${reason}. Message arrived on: ${topicName}, Action: ${type}, Resource: ${failedResource}`,
				};
			}
		}
	}

	/** @returns false when all ends before the pause does */
	async #wait(ms: number): Promise<boolean> {
		if (this.#isEnding) return false;
		return new Promise((resolve) => {
			const calloff = this.#options.timers.after(ms, () => settle(true));
			const settle = (goOn: boolean): void => {
				this.#pauses.delete(end);
				resolve(goOn);
			};
			const end = (): void => {
				calloff();
				settle(false);
			};
			this.#pauses.add(end);
		});
	}

	/** @returns whether nothing is left to be done */
	async #fail(
		execution: Execution,
		failures: readonly Failure[],
		counters: RuleCounters,
	): Promise<boolean> {
		const { ruleName, errorSteps } = execution;
		const document = errorDocument(execution, failures);
		this.#note(ruleName, `${failures[0]!.failedAction}: ${failures[0]!.errorMessage}`);
		if (errorSteps.length > 0) {
			const bytes = Buffer.from(JSON.stringify(document));
			const outcomes = await this.#performAll(execution, errorSteps, bytes, document);
			if (outcomes.includes("left")) return false;
			const failure = outcomes.find((outcome) => typeof outcome === "object");
			counters[failure ? "errorActionFailure" : "errorActionSuccess"] += 1;
			const result: ActionResult = failure ? "ErrorActionFailure" : "ErrorActionSuccess";
			this.figures.countAction(ruleName, errorSteps[0]!.type, result);
			if (!failure) return true;
			this.#note(`${ruleName} `, `error action: ${failure.errorMessage}`);
		}
		if (this.#isKilled) return false;
		await this.#failed.append(failedFile, JSON.stringify(document));
		return true;
	}

	/** Kept without a try, since memory has an end. */
	#throttle(executions: readonly Execution[], done: Settled): void {
		const lines = executions.map((execution) => {
			this.figures.of(execution.ruleName).ruleMessageThrottled += 1;
			const errorMessage = `${executionsMaximum} executions are under way`;
			this.#record("RuleMessageThrottled", execution.ruleName, execution, {
				reason: "RuleExecutionThrottled",
				details: errorMessage,
			});
			const failures = execution.steps.map(({ type, parameters }) => {
				const { name, resource } = this.#options.actions[type];
				return { failedAction: name, failedResource: resource(parameters), errorMessage };
			});
			this.#note(execution.ruleName, errorMessage);
			return JSON.stringify(errorDocument(execution, failures));
		});
		this.#failed.append(failedFile, lines.join("\n")).then(
			() => done(),
			(error) => done(error),
		);
	}

	/** Counts and logs what has become of an action. */
	#settle(execution: Execution, { type, parameters }: Step, outcome: "done" | Failure): void {
		const { ruleName } = execution;
		this.figures.countAction(ruleName, type, outcome === "done" ? "Success" : "Failure");
		const { name, resource } = this.#options.actions[type];
		this.#record("RuleExecution", ruleName, execution, {
			ruleAction: name,
			resources: resource(parameters),
			...(outcome === "done" ? {} : { reason: "ActionFailure", details: outcome.errorMessage }),
		});
	}

	#record(
		eventType: IotEvent["eventType"],
		ruleName: string,
		{
			topicName,
			clientId,
			principal,
			traceId,
		}: Pick<RuleMessage, "topicName" | "clientId" | "traceId"> & {
			readonly principal?: string | undefined;
		},
		more: Partial<IotEvent> = {},
	): void {
		const { iotLog } = this.#options;
		if (!iotLog?.wants(more.reason === undefined ? "INFO" : "ERROR")) return;
		const message = { topicName, clientId, principalId: principal, traceId };
		iotLog.record({ eventType, ruleName, ...message, ...more });
	}

	/** A rule that fails with every message says so once a minute. */
	#note(key: string, text: string): void {
		const { timers, log, events } = this.#options;
		const now = timers.now();
		if (now - (this.#notedAt.get(key) ?? Number.NEGATIVE_INFINITY) < noteMs) return;
		if (this.#notedAt.size >= topicsMaximum) this.#notedAt.clear();
		this.#notedAt.set(key, now);
		log(`rule ${key.trim()}: ${text}`);
		events.add({ kind: "rule", text: `rule ${key.trim()}: ${text}` }, now);
	}
}
