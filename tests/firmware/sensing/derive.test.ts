import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Epoch } from "../../../firmware/ports/clock.ts";
import {
	absoluteHumidity,
	airDensity,
	altimeterSetting,
	apparentTemperature,
	beaufort,
	dewPoint,
	type EvaporationDay,
	frostPoint,
	heatIndex,
	mixingRatio,
	referenceEvapotranspiration,
	saturationPressure,
	saturationPressureOverIce,
	seaLevelPressure,
	sunPosition,
	tendencyCharacteristic,
	vapourPressure,
	wetBulb,
	windChill,
	windRun,
} from "../../../firmware/sensing/derive.ts";
import {
	extraterrestrialRadiation,
	netRadiation,
	psychrometricConstant,
	saturationAt,
	saturationSlope,
	windAtTwoMetres,
} from "../../../firmware/sensing/evapotranspiration.ts";
import {
	celsius,
	degree,
	megajoulePerSquareMetre,
	metre,
	metrePerSecond,
	pascal,
	percent,
} from "../../../firmware/sensing/units.ts";

const fahrenheit = (value: number): ReturnType<typeof celsius> => celsius((value - 32) / 1.8);
const toFahrenheit = (value: number): number => value * 1.8 + 32;
const mph = (value: number): ReturnType<typeof metrePerSecond> => metrePerSecond(value * 0.44704);
const mmHgPa = 133.322;
const standard = pascal(101_325);

describe("vapour pressure", () => {
	// "Measured and relative humidity at a specified temperature", medicalalgorithms.com: saturated air,
	// absolute humidity in mg/L and vapour pressure in mm Hg at °C.
	test.each([
		[20, 17.3, 17.5],
		[25, 23.0, 23.7],
		[30, 30.4, 31.7],
		[35, 39.6, 42.0],
		[40, 51.1, 55.1],
	])("of saturated air at %p °C and its absolute humidity", (t, absolute, mmHg) => {
		expect(saturationPressure(celsius(t)) / mmHgPa / mmHg).toBeCloseTo(1, 2);
		expect(absoluteHumidity(celsius(t), percent(100)) / absolute).toBeCloseTo(1, 2);
	});

	// GE PM880 hygrometer manual, table A-1, over ice, mm Hg.
	test.each([
		[-1, 4.217],
		[-5, 3.013],
		[-10, 1.95],
		[-15, 1.241],
		[-20, 0.776],
		[-25, 0.476],
		[-40, 0.0966],
	])("over ice at %p °C", (t, mmHg) => {
		expect(saturationPressureOverIce(celsius(t)) / mmHgPa / mmHg).toBeCloseTo(1, 2);
	});

	test("is the share of saturation that the humidity says", () => {
		expect(vapourPressure(celsius(20), percent(50))).toBeCloseTo(
			saturationPressure(celsius(20)) / 2,
			9,
		);
	});

	test.each([
		[-45.1, 50],
		[60.1, 50],
		[20, -0.1],
		[20, 100.1],
		[Number.NaN, 50],
		[20, Number.NaN],
	])("is none at %p °C and %p %%", (t, rh) => {
		expect(vapourPressure(celsius(t), percent(rh))).toBeNaN();
		expect(dewPoint(celsius(t), percent(rh))).toBeNaN();
		expect(frostPoint(celsius(t), percent(rh))).toBeNaN();
		expect(wetBulb(celsius(t), percent(rh), standard)).toBeNaN();
		expect(mixingRatio(celsius(t), percent(rh), standard)).toBeNaN();
		expect(absoluteHumidity(celsius(t), percent(rh))).toBeNaN();
	});
});

