import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseScenario, rulesOf, scenarioSchema } from "../../../simulator/scenario/scenario.ts";

const folder = "simulator/scenario";
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const valid = new Ajv2020({ strict: false }).compile(scenarioSchema);

function read(scenario: object): ReturnType<typeof parseScenario> {
	const text = JSON.stringify({ name: "a-test", title: "A test", ...scenario });
	return parseScenario(text, "test.json");
}

describe("the published schema", () => {
	test("is what the loader checks", () => {
		const published = JSON.parse(readFileSync("schema/scenario.schema.json", "utf8"));
		expect(published).toEqual(JSON.parse(JSON.stringify(scenarioSchema)));
	});

	test.each(files)("holds for %s", (name) => {
		const text = readFileSync(`${folder}/${name}`, "utf8");
		expect(valid(JSON.parse(text))).toBe(true);
		expect(parseScenario(text, name)).toMatchObject({ name: name.replace(".json", "") });
	});

	test("at least twelve scenarios come with Isobar", () => {
		expect(files.length).toBeGreaterThanOrEqual(12);
	});
});

describe("a scenario", () => {
	test("has durations in ms", () => {
		const scenario = read({
			for: "1.5d",
			faults: [
				{ fault: "powerCut", perDay: 2, for: ["500ms", "10m"], from: "1h", until: "20h" },
				{ fault: "brokerOutage", at: ["6h", "7h"], for: "1m", sessions: "lost" },
				{ fault: "kick", at: "90s", stations: { things: ["station-0001"] } },
				{ fault: "deadLink", perDay: 1, stations: { share: 0.5 } },
			],
		});
		expect(scenario.for).toBe(129_600_000);
		expect(rulesOf(scenario)).toEqual([
			{
				fault: "powerCut",
				perDay: 2,
				duration: [500, 600_000],
				from: 3_600_000,
				until: 72_000_000,
				details: {},
			},
			{
				fault: "brokerOutage",
				at: [21_600_000, 25_200_000],
				duration: [60_000, 60_000],
				details: { sessions: "lost" },
			},
			{ fault: "kick", at: [90_000], stations: { things: ["station-0001"] }, details: {} },
			{ fault: "deadLink", perDay: 1, stations: { share: 0.5 }, details: {} },
		]);
	});

	const powerCut = { fault: "powerCut", perDay: 1 };
	test.each([
		[{ name: "A Test" }, /^test\.json: name: got "A Test"; expected a name of lower-case letters/],
		[{ title: undefined }, /^test\.json: title: got nothing; expected a text of 1 to 2000/],
		[{ stations: 0 }, /^test\.json: stations: got 0; expected a whole number from 1 to 100000$/],
		[{ stations: 1.5 }, /^test\.json: stations: got 1\.5; expected a whole number/],
		[{ for: "soon" }, /^test\.json: for: got "soon"; expected a duration such as/],
		[{ for: 60 }, /^test\.json: for: got 60; expected a duration such as/],
		[{ fault: [] }, /^test\.json: fault: got \[\]; expected no such member, but \$schema, name,/],
		[{ faults: {} }, /^test\.json: faults: got \{\}; expected a list of 0 to 1000$/],
		[
			{ faults: [powerCut, "x"] },
			/^test\.json: faults\[1\]: got "x"; expected an object with fault,/,
		],
		[
			{ faults: [{ ...powerCut, fault: "fire" }] },
			/^test\.json: faults\[0\]\.fault: got "fire"; expected "powerCut" or /,
		],
		[
			{ faults: [{ ...powerCut, for: ["1s"] }] },
			/^test\.json: faults\[0\]\.for: got \["1s"\]; expected a list of 2 to 2$/,
		],
		[
			{ faults: [{ ...powerCut, for: ["1s", "x"] }] },
			/^test\.json: faults\[0\]\.for\[1\]: got "x"; expected a duration/,
		],
		[
			{ faults: [{ ...powerCut, for: ["9s", "1s"] }] },
			/^test\.json: faults\[0\]\.for: got \[9000,1000\]; expected durations above 0, the shorter one first$/,
		],
		[
			{ faults: [{ fault: "kick" }] },
			/^test\.json: faults\[0\]: got "kick"; expected either perDay or at beside it$/,
		],
		[
			{ faults: [{ ...powerCut, at: "1h" }] },
			/^test\.json: faults\[0\]: got "powerCut"; expected either perDay or at/,
		],
		[
			{ faults: [{ ...powerCut, stations: {} }] },
			/^test\.json: faults\[0\]\.stations: got \{\}; expected either share or things$/,
		],
		[
			{ faults: [{ ...powerCut, path: { loss: 2 } }] },
			/^test\.json: faults\[0\]\.path\.loss: got 2; expected a number from 0 to 0\.9$/,
		],
		[{ station: { qos: 3 } }, /^test\.json: station\.qos: got 3; expected 1 or 2$/],
		[
			{ expect: { shed: "few" } },
			/^test\.json: expect\.shed: got "few"; expected "none" or "some" or "any"$/,
		],
	])("that is wrong says where: %j", (members, message) => {
		expect(() => read(members)).toThrow(message);
	});

	test("that is no JSON says so in one line", () => {
		expect(() => parseScenario("{", "broken.json")).toThrow(
			/^broken\.json: [^\n]*; expected JSON$/,
		);
		expect(() => parseScenario("[]", "list.json")).toThrow(
			/^list\.json: the document: got \[\]; expected an object/,
		);
	});
});
