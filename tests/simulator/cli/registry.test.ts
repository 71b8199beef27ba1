import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { CloudBench, ended } from "../../support/cloud.ts";
import { CommandBench } from "../../support/command.ts";
import { documentOf } from "../../support/registry.ts";

let bench: CommandBench;
beforeEach(() => {
	bench = new CommandBench();
});
afterEach(() => bench.end());

/** How far it is, which a command says when that takes a while. */
const progress = /^Making certificates: \d+ of \d+\n/gm;

/** What a command prints on stdout; it must end well. */
async function says(line: string, directory = "DIR"): Promise<string> {
	bench.out = "";
	bench.err = "";
	const code = await bench.run(`${line} --data ${directory}`);
	expect([line, code, bench.err.replace(progress, "")]).toEqual([line, 0, ""]);
	return bench.out.trimEnd();
}

/** The one line that a command says on stderr, and its exit code. */
async function fails(line: string, directory = "DIR"): Promise<[number, string]> {
	bench.err = "";
	const code = await bench.run(`${line} --data ${directory}`);
	expect(bench.err).toMatch(/^isobar: [^\n]+\n$/);
	return [code, bench.err.slice(8, -1)];
}

describe("with no cloud running", () => {
	test("things, types, groups and billing groups from their making to their end", async () => {
		await says("type create Sensor --description weather");
		await says("billing create north");
		await says(
			"thing create a --type Sensor --attribute site=A --attribute height=9 --billing-group north",
		);
		expect(await says("thing describe a")).toMatch(/^attributes +\{"site":"A","height":"9"\}$/m);
		await says("thing update a --attribute height= --attribute site=B");
		expect(await says("thing list --type Sensor")).toBe("a  Sensor  site=B");
		expect(await says("thing list --attribute site=A")).toBe("none");
		expect(JSON.parse(await says("thing describe a --json"))).toMatchObject({ version: 2 });
		await says("group create valley");
		await says("group create river --parent valley");
		await says("group add river a");
		expect(await says("group things valley")).toBe("a");
		expect(await says("group list --parent valley")).toBe("river");
		await says("group remove river a");
		await says("group delete river");
		expect(await says("billing things north")).toBe("a");
		await says("billing remove north a");
		await says("billing delete north");
		await says("thing update a --no-type");
		await says("thing delete a");
		expect(await says("thing list")).toBe("none");
		await says("type deprecate Sensor");
		expect(await says("type list")).toBe("Sensor  deprecated");
		await says("type delete Sensor");
	});

	test("certificates and policies, and a key that is its owner's alone", async () => {
		const stem = join(bench.dataDir, "own");
		const policy = join(bench.dataDir, "p.json");
		writeFileSync(policy, documentOf("iot:Connect"));
		await says("thing create a");
		await says(`policy create p ${policy}`);
		const id = await says(`cert create --out ${stem} --thing a --policy p`);
		expect(id).toMatch(/^[0-9a-f]{64}$/);
		expect(statSync(`${stem}.key`).mode & 0o777).toBe(0o600);
		expect(readFileSync(`${stem}.crt`, "utf8")).toContain("BEGIN CERTIFICATE");
		expect(await says("thing certificates a")).toBe(id);
		expect(await says("policy targets p")).toBe(`arn:aws:iot:us-east-1:000000000000:cert/${id}`);
		expect(await fails(`cert create --out ${stem}`)).toEqual([
			2,
			expect.stringContaining(`${stem}.crt already`),
		]);
		expect(await fails(`cert delete ${stem}.crt`)).toEqual([
			1,
			expect.stringMatching(/^CertificateStateException: /),
		]);

		writeFileSync(policy, documentOf("iot:*"));
		expect(await says(`policy update p ${policy}`)).toBe("version 2 of policy p is in force");
		expect(await says("policy versions p")).toBe("1\n2  in force");
		await says("policy default p 1");
		await says("policy delete p 2");
		await says(`policy detach p --cert ${id}`);
		await says(`thing detach a ${stem}.crt`);
		await says(`cert revoke ${stem}.crt`);
		expect(await says("cert list")).toBe(`${id}  REVOKED`);
		await says(`cert delete ${id}`);
		await says("policy delete p");
	});

	test.each([
		["thing describe nowhere", 1, "ResourceNotFoundException: there is no thing nowhere"],
		["thing create a*b", 1, "InvalidRequestException: request/thingName must match pattern"],
		["thing create a --attribute x", 2, "Expected NAME=VALUE"],
		[
			"cert describe nothing",
			2,
			'"nothing" is no certificate; expected an id of 64 hex digits or a file, PEM',
		],
		["policy attach p", 2, "expected either --cert ID or --group NAME"],
		["policy create p missing.json", 2, "expected a file with a policy document"],
		["shadow update a {", 2, '"{" is no JSON; expected a document'],
		["thing create", 2, "missing required argument 'name'"],
	])("%s is one line", async (line, code, text) => {
		const [ended, said] = await fails(line);
		expect([ended, said]).toEqual([code, expect.stringContaining(text)]);
	});

	test("isobar provision makes many, registers them, says how long it took, and does nothing twice", async () => {
		expect(await says("provision --count 20 --prefix st-")).toMatch(
			/^20 things, st-0001 to st-0020, in .*things: \d+\.\d\d s$/m,
		);
		const key = readFileSync(join(bench.dataDir, "things/st-0007.key"), "utf8");
		expect((await says("thing list")).split("\n")).toHaveLength(20);
		const again = JSON.parse(await says("provision --count 21 --prefix st- --json"));
		expect(again).toEqual({
			things: 21,
			first: "st-0001",
			last: "st-0021",
			seconds: expect.any(Number),
		});
		expect(readFileSync(join(bench.dataDir, "things/st-0007.key"), "utf8")).toBe(key);
		expect((await says("cert list")).split("\n")).toHaveLength(21);
	});
});

