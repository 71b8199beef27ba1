/**
 * Vishay VEML7700: ambient light, over SMBus.
 *
 * Data sheet: document 84286, revision 1.7, 28 November 2023 ("DS"); application note "Designing the VEML7700 Into an
 * Application", document 84323 ("AN"). The part is switched on for one integration and off again.
 */
import type { I2COptions, SMBus, SMBusConstructor } from "../firmware/ports/io.ts";
import type { Identification, Part, Sample, SensorOptions } from "../firmware/ports/sensor.ts";
import { BusSensor } from "./bussensor.ts";
import { checkId, SensorFault } from "./fault.ts";
import { settingOf } from "./option.ts";

/** DS, "Command register format". All are words, the lower byte first. */
const Register = Object.freeze({ ALS_CONF_0: 0x00, PSM: 0x03, ALS: 0x04, ID: 0x07 } as const);

/** DS, register 7: device id code. */
const deviceId = 0x81;
/** ALS_SD: shut down. */
const ALS_SD = 0x0001;

/** DS, ALS_GAIN: the index is the code in the register. */
const gains = Object.freeze(["1", "2", "1/8", "1/4"] as const);
const gainFactors = Object.freeze([1, 2, 1 / 8, 1 / 4]);
/** DS, ALS_IT in ms, and the code of each. */
const integrationTimes = Object.freeze([25, 50, 100, 200, 400, 800] as const);
const integrationCodes = Object.freeze([12, 8, 0, 1, 2, 3]);

/** lx for one count at a gain of 2 and 800 ms (DS, "Basic characteristics"; AN, table of resolutions). */
const finest = 0.0042;
/** DS, "ALS_SD": time from switching on to the first integration. */
const wakeUpMs = 2.5;

/** The configuration, in the terms of the sheet. */
export interface VEML7700Options {
	/** 1 and 2 are for less than 100 lx (AN). */
	readonly ALS_GAIN?: (typeof gains)[number];
	/** Integration time in ms. With a gain of 1/8, 25 ms reaches to 140 klx and 100 ms to 35 klx. */
	readonly ALS_IT?: (typeof integrationTimes)[number];
}

export class VEML7700 extends BusSensor {
	static readonly part: Part = Object.freeze({
		name: "VEML7700",
		io: "SMBus",
		channels: Object.freeze(["illuminance"]),
	});

	/** There is no reset that would take time; the settings are written. */
	protected readonly bootMs = 1;
	protected readonly intervalMs = 0;
	readonly #io: SMBus;
	#configuration = 0;
	#integrationMs = 0;
	#luxPerCount = 0;
	/** At gains of 1 and 2, which are for less than 100 lx, the response is linear. */
	#isLinear = false;

	/** @throws {SensorFault} "part" when another part answers, "unplugged" when nothing drives the bus */
	constructor({ sensor: { io: SMBus, ...bus } }: SensorOptions<SMBusConstructor, I2COptions>) {
		super();
		this.configure({});
		this.#io = new SMBus(bus);
		try {
			checkId(this.#io.readUint16(Register.ID) & 0xff, deviceId);
			this.reset();
		} catch (error) {
			this.#io.close();
			throw error;
		}
		this.noteRestart();
	}

	get identification(): Identification {
		return { model: "Vishay VEML7700", classification: "AmbientLight" };
	}

	/** Takes effect with the next `start`. What is left out goes back to its default. */
	configure({ ALS_GAIN = "1/8", ALS_IT = 25 }: VEML7700Options): void {
		const gain = settingOf("VEML7700 ALS_GAIN", ALS_GAIN, gains);
		const time = settingOf("VEML7700 ALS_IT", ALS_IT, integrationTimes);
		this.#configuration = (gain << 11) | (integrationCodes[time]! << 6);
		this.#integrationMs = ALS_IT;
		this.#isLinear = gainFactors[gain]! >= 1;
		this.#luxPerCount = finest * (800 / ALS_IT) * (2 / gainFactors[gain]!);
		this.restart();
	}

	protected reset(): void {
		this.#io.writeUint16(Register.ALS_CONF_0, ALS_SD);
		this.#io.writeUint16(Register.PSM, 0);
	}

	protected setUp(): number {
		return 0;
	}

	/** The sheet gives no tolerance of the integration time; a tenth is allowed for it. */
	protected trigger(): number {
		this.#io.writeUint16(Register.ALS_CONF_0, this.#configuration);
		return Math.ceil(wakeUpMs + 1.1 * this.#integrationMs);
	}

	protected clear(into: Sample): void {
		into.lightmeter ??= { illuminance: undefined };
		into.lightmeter.illuminance = undefined;
	}

	/** @throws {SensorFault} "silent" when the part has been without power since the start */
	protected collect(into: Sample): boolean {
		if (this.#io.readUint16(Register.ALS_CONF_0) !== this.#configuration) {
			throw new SensorFault("silent", "has lost its settings");
		}
		const count = this.#io.readUint16(Register.ALS);
		this.#io.writeUint16(Register.ALS_CONF_0, this.#configuration | ALS_SD);
		if (count === 0xffff) {
			into.missing = "range";
			return true;
		}
		const lux = count * this.#luxPerCount;
		into.lightmeter!.illuminance = this.#isLinear ? lux : straighten(lux);
		return true;
	}

	protected sleep(): void {}

	protected release(): void {
		this.#io.close();
	}
}

/**
 * Corrects the response at gains of 1/8 and 1/4. Source: AN, "Correction formula". The note uses it
 * above 1 klx; here it is used from 0, where it changes little, so that there is no step at 1 klx.
 */
function straighten(lux: number): number {
	return (((6.0135e-13 * lux - 9.3924e-9) * lux + 8.1488e-5) * lux + 1.0023) * lux;
}
