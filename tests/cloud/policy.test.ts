// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like that
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Action, evaluate, parsePolicy, type Variables } from "../../cloud/registry/policy.ts";

const arn = (resource: string): string => `arn:aws:iot:us-east-1:000000000000:${resource}`;
const none: Variables = () => undefined;
const variables =
	(values: Record<string, string[]>): Variables =>
	(name) =>
		values[name];

interface Input {
	Effect?: string;
	Action?: unknown;
	NotAction?: unknown;
	Resource?: unknown;
	NotResource?: unknown;
	Condition?: unknown;
	Sid?: string;
}

const documentOf = (...statements: Input[]): string =>
	JSON.stringify({
		Version: "2012-10-17",
		Statement: statements.map((statement) => ({
			Effect: "Allow",
			...("Action" in statement || "NotAction" in statement ? {} : { Action: "iot:*" }),
			...("Resource" in statement || "NotResource" in statement ? {} : { Resource: "*" }),
			...statement,
		})),
	});

function decide(
	statements: Input | Input[],
	action: Action,
	resource: string,
	values: Variables = none,
) {
	const policy = parsePolicy("p", documentOf(...[statements].flat()));
	return evaluate([policy], values, action, arn(resource));
}

describe("resources §2.4", () => {
	/** [clause, pattern, resource, allowed] */
	const rows: [string, string, string, boolean][] = [
		["P01", "topic/a/*", "topic/a/b/c", true],
		["P01 the parent is not below itself", "topic/a/*", "topic/a", false],
		["an empty run", "topic/a/*", "topic/a/", true],
		["P02", "topicfilter/a/*", "topicfilter/a/+/c", true],
		["P02", "topicfilter/a/*", "topicfilter/a/#", true],
		["P03", "topicfilter/a/+/c", "topicfilter/a/+/c", true],
		["P03 + is a character", "topicfilter/a/+/c", "topicfilter/a/b/c", false],
		["P04", "topic/a/+", "topic/a/b", false],
		["# is a character", "topicfilter/a/#", "topicfilter/a/b", false],
		["P05", "topic/a?", "topic/ab", true],
		["P05", "topic/a?", "topic/abc", false],
		["? is one and not none", "topic/a?", "topic/a", false],
		["? is also a slash", "topic/a?b", "topic/a/b", true],
		["* in the middle", "topic/*/b", "topic/a/x/b", true],
		["* in the middle goes back", "topic/*ab", "topic/aab", true],
		["two *", "topic/*/x/*", "topic/a/x/b/x/c", true],
		["another type", "topic/a", "topicfilter/a", false],
		["case counts", "topic/A", "topic/a", false],
		["characters of patterns elsewhere", "topic/a.c", "topic/abc", false],
		["an escaped *", "topic/${*}", "topic/*", true],
		["an escaped * is no wildcard", "topic/${*}", "topic/a", false],
		["an escaped ?", "topic/${?}", "topic/?", true],
		["an escaped $", "topic/${$}aws", "topic/$aws", true],
		["a bare $", "topic/$aws/x", "topic/$aws/x", true],
	];

	test.each(rows)("%s: %s for %s: %j", (_, pattern, resource, allowed) => {
		expect(decide({ Resource: arn(pattern) }, "iot:Publish", resource).allowed).toBe(allowed);
	});

	test("an ARN of another region or account does not match", () => {
		const Resource = [
			"arn:aws:iot:eu-west-1:000000000000:topic/a",
			"arn:aws:iot:us-east-1:123456789012:topic/a",
		];
		expect(decide({ Resource }, "iot:Publish", "topic/a").allowed).toBe(false);
		expect(decide({ Resource: "arn:aws:iot:*:*:topic/a" }, "iot:Publish", "topic/a").allowed).toBe(
			true,
		);
	});

	test("wildcards agree with the same pattern as a regular expression", () => {
		const letter = fc.constantFrom("a", "b", "/");
		const pattern = fc.array(fc.oneof(letter, fc.constantFrom("*", "?")), { maxLength: 8 });
		fc.assert(
			fc.property(pattern, fc.array(letter, { maxLength: 10 }), (parts, characters) => {
				const source = parts.join("").replaceAll("?", ".").replaceAll("*", ".*");
				const text = characters.join("");
				const { allowed } = decide({ Resource: arn(parts.join("")) }, "iot:Publish", text);
				expect(allowed).toBe(new RegExp(`^${source}$`).test(text));
			}),
		);
	});

	test("a pattern of many * against a long topic ends quickly", () => {
		const Resource = arn(`topic/${"*a".repeat(60)}`);
		expect(decide({ Resource }, "iot:Publish", `topic/${"a".repeat(240)}b`).allowed).toBe(false);
	});
});

