import { describe, expect, test } from "@jest/globals";
import { bytesOf, Query } from "../../../cloud/rules/engine.ts";
import type { Json } from "../../../cloud/services/document.ts";
import { scopeOf } from "../../support/rules.ts";

/** What the actions of a rule get, as JSON; otherwise what became of the message. */
function run(sql: string, payload: Json | Uint8Array, topicName?: string): unknown {
	const outcome = new Query(sql).run(scopeOf(payload, topicName));
	if (outcome.type !== "executed") return outcome.type;
	return "json" in outcome.result ? outcome.result.json : Buffer.from(outcome.result.bytes);
}

const colours = { color: "red", temperature: 50 };
const sensors = {
	e: [
		{ n: "temperature", u: "Cel", t: 1234, v: 22.5 },
		{ n: "light", u: "lm", t: 1235, v: 135 },
		{ n: "acidity", u: "pH", t: 1235, v: 7 },
	],
};
const attributes = { attributes: { data1: 1, data2: 2 }, values: [{ a: 3 }, { b: 4 }, { c: 5 }] };
const nested = {
	data1: "example",
	data2: {
		a: "first attribute",
		b: "second attribute",
		c: [
			{ x: { someInt: 5, someString: "hello" }, y: true },
			{ x: { someInt: 10, someString: "world" }, y: false },
		],
	},
};

describe("SELECT, as the examples of the AWS IoT Developer Guide have it", () => {
	test.each<[string, Json, unknown]>([
		["SELECT * FROM 'a/b'", colours, colours],
		["SELECT color FROM 'a/b'", colours, { color: "red" }],
		["SELECT color AS my_color FROM 'a/b'", colours, { my_color: "red" }],
		[
			"SELECT color as my_color, temperature as fahrenheit FROM 'a/b'",
			colours,
			{ my_color: "red", fahrenheit: 50 },
		],
		["SELECT *, 15 as speed FROM 'a/b'", colours, { ...colours, speed: 15 }],
		["SELECT VALUE color FROM 'a/b'", colours, "red"],
		["select value color from 'a/b' where temperature = 50", colours, "red"],
		["SELECT VALUE arr FROM 'topic'", { a: { b: "c" }, arr: [1, 2, 3, 4] }, [1, 2, 3, 4]],
		["SELECT value FROM 'a/b'", { value: 7 }, { value: 7 }],
		["SELECT value, color FROM 'a/b'", { value: 7 }, { value: 7 }],
		[
			"SELECT color.red as red_value FROM 'a/b'",
			{ color: { red: 255, green: 0 } },
			{ red_value: 255 },
		],
		["SELECT foo.bar AS bar.baz FROM 'a/b'", { foo: { bar: 1 } }, { bar: { baz: 1 } }],
		["SELECT foo.bar FROM 'a/b'", { foo: { bar: 1 } }, { bar: 1 }],
		[
			"SELECT (temperature - 32) * 5 / 9 AS celsius, upper(color) as my_color FROM 'a/b'",
			colours,
			{ celsius: 10, my_color: "RED" },
		],
		["SELECT temp AS t, topic(2) AS n FROM 'a/+'", { temp: 4 }, { t: 4, n: "b" }],
		["SELECT temp AS t, topic(2) AS n FROM 'a/+'", {}, { n: "b" }],
		["SELECT NULL AS n FROM 'a/b'", {}, { n: null }],
		["SELECT foo, bar FROM 'a/b'", { foo: null }, { foo: null }],
		[
			"SELECT {'latitude': get(lat_long, 0),'longitude':get(lat_long, 1)} as lat_long FROM 't'",
			{ lat_long: [47.606, -122.332] },
			{ lat_long: { latitude: 47.606, longitude: -122.332 } },
		],
		["SELECT [lat,long] as at FROM 't'", { lat: 47.6, long: -1 }, { at: [47.6, -1] }],
		[
			"SELECT CASE color WHEN 'green' THEN 'go' WHEN 'yellow' THEN 'caution' WHEN 'red' THEN 'stop' ELSE 'you are not at a stop light' END as instructions FROM 'a/b'",
			{ color: "yellow" },
			{ instructions: "caution" },
		],
		[
			"SELECT CASE WHEN temperature > 40 THEN 'hot' ELSE 'cold' END AS feel FROM 'a/b'",
			colours,
			{ feel: "hot" },
		],
		["SELECT CASE no WHEN 1 THEN 2 ELSE 3 END AS x FROM 'a/b'", colours, {}],
		["SELECT CASE color WHEN 'blue' THEN 2 END AS x FROM 'a/b'", colours, {}],
		["SELECT CASE color WHEN 'red' THEN 1 WHEN 'red' THEN 2 END AS x FROM 'a'", colours, { x: 1 }],
		[
			"SELECT decode(encoded_temp,\"base64\").temperature AS temp from 't'",
			{ encoded_temp: "eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg==" },
			{ temp: 33 },
		],
	])("%s", (sql, payload, expected) => {
		expect(run(sql, payload)).toEqual(expected);
	});

	test.each<[string, Json, unknown]>([
		[
			"SELECT (SELECT VALUE n FROM e) as sensors FROM 'my/topic'",
			sensors,
			{ sensors: ["temperature", "light", "acidity"] },
		],
		[
			"SELECT (SELECT v FROM e WHERE n = 'temperature') as temperature FROM 'my/topic'",
			sensors,
			{ temperature: [{ v: 22.5 }] },
		],
		[
			"SELECT get((SELECT v FROM e WHERE n = 'temperature'), 0).v as temperature FROM 'topic'",
			sensors,
			{ temperature: 22.5 },
		],
		["SELECT e[2].n AS last FROM 'topic'", sensors, { last: "acidity" }],
		["SELECT (SELECT * FROM e WHERE v > 100) AS big FROM 't'", sensors, { big: [sensors.e[1]] }],
		["SELECT (SELECT v FROM missing) AS none FROM 't'", sensors, {}],
		[
			"SELECT (SELECT n AS name, topic(1) AS from1 FROM e WHERE t = 1234) AS x FROM 't'",
			sensors,
			{
				x: [{ name: "temperature", from1: "a" }],
			},
		],
		[
			"select value transform('enrichArray', attributes, values) from 'A/B'",
			attributes,
			[
				{ a: 3, data1: 1, data2: 2 },
				{ b: 4, data1: 1, data2: 2 },
				{ c: 5, data1: 1, data2: 2 },
			],
		],
		[
			"select value transform('enrichArray', {\"key\": attributes.data1}, values) from 'A/B'",
			attributes,
			[
				{ a: 3, key: 1 },
				{ b: 4, key: 1 },
				{ c: 5, key: 1 },
			],
		],
		[
			"select value transform('enrichArray', (select a, b from data2), (select value c from data2)) from 'A/B'",
			nested,
			nested.data2.c.map((one) => ({ ...one, a: "first attribute", b: "second attribute" })),
		],
	])("nested: %s", (sql, payload, expected) => {
		expect(run(sql, payload)).toEqual(expected);
	});
});

