import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import schema from "../../schema/rule.schema.json";
import { ConfigFault, ConfigFile, type JsonPath, schemaOf } from "../configfile.ts";
import { codeOf } from "../fault.ts";
import { type ActionType, actionTypes } from "./actions/action.ts";
import { Query } from "./engine.ts";
import { Parameters } from "./sql/parameters.ts";
import { SqlFault } from "./sql/parse.ts";

/** A rule as its file has it, ready to run. */
export interface Rule {
	readonly name: string;
	readonly file: string;
	readonly sql: string;
	readonly description: string | undefined;
	readonly isDisabled: boolean;
	readonly query: Query;
	readonly actions: readonly PlannedAction[];
	readonly errorAction: PlannedAction | undefined;
}

/** One action of a rule; its parameters are filled in for each message. */
export interface PlannedAction {
	readonly type: ActionType;
	readonly parameters: Parameters;
}

/** The members of the file that are read here; the schema has looked at them. */
export interface RuleDocument {
	readonly sql: string;
	readonly awsIotSqlVersion?: string;
	readonly description?: string;
	readonly ruleDisabled?: boolean;
	readonly actions: readonly Readonly<Record<string, object>>[];
	readonly errorAction?: Readonly<Record<string, object>>;
}

/** What a rule can be called. */
export const ruleNamePattern = /^[a-zA-Z0-9_]{1,128}$/;
const bytesMaximum = 256 * 1024;
/** Not a rule, but what the names in rules stand for. */
export const targetsFile = "targets.json";

/**
 * Reads the rules of a folder. A file that is no rule does not keep the others from running.
 *
 * @returns the rules by name, and what is wrong with the rest
 */
export async function readRules(
	directory: string,
): Promise<{ rules: readonly Rule[]; faults: readonly ConfigFault[] }> {
	const rules: Rule[] = [];
	const faults: ConfigFault[] = [];
	for (const name of await filesOf(directory)) {
		try {
			rules.push(await readRule(join(directory, name)));
		} catch (error) {
			if (!(error instanceof ConfigFault)) throw error;
			faults.push(error);
		}
	}
	return { rules, faults };
}

/** @throws {ConfigFault} with file, line and column; a system error for a file that can't be read */
export async function readRule(path: string): Promise<Rule> {
	return parseRule(path, await readFile(path, "utf8"));
}

/** @param name  that of the file unless given. @throws {ConfigFault} */
export function parseRule(path: string, text: string, name = basename(path, ".json")): Rule {
	const place = (reason: string): ConfigFault => new ConfigFault(path, text, 0, reason);
	if (!ruleNamePattern.test(name)) {
		throw place(
			`a rule is called by letters, digits and _, up to 128; got ${JSON.stringify(name)}`,
		);
	}
	if (text.length > bytesMaximum) throw place("a rule is not longer than 256 KB");
	const file = new ConfigFile(path, text);
	file.check(schemaOf(schema));
	const document = file.value as RuleDocument;
	const { sql, description, ruleDisabled = false, actions, errorAction } = document;
	return {
		name,
		file: path,
		sql,
		description,
		isDisabled: ruleDisabled,
		query: guard(file, ["sql"], () => new Query(sql)),
		actions: actions.map((action, index) => plan(file, ["actions", index], action)),
		errorAction: errorAction && plan(file, ["errorAction"], errorAction),
	};
}

function plan(file: ConfigFile, place: JsonPath, action: object): PlannedAction {
	const [type, parameters] = Object.entries(action)[0]!;
	const path = [...place, type];
	if (!isActionType(type)) {
		throw file.keyFault(
			path,
			`there is no action "${type}" here; expected ${actionTypes.join(", ")}`,
		);
	}
	file.check(schemaOf(schema, `#/$defs/${type}`), path);
	return { type, parameters: parametersOf(file, path, parameters) };
}

function parametersOf(file: ConfigFile, path: JsonPath, value: object): Parameters {
	return new Parameters(value as never, (inner, compile) =>
		guard(file, [...path, ...inner], compile),
	);
}

function guard<T>(file: ConfigFile, place: JsonPath, compile: () => T): T {
	try {
		return compile();
	} catch (error) {
		if (error instanceof SqlFault) throw file.fault(place, error.message, error.at);
		throw error;
	}
}

function isActionType(name: string): name is ActionType {
	return (actionTypes as readonly string[]).includes(name);
}

async function filesOf(directory: string): Promise<string[]> {
	try {
		const names = await readdir(directory);
		return names.filter((name) => name.endsWith(".json") && name !== targetsFile).sort();
	} catch (error) {
		if (codeOf(error) === "ENOENT") return [];
		throw error;
	}
}
