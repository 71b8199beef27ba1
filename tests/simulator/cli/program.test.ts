import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { httpOptions } from "../../../simulator/commands/http.ts";
import type { Actions } from "../../../simulator/commands/program.ts";
import { CommandBench } from "../../support/command.ts";

/** Nothing is installed on it, and nothing plugged in. */
const bareMachine = {
	environment: {},
	ask: () => undefined,
	ports: () => [],
	mayUse: () => false,
};

const files = mkdtempSync(join(tmpdir(), "isobar-cli-"));
afterAll(() => rmSync(files, { recursive: true, force: true }));

let bench: CommandBench;
let asked: { up?: object; cloud?: object; decode?: object; sim?: object };
beforeEach(() => {
	bench = new CommandBench();
	asked = {};
});
afterEach(() => bench.end());

/** Notes what a command is asked for instead of doing it. */
const notes: Actions = {
	up: async (options) => {
		asked.up = options;
		return 0;
	},
	cloud: async (options) => {
		asked.cloud = options;
		return 0;
	},
	decode: async (options) => {
		asked.decode = options;
		return 0;
	},
	sim: async (options) => {
		asked.sim = options;
		return 0;
	},
};

function file(name: string, text: string): string {
	const path = join(files, name);
	writeFileSync(path, text);
	return path;
}

describe("the page and the HTTP API", () => {
	const local = { port: 8883, http: true, httpHost: "127.0.0.1" };

	test("are at 8080, and at a free port where MQTT is at one, too", () => {
		const { pageDir } = bench;
		expect(httpOptions(local, bench)).toEqual({ port: 8080, host: "127.0.0.1", pageDir });
		expect(httpOptions({ ...local, port: 0 }, bench)).toMatchObject({ port: 0 });
		expect(httpOptions({ ...local, port: 0, httpPort: 8081 }, bench)).toMatchObject({ port: 8081 });
		expect(httpOptions({ ...local, http: false, httpPort: 8081 }, bench)).toBeUndefined();
	});

	test("are options of the cloud alone", async () => {
		expect(await bench.run("cloud --no-http", notes)).toBe(0);
		expect(asked.cloud).toMatchObject({ http: false });
		expect(await bench.run("cloud --http-port 0 --http-host 0.0.0.0", notes)).toBe(0);
		expect(asked.cloud).toMatchObject({ http: true, httpPort: 0, httpHost: "0.0.0.0" });
	});
});

describe("isobar up", () => {
	test("has defaults", async () => {
		expect(await bench.run("up", notes)).toBe(0);
		expect(asked.up).toEqual({
			stations: 12,
			seed: 1,
			port: 8883,
			data: ".isobar",
			thingsPrefix: "station-",
			http: true,
			httpHost: "127.0.0.1",
		});
	});

	test("takes every option in its unit", async () => {
		const line =
			"up --stations 100 --for 10m --sample 1 --observe 10 --report 600 --seed 42 --weather w.csv --port 0 --http-port 0 --http-host ::1 --data d --json --station s.ts --broker mqtts://example.org --ca ca.pem --cert-dir certs --things-prefix west-";
		expect(await bench.run(line, notes)).toBe(0);
		expect(asked.up).toEqual({
			stations: 100,
			for: 600_000,
			sample: 1,
			observe: 10,
			report: 600,
			seed: 42,
			weather: "w.csv",
			port: 0,
			http: true,
			httpPort: 0,
			httpHost: "::1",
			data: "d",
			json: true,
			station: "s.ts",
			broker: { host: "example.org", port: 8883 },
			ca: "ca.pem",
			certDir: "certs",
			thingsPrefix: "west-",
		});
	});

	test.each([
		["1s", 1_000],
		["30s", 30_000],
		["1.5m", 90_000],
		["2h", 7_200_000],
		["1d", 86_400_000],
	])("--for %s", async (text, ms) => {
		await bench.run(`up --for ${text}`, notes);
		expect(asked.up).toMatchObject({ for: ms });
	});

	test.each([
		["mqtts://10.0.0.7:1883", { host: "10.0.0.7", port: 1883 }],
		["mqtts://a-b.example/", { host: "a-b.example", port: 8883 }],
		["mqtts://[::1]:8884", { host: "::1", port: 8884 }],
	])("--broker %s", async (text, broker) => {
		await bench.run(`up --broker ${text}`, notes);
		expect(asked.up).toMatchObject({ broker });
	});
});

