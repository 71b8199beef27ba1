import { describe, expect, test } from "@jest/globals";
import type { Ticks } from "../../firmware/ports/clock.ts";
import type { PulseCount, PulseCountConstructor } from "../../firmware/ports/io.ts";
import { Anemometer } from "../../sensors/anemometer.ts";
import { Battery } from "../../sensors/battery.ts";
import { PotentiometerVane } from "../../sensors/potentiometervane.ts";
import { RainGauge, type RainGaugeOptions } from "../../sensors/raingauge.ts";
import { WindVane } from "../../sensors/windvane.ts";
import { RandomStream } from "../../simulator/kernel/random.ts";
import { Bench } from "../support/bench.ts";

/** A counter that the test turns to any value. */
function counter(): { count: number; PulseCount: PulseCountConstructor } {
	const state = {
		count: 0,
		PulseCount: class implements PulseCount {
			read(): number {
				return state.count | 0;
			}
			close(): void {}
		},
	};
	return state;
}

function gaugeOn(state: ReturnType<typeof counter>, options: RainGaugeOptions = {}) {
	const sensor = new RainGauge({ sensor: { io: state.PulseCount, signal: 25 } });
	sensor.configure(options);
	sensor.start(0 as Ticks);
	return (seconds: number): number | undefined => {
		const now = (seconds * 1000) as Ticks;
		sensor.start(now);
		return sensor.sample({}, now)!.rainGauge!.precipitation;
	};
}

describe("RainGauge", () => {
	test("and bucket agree: the tips of a day of rain are the rain", () => {
		const bench = new Bench(RainGauge, { configuration: { mmPerTip: 0.2 } });
		const sensor = bench.create();
		let rain = 0;
		for (let sample = 0; sample < 43_200; sample++) {
			bench.conditions.precipitationTotal += sample % 1000 < 500 ? 0.004 : 0;
			rain += bench.round(sensor)!.rainGauge!.precipitation!;
			bench.advance(2000);
		}
		expect(Math.abs(rain - bench.conditions.precipitationTotal)).toBeLessThan(0.2);
		expect(rain / 0.2).toBeCloseTo(Math.round(rain / 0.2), 6);
	});

	test("and bucket agree at the heaviest rain of WMO-No. 8 Annex 1.A, 2000 mm/h", () => {
		const bench = new Bench(RainGauge);
		const sensor = bench.create();
		bench.round(sensor);
		let rain = 0;
		for (let sample = 0; sample < 1800; sample++) {
			bench.conditions.precipitationTotal += 2000 / 1800;
			bench.advance(2000);
			rain += bench.round(sensor)!.rainGauge!.precipitation!;
		}
		expect(Math.abs(rain - 2000)).toBeLessThan(0.3);
	});

	test("with a debounce of 20 ms a switch that bounces counts once", () => {
		const rain = [20, 0].map((debounce) => {
			const bench = new Bench(RainGauge, { configuration: { mmPerTip: 1 }, debounce });
			const sensor = bench.create();
			bench.part.fault = "bounce";
			bench.round(sensor);
			bench.conditions.precipitationTotal = 4;
			bench.advance(60_000);
			return bench.round(sensor)!.rainGauge!.precipitation;
		});
		expect(rain).toEqual([4, 12]);
	});

	test("no rain is 0 mm, not a missing value", () => {
		const sample = gaugeOn(counter());
		expect([sample(0), sample(2), sample(4)]).toEqual([0, 0, 0]);
	});

	test("what tipped since the driver was made is in the first sample", () => {
		const state = counter();
		state.count = 1000;
		const sample = gaugeOn(state, { mmPerTip: 0.5 });
		state.count = 1001;
		expect(sample(0)).toBe(0.5);
	});

	test("a counter that wraps at 2^31 goes on", () => {
		const state = counter();
		state.count = 0x7fff_fffe;
		const sample = gaugeOn(state, { mmPerTip: 1 });
		state.count += 3;
		expect(sample(10)).toBe(3);
		state.count = -1;
		expect(() => sample(20)).toThrow(expect.objectContaining({ reason: "range" }));
		state.count = 1;
		expect(sample(30)).toBe(2);
	});

	test("after a reset of the counter the tips since the reset count", () => {
		const state = counter();
		state.count = 500;
		const sample = gaugeOn(state, { mmPerTip: 1 });
		state.count = 2;
		expect(sample(10)).toBe(2);
		state.count = 3;
		expect(sample(20)).toBe(1);
	});

	test("more tips than rain can make are refused and forgotten", () => {
		const state = counter();
		const sample = gaugeOn(state, { mmPerTip: 1, maximumRate: 3600 });
		state.count = 11;
		expect(sample(10)).toBe(11);
		state.count = 23;
		expect(() => sample(20)).toThrow("12 tips, at most 11 can be rain");
		state.count = 24;
		expect(sample(30)).toBe(1);
	});

	test("the rate is over the time since the last sample, however long", () => {
		const state = counter();
		const sample = gaugeOn(state, { mmPerTip: 1, maximumRate: 3600 });
		state.count = 3000;
		expect(sample(3600)).toBe(3000);
	});

	test.each<[RainGaugeOptions, string]>([
		[{ mmPerTip: 0 }, "RainGauge mmPerTip: expected 0.01..10, got 0"],
		[{ maximumRate: Number.NaN }, "RainGauge maximumRate: expected 1..100000, got NaN"],
	])("%j is refused: %s", (options, line) => {
		expect(() => gaugeOn(counter(), options)).toThrow(line);
	});
});

