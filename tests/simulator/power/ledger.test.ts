import { describe, expect, test } from "@jest/globals";
import { catalogue } from "../../../sensors/index.ts";
import { assumed, chipOf, esp32, sensorFigures } from "../../../simulator/power/figures.ts";
import {
	computeLedger,
	type DayCounts,
	daysOf,
	type PowerProfile,
} from "../../../simulator/power/ledger.ts";

const nothing: DayCounts = {
	samples: 0,
	observations: 0,
	reports: 0,
	connects: 0,
	wakes: 0,
	awakeMs: 0,
	radioMs: 0,
	packets: 0,
};
const minutely: DayCounts = {
	samples: 1_440,
	observations: 1_440,
	reports: 144,
	connects: 144,
	wakes: 1_440,
	awakeMs: 100_000,
	radioMs: 80_000,
	packets: 600,
};

describe("the ledger of a day", () => {
	test.each<[PowerProfile, number]>([
		["listening", 24 * esp32.receiveMa],
		["deep-sleep", 24 * esp32.sleepMa],
	])("%s: a station that does nothing takes the current of its state", (profile, mAh) => {
		expect(computeLedger(profile, nothing, []).mAh).toBeCloseTo(mAh, 6);
	});

	test.each(["esp32", "wt32-eth01", "esp32s3", "esp32c3", "esp32c6"])(
		"%s: each board has the currents of its chip",
		(board) => {
			const chip = chipOf(board);
			expect(chip === esp32).toBe(board === "esp32" || board === "wt32-eth01");
			const asleep = computeLedger("deep-sleep", nothing, [], chip).mAh;
			expect(asleep).toBeCloseTo(24 * chip.sleepMa, 6);
			expect(chip.idleMa).toBeLessThan(chip.busyMa);
			expect(chip.busyMa).toBeLessThan(chip.receiveMa);
			expect(chip.receiveMa).toBeLessThan(chip.sendMa);
		},
	);

	test("modem sleep: the processor all day, the radio at each beacon", () => {
		const share = assumed.beacon / assumed.beaconInterval;
		const mean = esp32.idleMa + (esp32.receiveMa - esp32.idleMa) * share;
		expect(computeLedger("modem-sleep", nothing, []).mAh).toBeCloseTo(24 * mean, 6);
	});

	test("deep sleep: a wake-up, an observation and a connection cost what they take of time and current", () => {
		const one = (counts: Partial<DayCounts>): number =>
			computeLedger("deep-sleep", { ...nothing, ...counts }, []).mAh - 24 * esp32.sleepMa;
		const ms = 3_600_000;
		const busy = (esp32.busyMa - esp32.sleepMa) / ms;
		const listening = (esp32.receiveMa - esp32.sleepMa) / ms;
		expect(one({ observations: 1 })).toBeCloseTo(busy * assumed.observe, 9);
		expect(one({ wakes: 1, awakeMs: 12 })).toBeCloseTo(busy * (assumed.boot + 12), 9);
		expect(one({ awakeMs: 700, radioMs: 700 })).toBeCloseTo(listening * 700, 9);
		expect(one({ connects: 1 })).toBeCloseTo(listening * assumed.connect, 9);
	});

	test("the more of it is asleep, the less it takes", () => {
		const [listening, modem, deep] = (["listening", "modem-sleep", "deep-sleep"] as const).map(
			(profile) => computeLedger(profile, minutely, ["BME280"]).mAh,
		);
		expect(listening!).toBeGreaterThan(2 * modem!);
		expect(modem!).toBeGreaterThan(10 * deep!);
	});

	test("a sensor takes its standing current, and for each sample what it measures with", () => {
		const { standingMa, measureMa, measureMs } = sensorFigures.SHT4x!;
		const bare = computeLedger("deep-sleep", minutely, []).mAh;
		const { mAh, entries, unknown } = computeLedger("deep-sleep", minutely, ["SHT4x", "SoilProbe"]);
		expect(mAh - bare).toBeCloseTo(
			24 * standingMa + (1_440 * measureMs * measureMa) / 3_600_000,
			9,
		);
		expect(entries.reduce((sum, entry) => sum + entry.mAh, 0)).toBeCloseTo(mAh, 9);
		expect(unknown).toEqual(["SoilProbe"]);
	});

	test("every figure has a source, and is of a part that there is", () => {
		const names = Object.values(catalogue).map(({ part }) => part.name);
		for (const [name, figures] of Object.entries(sensorFigures)) {
			expect(names).toContain(name);
			expect(figures.source).not.toBe("");
			for (const value of [figures.standingMa, figures.measureMa, figures.measureMs]) {
				expect(value).toBeGreaterThanOrEqual(0);
			}
		}
	});

	test("days are those of what a cold cell gives", () => {
		const ledger = computeLedger("deep-sleep", minutely, []);
		expect(daysOf(3_000, ledger)).toBeCloseTo((0.8 * 3_000) / ledger.mAh, 9);
	});
});
