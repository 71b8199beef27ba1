/** The weather at one place and one moment, and what else acts on the instruments there. */
export interface Conditions {
	/** °C */
	airTemperature: number;
	/** % */
	relativeHumidity: number;
	/** Pa, at the height of the station */
	stationPressure: number;
	/** m/s, with turbulence: what an anemometer turns with at this moment */
	windSpeed: number;
	/** degrees clockwise from north the wind comes from */
	windDirection: number;
	/** mm fallen since the record began; never falls */
	precipitationTotal: number;
	/** V */
	batteryVoltage: number;

	// What not every source knows. Parts make do with an ordinary value where it is left out.

	/** lx */
	illuminance?: number;
	uvIndex?: number;
	/** W/m², global */
	solarIrradiance?: number;
	/** ppm */
	carbonDioxide?: number;
	/** µg/m³, up to 2.5 µm */
	particulateMatter?: number;
	/** A, from the supply into the station; negative when it flows back */
	supplyCurrent?: number;
}

/** Weather as one station meets it. The same moment always gives the same conditions. */
export interface WeatherSource {
	/**
	 * Fills `into` with the conditions at `time`.
	 *
	 * @param time  ms of the simulation's own epoch (UTC)
	 */
	at(time: number, into: Conditions): Conditions;
	/** The wind speed alone, where that is had for less; `at` says the same. */
	windSpeed?(time: number): number;
	/**
	 * The conditions at `time` in an object of the source's own: it holds until the next call, and computes what
	 * is read. For instruments, which read one or two quantities and look often; `at` says the same.
	 */
	look?(time: number): Readonly<Conditions>;
}