describe("Anemometer", () => {
	test.each([0.5, 1, 5, 20, 75, 149])("and cups agree at %d m/s", (windSpeed) => {
		const bench = new Bench(Anemometer);
		bench.conditions.windSpeed = windSpeed;
		const sensor = bench.create();
		bench.round(sensor);
		bench.advance(60_000);
		const { speed } = bench.round(sensor)!.anemometer!;
		expect(Math.abs(speed! - windSpeed)).toBeLessThanOrEqual(2.4 / 3.6 / 60);
	});

	test("gives the mean of a wind that changes between two samples", () => {
		const bench = new Bench(Anemometer);
		bench.weather = (time, into) =>
			Object.assign(into, bench.conditions, { windSpeed: (time / 1000) % 20 });
		const sensor = bench.create();
		bench.round(sensor);
		bench.advance(20_000);
		expect(bench.round(sensor)!.anemometer!.speed).toBeCloseTo(10, 0);
	});

	test("cups that stand still are 0 m/s, not a missing value", () => {
		const bench = new Bench(Anemometer);
		bench.conditions.windSpeed = 0.1;
		const sensor = bench.create();
		bench.round(sensor);
		bench.advance(2000);
		expect(bench.round(sensor)!.anemometer!.speed).toBe(0);
	});

	test("the first sample counts for a second, so that a station has wind from its first round on", () => {
		const state = counter();
		const sensor = new Anemometer({ sensor: { io: state.PulseCount, signal: 25 } });
		sensor.configure({ metresPerPulse: 1 });
		expect(sensor.start(500 as Ticks)).toBe(1000);
		state.count += 3;
		expect(sensor.sample({}, 1500 as Ticks)!.anemometer!.speed).toBe(3);
		expect(sensor.start(2500 as Ticks)).toBe(0);
	});

	test("a sample without a start is none", () => {
		const { PulseCount } = counter();
		const sensor = new Anemometer({ sensor: { io: PulseCount, signal: 25 } });
		expect(sensor.sample({}, 500 as Ticks)).toBeUndefined();
	});

	test("two samples at one moment: the second is none", () => {
		const bench = new Bench(Anemometer);
		const sensor = bench.create();
		bench.round(sensor);
		expect(sensor.sample({}, bench.now)).toBeUndefined();
	});

	test("a counter that wraps goes on, one that was reset begins again", () => {
		const state = counter();
		state.count = 0x7fff_ffff;
		const sensor = new Anemometer({ sensor: { io: state.PulseCount, signal: 25 } });
		sensor.configure({ metresPerPulse: 1 });
		const sample = (seconds: number) => sensor.sample({}, (seconds * 1000) as Ticks)!;
		sensor.start(0 as Ticks);
		state.count += 4;
		expect(sample(2).anemometer!.speed).toBe(2);
		// A reset of a negative count can look like a storm of pulses; it is null all the same.
		state.count = 1;
		expect(() => sample(4)).toThrow(expect.objectContaining({ reason: "range" }));
		state.count = 3;
		expect(sample(6).anemometer!.speed).toBe(1);
		state.count = 1;
		expect(sample(8)).toMatchObject({ missing: "silent", anemometer: { speed: undefined } });
		state.count = 3;
		expect(sample(10).anemometer!.speed).toBe(1);
	});

	test("pulses faster than wind are refused, and the next sample is measured from there", () => {
		const state = counter();
		const sensor = new Anemometer({ sensor: { io: state.PulseCount, signal: 25 } });
		sensor.configure({ metresPerPulse: 1, maximumSpeed: 75 });
		const sample = (seconds: number) => sensor.sample({}, (seconds * 1000) as Ticks)!;
		sensor.start(0 as Ticks);
		state.count = 151;
		expect(() => sample(2)).toThrow(expect.objectContaining({ reason: "range" }));
		state.count = 301;
		expect(sample(4).anemometer!.speed).toBe(75);
	});
});

