import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { provision } from "../../../cloud/provision.ts";
import { makeClaim } from "../../../cloud/provisioning/claims.ts";
import { createThingGroup } from "../../../cloud/registry/thinggroups.ts";
import { Vault } from "../../../cloud/vault/vault.ts";
import { CloudBench, makeReport } from "../../support/cloud.ts";
import { CommandBench } from "../../support/command.ts";
import { dataKey, filesOf } from "../../support/vault.ts";

let bench: CloudBench;
let vault: Vault;
beforeEach(async () => {
	bench = new CloudBench();
	vault = await Vault.open(bench.dataDir, { dataKey, encrypt: true });
	await provision(bench.dataDir, ["a", "b"], undefined, { vault });
	mkdirSync(join(bench.dataDir, "rules"), { recursive: true });
});
afterEach(() => bench.end());

/** What stands in the clear, and why. */
const open = [
	// Certificates are shown to whoever connects.
	/^(ca|server)\.crt$/,
	/^(things|claims)\/[^/]+\.crt$/,
	// PKCS #8 under a passphrase that comes from the key of the data.
	/^ca\.key$/,
	// The key itself, wrapped; the process that runs, and where it is reached.
	/^(vault\.json|cloud\.lock|http\.json)$/,
	// What a person has written as configuration.
	/^rules\/[^/]+\.json$/,
	/^logging\.json$/,
];

/** A rule that writes to everything that rules can write to in the data directory. */
const rule = {
	sql: "SELECT *, 'marker-rule' AS m FROM 'isobar/+/report'",
	actions: [
		{ s3: { bucketName: "bucket", key: "object" } },
		{ firehose: { deliveryStreamName: "stream" } },
		{ dynamoDBv2: { putItem: { tableName: "table" } } },
		{ sqs: { queueUrl: "queue" } },
		{ ses: { to: ["a@example.org"], subject: "marker-mail", text: "marker-mail" } },
		{ lambda: { functionArn: "marker-missing" } },
	],
};

/** Everything that a cloud writes at rest, written once. */
async function fill(): Promise<void> {
	writeFileSync(join(bench.dataDir, "rules", "all.json"), JSON.stringify(rule));
	await makeClaim(bench.dataDir, "batch", { vault });
	const http = { port: 0, host: "0.0.0.0" };
	const cloud = await bench.start({ dataKey, http });
	const client = await bench.connected(cloud.port, "a", {
		key: vault.readSync(join(bench.dataDir, "things", "a.key")),
	});
	await client.publishAsync("isobar/a/report", makeReport(1, 6), { qos: 1 });
	await cloud.archive.compactor.compact(Date.now());
	await client.publishAsync("isobar/a/report", makeReport(7, 12), { qos: 1 });
	await client.publishAsync("isobar/a/report", '{"marker-rejected":1}', { qos: 1 });
	await cloud.updateShadow("a", {
		state: { reported: { site: { name: "marker-site" }, sensors: {} } },
	});
	await cloud.registry.run((state) => createThingGroup(state, "marker-group"));
	await cloud.rules.rules.idle();
	await client.endAsync();
	await cloud.close();
}

