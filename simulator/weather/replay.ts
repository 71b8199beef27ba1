import { batteryVoltage } from "./battery.ts";
import type { Place } from "./climate.ts";
import type { Conditions, WeatherSource } from "./conditions.ts";
import { illuminance, irradiance, uvIndex } from "./light.ts";
import { uniform } from "./noise.ts";
import { Showers } from "./rain.ts";
import { RecordIndex, type WeatherRecord } from "./record.ts";
import { sunHeight } from "./sun.ts";
import { Turbulence } from "./wind.ts";

/** How one station meets a record. */
export interface ReplayOptions {
	/** Decides turbulence, rain and the calibration of the instruments. */
	readonly seed: number;
	/** ms that this station is ahead of the record. */
	readonly offset?: number;
	/** Where the sun shines and charges the battery; without it there is no light, and noon is at 12 UTC. */
	readonly site?: Place;
}

/** First stream of each noise of a seed; the wind takes several, those below are the showers'. */
const Stream = Object.freeze({ instruments: 5, speed: 10, direction: 20 } as const);

/** Largest constant error of each instrument; the noise of a conversion is the part's affair. */
const instrument = Object.freeze({ temperature: 0.2, humidity: 1, pressurePa: 30 } as const);

/** Share of the sky that is covered, for the light: a record does not say. */
const usualCloud = 0.3;

/**
 * Recorded weather as one station meets it.
 *
 * Temperature, humidity, pressure and mean wind are the record's; so are rain and light where it has
 * them. What it does not have is modelled from the seed: turbulence with gusts (`wind.ts`), rain (`rain.ts`),
 * light (`light.ts`), the calibration errors of the instruments, and the battery. Everything is a pure
 * function of seed and time.
 */
export class ReplayWeather implements WeatherSource {
	readonly #moment: Moment;

	constructor(record: WeatherRecord, options: ReplayOptions) {
		this.#moment = new Moment(record, options);
	}

	at(time: number, into: Conditions): Conditions {
		const moment = this.#moment;
		moment.moveTo(time);
		into.airTemperature = moment.airTemperature;
		into.relativeHumidity = moment.relativeHumidity;
		into.stationPressure = moment.stationPressure;
		into.windSpeed = moment.windSpeed;
		into.windDirection = moment.windDirection;
		into.precipitationTotal = moment.precipitationTotal;
		into.batteryVoltage = moment.batteryVoltage;
		const { illuminance: lux, uvIndex: index, solarIrradiance } = moment;
		if (lux !== undefined) into.illuminance = lux;
		if (index !== undefined) into.uvIndex = index;
		if (solarIrradiance !== undefined) into.solarIrradiance = solarIrradiance;
		return into;
	}

	windSpeed(time: number): number {
		return this.look(time).windSpeed;
	}

	look(time: number): Readonly<Conditions> {
		this.#moment.moveTo(time);
		return this.#moment as Readonly<Conditions>;
	}
}

/** The conditions of one moment, each computed when it is read. */
class Moment {
	/** Where the moment is in the record, ms. */
	#time = 0;
	readonly #record: WeatherRecord;
	readonly #offset: number;
	readonly #site: Place | undefined;
	readonly #showers: Showers;
	readonly #speeds: Turbulence;
	readonly #directions: Turbulence;
	readonly #temperatureError: number;
	readonly #humidityError: number;
	readonly #pressureError: number;

	constructor(record: WeatherRecord, { seed, offset = 0, site }: ReplayOptions) {
		this.#record = record;
		this.#offset = offset;
		this.#site = site;
		this.#showers = new Showers(record, seed);
		this.#speeds = new Turbulence(seed, Stream.speed);
		this.#directions = new Turbulence(seed, Stream.direction);
		this.#temperatureError = instrument.temperature * signed(seed, 0);
		this.#humidityError = instrument.humidity * signed(seed, 1);
		this.#pressureError = instrument.pressurePa * signed(seed, 2);
	}

	/** @param time  UTC ms */
	moveTo(time: number): void {
		this.#time = time + this.#offset;
	}

	get airTemperature(): number {
		return this.#recorded(RecordIndex.airTemperature) + this.#temperatureError;
	}

	get relativeHumidity(): number {
		const humidity = this.#recorded(RecordIndex.relativeHumidity) + this.#humidityError;
		return Math.max(0, Math.min(100, humidity));
	}

	get stationPressure(): number {
		return this.#recorded(RecordIndex.stationPressure) * 100 + this.#pressureError;
	}

	get windSpeed(): number {
		return this.#recorded(RecordIndex.windSpeed) * this.#speeds.gustiness(this.#time);
	}

	get windDirection(): number {
		const mean = this.#recorded(RecordIndex.windDirection);
		return (mean + this.#directions.veer(this.#time) + 360) % 360;
	}

	get precipitationTotal(): number {
		return this.#record.rainAt(this.#time) ?? this.#showers.total(this.#time);
	}

	get batteryVoltage(): number {
		return batteryVoltage(this.#time, this.#site?.longitude ?? 0);
	}

	get illuminance(): number | undefined {
		const lux = this.#record.extraAt("illuminance", this.#time);
		return lux ?? (this.#site && illuminance(this.#sunHeight(this.#site), usualCloud));
	}

	get uvIndex(): number | undefined {
		const index = this.#record.extraAt("uvIndex", this.#time);
		const site = this.#site;
		return index ?? (site && uvIndex(this.#sunHeight(site), usualCloud, site.heightM));
	}

	get solarIrradiance(): number | undefined {
		return this.#site && irradiance(this.#sunHeight(this.#site), usualCloud);
	}

	#recorded(column: number): number {
		return this.#record.valueAt(column, this.#time);
	}

	#sunHeight({ latitude, longitude }: Place): number {
		return sunHeight(this.#time, latitude, longitude);
	}
}

/** Uniform in [-1, 1), one number for each instrument. */
function signed(seed: number, index: number): number {
	return 2 * uniform(seed, Stream.instruments, index) - 1;
}
