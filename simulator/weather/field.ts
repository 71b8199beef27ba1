import type { RandomStream } from "../kernel/random.ts";
import { batteryVoltage } from "./battery.ts";
import { type Climate, type Place, placeAround } from "./climate.ts";
import type { Conditions, WeatherSource } from "./conditions.ts";
import { bands, Front, frontPeriod } from "./front.ts";
import { illuminance, irradiance, uvIndex } from "./light.ts";
import { humidityOf, pressureAt } from "./moist.ts";
import { smoothField, smoothNoise } from "./noise.ts";
import { solarHour, sunHeight } from "./sun.ts";
import { Turbulence } from "./wind.ts";

const hour = 3_600_000;
const day = 24 * hour;
const kmPerDegree = 111.2;

/** Streams of the climate's seed; those of fronts are below. */
const Stream = Object.freeze({
	airMass: 40,
	pressure: 41,
	wind: 42,
	direction: 43,
	cloud: 44,
	depression: 45,
	dust: 46,
} as const);

/** Streams of a station's own seed: turbulence takes several. */
const Own = Object.freeze({ speed: 10, direction: 20, eddies: 30, terrain: 31 } as const);

export interface FieldOptions {
	readonly seed: number;
	/** Stations stand within this of the site of their fleet, in km east-west and north-south. */
	readonly extentKm?: number;
	/** Rain is counted from here, UTC ms; before it there is none. */
	readonly origin?: number;
}

/**
 * Made-up weather of the temperate zone over a region, the same for the same seed.
 *
 * - Seasons and day and night follow the sun at each place; it gets colder with height, and the
 *   pressure falls.
 * - Cold fronts cross the region at a steady speed. Trough, wind shift, rain and the air behind them reach
 *   each place later by distance over speed.
 * - Showers follow them; their amounts vary over some tens of kilometres.
 * - Air that cools down to its dew point stays there: fog, which takes light.
 * - Turbulence is each station's own, as with a record.
 *
 * The dew point is never above the temperature, a gust never below the mean, and there is no sun at
 * night. Everything is a pure function of seed, place and time.
 */
export class FieldClimate implements Climate {
	readonly #options: Required<FieldOptions>;
	#origin: Place | undefined;

	constructor({ seed, extentKm = 60, origin = Date.UTC(2026, 0, 1) }: FieldOptions) {
		this.#options = { seed, extentKm, origin };
	}

	/** The first site that is asked for is the origin of the region. */
	sourceFor(site: Place, random: RandomStream): WeatherSource {
		this.#origin ??= site;
		return this.at(this.placeFor(site, random), random.child("weather").next());
	}

