import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import station from "../../examples/station.ts";
import { Limits } from "../../firmware/limits.ts";
import { boardFaults, boards, type PinnedStation } from "../../manifests/boards.ts";
import { boardNamed, type Profile, prepareBuild, sdkconfigFiles } from "../../manifests/build.ts";
import { parsePartitions, partitionNamed } from "../../manifests/partitions.ts";

const folder = join(__dirname, "../../manifests");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

/** The station of the examples with another board, pin or bus. */
function changed(change: Partial<PinnedStation>): PinnedStation {
	return { ...station, ...change };
}

describe("boards", () => {
	test("the station of the examples fits the board it names", () => {
		expect(boardFaults(boardNamed(station.board), station)).toEqual([]);
	});

	test("a station for another board is refused before its pins are", () => {
		expect(boardFaults(boardNamed("esp32c3"), station)).toEqual([
			'board: the station is made for "esp32", not for "esp32c3"',
		]);
	});

	test("each pin is held against what the board has", () => {
		const elsewhere = changed({ board: "esp32c3" });
		expect(boardFaults(boardNamed("esp32c3"), elsewhere)).toEqual([
			"buses.i2c.data: pin 21 is no pin for a bus of ESP32-C3 DevKitM-1; it has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
			"buses.i2c.clock: pin 22 is no pin for a bus of ESP32-C3 DevKitM-1; it has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
			"sensor RainGauge: pin 27 is no free pin of ESP32-C3 DevKitM-1; it has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
			"sensor Anemometer: pin 26 is no free pin of ESP32-C3 DevKitM-1; it has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
			"sensor WindVane: pin 34 is no analog input of ESP32-C3 DevKitM-1; it has 0, 1, 2, 3, 4",
			"sensor Battery: pin 35 is no analog input of ESP32-C3 DevKitM-1; it has 0, 1, 2, 3, 4",
		]);
	});

	test("a bus cannot be on pins that only read", () => {
		const onInputs = changed({ buses: { i2c: { data: 34, clock: 22 } }, sensors: [] });
		expect(boardFaults(boardNamed("esp32"), onInputs)).toHaveLength(1);
	});

	test("an unknown board is answered with those there are", () => {
		expect(() => boardNamed("uno")).toThrow(/no board "uno"; there are esp32 \(ESP32 DevKitC\), /);
	});

	test.each(boards)("$name: the lists of pins agree, and there is a manifest", (board) => {
		for (const pin of [...board.inputPins, ...board.analogPins]) expect(board.pins).toContain(pin);
		expect(new Set(board.pins).size).toBe(board.pins.length);
		expect(JSON.parse(read(`${board.name}.json`)).include).toContain("./chip.json");
	});
});

describe("partitions.csv", () => {
	const table = parsePartitions(read("partitions.csv"));

	test("lies behind the table, without overlaps, within 4 MiB", () => {
		let end = 0x9000;
		for (const { offset, size } of table) {
			expect(offset).toBeGreaterThanOrEqual(end);
			expect(size % 4096).toBe(0);
			end = offset + size;
		}
		expect(end).toBeLessThanOrEqual(4 * 1024 * 1024);
	});

	test("has two slots of one size where the chip can map them", () => {
		const [first, second] = ["ota_0", "ota_1"].map((name) => partitionNamed(table, name));
		expect(first!.size).toBe(second!.size);
		for (const slot of [first!, second!]) expect(slot.offset % 0x10000).toBe(0);
	});

	test("has no more blocks for the outbox than the outbox can keep in mind", () => {
		expect(partitionNamed(table, "outbox").size / 4096).toBeLessThanOrEqual(Limits.outboxBlocks);
	});

	test("keeps the identity apart from what the firmware writes", () => {
		expect(partitionNamed(table, "identity")).toMatchObject({ type: "data", subtype: "nvs" });
		expect(partitionNamed(table, "nvs")).toMatchObject({ type: "data", subtype: "nvs" });
	});

	test("a line without numbers is refused", () => {
		expect(() => parsePartitions("nvs, data, nvs, , 24K\n")).toThrow(
			"partitions: nvs, data, nvs, , 24K",
		);
		expect(() => partitionNamed(table, "spare")).toThrow("no partition spare");
	});
});

