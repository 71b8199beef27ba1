/**
 * Sensirion SPS30: particulate matter, over I2C (its SEL pin to ground).
 *
 * Data sheet: "Datasheet SPS30", version 1.0, March 2020 ("DS").
 */
import type { I2C, I2CConstructor, I2COptions } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { SensorFault } from "./fault.ts";
import { checkRange } from "./option.ts";
import { wordAt, writeCommand } from "./word.ts";

/** DS §6.3, I2C commands. */
const Command = Object.freeze({
	startMeasurement: 0x0010,
	stopMeasurement: 0x0104,
	readDataReadyFlag: 0x0202,
	readMeasuredValues: 0x0300,
	readVersion: 0xd100,
	readDeviceStatusRegister: 0xd206,
	reset: 0xd304,
} as const);

/** DS §6.3.1: results as IEEE754 numbers of 32 bits, the highest byte first. */
const bigEndianFloat = 0x0300;
/** DS §6.3, reset: the part is up again within this, in ms. */
const resetMs = 100;
/** DS table 1, sampling interval of 1 s; the sheet allows ±0.04 s. */
const samplingMs = 1040;
/** DS §4.4, device status register: laser failure and fan failure, in its lower word; fan speed, in its upper. */
const laserOrFanFailure = 0x0030;
const fanSpeed = 0x0020;

/** The configuration, in the terms of the sheet. */
export interface SPS30Options {
	/** Time from the start of the fan to the first sample, in s: up to 30 s in clean air (DS table 1). */
	readonly startUpTime?: number;
}

export class SPS30 extends BusSensor {
	static readonly part: Part = Object.freeze({
		name: "SPS30",
		io: "I2C",
		channels: Object.freeze([
			"particulateMatter1",
			"particulateMatter2_5",
			"particulateMatter4",
			"particulateMatter10",
		]),
	});

	protected readonly bootMs = resetMs;
	protected readonly intervalMs = samplingMs;
	readonly #io: I2C;
	readonly #command = new Uint8Array(2);
	readonly #commandWithArgument = new Uint8Array(5);
	readonly #word = new Uint8Array(3);
	readonly #status = new Uint8Array(6);
	/** The four mass concentrations: two words with their checksums each. */
	readonly #answer = new Uint8Array(24);
	readonly #float = new DataView(new ArrayBuffer(4));
	#startUpMs = 0;

	/**
	 * Reads the version and resets the part. It has no chip id: a checksum that fits is what tells it from
	 * another one.
	 *
	 * @throws {SensorFault} "part" when it does not answer as a part of this kind does
	 */
	constructor({ sensor: { io: I2C, ...bus } }: SensorOptions<I2CConstructor, I2COptions>) {
		super();
		this.configure({});
		this.#io = new I2C(bus);
		try {
			this.#ask(Command.readVersion, this.#word);
			if (Number.isNaN(wordAt(this.#word, 0))) {
				throw new SensorFault("part", "version has no checksum");
			}
			this.reset();
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Sensirion SPS30", classification: "ParticulateMatter" };
	}

	configure({ startUpTime = 30 }: SPS30Options): void {
		checkRange("SPS30 startUpTime", startUpTime, 1, 60);
		this.#startUpMs = Math.round(startUpTime * 1000);
	}

	protected reset(): void {
		this.#send(Command.reset);
	}

	protected setUp(): number {
		return 0;
	}

	protected trigger(): number {
		writeCommand(this.#commandWithArgument, Command.startMeasurement, bigEndianFloat);
		this.#io.write(this.#commandWithArgument);
		return this.#startUpMs;
	}

	protected clear(into: Sample): void {
		const group = into.particulateMatterDetector;
		if (group === undefined) {
			into.particulateMatterDetector = {
				particulateMatter: undefined,
				pm1: undefined,
				pm2_5: undefined,
				pm4: undefined,
				pm10: undefined,
			};
			return;
		}
		group.particulateMatter = undefined;
		group.pm1 = undefined;
		group.pm2_5 = undefined;
		group.pm4 = undefined;
		group.pm10 = undefined;
	}

	/** @throws {SensorFault} "stuck" when the fan or the laser has failed */
	protected collect(into: Sample): boolean {
		this.#ask(Command.readDataReadyFlag, this.#word);
		const flag = wordAt(this.#word, 0);
		if (Number.isNaN(flag)) into.missing = "crc";
		else if ((flag & 1) === 0) return false;
		this.#checkStatus();
		this.#ask(Command.readMeasuredValues, this.#answer);
		const group = into.particulateMatterDetector!;
		group.pm1 = this.#floatAt(0);
		group.pm2_5 = this.#floatAt(6);
		group.pm4 = this.#floatAt(12);
		group.pm10 = this.#floatAt(18);
		// ECMA-419 has one number for all of it: what is up to 10 µm.
		group.particulateMatter = group.pm10;
		if (Number.isNaN(group.pm1 + group.pm2_5 + group.pm4 + group.pm10)) into.missing = "crc";
		return true;
	}

	protected sleep(): void {
		this.#send(Command.stopMeasurement);
	}

	protected release(): void {
		this.#io.close();
	}

	#checkStatus(): void {
		this.#ask(Command.readDeviceStatusRegister, this.#status);
		const high = wordAt(this.#status, 0);
		const low = wordAt(this.#status, 3);
		if ((high & fanSpeed) !== 0) throw new SensorFault("stuck", "the fan has the wrong speed");
		if ((low & laserOrFanFailure) !== 0) throw new SensorFault("stuck", "fan or laser has failed");
	}

	/** A value in µg/m³, or NaN when one of its checksums is wrong. */
	#floatAt(at: number): number {
		const high = wordAt(this.#answer, at);
		const low = wordAt(this.#answer, at + 3);
		if (Number.isNaN(high + low)) return Number.NaN;
		this.#float.setUint16(0, high);
		this.#float.setUint16(2, low);
		return this.#float.getFloat32(0);
	}

	#send(command: number): void {
		this.#command[0] = command >> 8;
		this.#command[1] = command & 0xff;
		this.#io.write(this.#command);
	}

	#ask(command: number, answer: Uint8Array): void {
		this.#send(command);
		this.#io.read(answer);
	}
}
