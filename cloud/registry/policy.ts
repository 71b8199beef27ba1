/*
 * AWS IoT policy documents: reading them, and deciding by them. Source: aws-iot-contract.md §2.4,
 * §2.5 and the IAM policy grammar it follows.
 */

/** What a client wants to do, as policies name it. */
export type Action =
	| "iot:Connect"
	| "iot:Publish"
	| "iot:Receive"
	| "iot:RetainPublish"
	| "iot:Subscribe";

/**
 * The values of a policy variable by its name, for example "iot:ClientId"; `undefined` when it has
 * none in this context.
 */
export type Variables = (name: string) => readonly string[] | undefined;

/** A document that was read and found right. */
export interface Policy {
	readonly policyName: string;
	readonly statements: readonly Statement[];
}

export interface Decision {
	readonly allowed: boolean;
	/** The statement that decided, in words; or that none did. */
	readonly because: string;
}

/** A policy document is not what the grammar or the limits allow. */
export class MalformedPolicy extends Error {
	override readonly name = "MalformedPolicy";
	readonly code = "MalformedPolicyException";
}

/** Characters of a document, white space not counted. */
const documentLimit = 2048;

interface Statement {
	/** Its Sid, or its place in the document, for the log. */
	readonly label: string;
	readonly effect: "Allow" | "Deny";
	readonly action: Target;
	readonly resource: Target;
	readonly conditions: readonly Condition[];
}

/** Patterns one of which must match, or none of which may. */
interface Target {
	readonly negated: boolean;
	readonly patterns: readonly Pattern[];
}

interface Condition {
	readonly operator: Operator;
	readonly quantifier: "all" | "any" | undefined;
	readonly ifExists: boolean;
	readonly key: string;
	readonly patterns: readonly Pattern[];
}

interface Operator {
	readonly negated: boolean;
	readonly wildcards: boolean;
	readonly ignoreCase: boolean;
}

/** Literal text, a variable, or a wildcard: `*` for any run of characters, `?` for exactly one. */
type Token =
	| { readonly kind: "text" | "variable"; readonly text: string }
	| { readonly kind: "any" | "one" };
type Pattern = readonly Token[];

const exact = { negated: false, wildcards: false, ignoreCase: false } as const;
const glob = { ...exact, wildcards: true } as const;

/** The operators that documents for devices use. One that is not here is refused, not ignored. */
const operators: Readonly<Record<string, Operator>> = Object.freeze({
	ArnEquals: glob,
	ArnLike: glob,
	ArnNotEquals: { ...glob, negated: true },
	ArnNotLike: { ...glob, negated: true },
	Bool: { ...exact, ignoreCase: true },
	StringEquals: exact,
	StringEqualsIgnoreCase: { ...exact, ignoreCase: true },
	StringLike: glob,
	StringNotEquals: { ...exact, negated: true },
	StringNotEqualsIgnoreCase: { ...exact, negated: true, ignoreCase: true },
	StringNotLike: { ...glob, negated: true },
});

/**
 * Decides: denied unless a statement allows, and whatever allows, one that denies wins.
 *
 * @param policies   all that apply to the client
 * @param resource   ARN of what it is about
 * @param variables  what the client's policy variables stand for
 */
export function evaluate(
	policies: readonly Policy[],
	variables: Variables,
	action: Action,
	resource: string,
): Decision {
	let because: string | undefined;
	for (const { policyName, statements } of policies) {
		for (const statement of statements) {
			const matches =
				meets(statement.action, action, variables, true) &&
				meets(statement.resource, resource, variables, false) &&
				statement.conditions.every((condition) => holds(condition, variables));
			if (!matches) continue;
			const words = `${statement.label} of policy ${policyName}`;
			if (statement.effect === "Deny") return { allowed: false, because: `denied by ${words}` };
			because ??= `allowed by ${words}`;
		}
	}
	return { allowed: because !== undefined, because: because ?? "no statement allows it" };
}

/**
 * Reads a policy document.
 *
 * @throws {MalformedPolicy} with what is wrong and where
 */
