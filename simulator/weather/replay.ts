import type { Conditions, WeatherSource } from "./conditions.ts";
import { smoothstep, uniform } from "./noise.ts";
import { Showers } from "./rain.ts";
import { RecordIndex, recordColumns, type WeatherRecord } from "./record.ts";
import { gustiness, veer } from "./wind.ts";

/** How one station meets a record. */
export interface ReplayOptions {
	/** Decides turbulence, rain and the calibration of the instruments. */
	readonly seed: number;
	/** ms that this station is ahead of the record. */
	readonly offset?: number;
	/** Degrees, east positive: where the sun that charges the battery stands. */
	readonly longitude?: number;
}

/** First stream of each noise of a seed; the wind takes several, those below are the showers'. */
const Stream = Object.freeze({ instruments: 5, speed: 10, direction: 20 } as const);

/** Largest constant error of each instrument; the noise of a conversion is the part's affair. */
const instrument = Object.freeze({ temperature: 0.2, humidity: 1, pressurePa: 30 } as const);

const hourMs = 3_600_000;
const emptyV = 3.7;
const fullV = 4.1;
const sunriseHour = 7;
const sunsetHour = 17;

/**
 * Recorded weather as one station meets it.
 *
 * Temperature, humidity, pressure and mean wind are the record's. What a record of means does not
 * have is modelled from the seed: turbulence with gusts (`wind.ts`), rain (`rain.ts`), the
 * calibration errors of the instruments, and the battery: a lithium cell that the sun charges from 7
 * to 17 hours of local solar time. Everything is a pure function of seed and time.
 */
export class ReplayWeather implements WeatherSource {
	readonly #record: WeatherRecord;
	readonly #seed: number;
	readonly #offset: number;
	readonly #longitude: number;
	readonly #showers: Showers;
	readonly #temperatureError: number;
	readonly #humidityError: number;
	readonly #pressureError: number;
	readonly #row = new Float64Array(recordColumns);
	/** The conditions of a moment: the instruments of a station all ask for the same one. */
	readonly #latest: Conditions = {
		airTemperature: 0,
		relativeHumidity: 0,
		stationPressure: 0,
		windSpeed: 0,
		windDirection: 0,
		precipitationTotal: 0,
		batteryVoltage: 0,
	};
	#time = Number.NaN;

	constructor(record: WeatherRecord, { seed, offset = 0, longitude = 0 }: ReplayOptions) {
		this.#record = record;
		this.#seed = seed;
		this.#offset = offset;
		this.#longitude = longitude;
		this.#showers = new Showers(record, seed);
		this.#temperatureError = instrument.temperature * signed(seed, 0);
		this.#humidityError = instrument.humidity * signed(seed, 1);
		this.#pressureError = instrument.pressurePa * signed(seed, 2);
	}

	at(time: number, into: Conditions): Conditions {
		if (time !== this.#time) this.#compute(time);
		const latest = this.#latest;
		into.airTemperature = latest.airTemperature;
		into.relativeHumidity = latest.relativeHumidity;
		into.stationPressure = latest.stationPressure;
		into.windSpeed = latest.windSpeed;
		into.windDirection = latest.windDirection;
		into.precipitationTotal = latest.precipitationTotal;
		into.batteryVoltage = latest.batteryVoltage;
		return into;
	}

	windSpeed(time: number): number {
		const moment = time + this.#offset;
		const mean = this.#record.valueAt(RecordIndex.windSpeed, moment);
		return mean * gustiness(this.#seed, Stream.speed, moment);
	}

	#compute(time: number): void {
		const moment = time + this.#offset;
		const row = this.#record.at(moment, this.#row);
		const into = this.#latest;
		into.airTemperature = row[RecordIndex.airTemperature]! + this.#temperatureError;
		const humidity = row[RecordIndex.relativeHumidity]! + this.#humidityError;
		into.relativeHumidity = Math.max(0, Math.min(100, humidity));
		into.stationPressure = row[RecordIndex.stationPressure]! * 100 + this.#pressureError;
		into.windSpeed = row[RecordIndex.windSpeed]! * gustiness(this.#seed, Stream.speed, moment);
		into.windDirection =
			(row[RecordIndex.windDirection]! + veer(this.#seed, Stream.direction, moment) + 360) % 360;
		into.precipitationTotal = this.#showers.total(moment);
		into.batteryVoltage = batteryVoltage(moment + (this.#longitude / 15) * hourMs);
		this.#time = time;
	}
}

/** Uniform in [-1, 1), one number for each instrument. */
function signed(seed: number, index: number): number {
	return 2 * uniform(seed, Stream.instruments, index) - 1;
}

/** @param solarTime  ms since midnight of any day, local solar time */
function batteryVoltage(solarTime: number): number {
	const hour = (((solarTime / hourMs) % 24) + 24) % 24;
	const isDay = hour >= sunriseHour && hour < sunsetHour;
	const sinceSunset = (hour - sunsetHour + 24) % 24;
	const charge = isDay
		? (hour - sunriseHour) / (sunsetHour - sunriseHour)
		: 1 - sinceSunset / (24 - sunsetHour + sunriseHour);
	return emptyV + (fullV - emptyV) * smoothstep(charge);
}
