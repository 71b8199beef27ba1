import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RandomStream } from "../../../simulator/kernel/random.ts";
import type { Place } from "../../../simulator/weather/climate.ts";
import type { Conditions } from "../../../simulator/weather/conditions.ts";
import { FieldClimate } from "../../../simulator/weather/field.ts";
import { Front, frontPeriod } from "../../../simulator/weather/front.ts";
import { dewPointOf } from "../../../simulator/weather/moist.ts";
import { sunHeight } from "../../../simulator/weather/sun.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const munich: Place = { latitude: 48.1, longitude: 11.6, heightM: 520 };

const conditions = (): Conditions => ({
	airTemperature: 0,
	relativeHumidity: 0,
	stationPressure: 0,
	windSpeed: 0,
	windDirection: 0,
	precipitationTotal: 0,
	batteryVoltage: 0,
});

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const places = fc.record({
	latitude: fc.double({ min: -66, max: 66, noNaN: true }),
	longitude: fc.double({ min: -180, max: 180, noNaN: true }),
	heightM: fc.double({ min: 0, max: 3_000, noNaN: true }),
});
const moments = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 6, 1) });

/** Means over a time, sampled by the hour. */
function meanOf(
	place: Place,
	pick: (moment: Conditions) => number,
	from: number,
	days: number,
	seed = 1,
): number {
	const weather = new FieldClimate({ seed }).at(place, 1);
	const into = conditions();
	let sum = 0;
	for (let at = 0; at < days * 24; at++) sum += pick(weather.at(from + at * hour, into));
	return sum / (days * 24);
}

describe("anywhere, at any time", () => {
	test("nothing is impossible", () => {
		fc.assert(
			fc.property(seeds, places, moments, (seed, place, time) => {
				const moment = new FieldClimate({ seed }).at(place, seed).at(time, conditions());
				const { airTemperature, relativeHumidity } = moment;
				expect(Object.values(moment).every(Number.isFinite)).toBe(true);
				expect(airTemperature).toBeGreaterThan(-60);
				expect(airTemperature).toBeLessThan(50);
				expect(relativeHumidity).toBeGreaterThan(0);
				expect(relativeHumidity).toBeLessThanOrEqual(100);
				expect(dewPointOf(airTemperature, relativeHumidity)).toBeLessThanOrEqual(
					airTemperature + 1e-9,
				);
				expect(moment.stationPressure).toBeGreaterThan(60_000);
				expect(moment.stationPressure).toBeLessThan(106_000);
				expect(moment.windSpeed).toBeGreaterThan(0);
				expect(moment.windSpeed).toBeLessThan(40);
				expect(moment.windDirection).toBeGreaterThanOrEqual(0);
				expect(moment.windDirection).toBeLessThan(360);
				expect(moment.precipitationTotal).toBeGreaterThanOrEqual(0);
				expect(moment.illuminance).toBeGreaterThanOrEqual(0);
				expect(moment.illuminance).toBeLessThan(150_000);
				expect(moment.uvIndex).toBeLessThan(18);
			}),
			{ numRuns: 200 },
		);
	});

	test("there is no sun at night, and some by day", () => {
		fc.assert(
			fc.property(seeds, places, moments, (seed, place, time) => {
				const { illuminance, uvIndex, solarIrradiance } = new FieldClimate({ seed })
					.at(place, seed)
					.at(time, conditions());
				const height = sunHeight(time, place.latitude, place.longitude);
				if (height < 0) expect([uvIndex, solarIrradiance]).toEqual([0, 0]);
				if (height < -0.105) expect(illuminance).toBeLessThan(3.5);
				if (height > 0.1) expect(illuminance).toBeGreaterThan(500);
			}),
			{ numRuns: 200 },
		);
	});

	test("the same moment is the same again, in any order; the wind alone is that of all", () => {
		fc.assert(
			fc.property(seeds, places, fc.array(moments, { maxLength: 8 }), (seed, place, times) => {
				const first = new FieldClimate({ seed }).at(place, 1);
				const second = new FieldClimate({ seed }).at(place, 1);
				const forward = times.map((time) => ({ ...first.at(time, conditions()) }));
				const backward = [...times].reverse().map((time) => ({ ...second.at(time, conditions()) }));
				expect(backward.reverse()).toEqual(forward);
				expect(times.map((time) => first.windSpeed!(time))).toEqual(
					forward.map(({ windSpeed }) => windSpeed),
				);
			}),
			{ numRuns: 30 },
		);
	});

	test("what has fallen is never taken back", () => {
		fc.assert(
			fc.property(seeds, places, moments, (seed, place, start) => {
				const weather = new FieldClimate({ seed }).at(place, 1);
				const into = conditions();
				let before = 0;
				for (let time = start; time < start + 9 * day; time += 20 * minute) {
					const { precipitationTotal } = weather.at(time, into);
					expect(precipitationTotal).toBeGreaterThanOrEqual(before);
					before = precipitationTotal;
				}
			}),
			{ numRuns: 10 },
		);
	});

	test("the strongest three seconds of ten minutes are no weaker than their mean", () => {
		fc.assert(
			fc.property(seeds, moments, (seed, start) => {
				const weather = new FieldClimate({ seed }).at(munich, seed);
				const speeds = Array.from({ length: 600 }, (_, second) =>
					weather.windSpeed!(start + second * 1000),
				);
				const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
				const gusts = speeds
					.slice(2)
					.map((_, at) => (speeds[at]! + speeds[at + 1]! + speeds[at + 2]!) / 3);
				const gust = Math.max(...gusts);
				expect(gust).toBeGreaterThanOrEqual(mean);
				expect(gust).toBeLessThanOrEqual(mean * 1.66 * 1.3 + 1);
			}),
			{ numRuns: 30 },
		);
	});

	test("nothing jumps from one second to the next but the wind", () => {
		fc.assert(
			fc.property(seeds, moments, (seed, start) => {
				const weather = new FieldClimate({ seed }).at(munich, seed);
				const before = { ...weather.at(start, conditions()) };
				const after = weather.at(start + 1000, conditions());
				expect(Math.abs(after.airTemperature - before.airTemperature)).toBeLessThan(0.1);
				expect(Math.abs(after.relativeHumidity - before.relativeHumidity)).toBeLessThan(1);
				expect(Math.abs(after.stationPressure - before.stationPressure)).toBeLessThan(3);
				expect(after.precipitationTotal - before.precipitationTotal).toBeLessThan(0.05);
			}),
			{ numRuns: 100 },
		);
	});
});

