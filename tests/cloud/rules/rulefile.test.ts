import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseRule, readRules } from "../../../cloud/rules/rulefile.ts";

let directory: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "isobar-rulefile-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const rule = (members: object): string =>
	JSON.stringify(
		{
			sql: "SELECT temp AS t FROM 'a/+' WHERE temp > 30",
			actions: [{ republish: { topic: "b/${topic(2)}" } }],
			...members,
		},
		null,
		"\t",
	);

test("a rule as the AWS CLI takes it", () => {
	const parsed = parseRule(
		"rules/hot.json",
		rule({
			description: "hot",
			ruleDisabled: true,
			awsIotSqlVersion: "2016-03-23",
			actions: [
				{
					s3: {
						roleArn: "arn:aws:iam::1:role/r",
						bucketName: "b",
						key: "${topic(2)}/${timestamp()}.json",
					},
				},
				{
					cloudwatchMetric: {
						metricNamespace: "N",
						metricName: "t",
						metricValue: "${temp}",
						metricUnit: "None",
					},
				},
			],
			errorAction: {
				sqs: { queueUrl: "https://sqs.us-east-1.amazonaws.com/1/errors", useBase64: false },
			},
		}),
	);
	expect(parsed).toMatchObject({ name: "hot", isDisabled: true, description: "hot" });
	expect(parsed.actions.map(({ type }) => type)).toEqual(["s3", "cloudwatchMetric"]);
	expect(parsed.errorAction!.type).toBe("sqs");
});

describe("what is wrong names file, line and column", () => {
	test.each<[string, string, string]>([
		[
			"no JSON",
			'{\n\t"sql": "SELECT * FROM \'a\'",\n\t"actions" []\n}',
			"r.json:3:12: no JSON: colon expected",
		],
		["a comment", '{ // x\n"sql": "s" }', "r.json:1:3: no JSON"],
		["empty", "", "r.json:1:1: no JSON"],
		[
			"the statement",
			rule({ sql: "SELECT temp FORM 'a'" }),
			"r.json:2:22: expected , or AS or FROM or WHERE",
		],
		[
			"the statement behind escapes",
			rule({ sql: "SELECT \"x\" AS a, nope() AS b FROM 'a'" }),
			"r.json:2:29: there is no function nope() here",
		],
		["no statement", '{\n\t"actions": []\n}', 'r.json:1:1: the file: expected a member "sql"'],
		[
			"no action",
			rule({ actions: [] }),
			"r.json:3:13: actions: must NOT have fewer than 1 items, got []",
		],
		[
			"an action that is not here",
			rule({ actions: [{ kafka: {} }] }),
			'r.json:5:4: there is no action "kafka" here; expected s3, firehose',
		],
		[
			"a parameter that is not there",
			rule({ actions: [{ republish: { topic: "a", qoS: 1 } }] }),
			'r.json:7:5: there is no "qoS" here',
		],
		[
			"a parameter that is missing",
			rule({ actions: [{ republish: { qos: 1 } }] }),
			'r.json:5:17: republish: expected a member "topic"',
		],
		[
			"a value",
			rule({ actions: [{ republish: { topic: "a", qos: 2 } }] }),
			"r.json:7:12: qos: expected 0, 1, got 2",
		],
		[
			"a template",
			rule({ actions: [{ republish: { topic: "a/${topic(2}" } }] }),
			"r.json:6:26: expected",
		],
		[
			"a template in the error action",
			rule({ errorAction: { s3: { bucketName: "b", key: "${nope()}" } } }),
			"r.json:13:14: there is no function nope() here",
		],
		[
			"an old language",
			rule({ awsIotSqlVersion: "2015-10-08" }),
			'expected "2016-03-23", "beta", got "2015-10-08"',
		],
		[
			"two actions in one",
			rule({ actions: [{ s3: {}, sqs: {} }] }),
			"r.json:4:3: 0: must NOT have more than 1 properties",
		],
	])("%s", (_, text, message) => {
		expect(() => parseRule("rules/r.json", text)).toThrow(message);
	});

	test("a name that a rule can't have", () => {
		expect(() => parseRule("rules/a-b.json", rule({}))).toThrow(
			'rules/a-b.json:1:1: a rule is called by letters, digits and _, up to 128; got "a-b"',
		);
	});
});

test("a file that is no rule does not keep the others from running", async () => {
	writeFileSync(join(directory, "good.json"), rule({}));
	writeFileSync(join(directory, "bad.json"), rule({ sql: "SELECT" }));
	writeFileSync(join(directory, "targets.json"), "{}");
	writeFileSync(join(directory, "notes.txt"), "no rule");
	const { rules, faults } = await readRules(directory);
	expect(rules.map(({ name }) => name)).toEqual(["good"]);
	expect(faults.map(({ message }) => message)).toEqual([
		`${join(directory, "bad.json")}:2:16: expected an expression, got the end`,
	]);
	expect(await readRules(join(directory, "none"))).toEqual({ rules: [], faults: [] });
});
