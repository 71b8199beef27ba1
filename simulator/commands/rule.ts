import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { ConfigFault } from "../../cloud/configfile.ts";
import { messageOf } from "../../cloud/fault.ts";
import { bytesOf } from "../../cloud/rules/engine.ts";
import { makeEnvironment } from "../../cloud/rules/environment.ts";
import { parseRule, type Rule, readRule, readRules } from "../../cloud/rules/rulefile.ts";
import { MessageScope, UnreadablePayload } from "../../cloud/rules/sql/scope.ts";
import { ExitCode, type Host } from "./host.ts";
import { UsageError } from "./options.ts";
import { Noun, said, step } from "./registry/command.ts";

interface RuleTestOptions {
	readonly message: string;
	readonly topic?: string;
	readonly client: string;
	readonly json?: boolean;
}

interface RuleListOptions {
	readonly data: string;
	readonly rules?: string;
	readonly json?: boolean;
}

/** What a rule makes of one message. */
interface Trial {
	readonly rule: string;
	readonly topic: string;
	/** Whether the topic is one of the rule. */
	readonly matches: boolean;
	readonly outcome: "executed" | "filtered" | "parseError";
	/** What the actions get: JSON, or text in Base64 where it is none. */
	readonly result?: unknown;
	readonly reason?: string;
	/** The actions with their `${…}` filled in. */
	readonly actions?: readonly object[];
}

/** Adds `isobar rule …`. */
export function addRuleCommands(
	program: Command,
	host: Host,
	onEnd: (code: ExitCode) => void,
): void {
	const noun = new Noun(
		program,
		host,
		onEnd,
		"rule",
		"Rules of the local cloud: list, try and change them.",
	);
	addChanges(noun);
	const rule = noun.command;
	rule
		.command("list")
		.description("Lists the rules of the local cloud, and what is wrong with files that are none.")
		.option("--data <DIR>", "data directory of the cloud; its rules are in rules/", ".isobar")
		.option("--rules <DIR>", "one more folder of rules")
		.option("--json", "as JSON")
		.action(async (options: RuleListOptions) => onEnd(await listRules(options, host)));
	rule
		.command("test")
		.description("Shows what a rule makes of a message, without doing anything.")
		.argument("<file>", "the rule, <name>.json")
		.requiredOption("--message <FILE>", "the payload")
		.option("--topic <TOPIC>", "topic of the message (default: one that fits the rule)")
		.option("--client <ID>", "client id of who sends it", "test")
		.option("--json", "as JSON")
		.addHelpText("after", testNotes)
		.action(async (file: string, options: RuleTestOptions) =>
			onEnd(await testRule(file, options, host)),
		);
}

/** Verbs that change the files of rules; a cloud that runs goes by them from the next message on. */
function addChanges(noun: Noun): void {
	const pathOf = (name: string): string => `/rules/${step(name)}`;
	noun
		.verb("create <name> <file>", "Makes a rule of a file.", async (api, [name, file]) => {
			const body = documentIn(name!, file!);
			return said(await api.call("POST", pathOf(name!), { body }), `rule ${name} is there`);
		})
		.verb(
			"replace <name> <file>",
			"Has another file in the place of a rule.",
			async (api, [name, file]) => {
				const body = documentIn(name!, file!);
				return said(await api.call("PATCH", pathOf(name!), { body }), `rule ${name} is another`);
			},
		)
		.verb("show <name>", "Shows a rule as it was made.", async (api, [name]) => {
			const { rule } = await api.call("GET", pathOf(name!));
			return said(rule, JSON.stringify(rule, null, 2));
		})
		.verb("delete <name>", "Deletes a rule.", async (api, [name]) =>
			said(await api.call("DELETE", pathOf(name!)), `rule ${name} is deleted`),
		)
		.verb("enable <name>", "Has a rule at work.", async (api, [name]) =>
			said(await api.call("POST", `${pathOf(name!)}/enable`), `rule ${name} is at work`),
		)
		.verb("disable <name>", "Has a rule at rest.", async (api, [name]) =>
			said(await api.call("POST", `${pathOf(name!)}/disable`), `rule ${name} is at rest`),
		);
}

/** @throws {UsageError} with file, line and column of what is wrong */
function documentIn(name: string, file: string): object {
	try {
		const text = readFileSync(file, "utf8");
		parseRule(file, text, name);
		const { $schema: _, ...document } = JSON.parse(text);
		return document;
	} catch (error) {
		if (error instanceof ConfigFault || "code" in (error as object)) {
			throw new UsageError(messageOf(error));
		}
		throw error;
	}
}

