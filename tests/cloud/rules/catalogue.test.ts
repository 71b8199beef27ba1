// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitution templates look like that
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { attachPolicy, createPolicy } from "../../../cloud/registry/policies.ts";
import { Query } from "../../../cloud/rules/engine.ts";
import { Template } from "../../../cloud/rules/sql/template.ts";
import type { Json } from "../../../cloud/services/document.ts";
import { CloudBench } from "../../support/cloud.ts";
import { scopeOf } from "../../support/rules.ts";

/* Cases of docs/aws-compatibility.md, part R, one test each. */

/** What the actions get, or why they do not run. */
function run(sql: string, payload: Json, topicName = "a/b"): unknown {
	const query = new Query(sql);
	if (!query.matches(topicName)) return "no match";
	const outcome = query.run(scopeOf(payload, topicName));
	if (outcome.type !== "executed") return outcome.type;
	return "json" in outcome.result ? outcome.result.json : outcome.result.bytes;
}

describe("the language", () => {
	test("R01 SELECT * FROM 'a/+' gets the JSON of a/b and none of a/b/c", () => {
		const payload = { temp: 4, deep: { list: [1, null, "x"] } };
		expect(run("SELECT * FROM 'a/+'", payload)).toEqual(payload);
		expect(run("SELECT * FROM 'a/+'", payload, "a/b/c")).toBe("no match");
	});

	test("R02 a missing member is left out", () => {
		const sql = "SELECT temp AS t, topic(2) AS n FROM 'a/+'";
		expect(run(sql, { temp: 4 })).toEqual({ t: 4, n: "b" });
		expect(run(sql, {})).toEqual({ n: "b" });
	});

	test("R03 WHERE temp > 30 takes text that is a number, and nothing that is none", () => {
		const sql = "SELECT * FROM 'a/b' WHERE temp > 30";
		expect(run(sql, { temp: "31" })).toEqual({ temp: "31" });
		for (const payload of [{ temp: "29" }, { temp: "x" }, {}]) {
			expect(run(sql, payload)).toBe("filtered");
		}
	});

	test("R04 WHERE does not know the names that AS gives", () => {
		expect(run("SELECT temp AS t FROM 'a/b' WHERE t > 30", { temp: 31 })).toBe("filtered");
		expect(run("SELECT temp AS t FROM 'a/b' WHERE temp > 30", { temp: 31 })).toEqual({ t: 31 });
	});

	test("R05 a nested SELECT gives the objects of an array for which its WHERE holds", () => {
		const e = [
			{ n: "light", v: 135 },
			{ n: "acidity", v: 7 },
			{ n: "sound", v: 140 },
		];
		expect(run("SELECT (SELECT * FROM e WHERE v > 100) AS big FROM 'a/b'", { e })).toEqual({
			big: [e[0], e[2]],
		});
	});

	test("R06 SELECT VALUE of an array is an array at the top", () => {
		expect(run("SELECT VALUE arr FROM 'a/b'", { arr: [1, { x: 2 }] })).toEqual([1, { x: 2 }]);
	});

	test("R07 in a key ${topic(2)} is replaced, and the name that AS gives is empty", () => {
		const scope = scopeOf({ temp: 4 });
		expect(new Template("${topic(2)}/${alias}/x").render(scope)).toBe("b//x");
	});
});

describe("in the cloud", () => {
	let bench: CloudBench;
	beforeEach(async () => {
		bench = new CloudBench();
		await provision(bench.dataDir, ["a"]);
		mkdirSync(join(bench.dataDir, "rules"), { recursive: true });
	});
	afterEach(() => bench.end());

	test("R08 republish to $$aws/things/x/shadow/update updates shadow x", async () => {
		const rule = {
			sql: "SELECT {'reported': {'wind': wind}} AS state FROM 'isobar/+/note'",
			actions: [{ republish: { topic: "$$aws/things/x/shadow/update" } }],
		};
		writeFileSync(join(bench.dataDir, "rules", "shadow.json"), JSON.stringify(rule));
		const cloud = await bench.start();
		const client = await bench.connected(cloud.port, "a");
		await client.publishAsync("isobar/a/note", '{"wind":12}', { qos: 1 });
		await cloud.rules.rules.idle();
		expect(await cloud.getShadow("x")).toMatchObject({ state: { reported: { wind: 12 } } });
	});

	test("M44 Basic Ingest for a rule that is not there is acknowledged and counted", async () => {
		const cloud = await bench.start();
		const everything = { Effect: "Allow", Action: "iot:*", Resource: "*" };
		const document = JSON.stringify({ Version: "2012-10-17", Statement: [everything] });
		const [certificate] = [...cloud.registry.state.certificates];
		await cloud.registry.run((state) => createPolicy(state, "all", document));
		await cloud.registry.run((state) =>
			attachPolicy(state, "all", { certificateId: certificate!.certificateId }),
		);
		const client = await bench.connected(cloud.port, "a");
		// Resolves with the PUBACK.
		await client.publishAsync("$aws/rules/Unknown/x", "{}", { qos: 1 });
		await cloud.rules.rules.idle();
		expect(cloud.rules.rules.ruleNotFound).toBe(1);
	});
});
