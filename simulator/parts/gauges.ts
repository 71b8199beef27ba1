/**
 * The instruments that have no chip: bucket, cups, vane and the battery's divider.
 *
 * Resistances, rain a tip and wind a pulse are typed from "Weather Sensor Assembly p/n 80422", usage
 * notes, Argent Data Systems.
 */
import {
	type AnalogPart,
	conditionsAt,
	type Fault,
	Faulty,
	noise,
	type PulsePart,
	pulsesPerClosing,
	type Surroundings,
} from "./part.ts";

function isStill(fault: Fault | undefined): boolean {
	return fault === "stuck" || fault === "unplugged";
}

export interface BucketOptions {
	/** Rain that tips the bucket once, in mm. */
	readonly mmPerTip?: number;
}

/** A tipping bucket. Blocked by leaves (`stuck`) or with its cable off, it simply does not tip. */
export class BucketPart extends Faulty implements PulsePart {
	readonly kind = "pulse";
	readonly #surroundings: Surroundings;
	readonly #mmPerTip: number;
	#pulses = 0;
	/** mm that have gone into the gauge and not yet out of it as a tip. */
	#level: number;
	#total = Number.NaN;

	constructor(surroundings: Surroundings, { mmPerTip = 0.2794 }: BucketOptions = {}) {
		super(["stuck", "unplugged", "bounce"]);
		this.#surroundings = surroundings;
		this.#mmPerTip = mmPerTip;
		this.#level = (0.5 + 0.1 * noise(surroundings.random)) * mmPerTip;
	}

