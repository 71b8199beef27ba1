import type { RandomStream } from "../kernel/random.ts";
import type { WeatherSource } from "./conditions.ts";
import { WeatherRecord } from "./record.ts";
import { ReplayWeather } from "./replay.ts";

/** Where a station stands: degrees, north and east positive; metres above mean sea level. */
export interface Place {
	readonly latitude: number;
	readonly longitude: number;
	readonly heightM: number;
}

/** Weather over a region: what each of many stations meets. */
export interface Climate {
	/**
	 * The weather of one station.
	 *
	 * @param site    of the fleet; a climate may put each station somewhere around it
	 * @param random  what is drawn for this station
	 */
	sourceFor(site: Place, random: RandomStream): WeatherSource;
	/** Where that station stands, by the same draw; the site itself unless the climate has places. */
	placeFor?(site: Place, random: RandomStream): Place;
}

const kmPerDegree = 111.2;

/** A place within `extentKm` of a site, east-west and north-south, at its height. */
export function placeAround(site: Place, random: RandomStream, extentKm: number): Place {
	const place = random.child("place");
	const north = (2 * place.unit() - 1) * extentKm;
	const east = (2 * place.unit() - 1) * extentKm;
	const kmEast = kmPerDegree * Math.cos((site.latitude * Math.PI) / 180);
	return {
		latitude: site.latitude + north / kmPerDegree,
		longitude: site.longitude + east / kmEast,
		heightM: site.heightM,
	};
}

/** What a fleet can be given: a region, a record for all, or the very same conditions for all. */
export type Weather = Climate | WeatherRecord | WeatherSource;

/** Weather as a climate. With a record each station is at its own place in the record's time. */
export function climateOf(weather: Weather): Climate {
	if (weather instanceof WeatherRecord) {
		return {
			sourceFor: (site, random) =>
				new ReplayWeather(weather, {
					seed: random.child("weather").next(),
					offset: Math.floor(random.child("place").unit() * weather.period),
					site,
				}),
		};
	}
	return "sourceFor" in weather ? weather : { sourceFor: () => weather };
}
