import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
	boardNamed,
	buildNeeds,
	FlashFault,
	flashDevice,
	flashNeeds,
	imageDevice,
	makeIdentity,
	requireFlashable,
	type Surroundings,
} from "../../manifests/flash.ts";
import { identityFiles, identityLines, writeIdentityLines } from "../../manifests/identity.ts";
import { runSteps, stepText } from "../../manifests/steps.ts";

const packageRoot = join(__dirname, "../..");

let folder: string;
let said: string[];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "isobar-flash-"));
	said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A machine on which nothing is installed and nothing plugged in, but for what is given. */
function machine(own: Partial<Surroundings> = {}): Surroundings {
	return {
		environment: {},
		ask: () => undefined,
		ports: () => [],
		mayUse: () => false,
		...own,
	};
}

/** A machine with everything: folders that look like SDK and ESP-IDF, tools that answer. */
function equipped(): Surroundings {
	const sdk = join(folder, "moddable");
	const idf = join(folder, "idf");
	const bin = join(folder, "bin");
	const generator = join(idf, "components/nvs_flash/nvs_partition_generator");
	for (const one of [join(sdk, "tools"), bin, generator]) mkdirSync(one, { recursive: true });
	writeFileSync(join(sdk, "tools", "VERSION"), "8.2.3\n");
	for (const name of ["mcconfig", "riscv32-esp-elf-gcc"]) writeFileSync(join(bin, name), "");
	writeFileSync(join(generator, "nvs_partition_gen.py"), "");
	return machine({
		environment: { MODDABLE: sdk, IDF_PATH: idf, PATH: `/nowhere:${bin}` },
		ask: ([program]) => (program === "git" ? "v6.0.2" : "esptool v5.1.0\n5.1.0"),
		ports: () => ["/dev/ttyUSB0"],
		mayUse: (port) => port === "/dev/ttyUSB0",
	});
}

function workplace(here: Surroundings, isDryRun = false) {
	return {
		packageRoot,
		outDir: join(folder, "out"),
		isDryRun,
		here,
		say: (line: string) => void said.push(line),
	};
}

/** The directory of a local cloud that knows one thing. */
function cloudData(): string {
	const data = join(folder, "data, mine");
	mkdirSync(join(data, "things"), { recursive: true });
	for (const name of ["ca.crt", "things/roof.crt", "things/roof.key"]) {
		writeFileSync(join(data, name), `PEM of ${name}`);
	}
	return data;
}

describe("what is needed", () => {
	test("a bare machine: each need with what is wrong and the step that mends it", () => {
		const needs = [...buildNeeds(machine()), ...flashNeeds(machine())];
		expect(needs.map(({ name, found, isMet }) => `${name}: ${found} ${isMet}`)).toEqual([
			"Moddable SDK: MODDABLE is not set false",
			"mcconfig: not on the PATH false",
			"ESP-IDF: IDF_PATH is not set false",
			"compilers: none of ESP-IDF's on the PATH false",
			"ESP-IDF: IDF_PATH is not set false",
			"esptool: python has no module esptool false",
			"NVS generator: not there false",
			"serial port: no board is plugged in false",
		]);
		for (const { step } of needs) expect(step).not.toBe("");
	});

	test("an equipped machine: all are met", () => {
		const here = equipped();
		expect([...buildNeeds(here), ...flashNeeds(here)].filter(({ isMet }) => !isMet)).toEqual([]);
	});

	test.each([
		["v5.4.1", "v5.4.1 in "],
		["v6.1", "v6.1 in "],
	])("another ESP-IDF, %s, is told with the one expected", (version, found) => {
		const here = { ...equipped(), ask: () => version };
		const need = buildNeeds(here).find(({ name }) => name === "ESP-IDF")!;
		expect(need.isMet).toBe(false);
		expect(need.found).toContain(found);
		expect(need.found).toContain("expected v6.0");
	});

	test("another SDK is told with the one expected", () => {
		const here = equipped();
		writeFileSync(join(folder, "moddable/tools/VERSION"), "7.0.0\n");
		expect(buildNeeds(here)[0]).toMatchObject({
			isMet: false,
			found: expect.stringContaining("expected 8.2"),
		});
	});

	test("a port that belongs to somebody else is no missing cable", () => {
		const here = machine({ ports: () => ["/dev/ttyACM0"] });
		expect(flashNeeds(here).at(-1)).toMatchObject({
			found: "/dev/ttyACM0, not for this user",
			step: expect.stringContaining("dialout"),
		});
	});
});