describe("effects and actions", () => {
	const allowAll = { Sid: "All" };
	const denySecrets = { Effect: "Deny", Resource: arn("topic/secret/*"), Sid: "Secrets" };

	test("nothing allows: denied", () => {
		expect(evaluate([], none, "iot:Publish", arn("topic/a"))).toEqual({
			allowed: false,
			because: "no statement allows it",
		});
	});

	test("P06 an explicit deny wins, whatever the order, and is named", () => {
		for (const statements of [
			[allowAll, denySecrets],
			[denySecrets, allowAll],
		]) {
			const decision = decide(statements, "iot:Publish", "topic/secret/x");
			expect(decision.allowed).toBe(false);
			expect(decision.because).toMatch(/^denied by statement [12] \("Secrets"\) of policy p$/);
			expect(decide(statements, "iot:Publish", "topic/x").allowed).toBe(true);
		}
	});

	test("a deny in one policy wins over an allow in another", () => {
		const policies = [
			parsePolicy("allow", documentOf(allowAll)),
			parsePolicy("deny", documentOf(denySecrets)),
		];
		expect(evaluate(policies, none, "iot:Publish", arn("topic/secret/x"))).toEqual({
			allowed: false,
			because: `denied by statement 1 ("Secrets") of policy deny`,
		});
		expect(evaluate(policies, none, "iot:Publish", arn("topic/a"))).toEqual({
			allowed: true,
			because: `allowed by statement 1 ("All") of policy allow`,
		});
	});

	/** [Action, action, allowed] */
	const rows: [unknown, Action, boolean][] = [
		["iot:Publish", "iot:Publish", true],
		["iot:Publish", "iot:RetainPublish", false],
		["iot:publish", "iot:Publish", true],
		["iot:*", "iot:Connect", true],
		["*", "iot:Connect", true],
		["iot:*Publish", "iot:RetainPublish", true],
		[["iot:Receive", "iot:Subscribe"], "iot:Subscribe", true],
		[["iot:Receive", "iot:Subscribe"], "iot:Publish", false],
	];
	test.each(rows)("Action %j for %s: %j", (Action, action, allowed) => {
		expect(decide({ Action }, action, "topic/a").allowed).toBe(allowed);
	});

	test("NotAction and NotResource", () => {
		const NotAction = ["iot:Connect", "iot:Publish"];
		expect(decide({ NotAction }, "iot:Receive", "topic/a").allowed).toBe(true);
		expect(decide({ NotAction }, "iot:Publish", "topic/a").allowed).toBe(false);
		const NotResource = arn("topic/secret/*");
		expect(decide({ NotResource }, "iot:Publish", "topic/a").allowed).toBe(true);
		expect(decide({ NotResource }, "iot:Publish", "topic/secret/a").allowed).toBe(false);
	});
});

describe("variables §2.5", () => {
	const values = variables({
		"iot:ClientId": ["node-1"],
		"iot:Connection.Thing.ThingName": ["thing-1"],
		"iot:Connection.Thing.Attributes[site]": ["A"],
		"iot:Certificate.Subject.CommonName": ["first", "second"],
		star: ["*"],
		"a.b": ["dotted"],
	});

	/** [clause, pattern, resource, allowed] */
	const rows: [string, string, string, boolean][] = [
		["P07", "topic/${iot:ClientId}/*", "topic/node-1/x", true],
		["P07", "topic/${iot:ClientId}/*", "topic/node-2/x", false],
		["P08", "client/${iot:Connection.Thing.ThingName}", "client/thing-1", true],
		["P11", "topic/${iot:Connection.Thing.Attributes[site]}", "topic/A", true],
		["bare: the first value", "topic/${iot:Certificate.Subject.CommonName}", "topic/first", true],
		[".0", "topic/${iot:Certificate.Subject.CommonName.0}", "topic/first", true],
		["P12", "topic/${iot:Certificate.Subject.CommonName.1}", "topic/second", true],
		["no third value", "topic/${iot:Certificate.Subject.CommonName.2}", "topic/", false],
		["without a value it does not match", "topic/${iot:Nothing}", "topic/", false],
		["without a value it is text", "topic/${iot:Nothing}", "topic/${iot:Nothing}", true],
		["a value has no wildcards", "topic/${star}", "topic/a", false],
		["a value with a * is that text", "topic/${star}", "topic/*", true],
		["a name with a dot", "topic/${a.b}", "topic/dotted", true],
	];
	test.each(rows)("%s: %s for %s: %j", (_, pattern, resource, allowed) => {
		const action = resource.startsWith("client/") ? "iot:Connect" : "iot:Publish";
		expect(decide({ Resource: arn(pattern) }, action, resource, values).allowed).toBe(allowed);
	});
});