describe("a value that can't be used is one line on stderr and exit code 2", () => {
	const csv = file("short.csv", "time,clouds\n");
	const cases: readonly (readonly [string, RegExp])[] = [
		["up --stations 0", /--stations.*'0'.*whole number from 1 to 10000/],
		["up --stations twelve", /--stations.*'twelve'.*whole number/],
		["up --stations 1.5", /--stations.*'1.5'/],
		["up --stations 10001", /--stations.*'10001'/],
		["up --for 10", /--for.*'10'.*30s, 10m, 2h or 1d/],
		["up --for 0s", /--for.*'0s'.*at least 1s/],
		["up --for -5s", /--for/],
		["up --for 1w", /--for.*'1w'/],
		["up --sample 0", /--sample.*'0'.*from 1 to 3600/],
		["up --observe 1e3", /--observe.*'1e3'/],
		["up --report 86401", /--report.*'86401'.*from 1 to 86400/],
		["up --seed x", /--seed.*'x'/],
		["up --port 65536", /--port.*'65536'.*from 0 to 65535/],
		["up --port -1", /--port/],
		["up --http-port 65536", /--http-port.*'65536'.*from 0 to 65535/],
		["up --broker example.org", /--broker.*'example.org'.*mqtts:\/\/HOST/],
		["up --broker mqtt://example.org", /--broker.*mqtts:\/\/HOST/],
		["up --broker mqtts://example.org:0", /--broker/],
		["up --broker mqtts://example.org:99999", /--broker/],
		["up --things-prefix a/b", /--things-prefix.*'a\/b'.*1 to 120/],
		["up --frobnicate", /unknown option '--frobnicate'/],
		["up --station", /--station.*argument missing/],
		["up now", /too many arguments/],
		["fly", /unknown command 'fly'/],
		["cloud --port x", /--port.*'x'/],
		["up --broker mqtts://example.org", /--broker: expected --ca FILE and --cert-dir DIR/],
		["up --broker mqtts://example.org --ca a.pem", /--broker: expected --ca FILE and --cert-dir/],
		["up --ca a.pem", /--ca: expected --broker/],
		["up --cert-dir certs", /--cert-dir: expected --broker/],
		["up --weather nowhere.csv", /--weather: ENOENT.*nowhere\.csv/],
		[`up --weather ${csv}`, /short\.csv:1: no column of weather/],
		["up --sample 10 --observe 5", /observeSeconds: expected at least sampleSeconds \(10\), got 5/],
		["up --observe 60", /reportSeconds: expected at least observeSeconds \(60\), got 30/],
		[
			"up --broker mqtts://example.org --ca nowhere.pem --cert-dir DIR",
			/--ca: ENOENT.*nowhere\.pem.*expected the broker's authority, PEM/,
		],
		[
			`up --broker mqtts://example.org --ca ${csv} --cert-dir DIR`,
			/--cert-dir: ENOENT.*station-0001\.crt.*expected a certificate, PEM/,
		],
	];

	test.each(cases)("%s", async (line, expected) => {
		expect(await bench.run(line.replace(/^up/, "up --data DIR"))).toBe(2);
		expect(bench.err).toMatch(expected);
		expect(bench.err).toMatch(/^isobar: [^\n]+\n$/);
		expect(bench.out).toBe("");
	});

	test("certificates that are none", async () => {
		file("station-0001.crt", "no certificate");
		file("station-0001.key", "no key");
		const ca = file("ca.pem", "no authority");
		const line = `up --stations 1 --data DIR --broker mqtts://example.org --ca ${ca} --cert-dir ${files}`;
		expect(await bench.run(line)).toBe(2);
		expect(bench.err).toMatch(
			/^isobar: --cert-dir: .*expected a certificate and its private key\n$/,
		);
	});
});