describe("seasons, days and heights", () => {
	const temperature = ({ airTemperature }: Conditions) => airTemperature;

	test("it is warmer in July than in January, and the other way round in the south", () => {
		const july = meanOf(munich, temperature, Date.UTC(2027, 6, 1), 30);
		const january = meanOf(munich, temperature, Date.UTC(2027, 0, 1), 30);
		expect(july - january).toBeGreaterThan(15);
		expect(july - january).toBeLessThan(25);
		const dunedin = { latitude: -45.9, longitude: 170.5, heightM: 10 };
		expect(meanOf(dunedin, temperature, Date.UTC(2027, 6, 1), 30)).toBeLessThan(
			meanOf(dunedin, temperature, Date.UTC(2027, 0, 1), 30) - 10,
		);
	});

	test("afternoons are warmer than the hours before dawn", () => {
		const weather = new FieldClimate({ seed: 3 }).at(munich, 1);
		let differences = 0;
		for (let at = 0; at < 30; at++) {
			const midnight = Date.UTC(2027, 5, 1) + at * day;
			const dawn = weather.at(midnight + 3 * hour, conditions()).airTemperature;
			const afternoon = weather.at(midnight + 14 * hour, conditions()).airTemperature;
			differences += afternoon - dawn;
		}
		expect(differences / 30).toBeGreaterThan(4);
	});

	test("it gets colder by 6.5 K in a kilometre, and the pressure falls as it must", () => {
		const high = { ...munich, heightM: munich.heightM + 1000 };
		const start = Date.UTC(2027, 3, 1);
		const lapse = meanOf(munich, temperature, start, 30) - meanOf(high, temperature, start, 30);
		expect(lapse).toBeCloseTo(6.5, 0);
		const pressure = ({ stationPressure }: Conditions) => stationPressure;
		const fall = meanOf(munich, pressure, start, 30) - meanOf(high, pressure, start, 30);
		expect(fall).toBeGreaterThan(10_000);
		expect(fall).toBeLessThan(12_500);
	});

	test("a year brings some hundred mm of rain, in less than a tenth of its hours", () => {
		const weather = new FieldClimate({ seed: 11, origin: Date.UTC(2027, 0, 1) }).at(munich, 1);
		const into = conditions();
		let before = 0;
		let hours = 0;
		for (let at = 0; at <= 365 * 24; at++) {
			const { precipitationTotal } = weather.at(Date.UTC(2027, 0, 1) + at * hour, into);
			if (precipitationTotal > before) hours += 1;
			before = precipitationTotal;
		}
		expect(before).toBeGreaterThan(300);
		expect(before).toBeLessThan(1500);
		expect(hours / (365 * 24)).toBeLessThan(0.1);
	});

	test("there is fog, mostly at night, and it takes light", () => {
		const weather = new FieldClimate({ seed: 5 }).at(munich, 1);
		const into = conditions();
		let byNight = 0;
		let byDay = 0;
		for (let at = 0; at < 180 * 24; at++) {
			const time = Date.UTC(2027, 6, 1) + at * hour;
			if (weather.at(time, into).relativeHumidity < 99.9) continue;
			if (sunHeight(time, munich.latitude, munich.longitude) < 0) byNight += 1;
			else byDay += 1;
		}
		expect(byNight).toBeGreaterThan(20);
		expect(byNight).toBeGreaterThan(byDay);
	});
});