describe("dew point", () => {
	// spikevm.com, "Dew and frost point", worked examples with the parameters of WMO-No. 8.
	test.each([
		[21, 60, 12.91],
		[-4, 60, -10.62],
	])("at %p °C and %p %%", (t, rh, expected) => {
		expect(dewPoint(celsius(t), percent(rh))).toBeCloseTo(expected, 1);
	});

	test("is the temperature in saturated air, and never above it", () => {
		fc.assert(
			fc.property(
				fc.double({ min: -40, max: 60, noNaN: true }),
				fc.double({ min: 40, max: 100, noNaN: true }),
				(t, rh) => {
					expect(dewPoint(celsius(t), percent(100))).toBeCloseTo(t, 9);
					const dew = dewPoint(celsius(t), percent(rh));
					if (!Number.isNaN(dew)) expect(dew).toBeLessThanOrEqual(t);
				},
			),
		);
	});

	test("gives back the vapour pressure that it comes from", () => {
		fc.assert(
			fc.property(fc.integer({ min: -20, max: 60 }), fc.integer({ min: 20, max: 100 }), (t, rh) => {
				const dew = dewPoint(celsius(t), percent(rh));
				expect(saturationPressure(dew)).toBeCloseTo(vapourPressure(celsius(t), percent(rh)), 6);
			}),
		);
	});

	test("is none in air without water", () => {
		expect(dewPoint(celsius(20), percent(0))).toBeNaN();
		expect(frostPoint(celsius(20), percent(0))).toBeNaN();
	});
});

describe("frost point", () => {
	test("is where ice has the vapour pressure of the air", () => {
		for (let t = -30; t <= -1; t++) {
			const frost = frostPoint(celsius(t), percent(60));
			expect(saturationPressureOverIce(frost)).toBeCloseTo(
				vapourPressure(celsius(t), percent(60)),
				6,
			);
			expect(frost).toBeGreaterThan(dewPoint(celsius(t), percent(60)));
		}
	});

	test("is none where dew forms", () => {
		expect(frostPoint(celsius(10), percent(60))).toBeNaN();
	});
});

describe("wet bulb", () => {
	// TM 5-3610-285-14: US Weather Bureau table, 30 inches: 68 °F dry and 62 °F wet are 71 %.
	test("of the US Weather Bureau's psychrometric table", () => {
		const wet = wetBulb(fahrenheit(68), percent(71), standard);
		expect(Math.abs(toFahrenheit(wet) - 62)).toBeLessThan(0.3);
	});

	// R. DeC. Ward, "Practical Exercises in Elementary Meteorology", 1899, table I: dry, wet and dew
	// point in whole °F.
	test.each([
		[47, 44, 41],
		[61, 55, 50],
		[62, 56, 52],
	])("dry %p °F and wet %p °F go with a dew point of %p °F", (dry, wet, dew) => {
		const humidity =
			(100 * saturationPressure(fahrenheit(dew))) / saturationPressure(fahrenheit(dry));
		const found = toFahrenheit(wetBulb(fahrenheit(dry), percent(humidity), standard));
		// Half a degree of the dew point is a quarter of one of the wet bulb.
		expect(Math.abs(found - wet)).toBeLessThan(0.5);
	});

	// aqua-calc.com, humidity calculator: 71 °F, 56.69 °F wet, 10.3676 hPa at 1013.25 hPa.
	test("agrees with a calculator that solves another equation", () => {
		const humidity = (100 * 1036.762) / saturationPressure(fahrenheit(71));
		const wet = wetBulb(fahrenheit(71), percent(humidity), standard);
		expect(Math.abs(wet - 13.72)).toBeLessThan(0.15);
	});

	test("lies between dew point and temperature", () => {
		fc.assert(
			fc.property(
				fc.double({ min: -5, max: 50, noNaN: true }),
				fc.double({ min: 10, max: 100, noNaN: true }),
				fc.double({ min: 60_000, max: 105_000, noNaN: true }),
				(t, rh, p) => {
					const wet = wetBulb(celsius(t), percent(rh), pascal(p));
					expect(wet).toBeLessThanOrEqual(t);
					expect(wet).toBeGreaterThanOrEqual(dewPoint(celsius(t), percent(rh)) - 1e-5);
				},
			),
		);
	});
});

// aqua-calc.com, humidity calculator: 10.3676 hPa of 1013.25 hPa are 6.43 g/kg.
test("mixing ratio", () => {
	const humidity = (100 * 1036.762) / saturationPressure(fahrenheit(71));
	expect(mixingRatio(fahrenheit(71), percent(humidity), standard)).toBeCloseTo(6.43, 2);
	expect(mixingRatio(celsius(50), percent(100), pascal(5000))).toBeNaN();
});

