import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import garden from "../../examples/own-sensor/station.ts";
import station from "../../examples/station.ts";
import { ChannelTable, featuresOf, type StationDefinition } from "../../firmware/index.ts";
import { bundleDevice } from "../../manifests/bundle.ts";
import { features } from "../../manifests/features.ts";
import { costOf, type ModuleGraph } from "../../manifests/sizes.ts";

const packageRoot = join(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "isobar-bundle-"));
afterAll(() => rmSync(folder, { recursive: true }));

const keysOf = (definition: StationDefinition): string[] =>
	Object.entries(featuresOf(definition))
		.filter(([, isAsked]) => isAsked)
		.map(([key]) => key);

const bundle = (file: string, definition: StationDefinition, keys = keysOf(definition)) =>
	bundleDevice({
		packageRoot,
		station: file,
		drivers: definition.sensors.map(({ name }) => name),
		features: keys,
		outDir: join(folder, "out"),
	});

const usual = join(packageRoot, "examples/station.ts");

describe("a bundle for the chip", () => {
	let usualCode: string;
	let usualBundle: ReturnType<typeof bundle>;
	beforeAll(async () => {
		usualBundle = bundle(usual, station);
		usualCode = readFileSync((await usualBundle).path, "utf8");
	}, 120_000);

	test("has the drivers and features that the station uses, and no other", async () => {
		const made = await usualBundle;
		const code = usualCode;
		for (const used of ["class BME280", "class RainGauge", "class WindVane", "encodeReport("]) {
			expect(code).toContain(used);
		}
		for (const unused of ["SCD4x", "SPS30", "WindWindows", "DayTotals", "DutyCycle"]) {
			expect(code).not.toContain(`class ${unused}`);
		}
		expect(code).toContain('Error("dense reports: left out of this image")');
		expect(code).not.toMatch(/node:|isobar\/simulator/);
		expect(made.options.map(({ name }) => name)).toEqual([
			...station.sensors.map(({ name }) => name),
			"reports in columns",
		]);
		expect(made.leftOut.map(({ name }) => name)).toEqual([
			"dense reports",
			"wind over 2 and 10 minutes",
			"rain over 10 minutes",
			"totals since midnight",
			"deep sleep between observations",
		]);
		for (const { bytes } of [...made.options, ...made.leftOut]) expect(bytes).toBeGreaterThan(0);
		const sum = made.rooms.reduce((total, { bytes }) => total + bytes, 0);
		expect(sum).toBeGreaterThan(0.95 * made.bytes);
		expect(sum).toBeLessThanOrEqual(made.bytes);
	}, 120_000);

	test("what a sensor costs is what the bundle is smaller without it", async () => {
		const text = readFileSync(usual, "utf8");
		const file = join(folder, "without.ts");
		writeFileSync(file, text.replace(/\n.*sensor\(BME280.*\n/, "\n").replace("BME280, ", ""));
		const { bytes, options } = await usualBundle;
		const cost = options.find(({ name }) => name === "BME280")!.bytes;
		const without = await bundle(file, { ...station, sensors: station.sensors.slice(1) });
		// With it go a line of the station file, and what only it uses of modules that others need too.
		const saved = bytes - without.bytes;
		expect(cost).toBeLessThanOrEqual(saved);
		expect(cost).toBeGreaterThan(0.9 * saved);
	}, 120_000);

	test("takes a driver of one's own and every feature that is asked for, and leaves the simulated part on the desktop", async () => {
		const all = features.map(({ key }) => key);
		const made = await bundle(join(packageRoot, "examples/own-sensor/station.ts"), garden, all);
		const code = readFileSync(made.path, "utf8");
		expect(made.leftOut).toEqual([]);
		expect(code).not.toContain("left out of this image");
		expect(code).toContain("class SoilProbe");
		expect(code).not.toContain("SoilPart");
		expect(made.options[1]).toMatchObject({ name: "SoilProbe" });
	}, 120_000);

	test("a station that needs what the chip has not is refused with one line", async () => {
		const file = join(folder, "foreign.ts");
		writeFileSync(file, 'import * as it from "isobar/simulator";\nexport default { it };\n');
		await expect(bundle(file, station)).rejects.toThrow(
			"bundle: the station needs isobar/simulator, which is not on the chip",
		);
	}, 120_000);
});

describe("featuresOf", () => {
	const derived = new ChannelTable([], undefined);
	const names = Array.from({ length: derived.length }, (_, index) => derived.at(index))
		.filter(({ group }) => group === "derived")
		.map(({ name }) => name);

	test("there are channels to derive", () => {
		expect(names.length).toBeGreaterThan(10);
	});

	test.each(names)("%s asks for what computes it, and for nothing else", (name) => {
		const asked = keysOf({ ...station, derive: [name] });
		const expected = /^wind.*Minutes$/.test(name)
			? ["windOverMinutes"]
			: name === "precipitationRate10Minutes"
				? ["rainRate"]
				: /SinceMidnight/.test(name)
					? ["dayTotals"]
					: [];
		expect(asked).toEqual(["columnReports", ...expected]);
	});

	test("a station on a battery asks for its sleep", () => {
		expect(keysOf({ ...station, power: "solar" })).toEqual(["columnReports", "dutyCycle"]);
	});

	test("a report has one form", () => {
		expect(keysOf({ ...station, payload: "dense" })).toEqual(["denseReports"]);
	});

	test("every feature is in a module that exports it", () => {
		for (const { key, module, symbol } of features) {
			expect(Object.keys(featuresOf(station))).toContain(key);
			const text = readFileSync(join(packageRoot, module), "utf8");
			expect(text).toMatch(new RegExp(`^export (function|class) ${symbol}\\b`, "m"));
		}
		expect(features).toHaveLength(Object.keys(featuresOf(station)).length);
	});
});

test("costOf: what two share goes with neither, what one alone needs goes with it", () => {
	const module = (bytes: number, ...imports: string[]) => ({ bytes, imports });
	const graph: ModuleGraph = new Map([
		["main", module(1, "a", "b", "c", "unused")],
		["a", module(10, "shared", "own")],
		["b", module(100, "shared")],
		["c", module(1_000, "own2")],
		["own", module(10_000)],
		["own2", module(20_000)],
		["shared", module(100_000)],
		["unused", module(0, "own2")],
	]);
	expect(costOf("a", graph, "main")).toBe(10_010);
	expect(costOf("b", graph, "main")).toBe(100);
	expect(costOf("c", graph, "main")).toBe(21_000);
});
