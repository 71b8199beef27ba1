/** The parts that look at the sky: ambient light and ultraviolet. */
import { RegisterPart, WordPart } from "./buspart.ts";
import { conditionsAt, noise, type Surroundings, uniform } from "./part.ts";

/** ALS_GAIN and ALS_IT by their codes; VEML7700 data sheet 84286, revision 1.7, register 0. */
const vemlGains = [1, 2, 0.125, 0.25];
const vemlTimes: Readonly<Record<number, number>> = {
	12: 25,
	8: 50,
	0: 100,
	1: 200,
	2: 400,
	3: 800,
};

/** VEML7700. At gains of 1/8 and 1/4 its counts bend as the application note's correction says. */
export class VEML7700Part extends WordPart {
	readonly #surroundings: Surroundings;
	#configuration = 0x0001;
	#doneAt = Number.POSITIVE_INFINITY;
	#count = 0;

	constructor(surroundings: Surroundings) {
		super(["stuck"], false);
		this.#surroundings = surroundings;
	}

	protected onPowerOn(): void {
		this.#configuration = 0x0001;
		this.#doneAt = Number.POSITIVE_INFINITY;
		this.#count = 0;
	}

	protected onAdvance(now: number): void {
		if (now < this.#doneAt) return;
		if (this.presentFault !== "stuck") this.#integrate(this.#doneAt);
		const periodMs = this.#integrationMs();
		this.#doneAt += periodMs * (1 + Math.floor((now - this.#doneAt) / periodMs));
	}

	protected readWord(register: number): number {
		if (register === 0x00) return this.#configuration;
		if (register === 0x04 || register === 0x05) return this.#count;
		return register === 0x07 ? 0xc481 : 0;
	}

	protected writeWord(register: number, value: number, now: number): void {
		if (register !== 0x00) return;
		const wasOff = (this.#configuration & 1) === 1;
		this.#configuration = value;
		if (value & 1) this.#doneAt = Number.POSITIVE_INFINITY;
		else if (wasOff) this.#doneAt = now + 2.5 + this.#integrationMs();
	}

	#integrationMs(): number {
		return vemlTimes[(this.#configuration >> 6) & 15] ?? 100;
	}

	#integrate(time: number): void {
		const { random } = this.#surroundings;
		const { illuminance = 0 } = conditionsAt(this.#surroundings, time);
		const gain = vemlGains[(this.#configuration >> 11) & 3]!;
		const luxPerCount = (0.0042 * 800 * 2) / (this.#integrationMs() * gain);
		const seen = gain < 1 ? bend(illuminance) : illuminance;
		const count = seen / luxPerCount + 0.3 * noise(random);
		this.#count = Math.min(Math.max(Math.round(count), 0), 0xffff);
	}
}

/** What the part would see without correction: the correction's inverse, by bisection. */
function bend(lux: number): number {
	let low = 0;
	let high = lux;
	for (let step = 0; step < 60; step++) {
		const x = (low + high) / 2;
		const seen = 6.0135e-13 * x ** 4 - 9.3924e-9 * x ** 3 + 8.1488e-5 * x ** 2 + 1.0023 * x;
		if (seen < lux) low = x;
		else high = x;
	}
	return (low + high) / 2;
}

/** Integration time in ms and bits by the code of the resolution; LTR-390UV-01, DS86-2015-0004. */
const ltrTimes = [400, 200, 100, 50, 25, 12.5, 12.5, 12.5];
const ltrBits = [20, 19, 18, 17, 16, 13, 13, 13];
const ltrGains = [1, 3, 6, 9, 18, 18, 18, 18];
const ltrRates = [25, 50, 100, 200, 500, 1000, 2000, 2000];

/** LTR-390UV-01. Its ambient-light channel is not simulated: it reads as dark. */
export class LTR390Part extends RegisterPart {
	readonly #surroundings: Surroundings;
	readonly #registers = new Uint8Array(256);
	#doneAt = Number.POSITIVE_INFINITY;

	constructor(surroundings: Surroundings) {
		super(["busy"]);
		this.#surroundings = surroundings;
		this.onPowerOn();
	}

	protected onPowerOn(): void {
		this.#registers.fill(0);
		this.#registers[0x04] = 0x22;
		this.#registers[0x05] = 0x01;
		this.#registers[0x06] = 0xb2;
		this.#registers[0x07] = 0x20;
		this.#doneAt = Number.POSITIVE_INFINITY;
	}

	protected onAdvance(now: number): void {
		if (now < this.#doneAt || this.presentFault === "busy") return;
		this.#measure(this.#doneAt);
		const rate = this.#registers[0x04]!;
		const periodMs = Math.max(ltrTimes[(rate >> 4) & 7]!, ltrRates[rate & 7]!);
		this.#doneAt += periodMs * (1 + Math.floor((now - this.#doneAt) / periodMs));
	}

	/** Reading the status clears the power-on and the data bit. */
	protected readRegister(register: number): number {
		const value = this.#registers[register]!;
		if (register === 0x07) this.#registers[register] = 0;
		return value;
	}

	protected writeRegister(register: number, value: number, now: number): void {
		if (register === 0x00) {
			if (value & 0x10) this.onPowerOn();
			else this.#switch(value, now);
		} else if (register === 0x04 || register === 0x05) this.#registers[register] = value & 0x77;
	}

	#switch(value: number, now: number): void {
		this.#registers[0x00] = value & 0x0a;
		const wakeUpMs = 5 + 5 * uniform(this.#surroundings.random);
		const integrationMs = ltrTimes[(this.#registers[0x04]! >> 4) & 7]!;
		this.#doneAt = value & 0x02 ? now + wakeUpMs + integrationMs : Number.POSITIVE_INFINITY;
	}

	#measure(time: number): void {
		const { random } = this.#surroundings;
		const bits = ltrBits[(this.#registers[0x04]! >> 4) & 7]!;
		const gain = ltrGains[this.#registers[0x05]! & 7]!;
		const isUv = (this.#registers[0x00]! & 0x08) !== 0;
		const { uvIndex = 0 } = conditionsAt(this.#surroundings, time);
		const exact = isUv ? (uvIndex * 2300 * (gain / 18)) / 2 ** (20 - bits) : 0;
		const count = Math.min(Math.max(Math.round(exact + 0.5 * noise(random)), 0), 2 ** bits - 1);
		const first = isUv ? 0x10 : 0x0d;
		this.#registers[first] = count & 0xff;
		this.#registers[first + 1] = (count >> 8) & 0xff;
		this.#registers[first + 2] = count >> 16;
		this.#registers[0x07]! |= 0x08;
	}
}