	pulses(now: number, debounceMs: number): number {
		const { precipitationTotal } = conditionsAt(this.#surroundings, now);
		if (!Number.isNaN(this.#total) && !isStill(this.presentFault)) {
			this.#level += precipitationTotal - this.#total;
		}
		this.#total = precipitationTotal;
		const tips = Math.floor(this.#level / this.#mmPerTip);
		this.#level -= tips * this.#mmPerTip;
		this.#pulses += tips * pulsesPerClosing(this.presentFault, debounceMs);
		return this.#pulses;
	}
}

export interface CupOptions {
	/** Wind that passes for each pulse, in m. */
	readonly metresPerPulse?: number;
}

/** Below this in m/s friction holds the cups; of the order that small cups have. */
const startingSpeed = 0.4;
/**
 * The wind is looked at once in so many ms, while that many looks suffice for the time between reads. Sixteen looks at
 * a minute of turbulence leave an error of the mean of about 2 %, which is what small cups have anyway.
 */
const lookMs = 500;
const looksMaximum = 16;

/** Cups that turn with the wind between two reads. Iced up (`stuck`) or unplugged, they give no pulse. */
export class CupPart extends Faulty implements PulsePart {
	readonly kind = "pulse";
	readonly #surroundings: Surroundings;
	readonly #metresPerPulse: number;
	#pulses = 0;
	/** How far the cups have turned towards the next pulse, 0..1. */
	#turned = 0;
	#turnedAt = Number.NaN;

	constructor(surroundings: Surroundings, { metresPerPulse = 2.4 / 3.6 }: CupOptions = {}) {
		super(["stuck", "unplugged", "bounce"]);
		this.#surroundings = surroundings;
		this.#metresPerPulse = metresPerPulse;
	}

	pulses(now: number, debounceMs: number): number {
		const elapsedMs = now - this.#turnedAt;
		this.#turnedAt = now;
		if (elapsedMs > 0 && !isStill(this.presentFault)) {
			this.#turned += this.#run(now - elapsedMs, elapsedMs) / this.#metresPerPulse;
		}
		const closings = Math.floor(this.#turned);
		this.#turned -= closings;
		this.#pulses += closings * pulsesPerClosing(this.presentFault, debounceMs);
		return this.#pulses;
	}

	/** Wind run in m, by the midpoint rule. */
	#run(from: number, elapsedMs: number): number {
		const { weather, random } = this.#surroundings;
		const looks = Math.min(Math.ceil(elapsedMs / lookMs), looksMaximum);
		const stepMs = elapsedMs / looks;
		let metres = 0;
		for (let look = 0; look < looks; look++) {
			const time = from + (look + 0.5) * stepMs;
			const windSpeed =
				weather.windSpeed?.(time) ?? conditionsAt(this.#surroundings, time).windSpeed;
			const friction = 1 + 0.005 * noise(random);
			if (windSpeed >= startingSpeed) metres += (windSpeed * friction * stepMs) / 1000;
		}
		return metres;
	}
}

/** Ohms at 0°, 22.5°, 45° and so on. */
const vaneOhms = [
	33e3, 6.57e3, 8.2e3, 891, 1e3, 688, 2.2e3, 1.41e3, 3.9e3, 3.14e3, 16e3, 14.12e3, 120e3, 42.12e3,
	64.9e3, 21.88e3,
];

export interface VaneOptions {
	readonly resistorsOhm?: readonly number[];
	readonly pullUpOhm?: number;
	readonly supplyMv?: number;
}

/** A vane with a resistor for each of 16 positions; too weak a wind does not turn it. */
export class VanePart extends Faulty implements AnalogPart {
	readonly kind = "analog";
	readonly #surroundings: Surroundings;
	readonly #ohms: readonly number[];
	readonly #pullUpOhm: number;
	readonly #supplyMv: number;
	#position = 0;

	constructor(
		surroundings: Surroundings,
		{ resistorsOhm = vaneOhms, pullUpOhm = 10e3, supplyMv = 3300 }: VaneOptions = {},
	) {
		super(["stuck", "unplugged", "power"]);
		this.#surroundings = surroundings;
		this.#ohms = resistorsOhm;
		this.#pullUpOhm = pullUpOhm;
		this.#supplyMv = supplyMv;
	}

	millivolts(now: number): number {
		// With the cable off only the pull-up is left; with no supply there is nothing to divide.
		if (this.presentFault === "unplugged") return this.#supplyMv;
		if (this.presentFault === "power") return 0;
		const { random } = this.#surroundings;
		const { windSpeed, windDirection } = conditionsAt(this.#surroundings, now);
		if (windSpeed >= startingSpeed && this.presentFault !== "stuck") {
			const step = 360 / this.#ohms.length;
			this.#position = Math.round(windDirection / step) % this.#ohms.length;
		}
		const ohms = this.#ohms[this.#position]! * (1 + 0.002 * noise(random));
		return (this.#supplyMv * ohms) / (ohms + this.#pullUpOhm);
	}
}

export interface PotentiometerOptions {
	readonly potentiometerOhm?: number;
	readonly upperOhm?: number;
	readonly lowerOhm?: number;
	readonly deadBand?: number;
	readonly supplyMv?: number;
}

/** A vane on a potentiometer. Over the gap in the north its wiper stays at the end it has left. */
export class PotentiometerVanePart extends Faulty implements AnalogPart {
	readonly kind = "analog";
	readonly #surroundings: Surroundings;
	readonly #gap: number;
	readonly #lowestMv: number;
	readonly #highestMv: number;
	readonly #supplyMv: number;
	#angle = 180;

	constructor(
		surroundings: Surroundings,
		{
			potentiometerOhm = 20e3,
			upperOhm = 1e3,
			lowerOhm = 1e3,
			deadBand = 5,
			supplyMv = 3300,
		}: PotentiometerOptions = {},
	) {
		super(["stuck", "unplugged", "power"]);
		this.#surroundings = surroundings;
		this.#gap = deadBand;
		this.#supplyMv = supplyMv;
		const currentMa = supplyMv / (upperOhm + potentiometerOhm + lowerOhm);
		this.#lowestMv = currentMa * lowerOhm;
		this.#highestMv = currentMa * (lowerOhm + potentiometerOhm);
	}

	millivolts(now: number): number {
		// The wiper's cable is pulled to the supply at the board; with no supply there is nothing.
		if (this.presentFault === "unplugged") return this.#supplyMv;
		if (this.presentFault === "power") return 0;
		const { random } = this.#surroundings;
		const { windSpeed, windDirection } = conditionsAt(this.#surroundings, now);
		const isOverGap = windDirection < this.#gap / 2 || windDirection > 360 - this.#gap / 2;
		if (windSpeed >= startingSpeed && this.presentFault !== "stuck") {
			const end = this.#angle < 180 ? this.#gap / 2 : 360 - this.#gap / 2;
			this.#angle = isOverGap ? end : windDirection;
		}
		const share = (this.#angle - this.#gap / 2) / (360 - this.#gap);
		return this.#lowestMv + share * (this.#highestMv - this.#lowestMv) + noise(random);
	}
}

export interface BatteryPartOptions {
	readonly upperOhm?: number;
	readonly lowerOhm?: number;
}

/** The battery behind its divider. */
export class BatteryPart extends Faulty implements AnalogPart {
	readonly kind = "analog";
	readonly #surroundings: Surroundings;
	readonly #ratio: number;
	/** Voltage at the pin in mV and when that was: a driver reads it several times in a row. */
	#level = 0;
	#levelAt = Number.NaN;

	constructor(
		surroundings: Surroundings,
		{ upperOhm = 100e3, lowerOhm = 100e3 }: BatteryPartOptions = {},
	) {
		super(["unplugged"]);
		this.#surroundings = surroundings;
		this.#ratio = lowerOhm / (upperOhm + lowerOhm);
	}

	millivolts(now: number): number {
		if (this.presentFault === "unplugged") return 0;
		const { random } = this.#surroundings;
		if (now !== this.#levelAt) {
			const { batteryVoltage } = conditionsAt(this.#surroundings, now);
			this.#level = batteryVoltage * 1000 * this.#ratio;
			this.#levelAt = now;
		}
		return this.#level + 2 * noise(random);
	}
}
