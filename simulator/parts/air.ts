/** The parts that measure what is in the air: carbon dioxide and particles. */
import { conditionsAt, noise, type Surroundings } from "./part.ts";
import { checksum, SensirionPart, word } from "./sensirion.ts";

/** Outdoor air where the weather source says nothing else: ppm, and µg/m³ up to 2.5 µm. */
const freshCarbonDioxide = 420;
const freshParticulateMatter = 8;

/** How much warmer than the air the part is, in °C: what the offset of its default takes away. */
const selfHeating = 4;

/** SCD4x. Data sheet: version 1.3, September 2022, table 9. */
export class SCD4xPart extends SensirionPart {
	readonly #surroundings: Surroundings;
	/** 0 while idle, otherwise ms from one result to the next. */
	#periodMs = 0;
	#nextAt = Number.POSITIVE_INFINITY;
	/** The result that has not been read. */
	#result: readonly number[] | undefined;
	#offset = 0x05da;
	#altitude = 0;
	#selfCalibration = 1;

	constructor(surroundings: Surroundings) {
		super(["busy"]);
		this.#surroundings = surroundings;
	}

	/** DS §3.1: 1000 ms to the idle state. Settings that were not persisted are the factory's again. */
	protected onPowerOn(now: number): void {
		this.#idle();
		this.#offset = 0x05da;
		this.#altitude = 0;
		this.#selfCalibration = 1;
		this.occupy(now + 1000);
	}

	protected override onAdvance(now: number): void {
		if (this.presentFault === "busy" || now < this.#nextAt) return;
		const behind = Math.floor((now - this.#nextAt) / (this.#periodMs || Number.POSITIVE_INFINITY));
		this.#result = this.#measure(this.#nextAt + behind * this.#periodMs);
		this.#nextAt = this.#periodMs > 0 ? this.#nextAt + (behind + 1) * this.#periodMs : Infinity;
	}

	protected onCommand(bytes: Uint8Array, now: number): boolean {
		const command = (bytes[0]! << 8) | bytes[1]!;
		if (this.#periodMs > 0 && ![0xec05, 0x3f86, 0xe4b8].includes(command)) return false;
		if (bytes.length === 5) return this.#set(command, bytes, now);
		switch (command) {
			case 0x21b1:
				return this.#begin(5000, 5000, now);
			case 0x21ac:
				return this.#begin(30_000, 30_000, now);
			case 0x219d:
				this.occupy(now + 5000);
				return this.#begin(0, 5000, now);
			case 0x3f86:
				this.#idle();
				this.occupy(now + 500);
				return true;
			case 0xec05:
				return this.#reply(this.#take(), now);
			case 0xe4b8:
				return this.#reply([this.#result ? 0x8006 : 0x8000], now);
			case 0x3682:
				return this.#reply([0xf896, 0x9f07, 0x3bbe], now);
			case 0x2318:
				return this.#reply([this.#offset], now);
			case 0x2322:
				return this.#reply([this.#altitude], now);
			case 0x2313:
				return this.#reply([this.#selfCalibration], now);
			default:
				return false;
		}
	}

	#set(command: number, bytes: Uint8Array, now: number): boolean {
		const value = (bytes[2]! << 8) | bytes[3]!;
		if (checksum([bytes[2]!, bytes[3]!]) !== bytes[4]) return false;
		if (command === 0x241d) this.#offset = value;
		else if (command === 0x2427) this.#altitude = value;
		else if (command === 0x2416) this.#selfCalibration = value;
		else return false;
		this.occupy(now + 1);
		return true;
	}

	#reply(words: readonly number[], now: number): boolean {
		this.answer(words);
		this.occupy(now + 1);
		return true;
	}

	#take(): readonly number[] {
		const result = this.#result ?? [];
		this.#result = undefined;
		return result;
	}

	#begin(periodMs: number, firstMs: number, now: number): boolean {
		this.#periodMs = periodMs;
		this.#nextAt = now + firstMs;
		return true;
	}

	#idle(): void {
		this.#periodMs = 0;
		this.#nextAt = Number.POSITIVE_INFINITY;
		this.#result = undefined;
		this.answer([]);
	}

	#measure(time: number): number[] {
		const { random } = this.#surroundings;
		const {
			carbonDioxide = freshCarbonDioxide,
			airTemperature,
			relativeHumidity,
		} = conditionsAt(this.#surroundings, time);
		const ppm = carbonDioxide * (1 + 0.002 * noise(random)) + 2 * noise(random);
		const offset = (this.#offset * 175) / 65_535;
		return [
			Math.min(Math.max(Math.round(ppm), 0), 40_000),
			word(airTemperature + selfHeating - offset + 0.05 * noise(random), -45, 130),
			word(relativeHumidity + 0.2 * noise(random), 0, 100),
		];
	}
}

/** SPS30 on I2C. Data sheet: version 1.0, March 2020, §6.3. */
export class SPS30Part extends SensirionPart {
	readonly #surroundings: Surroundings;
	#nextAt = Number.POSITIVE_INFINITY;
	#isReady = false;
	#values: readonly number[] = [0, 0, 0, 0];

	constructor(surroundings: Surroundings) {
		super(["stuck", "busy"]);
		this.#surroundings = surroundings;
	}

	protected onPowerOn(now: number): void {
		this.#nextAt = Number.POSITIVE_INFINITY;
		this.#isReady = false;
		this.answer([]);
		this.occupy(now + 100);
	}

	protected override onAdvance(now: number): void {
		if (this.presentFault === "busy" || now < this.#nextAt) return;
		this.#values = this.#measure(now);
		this.#isReady = true;
		this.#nextAt += 1000 * (1 + Math.floor((now - this.#nextAt) / 1000));
	}

	protected onCommand(bytes: Uint8Array, now: number): boolean {
		const command = (bytes[0]! << 8) | bytes[1]!;
		switch (command) {
			case 0x0010:
				if (bytes.length !== 5 || checksum([bytes[2]!, bytes[3]!]) !== bytes[4]) return false;
				this.#nextAt = now + 1000;
				this.occupy(now + 20);
				return bytes[2] === 0x03;
			case 0x0104:
				this.onPowerOn(now - 80);
				return true;
			case 0x0202:
				this.answer([this.#isReady ? 1 : 0]);
				return true;
			case 0x0300:
				this.answer(this.#isReady ? this.#values.flatMap(floatWords) : []);
				this.#isReady = false;
				return true;
			case 0xd100:
				this.answer([0x0202]);
				return true;
			case 0xd206:
				// A stuck fan: bit 4 of the lower word, fan failure.
				this.answer([0, this.presentFault === "stuck" ? 0x0010 : 0]);
				return true;
			case 0xd304:
				this.onPowerOn(now);
				return true;
			default:
				return false;
		}
	}

	/** PM1, PM2.5, PM4 and PM10; how they share is that of dust far from its source. */
	#measure(time: number): number[] {
		const { random } = this.#surroundings;
		const { particulateMatter = freshParticulateMatter } = conditionsAt(this.#surroundings, time);
		const fine = Math.max(particulateMatter * (1 + 0.01 * noise(random)), 0);
		return [0.75 * fine, fine, 1.15 * fine, 1.25 * fine];
	}
}

/** An IEEE754 number of 32 bits as two words, the higher first. */
function floatWords(value: number): number[] {
	const bits = new DataView(new ArrayBuffer(4));
	bits.setFloat32(0, value);
	return [bits.getUint16(0), bits.getUint16(2)];
}
