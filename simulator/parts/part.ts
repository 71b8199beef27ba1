import type { Random } from "../../firmware/ports/clock.ts";
import type { Conditions, WeatherSource } from "../weather/conditions.ts";

/**
 * What can be wrong with a part.
 *
 * - `nack`: it does not acknowledge on the bus
 * - `stuck`: it answers, but what it measures does not change any more
 * - `busy`: a measurement does not end
 * - `unplugged`: its cable is off; plugged in again, it starts as after a power cycle
 * - `bounce`: its switch closes three times within 5 ms each time it closes
 * - `crc`: its answers carry a wrong checksum
 * - `power`: it hangs and acknowledges nothing until its power was off
 */
export type Fault = "nack" | "stuck" | "busy" | "unplugged" | "bounce" | "crc" | "power";

/** Where a part stands, and where its noise comes from. Times are ms of the simulation's epoch. */
export interface Surroundings {
	readonly weather: WeatherSource;
	readonly random: Random;
	/** Of a source that has no object of its own; made when it is first needed. */
	conditions?: Conditions;
}

/** A part at an address of an I2C bus. It sees transfers, as the silicon does. */
export interface I2CPart {
	readonly kind: "i2c";
	/** @returns whether it acknowledged; `bytes` are read only and valid during the call */
	write(bytes: Uint8Array, now: number): boolean;
	/** @returns whether it acknowledged and filled all of `into` */
	read(into: Uint8Array, now: number): boolean;
	powerCycle(now: number): void;
}

/** A part that closes a switch. */
export interface PulsePart {
	readonly kind: "pulse";
	/**
	 * Pulses since it exists, as an input counts them; never falls, may pass 2^32.
	 *
	 * @param debounceMs  edges within this time of the first belong to the same pulse
	 */
	pulses(now: number, debounceMs: number): number;
}

/** A part that makes a voltage. */
export interface AnalogPart {
	readonly kind: "analog";
	/** Voltage at the pin in mV. */
	millivolts(now: number): number;
}

/** A part on a digital pin. */
export interface DigitalPart {
	readonly kind: "digital";
	/** Level at the pin, 0 or 1. */
	level(now: number): number;
	/** The station drives the pin. */
	drive(level: number, now: number): void;
}

export type SimulatedPart = I2CPart | PulsePart | AnalogPart | DigitalPart;

/** Something that can have one fault at a time. */
export abstract class Faulty {
	/** The faults that make a difference to this kind of part. */
	readonly faults: readonly Fault[];
	/** What the parts read: through `fault` they would all do so at one place, which engines are slow at. */
	protected presentFault: Fault | undefined;

	constructor(faults: readonly Fault[]) {
		this.faults = faults;
	}

	get fault(): Fault | undefined {
		return this.presentFault;
	}

	/** @throws {RangeError} when the part can't have this fault */
	set fault(fault: Fault | undefined) {
		if (fault !== undefined && !this.faults.includes(fault)) {
			throw new RangeError(`fault: expected one of ${this.faults.join(", ")}, got ${fault}`);
		}
		this.presentFault = fault;
	}
}

/** Pulses that one closing of a switch makes at an input. */
export function pulsesPerClosing(fault: Fault | undefined, debounceMs: number): number {
	return fault === "bounce" && debounceMs < 5 ? 3 : 1;
}

/** Conditions that nobody has filled yet. */
export function blankConditions(): Conditions {
	return {
		airTemperature: Number.NaN,
		relativeHumidity: Number.NaN,
		stationPressure: Number.NaN,
		windSpeed: Number.NaN,
		windDirection: Number.NaN,
		precipitationTotal: Number.NaN,
		batteryVoltage: Number.NaN,
	};
}

/** The conditions at a moment, to be read at once: they hold until the next call of any part. */
export function conditionsAt(surroundings: Surroundings, time: number): Readonly<Conditions> {
	const { weather } = surroundings;
	if (weather.look !== undefined) return weather.look(time);
	surroundings.conditions ??= blankConditions();
	return weather.at(time, surroundings.conditions);
}

/** Uniform in [0, 1). */
export function uniform(random: Random): number {
	return (random.next() >>> 0) / 4_294_967_296;
}

/** Noise about zero with a standard deviation of 1, and never beyond 3.5: the sum of four uniforms. */
export function noise(random: Random): number {
	const sum = uniform(random) + uniform(random) + uniform(random) + uniform(random);
	return (sum - 2) * Math.sqrt(3);
}
