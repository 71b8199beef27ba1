import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { provision } from "../../cloud/provision.ts";

let dataDir: string;
beforeEach(() => {
	dataDir = mkdtempSync(join(tmpdir(), "isobar-"));
});
afterEach(() => {
	rmSync(dataDir, { recursive: true, force: true });
});

const read = (name: string): string => readFileSync(join(dataDir, name), "utf8");
const certificate = (name: string): X509Certificate => new X509Certificate(read(name));
const modeOf = (name: string): number => statSync(join(dataDir, name)).mode & 0o777;

describe("provision", () => {
	test("makes an authority, a server certificate and one for each thing", async () => {
		const progress: number[] = [];
		await provision(dataDir, ["station-0001", "station-0002"], (done) => progress.push(done));

		const root = certificate("ca.crt");
		expect(root.ca).toBe(true);
		expect(root.verify(root.publicKey)).toBe(true);

		const server = certificate("server.crt");
		expect(server.checkIssued(root)).toBe(true);
		expect(server.verify(root.publicKey)).toBe(true);
		expect(server.checkHost("localhost")).toBe("localhost");
		expect(server.checkHost(hostname())).toBe(hostname());
		expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
		expect(server.checkIP("::1")).toBe("::1");
		expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);

		const first = certificate("things/station-0001.crt");
		const second = certificate("things/station-0002.crt");
		expect(first.verify(root.publicKey)).toBe(true);
		expect(first.ca).toBe(false);
		expect(first.subject).toBe("CN=station-0001");
		expect(first.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
		expect(first.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
		expect(first.serialNumber).not.toBe(second.serialNumber);
		expect(Date.parse(first.validFrom)).toBeLessThan(Date.now());
		expect(Date.parse(first.validTo)).toBeGreaterThan(Date.now() + 5 * 365 * 86_400_000);
		expect(progress).toEqual([1, 2]);
	});

	test("keys are 0600, directories 0700, nothing half-written is left", async () => {
		await provision(dataDir, ["a"]);
		for (const key of ["ca.key", "server.key", "things/a.key"]) expect(modeOf(key)).toBe(0o600);
		for (const directory of ["things", "archive", "shadows", "registry"]) {
			expect(modeOf(directory)).toBe(0o700);
		}
		expect(readdirSync(dataDir).sort()).toEqual([
			"archive",
			"authorities",
			"ca.crt",
			"ca.key",
			"claims",
			"registry",
			"server.crt",
			"server.key",
			"shadows",
			"templates",
			"things",
		]);
		expect(readdirSync(join(dataDir, "things"))).toEqual(["a.crt", "a.key"]);
	});

	test("never overwrites", async () => {
		await provision(dataDir, ["a"]);
		const names = ["ca.crt", "ca.key", "server.crt", "server.key", "things/a.crt", "things/a.key"];
		const before = names.map(read);
		await provision(dataDir, ["a", "b"]);
		expect(names.map(read)).toEqual(before);
		expect(certificate("things/b.crt").verify(certificate("ca.crt").publicKey)).toBe(true);
	});

	test("a run cut short between key and certificate is taken up with the same key", async () => {
		await provision(dataDir, ["a"]);
		const key = read("things/a.key");
		unlinkSync(join(dataDir, "things/a.crt"));
		await provision(dataDir, ["a"]);
		expect(read("things/a.key")).toBe(key);
		expect(certificate("things/a.crt").subject).toBe("CN=a");
	});

	test("two runs at one time end with pairs that belong together", async () => {
		await Promise.all([provision(dataDir, ["a"]), provision(dataDir, ["a"])]);
		const { createPrivateKey } = await import("node:crypto");
		expect(certificate("ca.crt").checkPrivateKey(createPrivateKey(read("ca.key")))).toBe(true);
		expect(
			certificate("things/a.crt").checkPrivateKey(createPrivateKey(read("things/a.key"))),
		).toBe(true);
	});

	test("a certificate without its key is a clear error", async () => {
		await provision(dataDir, ["a"]);
		unlinkSync(join(dataDir, "ca.key"));
		await expect(provision(dataDir, [])).rejects.toMatchObject({
			code: "KeyMissing",
			message: expect.stringContaining("ca.crt has no private key"),
		});
	});

	test.each(["", "../evil", "a/b", "a b", "a\n", "x".repeat(129)])(
		"refuses %j as a thing name",
		async (thing) => {
			await expect(provision(dataDir, [thing])).rejects.toMatchObject({ code: "BadName" });
		},
	);
});
