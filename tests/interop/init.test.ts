import { spawnSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

/** Packing, compiling and jest in a process of its own; a loaded machine takes minutes. */
const patience = 600_000;

const folder = mkdtempSync(join(tmpdir(), "isobar-init-"));
const project = join(folder, "My Garden");
let tarball: string;

/** What this process says of jest is not for the jest of the project. */
const environment = Object.fromEntries(
	Object.entries(process.env).filter(([name]) => !/^(JEST|NODE_|npm_)/.test(name)),
);

/** Runs a program to its end. */
function run(cwd: string, program: string, ...words: string[]) {
	const { status, stdout, stderr } = spawnSync(program, words, {
		cwd,
		env: environment,
		encoding: "utf8",
	});
	return { status, stdout, stderr, text: `${program} ${words.join(" ")}\n${stdout}${stderr}` };
}

/** As `run`, and it must end well. */
function succeed(cwd: string, program: string, ...words: string[]): string {
	const { status, stdout, text } = run(cwd, program, ...words);
	if (status !== 0) throw new Error(text);
	return stdout;
}

/**
 * What `npm install` does with the tarball, without a registry: the packages that it and the project
 * depend on are those of this repository.
 */
function install(): void {
	const modules = join(project, "node_modules");
	const own = join(modules, "isobar");
	mkdirSync(join(modules, ".bin"), { recursive: true });
	mkdirSync(own);
	succeed(folder, "tar", "-xzf", tarball, "--strip-components=1", "-C", own);
	for (const name of readdirSync("node_modules").filter((one) => !one.startsWith("."))) {
		symlinkSync(resolve("node_modules", name), join(modules, name));
	}
	chmodSync(join(own, "dist/cli.js"), 0o755);
	symlinkSync(join(own, "dist/cli.js"), join(modules, ".bin/isobar"));
	symlinkSync(resolve("node_modules/typescript/bin/tsc"), join(modules, ".bin/tsc"));
}

beforeAll(() => {
	const staging = join(folder, "staging");
	succeed(".", process.execPath, resolve("tests/support/pack.mjs"), staging);
	const [packed] = JSON.parse(succeed(staging, "npm", "pack", "--json")) as [{ filename: string }];
	tarball = join(staging, packed.filename);
	symlinkSync(resolve("node_modules"), join(staging, "node_modules"));
	const cli = join(staging, "dist/cli.js");
	succeed(folder, process.execPath, cli, "init", "My Garden", "--isobar", `file:${tarball}`);
	install();
}, patience);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a project of one's own, with the packed package", () => {
	test("has what it needs, and names the package it was made with", () => {
		expect(readdirSync(project).filter((name) => name !== "node_modules")).toEqual([
			".gitignore",
			"README.md",
			"jest.config.js",
			"package.json",
			"soil.test.ts",
			"soil.ts",
			"soilpart.ts",
			"station.ts",
			"tsconfig.json",
		]);
		const { name, devDependencies, scripts } = JSON.parse(
			readFileSync(join(project, "package.json"), "utf8"),
		);
		expect(name).toBe("my-garden");
		expect(devDependencies.isobar).toBe(`file:${tarball}`);
		for (const wanted of ["simulate", "test", "build", "flash"]) {
			expect(Object.keys(scripts)).toContain(wanted);
		}
		const readme = readFileSync(join(project, "README.md"), "utf8");
		for (const [, script] of readme.matchAll(/npm run ([a-z:]+)/g)) {
			expect(Object.keys(scripts)).toContain(script);
		}
	});

	test(
		"its types resolve and its own test passes",
		() => {
			const { status, text } = run(project, "npm", "test");
			expect({ status, text }).toMatchObject({ status: 0 });
			expect(text).toMatch(/Tests: +3 passed, 3 total/);
		},
		patience,
	);

	test(
		"a wrong option of a driver does not compile there",
		() => {
			const file = join(project, "wrong.ts");
			writeFileSync(
				file,
				`import { sensor } from "isobar/firmware";\nimport { BME280 } from "isobar/sensors";\nexport default sensor(BME280, { bus: "i2c", addres: 0x76 });\n`,
			);
			const { status, stdout } = run(project, "npx", "--no-install", "tsc");
			rmSync(file);
			expect(status).not.toBe(0);
			expect(stdout).toMatch(/^wrong\.ts\(3,\d+\): error TS\d+: .*'addres'/);
		},
		patience,
	);

	test(
		"a build bundles the firmware with its station, and says what it costs",
		() => {
			const out = succeed(project, "npx", "--no-install", "isobar", "build");
			expect(out).toMatch(/\n {2}BME280 +[\d,]+\n {2}SoilProbe +[\d,]+\n/);
			expect(out).toMatch(/\noutbox: 1,048,576 bytes hold [\d,]+ observations/);
			const code = readFileSync(join(project, ".isobar/device/bundle/main.js"), "utf8");
			expect(code).toContain("class SoilProbe");
		},
		patience,
	);

	test("a folder with something in it is left alone", () => {
		const cli = join(project, "node_modules/isobar/dist/cli.js");
		const before = readFileSync(join(project, "station.ts"), "utf8");
		const { status, stderr } = run(folder, process.execPath, cli, "init", "My Garden");
		expect([status, stderr]).toEqual([
			2,
			expect.stringMatching(/^isobar: init: My Garden has .*; expected a new or empty folder\n$/),
		]);
		expect(readFileSync(join(project, "station.ts"), "utf8")).toBe(before);
	});

	test("what is packed has no test, no key and nothing that was built for a board", () => {
		const list = succeed(folder, "tar", "-tzf", tarball).split("\n");
		for (const wanted of [
			"firmware/platform/moddable/native/tls.c",
			"manifests/partitions.csv",
			"manifests/sdkconfig/production.defaults",
			"dist/types/simulator/index.d.ts",
			"dist/jest.js",
		]) {
			expect(list).toContain(`package/${wanted}`);
		}
		expect(
			list.filter((name) => /\.(key|pem|crt)$|dist\/device|^package\/tests\//.test(name)),
		).toEqual([]);
		expect(existsSync(join(project, "node_modules/isobar/dist/scenarios/calm.json"))).toBe(true);
	});
});
