import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { JsonObject } from "../../cloud/services/document.ts";
import {
	answerFailure,
	answerShadow,
	answerTooMany,
	parseShadowTopic,
	type ShadowOperation,
	type ShadowOutcome,
	type ShadowRecord,
} from "../../cloud/services/shadow.ts";

/** One shadow and a clock of seconds that moves by one with each request. */
class Bench {
	record: ShadowRecord | undefined;
	seconds = 100;
	readonly shadowName: string | undefined;

	constructor(shadowName?: string) {
		this.shadowName = shadowName;
	}

	ask(operation: ShadowOperation, document: unknown = ""): ShadowOutcome {
		this.seconds += 1;
		const request = { thing: "x", shadowName: this.shadowName, operation };
		const text =
			typeof document === "string" || document === undefined ? document : JSON.stringify(document);
		const outcome = answerShadow(request, text, this.record, this.seconds);
		this.record = outcome.record ?? this.record;
		return outcome;
	}

	/** The answers by the end of their topic. */
	update(document: unknown): Record<string, JsonObject> {
		return byTopic(this.ask("update", document));
	}

	desire(desired: unknown): Record<string, JsonObject> {
		return this.update({ state: { desired } });
	}

	report(reported: unknown): Record<string, JsonObject> {
		return this.update({ state: { reported } });
	}

	/** The document of get/accepted. */
	get(): JsonObject {
		return byTopic(this.ask("get"))["get/accepted"]!;
	}
}

function byTopic(outcome: ShadowOutcome): Record<string, JsonObject> {
	return Object.fromEntries(
		outcome.answers.map(({ topicName, document }) => [topicName.split("/shadow/")[1], document]),
	);
}

describe("topics §3.1", () => {
	test.each([
		["$aws/things/x/shadow/get", { thing: "x", shadowName: undefined, operation: "get" }],
		["$aws/things/x/shadow/update", { thing: "x", shadowName: undefined, operation: "update" }],
		["$aws/things/x/shadow/delete", { thing: "x", shadowName: undefined, operation: "delete" }],
		["$aws/things/x/shadow/name/n/get", { thing: "x", shadowName: "n", operation: "get" }],
		["$aws/things/x/shadow/get/accepted", undefined],
		["$aws/things/x/shadow/name/get", undefined],
		["$aws/things/x/y/shadow/get", undefined],
		["$aws/things/../shadow/get", undefined],
		[`$aws/things/x/shadow/name/${"n".repeat(65)}/get`, undefined],
		["things/x/shadow/get", undefined],
	])("%s", (topicName, request) => {
		expect(parseShadowTopic(topicName)).toEqual(request);
	});
});

describe("documents §3.2", () => {
	test("S02 update/accepted: only what was asked and the metadata of those keys", () => {
		const bench = new Bench();
		bench.report({ fw: "1.4.2" });
		const answers = bench.update({ state: { reported: { interval: 60 } }, clientToken: "t-1" });
		expect(answers["update/accepted"]).toEqual({
			state: { reported: { interval: 60 } },
			metadata: { reported: { interval: { timestamp: 102 } } },
			version: 2,
			timestamp: 102,
			clientToken: "t-1",
		});
	});

	test("get/accepted: the whole document with its delta", () => {
		const bench = new Bench();
		bench.report({ interval: 60, fw: "1.4.2" });
		bench.desire({ interval: 30 });
		const { answers } = bench.ask("get", { clientToken: "t-2" });
		expect(answers).toEqual([
			{
				topicName: "$aws/things/x/shadow/get/accepted",
				document: {
					state: {
						desired: { interval: 30 },
						reported: { interval: 60, fw: "1.4.2" },
						delta: { interval: 30 },
					},
					metadata: {
						desired: { interval: { timestamp: 102 } },
						reported: { interval: { timestamp: 101 }, fw: { timestamp: 101 } },
					},
					version: 2,
					timestamp: 103,
					clientToken: "t-2",
				},
			},
		]);
	});

	test("S04 update/delta: the difference without a desired level, the metadata of desired", () => {
		const bench = new Bench();
		bench.report({ a: 1 });
		const answers = bench.update({ state: { desired: { a: 2 } }, clientToken: "t-3" });
		expect(answers["update/delta"]).toEqual({
			version: 2,
			timestamp: 102,
			state: { a: 2 },
			metadata: { a: { timestamp: 102 } },
			clientToken: "t-3",
		});
	});

	test("S03 update/documents: previous is absent for a fresh shadow", () => {
		const bench = new Bench();
		expect(bench.report({ interval: 60 })["update/documents"]).toEqual({
			current: {
				state: { reported: { interval: 60 } },
				metadata: { reported: { interval: { timestamp: 101 } } },
				version: 1,
			},
			timestamp: 101,
		});
		const answers = bench.update({ state: { desired: { interval: 30 } }, clientToken: "t-3" });
		expect(answers["update/documents"]).toEqual({
			previous: {
				state: { reported: { interval: 60 } },
				metadata: { reported: { interval: { timestamp: 101 } } },
				version: 1,
			},
			current: {
				state: { desired: { interval: 30 }, reported: { interval: 60 } },
				metadata: {
					desired: { interval: { timestamp: 102 } },
					reported: { interval: { timestamp: 101 } },
				},
				version: 2,
			},
			timestamp: 102,
			clientToken: "t-3",
		});
	});

	test("S03 no delta without a desired section", () => {
		expect(Object.keys(new Bench().report({ a: 1 }))).toEqual([
			"update/documents",
			"update/accepted",
		]);
	});

	test("S26 delete/accepted: the version of the deleted document, then get is 404", () => {
		const bench = new Bench();
		bench.report({ a: 1 });
		bench.report({ a: 2 });
		const { answers } = bench.ask("delete", { clientToken: "t-4" });
		expect(answers).toEqual([
			{
				topicName: "$aws/things/x/shadow/delete/accepted",
				document: { version: 2, timestamp: 103, clientToken: "t-4" },
			},
		]);
		expect(byTopic(bench.ask("get"))["get/rejected"]).toMatchObject({ code: 404 });
	});

	test("S29 a named shadow answers under its name", () => {
		const bench = new Bench("cfg");
		const { answers } = bench.ask("update", { state: { desired: { a: 1 } } });
		expect(answers.map((answer) => answer.topicName)).toEqual([
			"$aws/things/x/shadow/name/cfg/update/delta",
			"$aws/things/x/shadow/name/cfg/update/documents",
			"$aws/things/x/shadow/name/cfg/update/accepted",
		]);
	});
});

