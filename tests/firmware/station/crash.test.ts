import { describe, expect, test } from "@jest/globals";
import type { RetainedMemory } from "../../../firmware/ports/storage.ts";
import { CrashRecord, crashBytes, guardWith } from "../../../firmware/station/crash.ts";

/** Memory that outlives the records that are made on it. */
function memory(bytes = new Uint8Array(crashBytes)): RetainedMemory {
	return {
		length: bytes.length,
		read: (into, offset) => into.set(bytes.subarray(offset, offset + into.length)),
		write: (from, offset) => bytes.set(from, offset),
	};
}

describe("CrashRecord", () => {
	test("what one run has said is there in the next, and only there", () => {
		const retained = memory();
		const first = new CrashRecord(retained);
		expect(first.lastLines).toEqual([]);
		first.note("link: up");
		first.note("crash: Error: out of 5 °C");
		expect(new CrashRecord(retained).lastLines).toEqual(["link: up", "crash: Error: out of 5 °C"]);
		expect(new CrashRecord(retained).lastLines).toEqual([]);
	});

	test("the newest lines stay: six of them, or as many as fit", () => {
		const retained = memory();
		const short = new CrashRecord(retained);
		for (let line = 1; line <= 9; line++) short.note(`line ${line}`);
		const long = new CrashRecord(retained);
		expect(long.lastLines).toEqual([4, 5, 6, 7, 8, 9].map((line) => `line ${line}`));
		for (const letter of "abcdef") long.note(letter.repeat(200));
		expect(new CrashRecord(retained).lastLines).toEqual(
			["c", "d", "e", "f"].map((letter) => letter.repeat(120)),
		);
	});

	test("half a surrogate pair costs lines and nothing else", () => {
		const retained = memory();
		const record = new CrashRecord(retained);
		record.note("before");
		record.note("\ud800");
		record.note("after");
		expect(new CrashRecord(retained).lastLines).toEqual(["after"]);
	});

	test("memory after a power cut holds anything: every length, no checksum", () => {
		for (let length = 0; length < 0x10000; length += 251) {
			const bytes = new Uint8Array(crashBytes).fill(0xa5);
			bytes[0] = length >> 8;
			bytes[1] = length;
			expect(new CrashRecord(memory(bytes)).lastLines).toEqual([]);
		}
	});
});

describe("guardWith", () => {
	class Ended extends Error {}
	const crash = (): never => {
		throw new Ended();
	};

	test("hands the arguments on", () => {
		const seen: unknown[] = [];
		guardWith(
			(line) => seen.push(line),
			crash,
		)((count: number, text: string) => seen.push(count, text))(2, "two");
		expect(seen).toEqual([2, "two"]);
	});

	test("ends the run with a line about what was thrown", () => {
		const lines: string[] = [];
		const guard = guardWith((line) => lines.push(line), crash);
		const work = guard(() => {
			throw new RangeError("no such pin");
		});
		expect(work).toThrow(Ended);
		expect(lines).toEqual(["crash: RangeError: no such pin"]);
	});
});