describe("a data directory that is encrypted", () => {
	test("has nothing in the clear but what is meant to be, and no text that somebody has sent", async () => {
		await fill();
		const files = filesOf(bench.dataDir);
		const sealed = [...files].filter(([name]) => !open.some((pattern) => pattern.test(name)));
		for (const [name, bytes] of sealed) {
			const isSealed =
				bytes.length === 0 || bytes.toString("latin1", 0, 20).startsWith("isobar-sealed-");
			expect([name, isSealed]).toEqual([name, true]);
		}
		// All kinds of files were there to be looked at.
		for (const pattern of [
			/^archive\/observations\.jsonl$/,
			/^archive\/rejected\.jsonl$/,
			/^archive\/stations\.jsonl$/,
			/^archive\/manifest\.json$/,
			/^archive\/observations\/day=.*\.parquet$/,
			/^archive\/hourly\/day=.*\.parquet$/,
			/^shadows\/a\/shadow\.json$/,
			/^registry\/things\/a\.json$/,
			/^registry\/groups\//,
			/^things\/a\.key$/,
			/^claims\/batch\.key$/,
			/^server\.key$/,
			/^http\.token$/,
			/^figures\.json$/,
			/^events\/events\.jsonl$/,
			/^mails\/.*\.eml$/,
			/^mails\/.*\.json$/,
			/^rules\/state\/journal-/,
			/^rules\/state\/failed\.jsonl$/,
			/^targets\/objects\/bucket\/object$/,
			/^targets\/streams\/stream\.part$/,
			/^targets\/tables\/table\.jsonl$/,
			/^targets\/queues\/queue\.jsonl$/,
		]) {
			const found = sealed.filter(([name, bytes]) => pattern.test(name) && bytes.length > 0);
			expect([pattern, found.length > 0]).toEqual([pattern, true]);
		}
		const secrets = [
			...["airTemperature", '"sequence"', "PAR1", "marker-mail", "marker-rejected", "marker-site"],
			...["marker-group", "BEGIN PRIVATE KEY", "BEGIN EC PRIVATE KEY", dataKey],
			vault.readSync(join(bench.dataDir, "things", "a.key")).split("\n")[1]!,
			vault.readSync(join(bench.dataDir, "http.token")).trim(),
			Buffer.from(dataKey, "hex").toString("latin1"),
		];
		// The rule itself is configuration and has its texts.
		for (const [name, bytes] of [...files].filter(([name]) => name !== "rules/all.json")) {
			const text = bytes.toString("latin1");
			expect([name, secrets.filter((secret) => text.includes(secret))]).toEqual([name, []]);
		}
	});

	test("is all there after a start with its key", async () => {
		await fill();
		const cloud = await bench.start({ dataKey });
		expect(await cloud.archive.audit()).toEqual({ rows: 12, repeated: 0 });
		expect(cloud.archive.count("a")).toBe(12);
		expect(await cloud.archive.rows("a")).toHaveLength(12);
		expect(await cloud.getShadow("a")).toMatchObject({
			state: { reported: { site: { name: "marker-site" } } },
		});
		expect(cloud.registry.state.find("group", "marker-group")).toBeDefined();
		const [mail] = cloud.notices.mailbox.list();
		expect(await cloud.notices.mailbox.read(mail!.id)).toMatchObject({
			subject: "marker-mail",
			source: expect.stringContaining("marker-mail"),
		});
		const [message] = (await cloud.rules.queues.get("queue"))!.receive(1);
		expect(message!.body).toContain("marker-rule");
		expect(cloud.notices.events.list().map(({ kind }) => kind)).toContain("connected");
	});

	test("has reports that are not understood also in the file of before", async () => {
		const cloud = await bench.start({ dataKey, bounds: { rejectedBytes: 1 } });
		const key = vault.readSync(join(bench.dataDir, "things", "a.key"));
		const client = await bench.connected(cloud.port, "a", { key });
		for (const text of ["one", "two"]) {
			await client.publishAsync("isobar/a/report", text, { qos: 1 });
		}
		await client.endAsync();
		await cloud.close();
		const textOf = (name: string): string =>
			vault.readAny(join(bench.dataDir, "archive", name)).toString();
		expect(textOf("rejected.1.jsonl")).toContain('"payload":"one"');
		expect(textOf("rejected.jsonl")).toContain('"payload":"two"');
	});

	test.each([
		["a wrong key", "0".repeat(64), "WrongKey"],
		["a passphrase for a key", "correct horse battery staple", "WrongKey"],
		["none", undefined, "KeyNeeded"],
	])("with %s: one line, and not a byte is changed", async (_, key, code) => {
		await fill();
		const before = filesOf(bench.dataDir);
		for (const encrypt of [false, true]) {
			const refused = bench.start({ dataKey: key, encrypt });
			await expect(refused).rejects.toMatchObject({
				code,
				message: expect.not.stringContaining("\n"),
			});
		}
		const names = [...before.keys()];
		const after = filesOf(bench.dataDir);
		expect([...after.keys()]).toEqual(names);
		expect(names.filter((name) => !after.get(name)!.equals(before.get(name)!))).toEqual([]);
	});

	test("a Parquet file of which a byte was changed is an error of the query that needs it", async () => {
		await fill();
		const folder = join(bench.dataDir, "archive/observations/day=2023-11-14");
		const path = join(folder, readdirSync(folder)[0]!);
		const bytes = readFileSync(path);
		for (let at = 0; at < bytes.length; at += 97) {
			const changed = Buffer.from(bytes);
			changed[at]! ^= 0x10;
			writeFileSync(path, changed);
			expect(() => vault.openFile(path, "/dev/null", path)).toThrow(`${path} can't be opened`);
		}
		const cloud = await bench.start({ dataKey });
		await expect(cloud.archive.audit()).rejects.toMatchObject({ code: "Damaged" });
	});
});