describe("build", () => {
	const board = boardNamed("esp32c6");

	test("says all that is missing at once", () => {
		expect(() => imageDevice(board, "main.js", "development", workplace(machine()))).toThrow(
			/^Moddable SDK: .*\nmcconfig: .*\nESP-IDF: .*\ncompilers: /,
		);
	});

	test("a dry run prints the commands and makes nothing", () => {
		imageDevice(board, "main.js", "development", workplace(machine(), true));
		const out = join(folder, "out", "esp32c6");
		expect(said).toEqual([
			`(cd ${out} && mcconfig -p esp32/esp32c6 -t build -o ${out} manifest.json)`,
			`(cd ${out} && make -f ${out}/tmp/esp32/esp32c6/release/esp32c6/makefile build)`,
		]);
		expect(() => statSync(out)).toThrow("ENOENT");
	});

	test("without a bundle there is nothing to build", () => {
		const bundle = join(folder, "main.js");
		const place = workplace(equipped());
		expect(() => imageDevice(board, bundle, "development", place)).toThrow(/no device bundle/);
	});
});

describe("identity", () => {
	test("lines for the generator, as it reads them", () => {
		const data = cloudData();
		const lines = identityLines({
			thing: "roof",
			endpoint: "broker.local",
			port: 8883,
			data,
			wifi: { ssid: 'Net, "ours"', password: "a b" },
			site: { name: "Roof", latitude: 37.7, longitude: -105.92, heightM: 2317 },
			timeServer: "ntp.local",
		});
		expect(lines.split("\n")).toEqual([
			"key,type,encoding,value",
			"isobar,namespace,,",
			"thing,data,string,roof",
			"endpoint,data,string,broker.local",
			"port,data,string,8883",
			`authority,file,binary,"${data}/ca.crt"`,
			`certificate,file,binary,"${data}/things/roof.crt"`,
			`key,file,binary,"${data}/things/roof.key"`,
			"time,data,string,ntp.local",
			'ssid,data,string,"Net, ""ours"""',
			'password,data,string,"a b"',
			"site,data,string,Roof",
			"latitude,data,string,37.7",
			"longitude,data,string,-105.92",
			"height,data,string,2317",
			"",
		]);
	});

	const roof = { thing: "roof", endpoint: "broker.local", port: 8883 };

	test.each(["", "x".repeat(256), "two\nlines"])(
		"a text that no entry takes is refused",
		(endpoint) => {
			const data = cloudData();
			expect(() => identityLines({ ...roof, endpoint, data })).toThrow(/identity: endpoint/);
		},
	);

	test("with a claim: the certificate of the batch, its template, and what the device says", () => {
		const data = cloudData();
		mkdirSync(join(data, "claims"));
		for (const name of ["batch.crt", "batch.key"]) writeFileSync(join(data, "claims", name), "");
		const claim = { template: "batch", parameters: { SerialNumber: "42" } };
		const lines = identityLines({ ...roof, data, claim }).split("\n");
		expect(lines).toContain(`certificate,file,binary,"${data}/claims/batch.crt"`);
		expect(lines).toContain(`key,file,binary,"${data}/claims/batch.key"`);
		expect(lines).toContain("template,data,string,batch");
		expect(lines).toContain('parameters,data,string,"{""SerialNumber"":""42""}"');
	});

	test("a thing that nobody made is refused by the file that is missing", () => {
		const data = cloudData();
		expect(() => identityLines({ ...roof, thing: "shed", data })).toThrow(/no file .*shed\.crt/);
	});

	test("what the generator reads is for this user only", () => {
		const files = identityFiles(folder, "roof");
		writeIdentityLines(files, { ...roof, data: cloudData() });
		expect(statSync(files.lines).mode & 0o777).toBe(0o600);
		expect(statSync(join(folder, "identities")).mode & 0o777).toBe(0o700);
		expect(readFileSync(files.lines, "utf8")).not.toContain("PEM of");
	});

	test("says that ESP-IDF is needed", () => {
		const options = { ...roof, data: cloudData() };
		expect(() => makeIdentity(options, "development", workplace(machine()))).toThrow(
			/IDF_PATH is not set/,
		);
	});

	test("a dry run prints the command of ESP-IDF's generator with the size of the partition", () => {
		const image = makeIdentity(
			{ ...roof, data: cloudData() },
			"development",
			workplace(equipped(), true),
		);
		expect(image).toBe(join(folder, "out/identities/roof.bin"));
		expect(said).toHaveLength(1);
		expect(said[0]).toMatch(/nvs_partition_gen\.py generate \S+roof\.csv \S+roof\.bin 0x6000$/);
	});

	test("in production it is encrypted, with keys that go to their own partition", () => {
		const here = equipped();
		const place = workplace(here, true);
		makeIdentity({ ...roof, data: cloudData() }, "production", place);
		flashDevice(boardNamed("esp32"), "/dev/ttyUSB0", "roof", "production", place);
		const out = join(folder, "out/identities");
		expect(said.slice(0, 2)).toEqual([
			expect.stringMatching(`generate-key --keyfile roof.bin --outdir ${out}$`),
			expect.stringMatching(
				`encrypt ${out}/roof.csv ${out}/roof.bin 0x6000 --inputkey ${out}/keys/roof.bin$`,
			),
		]);
		expect(said[3]).toContain(` 0x17000 ${out}/keys/roof.bin `);
	});

	test("the lines with the password are gone when the generator has run, or failed", () => {
		const options = { ...roof, data: cloudData(), wifi: { ssid: "a", password: "b" } };
		// The generator of this machine is an empty file, and there may be no python at all.
		try {
			makeIdentity(options, "development", workplace(equipped()));
		} catch (error) {
			expect(error).toBeInstanceOf(FlashFault);
		}
		expect(() => statSync(join(folder, "out/identities/roof.csv"))).toThrow("ENOENT");
	});
});