describe("metadata", () => {
	test("S36 changed keys have the new second, others keep theirs; arrays have arrays", () => {
		const bench = new Bench();
		bench.report({ a: 1, list: [1, { b: 2 }], deep: { x: 1, y: 2 } });
		bench.report({ a: 2, deep: { y: 3 } });
		expect(bench.get().metadata).toEqual({
			reported: {
				a: { timestamp: 102 },
				list: [{ timestamp: 101 }, { b: { timestamp: 101 } }],
				deep: { x: { timestamp: 101 }, y: { timestamp: 102 } },
			},
		});
	});

	test("a key set to null has its own entry in update/accepted", () => {
		const bench = new Bench();
		bench.desire({ a: 1, b: 2 });
		expect(bench.desire({ a: null })["update/accepted"]).toMatchObject({
			state: { desired: { a: null } },
			metadata: { desired: { a: { timestamp: 102 } } },
		});
	});
});

describe("merge §3.3", () => {
	/** [name, first update of desired, second update of desired, desired section afterwards] */
	const rows: [string, JsonObject, JsonObject | null, JsonObject | undefined][] = [
		["null deletes the key", { a: 1, b: 2 }, { a: null }, { b: 2 }],
		["S10 the last key set to null removes the section", { a: 1 }, { a: null }, undefined],
		["a key that is not there set to null", { a: 1 }, { b: null }, { a: 1 }],
		["S11 desired null removes the section", { a: 1 }, null, undefined],
		["objects merge", { o: { a: 1, b: 2 } }, { o: { b: 3, c: 4 } }, { o: { a: 1, b: 3, c: 4 } }],
		["an empty patch of an object changes nothing", { o: { a: 1 } }, { o: {} }, { o: { a: 1 } }],
		["an empty patch of a section changes nothing", { a: 1 }, {}, { a: 1 }],
		["arrays are replaced whole", { l: [1, 2, 3] }, { l: [4] }, { l: [4] }],
		["an object replaced by an array", { o: { a: 1 } }, { o: [1] }, { o: [1] }],
		["an object replaced by a scalar", { o: { a: 1 } }, { o: 5 }, { o: 5 }],
		["S15 a scalar replaced by {}", { c: 3 }, { c: {} }, { c: {} }],
		["a scalar replaced by an object", { c: 3 }, { c: { d: 1 } }, { c: { d: 1 } }],
		[
			"a scalar replaced by an object with nulls",
			{ c: 3 },
			{ c: { d: 1, e: null } },
			{ c: { d: 1 } },
		],
		["S14 an explicit {} is stored", { a: 1 }, { d: {} }, { a: 1, d: {} }],
		["an object emptied by nulls stays {}", { o: { a: 1 } }, { o: { a: null } }, { o: {} }],
		["a new subtree of nulls only is dropped", { a: 1 }, { o: { b: { c: null } } }, { a: 1 }],
		["keys of Object.prototype are keys", { a: 1 }, { toString: 1 }, { a: 1, toString: 1 }],
	];

	test.each(rows)("%s", (_, first, second, after) => {
		const bench = new Bench();
		bench.desire(first);
		bench.desire(second);
		expect((bench.get().state as JsonObject).desired).toEqual(after);
	});

	test("a key called __proto__ is a key", () => {
		const bench = new Bench();
		bench.update(`{"state":{"desired":{"__proto__":{"a":1}}}}`);
		bench.update(`{"state":{"desired":{"__proto__":{"b":2}}}}`);
		expect(JSON.stringify((bench.get().state as JsonObject).delta)).toBe(
			`{"__proto__":{"a":1,"b":2}}`,
		);
	});

	test("S12 state null: both sections removed, the shadow still exists", () => {
		const bench = new Bench();
		bench.update({ state: { desired: { a: 1 }, reported: { a: 1 } } });
		expect(bench.update({ state: null })["update/accepted"]).toEqual({
			state: null,
			metadata: { timestamp: 102 },
			version: 2,
			timestamp: 102,
		});
		expect(bench.get()).toEqual({ state: {}, metadata: {}, version: 2, timestamp: 103 });
	});

	test("S13 state {}: accepted, version + 1, nothing changed", () => {
		const bench = new Bench();
		bench.report({ a: 1 });
		expect(bench.update({ state: {} })["update/accepted"]).toMatchObject({ state: {}, version: 2 });
		expect(bench.get().state).toEqual({ reported: { a: 1 } });
	});

	test("desired {} on a new shadow: accepted, and not shown", () => {
		const bench = new Bench();
		expect(bench.desire({})).toHaveProperty(["update/accepted"]);
		expect(bench.get().state).toEqual({});
	});

	test("S24 null in an array: 400", () => {
		for (const list of [[null], [1, [null]], [{ a: null }]]) {
			expect(new Bench().desire({ list })["update/rejected"]).toMatchObject({ code: 400 });
		}
	});

	test("S20 keys beside desired and reported: 400, but delta is dropped", () => {
		const bench = new Bench();
		expect(bench.update({ state: { foo: {} } })["update/rejected"]).toMatchObject({
			code: 400,
			message: "State contains an invalid node: 'foo'",
		});
		const answers = bench.update({ state: { reported: { a: 1 }, delta: { a: 2 } } });
		expect(answers["update/accepted"]!.state).toEqual({ reported: { a: 1 } });
	});

	test("other top-level keys are ignored", () => {
		const answers = new Bench().update({ state: { reported: { a: 1 } }, foo: 1 });
		expect(answers["update/accepted"]).not.toHaveProperty("foo");
	});
});