describe("the commands", () => {
	let commands: CommandBench;
	beforeEach(async () => {
		commands = new CommandBench();
		await fill();
	});
	afterEach(() => commands.end());

	/** SQL has blanks; the words of the bench are split at them. */
	const query = (sql: string, words = ""): Promise<number> =>
		commands.run(`query ${sql.replaceAll(" ", "\t")} --data ${bench.dataDir} ${words}`.trim());

	function keyFile(mode: number): string {
		const file = join(commands.dataDir, `key-${mode}`);
		writeFileSync(file, `${dataKey}\n`, { mode });
		return file;
	}

	test("query and replay with the key: in the environment, or in a file", async () => {
		const sql = "SELECT count(*)::INT AS n, min(sequence) AS first FROM observations";
		commands.environment.ISOBAR_DATA_KEY = dataKey;
		expect([await query(sql, "--csv"), commands.err]).toEqual([0, ""]);
		expect(commands.out).toBe("n,first\n12,1\n");
		commands.environment.ISOBAR_DATA_KEY = "wrong";
		expect(await query(sql, `--csv --key-file ${keyFile(0o600)}`)).toBe(0);
		delete commands.environment.ISOBAR_DATA_KEY;
		commands.environment.ISOBAR_DATA_KEY_FILE = keyFile(0o600);
		commands.out = "";
		const words = `--thing a --from 2023-11-14 --data ${bench.dataDir}`;
		expect(await commands.run(`replay ${words}`)).toBe(0);
		expect(commands.out.split("\n")).toHaveLength(14);
		// The folders in which they looked at Parquet are gone.
		expect(
			readdirSync(join(bench.dataDir, "archive")).filter((name) => /^query-/.test(name)),
		).toEqual([]);
	});

	test("thing and provision with the key", async () => {
		const word = `--key-file ${keyFile(0o600)} --data ${bench.dataDir}`;
		expect(await commands.run(`provision --count 1 --prefix new- ${word}`)).toBe(0);
		expect(await commands.run(`thing list ${word}`)).toBe(0);
		expect(commands.out).toMatch(/new-0001/);
		const stored = readFileSync(join(bench.dataDir, "things", "new-0001.key"), "latin1");
		expect(stored).not.toContain("PRIVATE KEY");
	});

	test("a wrong key, none, and a file that others can read are one line and exit code 2", async () => {
		for (const [environment, message] of [
			[{}, /is encrypted; expected its key in ISOBAR_DATA_KEY, or a file/],
			[{ ISOBAR_DATA_KEY: "wrong" }, /can't be opened with this key; nothing was changed/],
			[{ ISOBAR_DATA_KEY: "" }, /ISOBAR_DATA_KEY is empty; expected a passphrase, or 32 random/],
			[{ ISOBAR_DATA_KEY_FILE: keyFile(0o644) }, /has mode 644, so that others can read or change/],
			[{ ISOBAR_DATA_KEY_FILE: "/nowhere" }, /the key file: ENOENT.*; expected a file with/],
		] as const) {
			for (const name of ["ISOBAR_DATA_KEY", "ISOBAR_DATA_KEY_FILE"] as const) {
				commands.environment[name] = (environment as Record<string, string>)[name];
			}
			for (const words of [
				"cloud --port 0 --no-http",
				"thing list",
				"query SELECT",
				"replay --thing a --from 2023-11-14",
			]) {
				commands.err = "";
				expect([words, await commands.run(`${words} --data ${bench.dataDir}`)]).toEqual([words, 2]);
				expect(commands.err).toMatch(/^isobar: [^\n]*\n$/);
				expect(commands.err).toMatch(message);
			}
		}
	});

	test("decrypt gives a file as it would stand open", async () => {
		const word = `--key-file ${keyFile(0o600)} --data ${bench.dataDir}`;
		expect(await commands.run(`decrypt archive/observations.jsonl ${word}`)).toBe(0);
		expect(
			commands.out
				.trimEnd()
				.split("\n")
				.map((line) => JSON.parse(line).sequence),
		).toEqual([7, 8, 9, 10, 11, 12]);
		const folder = "archive/observations/day=2023-11-14";
		const [part] = readdirSync(join(bench.dataDir, folder));
		const out = join(commands.dataDir, "part.parquet");
		expect(await commands.run(`decrypt ${folder}/${part} --out ${out} ${word}`)).toBe(0);
		expect(readFileSync(out).toString("latin1", 0, 4)).toBe("PAR1");
		expect(await commands.run(`decrypt nothing ${word}`)).toBe(2);
		expect(commands.err).toMatch(/^isobar: nothing: there is no such file in .*\n$/);
	});

	test("identity refuses, since its image would have the key of the station in the clear", async () => {
		const word = `--key-file ${keyFile(0o600)} --data ${bench.dataDir}`;
		expect(await commands.run(`identity --thing a --endpoint localhost ${word}`)).toBe(2);
		expect(commands.err).toMatch(
			/is encrypted, and an image has the key of its station in the clear; /,
		);
	});
});
