import { isObject, type Json, type JsonObject, memberOf } from "./document.ts";

/*
 * Provisioning templates: what becomes of the parameters of a device. A template is checked whole when
 * it is made, so that a device never meets a mistake in it. Source: aws-iot-contract.md §5.2.
 */

/** Characters of the body of a template. */
const bodyCharacters = 10_240;
/** Templates are written by people; what is deeper is no template. */
const expressionLevels = 8;

/** The parameter that a service fills in, whatever the device says. */
export const certificateIdParameter = "AWS::IoT::Certificate::Id";

/** A template that cannot be used, as one line that names the member and what was expected. */
export class MalformedTemplate extends Error {
	override readonly name = "MalformedTemplate";
}

/** A device's parameters do not fit the template. */
export class ParameterFault extends Error {
	override readonly name = "ParameterFault";
}

/** A template whose body was checked. */
export interface Template {
	/** Declared parameters; a default where one is given. */
	readonly parameters: ReadonlyMap<string, string | undefined>;
	readonly mappings: JsonObject;
	readonly thing: JsonObject | undefined;
	readonly thingOverrides: ThingOverrides;
	readonly certificate: JsonObject;
	readonly policies: readonly JsonObject[];
	readonly deviceConfiguration: JsonObject;
}

/** What happens to what is there already. */
export type Override = "DO_NOTHING" | "REPLACE" | "FAIL" | "MERGE";

export interface ThingOverrides {
	readonly AttributePayload: Override;
	readonly ThingTypeName: Override;
	readonly ThingGroups: Override;
}

/** What a template makes of one device. */
export interface Enrolment {
	readonly certificateId: string;
	readonly status: "ACTIVE" | "INACTIVE";
	readonly thing: EnrolledThing | undefined;
	/** By name, or a document that is made a policy of its own. */
	readonly policies: readonly ({ policyName: string } | { policyDocument: string })[];
	readonly deviceConfiguration: Readonly<Record<string, string>>;
}

export interface EnrolledThing {
	readonly thingName: string;
	readonly attributes: Readonly<Record<string, string>>;
	readonly thingTypeName: string | undefined;
	readonly groups: readonly string[];
	readonly billingGroupName: string | undefined;
	readonly overrides: ThingOverrides;
}

/**
 * Checks the body of a template.
 *
 * @param body  JSON, at most 10,240 characters
 * @throws {MalformedTemplate}
 */
export function parseTemplate(body: string): Template {
	if (body.length > bodyCharacters) {
		fail(`expected at most ${bodyCharacters} characters, got ${body.length}`);
	}
	const root = objectOf(parseJson(body), "the template");
	knownMembers(root, "the template", [
		"Parameters",
		"Mappings",
		"Resources",
		"DeviceConfiguration",
	]);
	const parameters = parseParameters(objectOf(memberOf(root, "Parameters") ?? {}, "Parameters"));
	const resources = objectOf(memberOf(root, "Resources"), "Resources");
	const found = collectResources(resources);
	const template: Template = {
		parameters,
		mappings: objectOf(memberOf(root, "Mappings") ?? {}, "Mappings"),
		...found,
		deviceConfiguration: objectOf(
			memberOf(root, "DeviceConfiguration") ?? {},
			"DeviceConfiguration",
		),
	};
	checkExpressions(template);
	return template;
}

/**
 * Says what a template makes of a device.
 *
 * @param parameters  of the device, or of its certificate; none that the template does not declare counts
 * @throws {ParameterFault}
 */