	placeFor(site: Place, random: RandomStream): Place {
		return placeAround(site, random, this.#options.extentKm);
	}

	/** The weather at a place; `seed` decides the turbulence there. */
	at(place: Place, seed: number): WeatherSource {
		return new FieldWeather(place, this.#origin ?? place, seed, this.#options);
	}
}

/** A front as one place meets it. */
interface Passage {
	readonly front: Front;
	/** When it passes the place, UTC ms. */
	readonly at: number;
	/** mm of each band at the place. */
	readonly amounts: readonly number[];
}

/** The weather of a region as one place meets it. */
class FieldWeather implements WeatherSource {
	readonly #place: Place;
	readonly #seed: number;
	readonly #region: number;
	/** East and north of the origin of the region, km. */
	readonly #x: number;
	readonly #y: number;
	/** °C, mean of the year; K, half the range of year and day, and what the ground adds here. */
	readonly #yearMean: number;
	readonly #yearAmplitude: number;
	readonly #dayAmplitude: number;
	readonly #terrain: number;
	readonly #hemisphere: number;
	/** Number of the first front whose rain is counted, and mm of all before each one after it. */
	readonly #firstFront: number;
	readonly #rainBefore: number[] = [0];
	/** The fronts around the last time that was asked for, and the number of that among all. */
	#passages: readonly Passage[] = [];
	#aroundIndex = Number.NaN;
	#time = Number.NaN;
	readonly #latest: Conditions;
	readonly #gusts: Turbulence;
	readonly #turns: Turbulence;

	constructor(place: Place, origin: Place, seed: number, options: Required<FieldOptions>) {
		const { latitude, longitude, heightM } = place;
		const phi = Math.sin((latitude * Math.PI) / 180);
		this.#place = place;
		this.#seed = seed;
		this.#region = options.seed;
		this.#y = (latitude - origin.latitude) * kmPerDegree;
		this.#x =
			(longitude - origin.longitude) * kmPerDegree * Math.cos((origin.latitude * Math.PI) / 180);
		this.#hemisphere = latitude < 0 ? -1 : 1;
		this.#yearMean = 29 - 33 * phi * phi - 0.0065 * heightM;
		this.#yearAmplitude = 0.22 * Math.abs(latitude);
		this.#dayAmplitude = 3 + 4 * (1 - phi * phi);
		this.#terrain = 0.7 * smoothNoise(seed, Own.terrain, 0.5, 1);
		this.#firstFront = Math.floor(options.origin / frontPeriod);
		this.#latest = { ...blank };
		this.#gusts = new Turbulence(seed, Own.speed);
		this.#turns = new Turbulence(seed, Own.direction);
	}

	at(time: number, into: Conditions): Conditions {
		return Object.assign(into, this.look(time));
	}

	look(time: number): Readonly<Conditions> {
		if (time !== this.#time) this.#compute(time);
		return this.#latest;
	}

	windSpeed(time: number): number {
		if (time === this.#time) return this.#latest.windSpeed;
		const height = sunHeight(time, this.#place.latitude, this.#place.longitude);
		return this.#meanWind(time, height) * this.#gusts.gustiness(time);
	}

	#compute(time: number): void {
		const { latitude, longitude, heightM } = this.#place;
		const height = sunHeight(time, latitude, longitude);
		const rain = this.#rain(time);
		const cloud = this.#cloud(time, rain);
		const airMass = this.#airMass(time);
		const dewPoint = airMass - this.#depression(time, cloud, rain);
		const hours = solarHour(time, longitude);
		const byDay = Math.cos(((hours - 14.5) * Math.PI) / 12) * (1 - 0.75 * cloud);
		const eddies = 0.15 * smoothNoise(this.#seed, Own.eddies, time, 60_000);
		const dry = airMass + this.#dayAmplitude * byDay + this.#terrain + eddies - 1.5 * rain;
		const fog = Math.max(0, Math.min(1, (dewPoint - dry) / 1.5));
		const cover = Math.max(cloud, 0.9 * fog);
		const meanWind = this.#meanWind(time, height);
		const into = this.#latest;
		into.airTemperature = Math.max(dry, dewPoint);
		into.relativeHumidity = humidityOf(into.airTemperature, dewPoint);
		into.stationPressure = pressureAt(heightM, this.#seaLevelPressure(time, hours), airMass);
		into.windSpeed = meanWind * this.#gusts.gustiness(time);
		into.windDirection = this.#direction(time);
		into.precipitationTotal = this.#total(time);
		into.batteryVoltage = batteryVoltage(time, longitude);
		into.illuminance = illuminance(height, cover);
		into.uvIndex = uvIndex(height, cover, heightM);
		into.solarIrradiance = irradiance(height, cover);
		into.carbonDioxide = 420 + 35 * smoothNight(height) * Math.exp(-meanWind / 2);
		const dust = 10 + 6 * smoothNoise(this.#region, Stream.dust, time, day);
		into.particulateMatter = dust * Math.exp(-meanWind / 8) * (1 - 0.7 * rain);
		into.supplyCurrent = (0.6 * into.illuminance) / 100_000 - 0.04;
		this.#time = time;
	}

	/** °C at the height of the place, without what the day does to the lowest air. */
	#airMass(time: number): number {
		const year = Math.cos((2 * Math.PI * (time / day - 201)) / 365.2425);
		let temperature =
			this.#yearMean +
			this.#yearAmplitude * this.#hemisphere * year +
			2 * smoothNoise(this.#region, Stream.airMass, time, 2 * day);
		for (const { front, at } of this.#around(time)) temperature += front.temperature(time - at);
		return temperature;
	}

	/** K between temperature of the air mass and dew point. */
	#depression(time: number, cloud: number, rain: number): number {
		const dryness = 1 + smoothNoise(this.#region, Stream.depression, time, 3 * day);
		return Math.max(0.3, 3.5 + 3.5 * dryness - 3 * cloud - 4 * rain);
	}

	#seaLevelPressure(time: number, hours: number): number {
		let hPa = 1016 + 5 * smoothNoise(this.#region, Stream.pressure, time, 4 * day);
		// The tide of the atmosphere: highest at 10 and 22 hours.
		hPa += 0.9 * Math.cos(((hours - 10) * Math.PI) / 6);
		for (const { front, at } of this.#around(time)) hPa += front.pressure(time - at);
		return hPa * 100;
	}

	#cloud(time: number, rain: number): number {
		const { cloud: stream } = Stream;
		const drift = smoothNoise(this.#region, stream, time, 9 * hour);
		// Each day has its own pattern over the land, which comes and goes so that midnight shows no seam.
		const pattern = smoothField(this.#region, stream, this.#x, this.#y, 80, Math.floor(time / day));
		const share = Math.sin((Math.PI * (time % day)) / day) ** 2;
		let cloud = 0.3 + 0.4 * drift + 0.15 * pattern * share;
		for (const { front, at } of this.#around(time)) cloud += front.cloud(time - at);
		return Math.max(0, Math.min(1, cloud + 0.6 * rain));
	}

	/** m/s, the mean that gusts are on top of. */
	#meanWind(time: number, height: number): number {
		let speed = 2.4 + 1.6 * smoothNoise(this.#region, Stream.wind, time, 6 * hour);
		speed += 1.5 * Math.max(0, height);
		for (const { front, at } of this.#around(time)) speed += front.wind(time - at);
		return Math.max(0.1, speed);
	}

	#direction(time: number): number {
		let direction = 240 + 60 * smoothNoise(this.#region, Stream.direction, time, 3 * day);
		for (const { front, at } of this.#around(time)) direction += front.turn(time - at);
		const turned = this.#hemisphere * direction + this.#turns.veer(time);
		return ((turned % 360) + 360) % 360;
	}

	/** How hard it rains, 0..1; 1 is the middle of a band that brings some millimetres. */
	#rain(time: number): number {
		let rain = 0;
		for (const { front, at, amounts } of this.#around(time)) {
			for (let band = 0; band < bands; band++) {
				if (amounts[band] === 0) continue;
				rain = Math.max(rain, front.intensity(band, time - at) * Math.min(1, amounts[band]! / 2));
			}
		}
		return rain;
	}

	/** mm fallen since the origin of the climate. */
	#total(time: number): number {
		const before = Math.floor(time / frontPeriod) - 1;
		if (before < this.#firstFront) return 0;
		let total = this.#sumBefore(before);
		for (const { front, at, amounts } of this.#around(time)) {
			for (let band = 0; band < bands; band++) {
				total += amounts[band]! * front.fallen(band, time - at);
			}
		}
		return total;
	}

	/** mm of all fronts before one. */
	#sumBefore(index: number): number {
		const sums = this.#rainBefore;
		for (let next = sums.length; next <= index - this.#firstFront; next++) {
			const { amounts } = this.#passage(this.#firstFront + next - 1);
			sums.push(amounts.reduce((sum, amount) => sum + amount, sums[next - 1]!));
		}
		return sums[index - this.#firstFront]!;
	}

	/** The fronts that matter at a time: the last one, the one around and the next two. */
	#around(time: number): readonly Passage[] {
		const index = Math.floor(time / frontPeriod);
		if (index !== this.#aroundIndex) {
			this.#aroundIndex = index;
			this.#passages = [index - 1, index, index + 1, index + 2].map((one) => this.#passage(one));
		}
		return this.#passages;
	}

	#passage(index: number): Passage {
		const front = new Front(this.#region, index);
		const at = front.passesAt + front.lag(this.#x, this.#y);
		const amounts = Array.from({ length: bands }, (_, band) =>
			front.amount(band, this.#x, this.#y),
		);
		return { front, at, amounts };
	}
}

const blank: Conditions = Object.freeze({
	airTemperature: 0,
	relativeHumidity: 0,
	stationPressure: 0,
	windSpeed: 0,
	windDirection: 0,
	precipitationTotal: 0,
	batteryVoltage: 0,
});

/** 0 by day, 1 by night, with the twilight between. */
function smoothNight(height: number): number {
	return Math.max(0, Math.min(1, 0.5 - height * 5));
}