describe("WHERE", () => {
	test.each<[string, Json, boolean]>([
		["temperature > 50 AND color <> 'red'", { color: "red", temperature: 40 }, false],
		["temp > 30", { temp: "31" }, true],
		["temp > 30", { temp: "x" }, false],
		["temp > 30", {}, false],
		["NOT (temp > 30)", {}, false],
		["temp <> 30", {}, false],
		["t > 30", { temp: 31 }, false],
		["isUndefined(temp)", {}, true],
		["'true'", {}, false],
		["get_thing_shadow('MyThing', 'arn:aws:iam::1:role/r').state.reported.alarm = 'ON'", {}, true],
		[
			"get_thing_shadow('MyThing', 'MyThingShadow', 'arn:aws:iam::1:role/r').state.reported.alarm = 'ON'",
			{},
			false,
		],
		["get_thing_shadow('Nobody').state.reported.alarm = 'ON'", {}, false],
		[
			"color = 'red' OR temperature > 30 AND temperature < 35",
			{ color: "red", temperature: 1 },
			true,
		],
		["startswith(topic(2), 'b') AND clientid() = 'node-001'", {}, true],
	])("%s over %j: %s", (where, payload, expected) => {
		const outcome = run(`SELECT temp AS t FROM 'a/b' WHERE ${where}`, payload);
		expect(outcome !== "filtered").toBe(expected);
	});
});

