import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { DiskLog, readLines } from "../../../cloud/log.ts";
import { Vault } from "../../../cloud/vault/vault.ts";
import { dataKey, flips } from "../../support/vault.ts";

let directory: string;
let path: string;
let vault: Vault;
beforeEach(async () => {
	directory = join(mkdtempSync(join(tmpdir(), "isobar-")), "data");
	vault = await Vault.open(directory, { dataKey, encrypt: true });
	path = join(directory, "a.jsonl");
});
afterEach(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

/** Opens the log, adds groups of lines, and closes it. @returns what was there, and what was cut off */
async function add(...groups: string[]): Promise<{ lines: string[]; torn: number }> {
	const lines: string[] = [];
	const { log, torn } = await DiskLog.open(path, (line) => lines.push(line), vault.lines(path));
	for (const group of groups) await log.append(Buffer.from(group));
	log.close();
	return { lines, torn };
}

async function read(file = path): Promise<string[]> {
	const lines: string[] = [];
	await readLines(file, (line) => lines.push(line), vault.lines(file));
	return lines;
}

/** The sealed lines of the file, its header first. */
function sealed(): string[] {
	return readFileSync(path, "utf8").split("\n").slice(0, -1);
}

const groups = ['{"a":1}\n', '{"b":"Ωmega"}\n{"c":3}\n', '{"d":4}\n'];
const all = ['{"a":1}', '{"b":"Ωmega"}', '{"c":3}', '{"d":4}'];
const damaged = (line: number) => ({
	code: "Damaged",
	message: `${path}, line ${line}, can't be opened: its bytes are not those that were written with this key`,
});

describe("sealed lines", () => {
	test("give what was handed in, over restarts, and show nothing of it", async () => {
		await add(groups[0]!);
		await add(groups[1]!, groups[2]!);
		expect(await read()).toEqual(all);
		const stored = readFileSync(path, "utf8");
		expect(sealed()).toHaveLength(4);
		for (const line of all) expect(stored).not.toContain(line);
	});

	test("a file that nothing was written to is empty", async () => {
		expect(await add()).toEqual({ lines: [], torn: 0 });
		expect(readFileSync(path)).toHaveLength(0);
		expect(await read()).toEqual([]);
	});

	test("a last line torn at any byte is cut off, and the next one takes its place", async () => {
		await add(...groups);
		const whole = readFileSync(path);
		const last = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
		for (let length = last; length < whole.length; length++) {
			writeFileSync(path, whole.subarray(0, length));
			expect([length, await add('{"e":5}\n')]).toEqual([
				length,
				{ lines: all.slice(0, 3), torn: length - last },
			]);
			expect([length, await read()]).toEqual([length, [...all.slice(0, 3), '{"e":5}']]);
		}
	});

	test("a first line torn at any byte leaves a log that goes on", async () => {
		await add(groups[0]!);
		const whole = readFileSync(path);
		for (let length = 0; length < whole.length; length++) {
			writeFileSync(path, whole.subarray(0, length));
			expect([length, (await add('{"e":5}\n')).lines]).toEqual([length, []]);
			expect([length, await read()]).toEqual([length, ['{"e":5}']]);
		}
	});

	test("any byte that is changed is an error that names file and line; nothing is cut off", async () => {
		await add(...groups);
		const whole = readFileSync(path);
		for (const { at, changed } of flips(whole)) {
			writeFileSync(path, changed);
			const error = await add().catch((thrown: Error) => thrown);
			expect([at, String(error)]).toEqual([
				at,
				expect.stringMatching(/a\.jsonl, line \d, can't be opened: /),
			]);
			expect(readFileSync(path).equals(changed)).toBe(true);
		}
	});

	test("lines that changed places, are missing in between, or stand twice are errors", async () => {
		await add(...groups);
		const [head, one, two, three] = sealed() as [string, string, string, string];
		for (const [lines, line] of [
			[[head, two, one, three], 2],
			[[head, one, three], 3],
			[[head, two, three], 2],
			[[head, one, one, two, three], 3],
			[[one, two, three], 1],
			[[head, head, one, two, three], 2],
			[[head, one, "", two, three], 3],
		] as const) {
			writeFileSync(path, lines.map((text) => `${text}\n`).join(""));
			await expect(read()).rejects.toMatchObject(damaged(line));
		}
	});

	test("lines of another file, and a file under another name, are errors", async () => {
		await add(...groups);
		const [head, one] = sealed();
		rmSync(path);
		await add(...groups);
		writeFileSync(path, `${[sealed()[0], one].join("\n")}\n`);
		await expect(read()).rejects.toMatchObject(damaged(2));
		const other = join(directory, "b.jsonl");
		writeFileSync(other, `${[head, one].join("\n")}\n`);
		await expect(read(other)).rejects.toMatchObject({ code: "Damaged" });
	});

	test("lines that stand open are errors, and sealed ones are without the key", async () => {
		writeFileSync(path, groups.join(""));
		await expect(read()).rejects.toMatchObject(damaged(1));
		rmSync(path);
		await add(...groups);
		await expect(readLines(path, () => {})).rejects.toMatchObject({
			code: "KeyNeeded",
			message: expect.stringMatching(/a\.jsonl is encrypted, and vault\.json, .* put it back/),
		});
	});

	test("a group that could not be written does not count", async () => {
		const { log } = await DiskLog.open(path, () => {}, vault.lines(path));
		const codec = vault.lines(path);
		// Sealed and not written: the same number is given again.
		codec.seal(Buffer.from("x\n"));
		await log.append(Buffer.from(groups[0]!));
		log.rotate(join(directory, "b.jsonl"));
		await log.append(Buffer.from(groups[1]!));
		log.close();
		expect(await read()).toEqual(all.slice(1, 3));
	});
});
