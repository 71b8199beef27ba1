import { smoothstep, uniform } from "./noise.ts";
import { RecordIndex, recordColumns, type WeatherRecord } from "./record.ts";

const slotMs = 3 * 3_600_000;
const shortestShare = 0.1;
const longestShare = 0.4;
const smallestMm = 0.4;
const largestMm = 6;

/** Streams of the seed. */
const beginStream = 0;
const lengthStream = 1;
const amountStream = 2;

/**
 * Showers, a model: the records have no rain. At most one falls in each three hours of the record
 * (the whole of a shorter one), where the air is at least as humid as on average; it lasts 18 to 72
 * minutes, brings 0.4 to 6 mm, and its rate swells and fades as a parabola. As the record is a loop, so
 * is its rain; no shower crosses the end.
 */
export class Showers {
	readonly #record: WeatherRecord;
	/** Phase in ms, ascending. */
	readonly #begins: readonly number[];
	readonly #lengths: readonly number[];
	/** mm of all showers before this one; the last entry is the total of a loop. */
	readonly #fallen: readonly number[];

	constructor(record: WeatherRecord, seed: number) {
		this.#record = record;
		const begins: number[] = [];
		const lengths: number[] = [];
		const fallen = [0];
		const slots = Math.max(1, Math.floor(record.period / slotMs));
		const slot = record.period / slots;
		const threshold = record.mean(RecordIndex.relativeHumidity);
		const air = new Float64Array(recordColumns);
		for (let index = 0; index < slots; index++) {
			const share =
				shortestShare + (longestShare - shortestShare) * uniform(seed, lengthStream, index);
			const length = slot * share;
			const begin = index * slot + (slot - length) * uniform(seed, beginStream, index);
			record.at(record.start + begin + length / 2, air);
			if (air[RecordIndex.relativeHumidity]! < threshold) continue;
			begins.push(begin);
			lengths.push(length);
			const amount = smallestMm + (largestMm - smallestMm) * uniform(seed, amountStream, index);
			fallen.push(fallen[fallen.length - 1]! + quantise(amount));
		}
		this.#begins = begins;
		this.#lengths = lengths;
		this.#fallen = fallen;
	}

	/** mm fallen from the beginning of the record to `time`, UTC ms; never falls. */
	total(time: number): number {
		const phase = this.#record.phase(time);
		const loops = Math.round((time - phase - this.#record.start) / this.#record.period);
		const fallen = this.#fallen;
		return loops * fallen[fallen.length - 1]! + this.#fallenInLoop(phase);
	}

	#fallenInLoop(phase: number): number {
		let index = this.#begins.length - 1;
		while (index >= 0 && this.#begins[index]! > phase) index -= 1;
		if (index < 0) return 0;
		const before = this.#fallen[index]!;
		const amount = this.#fallen[index + 1]! - before;
		const share = (phase - this.#begins[index]!) / this.#lengths[index]!;
		return before + amount * smoothstep(Math.min(1, share));
	}
}

/** Sums of such amounts are exact for thousands of years, so that no rounding makes a total fall. */
function quantise(amount: number): number {
	return Math.round(amount * 1024) / 1024;
}
