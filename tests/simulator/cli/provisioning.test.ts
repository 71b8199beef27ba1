import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { issue } from "../../support/certificates.ts";
import { nodeTemplate } from "../../support/claim.ts";
import { CommandBench } from "../../support/command.ts";

let bench: CommandBench;
beforeEach(() => {
	bench = new CommandBench();
	writeFileSync(join(bench.dataDir, "body.json"), JSON.stringify(nodeTemplate));
});
afterEach(() => bench.end());

/** Runs a command on the data directory. @returns what it has printed */
async function run(words: string): Promise<{ code: number; out: string; err: string }> {
	bench.out = "";
	bench.err = "";
	const code = await bench.run(`${words} --data DIR`);
	return { code, out: bench.out, err: bench.err };
}

describe("isobar provision-template", () => {
	test("create, list, update, claim, delete", async () => {
		const made = await run(`provision-template create batch --body ${bench.dataDir}/body.json`);
		expect(made).toEqual({ code: 0, out: "made batch\n", err: "" });
		expect((await run("provision-template list")).out).toBe("batch  enabled\n");
		await run("provision-template update batch --enabled false --hook hook.mjs");
		const listed = JSON.parse((await run("provision-template list --json")).out);
		expect(listed).toEqual([
			{
				templateName: "batch",
				templateBody: JSON.stringify(nodeTemplate),
				enabled: false,
				hook: join(process.cwd(), "hook.mjs"),
			},
		]);
		const { certificate, key } = JSON.parse(
			(await run("provision-template claim batch --json")).out,
		);
		expect(readFileSync(certificate, "utf8")).toMatch(/^-----BEGIN CERTIFICATE/);
		expect(statSync(key).mode & 0o777).toBe(0o600);
		expect((await run("provision-template delete batch")).out).toBe("deleted batch\n");
		expect((await run("provision-template list --json")).out).toBe("[]\n");
	});

	test("what can't be done is one line and exit code 1", async () => {
		writeFileSync(join(bench.dataDir, "bad.json"), "{");
		const bad = await run(`provision-template create batch --body ${bench.dataDir}/bad.json`);
		expect(bad).toMatchObject({ code: 1, out: "" });
		expect(bad.err).toMatch(/^isobar: template batch: expected JSON: .*\n$/);
		const absent = await run("provision-template claim batch");
		expect(absent).toEqual({ code: 1, out: "", err: "isobar: there is no template batch\n" });
	});
});

describe("isobar ca", () => {
	test("code, register, list, update, delete", async () => {
		const customer = await issue({ commonName: "Customer" });
		const { registrationCode } = JSON.parse((await run("ca code --json")).out);
		const verification = await issue({ commonName: registrationCode, authority: customer });
		const files = [join(bench.dataDir, "ca.pem"), join(bench.dataDir, "verification.pem")] as const;
		writeFileSync(files[0], customer.certificate);
		writeFileSync(files[1], verification.certificate);
		const words = `ca register --certificate ${files[0]} --verification ${files[1]}`;
		const { out } = await run(`${words} --auto-registration --template batch --json`);
		const { certificateId: id, ...authority } = JSON.parse(out);
		expect(authority).toMatchObject({
			status: "ACTIVE",
			autoRegistrationStatus: "ENABLE",
			templateName: "batch",
		});
		expect((await run(words)).err).toBe(`isobar: the authority ${id} is registered\n`);
		await run(`ca update ${id} --status INACTIVE`);
		expect((await run("ca list")).out).toBe(`${id}  INACTIVE  auto-registration ENABLE  batch\n`);
		expect((await run(`ca delete ${id}`)).code).toBe(0);
		expect((await run("ca delete 12")).err).toBe("isobar: there is no authority 12\n");
		expect((await run(`ca update ${id} --status LOST`)).code).toBe(2);
	});
});

test.each(["provision-template", "provision-template create", "ca", "ca register"])(
	"isobar %s --help",
	async (words) => {
		expect(await bench.run(`${words} --help`)).toBe(0);
		expect(bench.out).toMatch(/^Usage: isobar /);
	},
);