describe("heat index", () => {
	// Values of the NWS chart and of its calculator as quoted in MetPy, tests/calc/test_basic.py, °F.
	test.each([
		[80, 40, 80],
		[88, 100, 121],
		[92, 70, 112],
		[110, 40, 136],
		[86, 88, 104],
		[96, 65, 121],
		[86, 45, 87],
		[111, 27, 121],
		[40, 99, 40],
		[96, 60, 116],
	])("NWS: %p °F and %p %% feel like %p °F", (t, rh, expected) => {
		expect(Math.abs(toFahrenheit(heatIndex(fahrenheit(t), percent(rh))) - expected)).toBeLessThan(
			0.6,
		);
	});

	test("takes the adjustments for dry and for humid air", () => {
		const heat = (t: number, rh: number): number =>
			toFahrenheit(heatIndex(fahrenheit(t), percent(rh)));
		// At 95 °F the dry adjustment is (13 - RH) / 4, at 82 °F the humid one (RH - 85) / 10.
		expect(heat(95, 12.999) - heat(95, 9)).toBeGreaterThan(1);
		expect(heat(82, 95) - heat(82, 85)).toBeGreaterThan(1);
	});

	test("grows with humidity, and is none without it", () => {
		expect(heatIndex(celsius(35), percent(60))).toBeGreaterThan(
			heatIndex(celsius(35), percent(40)),
		);
		expect(heatIndex(celsius(35), percent(Number.NaN))).toBeNaN();
		expect(heatIndex(celsius(35), percent(101))).toBeNaN();
		expect(heatIndex(celsius(Number.NaN), percent(50))).toBeNaN();
	});
});

describe("wind chill", () => {
	// The US National Weather Service's chart of 2001: °F, at 5, 10, 15 … 60 mph.
	const chart: readonly (readonly [number, readonly number[]])[] = [
		[40, [36, 34, 32, 30, 29, 28, 28, 27, 26, 26, 25, 25]],
		[30, [25, 21, 19, 17, 16, 15, 14, 13, 12, 12, 11, 10]],
		[20, [13, 9, 6, 4, 3, 1, 0, -1, -2, -3, -3, -4]],
		[10, [1, -4, -7, -9, -11, -12, -14, -15, -16, -17, -18, -19]],
		[0, [-11, -16, -19, -22, -24, -26, -27, -29, -30, -31, -32, -33]],
		[-20, [-34, -41, -45, -48, -51, -53, -55, -57, -58, -60, -61, -62]],
		[-30, [-46, -53, -58, -61, -64, -67, -69, -71, -72, -74, -75, -76]],
		[-45, [-63, -72, -77, -81, -84, -87, -89, -91, -93, -95, -97, -98]],
	];

	test.each(chart)("NWS chart: %p °F", (t, row) => {
		for (const [index, expected] of row.entries()) {
			const chill = toFahrenheit(windChill(fahrenheit(t), mph(5 * (index + 1))));
			// The chart is computed in °F and mph, with coefficients that were rounded there.
			expect(Math.abs(chill - expected)).toBeLessThan(0.65);
		}
	});

	test.each([
		[10.1, 10],
		[0, 4.8 / 3.6],
		[0, 0],
		[Number.NaN, 10],
		[0, Number.NaN],
	])("is none at %p °C and %p m/s", (t, v) => {
		expect(windChill(celsius(t), metrePerSecond(v))).toBeNaN();
	});
});

test("apparent temperature: the terms of the formula", () => {
	const apparent = (t: number, rh: number, v: number): number =>
		apparentTemperature(celsius(t), percent(rh), metrePerSecond(v));
	expect(apparent(30, 0, 0)).toBeCloseTo(26, 9);
	expect(apparent(30, 0, 10) - apparent(30, 0, 0)).toBeCloseTo(-7, 9);
	// 6.105 hPa of vapour at 0 °C and 100 %.
	expect(apparent(0, 100, 0)).toBeCloseTo(0.33 * 6.105 - 4, 9);
	expect(apparent(30, Number.NaN, 1)).toBeNaN();
});

