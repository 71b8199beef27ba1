import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { startCloud } from "../../../cloud/index.ts";
import { CommandBench } from "../../support/command.ts";

const hot = {
	sql: "SELECT temp AS t, topic(2) AS node FROM 'dt/+/telemetry' WHERE temp > 30",
	actions: [{ sqs: { queueUrl: "$" + "{topic(2)}" } }],
};

let bench: CommandBench;
let folder: string;

beforeEach(() => {
	bench = new CommandBench();
	folder = mkdtempSync(join(tmpdir(), "isobar-rule-"));
	mkdirSync(join(folder, "rules"));
	write("rules/hot.json", JSON.stringify(hot));
	write("warm.json", '{"temp": 31}');
	write("cold.json", '{"temp": 3}');
});
afterEach(async () => {
	await bench.end();
	rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
	writeFileSync(join(folder, name), text);
}

const tryRule = (message: string): Promise<number> =>
	bench.run(
		`rule test ${folder}/rules/hot.json --message ${folder}/${message} --topic dt/roof/telemetry --json`,
	);

describe("isobar rule test", () => {
	test("shows what a rule makes of a message, with the texts of its actions filled in", async () => {
		expect(await tryRule("warm.json")).toBe(0);
		expect(JSON.parse(bench.out)).toEqual({
			rule: "hot",
			topic: "dt/roof/telemetry",
			matches: true,
			outcome: "executed",
			result: { t: 31, node: "roof" },
			actions: [{ sqs: { queueUrl: "roof" } }],
		});
	});

	test("fails when no action would run", async () => {
		expect(await tryRule("cold.json")).toBe(1);
		expect(JSON.parse(bench.out)).toMatchObject({ matches: true, outcome: "filtered" });
	});

	test("fails for a topic that is none of the rule's", async () => {
		const line = `rule test ${folder}/rules/hot.json --message ${folder}/warm.json --topic other`;
		expect(await bench.run(line)).toBe(1);
		expect(bench.out).toMatch(/^rule hot, topic other: does not match$/m);
	});

	test.each([
		["absent.json", /no such file/],
		["broken.json", /broken\.json:1:\d+: expected /],
	])("%s is one line that says what is wrong", async (name, message) => {
		write("rules/broken.json", JSON.stringify({ ...hot, sql: "SELECT * FORM 'a'" }));
		const line = `rule test ${folder}/rules/${name} --message ${folder}/warm.json`;
		expect(await bench.run(line)).toBe(2);
		expect(bench.err).toMatch(message);
		expect(bench.err.trimEnd().split("\n")).toHaveLength(1);
	});
});

describe("isobar rule list", () => {
	test("lists the rules of a data directory", async () => {
		expect(await bench.run(`rule list --data ${folder} --json`)).toBe(0);
		const { rules, faults } = JSON.parse(bench.out);
		expect(rules).toMatchObject([{ name: "hot", sql: hot.sql, actions: ["sqs"] }]);
		expect(faults).toEqual([]);
	});

	test("names what is wrong with a file, lists the others, and fails", async () => {
		write("rules/broken.json", "{");
		expect(await bench.run(`rule list --data ${folder}`)).toBe(1);
		expect(bench.out).toBe("hot  FROM 'dt/+/telemetry'  sqs\n");
		expect(bench.err).toMatch(/^isobar: .*broken\.json:1:\d+: /);
	});
});

describe("isobar rule create, replace, show, enable, disable, delete", () => {
	const rule = (sql: string): string => JSON.stringify({ ...hot, $schema: "any", sql });
	beforeEach(() => {
		write("one.json", rule("SELECT 1 AS n FROM 'a/#'"));
		write("two.json", rule("SELECT 2 AS n FROM 'a/#'"));
	});

	async function walk(sqlNow: () => string | undefined): Promise<void> {
		const well = async (line: string): Promise<void> => {
			expect([line, await bench.run(`rule ${line} --data DIR`), bench.err]).toEqual([line, 0, ""]);
		};
		await well(`create warm ${folder}/one.json`);
		expect(sqlNow()).toBe("SELECT 1 AS n FROM 'a/#'");
		await well(`replace warm ${folder}/two.json`);
		expect(sqlNow()).toBe("SELECT 2 AS n FROM 'a/#'");
		await well("disable warm");
		expect(sqlNow()).toBe("off");
		await well("enable warm");
		expect(sqlNow()).toBe("SELECT 2 AS n FROM 'a/#'");
		bench.out = "";
		await well("show warm --json");
		expect(JSON.parse(bench.out)).toMatchObject({ ruleName: "warm", actions: hot.actions });
		await well("delete warm");
		expect(sqlNow()).toBeUndefined();
	}

	test("count at once in a cloud that runs", async () => {
		const cloud = await startCloud({
			...{ dataDir: bench.dataDir, port: 0, http: { port: 0 }, log: () => {} },
		});
		try {
			await walk(() => {
				const [view] = cloud.rules.rules.list();
				return view?.isDisabled ? "off" : view?.sql;
			});
		} finally {
			await cloud.close();
		}
	});

	test("change the files where no cloud runs", async () => {
		await walk(() => {
			const path = join(bench.dataDir, "rules", "warm.json");
			if (!existsSync(path)) return undefined;
			const { sql, ruleDisabled } = JSON.parse(readFileSync(path, "utf8"));
			return ruleDisabled ? "off" : sql;
		});
	});

	test("a file that is no rule is one line with its place, and nothing is made", async () => {
		write("bad.json", '{\n"sql": "SELECT * FORM x"}');
		expect(await bench.run(`rule create bad ${folder}/bad.json --data DIR`)).toBe(2);
		expect(bench.err).toMatch(/bad\.json:\d+:\d+: /);
		expect(bench.err.trimEnd().split("\n")).toHaveLength(1);
		expect(existsSync(join(bench.dataDir, "rules", "bad.json"))).toBe(false);
	});
});