export function parsePolicy(policyName: string, text: string): Policy {
	if (text.replace(/\s/g, "").length > documentLimit) {
		fail(`the document has more than ${documentLimit} characters`);
	}
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		fail("the document is no JSON");
	}
	const { Version, Id, Statement: statements, ...rest } = asObject(document, "the document");
	refuseRest(rest, "the document");
	if (Version !== "2012-10-17") fail(`Version: expected "2012-10-17"`);
	if (Id !== undefined && typeof Id !== "string") fail("Id: expected a text");
	const list = Array.isArray(statements) ? statements : [statements];
	if (list.length === 0) fail("Statement: expected at least one");
	return { policyName, statements: list.map(parseStatement) };
}

function parseStatement(value: unknown, index: number): Statement {
	const where = `statement ${index + 1}`;
	const { Sid, Effect, Action, NotAction, Resource, NotResource, Condition, ...rest } = asObject(
		value,
		where,
	);
	refuseRest(rest, where);
	if (Sid !== undefined && typeof Sid !== "string") fail(`${where}: Sid: expected a text`);
	if (Effect !== "Allow" && Effect !== "Deny") {
		fail(`${where}: Effect: expected "Allow" or "Deny"`);
	}
	const action = parseTarget(Action, NotAction, `${where}: Action`);
	for (const pattern of action.patterns) {
		const [first] = pattern;
		const named = first?.kind === "text" && /^iot(jobsdata)?:/i.test(first.text);
		if (first?.kind !== "any" && !named) fail(`${where}: Action: expected "iot:…" or "*"`);
	}
	return {
		label: Sid === undefined ? where : `${where} ("${Sid}")`,
		effect: Effect,
		action,
		resource: parseTarget(Resource, NotResource, `${where}: Resource`),
		conditions: Condition === undefined ? [] : parseConditions(Condition, where),
	};
}

function parseTarget(wanted: unknown, unwanted: unknown, where: string): Target {
	if ((wanted === undefined) === (unwanted === undefined)) {
		fail(`${where}: expected it, or its Not form, and not both`);
	}
	const texts = asTexts(wanted ?? unwanted, where);
	return {
		negated: wanted === undefined,
		patterns: texts.map((text) => parsePattern(text, true)),
	};
}

function parseConditions(value: unknown, where: string): Condition[] {
	const conditions: Condition[] = [];
	for (const [name, keys] of Object.entries(asObject(value, `${where}: Condition`))) {
		const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name);
		const operator = match && Object.hasOwn(operators, match[2]!) && operators[match[2]!];
		if (!operator) fail(`${where}: Condition: ${JSON.stringify(name)} is not supported`);
		for (const [key, values] of Object.entries(asObject(keys, `${where}: Condition: ${name}`))) {
			const texts = asTexts(values, `${where}: Condition: ${name}: ${key}`);
			conditions.push({
				operator,
				quantifier:
					match[1] === undefined ? undefined : match[1] === "ForAllValues" ? "all" : "any",
				ifExists: match[3] !== undefined,
				key,
				patterns: texts.map((text) => parsePattern(text, operator.wildcards)),
			});
		}
	}
	return conditions;
}

/** `${*}`, `${?}` and `${$}` stand for the characters themselves. */
function parsePattern(text: string, wildcards: boolean): Pattern {
	const tokens: Token[] = [];
	for (const [part] of text.matchAll(/\$\{[^}]*\}|[*?]|[^*?$]+|\$/g)) {
		if (/^\$\{[*?$]\}$/.test(part)) {
			tokens.push({ kind: "text", text: part[2]! });
		} else if (part.length > 1 && part.startsWith("$")) {
			tokens.push({ kind: "variable", text: part.slice(2, -1) });
		} else if (wildcards && (part === "*" || part === "?")) {
			tokens.push({ kind: part === "*" ? "any" : "one" });
		} else {
			tokens.push({ kind: "text", text: part });
		}
	}
	return tokens;
}

function meets(target: Target, text: string, variables: Variables, ignoreCase: boolean): boolean {
	const matches = target.patterns.some((pattern) => isMatch(pattern, text, variables, ignoreCase));
	return matches !== target.negated;
}

