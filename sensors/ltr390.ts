/**
 * Lite-On LTR-390UV-01: ultraviolet index, over SMBus.
 *
 * Data sheet: DS86-2015-0004 ("DS"). The part is switched on for one measurement and off again.
 */
import type { I2COptions, SMBus, SMBusConstructor } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { SensorFault } from "./fault.ts";
import { checkRange, settingOf } from "./option.ts";

/** DS, "Register set". */
const Register = Object.freeze({
	MAIN_CTRL: 0x00,
	ALS_UVS_MEAS_RATE: 0x04,
	ALS_UVS_GAIN: 0x05,
	PART_ID: 0x06,
	MAIN_STATUS: 0x07,
	UVS_DATA_0: 0x10,
} as const);

/** DS, PART_ID: the part number is in the upper half, the revision in the lower. */
const partNumber = 0xb0;
/** DS, MAIN_CTRL: UVS mode, and enable. */
const enableUvs = 0x0a;
const standby = 0x00;
/** DS, MAIN_STATUS: new data that has not been read. */
const dataStatus = 0x08;

/** DS, ALS_UVS_MEAS_RATE: the index is the code in the register; bits, and the time of each in ms. */
const resolutions = Object.freeze([20, 19, 18, 17, 16] as const);
const integrationMs = Object.freeze([400, 200, 100, 50, 25]);
/** The rate that is not faster than the measurement takes, by the same index. */
const rates = Object.freeze([4, 3, 2, 1, 0]);
/** DS, ALS_UVS_GAIN: the index is the code in the register. */
const gains = Object.freeze([1, 3, 6, 9, 18] as const);

/** DS, "UV sensitivity": counts for a UV index of 1 at a gain of 18 and 20 bits. */
const countsPerIndex = 2300;
/** DS, "Wake-up time from standby", the longest in ms. */
const wakeUpMs = 10;

/** The configuration, in the terms of the sheet. */
export interface LTR390Options {
	/** Bits of a result. */
	readonly resolution?: (typeof resolutions)[number];
	readonly gain?: (typeof gains)[number];
	/** What a window in front of the part takes away: 1 for none, more for a tinted one. */
	readonly WFAC?: number;
}

export class LTR390 extends BusSensor {
	static readonly part: Part = Object.freeze({
		name: "LTR390",
		io: "SMBus",
		channels: Object.freeze(["uvIndex"]),
	});

	/** There is no reset that would take time; the settings are written. */
	protected readonly bootMs = 1;
	protected readonly intervalMs = 0;
	readonly #io: SMBus;
	readonly #count = new Uint8Array(3);
	#measureRate = 0;
	#gain = 0;
	#highest = 0;
	#indexPerCount = 0;
	#measurementMs = 0;

	/** @throws {SensorFault} "part" when another part answers, "unplugged" when nothing drives the bus */
	constructor({ sensor: { io: SMBus, ...bus } }: SensorOptions<SMBusConstructor, I2COptions>) {
		super();
		this.configure({});
		this.#io = new SMBus(bus);
		try {
			const id = this.#io.readUint8(Register.PART_ID);
			if (id === 0x00 || id === 0xff) throw new SensorFault("unplugged", "nothing drives the bus");
			if ((id & 0xf0) !== partNumber) {
				throw new SensorFault("part", `part id is 0x${id.toString(16)}`);
			}
			this.reset();
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Lite-On LTR-390UV-01", classification: "UltravioletMeter" };
	}

	/** Takes effect with the next `start`. What is left out goes back to its default. */
	configure({ resolution = 20, gain = 18, WFAC = 1 }: LTR390Options): void {
		const bits = settingOf("LTR390 resolution", resolution, resolutions);
		this.#gain = settingOf("LTR390 gain", gain, gains);
		checkRange("LTR390 WFAC", WFAC, 1, 100);
		this.#measureRate = (bits << 4) | rates[bits]!;
		this.#highest = 2 ** resolution - 1;
		this.#indexPerCount = (WFAC / countsPerIndex) * (18 / gain) * 2 ** (20 - resolution);
		this.#measurementMs = wakeUpMs + integrationMs[bits]!;
		this.restart();
	}

	/** The reset bit is not used: the part does not acknowledge the transfer that sets it. */
	protected reset(): void {
		this.#io.writeUint8(Register.MAIN_CTRL, standby);
	}

	protected setUp(): number {
		return 0;
	}

	protected trigger(): number {
		this.#io.writeUint8(Register.ALS_UVS_MEAS_RATE, this.#measureRate);
		this.#io.writeUint8(Register.ALS_UVS_GAIN, this.#gain);
		this.#io.writeUint8(Register.MAIN_CTRL, enableUvs);
		return this.#measurementMs;
	}

	protected clear(into: Sample): void {
		into.ultravioletMeter ??= { uvIndex: undefined };
		into.ultravioletMeter.uvIndex = undefined;
	}

	protected collect(into: Sample): boolean {
		if ((this.#io.readUint8(Register.MAIN_STATUS) & dataStatus) === 0) return false;
		this.#io.readBuffer(Register.UVS_DATA_0, this.#count);
		this.#io.writeUint8(Register.MAIN_CTRL, standby);
		const bytes = this.#count;
		const count = bytes[0]! | (bytes[1]! << 8) | ((bytes[2]! & 0x0f) << 16);
		if (count === this.#highest) into.missing = "range";
		else into.ultravioletMeter!.uvIndex = count * this.#indexPerCount;
		return true;
	}

	protected sleep(): void {}

	protected release(): void {
		this.#io.close();
	}
}