describe("conditions", () => {
	const values = variables({
		attached: ["true"],
		name: ["Sensor-1"],
		topic: [arn("topic/will/a")],
		set: ["PersistentConnect", "LastWill"],
		"iot:ClientId": ["Sensor-1"],
	});

	/** [operator, key, values of the condition, holds] */
	const rows: [string, string, unknown, boolean][] = [
		["Bool", "attached", ["true"], true],
		["Bool", "attached", true, true],
		["Bool", "attached", "True", true],
		["Bool", "attached", "false", false],
		["Bool", "nothing", "false", false],
		["StringEquals", "name", "Sensor-1", true],
		["StringEquals", "name", ["x", "Sensor-1"], true],
		["StringEquals", "name", "sensor-1", false],
		["StringEquals", "name", "Sensor-*", false],
		["StringEquals", "name", "${iot:ClientId}", true],
		["StringEquals", "nothing", "x", false],
		["StringEqualsIfExists", "nothing", "x", true],
		["StringEqualsIfExists", "name", "x", false],
		["StringEqualsIgnoreCase", "name", "sensor-1", true],
		["StringNotEquals", "name", "x", true],
		["StringNotEquals", "name", ["x", "Sensor-1"], false],
		["StringNotEquals", "nothing", "x", true],
		["StringNotEqualsIgnoreCase", "name", "SENSOR-1", false],
		["StringLike", "name", "Sensor-?", true],
		["StringLike", "name", "Node-*", false],
		["StringNotLike", "name", "Node-*", true],
		["StringNotLike", "name", "S*", false],
		["ArnEquals", "topic", arn("topic/will/*"), true],
		["ArnEquals", "topic", arn("topic/other"), false],
		["ArnLike", "topic", "arn:aws:iot:*:*:topic/will/a", true],
		["ArnNotEquals", "topic", arn("topic/other"), true],
		["ArnNotLike", "topic", arn("topic/will/*"), false],
		["ForAllValues:StringEquals", "set", ["PersistentConnect", "LastWill"], true],
		["ForAllValues:StringEquals", "set", ["LastWill"], false],
		["ForAllValues:StringEquals", "nothing", ["LastWill"], true],
		["ForAnyValue:StringEquals", "set", ["LastWill"], true],
		["ForAnyValue:StringEquals", "set", ["Other"], false],
		["ForAnyValue:StringEquals", "nothing", ["LastWill"], false],
		["ForAnyValue:StringNotEquals", "nothing", ["LastWill"], false],
		["ForAnyValue:StringNotEquals", "set", ["LastWill"], true],
		["ForAllValues:StringNotEquals", "set", ["LastWill"], false],
		["StringEquals", "set", "LastWill", true],
		["StringNotEquals", "set", "LastWill", false],
		["StringEquals", "set.List", "LastWill", true],
	];
	test.each(rows)("%s of %s with %j: %j", (operator, key, wanted, holds) => {
		const Condition = { [operator]: { [key]: wanted } };
		expect(decide({ Condition }, "iot:Connect", "client/a", values).allowed).toBe(holds);
	});

	test("all of several conditions must hold", () => {
		const Condition = { Bool: { attached: "true" }, StringEquals: { name: "x" } };
		expect(decide({ Condition }, "iot:Connect", "client/a", values).allowed).toBe(false);
		const both = { StringEquals: { name: "Sensor-1", attached: "false" } };
		expect(decide({ Condition: both }, "iot:Connect", "client/a", values).allowed).toBe(false);
	});
});

describe("documents that are refused, with where", () => {
	/** [document, what the message says] */
	const rows: [string, string][] = [
		["{", "the document is no JSON"],
		["[]", "the document: expected an object"],
		[`{"Statement":[]}`, `Version: expected "2012-10-17"`],
		[`{"Version":"2012-10-17","Statement":[]}`, "Statement: expected at least one"],
		[`{"Version":"2012-10-17","Statement":[5]}`, "statement 1: expected an object"],
		[`{"Version":"2012-10-17","Statement":[],"X":1}`, `the document: "X" is not supported`],
		[documentOf({}, { Effect: "allow" }), `statement 2: Effect: expected "Allow" or "Deny"`],
		[documentOf({ Action: [] }), "statement 1: Action: expected a text or a list of texts"],
		[documentOf({ Action: "s3:Get" }), `statement 1: Action: expected "iot:…" or "*"`],
		[
			documentOf({ Action: "iot:*", NotAction: "iot:*" }),
			"statement 1: Action: expected it, or its Not form, and not both",
		],
		[documentOf({ Resource: [5] }), "statement 1: Resource: expected a text or a list of texts"],
		[
			documentOf({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }),
			`statement 1: Condition: "IpAddress" is not supported`,
		],
		[
			documentOf({ Condition: { toString: { a: "b" } } }),
			`statement 1: Condition: "toString" is not supported`,
		],
		[documentOf({ Principal: "*" } as Input), `statement 1: "Principal" is not supported`],
		["P16", "the document has more than 2048 characters"],
	];
	test.each(rows)("%s", (text, message) => {
		const document = text === "P16" ? documentOf({ Resource: arn("x".repeat(2048)) }) : text;
		expect(() => parsePolicy("p", document)).toThrow(message);
	});

	test("P16 white space does not count", () => {
		const document = documentOf({}).replace("{", `{${" ".repeat(5000)}`);
		expect(parsePolicy("p", document).statements).toHaveLength(1);
	});

	test("one statement need not be in a list", () => {
		const Statement = { Effect: "Allow", Action: "*", Resource: "*" };
		const document = JSON.stringify({ Version: "2012-10-17", Id: "x", Statement });
		expect(parsePolicy("p", document).statements).toHaveLength(1);
	});
});