describe("sdkconfig", () => {
	/** Options of a profile as they count: the last line of each. */
	function options(profile: Profile): Map<string, string> {
		const lines = sdkconfigFiles(profile).flatMap((file) => read(`sdkconfig/${file}`).split("\n"));
		const set = lines.filter((line) => !/^(#|$)/.test(line)).map((line) => line.split("="));
		return new Map(set.map(([name, value]) => [name!, value!]));
	}

	test("mcconfig overlooks every line with a #, so none of them may be an option", () => {
		for (const file of sdkconfigFiles("production")) {
			const lines = read(`sdkconfig/${file}`).split("\n");
			expect(lines.filter((line) => /^#.*CONFIG_/.test(line))).toEqual([]);
			for (const line of lines.filter((line) => !/^(#|$)/.test(line))) {
				expect(line).toMatch(/^CONFIG_\w+=\S+$/);
			}
		}
	});

	/** What has a bootloader or a start of ESP-IDF 6.0 write fuses, by their Kconfig names. */
	const burns =
		/^CONFIG_(SECURE_|NVS_|.*EFUSE|.*ANTI_ROLLBACK|ESP32_DISABLE_BASIC_ROM_CONSOLE|.*HMAC)/;

	test("the development profile burns no fuse, in no manifest", () => {
		const burning = [...options("development")].filter(
			([name, value]) => burns.test(name) && value !== "n",
		);
		expect(burning).toEqual([]);
		for (const { name } of boards) expect(read(`${name}.json`)).not.toMatch(/SDKCONFIG|FUSE/i);
		expect(JSON.parse(read("chip.json")).build.SDKCONFIGPATH).toBe("./sdkconfig");
	});

	test("a main loop that hangs, a supply that dips and an image that fails are resets with a reason", () => {
		const development = options("development");
		const wanted = {
			ESP_TASK_WDT_EN: "y",
			ESP_TASK_WDT_INIT: "y",
			ESP_TASK_WDT_PANIC: "y",
			ESP_INT_WDT: "y",
			BOOTLOADER_WDT_ENABLE: "y",
			BOOTLOADER_APP_ROLLBACK_ENABLE: "y",
			ESP_BROWNOUT_DET: "y",
		};
		for (const [name, value] of Object.entries(wanted)) {
			expect([name, development.get(`CONFIG_${name}`)]).toEqual([name, value]);
		}
		// A handshake takes up to five seconds of the loop; no turn may take half of the watchdog's time.
		expect(Number(development.get("CONFIG_ESP_TASK_WDT_TIMEOUT_S"))).toBeGreaterThanOrEqual(10);
	});

	test("the production profile has all three, and releases none of them half", () => {
		const production = options("production");
		for (const name of [
			"SECURE_BOOT",
			"SECURE_BOOT_V2_ENABLED",
			"SECURE_FLASH_ENC_ENABLED",
			"SECURE_FLASH_ENCRYPTION_MODE_RELEASE",
			"NVS_ENCRYPTION",
		]) {
			expect([name, production.get(`CONFIG_${name}`)]).toEqual([name, "y"]);
		}
		for (const [name, value] of production) {
			expect(`${name}=${value}`).not.toMatch(/ALLOW|MODE_DEVELOPMENT|INSECURE/);
		}
	});

	test("a production build takes both files, a development build none of its own", () => {
		const outDir = mkdtempSync(join(tmpdir(), "isobar-profile-"));
		const packageRoot = join(folder, "..");
		const bundle = join(outDir, "main.js");
		writeFileSync(bundle, "");
		const manifest = (profile: Profile): { include: string[] } => {
			prepareBuild({ board: boardNamed("esp32"), packageRoot, bundle, outDir, profile });
			return JSON.parse(readFileSync(join(outDir, "esp32/manifest.json"), "utf8"));
		};
		expect(manifest("development").include).toEqual([join(packageRoot, "manifests/esp32.json")]);
		const [, last] = manifest("production").include;
		const { SDKCONFIGPATH } = JSON.parse(readFileSync(last!, "utf8")).build;
		const text = readFileSync(join(SDKCONFIGPATH, "sdkconfig.defaults"), "utf8");
		expect(text).toContain(read("sdkconfig/sdkconfig.defaults"));
		expect(text).toContain(read("sdkconfig/production.defaults"));
		rmSync(outDir, { recursive: true });
	});
});