function holds(condition: Condition, variables: Variables): boolean {
	const { operator, quantifier, patterns } = condition;
	const values = valuesOf(condition.key, variables);
	if (values === undefined || values.length === 0) {
		// Nothing differs from what is not there, and all of nothing are as they should be.
		return condition.ifExists || quantifier === "all" || (operator.negated && quantifier !== "any");
	}
	const fits = (value: string): boolean =>
		patterns.some((pattern) => isMatch(pattern, value, variables, operator.ignoreCase)) !==
		operator.negated;
	const all = quantifier === "all" || (quantifier === undefined && operator.negated);
	return all ? values.every(fits) : values.some(fits);
}

/**
 * A bare name has the first of several values, `.1` the second and so on; `.List` has all of them.
 * In a condition the bare name has all of them too.
 */
function valuesOf(name: string, variables: Variables): readonly string[] | undefined {
	const values = variables(name);
	if (values) return values;
	const indexed = /^(.+)\.(\d|List)$/.exec(name);
	if (!indexed) return undefined;
	const several = variables(indexed[1]!);
	if (!several || indexed[2] === "List") return several;
	const value = several[Number(indexed[2])];
	return value === undefined ? undefined : [value];
}

/** Marks in a pattern that has its variables filled in; characters stand for themselves. */
const anyRun = Symbol("*");
const oneCharacter = Symbol("?");
type Unit = string | typeof anyRun | typeof oneCharacter;

/** A value has no wildcards, whatever is in it; a variable without value stays as it is written. */
function fill(pattern: Pattern, variables: Variables): Unit[] {
	const units: Unit[] = [];
	for (const token of pattern) {
		switch (token.kind) {
			case "any":
				units.push(anyRun);
				break;
			case "one":
				units.push(oneCharacter);
				break;
			case "text":
				units.push(...token.text);
				break;
			case "variable":
				units.push(...(valuesOf(token.text, variables)?.[0] ?? `\${${token.text}}`));
				break;
		}
	}
	return units;
}

/** Time is at most the product of both lengths, whatever the pattern. */
function isMatch(
	pattern: Pattern,
	text: string,
	variables: Variables,
	ignoreCase: boolean,
): boolean {
	const units = fill(pattern, variables);
	const characters = [...text];
	let unit = 0;
	let at = 0;
	// Where to go on after the last `*`, taking one more character each time.
	let retryUnit = -1;
	let retryAt = 0;
	while (at < characters.length) {
		const expected = units[unit];
		if (expected === anyRun) {
			retryUnit = unit + 1;
			retryAt = at;
			unit = retryUnit;
		} else if (expected !== undefined && isSame(expected, characters[at]!, ignoreCase)) {
			unit += 1;
			at += 1;
		} else if (retryUnit >= 0) {
			retryAt += 1;
			at = retryAt;
			unit = retryUnit;
		} else {
			return false;
		}
	}
	while (units[unit] === anyRun) unit += 1;
	return unit === units.length;
}

function isSame(expected: Unit, character: string, ignoreCase: boolean): boolean {
	if (expected === oneCharacter || expected === character) return true;
	return (
		ignoreCase && typeof expected === "string" && expected.toLowerCase() === character.toLowerCase()
	);
}

function asObject(value: unknown, where: string): Record<string, unknown> {
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		fail(`${where}: expected an object`);
	}
	return value as Record<string, unknown>;
}

function asTexts(value: unknown, where: string): string[] {
	const list: unknown[] = Array.isArray(value) ? value : [value];
	const texts = list.map((text) => (typeof text === "boolean" ? String(text) : text));
	if (texts.length === 0 || !texts.every((text) => typeof text === "string")) {
		fail(`${where}: expected a text or a list of texts`);
	}
	return texts as string[];
}

function refuseRest(rest: Record<string, unknown>, where: string): void {
	const [key] = Object.keys(rest);
	if (key !== undefined) fail(`${where}: ${JSON.stringify(key)} is not supported`);
}

function fail(message: string): never {
	throw new MalformedPolicy(message);
}
