import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

/**
 * The C that only a chip can run, seen by a compiler all the same: each file in each form that a
 * board or a profile of ours gives it. Headers of XS and of ESP-IDF are stood in for by two of our own.
 */
const native = join(__dirname, "../../firmware/platform/moddable/native");
const linux = join(__dirname, "../../manifests/linux");
const stubs = join(__dirname, "../native/stubs");
const warnings = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Wformat=2", "-Werror"];

/** Files and what is defined for them; the TLS engine itself is compiled, and run, by tests/interop. */
const forms: readonly (readonly [file: string, form: string, ...defines: string[]])[] = [
	["identity.c", "development"],
	["identity.c", "production", "CONFIG_NVS_ENCRYPTION=1"],
	["chip.c", "ESP32, ESP32-S3", "SOC_PM_SUPPORT_EXT0_WAKEUP=1", "SOC_PM_SUPPORT_EXT1_WAKEUP=1"],
	["chip.c", "ESP32-C6", "SOC_PM_SUPPORT_EXT1_WAKEUP=1"],
	["chip.c", "ESP32-C3", "SOC_GPIO_SUPPORT_HP_PERIPH_PD_SLEEP_WAKEUP=1"],
	["analog.c", "ESP32"],
	["analog.c", "the others", "ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED=1"],
	["pulsecount.c", "all"],
	["tls_xs.c", "all", "ESP_PLATFORM=1"],
	["tls_xs.c", "Linux"],
];

let folder: string;

/** The stub that has what a header of others has. */
function stubOf(header: string): string {
	if (/^(xs|mc\.xs|builtin)/.test(header)) return "xs.h";
	return header === "glib.h" || header === "screen.h" ? "glib.h" : "espidf.h";
}

/** Every header that is not our own becomes one that includes a stub. */
function writeHeaders(): void {
	const own = new Set(readdirSync(native));
	const paths = [...new Set(forms.map(([name]) => join(native, name)))];
	for (const path of [...paths, ...linuxFiles()]) {
		const text = readFileSync(path, "utf8");
		for (const [, header] of text.matchAll(/^#include (?:"(.+)"|<glib\.h>)$/gm)) {
			writeHeader(header ?? "glib.h", own);
		}
	}
}

function writeHeader(header: string, own: ReadonlySet<string>): void {
	if (own.has(header)) return;
	const path = join(folder, "include", header);
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `#include "${join(stubs, stubOf(header))}"\n`);
}

function linuxFiles(): string[] {
	const names = readdirSync(linux).filter((name) => name.endsWith(".c"));
	return names.map((name) => join(linux, name));
}

/** What the compiler says of a file; empty when it finds nothing. */
function complaints(path: string, defines: readonly string[]): string {
	const words = [...warnings, ...defines.map((one) => `-D${one}`)];
	try {
		execFileSync(
			"cc",
			[...words, `-I${join(folder, "include")}`, `-I${native}`, "-c", path, "-o", "/dev/null"],
			{ encoding: "utf8", stdio: "pipe" },
		);
		return "";
	} catch (error) {
		return (error as { stderr: string }).stderr;
	}
}

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "isobar-chip-"));
	writeHeaders();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the C of the chip compiles without a warning", () => {
	test.each(forms)("%s: %s", (file, _form, ...defines) => {
		expect(complaints(join(native, file), defines)).toBe("");
	});

	test("and so does that of the firmware on Linux", () => {
		const paths = linuxFiles();
		expect(paths.length).toBeGreaterThan(1);
		expect(paths.map((path) => complaints(path, [])).join("")).toBe("");
	});

	test("no file is left out", () => {
		const seen = new Set(forms.map(([file]) => file));
		const rest = readdirSync(native).filter((name) => name.endsWith(".c") && !seen.has(name));
		expect(rest.filter((name) => !/^tls(_(config|reason|session|verify))?\.c$/.test(name))).toEqual(
			[],
		);
	});

	test.each([
		["identity.c", "secure_init_partition(partition, &keys)", "secure_init_partition(partition)"],
		["identity.c", "read_security_cfg(holder, &keys)", "read_security_cfg(&keys, holder)"],
		[
			"identity.c",
			"esp_err_t error = NULL == holder",
			"int unused; esp_err_t error = NULL == holder",
		],
	])("and is seen: %s with a fault in what only production has", (file, right, wrong) => {
		const text = readFileSync(join(native, file), "utf8");
		expect(text).toContain(right);
		const path = join(folder, file);
		writeFileSync(path, text.replace(right, wrong));
		expect(complaints(path, ["CONFIG_NVS_ENCRYPTION=1"])).toMatch(/error:/);
		expect(complaints(path, [])).toBe("");
	});
});
