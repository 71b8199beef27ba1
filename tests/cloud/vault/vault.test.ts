import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { memory, open, seal } from "../../../cloud/vault/envelope.ts";
import { Vault } from "../../../cloud/vault/vault.ts";
import { dataKey, filesOf, flips } from "../../support/vault.ts";

let parent: string;
let directory: string;
beforeEach(() => {
	parent = mkdtempSync(join(tmpdir(), "isobar-"));
	directory = join(parent, "data");
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe("the key of a data directory", () => {
	test.each([
		["32 bytes in hex", dataKey, "hkdf-sha256"],
		["32 bytes in Base64", Buffer.from(dataKey, "hex").toString("base64"), "hkdf-sha256"],
		["a passphrase", "correct horse battery staple", "scrypt"],
	])("%s opens what it made, and another one does not", async (_, key, derivation) => {
		const made = await Vault.open(directory, { dataKey: key, encrypt: true });
		await made.replace(join(directory, "a"), "text", 0o600);
		expect(statSync(join(directory, "vault.json")).mode & 0o777).toBe(0o600);
		expect(JSON.parse(readFileSync(join(directory, "vault.json"), "utf8"))).toMatchObject({
			version: 1,
			derivation,
		});
		const again = await Vault.open(directory, { dataKey: key });
		expect(await again.read(join(directory, "a"))).toBe("text");
		const before = filesOf(directory);
		for (const other of ["wrong", "0".repeat(64), `${key}x`]) {
			await expect(Vault.open(directory, { dataKey: other, encrypt: true })).rejects.toMatchObject({
				name: "CloudFault",
				code: "WrongKey",
				message: `${directory} can't be opened with this key; nothing was changed`,
			});
		}
		expect(filesOf(directory)).toEqual(before);
	});

	test("is asked for, and where it is expected, when it is missing", async () => {
		await Vault.open(directory, { dataKey, encrypt: true });
		await expect(Vault.open(directory)).rejects.toMatchObject({
			code: "KeyNeeded",
			message: `${directory} is encrypted; expected its key in ISOBAR_DATA_KEY, or a file with it in ISOBAR_DATA_KEY_FILE or --key-file`,
		});
		await expect(Vault.open(join(parent, "new"), { encrypt: true })).rejects.toMatchObject({
			code: "KeyNeeded",
			message: expect.stringMatching(/^--encrypt: expected its key in ISOBAR_DATA_KEY, /),
		});
	});

	test("is refused where nothing is encrypted: nobody believes that it is", async () => {
		await expect(Vault.open(directory, { dataKey })).rejects.toMatchObject({
			code: "NotEncrypted",
			message: `${directory} is not encrypted and a key is given; expected --encrypt for a new directory, or no key`,
		});
		mkdirSync(join(directory, "archive"), { recursive: true });
		await expect(Vault.open(directory, { dataKey, encrypt: true })).rejects.toMatchObject({
			code: "PlainData",
			message: `--encrypt: ${join(directory, "archive")} is there and not encrypted; expected a new directory, or an encrypted copy of this one (isobar encrypt)`,
		});
		expect(filesOf(directory)).toEqual(new Map());
		expect((await Vault.open(directory)).isSealed).toBe(false);
	});

	test("a record of the key that was changed opens nothing", async () => {
		const vault = await Vault.open(directory, { dataKey, encrypt: true });
		await vault.replace(join(directory, "a"), "text", 0o600);
		const path = join(directory, "vault.json");
		const record = JSON.parse(readFileSync(path, "utf8"));
		for (const change of [
			{ salt: Buffer.alloc(32).toString("base64") },
			{ nonce: Buffer.alloc(12).toString("base64") },
			{ wrapped: Buffer.alloc(48).toString("base64") },
			{ derivation: "scrypt" },
		]) {
			writeFileSync(path, JSON.stringify({ ...record, ...change }));
			await expect(Vault.open(directory, { dataKey })).rejects.toMatchObject({ code: "WrongKey" });
		}
		for (const text of ["", "{}", "[", JSON.stringify({ ...record, version: 2 })]) {
			writeFileSync(path, text);
			await expect(Vault.open(directory, { dataKey })).rejects.toMatchObject({
				code: "Unreadable",
				message: expect.stringMatching(/vault\.json is no record of a key; expected /),
			});
		}
	});
});

describe("a sealed file", () => {
	let vault: Vault;
	beforeEach(async () => {
		vault = await Vault.open(directory, { dataKey, encrypt: true });
	});

	test("has another form each time, and its text is not in it", async () => {
		const path = join(directory, "a");
		await vault.replace(path, "observation", 0o600);
		const first = readFileSync(path);
		await vault.replace(path, "observation", 0o600);
		expect(readFileSync(path).equals(first)).toBe(false);
		expect(first.includes("observation")).toBe(false);
		expect(vault.readSync(path)).toBe("observation");
		expect(await vault.read(join(directory, "none"))).toBeUndefined();
	});

	test("any byte that is changed, left out or added is found", async () => {
		const path = join(directory, "a");
		await vault.replace(path, '{"state":"of a station"}', 0o600);
		const whole = readFileSync(path);
		const refused = (bytes: Buffer): void => {
			writeFileSync(path, bytes);
			expect(() => vault.readSync(path)).toThrow(`${path} can't be opened: its bytes are not`);
		};
		for (const { changed } of flips(whole)) refused(changed);
		for (let length = 0; length < whole.length; length++) refused(whole.subarray(0, length));
		refused(Buffer.concat([whole, Buffer.alloc(1)]));
	});

	test("does not open under another name", async () => {
		await vault.replace(join(directory, "a"), "of a", 0o600);
		writeFileSync(join(directory, "b"), readFileSync(join(directory, "a")));
		expect(() => vault.readSync(join(directory, "b"))).toThrow("can't be opened");
	});

	test.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])(
		"of %d bytes is whole again, and its chunks stay where they are",
		(size) => {
			const key = Buffer.from(dataKey, "hex");
			const text = Buffer.alloc(size, "0123456789abcdef_");
			const chunks = [...seal(key, "name", memory(text))];
			const opened = (stored: readonly Buffer[]): Buffer =>
				Buffer.concat([...open(key, "name", memory(Buffer.concat(stored)), "it")]);
			expect(opened(chunks).equals(text)).toBe(true);
			const [head, ...rest] = chunks as [Buffer, ...Buffer[]];
			for (let at = 0; at < rest.length - 1; at++) {
				const [before, after] = [rest.slice(0, at), rest.slice(at + 2)];
				for (const wrong of [
					[...before, rest[at + 1]!, rest[at]!, ...after],
					[...before, rest[at + 1]!, ...after],
					[...before, rest[at]!],
				]) {
					expect(() => opened([head, ...wrong])).toThrow("it can't be opened");
				}
			}
			expect(() => opened([head])).toThrow("it can't be opened");
			expect(() => opened([...chunks, rest.at(-1)!])).toThrow("it can't be opened");
		},
	);
});