describe("help", () => {
	test("of every command names each option with its default, and exits with 0", async () => {
		expect(await bench.run("up --help")).toBe(0);
		const options =
			"--stations --for --sample --observe --report --seed --weather --station --port --data --broker --ca --cert-dir --things-prefix --json";
		for (const option of options.split(" ")) expect(bench.out).toContain(`  ${option}`);
		expect(bench.out).toMatch(/default: 12/);
		expect(bench.out).toMatch(/cpuMsPerReport is the CPU time of the whole\s+process/);
		for (const line of bench.out.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
		expect(bench.err).toBe("");
		expect(await bench.run("cloud --help")).toBe(0);
		expect(await bench.run("--help")).toBe(0);
		expect(bench.out).toMatch(/^ {2}up \[options\]/m);
	});

	test("no command is a usage error that shows the commands", async () => {
		expect(await bench.run("--data x")).toBe(2);
		expect(bench.err).not.toBe("");
	});
});

test("what goes wrong without being the user's fault is one line and exit code 1", async () => {
	const code = await bench.run("up", {
		...notes,
		up: () => Promise.reject(new Error("the disk is full\n    at nowhere")),
	});
	expect(code).toBe(1);
	expect(bench.err).toBe("isobar: the disk is full\n");
});

describe("commands for boards", () => {
	const seen: { build?: object; identity?: object; flash?: object } = {};
	const device: Actions = {
		...notes,
		build: async (options) => {
			seen.build = options;
			return 0;
		},
		identity: async (options) => {
			seen.identity = options;
			return 0;
		},
		flash: async (options) => {
			seen.flash = options;
			return 0;
		},
	};

	test("isobar build has defaults, and takes its options", async () => {
		expect(await bench.run("build", device)).toBe(0);
		const usual = { station: "station.ts", data: ".isobar", profile: "development" };
		expect(seen.build).toEqual(usual);
		await bench.run(
			"build --station s.ts --board esp32 --data d --bundle b --profile production --dry-run --json",
			device,
		);
		expect(seen.build).toEqual({
			station: "s.ts",
			board: "esp32",
			data: "d",
			bundle: "b",
			profile: "production",
			dryRun: true,
			json: true,
		});
	});

	test("isobar identity and isobar flash take theirs", async () => {
		await bench.run("identity --thing roof --endpoint h --ssid net --time-server t", device);
		const roof = { thing: "roof", data: ".isobar" };
		expect(seen.identity).toEqual({
			...roof,
			endpoint: "h",
			port: 8883,
			profile: "development",
			ssid: "net",
			timeServer: "t",
		});
		await bench.run("flash --board esp32 --port /dev/ttyUSB0 --thing roof --no-build", device);
		expect(seen.flash).toEqual({
			...roof,
			board: "esp32",
			port: "/dev/ttyUSB0",
			station: "station.ts",
			profile: "development",
			build: false,
		});
	});

	test.each([
		["flash --thing a --board esp32", /required option '--port <PORT>' not specified/],
		["identity --thing a", /required option '--endpoint <HOST>' not specified/],
		["build --profile shiny", /Allowed choices are development, production/],
	])("%s is one line and exit code 2", async (line, expected) => {
		expect(await bench.run(line, device)).toBe(2);
		expect(bench.err).toMatch(expected);
		expect(bench.err).toMatch(/^isobar: [^\n]+\n$/);
	});

	test("an endpoint that the local cloud does not answer to is refused", async () => {
		expect(await bench.run("identity --thing roof --endpoint elsewhere --data DIR")).toBe(2);
		expect(bench.err).toMatch(
			/^isobar: --endpoint: the local cloud in \S+ does not answer to elsewhere; expected one of localhost, .*127\.0\.0\.1/,
		);
	});

	test("what is missing for a build is told line by line, with exit code 1", async () => {
		bench.surroundings = bareMachine;
		expect(await bench.run("identity --thing roof --endpoint localhost --data DIR")).toBe(1);
		expect(existsSync(join(bench.dataDir, "things/roof.crt"))).toBe(true);
		expect(bench.err).toBe(
			'isobar: IDF_PATH is not set: the image of an identity is made by ESP-IDF; ". $IDF_PATH/export.sh" in this shell\n',
		);
	});
});
