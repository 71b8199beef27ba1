import {
	appendFileSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { buildLinux, type Surroundings } from "../../manifests/flash.ts";
import { linuxNeeds, prepareLinux } from "../../manifests/linuxbuild.ts";
import { ArchiveTail, rowText } from "../../simulator/commands/archivetail.ts";
import { CommandBench } from "../support/command.ts";

const packageRoot = join(__dirname, "../..");

let folder: string;
let said: string[];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "isobar-linux-"));
	said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const bare: Surroundings = {
	environment: {},
	ask: () => undefined,
	ports: () => [],
	mayUse: () => false,
};

/** A machine with everything that the firmware for Linux needs. */
function equipped(): Surroundings {
	const sdk = join(folder, "moddable");
	const bin = join(folder, "bin");
	for (const one of [join(sdk, "tools"), bin]) mkdirSync(one, { recursive: true });
	writeFileSync(join(sdk, "tools", "VERSION"), "8.2.3\n");
	for (const name of ["mcconfig", "cc", "make"]) writeFileSync(join(bin, name), "");
	const answers: Readonly<Record<string, string>> = {
		"--modversion": "2.74.6",
		"--cflags": "-I/glib",
		"--libs": "-lglib-2.0",
		"-E": '#define MBEDTLS_VERSION_STRING         "2.28.3"',
	};
	return { ...bare, environment: { MODDABLE: sdk, PATH: bin }, ask: ([, what]) => answers[what!] };
}

const files = () => ({
	bundle: "/out/bundle/main.js",
	thing: "linux-0001",
	endpoint: "127.0.0.1",
	port: 8883,
	data: join(folder, "data"),
});
const place = (here: Surroundings, isDryRun = false) => ({
	packageRoot,
	outDir: join(folder, "out"),
	isDryRun,
	here,
	say: (line: string) => void said.push(line),
});

describe("the firmware for Linux", () => {
	test("a bare machine: everything that is missing, each with its step, before anything is built", () => {
		expect(() => buildLinux(files(), place(bare))).toThrow(
			[
				"Moddable SDK: MODDABLE is not set; get release 8.2 of Moddable-OpenSource/moddable, build its tools, and set MODDABLE to its folder",
				'mcconfig: not on the PATH; add $MODDABLE/build/bin/lin/release (mac: "mac") to PATH',
				"cc: not on the PATH; sudo apt install gcc libc6-dev",
				"make: not on the PATH; sudo apt install make",
				"GLib: no headers of it; sudo apt install libglib2.0-dev pkg-config",
				"libmbedtls: no headers of it; sudo apt install libmbedtls-dev",
			].join("\n"),
		);
		expect(said).toEqual([]);
	});

	test("a machine with everything has what it needs", () => {
		expect(linuxNeeds(equipped()).filter(({ isMet }) => !isMet)).toEqual([]);
	});

	test("a dry run prints the commands, with this thing and this cloud", () => {
		const program = buildLinux(files(), place(equipped(), true));
		const out = join(folder, "out", "linux");
		expect(said).toEqual([
			`(cd ${out} && mcconfig -p lin -t build -o ${out} manifest.json thing=linux-0001 endpoint=127.0.0.1 port=8883 files=${folder}/data)`,
			`(cd ${out} && make -f ${out}/tmp/lin/mc/release/linux/makefile build)`,
			`cc -std=gnu11 -O1 -o ${out}/run ${packageRoot}/manifests/linux/run.c -I${folder}/moddable/build/simulators/modules -I/glib -lglib-2.0 -ldl`,
		]);
		expect(program).toEqual({
			library: `${out}/bin/lin/mc/release/linux/mc.so`,
			runner: `${out}/run`,
		});
	});

	test("the manifest is that of Linux, with the bundle as the program", () => {
		prepareLinux({ ...files(), ...place(bare) });
		const manifest = readFileSync(join(folder, "out/linux/manifest.json"), "utf8");
		expect(JSON.parse(manifest)).toEqual({
			include: [join(packageRoot, "manifests/linux.json")],
			modules: { main: "/out/bundle/main" },
		});
	});
});

describe("isobar device", () => {
	test.each([
		["device", 2, /required option '--platform <NAME>'/],
		["device --platform mac", 2, /Allowed choices are lin/],
		["device --platform lin --port 0", 2, /whole number from 1 to 65535/],
		["device --platform lin --data DIR", 1, /^isobar: Moddable SDK: .+\n(isobar: .+\n){5}$/],
	])("%s ends with %i and says why", async (line, code, text) => {
		const bench = new CommandBench();
		bench.surroundings = bare;
		expect(await bench.run(line)).toBe(code);
		expect(bench.err).toMatch(text);
		expect(bench.out).toBe("");
		bench.end();
	});
});

describe("ArchiveTail", () => {
	const path = () => join(folder, "observations.jsonl");
	const line = (thing: string, sequence: number): string =>
		`${JSON.stringify({ thing, sequence, time: null })}\n`;
	const sequences = (tail: ArchiveTail) => tail.read().map(({ sequence }) => sequence);

	test("gives what one thing has got since it was made, line by whole line", () => {
		writeFileSync(path(), line("roof", 1));
		const tail = new ArchiveTail(folder, "roof");
		expect(sequences(tail)).toEqual([]);
		const [begin, end] = [line("roof", 3).slice(0, 9), line("roof", 3).slice(9)];
		appendFileSync(path(), line("roof", 2) + line("cellar", 2) + begin);
		expect(sequences(tail)).toEqual([2]);
		appendFileSync(path(), end);
		expect(sequences(tail)).toEqual([3]);
		expect(tail).toMatchObject({ count: 2, duplicates: 0 });
	});

	test("waits for an archive, goes on in a new segment, and counts what comes twice", () => {
		const tail = new ArchiveTail(folder, "roof");
		expect(sequences(tail)).toEqual([]);
		writeFileSync(path(), line("roof", 7) + line("roof", 8));
		expect(sequences(tail)).toEqual([7, 8]);
		renameSync(path(), join(folder, "observations-000001.jsonl"));
		writeFileSync(path(), line("roof", 8));
		expect(sequences(tail)).toEqual([]);
		expect(tail).toMatchObject({ count: 2, duplicates: 1 });
	});

	test("a row for people has each value, or why there is none", () => {
		const row = {
			thing: "roof",
			sequence: 5,
			time: "2026-11-28T02:00:00.000Z",
			periodSeconds: 5,
			timeQuality: 3,
			airTemperature: 4.5,
			windSpeed: null,
			reasons: { windSpeed: "nack" },
		};
		expect(rowText(row)).toBe("2026-11-28T02:00:00.000Z 5: airTemperature 4.5, windSpeed nack");
	});
});
