import type { Observation } from "../base/observation.ts";
import type { Ticks } from "../ports/clock.ts";
import type { KeyValue } from "../ports/storage.ts";
import { ChannelIndex, type ChannelTable, reasonCode } from "./channel.ts";
import { DayTotals, totalNeeds } from "./daytotals.ts";
import { dewPoint, seaLevelPressure } from "./derive.ts";
import { derivedGroup } from "./quantities.ts";
import { RainRate } from "./rainrate.ts";
import { Slot } from "./slot.ts";
import { celsius, metre, pascal, percent } from "./units.ts";
import type { WindListener } from "./window.ts";
import { WindWindows } from "./windwindows.ts";

/** What the derivation is given by the station. */
export interface DerivationOptions {
	readonly channels: ChannelTable;
	/** Of the site, above mean sea level. */
	readonly heightM: number;
	/** Local standard time minus UTC. */
	readonly utcOffsetHours: number;
	/** Where totals survive a reboot. */
	readonly keyValue: KeyValue;
}

/** Which parts of the derivation the channels of a station ask for. */
export interface DerivedParts {
	readonly windOverMinutes: boolean;
	readonly rainRate: boolean;
	readonly dayTotals: boolean;
}

/** Parts that nobody asks for are not made. */
export function derivedPartsOf(channels: ChannelTable): DerivedParts {
	const names = Array.from({ length: channels.length }, (_, index) => channels.at(index))
		.filter(({ group }) => group === derivedGroup)
		.map(({ name }) => name);
	return {
		windOverMinutes: names.some((name) => windowed.test(name)),
		rainRate: names.includes("precipitationRate10Minutes"),
		dayTotals: names.some((name) => name in totalNeeds),
	};
}

/** Names of the channels over 2 and 10 minutes of wind. */
const windowed = /^wind.*Minutes$/;

/**
 * Names of the channels that a derived channel is computed from; empty for a channel that is not
 * derived.
 */
export function needsOf(name: string): readonly string[] {
	if (windowed.test(name)) {
		return name.includes("Direction") ? ["windSpeed", "windDirection"] : ["windSpeed"];
	}
	if (name === "precipitationRate10Minutes") return ["precipitation"];
	if (name === "dewPoint") return ["airTemperature", "relativeHumidity"];
	if (name === "seaLevelPressure") {
		return ["airTemperature", "relativeHumidity", "stationPressure"];
	}
	return Object.hasOwn(totalNeeds, name) ? [totalNeeds[name]!] : [];
}

/**
 * Fills the channels of an observation that no sensor fills, after its window has closed: quantities
 * that follow from others, and those over windows that are longer than the observation.
 *
 * Only what the station has channels for is computed. What cannot be is missing, with a reason.
 */
export class Derivation {
	/** To be given the wind of each round; `undefined` when nothing asks for it. */
	readonly onWind: WindListener | undefined;
	readonly #wind: WindWindows | undefined;
	readonly #rate: RainRate | undefined;
	readonly #totals: DayTotals | undefined;
	readonly #dewPoint: Slot;
	readonly #seaLevelPressure: Slot;
	readonly #heightM: number;

	constructor({ channels, heightM, utcOffsetHours, keyValue }: DerivationOptions) {
		const { windOverMinutes, rainRate, dayTotals } = derivedPartsOf(channels);
		const wind = windOverMinutes ? new WindWindows(channels) : undefined;
		this.#wind = wind;
		this.onWind =
			wind && ((speed, direction, duration, now) => wind.add(speed, direction, duration, now));
		this.#rate = rainRate ? new RainRate(channels) : undefined;
		this.#totals = dayTotals
			? new DayTotals(channels, utcOffsetHours * 3_600, keyValue)
			: undefined;
		this.#dewPoint = new Slot(channels, "dewPoint");
		this.#seaLevelPressure = new Slot(channels, "seaLevelPressure");
		this.#heightM = heightM;
	}

	/** @param observation  closed, and with its time */
	fill(observation: Observation, now: Ticks): void {
		this.#wind?.fill(observation, now);
		this.#rate?.fill(observation);
		this.#totals?.fill(observation);
		const { values } = observation;
		const temperature = celsius(values[ChannelIndex.airTemperature]!);
		const humidity = percent(values[ChannelIndex.relativeHumidity]!);
		const pressure = pascal(values[ChannelIndex.stationPressure]!);
		this.#dewPoint.put(
			observation,
			dewPoint(temperature, humidity),
			this.#reasonOf(observation, false),
		);
		this.#seaLevelPressure.put(
			observation,
			seaLevelPressure(pressure, temperature, humidity, metre(this.#heightM)),
			this.#reasonOf(observation, true),
		);
	}

	/** Why a value that needs these channels is missing: theirs, or they are out of its range. */
	#reasonOf({ reasons }: Observation, needsPressure: boolean): number {
		const { airTemperature, relativeHumidity, stationPressure } = ChannelIndex;
		return (
			reasons[airTemperature]! ||
			reasons[relativeHumidity]! ||
			(needsPressure ? reasons[stationPressure]! : 0) ||
			reasonCode("range")
		);
	}
}
