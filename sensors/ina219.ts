/**
 * Texas Instruments INA219: voltage, current and power of a supply, over SMBus.
 *
 * Data sheet: SBOS448G, December 2015 ("DS"). The current is computed here from the voltage across the
 * shunt (DS §8.5.3, no calibration register): a part that was without power would have lost its
 * calibration and would report no current.
 */
import type { I2COptions, SMBus, SMBusConstructor } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { SensorFault } from "./fault.ts";
import { checkRange, settingOf } from "./option.ts";

/** DS table 2, summary of registers. All are words, the higher byte first. */
const Register = Object.freeze({
	configuration: 0x00,
	shuntVoltage: 0x01,
	busVoltage: 0x02,
} as const);

/** DS §8.6.2.1: RST, and what the register holds after it. */
const resetBit = 0x8000;
const resetValue = 0x399f;
/** DS table 6: shunt and bus, triggered. */
const triggered = 0x0003;
/** DS §8.6.3.2: conversion ready. */
const CNVR = 0x0002;
const voltsPerShuntStep = 10e-6;
const voltsPerBusStep = 4e-3;

/** DS §8.6.2.1 and table 4: the index is the code in the register. */
const busRanges = Object.freeze([16, 32] as const);
const shuntRanges = Object.freeze([40, 80, 160, 320] as const);

/** DS table 5, ADC settings: with the code of each and the longest conversion time, in ms. */
const conversions = Object.freeze([
	"9-bit",
	"10-bit",
	"11-bit",
	"12-bit",
	"2 samples",
	"4 samples",
	"8 samples",
	"16 samples",
	"32 samples",
	"64 samples",
	"128 samples",
] as const);
const conversionCodes = Object.freeze([0, 1, 2, 3, 9, 10, 11, 12, 13, 14, 15]);
const conversionMs = Object.freeze([
	0.093, 0.163, 0.304, 0.586, 1.17, 2.34, 4.68, 9.36, 18.73, 37.46, 74.91,
]);

/** The configuration, in the terms of the sheet. */
export interface INA219Options {
	/** The shunt, in ohms. */
	readonly shuntOhm?: number;
	/** Range of the bus voltage, in V; the part itself stands 26 V. */
	readonly BRNG?: (typeof busRanges)[number];
	/** Range of the voltage across the shunt, in mV. */
	readonly PG?: (typeof shuntRanges)[number];
	/** Resolution or averaging of the bus voltage. */
	readonly BADC?: (typeof conversions)[number];
	/** Resolution or averaging of the voltage across the shunt. */
	readonly SADC?: (typeof conversions)[number];
}

export class INA219 extends BusSensor {
	static readonly part: Part = Object.freeze({
		name: "INA219",
		io: "SMBus",
		channels: Object.freeze(["supplyVoltage", "supplyCurrent", "supplyPower"]),
	});

	/** A reset is over before the next transfer can be. */
	protected readonly bootMs = 1;
	protected readonly intervalMs = 0;
	readonly #io: SMBus;
	#configuration = 0;
	#shuntOhm = 0;
	/** Steps of the shunt voltage at the end of its range. */
	#shuntMaximum = 0;
	#conversionMs = 0;

	/**
	 * Resets the part. It has no chip id: what its configuration holds after a reset tells it from
	 * another one.
	 *
	 * @throws {SensorFault} "part" when another part answers
	 */
	constructor({ sensor: { io: SMBus, ...bus } }: SensorOptions<SMBusConstructor, I2COptions>) {
		super();
		this.configure({});
		this.#io = new SMBus(bus);
		try {
			this.reset();
			const value = this.#io.readUint16(Register.configuration, true);
			if (value !== resetValue) {
				throw new SensorFault("part", `configuration is 0x${value.toString(16)} after a reset`);
			}
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Texas Instruments INA219", classification: "PowerMeter" };
	}

	/** Takes effect with the next `start`. What is left out goes back to its default. */
	configure({
		shuntOhm = 0.1,
		BRNG = 32,
		PG = 320,
		BADC = "12-bit",
		SADC = "12-bit",
	}: INA219Options): void {
		checkRange("INA219 shuntOhm", shuntOhm, 0.0001, 100);
		const busRange = settingOf("INA219 BRNG", BRNG, busRanges);
		const shuntRange = settingOf("INA219 PG", PG, shuntRanges);
		const bus = settingOf("INA219 BADC", BADC, conversions);
		const shunt = settingOf("INA219 SADC", SADC, conversions);
		this.#shuntOhm = shuntOhm;
		this.#shuntMaximum = PG / 1000 / voltsPerShuntStep;
		this.#configuration =
			(busRange << 13) |
			(shuntRange << 11) |
			(conversionCodes[bus]! << 7) |
			(conversionCodes[shunt]! << 3) |
			triggered;
		this.#conversionMs = Math.ceil(conversionMs[bus]! + conversionMs[shunt]!);
	}

	protected reset(): void {
		this.#io.writeUint16(Register.configuration, resetBit, true);
	}

	protected setUp(): number {
		return 0;
	}

	protected trigger(): number {
		this.#io.writeUint16(Register.configuration, this.#configuration, true);
		return this.#conversionMs;
	}

	protected clear(into: Sample): void {
		into.powerMeter ??= { voltage: undefined, current: undefined, power: undefined };
		into.powerMeter.voltage = undefined;
		into.powerMeter.current = undefined;
		into.powerMeter.power = undefined;
	}

	protected collect(into: Sample): boolean {
		const bus = this.#io.readUint16(Register.busVoltage, true);
		if ((bus & CNVR) === 0) return false;
		const word = this.#io.readUint16(Register.shuntVoltage, true);
		const shunt = word < 0x8000 ? word : word - 0x10000;
		const voltage = (bus >> 3) * voltsPerBusStep;
		into.powerMeter!.voltage = voltage;
		if (Math.abs(shunt) >= this.#shuntMaximum) {
			into.missing = "range";
			return true;
		}
		const current = (shunt * voltsPerShuntStep) / this.#shuntOhm;
		into.powerMeter!.current = current;
		into.powerMeter!.power = voltage * current;
		return true;
	}

	protected sleep(): void {}

	protected release(): void {
		this.#io.close();
	}
}