export function enrolmentOf(
	template: Template,
	parameters: Readonly<Record<string, string>>,
): Enrolment {
	const resolve = resolverOf(template, parameters);
	const { thing, certificate } = template;
	const status = resolve(memberOf(certificate, "Status") ?? "ACTIVE", "Status").toUpperCase();
	if (status !== "ACTIVE" && status !== "INACTIVE") {
		throw new ParameterFault(`Status: expected ACTIVE or INACTIVE, got ${show(status)}`);
	}
	return {
		certificateId: resolve(memberOf(certificate, "CertificateId")!, "CertificateId"),
		status,
		thing: thing && {
			thingName: resolve(memberOf(thing, "ThingName")!, "ThingName"),
			attributes: resolveAll(objectOf(memberOf(thing, "AttributePayload") ?? {}, ""), resolve),
			thingTypeName: mapped(memberOf(thing, "ThingTypeName"), (type) => resolve(type, "type")),
			groups: listOf(memberOf(thing, "ThingGroups") ?? [], "").map((group) =>
				resolve(group, "ThingGroups"),
			),
			billingGroupName: mapped(memberOf(thing, "BillingGroup"), (group) =>
				resolve(group, "BillingGroup"),
			),
			overrides: template.thingOverrides,
		},
		policies: template.policies.map((policy) => {
			const policyName = mapped(memberOf(policy, "PolicyName"), (name) => resolve(name, "name"));
			return policyName === undefined
				? { policyDocument: resolve(memberOf(policy, "PolicyDocument")!, "PolicyDocument") }
				: { policyName };
		}),
		deviceConfiguration: resolveAll(template.deviceConfiguration, resolve),
	};
}

function parseJson(body: string): Json {
	try {
		return JSON.parse(body);
	} catch (error) {
		return fail(`expected JSON: ${(error as Error).message}`);
	}
}

function parseParameters(declared: JsonObject): Map<string, string | undefined> {
	const parameters = new Map<string, string | undefined>();
	for (const [name, value] of Object.entries(declared)) {
		const where = `Parameters.${name}`;
		const parameter = objectOf(value, where);
		knownMembers(parameter, where, ["Type", "Default"]);
		const standard = memberOf(parameter, "Default");
		if (memberOf(parameter, "Type") !== "String") fail(`${where}.Type: expected "String"`);
		if (standard !== undefined && typeof standard !== "string") {
			fail(`${where}.Default: expected a text, got ${show(standard)}`);
		}
		parameters.set(name, standard);
	}
	return parameters;
}

const properties: Readonly<Record<string, readonly string[]>> = Object.freeze({
	"AWS::IoT::Thing": [
		"ThingName",
		"AttributePayload",
		"ThingTypeName",
		"ThingGroups",
		"BillingGroup",
	],
	"AWS::IoT::Certificate": ["CertificateId", "Status"],
	"AWS::IoT::Policy": ["PolicyName", "PolicyDocument"],
});

function collectResources(
	resources: JsonObject,
): Pick<Template, "thing" | "thingOverrides" | "certificate" | "policies"> {
	const things: [JsonObject, ThingOverrides][] = [];
	const certificates: JsonObject[] = [];
	const policies: JsonObject[] = [];
	for (const [name, value] of Object.entries(resources)) {
		const where = `Resources.${name}`;
		const resource = objectOf(value, where);
		knownMembers(resource, where, ["Type", "Properties", "OverrideSettings"]);
		const type = String(memberOf(resource, "Type"));
		const allowed = Object.hasOwn(properties, type) ? properties[type]! : [];
		if (allowed.length === 0) {
			fail(`${where}.Type: expected ${Object.keys(properties).join(" or ")}, got ${show(type)}`);
		}
		const body = objectOf(memberOf(resource, "Properties"), `${where}.Properties`);
		knownMembers(body, `${where}.Properties`, allowed);
		const overrides = objectOf(memberOf(resource, "OverrideSettings") ?? {}, where);
		if (type === "AWS::IoT::Thing") things.push([body, thingOverridesOf(overrides, where)]);
		else if (type === "AWS::IoT::Certificate") {
			knownMembers(overrides, `${where}.OverrideSettings`, ["Status"]);
			certificates.push(body);
		} else {
			knownMembers(overrides, `${where}.OverrideSettings`, []);
			const hasName = memberOf(body, "PolicyName") !== undefined;
			if (hasName === (memberOf(body, "PolicyDocument") !== undefined)) {
				fail(`${where}.Properties: expected either PolicyName or PolicyDocument`);
			}
			policies.push(body);
		}
	}
	const [certificate] = certificates;
	if (certificate === undefined || certificates.length > 1) {
		return fail("Resources: expected one AWS::IoT::Certificate");
	}
	if (memberOf(certificate, "CertificateId") === undefined) {
		fail("AWS::IoT::Certificate: expected CertificateId");
	}
	const [thing] = things;
	if (things.length > 1) fail("Resources: expected at most one AWS::IoT::Thing");
	if (thing && memberOf(thing[0], "ThingName") === undefined) {
		fail("AWS::IoT::Thing: expected ThingName");
	}
	return {
		thing: thing?.[0],
		thingOverrides: thing?.[1] ?? usualThingOverrides,
		certificate,
		policies,
	};
}

