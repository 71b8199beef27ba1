import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import garden from "../../../examples/own-sensor/station.ts";
import standard from "../../../examples/station.ts";
import { computeBudget, type StationDefinition, storedOf } from "../../../firmware/index.ts";
import { CommandBench } from "../../support/command.ts";

/** The partition of manifests/partitions.csv: 1 MiB in blocks of 4 KiB. */
const partition = {
	size: 1_048_576,
	blocks: 256,
	blockLength: 4_096,
	writeAlign: 4,
	eraseValue: 0xff,
};

/** The command with a station that needs no compiler. */
class BuildBench extends CommandBench {
	override loadStation(): Promise<CommandBench["station"]> {
		return Promise.resolve(this.station);
	}
}

let bench: BuildBench;
beforeEach(() => {
	bench = new BuildBench();
});
afterEach(() => bench.end());

async function outboxOf(definition: StationDefinition) {
	bench.station = { definition, parts: {} };
	bench.out = "";
	const file = join(process.cwd(), "examples/station.ts");
	expect(await bench.run(`build --station ${file} --data DIR --json`)).toBe(0);
	const { outbox } = JSON.parse(bench.out);
	return outbox;
}

describe("what a build says of the outbox", () => {
	test("is computed from channels, cadence and partition; at least 14 days of the core channels a minute apart", async () => {
		const outbox = await outboxOf(standard);
		const usage = { channels: 7, groups: 1, bootsPerDay: 1 };
		expect(outbox).toEqual({
			channels: 7,
			partitionBytes: partition.size,
			own: computeBudget(partition, { ...usage, observationSeconds: 5, reportSeconds: 30 }),
			minutely: computeBudget(partition, { ...usage, observationSeconds: 60, reportSeconds: 600 }),
			lossWindow: 0,
			lossSeconds: 0,
		});
		expect(outbox.minutely.days).toBeGreaterThanOrEqual(14);
		expect(outbox.minutely.years).toBeGreaterThanOrEqual(10);
	}, 120_000);

	test("is printed for people, beside rooms, options and what is left out", async () => {
		bench.station = { definition: standard, parts: {} };
		const file = join(process.cwd(), "examples/station.ts");
		expect(await bench.run(`build --station ${file} --bundle DIR/b --data DIR`)).toBe(0);
		for (const line of [
			/^Bundle of \S+station\.ts: \S+\/b\/main\.js$/m,
			/^ {2}outbox +[\d,]+$/m,
			/^ {2}BME280 +[\d,]+$/m,
			/^left out$/m,
			/^outbox: 1,048,576 bytes hold 21,000 observations of 7 channels$/m,
			/^ {2}at the cadence of this station {2}1\.2 days without a broker, 20,161 writes a day, flash good for \S.* years$/m,
			/^ {2}at one observation a minute {5}14\.6 days without a broker, 1,585 writes a day, flash good for \S.* years$/m,
			/^ {2}a power cut takes {15}no observation$/m,
		]) {
			expect(bench.out).toMatch(line);
		}
	}, 120_000);

	test("a loss window makes writes fewer, and is stated in observations and seconds", async () => {
		const { own, lossWindow, lossSeconds } = await outboxOf({ ...standard, lossWindow: 12 });
		expect(own.writesPerDay).toBeLessThan(10_000);
		expect({ lossWindow, lossSeconds }).toEqual({ lossWindow: 12, lossSeconds: 60 });
		bench.out = "";
		const file = join(process.cwd(), "examples/station.ts");
		expect(await bench.run(`build --station ${file} --data DIR`)).toBe(0);
		expect(bench.out).toMatch(
			/^ {2}a power cut takes {15}12 observations at most, those of 60 seconds$/m,
		);
	}, 120_000);

	test("counts what an observation keeps in flash: not what goes into the health message", () => {
		expect(storedOf(standard)).toEqual({ channels: 7, groups: 1 });
		expect(
			storedOf({ ...standard, derive: ["dewPoint", "precipitationSinceMidnightUtc"] }),
		).toEqual({
			channels: 9,
			groups: expect.any(Number),
		});
		expect(storedOf(garden)).toEqual({ channels: 4, groups: 2 });
	});

	test("a station whose pins the board has not is refused before anything is built", async () => {
		bench.station = { definition: { ...standard, board: "esp32c3" }, parts: {} };
		expect(await bench.run("build --station s.ts --board esp32c3 --data DIR")).toBe(2);
		expect(bench.out).toBe("");
		expect(bench.err).toMatch(/^isobar: s\.ts: buses\.i2c\.data: pin 21 is no pin for a bus/);
		bench.err = "";
		expect(await bench.run("build --station s.ts --board uno --data DIR")).toBe(1);
		expect(bench.err).toMatch(/^isobar: --board: no board "uno"; there are esp32 /);
	});

	test("a dry run prints the commands, builds nothing and needs nothing", async () => {
		bench.station = { definition: standard, parts: {} };
		expect(await bench.run("build --station s.ts --board esp32 --data DIR --dry-run")).toBe(0);
		expect(bench.out).toMatch(/^\(cd \/\S+ && mcconfig .*\)\n\(cd \/\S+ && make .*\)\n$/);
	});
});