describe("standard atmosphere", () => {
	// engineeringtoolbox.com, "International Standard Atmosphere": m, K, bar, relative density.
	const layers = [
		[-500, 291.4, 1.0748, 1.0489],
		[0, 288.15, 1.01325, 1],
		[500, 284.9, 0.9546, 0.9529],
		[1000, 281.7, 0.8988, 0.9075],
		[1500, 278.4, 0.8456, 0.8638],
		[2000, 275.2, 0.795, 0.8217],
	] as const;

	test.each(layers)(
		"at %p m: sea-level pressure, altimeter setting, density",
		(z, kelvin, bar, share) => {
			const t = celsius(kelvin - 273.15);
			const p = pascal(bar * 1e5);
			expect(Math.abs(seaLevelPressure(p, t, percent(0), metre(z)) - 101_325)).toBeLessThan(20);
			expect(Math.abs(altimeterSetting(p, metre(z)) - 101_325)).toBeLessThan(35);
			expect(airDensity(t, percent(0), p) / 1.225).toBeCloseTo(share, 3);
		},
	);
});

describe("pressure", () => {
	// MetPy, tests/calc/test_basic.py, test_station_pressure_to_altimeter: hPa, m.
	test.each([
		[784.262996, 2000, 1000],
		[838.651657, 1500, 1005],
		[896.037821, 1000, 1010],
		[954.639265, 500, 1013],
	])("altimeter setting from %p hPa at %p m", (p, z, expected) => {
		expect(altimeterSetting(pascal(p * 100), metre(z)) / 100).toBeCloseTo(expected, 2);
	});

	test("vapour makes the column under a station lighter", () => {
		const dry = seaLevelPressure(pascal(95_000), celsius(20), percent(0), metre(500));
		const damp = seaLevelPressure(pascal(95_000), celsius(20), percent(100), metre(500));
		expect(damp).toBeLessThan(dry);
	});

	test.each([-501, 2001, Number.NaN])("is not reduced from %p m", (z) => {
		expect(seaLevelPressure(pascal(80_000), celsius(0), percent(50), metre(z))).toBeNaN();
	});

	test("moist air is lighter", () => {
		expect(airDensity(celsius(30), percent(100), standard)).toBeLessThan(
			airDensity(celsius(30), percent(0), standard),
		);
	});

	test.each([
		[100_100, 100_000, 2],
		[100_005, 100_000, 2],
		[100_004, 100_000, 4],
		[100_000, 100_000, 4],
		[99_996, 100_000, 4],
		[99_995, 100_000, 7],
		[Number.NaN, 100_000, Number.NaN],
	])("WMO code 0200: %p Pa after %p Pa is %p", (now, before, code) => {
		expect(tendencyCharacteristic(pascal(now), pascal(before))).toBe(code);
	});
});

describe("Beaufort", () => {
	test("WMO code 1100: both ends of every force", () => {
		const ends = [
			[0, 0.2],
			[0.3, 1.5],
			[1.6, 3.3],
			[3.4, 5.4],
			[5.5, 7.9],
			[8, 10.7],
			[10.8, 13.8],
			[13.9, 17.1],
			[17.2, 20.7],
			[20.8, 24.4],
			[24.5, 28.4],
			[28.5, 32.6],
			[32.7, 90],
		];
		for (const [force, speeds] of ends.entries()) {
			for (const speed of speeds) expect(beaufort(metrePerSecond(speed))).toBe(force);
		}
	});

	test("has no gap between the forces", () => {
		expect(beaufort(metrePerSecond(0.249))).toBe(0);
		expect(beaufort(metrePerSecond(0.25))).toBe(1);
	});

	test.each([-0.1, Number.NaN])("is none at %p m/s", (speed) => {
		expect(beaufort(metrePerSecond(speed))).toBeNaN();
	});
});

test("wind run", () => {
	expect(windRun(metrePerSecond(5), 600_000)).toBe(3000);
});