const usualThingOverrides: ThingOverrides = Object.freeze({
	AttributePayload: "REPLACE",
	ThingTypeName: "REPLACE",
	ThingGroups: "REPLACE",
});

function thingOverridesOf(overrides: JsonObject, where: string): ThingOverrides {
	knownMembers(overrides, `${where}.OverrideSettings`, Object.keys(usualThingOverrides));
	const mergeable = ["DO_NOTHING", "REPLACE", "FAIL", "MERGE"] as const;
	const whole = ["DO_NOTHING", "REPLACE", "FAIL"] as const;
	return {
		AttributePayload: overrideOf(overrides, "AttributePayload", mergeable, "REPLACE", where),
		ThingTypeName: overrideOf(overrides, "ThingTypeName", whole, "REPLACE", where),
		ThingGroups: overrideOf(overrides, "ThingGroups", mergeable, "REPLACE", where),
	};
}

function overrideOf(
	overrides: JsonObject,
	member: string,
	allowed: readonly Override[],
	usual: Override,
	where: string,
): Override {
	const value = memberOf(overrides, member) ?? usual;
	const found = allowed.find((one) => one === value);
	return found ?? fail(`${where}.OverrideSettings.${member}: expected ${allowed.join(", ")}`);
}

/** Resolves everything once with a stand-in for each parameter: what fails now would fail for all. */
function checkExpressions(template: Template): void {
	const all = Object.fromEntries([...template.parameters.keys()].map((name) => [name, "1"]));
	try {
		enrolmentOf(template, { ...all, [certificateIdParameter]: "1" });
	} catch (error) {
		if (!(error instanceof ParameterFault)) throw error;
		// A map or a list that a parameter points into cannot be looked up with the stand-in.
		if (error instanceof LookupFault) return;
		fail(error.message);
	}
}

class LookupFault extends ParameterFault {}

type Resolve = (expression: Json, where: string) => string;

function resolveAll(object: JsonObject, resolve: Resolve): Record<string, string> {
	return Object.fromEntries(
		Object.entries(object).map(([name, expression]) => [name, resolve(expression, name)]),
	);
}