describe("delta §3.4", () => {
	/** [name, desired, reported, delta] */
	const rows: [string, JsonObject, JsonObject | undefined, JsonObject | undefined][] = [
		["nothing reported: all of desired", { a: 1 }, undefined, { a: 1 }],
		["S05 equal: none", { a: 2 }, { a: 2 }, undefined],
		[
			"S06 only what differs, in depth",
			{ a: { b: 1, c: 2 } },
			{ a: { b: 1, c: 3 } },
			{ a: { c: 2 } },
		],
		["S07 keys only reported never appear", { a: 1 }, { a: 1, z: 9 }, undefined],
		["S08 arrays whole", { l: [1, 2] }, { l: [1] }, { l: [1, 2] }],
		["equal arrays", { l: [1, { a: 1 }] }, { l: [1, { a: 1 }] }, undefined],
		["arrays in another order", { l: [1, 2] }, { l: [2, 1] }, { l: [1, 2] }],
		["an object where a scalar is reported", { a: { b: 1 } }, { a: 1 }, { a: { b: 1 } }],
		["a scalar where an object is reported", { a: 1 }, { a: { b: 1 } }, { a: 1 }],
		["an array where an object is reported", { a: [] }, { a: {} }, { a: [] }],
		["a number is not its text", { a: 1 }, { a: "1" }, { a: 1 }],
		["{} where nothing is reported", { a: {} }, { b: 1 }, { a: {} }],
		["{} where an object is reported", { a: {} }, { a: { b: 1 } }, undefined],
		["a key of Object.prototype", { toString: 1 }, { b: 1 }, { toString: 1 }],
	];

	test.each(rows)("%s", (_, desired, reported, delta) => {
		const bench = new Bench();
		const answers = bench.update({ state: { desired, ...(reported ? { reported } : {}) } });
		expect(answers["update/delta"]?.state).toEqual(delta);
		expect((bench.get().state as JsonObject).delta).toEqual(delta);
	});

	test("S09 1 and 1.0 are one number", () => {
		const bench = new Bench();
		const answers = bench.update(`{"state":{"desired":{"a":1},"reported":{"a":1.0}}}`);
		expect(answers).not.toHaveProperty(["update/delta"]);
	});

	test("S35 published again by an unrelated update, with all differing keys", () => {
		const bench = new Bench();
		bench.desire({ a: 1, b: 2 });
		expect(bench.report({ z: 1 })["update/delta"]).toMatchObject({ state: { a: 1, b: 2 } });
	});

	test("a key removed from desired leaves the delta", () => {
		const bench = new Bench();
		bench.desire({ a: 1 });
		expect(bench.desire({ a: null })).not.toHaveProperty(["update/delta"]);
	});
});

