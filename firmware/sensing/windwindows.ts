import type { Observation } from "../base/observation.ts";
import type { Ticks } from "../ports/clock.ts";
import { type ChannelTable, reasonCode } from "./channel.ts";
import { Slot } from "./slot.ts";
import { WindHistory, type WindSummary, windowsMs } from "./wind.ts";

const [twoMinutes, tenMinutes] = windowsMs;

/** The channels of a station that say how the wind was over 2 and over 10 minutes. */
export class WindWindows {
	readonly #history = new WindHistory();
	readonly #speed2: Slot;
	readonly #direction2: Slot;
	readonly #speed10: Slot;
	readonly #direction10: Slot;
	readonly #gust10: Slot;
	readonly #gustDirection10: Slot;
	readonly #gustAge10: Slot;
	readonly #from10: Slot;
	readonly #to10: Slot;
	readonly #summary: WindSummary = {
		speed: Number.NaN,
		vectorSpeed: Number.NaN,
		direction: Number.NaN,
		gust: Number.NaN,
		gustDirection: Number.NaN,
		gustAt: 0 as Ticks,
		directionFrom: Number.NaN,
		directionTo: Number.NaN,
	};

	constructor(channels: ChannelTable) {
		this.#speed2 = new Slot(channels, "windSpeed2Minutes");
		this.#direction2 = new Slot(channels, "windDirection2Minutes");
		this.#speed10 = new Slot(channels, "windSpeed10Minutes");
		this.#direction10 = new Slot(channels, "windDirection10Minutes");
		this.#gust10 = new Slot(channels, "windGust10Minutes");
		this.#gustDirection10 = new Slot(channels, "windGustDirection10Minutes");
		this.#gustAge10 = new Slot(channels, "windGustAge10Minutes");
		this.#from10 = new Slot(channels, "windDirectionFrom10Minutes");
		this.#to10 = new Slot(channels, "windDirectionTo10Minutes");
	}

	/** The wind of one round, as `WindListener` has it. */
	add(speed: number, direction: number, duration: number, now: Ticks): void {
		this.#history.add(speed, direction, duration, now);
	}

	/** Fills in the wind over the windows that end now. */
	fill(observation: Observation, now: Ticks): void {
		const summary = this.#summary;
		this.#summarize(twoMinutes, now);
		this.#speed2.put(observation, summary.speed);
		this.#direction2.put(observation, summary.direction, this.#reasonOfDirection());
		this.#summarize(tenMinutes, now);
		const reason = this.#reasonOfDirection();
		this.#speed10.put(observation, summary.speed);
		this.#direction10.put(observation, summary.direction, reason);
		this.#gust10.put(observation, summary.gust);
		this.#gustDirection10.put(observation, summary.gustDirection, reason);
		const age = Number.isNaN(summary.gust) ? Number.NaN : (now - summary.gustAt) / 1000;
		this.#gustAge10.put(observation, age);
		this.#from10.put(observation, summary.directionFrom, reason);
		this.#to10.put(observation, summary.directionTo, reason);
	}

	/** Makes everything missing when samples cover too little of the window. */
	#summarize(windowMs: number, now: Ticks): void {
		const summary = this.#summary;
		if (this.#history.summarize(windowMs, summary, now)) return;
		summary.speed = Number.NaN;
		summary.vectorSpeed = Number.NaN;
		summary.direction = Number.NaN;
		summary.gust = Number.NaN;
		summary.gustDirection = Number.NaN;
		summary.directionFrom = Number.NaN;
		summary.directionTo = Number.NaN;
	}

	/** A direction is missing for want of wind when the vector is known, else for want of samples. */
	#reasonOfDirection(): number {
		return reasonCode(Number.isNaN(this.#summary.vectorSpeed) ? "coverage" : "calm");
	}
}