describe("with a cloud running on the directory", () => {
	let cloud: CloudBench;
	beforeEach(() => {
		cloud = new CloudBench();
	});
	afterEach(() => cloud.end());

	test("the cloud itself does it: a certificate connects, and is cut off when it is revoked", async () => {
		const { dataDir } = cloud;
		const { port } = await cloud.start({ http: { port: 0 } });
		const stem = join(dataDir, "own");
		const policy = join(dataDir, "p.json");
		writeFileSync(policy, documentOf("iot:*"));
		await says("thing create own", dataDir);
		await says(`policy create p ${policy}`, dataDir);
		await says(
			`cert create --out ${join(dataDir, "things", "own")} --thing own --policy p`,
			dataDir,
		);
		const client = await cloud.connected(port, "own");
		await says('shadow update own {"state":{"desired":{"x":1}}}', dataDir);
		const shadow = JSON.parse(await says("shadow get own", dataDir));
		expect(shadow).toMatchObject({ state: { desired: { x: 1 } }, version: 1 });
		const lost = ended(client);
		await says(`cert revoke ${join(dataDir, "things", "own.crt")}`, dataDir);
		await lost;
		expect(await fails(`cert create --out ${stem} --policy nowhere`, dataDir)).toEqual([
			1,
			expect.stringContaining("there is no policy nowhere"),
		]);
	});

	test("one without HTTP is a clear line", async () => {
		await cloud.start();
		const [code, line] = await fails("thing list", cloud.dataDir);
		expect(code).toBe(1);
		expect(line).toMatch(/serves no HTTP; start it without --no-http, or end it first$/);
	});

	test("one that asks for a token is shown it", async () => {
		await cloud.start({ http: { port: 0, host: "0.0.0.0" } });
		await says("thing create a", cloud.dataDir);
		expect(await says("thing list", cloud.dataDir)).toBe("a");
	});
});