describe("version §3.5", () => {
	test("S17 1 at first, then one more for each accepted update", () => {
		const bench = new Bench();
		for (const version of [1, 2, 3]) {
			expect(bench.report({ a: 1 })["update/accepted"]).toMatchObject({ version });
		}
	});

	test("S16 the current version is accepted, any other is 409 and changes nothing", () => {
		const bench = new Bench();
		bench.report({ a: 1 });
		bench.report({ a: 2 });
		for (const version of [0, 1, 3]) {
			const answers = bench.update({ state: { reported: { a: 9 } }, version, clientToken: "t" });
			expect(answers).toEqual({
				"update/rejected": {
					code: 409,
					message: "Version conflict",
					timestamp: bench.seconds,
					clientToken: "t",
				},
			});
		}
		expect(bench.get()).toMatchObject({ state: { reported: { a: 2 } }, version: 2 });
		expect(bench.update({ state: {}, version: 2 })["update/accepted"]).toMatchObject({
			version: 3,
		});
	});

	test.each([-1, 1.5, "1", null, true, {}])("version %j: 400", (version) => {
		expect(new Bench().update({ state: {}, version })["update/rejected"]).toMatchObject({
			code: 400,
			message: "Invalid version",
		});
	});

	test.each([
		[0, true],
		[1, true],
		[2, false],
	])("version %d on a new shadow: accepted %j", (version, accepted) => {
		const answers = new Bench().update({ state: {}, version });
		expect("update/accepted" in answers).toBe(accepted);
	});

	test("S28 delete does not reset it", () => {
		const bench = new Bench();
		bench.report({ a: 1 });
		bench.ask("delete");
		const answers = bench.report({ b: 1 });
		expect(answers["update/accepted"]!.version).toBeGreaterThan(1);
		expect(answers["update/documents"]).not.toHaveProperty("previous");
		expect(bench.get().state).toEqual({ reported: { b: 1 } });
	});
});