describe("WindVane", () => {
	const directions = Array.from({ length: 16 }, (_, position) => position * 22.5);

	test.each(directions)(
		"and ladder agree at %d°, with the noise of the resistors",
		(windDirection) => {
			const bench = new Bench(WindVane, { random: new RandomStream(windDirection) });
			const sensor = bench.create();
			for (const offset of [-11, 0, 11]) {
				bench.conditions.windDirection = (windDirection + offset + 360) % 360;
				bench.round(sensor);
				expect(bench.round(sensor)!.windVane!.direction).toBe(windDirection);
			}
		},
	);

	test("every reading of the converter is the nearest position, or an open or shorted input", () => {
		let reading = 0;
		const Analog = class {
			readonly resolution = 10;
			read = () => reading;
			close(): void {}
		};
		const sensor = new WindVane({ sensor: { io: Analog, pin: 34 } });
		const ohms = [
			33_000, 6_570, 8_200, 891, 1_000, 688, 2_200, 1_410, 3_900, 3_140, 16_000, 14_120, 120_000,
			42_120, 64_900, 21_880,
		];
		const levels = ohms.map((ohm) => (1023 * ohm) / (ohm + 10_000));
		for (reading = 0; reading < 1024; reading++) {
			const distances = [...levels, 0, 1023].map((level) => Math.abs(level - reading));
			const nearest = distances.indexOf(Math.min(...distances));
			if (nearest < 16) expect(sensor.sample({})!.windVane!.direction).toBe(nearest * 22.5);
			else {
				expect(() => sensor.sample({})).toThrow(
					expect.objectContaining({
						reason: "unplugged",
						message: nearest === 16 ? "shorted" : "open",
					}),
				);
			}
		}
	});

	test("another ladder, pull-up, supply and converter", () => {
		const resistorsOhm = Array.from({ length: 16 }, (_, position) => 500 * (position + 1));
		const configuration = { resistorsOhm, pullUpOhm: 4_700, supplyMv: 3000, fullScaleMv: 3300 };
		const bench = new Bench(WindVane, { configuration });
		const sensor = bench.create();
		for (const direction of directions) {
			bench.conditions.windDirection = direction;
			expect(bench.round(sensor)!.windVane!.direction).toBe(direction);
		}
	});

	test.each([
		[{ resistorsOhm: [1000] }, "WindVane number of resistorsOhm: expected 16..16, got 1"],
		[
			{ resistorsOhm: Array(16).fill(1000) },
			"WindVane resistorsOhm: 0° can't be told from its neighbour",
		],
		[{ pullUpOhm: 0 }, "WindVane pullUpOhm: expected 100..1000000, got 0"],
	])("%j is refused: %s", (options, line) => {
		expect(() => new Bench(WindVane).create().configure!(options)).toThrow(line);
	});
});