describe("sun", () => {
	const position = (epoch: number, latitude: number, longitude: number) =>
		sunPosition(epoch as Epoch, degree(latitude), degree(longitude), {
			elevation: degree(0),
			azimuth: degree(0),
		});

	// I. Reda and A. Andreas, NREL/TP-560-34302, appendix A.5: elevation without refraction 39.872046°,
	// azimuth 194.340241°.
	test("NREL's worked example", () => {
		const { elevation, azimuth } = position(
			Date.UTC(2003, 9, 17, 19, 30, 30),
			39.742476,
			-105.1786,
		);
		expect(Math.abs(elevation - 39.872046)).toBeLessThan(0.02);
		expect(Math.abs(azimuth - 194.340241)).toBeLessThan(0.02);
	});

	test("on the equator at the equinox it goes through the zenith, east before and west after", () => {
		const equinox = Date.UTC(2024, 2, 20, 12, 7);
		expect(position(equinox, 0, 0).elevation).toBeGreaterThan(89.5);
		expect(Math.abs(position(equinox - 3 * 3_600_000, 0, 0).azimuth - 90)).toBeLessThan(1);
		expect(Math.abs(position(equinox + 3 * 3_600_000, 0, 0).azimuth - 270)).toBeLessThan(1);
	});

	test.each([
		[Date.UTC(2026, 5, 21, 12), 40, 73.45],
		[Date.UTC(2026, 11, 21, 12), 40, 26.55],
	])("at noon of the solstice it stands 23.45° off the equator: %p", (noon, latitude, expected) => {
		let highest = -90;
		for (let minute = -30; minute <= 30; minute++) {
			highest = Math.max(highest, position(noon + minute * 60_000, latitude, 0).elevation);
		}
		expect(Math.abs(highest - expected)).toBeLessThan(0.03);
	});

	test("any moment gives an elevation and an azimuth within their circles", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: -631_152_000, max: 2_524_608_000 }),
				fc.double({ min: -90, max: 90, noNaN: true }),
				fc.double({ min: -180, max: 180, noNaN: true }),
				(seconds, latitude, longitude) => {
					const { elevation, azimuth } = position(seconds * 1000, latitude, longitude);
					expect(Math.abs(elevation)).toBeLessThanOrEqual(90);
					expect(azimuth).toBeGreaterThanOrEqual(0);
					expect(azimuth).toBeLessThan(360);
				},
			),
		);
	});
});

describe("FAO-56 example 18: Uccle, 6 July", () => {
	const day: EvaporationDay = {
		dayOfYear: 187,
		latitude: degree(50.8),
		height: metre(100),
		temperatureMaximum: celsius(21.5),
		temperatureMinimum: celsius(12.3),
		humidityMaximum: percent(84),
		humidityMinimum: percent(63),
		windSpeed: metrePerSecond(10 / 3.6),
		windHeight: metre(10),
		radiation: megajoulePerSquareMetre(22.07),
	};

	test.each([
		["wind at 2 m", windAtTwoMetres(day.windSpeed, day.windHeight), 2.078, 0.001],
		["psychrometric constant", psychrometricConstant(day.height), 0.0666, 0.0001],
		["slope of saturation", saturationSlope(16.9), 0.122, 0.0005],
		["saturation at the maximum", saturationAt(21.5), 2.564, 0.001],
		["saturation at the minimum", saturationAt(12.3), 1.431, 0.001],
		["extraterrestrial radiation", extraterrestrialRadiation(day.latitude, 187), 41.09, 0.02],
		["net radiation", netRadiation(day), 13.28, 0.02],
		["evapotranspiration", referenceEvapotranspiration(day), 3.88, 0.02],
	])("%s", (_, value, expected, tolerance) => {
		expect(Math.abs(value - expected)).toBeLessThanOrEqual(tolerance);
	});

	test("is none when something is missing", () => {
		expect(referenceEvapotranspiration({ ...day, humidityMinimum: percent(Number.NaN) })).toBeNaN();
	});

	test("polar night and polar day", () => {
		expect(extraterrestrialRadiation(degree(85), 355)).toBeCloseTo(0, 9);
		expect(extraterrestrialRadiation(degree(85), 172)).toBeGreaterThan(40);
		const night = {
			...day,
			latitude: degree(85),
			dayOfYear: 355,
			radiation: megajoulePerSquareMetre(0),
		};
		expect(referenceEvapotranspiration(night)).not.toBeNaN();
	});
});

test("mixing units does not compile", () => {
	// @ts-expect-error: a pressure is no temperature
	expect(dewPoint(pascal(20), percent(50))).toBeDefined();
	// @ts-expect-error: a plain number has no unit
	expect(dewPoint(20, percent(50))).toBeDefined();
	// @ts-expect-error: the order matters
	expect(windChill(metrePerSecond(5), celsius(-5))).toBeDefined();
});