describe("a front", () => {
	// At sea level, where no column of cold air below the station moves the trough.
	const coast: Place = { latitude: 50, longitude: 2, heightM: 0 };
	const seed = 42;
	const first = Math.floor(Date.UTC(2026, 3, 1) / frontPeriod);
	/** The strongest of a season: the tide and the noise are the least part of what it does. */
	const front = Array.from({ length: 20 }, (_, index) => new Front(seed, first + index)).reduce(
		(strongest, one) => (one.strength > strongest.strength ? one : strongest),
	);

	/** The time at which something of the front is sharpest at a place, by the minute. */
	function passage(place: Place, pick: (moment: Conditions) => number, highest: boolean): number {
		const climate = new FieldClimate({ seed });
		climate.sourceFor(coast, new RandomStream(1));
		const weather = climate.at(place, 1);
		const into = conditions();
		let best = Number.NaN;
		let bestTime = Number.NaN;
		for (let at = -24 * 60; at < 24 * 60; at++) {
			const time = front.passesAt + at * minute;
			const value = (highest ? 1 : -1) * pick(weather.at(time, into));
			if (value <= best) continue;
			best = value;
			bestTime = time;
		}
		return bestTime;
	}

	/** A place some kilometres ahead of the origin, in the direction of the front. */
	function ahead(km: number): Place {
		const course = (front.course * Math.PI) / 180;
		const kmEast = 111.2 * Math.cos((coast.latitude * Math.PI) / 180);
		return {
			latitude: coast.latitude + (km * Math.cos(course)) / 111.2,
			longitude: coast.longitude + (km * Math.sin(course)) / kmEast,
			heightM: coast.heightM,
		};
	}

	const pressure = ({ stationPressure }: Conditions) => stationPressure;

	test.each([50, 150, 300])("comes %i km further on later by distance over speed", (km) => {
		const here = passage(coast, pressure, false);
		const there = passage(ahead(km), pressure, false);
		expect(here - front.passesAt).toBeLessThan(30 * minute);
		const lag = (km * 1_000_000) / front.speed;
		expect(Math.abs(there - here - lag)).toBeLessThan(20 * minute);
	});

	test("the wind veers within minutes when the trough passes, at each place at its own time", () => {
		for (const km of [0, 200]) {
			const climate = new FieldClimate({ seed });
			climate.sourceFor(coast, new RandomStream(1));
			const weather = climate.at(ahead(km), 1);
			const trough = front.passesAt + (km * 1_000_000) / front.speed;
			const mean = (from: number): number => {
				let east = 0;
				let north = 0;
				for (let second = 0; second < 1800; second += 10) {
					const { windDirection } = weather.at(from + second * 1000, conditions());
					east += Math.sin((windDirection * Math.PI) / 180);
					north += Math.cos((windDirection * Math.PI) / 180);
				}
				return (Math.atan2(east, north) * 180) / Math.PI;
			};
			const turn = ((mean(trough + 20 * minute) - mean(trough - 50 * minute) + 540) % 360) - 180;
			expect(turn).toBeGreaterThan(25);
			expect(turn).toBeLessThan(110);
		}
	});

	test("brings cold air, which stays for a day", () => {
		const weather = new FieldClimate({ seed }).at(coast, 1);
		const at = (hours: number): number =>
			weather.at(front.passesAt + hours * hour, conditions()).airTemperature;
		expect(at(-2) - at(22)).toBeGreaterThan(2);
	});

	test("the squall on its line is the strongest wind of the hours around", () => {
		const peak = passage(coast, ({ windSpeed }) => windSpeed, true);
		expect(Math.abs(peak - front.passesAt)).toBeLessThan(3 * hour);
	});
});

describe("a fleet", () => {
	test("stands around its site, each station at a place of its own that its name decides", () => {
		const climate = new FieldClimate({ seed: 1, extentKm: 30 });
		const source = (name: string) => climate.sourceFor(munich, new RandomStream(9).child(name));
		const time = Date.UTC(2027, 4, 1, 12);
		const [one, again, other] = ["a", "a", "b"].map((name) => ({
			...source(name).at(time, conditions()),
		}));
		expect(again).toEqual(one);
		expect(other!.airTemperature).not.toBe(one!.airTemperature);
		expect(Math.abs(other!.airTemperature - one!.airTemperature)).toBeLessThan(4);
		expect(Math.abs(other!.stationPressure - one!.stationPressure)).toBeLessThan(300);
	});
});