describe("PotentiometerVane", () => {
	/** The smaller angle between two directions. */
	const apart = (one: number, other: number) => Math.abs(((one - other + 540) % 360) - 180);

	test("and part agree all around, to half of the gap over the gap", () => {
		const bench = new Bench(PotentiometerVane);
		const sensor = bench.create();
		for (let windDirection = 0; windDirection < 360; windDirection += 0.5) {
			bench.conditions.windDirection = windDirection;
			const { direction } = bench.round(sensor)!.windVane!;
			if (!(direction! >= 0 && direction! < 360)) throw new Error(`direction ${direction}`);
			const isOverGap = apart(windDirection, 0) <= 2.5;
			expect(apart(direction!, windDirection)).toBeLessThan(isOverGap ? 5.01 : 0.06);
		}
	});

	test("another potentiometer, supply and gap", () => {
		const configuration = {
			potentiometerOhm: 10_000,
			upperOhm: 2_200,
			lowerOhm: 470,
			deadBand: 12,
			supplyMv: 3000,
		};
		const bench = new Bench(PotentiometerVane, { configuration });
		const sensor = bench.create();
		for (const windDirection of [6, 90, 180, 270, 354]) {
			bench.conditions.windDirection = windDirection;
			expect(apart(bench.round(sensor)!.windVane!.direction!, windDirection)).toBeLessThan(0.1);
		}
	});

	test.each(["unplugged", "power"] as const)("with fault %s of the part: unplugged", (fault) => {
		const bench = new Bench(PotentiometerVane);
		bench.part.fault = fault;
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "unplugged" });
	});

	test.each([
		[{ upperOhm: 0 }, "PotentiometerVane upperOhm: expected 200..1000000, got 0"],
		[{ deadBand: 90 }, "PotentiometerVane deadBand: expected 0..45, got 90"],
	])("%j is refused: %s", (options, line) => {
		expect(() => new Bench(PotentiometerVane).create().configure!(options)).toThrow(line);
	});
});

describe("Battery", () => {
	test.each([0.1, 1, 3, 3.9, 4.2, 6.5])("and divider agree at %d V", (batteryVoltage) => {
		const bench = new Bench(Battery);
		bench.conditions.batteryVoltage = batteryVoltage;
		const { voltage } = bench.round(bench.create())!.battery!;
		// Half a step of 12 bits over 3.3 V, through a divider of 2.
		expect(Math.abs(voltage! - batteryVoltage)).toBeLessThanOrEqual(3.3 / 4095);
	});

	test("a 12 V battery behind 100 kΩ and 22 kΩ", () => {
		const bench = new Bench(Battery, { configuration: { upperOhm: 100_000, lowerOhm: 22_000 } });
		bench.conditions.batteryVoltage = 12.6;
		expect(bench.round(bench.create())!.battery!.voltage).toBeCloseTo(12.6, 2);
	});

	test("millivolt calibration: zero and full scale of the converter", () => {
		let reading = 0;
		const Analog = class {
			readonly resolution = 12;
			read = () => reading;
			close(): void {}
		};
		const sensor = new Battery({ sensor: { io: Analog, pin: 34 } });
		sensor.configure({ upperOhm: 0, zeroMv: 142, fullScaleMv: 3150 });
		reading = 1;
		expect(sensor.sample({})!.battery!.voltage).toBeCloseTo(0.142 + 3.008 / 4095, 6);
		reading = 4094;
		expect(sensor.sample({})!.battery!.voltage).toBeCloseTo(3.15 - 3.008 / 4095, 6);
	});

	test("averages the noise of eight conversions", () => {
		const readings = [2000, 2010, 1990, 2000, 2005, 1995, 2000, 2000];
		const Analog = class {
			readonly resolution = 12;
			read = () => readings.pop()!;
			close(): void {}
		};
		const sensor = new Battery({ sensor: { io: Analog, pin: 34 } });
		sensor.configure({ upperOhm: 0, fullScaleMv: 4095 });
		expect(sensor.sample({})!.battery!.voltage).toBeCloseTo(2, 9);
		expect(readings).toEqual([]);
	});

	test("above full scale: range, not the highest value that can be told", () => {
		const bench = new Bench(Battery);
		bench.conditions.batteryVoltage = 7;
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "range" });
	});

	test("no voltage: unplugged", () => {
		const bench = new Bench(Battery);
		bench.part.fault = "unplugged";
		expect(bench.observe(bench.create())).toEqual({ values: [], reason: "unplugged" });
	});
});