describe("payloads that are no JSON", () => {
	const binary = Uint8Array.of(0xff, 0x00, 0x01);

	test("SELECT * passes on the bytes as they came (R11)", () => {
		expect(run("SELECT * FROM 'a/b'", binary)).toEqual(Buffer.from(binary));
		expect(run("SELECT * FROM 'a/b' WHERE timestamp() % 12 = 3", binary)).toEqual(
			Buffer.from(binary),
		);
	});

	test("encode() has them in Base64 (R12)", () => {
		const sql = "SELECT encode(*, 'base64') AS d, timestamp() AS ts FROM 'a/b'";
		expect(run(sql, binary)).toEqual({ d: "/wAB", ts: 1_481_825_251_155 });
		expect(run("SELECT encode(*, 'base64') AS d FROM 'a/b'", { a: 1 })).toEqual({
			d: Buffer.from('{"a":1}').toString("base64"),
		});
	});

	test.each([
		"SELECT * FROM 'a/b' WHERE device_type = 'thermostat'",
		"SELECT device_type FROM 'a/b'",
		"SELECT *, timestamp() AS timestamp FROM 'a/b'",
	])("a member that is asked for is a ParseError: %s", (sql) => {
		expect(run(sql, binary)).toBe("parseError");
		expect(run(sql, new TextEncoder().encode("{"))).toBe("parseError");
	});

	test("an empty payload is no data", () => {
		expect(run("SELECT * FROM 'a/b'", new Uint8Array(0))).toBe("filtered");
	});

	test("JSON that nests without end is not read, and harms nobody", () => {
		const bomb = new TextEncoder().encode("[".repeat(60_000) + "]".repeat(60_000));
		expect(run("SELECT a FROM 'a/b'", bomb)).toBe("parseError");
		expect(Buffer.compare(run("SELECT * FROM 'a/b'", bomb) as Buffer, bomb)).toBe(0);
		const brackets = JSON.stringify({ a: '[[{"\\'.repeat(100) });
		expect(run("SELECT a FROM 'a/b'", JSON.parse(brackets))).toEqual(JSON.parse(brackets));
	});

	test("members that objects inherit are not there", () => {
		expect(run("SELECT constructor, toString AS t, __proto__ AS p FROM 'a/b'", {})).toEqual({});
		const sneaky = new TextEncoder().encode('{"__proto__":{"admin":true}}');
		expect(run("SELECT *, admin AS a FROM 'a/b'", sneaky)).toEqual(
			JSON.parse('{"__proto__":{"admin":true}}'),
		);
	});
});

describe("FROM", () => {
	test.each<[string, string, boolean]>([
		["a/+", "a/b", true],
		["a/+", "a/b/c", false],
		["a/#", "a/b/c", true],
		["a/#", "a/", true],
		["a/#", "a", false],
		["#", "a/b", true],
		["#", "$aws/events/presence/connected/x", false],
		["+/events", "$aws/events", false],
		["$aws/events/presence/#", "$aws/events/presence/connected/x", true],
		["a/b", "a/b", true],
		["a/b", "A/b", false],
	])("%s and %s: %s", (filter, topicName, expected) => {
		expect(new Query(`SELECT * FROM '${filter}'`).matches(topicName)).toBe(expected);
	});

	test("may be left out for Basic Ingest, and then matches nothing", () => {
		const query = new Query("SELECT temp WHERE temp > 1");
		expect(query.topicFilter).toBeUndefined();
		expect(query.matches("a")).toBe(false);
		expect(query.run(scopeOf({ temp: 2 }))).toEqual({
			type: "executed",
			result: { json: { temp: 2 } },
		});
	});
});

test("results as bytes: JSON, the payload itself, and nothing for Undefined", () => {
	const bytes = (sql: string, payload: Json): string => {
		const outcome = new Query(sql).run(scopeOf(payload));
		return outcome.type === "executed" ? Buffer.from(bytesOf(outcome.result)).toString() : "";
	};
	expect(bytes("SELECT a FROM 'x'", { a: [1, null] })).toBe('{"a":[1,null]}');
	expect(bytes("SELECT VALUE a FROM 'x'", { a: "b" })).toBe('"b"');
	expect(bytes("SELECT VALUE missing FROM 'x'", { a: "b" })).toBe("");
	expect(bytes("SELECT missing FROM 'x'", { a: "b" })).toBe("{}");
});

describe("what is wrong names its place", () => {
	test.each<[string, number, string]>([
		["SELECT FROM 'a'", 7, 'expected an expression, got "FROM"'],
		[
			"SELECT a FORM 'a'",
			9,
			'expected , or AS or FROM or WHERE or an operator or the end, got "FORM"',
		],
		["SELECT a FROM a", 14, 'expected string, got "a"'],
		["SELECT a FROM 'a/#/b'", 14, '"a/#/b" is no topic filter'],
		["SELECT nope(a) AS b FROM 'a'", 7, "there is no function nope() here"],
		["SELECT a, 1 + md2('x') AS b FROM 'a'", 14, "there is no function md2() here"],
		["SELECT power(2) AS b FROM 'a'", 7, "power() takes 2 arguments, got 1"],
		["SELECT substring(a) AS b FROM 'a'", 7, "substring() takes 2 to 3 arguments, got 1"],
		["SELECT a + 1 FROM 'a'", 9, "this needs a name: add AS"],
		["SELECT upper(*) FROM 'a'", 13, "* stands in SELECT and as the argument of encode() alone"],
		["SELECT a FROM 'a' WHERE b = ", 28, "expected an expression, got the end"],
		["SELECT a FROM 'a' -- comment", 18, 'expected WHERE or the end, got "-"'],
		["SELECT (a FROM 'a'", 10, 'expected ) or an operator, got "FROM"'],
		["SELECT 'a FROM a", 7, "expected an expression"],
		["", 0, "expected SELECT, got the end"],
	])("%s", (sql, at, message) => {
		expect(() => new Query(sql)).toThrow(
			expect.objectContaining({ name: "SqlFault", at, message: expect.stringContaining(message) }),
		);
	});
});
