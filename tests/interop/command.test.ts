import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Command, PackageBench } from "../support/package.ts";

const bench = new PackageBench();
beforeAll(() => bench.build());
afterAll(() => bench.end());

let cwd: string;
beforeEach(() => {
	cwd = mkdtempSync(join(tmpdir(), "isobar-command-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const quick = "up --port 0 --sample 1 --observe 1 --report 2 --json";

function write(name: string, text: string): void {
	writeFileSync(join(cwd, name), text);
}

function archived(): { thing: string; sequence: number }[] {
	const text = readFileSync(join(cwd, ".isobar/archive/observations.jsonl"), "utf8");
	return text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
}

describe("the command in a process of its own", () => {
	test("after a SIGKILL it goes on: nothing twice, no sequence number given twice, none lost", async () => {
		const first = bench.start(`${quick} --stations 3`, cwd);
		await first.printed(/station-0003 {2}link: up/);
		await new Promise((resolve) => setTimeout(resolve, 4_500));
		first.signal("SIGKILL");
		expect(await first.ended).toBeNull();
		const second = bench.start(`${quick} --stations 3 --for 4s`, cwd);
		expect(await second.ended).toBe(0);
		const { observations } = JSON.parse(second.out);
		expect(observations).toMatchObject({ lost: 0, duplicates: 0 });
		const rows = archived();
		for (const thing of ["station-0001", "station-0002", "station-0003"]) {
			const sequences = rows.filter((row) => row.thing === thing).map((row) => row.sequence);
			expect(new Set(sequences).size).toBe(sequences.length);
			expect(Math.max(...sequences) - Math.min(...sequences) + 1).toBe(sequences.length);
			expect(sequences.length).toBeGreaterThanOrEqual(6);
		}
	});

	test("SIGTERM is a Ctrl-C, and the second one ends it", async () => {
		const polite = bench.start(`${quick} --stations 1`, cwd);
		await polite.printed(/link: up/);
		polite.signal("SIGTERM");
		expect(await polite.ended).toBe(0);
		expect(JSON.parse(polite.out).observations).toMatchObject({ lost: 0, duplicates: 0 });
		// What waits cannot be reported to anybody there, so that the first one takes its time.
		const nowhere = "--broker mqtts://localhost:1 --ca .isobar/ca.crt --cert-dir .isobar/things";
		const hasty = bench.start(`up --stations 1 --sample 1 --observe 1 --report 2 ${nowhere}`, cwd);
		await hasty.printed(/link: ConnectionRefused/);
		await new Promise((resolve) => setTimeout(resolve, 1_500));
		hasty.signal("SIGINT");
		await hasty.printed(/Ctrl-C ends at once/);
		hasty.signal("SIGINT");
		expect(await hasty.ended).toBe(130);
	});
});

const garden = `
import { defineStation, sensor } from "isobar/firmware";
import { BME280 } from "isobar/sensors";
import type { Parts } from "isobar/simulator";
import { SoilProbe } from "./soil.ts";

export default defineStation({
	board: "esp32",
	buses: { i2c: { data: 21, clock: 22 } },
	sensors: [
		sensor(BME280, { bus: "i2c", address: 0x76 }),
		sensor(SoilProbe, { pin: 36, configure: { scale: 2 } }),
	],
	cadence: { sampleSeconds: 1, observeSeconds: 1, reportSeconds: 2 },
	channels: [
		{
			name: "soilMoisture",
			unit: "%",
			key: "S",
			perUnit: 10,
			aggregate: "mean",
			minimum: 0,
			maximum: 100,
			group: "soil",
			property: "moisture",
			in: "observation",
		},
	],
	site: { name: "Garden", latitude: 50, longitude: 8, heightM: 100 },
});

export const parts: Parts = {
	SoilProbe: (_surroundings, hardware) => ({
		kind: "analog",
		millivolts: () => ("scale" in hardware ? 1650 : 0),
	}),
};
`;

const soil = `
import type { Analog, AnalogConstructor, AnalogOptions, Part, Sample, Sensor, SensorOptions } from "isobar/firmware";

export class SoilProbe implements Sensor {
	static readonly part: Part = { name: "SoilProbe", io: "Analog", channels: ["soilMoisture"] };
	readonly #io: Analog;
	#scale = 1;

	constructor({ sensor: { io: Io, ...options } }: SensorOptions<AnalogConstructor, AnalogOptions>) {
		this.#io = new Io(options);
	}

	configure({ scale = 1 }: { scale?: number }): void {
		this.#scale = scale;
	}

	start(): number {
		return 0;
	}

	sample(into: Sample): Sample {
		into.soil = { moisture: (this.#io.read() / 4095) * 50 * this.#scale };
		return into;
	}

	close(): void {
		this.#io.close();
	}
}
`;

describe("--station", () => {
	function up(file: string, more = ""): Command {
		return bench.start(`up --station ${file} --port 0 --stations 1 --for 3s --json${more}`, cwd);
	}

	test("takes a user's own file with a sensor and its part, from any folder", async () => {
		write("garden.ts", garden);
		write("soil.ts", soil);
		mkdirSync(join(cwd, "elsewhere"));
		const command = up("garden.ts");
		expect([await command.ended, command.err]).toEqual([0, expect.stringContaining("Garden")]);
		const rows = archived() as { soilMoisture?: number | null; airTemperature?: number }[];
		expect(rows.some(({ soilMoisture }) => soilMoisture === 50)).toBe(true);
		expect(rows.at(-1)!.airTemperature).toBeLessThan(0);
		cpSync(join(cwd, "garden.ts"), join(cwd, "elsewhere/garden.ts"));
		cpSync(join(cwd, "soil.ts"), join(cwd, "elsewhere/soil.ts"));
		const quicker = up("elsewhere/garden.ts", " --sample 1 --observe 2 --report 2");
		expect([await quicker.ended, quicker.err]).toEqual([
			0,
			expect.stringContaining("observe every 2 s"),
		]);
	});

	test.each([
		["no file", "", /^--station: no file station\.ts; expected a station file$/],
		[
			"a type error",
			garden.replace("address:", "addres:"),
			/^--station: station\.ts:11:32: .*'addres' does not exist/,
		],
		[
			"a wrong option",
			garden.replace("scale: 2", "scal: 2"),
			/^--station: station\.ts:12:45: .*'scal' does not exist/,
		],
		[
			"a pin taken twice",
			garden.replace("pin: 36", "pin: 22"),
			/^--station: station\.ts: station: sensor SoilProbe: pin: pin 22 is taken by buses\.i2c\.clock$/,
		],
		[
			"no part",
			garden.replace(/export const parts[\s\S]*/, ""),
			/^--station: sensor SoilProbe: no simulated part SoilProbe; expected the station file to export one in `parts`$/,
		],
		[
			"no station",
			"export const a = 1;",
			/^--station: station\.ts has no station as its default export; expected `export default defineStation/,
		],
		["a syntax error", "export default {", /^--station: station\.ts:1:17: '}' expected\.$/],
		["something thrown", "throw new Error('no luck');", /^--station: station\.ts: no luck$/],
		[
			"an import that the chip has not",
			"import { x } from './x.js'; export default x;",
			/^--station: .*x\.js.* imports "node:fs"; expected isobar\/firmware, isobar\/sensors, isobar\/simulator or a file of your own$/,
		],
	])("%s is one line and exit code 2", async (_name, text, expected) => {
		if (text !== "") write("station.ts", text);
		write("soil.ts", soil);
		write("x.js", "import fs from 'node:fs'; export const x = fs;");
		const command = up("station.ts");
		expect(await command.ended).toBe(2);
		expect(command.out).toBe("");
		expect(command.err).toMatch(/^isobar: [^\n]+\n$/);
		expect(command.err.slice(8, -1)).toMatch(expected);
	});

	test("each of several mistakes has its line", async () => {
		write(
			"station.ts",
			garden.replace("pin: 36", "pin: 'x'").replace("heightM: 100", "heightM: 'x'"),
		);
		write("soil.ts", soil.replace("return 0;", "return 'x';"));
		const command = up("station.ts");
		expect(await command.ended).toBe(2);
		const lines = command.err.trimEnd().split("\n");
		expect(lines.map((line) => line.replace(/: Type.*/, ""))).toEqual([
			"isobar: --station: station.ts:12:23",
			"isobar: --station: station.ts:29:54",
			"isobar: --station: soil.ts:18:3",
		]);
	});
});