/** Evaluates the functions of a template: Ref, Join, Select, FindInMap, Split, Sub. */
function resolverOf(template: Template, given: Readonly<Record<string, string>>): Resolve {
	const parameter = (name: string, where: string): string => {
		if (!template.parameters.has(name) && name !== certificateIdParameter) {
			throw new ParameterFault(`${where}: no parameter ${show(name)} is declared`);
		}
		const value = Object.hasOwn(given, name) ? given[name] : template.parameters.get(name);
		if (value === undefined) throw new ParameterFault(`parameter ${name}: expected a value`);
		return value;
	};
	const text = (expression: Json, where: string, level = 0): string => {
		if (typeof expression === "string") return expression;
		const [name, argument] = callOf(expression, where, level);
		switch (name) {
			case "Ref":
				return parameter(plain(argument, where), where);
			case "Fn::Join": {
				const [separator, parts] = pairOf(argument, where);
				return list(parts, where, level + 1).join(text(separator, where, level + 1));
			}
			case "Fn::Select": {
				const [index, parts] = pairOf(argument, where);
				const found = list(parts, where, level + 1)[Number(index)];
				if (found === undefined) throw new LookupFault(`${where}: nothing at ${show(index)}`);
				return found;
			}
			case "Fn::FindInMap": {
				const keys = listOf(argument, where).map((key) => text(key, where, level + 1));
				if (keys.length !== 3) throw new ParameterFault(`${where}: expected a map and two keys`);
				let found: Json | undefined = template.mappings;
				for (const key of keys) found = isObject(found) ? memberOf(found, key) : undefined;
				if (typeof found !== "string") {
					throw new LookupFault(`${where}: nothing in the map at ${keys.join(".")}`);
				}
				return found;
			}
			case "Fn::Sub":
				return substitute(argument, where, level);
			default:
				throw new ParameterFault(`${where}: expected a text or a function, got ${show(name)}`);
		}
	};
	const list = (expression: Json, where: string, level: number): string[] => {
		if (Array.isArray(expression)) {
			return expression.map((part: Json) => text(part, where, level + 1));
		}
		const [name, argument] = callOf(expression, where, level);
		if (name !== "Fn::Split") throw new ParameterFault(`${where}: expected a list or Fn::Split`);
		const [separator, whole] = pairOf(argument, where);
		return text(whole, where, level + 1).split(text(separator, where, level + 1));
	};
	const substitute = (argument: Json, where: string, level: number): string => {
		const [pattern, own] = Array.isArray(argument) ? pairOf(argument, where) : [argument, {}];
		const variables = objectOf(own, where);
		return plain(pattern, where).replace(/\$\{([^}!]+)\}/g, (_, name: string) => {
			const value = memberOf(variables, name);
			return value === undefined ? parameter(name, where) : text(value, where, level + 1);
		});
	};
	return text;
}

/** A function of a template is an object with the name of the function as its only member. */
function callOf(expression: Json, where: string, level: number): [name: string, argument: Json] {
	const calls = isObject(expression) ? Object.entries(expression) : [];
	if (calls.length !== 1 || level > expressionLevels) {
		throw new ParameterFault(`${where}: expected a text or a function, got ${show(expression)}`);
	}
	return calls[0]!;
}

function plain(value: Json, where: string): string {
	if (typeof value === "string") return value;
	throw new ParameterFault(`${where}: expected a text, got ${show(value)}`);
}

function pairOf(value: Json, where: string): [Json, Json] {
	if (Array.isArray(value) && value.length === 2) return [value[0], value[1]];
	throw new ParameterFault(`${where}: expected a list of two, got ${show(value)}`);
}

function listOf(value: Json, where: string): readonly Json[] {
	if (Array.isArray(value)) return value;
	throw new ParameterFault(`${where}: expected a list, got ${show(value)}`);
}

function objectOf(value: Json | undefined, where: string): JsonObject {
	return isObject(value) ? value : fail(`${where}: expected an object, got ${show(value)}`);
}

function knownMembers(object: JsonObject, where: string, allowed: readonly string[]): void {
	const other = Object.keys(object).find((member) => !allowed.includes(member));
	if (other === undefined) return;
	const expected = allowed.length === 0 ? "nothing" : allowed.join(", ");
	fail(`${where}: expected ${expected}, got ${show(other)}`);
}

function mapped<T, R>(value: T | undefined, map: (value: T) => R): R | undefined {
	return value === undefined ? undefined : map(value);
}

function show(value: unknown): string {
	return String(JSON.stringify(value)).slice(0, 60);
}

function fail(message: string): never {
	throw new MalformedTemplate(message);
}
