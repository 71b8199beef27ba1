import { describe, expect, test } from "@jest/globals";
import { Status } from "../../../firmware/base/status.ts";
import {
	checkTopicFilter,
	checkTopicName,
	countLevels,
	matchTopic,
} from "../../../firmware/mqtt/topic.ts";

const { Ok, BadValue, TooLong } = Status;

/** The text as bytes between bytes that would change the outcome if they were looked at. */
function framed(text: string): [Uint8Array, number, number] {
	const bytes = new TextEncoder().encode(`#${text}#`);
	return [bytes, 1, bytes.length - 1];
}

const matches = (filter: string, name: string): boolean =>
	matchTopic(...framed(filter), ...framed(name));

describe("topic names", () => {
	test.each([
		["a", Ok],
		["/", Ok],
		["/finance", Ok],
		["Accounts payable", Ok],
		["$SYS/broker", Ok],
		["wetter/größe/€/😀", Ok],
		["x".repeat(65_535), Ok],
		["", BadValue],
		["a/+", BadValue],
		["a#b", BadValue],
		["a\u0000", BadValue],
		["é\u0000", BadValue],
		["é+", BadValue],
		["x".repeat(65_536), TooLong],
	])("%j", (name, status) => {
		expect(checkTopicName(...framed(name))).toBe(status);
	});

	test("that are not UTF-8 [MQTT-1.5.3-1]", () => {
		for (const bytes of [[0xff], [0x61, 0xc3], [0xed, 0xa0, 0x80]]) {
			expect(checkTopicName(Uint8Array.from(bytes), 0, bytes.length)).toBe(BadValue);
			expect(checkTopicFilter(Uint8Array.from(bytes), 0, bytes.length)).toBe(BadValue);
		}
	});
});

describe("topic filters [MQTT-4.7.1-2] [MQTT-4.7.1-3]", () => {
	test.each([
		["#", Ok],
		["+", Ok],
		["/", Ok],
		["sport/tennis/#", Ok],
		["sport/+/player1", Ok],
		["+/tennis/#", Ok],
		["/+", Ok],
		["+/", Ok],
		["+/+", Ok],
		["größe/+/#", Ok],
		["$share/group/#", Ok],
		["", BadValue],
		["sport/tennis#", BadValue],
		["sport/tennis/#/ranking", BadValue],
		["sport+", BadValue],
		["+sport", BadValue],
		["#/", BadValue],
		["##", BadValue],
		["a\u0000/+", BadValue],
		["x".repeat(65_536), TooLong],
	])("%j", (filter, status) => {
		expect(checkTopicFilter(...framed(filter))).toBe(status);
	});
});

describe("matching, MQTT 3.1.1 §4.7", () => {
	test.each([
		["sport/tennis/player1/#", "sport/tennis/player1", true],
		["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
		["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
		["sport/tennis/player1/#", "sport/tennis/player2", false],
		["sport/#", "sport", true],
		["sport/#", "sports", false],
		["#", "a/b/c", true],
		["#", "/", true],
		["sport/tennis/+", "sport/tennis/player1", true],
		["sport/tennis/+", "sport/tennis/player1/ranking", false],
		["sport/+", "sport", false],
		["sport/+", "sport/", true],
		["+/+", "/finance", true],
		["/+", "/finance", true],
		["+", "/finance", false],
		["+/+/#", "a/b", true],
		["+/#", "a", true],
		["a/+/c", "a//c", true],
		["a/b", "a/b/", false],
		["a/b/", "a/b", false],
		["a/b", "A/b", false],
		["a", "ab", false],
		["ab", "a", false],
		["größe/+", "größe/😀", true],
	])("%j and %j: %j", (filter, name, expected) => {
		expect(matches(filter, name)).toBe(expected);
	});

	test.each([
		["#", "$SYS/x", false],
		["+/x", "$SYS/x", false],
		["+", "$SYS", false],
		["$SYS/#", "$SYS/x", true],
		["$SYS/+", "$SYS/x", true],
		["$SYS/#", "$SYS", true],
		["a/#", "a/$b", true],
		["a/+", "a/$b", true],
	])("$-topics [MQTT-4.7.2-1]: %j and %j: %j", (filter, name, expected) => {
		expect(matches(filter, name)).toBe(expected);
	});

	test("every filter and name of up to four characters, against a reading of §4.7 level by level", () => {
		const filters = texts(["a", "/", "+", "#", "$"], 4).filter(
			(text) => checkTopicFilter(...framed(text)) === Ok,
		);
		const names = texts(["a", "/", "$"], 4);
		let count = 0;
		for (const filter of filters) {
			for (const name of names) {
				if (matches(filter, name) !== matchLevels(filter, name)) {
					throw new Error(`${filter} and ${name}`);
				}
				count += 1;
			}
		}
		expect(count).toBeGreaterThan(10_000);
	});
});

describe("levels as AWS IoT Core counts them", () => {
	test.each([
		["a", 1],
		["a/b/c/d/e/f/g/h", 8],
		["/", 2],
		["$aws/rules/archive/a/b", 2],
		["$aws/rules/archive", 3],
		["$aws/things/t/shadow/update", 5],
		["$share/group/a/b", 2],
		["$share/group", 2],
	])("%j: %d", (topic, levels) => {
		expect(countLevels(...framed(topic))).toBe(levels);
	});
});

function texts(characters: readonly string[], length: number): string[] {
	let last = [""];
	const all: string[] = [];
	for (let index = 0; index < length; index++) {
		last = last.flatMap((text) => characters.map((character) => text + character));
		all.push(...last);
	}
	return all;
}

function matchLevels(filter: string, name: string): boolean {
	if (name.startsWith("$") && /^[+#]/.test(filter)) return false;
	const wanted = filter.split("/");
	const levels = name.split("/");
	for (const [index, level] of wanted.entries()) {
		if (level === "#") return levels.length >= index;
		if (index >= levels.length) return false;
		if (level !== "+" && level !== levels[index]) return false;
	}
	return levels.length === wanted.length;
}