describe("limits and errors §3.6", () => {
	/** [name, payload, code, message] */
	const updates: [string, string | undefined, number, string][] = [
		["S18 no JSON", "{", 400, "Invalid JSON"],
		["an empty payload", "", 400, "Invalid JSON"],
		["JSON that is no object", "[1]", 400, "Invalid JSON"],
		["a number beyond all numbers", `{"state":{"desired":{"a":1e999}}}`, 400, "Invalid JSON"],
		["S18 no state", "{}", 400, "Missing required node: state"],
		["S19 state is a number", `{"state":5}`, 400, "State node must be an object"],
		["state is an array", `{"state":[]}`, 400, "State node must be an object"],
		["S19 desired", `{"state":{"desired":5}}`, 400, "Desired node must be an object"],
		["S19 reported", `{"state":{"reported":[]}}`, 400, "Reported node must be an object"],
		["not UTF-8", undefined, 415, "Unsupported documented encoding; supported encoding is UTF-8"],
	];

	test.each(updates)("%s", (_, text, code, message) => {
		const bench = new Bench();
		const { answers, record } = answerShadow(
			{ thing: "x", shadowName: undefined, operation: "update" },
			text,
			bench.record,
			7,
		);
		expect(record).toBeUndefined();
		expect(answers).toEqual([
			{
				topicName: "$aws/things/x/shadow/update/rejected",
				document: { code, message, timestamp: 7 },
			},
		]);
	});

	test.each(["get", "delete"] as const)("S01 S27 %s of no shadow: 404", (operation) => {
		const outcome = new Bench().ask(operation, { clientToken: "t" });
		expect(byTopic(outcome)[`${operation}/rejected`]).toEqual({
			code: 404,
			message: "No shadow exists with name: 'x'",
			clientToken: "t",
		});
		const named = byTopic(new Bench("cfg").ask(operation));
		expect(named[`name/cfg/${operation}/rejected`]).toEqual({
			code: 404,
			message: "No shadow exists with name: 'x~cfg'",
		});
	});

	test("S21 clientToken: 64 bytes are accepted, 65 are not, nor is what is no text", () => {
		const token = "é".repeat(32);
		expect(new Bench().update({ state: {}, clientToken: token })).toHaveProperty([
			"update/accepted",
		]);
		for (const clientToken of [`${token}x`, 5, null]) {
			expect(new Bench().update({ state: {}, clientToken })["update/rejected"]).toEqual({
				code: 400,
				message: "Invalid clientToken",
				timestamp: 101,
			});
		}
	});

	test("S22 depth: 8 levels are accepted, 9 are not", () => {
		const nest = (levels: number): unknown => (levels === 0 ? 1 : { k: nest(levels - 1) });
		expect(new Bench().desire(nest(8))).toHaveProperty(["update/accepted"]);
		expect(new Bench().desire(nest(9))["update/rejected"]).toMatchObject({
			code: 400,
			message: expect.stringMatching(/^JSON contains too many levels of nesting/),
		});
	});

	test("a bomb of 60,000 levels is refused", () => {
		const bomb = "[".repeat(60_000) + "]".repeat(60_000);
		const answers = new Bench().update(`{"state":{"desired":{"a":${bomb}}}}`);
		expect(answers["update/rejected"]).toMatchObject({ code: 400 });
	});

	test("S23 8192 bytes of merged state are accepted, one more is 413 and changes nothing", () => {
		const bench = new Bench();
		bench.report({ a: "x" });
		const rest = 8192 - JSON.stringify({ desired: { b: "" }, reported: { a: "x" } }).length;
		const filler = "é".repeat(rest / 2) + "x".repeat(rest % 2);
		expect(bench.desire({ b: `${filler}x` })).toEqual({
			"update/rejected": {
				code: 413,
				message: "The payload exceeds the maximum size allowed",
				timestamp: 102,
			},
		});
		expect(bench.get()).toMatchObject({ version: 1 });
		expect(bench.desire({ b: filler })).toHaveProperty(["update/accepted"]);
	});

	test("S25 429 and 500 echo the token", () => {
		const request = parseShadowTopic("$aws/things/x/shadow/update")!;
		const text = `{"clientToken":"t"}`;
		expect(answerTooMany(request, text, 5).answers[0]!.document).toEqual({
			code: 429,
			message: "Too Many Requests",
			timestamp: 5,
			clientToken: "t",
		});
		expect(answerFailure(request, text, 5).answers[0]!.document).toEqual({
			code: 500,
			message: "Internal service failure",
			timestamp: 5,
			clientToken: "t",
		});
	});
});

test("any request, however odd, has exactly one accepted or rejected, and metadata mirrors state", () => {
	const scalar = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.constant(null));
	const key = fc.constantFrom("a", "b", "c", "__proto__");
	const { node } = fc.letrec((tie) => ({
		node: fc.oneof({ maxDepth: 4 }, scalar, fc.array(scalar, { maxLength: 2 }), tie("object")),
		object: fc
			.array(fc.tuple(key, tie("node")), { maxLength: 3 })
			.map((entries) => Object.fromEntries(entries)),
	}));
	const request = fc.record({ state: fc.record({ desired: node, reported: node }) });
	const mirrors = (state: unknown, metadata: unknown): boolean => {
		if (Array.isArray(state)) return state.every((value, i) => mirrors(value, (metadata as [])[i]));
		if (typeof state !== "object" || state === null) {
			return typeof (metadata as { timestamp: number }).timestamp === "number";
		}
		const keys = Object.keys(state);
		return (
			keys.join() === Object.keys(metadata as object).join() &&
			keys.every((name) => mirrors((state as JsonObject)[name], (metadata as JsonObject)[name]))
		);
	};
	fc.assert(
		fc.property(fc.array(request, { maxLength: 5 }), (requests) => {
			const bench = new Bench();
			for (const document of requests) {
				const { answers } = bench.ask("update", document);
				expect(answers.filter((a) => /\/(accepted|rejected)$/.test(a.topicName))).toHaveLength(1);
				const { desired, reported } = bench.record ?? {};
				for (const section of [desired, reported]) {
					if (section) expect(mirrors(section.value, section.metadata)).toBe(true);
					expect(JSON.stringify(section?.value) ?? "").not.toContain("null");
				}
			}
		}),
	);
});