const testNotes = `
Exit code: 0 when the actions would run, 1 when they would not, 2 for a rule or a file that can't be used.`;

/** @returns Failed when a file is no rule */
async function listRules({ data, rules, json }: RuleListOptions, host: Host): Promise<ExitCode> {
	const directories = [join(data, "rules"), ...(rules === undefined ? [] : [rules])];
	const found = await Promise.all(directories.map(readRules));
	const all = found.flatMap((one) => one.rules);
	const faults = found.flatMap((one) => one.faults);
	if (json) {
		const shown = all.map(shownOf);
		host.stdout.write(
			`${JSON.stringify({ rules: shown, faults: faults.map(({ message }) => message) })}\n`,
		);
	} else for (const rule of all) host.stdout.write(`${lineOf(rule)}\n`);
	for (const { message } of faults) host.stderr.write(`isobar: ${message}\n`);
	if (all.length === 0 && faults.length === 0) {
		host.stderr.write(`isobar: there are no rules in ${directories.join(" and ")}\n`);
	}
	return faults.length === 0 ? ExitCode.Ok : ExitCode.Failed;
}

/** @throws {UsageError} for a rule or a message that can't be read */
async function testRule(file: string, options: RuleTestOptions, host: Host): Promise<ExitCode> {
	const rule = await orUsage(() => readRule(file));
	const payload = await orUsage(async () => readFileSync(options.message));
	const trial = tryRule(rule, payload, options.topic ?? topicFor(rule), options.client);
	host.stdout.write(options.json ? `${JSON.stringify(trial)}\n` : textOf(trial));
	return trial.matches && trial.outcome === "executed" ? ExitCode.Ok : ExitCode.Failed;
}

function tryRule(rule: Rule, payload: Uint8Array, topicName: string, clientId: string): Trial {
	const environment = makeEnvironment("000000000000", Date.now, () => undefined);
	const message = { topicName, payload, clientId, principal: undefined, traceId: randomUUID() };
	const scope = new MessageScope(message, environment);
	const head = { rule: rule.name, topic: topicName, matches: rule.query.matches(topicName) };
	const outcome = rule.query.run(scope);
	if (outcome.type === "parseError")
		return { ...head, outcome: outcome.type, reason: outcome.reason };
	if (outcome.type === "filtered") return { ...head, outcome: outcome.type };
	try {
		const { result } = outcome;
		return {
			...head,
			outcome: outcome.type,
			result: "json" in result ? result.json : Buffer.from(bytesOf(result)).toString("base64"),
			actions: rule.actions.map(({ type, parameters }) => ({ [type]: parameters.render(scope) })),
		};
	} catch (error) {
		if (!(error instanceof UnreadablePayload)) throw error;
		return { ...head, outcome: "parseError", reason: error.message };
	}
}

/** A topic that the rule is for: a level called x in the place of each wildcard. */
function topicFor({ query }: Rule): string {
	return (query.topicFilter ?? "x").replaceAll("+", "x").replaceAll("#", "x");
}

function textOf({ rule, topic, matches, outcome, result, reason, actions = [] }: Trial): string {
	const lines = [`rule ${rule}, topic ${topic}: ${matches ? "matches" : "does not match"}`];
	if (outcome === "filtered")
		lines.push("WHERE does not hold, or there is no payload: no action runs");
	if (outcome === "parseError") lines.push(`${reason}: no action runs`);
	if (outcome === "executed") lines.push(`result ${JSON.stringify(result)}`);
	for (const action of actions) lines.push(`action ${JSON.stringify(action)}`);
	return `${lines.join("\n")}\n`;
}

function shownOf({ name, file, sql, isDisabled, actions, errorAction }: Rule): object {
	return {
		name,
		file,
		sql,
		isDisabled,
		actions: actions.map(({ type }) => type),
		...(errorAction ? { errorAction: errorAction.type } : {}),
	};
}

function lineOf({ name, query, isDisabled, actions, errorAction }: Rule): string {
	const onError = errorAction ? `, on error ${errorAction.type}` : "";
	const from =
		query.topicFilter === undefined ? "Basic Ingest alone" : `FROM '${query.topicFilter}'`;
	const types = actions.map(({ type }) => type).join(", ");
	return `${name}${isDisabled ? " (disabled)" : ""}  ${from}  ${types}${onError}`;
}

async function orUsage<T>(read: () => Promise<T>): Promise<T> {
	try {
		return await read();
	} catch (error) {
		if (error instanceof ConfigFault || "code" in (error as object)) {
			throw new UsageError(messageOf(error));
		}
		throw error;
	}
}
