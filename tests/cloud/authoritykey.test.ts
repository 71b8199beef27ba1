import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CloudBench, ended } from "../support/cloud.ts";
import { CommandBench } from "../support/command.ts";

let bench: CloudBench;
beforeEach(() => {
	bench = new CloudBench();
});
afterEach(() => bench.end());

const passphrase = "correct horse battery staple";

/** Every file of the data directory with its contents. */
function contents(): Record<string, string> {
	const names = readdirSync(bench.dataDir, { recursive: true, encoding: "utf8" });
	const files = names.filter((name) => statSync(join(bench.dataDir, name)).isFile());
	return Object.fromEntries(
		files.map((name) => [name, readFileSync(join(bench.dataDir, name), "latin1")]),
	);
}

describe("the private key of the authority", () => {
	test("is open by default, and its owner's alone", async () => {
		await bench.start();
		expect(bench.read("ca.key")).toContain("-----BEGIN PRIVATE KEY-----");
		expect(statSync(join(bench.dataDir, "ca.key")).mode & 0o777).toBe(0o600);
	});

	test("is encrypted from the beginning when there is a passphrase: PKCS #8, PBES2", async () => {
		const cloud = await bench.start({ caPassphrase: passphrase });
		const text = bench.read("ca.key");
		expect(text).toContain("-----BEGIN ENCRYPTED PRIVATE KEY-----");
		// The object identifier of PBES2, 1.2.840.113549.1.5.13 (RFC 8018 appendix A.4).
		const der = Buffer.from(text.replace(/-----[^-]+-----|\s/g, ""), "base64");
		expect(der.includes(Buffer.from("06092a864886f70d01050d", "hex"))).toBe(true);
		const key = createPrivateKey({ key: text, passphrase });
		expect(new X509Certificate(bench.read("ca.crt")).checkPrivateKey(key)).toBe(true);
		expect(statSync(join(bench.dataDir, "ca.key")).mode & 0o777).toBe(0o600);
		await cloud.close();
		await bench.start({ caPassphrase: passphrase });
	});

	test("one that stood open is encrypted in its place, and stations still trust what it signed", async () => {
		const first = await bench.start();
		const before = bench.read("ca.crt");
		const plain = bench.read("ca.key");
		await first.close();
		const second = await bench.start({ caPassphrase: passphrase });
		expect([bench.read("ca.crt"), bench.read("ca.key") === plain]).toEqual([before, false]);
		expect(JSON.stringify(contents())).not.toContain(plain.split("\n")[1]);
		await second.close();
	});

	test.each([
		[
			"a wrong passphrase",
			"wrong",
			"WrongKey",
			/ca\.key can't be opened with this passphrase; nothing was changed$/,
		],
		[
			"none",
			undefined,
			"KeyEncrypted",
			/ca\.key is encrypted; expected its passphrase in ISOBAR_CA_PASSPHRASE, or a file with it in ISOBAR_CA_KEY_FILE$/,
		],
	])("%s is one clear line and changes nothing", async (_, given, code, message) => {
		const first = await bench.start({ caPassphrase: passphrase });
		await first.close();
		const before = contents();
		const refused = bench.start(given === undefined ? {} : { caPassphrase: given });
		await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
		expect(contents()).toEqual(before);
		await bench.start({ caPassphrase: passphrase });
	});
});

describe("the commands", () => {
	let commands: CommandBench;
	beforeEach(() => {
		commands = new CommandBench();
	});
	afterEach(() => commands.end());

	test("take the passphrase from the environment or a file, and make certificates with it", async () => {
		commands.environment.ISOBAR_CA_PASSPHRASE = passphrase;
		expect(await commands.run("provision --count 1 --prefix st- --data DIR")).toBe(0);
		delete commands.environment.ISOBAR_CA_PASSPHRASE;
		expect(await commands.run("thing list --data DIR")).toBe(1);
		expect(commands.err).toMatch(/^isobar: [^\n]*ca\.key is encrypted[^\n]*\n$/);
		const file = join(commands.dataDir, "passphrase");
		writeFileSync(file, `${passphrase}\n`, { mode: 0o600 });
		commands.environment.ISOBAR_CA_KEY_FILE = file;
		expect(await commands.run("thing list --data DIR")).toBe(0);
		const stem = join(commands.dataDir, "own");
		expect(
			await commands.run(
				`cert create --out ${stem} --thing st-0001 --policy isobar-station --data DIR`,
			),
		).toBe(0);
		const made = new X509Certificate(readFileSync(`${stem}.crt`));
		expect(
			made.verify(new X509Certificate(readFileSync(join(commands.dataDir, "ca.crt"))).publicKey),
		).toBe(true);
		commands.environment.ISOBAR_CA_KEY_FILE = join(commands.dataDir, "missing");
		commands.err = "";
		expect(await commands.run("thing list --data DIR")).toBe(2);
		expect(commands.err).toMatch(
			/^isobar: ISOBAR_CA_KEY_FILE: [^\n]*expected a file with a passphrase\n$/,
		);
	});

	test("a device whose certificate was made with it connects", async () => {
		const cloud = await bench.start({ caPassphrase: passphrase, http: { port: 0 } });
		const stem = join(bench.dataDir, "things", "own");
		for (const line of [
			"thing create own",
			`cert create --out ${stem} --thing own --policy isobar-station`,
		]) {
			expect(await commands.run(`${line} --data ${bench.dataDir}`)).toBe(0);
		}
		const client = await bench.connected(cloud.port, "own");
		const lost = ended(client);
		client.end();
		expect(await lost).toEqual({ wasConnected: true });
	});
});
