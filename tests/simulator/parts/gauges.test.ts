import { describe, expect, test } from "@jest/globals";
import { catalogue } from "../../../sensors/catalogue.ts";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import { createPart } from "../../../simulator/parts/catalogue.ts";
import { BatteryPart, BucketPart, CupPart, VanePart } from "../../../simulator/parts/gauges.ts";
import { blankConditions, noise, uniform } from "../../../simulator/parts/part.ts";
import type { Conditions } from "../../../simulator/weather/conditions.ts";
import { quiet } from "../../support/bench.ts";

function surroundings(conditions: Partial<Conditions>, random = quiet) {
	return {
		weather: { at: (_: number, into: Conditions) => Object.assign(into, conditions) },
		random,
	};
}

describe("simulated bucket", () => {
	test("starts at no particular level and tips once for each bucketful", () => {
		const conditions = { precipitationTotal: 100 };
		const bucket = new BucketPart(surroundings(conditions), { mmPerTip: 0.5 });
		expect(bucket.pulses(0, 0)).toBe(0);
		conditions.precipitationTotal = 100.24;
		expect(bucket.pulses(1, 0)).toBe(0);
		conditions.precipitationTotal = 100.26;
		expect(bucket.pulses(2, 0)).toBe(1);
		conditions.precipitationTotal = 110.26;
		expect(bucket.pulses(3, 0)).toBe(21);
	});

	test.each(["stuck", "unplugged"] as const)(
		"with fault %s the rain is lost, not saved up",
		(fault) => {
			const conditions = { precipitationTotal: 0 };
			const bucket = new BucketPart(surroundings(conditions), { mmPerTip: 1 });
			bucket.pulses(0, 0);
			bucket.fault = fault;
			conditions.precipitationTotal = 10;
			expect(bucket.pulses(1, 0)).toBe(0);
			bucket.fault = undefined;
			conditions.precipitationTotal = 11;
			expect(bucket.pulses(2, 0)).toBe(1);
		},
	);
});

describe("simulated cups", () => {
	test("turn with the wind between two reads, not with the wind at a read", () => {
		const weather = {
			at: (time: number, into: Conditions) =>
				Object.assign(into, { windSpeed: time % 2000 === 0 ? 50 : 10 }),
		};
		const cups = new CupPart({ weather, random: quiet }, { metresPerPulse: 1 });
		expect(cups.pulses(0, 0)).toBe(0);
		expect(cups.pulses(2000, 0)).toBe(20);
		expect(cups.pulses(4000, 0)).toBe(40);
	});

	test("look at the wind at most 16 times, however long nobody reads", () => {
		let looks = 0;
		const weather = {
			at: (_: number, into: Conditions) => {
				looks += 1;
				return Object.assign(into, { windSpeed: 2 });
			},
		};
		const cups = new CupPart({ weather, random: quiet }, { metresPerPulse: 1 });
		cups.pulses(0, 0);
		expect(cups.pulses(86_400_000, 0)).toBe(172_800);
		expect(looks).toBe(16);
	});

	test.each(["stuck", "unplugged"] as const)("with fault %s give no pulse", (fault) => {
		const cups = new CupPart(surroundings({ windSpeed: 10 }));
		cups.pulses(0, 0);
		cups.fault = fault;
		expect(cups.pulses(10_000, 0)).toBe(0);
		cups.fault = undefined;
		expect(cups.pulses(11_000, 0)).toBe(15);
	});
});

describe("a switch that bounces", () => {
	test.each([
		[0, 3],
		[4, 3],
		[5, 1],
	])("an input with a debounce of %d ms counts %d pulses for one", (debounceMs, expected) => {
		const conditions = { precipitationTotal: 0, windSpeed: 1 };
		const bucket = new BucketPart(surroundings(conditions), { mmPerTip: 1 });
		const cups = new CupPart(surroundings(conditions), { metresPerPulse: 1 });
		bucket.fault = "bounce";
		cups.fault = "bounce";
		bucket.pulses(0, debounceMs);
		cups.pulses(0, debounceMs);
		conditions.precipitationTotal = 1;
		expect(bucket.pulses(1000, debounceMs)).toBe(expected);
		expect(cups.pulses(1000, debounceMs)).toBe(expected);
	});
});

describe("simulated vane", () => {
	test("stays where it was when the wind is too weak to turn it, or it is stuck", () => {
		const conditions = { windSpeed: 5, windDirection: 90 };
		const vane = new VanePart(surroundings(conditions));
		const east = vane.millivolts(0);
		conditions.windDirection = 270;
		conditions.windSpeed = 0.1;
		expect(vane.millivolts(1)).toBe(east);
		conditions.windSpeed = 5;
		vane.fault = "stuck";
		expect(vane.millivolts(2)).toBe(east);
		vane.fault = undefined;
		expect(vane.millivolts(3)).toBeGreaterThan(east);
	});

	test("without its cable only the pull-up is left, without supply nothing", () => {
		const vane = new VanePart(surroundings({ windSpeed: 5, windDirection: 0 }), { supplyMv: 3000 });
		vane.fault = "unplugged";
		expect(vane.millivolts(0)).toBe(3000);
		vane.fault = "power";
		expect(vane.millivolts(0)).toBe(0);
	});
});

test("simulated divider halves the battery", () => {
	expect(new BatteryPart(surroundings({ batteryVoltage: 4 })).millivolts(0)).toBe(2000);
});

describe("noise", () => {
	test("has mean 0, deviation 1 and an end at 3.5", () => {
		const random = new RandomStream(11);
		let sum = 0;
		let squares = 0;
		for (let draw = 0; draw < 100_000; draw++) {
			const value = noise(random);
			sum += value;
			squares += value * value;
			if (Math.abs(value) > 3.5) throw new Error(`noise of ${value}`);
		}
		expect(Math.abs(sum / 100_000)).toBeLessThan(0.02);
		expect(Math.abs(squares / 100_000 - 1)).toBeLessThan(0.02);
	});

	test("of a quiet source is none", () => {
		expect(noise(quiet)).toBe(0);
		expect(uniform(quiet)).toBe(0.5);
	});
});

describe("catalogue of simulated parts", () => {
	test.each(Object.keys(catalogue))("has a part for %s", (name) => {
		expect(createPart(name, surroundings(blankConditions()))).toBeDefined();
	});

	test.each(["BMP085", "toString", "__proto__"])("has none for %s", (name) => {
		expect(createPart(name, surroundings(blankConditions()))).toBeUndefined();
	});
});