describe("flash", () => {
	test("a dry run prints every command with the offsets of this chip and this table", () => {
		flashDevice(
			boardNamed("esp32"),
			"/dev/ttyUSB0",
			"roof",
			"development",
			workplace(machine(), true),
		);
		const out = join(folder, "out");
		const image = `${out}/esp32/bin/esp32/nodemcu/release/esp32`;
		const files = [
			`0x1000 ${image}/bootloader.bin`,
			`0x8000 ${image}/partition-table.bin`,
			`0xf000 ${image}/ota_data_initial.bin`,
			`0x11000 ${out}/identities/roof.bin`,
			`0x20000 ${image}/xs_esp32.bin`,
		].join(" ");
		const esptool = "python -m esptool --chip esp32 --port /dev/ttyUSB0";
		expect(said).toEqual([
			`${esptool} chip-id`,
			`${esptool} --baud 460800 write-flash ${files}`,
			`${esptool} --baud 460800 verify-flash ${files}`,
			`python -m esp_idf_monitor --port /dev/ttyUSB0 --baud 115200 ${image}/xs_esp32.elf`,
		]);
	});

	test("the chips with RISC-V start at 0", () => {
		flashDevice(
			boardNamed("esp32c3"),
			"/dev/ttyACM0",
			"roof",
			"development",
			workplace(machine(), true),
		);
		expect(said[1]).toContain("write-flash 0x0 ");
	});

	/** An equipped machine with this chip at its port, or none that answers. */
	function withChip(answer: string | undefined): ReturnType<typeof workplace> {
		const here = equipped();
		const ask = (command: readonly string[]) =>
			command.includes("chip-id") ? answer : here.ask(command);
		return workplace({ ...here, ask });
	}

	function makeFile(path: string): void {
		mkdirSync(join(path, ".."), { recursive: true });
		writeFileSync(path, "");
	}

	const esp32 = boardNamed("esp32");
	const identity = (): string => join(folder, "out/identities/roof.bin");

	test("a port that is not there is answered with those there are", () => {
		const place = workplace(equipped());
		expect(() => requireFlashable(esp32, "/dev/ttyUSB7", "roof", place)).toThrow(
			"--port: /dev/ttyUSB7 cannot be used; there are /dev/ttyUSB0",
		);
		const bare = workplace(machine());
		expect(() => requireFlashable(esp32, "/dev/ttyUSB7", "roof", bare)).toThrow(
			"--port: /dev/ttyUSB7 cannot be used; no board is plugged in",
		);
	});

	test("what was not made is not flashed, and the command that makes it is told", () => {
		const place = workplace(equipped());
		expect(() => requireFlashable(esp32, "/dev/ttyUSB0", "roof", place)).toThrow(
			/roof\.bin; "isobar identity --thing roof" makes it/,
		);
		expect(() => flashDevice(esp32, "/dev/ttyUSB0", "roof", "development", place)).toThrow(
			/xs_esp32\.bin; "isobar build --board esp32" makes it/,
		);
	});

	test.each([
		["Chip type:          ESP32-C3 (QFN32) (revision v0.4)", "ESP32-C3", "esp32c3"],
		["Detecting chip type... ESP32-S3\nChip is ESP32-S3 (QFN56)", "ESP32-S3", "esp32s3"],
	])("another chip is told with the board that has it: %s", (answer, chip, board) => {
		makeFile(identity());
		expect(() => requireFlashable(esp32, "/dev/ttyUSB0", "roof", withChip(answer))).toThrow(
			`--board: esp32 has an esp32, but an ${chip} answers at /dev/ttyUSB0; expected --board ${board}`,
		);
	});

	test("a chip that no board has, and one that does not answer", () => {
		makeFile(identity());
		const ask = (answer: string | undefined) => () =>
			requireFlashable(esp32, "/dev/ttyUSB0", "roof", withChip(answer));
		expect(ask("Chip type: ESP32-P4")).toThrow("no board of ours has it");
		expect(ask(undefined)).toThrow("no chip answers at /dev/ttyUSB0; hold BOOT");
	});

	test.each(["Chip type: ESP32-D0WD-V3 (revision v3.1)", "Chip is ESP32-D0WDQ6-V3", "ESP32"])(
		"the right chip is taken: %s",
		(answer) => {
			makeFile(identity());
			requireFlashable(esp32, "/dev/ttyUSB0", "roof", withChip(answer));
		},
	);
});

describe("steps", () => {
	test("are printed as a shell takes them", () => {
		const command = ["echo", "a b", "it's", "plain"];
		expect(stepText({ title: "say", command, directory: "/x y", environment: { A: "1 2" } })).toBe(
			"(cd '/x y' && A='1 2' echo 'a b' 'it'\\''s' plain)",
		);
	});

	test("end at the first that fails, with its hint", () => {
		const steps = [
			{ title: "first", command: [process.execPath, "-e", ""] },
			{ title: "second", command: [process.execPath, "-e", "process.exit(3)"], hint: "try again" },
			{ title: "third", command: ["never"] },
		];
		expect(() => runSteps(steps, (line) => said.push(line))).toThrow(
			new FlashFault("second: ended with 3; try again"),
		);
		expect(said).toHaveLength(2);
	});

	test("a program that is not there is named", () => {
		const steps = [{ title: "only", command: ["isobar-no-such-program"] }];
		expect(() => runSteps(steps, () => {})).toThrow(/only: .*ENOENT/);
	});
});
