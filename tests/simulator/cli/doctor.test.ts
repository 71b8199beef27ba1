import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { releasedAt } from "../../../firmware/index.ts";
import { type Machine, realMachine } from "../../../manifests/flash.ts";
import { CommandBench } from "../../support/command.ts";

let bench: CommandBench;
beforeEach(() => {
	bench = new CommandBench();
});
afterEach(() => bench.end());

/** A machine that can run a fleet, and has nothing else. */
function machine(own: Partial<Machine> = {}): Machine {
	return {
		environment: {},
		ask: () => undefined,
		ports: () => [],
		mayUse: () => false,
		nodeVersion: "v20.19.0",
		now: releasedAt + 86_400_000,
		freeBytes: 10_000_000_000,
		isFree: async () => true,
		...own,
	};
}

async function findings(line: string, own: Partial<Machine> = {}) {
	bench.machine = machine(own);
	const code = await bench.run(`doctor --json${line}`);
	const found = JSON.parse(bench.out) as {
		area: string;
		name: string;
		found: string;
		isMet: boolean;
		step: string | null;
	}[];
	bench.out = "";
	return { code, found, unmet: found.filter(({ isMet }) => !isMet) };
}

describe("isobar doctor", () => {
	test("a machine with what a run needs: exit code 0, no step", async () => {
		const { code, found } = await findings(" run");
		expect(code).toBe(0);
		expect(found.map(({ name }) => name)).toEqual([
			"Node",
			"clock",
			"disk",
			"port 8883",
			"port 8080",
		]);
		for (const { step } of found) expect(step).toBeNull();
	});

	test.each<[string, Partial<Machine>, string]>([
		["Node", { nodeVersion: "v20.18.1" }, "v20.18.1, expected 20.19 or newer"],
		["Node", { nodeVersion: "v18.20.0" }, "v18.20.0, expected 20.19 or newer"],
		["clock", { now: 0 }, "1970-01-01T00:00:00.000Z, while this release is of 2026-11-01"],
		["clock", { now: releasedAt + 11 * 366 * 86_400_000 }, "while this release is of"],
		["disk", { freeBytes: 499_999_999 }, "499 MB free, expected 500 MB"],
		["port 8883", { isFree: async (port) => port !== 8883 }, "in use"],
	])(
		"%s that is not as it should be: what is wrong, a step, exit code 1",
		async (name, own, text) => {
			const { code, unmet } = await findings(" run", own);
			expect(code).toBe(1);
			expect(unmet).toHaveLength(1);
			expect(unmet[0]).toMatchObject({ name, found: expect.stringContaining(text) });
			expect(unmet[0]!.step).not.toBe("");
		},
	);

	test("without an area all of them are looked at, each need with its step", async () => {
		const { code, found, unmet } = await findings("");
		expect(code).toBe(1);
		expect([...new Set(found.map(({ area }) => area))]).toEqual(["run", "test", "build", "flash"]);
		expect(unmet.map(({ area, name }) => `${area} ${name}`)).toEqual([
			"test gcc",
			"test libmbedtls",
			"test openssl",
			"test mosquitto",
			"build Moddable SDK",
			"build mcconfig",
			"build ESP-IDF",
			"build compilers",
			"flash ESP-IDF",
			"flash esptool",
			"flash NVS generator",
			"flash serial port",
		]);
		for (const { step } of unmet) expect(step).toMatch(/\S/);
	});

	test("libmbedtls is known by the version in its headers", async () => {
		const ask = () => '#define MBEDTLS_VERSION_MAJOR 2\n#define MBEDTLS_VERSION_STRING "2.28.3"';
		const { found } = await findings(" test", { ask });
		expect(found.find(({ name }) => name === "libmbedtls")).toMatchObject({
			found: "2.28.3",
			isMet: true,
		});
	});

	test("for people: areas, a line for each need, its step beneath", async () => {
		bench.machine = machine({ nodeVersion: "v18.0.0" });
		expect(await bench.run("doctor run")).toBe(1);
		expect(bench.out.split("\n").slice(0, 4)).toEqual([
			"run",
			"  no  Node       v18.0.0, expected 20.19 or newer",
			"                 install Node 20.19 or newer",
			`  ok  clock      ${new Date(releasedAt + 86_400_000).toISOString()}`,
		]);
	});

	test("an area that there is not is one line and exit code 2", async () => {
		expect(await bench.run("doctor moon")).toBe(2);
		expect(bench.err).toMatch(/^isobar: .*Allowed choices are run, test, build, flash\.\n$/);
	});

	test("the real machine: a port that somebody listens on is in use", async () => {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as { port: number };
		expect(await realMachine.isFree(port)).toBe(false);
		await new Promise((resolve) => server.close(resolve));
		expect(await realMachine.isFree(port)).toBe(true);
		expect(realMachine.nodeVersion).toBe(process.version);
		expect(realMachine.freeBytes).toBeGreaterThan(0);
	});
});
