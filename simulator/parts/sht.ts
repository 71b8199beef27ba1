/** SHT3x and SHT4x as they look on the bus. */
import { conditionsAt, noise, type Surroundings, uniform } from "./part.ts";
import { SensirionPart, word } from "./sensirion.ts";

/** A measurement that a command starts: longest time in ms, noise of 1 sigma in °C and %, warming in °C. */
interface Measurement {
	readonly ms: number;
	readonly temperatureNoise: number;
	readonly humidityNoise: number;
	readonly warming: number;
}

abstract class SHTPart extends SensirionPart {
	readonly #surroundings: Surroundings;
	readonly #humidityLowest: number;
	readonly #humidityHighest: number;
	#measurement: Measurement | undefined;
	#doneAt = Number.POSITIVE_INFINITY;
	/** The last words, which a stuck part repeats. */
	#words: readonly number[] = [];

	constructor(surroundings: Surroundings, humidityLowest: number, humidityHighest: number) {
		super(["stuck", "busy"]);
		this.#surroundings = surroundings;
		this.#humidityLowest = humidityLowest;
		this.#humidityHighest = humidityHighest;
	}

	protected restartAt(upAt: number): void {
		this.#measurement = undefined;
		this.#doneAt = Number.POSITIVE_INFINITY;
		this.answer([]);
		this.occupy(upAt);
	}

	/** Between typical and longest time the part is busy, then it has an answer. */
	protected begin(measurement: Measurement, now: number): void {
		const share = 1 - 0.15 * uniform(this.#surroundings.random);
		this.#measurement = measurement;
		this.#doneAt = now + measurement.ms * share;
		this.occupy(this.presentFault === "busy" ? Number.POSITIVE_INFINITY : this.#doneAt);
	}

	protected override onAdvance(now: number): void {
		if (this.#measurement === undefined || now < this.#doneAt || this.presentFault === "busy")
			return;
		this.occupy(this.#doneAt);
		if (this.presentFault !== "stuck") this.#words = this.#measure(this.#measurement);
		this.#measurement = undefined;
		this.answer(this.#words);
	}

	#measure({ temperatureNoise, humidityNoise, warming }: Measurement): number[] {
		const { random } = this.#surroundings;
		const { airTemperature, relativeHumidity } = conditionsAt(this.#surroundings, this.#doneAt);
		const temperature = airTemperature + warming + temperatureNoise * noise(random);
		const humidity = relativeHumidity + humidityNoise * noise(random);
		return [
			word(temperature, -45, 130),
			word(humidity, this.#humidityLowest, this.#humidityHighest),
		];
	}
}

/**
 * SHT3x-DIS. Data sheet: version 5, May 2018. Table 4: times; tables 1 and 2: repeatability, which is three
 * standard deviations; table 9: commands; §4.13: conversion.
 */
export class SHT3xPart extends SHTPart {
	#warming = 0;
	#wasReset = true;

	constructor(surroundings: Surroundings) {
		super(surroundings, 0, 100);
	}

	protected onPowerOn(now: number): void {
		this.#warming = 0;
		this.#wasReset = true;
		this.restartAt(now + 1.5);
	}

	protected onCommand(bytes: Uint8Array, now: number): boolean {
		if (bytes.length !== 2) return false;
		const warming = this.#warming;
		switch ((bytes[0]! << 8) | bytes[1]!) {
			case 0x2400:
				this.begin({ ms: 15.5, temperatureNoise: 0.013, humidityNoise: 0.027, warming }, now);
				return true;
			case 0x240b:
				this.begin({ ms: 6.5, temperatureNoise: 0.027, humidityNoise: 0.05, warming }, now);
				return true;
			case 0x2416:
				this.begin({ ms: 4.5, temperatureNoise: 0.05, humidityNoise: 0.07, warming }, now);
				return true;
			case 0x306d:
				this.#warming = 3;
				return true;
			case 0x3066:
				this.#warming = 0;
				return true;
			case 0x30a2:
				this.onPowerOn(now);
				return true;
			case 0x3041:
				this.#wasReset = false;
				return true;
			case 0xf32d:
				this.answer([0x8000 | (warming > 0 ? 0x2000 : 0) | (this.#wasReset ? 0x0010 : 0)]);
				return true;
			default:
				return false;
		}
	}
}

/** DS table 5 of SHT4x: longest times in ms; tables 1 and 2: repeatability. */
const sht4xMeasurements: Readonly<Record<number, Measurement>> = {
	253: { ms: 8.3, temperatureNoise: 0.013, humidityNoise: 0.027, warming: 0 },
	246: { ms: 4.5, temperatureNoise: 0.023, humidityNoise: 0.05, warming: 0 },
	224: { ms: 1.6, temperatureNoise: 0.033, humidityNoise: 0.083, warming: 0 },
	57: { ms: 1108.3, temperatureNoise: 0.013, humidityNoise: 0.027, warming: 60 },
	50: { ms: 118.3, temperatureNoise: 0.013, humidityNoise: 0.027, warming: 30 },
	47: { ms: 1108.3, temperatureNoise: 0.013, humidityNoise: 0.027, warming: 33 },
	36: { ms: 118.3, temperatureNoise: 0.013, humidityNoise: 0.027, warming: 16 },
	30: { ms: 1108.3, temperatureNoise: 0.013, humidityNoise: 0.027, warming: 6 },
	21: { ms: 118.3, temperatureNoise: 0.013, humidityNoise: 0.027, warming: 3 },
};

/** SHT4x. Data sheet: version 6.4, November 2023. How warm the heater makes it is a guess of the order. */
export class SHT4xPart extends SHTPart {
	constructor(surroundings: Surroundings) {
		super(surroundings, -6, 119);
	}

	protected onPowerOn(now: number): void {
		this.restartAt(now + 1);
	}

	protected onCommand(bytes: Uint8Array, now: number): boolean {
		if (bytes.length !== 1) return false;
		const command = bytes[0]!;
		const measurement = sht4xMeasurements[command];
		if (measurement !== undefined) this.begin(measurement, now);
		else if (command === 0x94) this.onPowerOn(now);
		else if (command === 0x89) this.answer([0x1234, 0x5678]);
		else return false;
		return true;
	}
}
