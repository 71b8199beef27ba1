import { describe, expect, test } from "@jest/globals";
import { asDocument, parseDocument } from "../../../firmware/base/json.ts";
import { Limits } from "../../../firmware/limits.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const deepest = Limits.documentLevels + 3;

describe("parseDocument", () => {
	test("gives the members of an object", () => {
		expect(parseDocument(bytes('{"a":[1,{"b":"ö"}]}'))).toEqual({ a: [1, { b: "ö" }] });
	});

	test.each(["", "{", "null", "1", '"x"', "[1]", '{"a":}', '{"a":1}}'])("refuses %s", (text) => {
		expect(parseDocument(bytes(text))).toBeUndefined();
	});

	test("refuses what is not UTF-8", () => {
		expect(parseDocument(Uint8Array.of(0x7b, 0x22, 0xc0, 0x22, 0x3a, 0x31, 0x7d))).toBeUndefined();
	});

	test("takes the size of its limit and refuses one byte more", () => {
		const text = `{"a":"${"x".repeat(Limits.documentBytes - 8)}"}`;
		expect(text).toHaveLength(Limits.documentBytes);
		expect(parseDocument(bytes(text))).toBeDefined();
		expect(parseDocument(bytes(`${text} `))).toBeUndefined();
	});

	test("takes the depth of its limit and refuses one level more", () => {
		expect(parseDocument(bytes(nested(deepest)))).toBeDefined();
		expect(parseDocument(bytes(nested(deepest + 1)))).toBeUndefined();
	});

	test("counts no bracket inside a string, escaped quotes included", () => {
		const text = JSON.stringify({ a: `${'{["\\'.repeat(20)}` });
		expect(parseDocument(bytes(text))).toEqual(JSON.parse(text));
	});
});

test.each([null, 1, "x", [1], undefined])("asDocument refuses %j", (value) => {
	expect(asDocument(value)).toBeUndefined();
});
