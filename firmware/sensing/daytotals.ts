import { type Observation, TimeQuality } from "../base/observation.ts";
import { QualityFlag } from "../base/quality.ts";
import type { KeyValue } from "../ports/storage.ts";
import { type ChannelTable, reasonCode } from "./channel.ts";
import { Slot } from "./slot.ts";

const secondsPerDay = 86_400;
const storageKey = "daytotals";
const storedVersion = 1;
/** Version; then of each total the day (4) and the amount (8). */
const headBytes = 1;
const totalBytes = 12;
/** Seconds of observations between two writes of what changes all the time. */
const saveSeconds = 600;

/** A quantity that adds up over the day. */
interface Source {
	/** Name of the channel, and how the totals of it begin. */
	readonly channel: string;
	readonly total: string;
	/** What one unit of the channel adds in a second; 0 for a channel that is a sum already. */
	readonly perSecond: number;
}

/**
 * What is summed. Erythemal dose: a UV index of 1 is 25 mW/m², one SED 100 J/m² (ISO/CIE 17166).
 * The order is that of the stored form: add at the end only.
 */
const sources: readonly Source[] = Object.freeze([
	Object.freeze({ channel: "precipitation", total: "precipitation", perSecond: 0 }),
	Object.freeze({ channel: "illuminance", total: "luminousExposure", perSecond: 1 / 3_600 }),
	Object.freeze({ channel: "uvIndex", total: "erythemalDose", perSecond: 0.025 / 100 }),
	Object.freeze({ channel: "solarIrradiance", total: "solarExposure", perSecond: 1e-6 }),
]);

/** Days begin at midnight UTC, and at midnight of the station's own standard time. */
const suffixes: readonly string[] = Object.freeze(["SinceMidnightUtc", "SinceMidnightLocal"]);

/** The channel that a total needs, by the name of the total. */
export const totalNeeds: Readonly<Record<string, string>> = Object.freeze(
	Object.fromEntries(
		sources.flatMap(({ channel, total }) => suffixes.map((suffix) => [total + suffix, channel])),
	),
);

/** One total of a station. */
class Total {
	/** Days since 1970 in the time of this total; -1 before the first. */
	day = -1;
	amount = 0;
	/** Whether some of the day is not in it. */
	isIncomplete = false;
	readonly slot: Slot;
	readonly source: number;
	readonly perSecond: number;
	readonly offsetSeconds: number;

	constructor(slot: Slot, source: number, perSecond: number, offsetSeconds: number) {
		this.slot = slot;
		this.source = source;
		this.perSecond = perSecond;
		this.offsetSeconds = offsetSeconds;
	}
}

/**
 * Totals since midnight. An observation belongs to the day in which its window begins, so that the
 * one that ends at midnight has the total of the whole day.
 *
 * Totals are kept over a reboot: rain with each observation that has any, the others each ten
 * minutes. A total that lacks a part of its day is flagged as incomplete: the station was off, a
 * sensor failed, or the clock was not set.
 */
export class DayTotals {
	/** Writes that the key-value store did not take. */
	unsaved = 0;
	readonly #totals: readonly Total[];
	readonly #keyValue: KeyValue;
	/** End of the window of the last observation, UTC seconds. */
	#end = Number.NaN;
	#savedAt = Number.NEGATIVE_INFINITY;

	/**
	 * @param utcOffsetSeconds  local standard time minus UTC
	 * @param keyValue          where totals survive a reboot
	 */
	constructor(channels: ChannelTable, utcOffsetSeconds: number, keyValue: KeyValue) {
		this.#keyValue = keyValue;
		this.#totals = sources.flatMap(({ channel, total, perSecond }) =>
			suffixes.map((suffix, index) => {
				const slot = new Slot(channels, total + suffix);
				return new Total(slot, channels.indexOf(channel), perSecond, index * utcOffsetSeconds);
			}),
		);
		this.#load();
	}

	fill(observation: Observation): void {
		const { startSeconds, periodSeconds, timeQuality } = observation;
		const isKnown = timeQuality !== TimeQuality.Unknown;
		let hasRain = false;
		for (let index = 0; index < this.#totals.length; index++) {
			const total = this.#totals[index]!;
			if (!total.slot.isFitted) continue;
			if (!isKnown) {
				total.slot.put(observation, Number.NaN, reasonCode("clock"));
				continue;
			}
			const added = this.#add(total, observation);
			hasRain ||= added > 0 && total.perSecond === 0;
			total.slot.put(observation, total.amount);
			if (total.isIncomplete) total.slot.flag(observation, QualityFlag.Incomplete);
		}
		if (!isKnown) return;
		this.#end = startSeconds + periodSeconds;
		if (hasRain || Math.abs(this.#end - this.#savedAt) >= saveSeconds) this.#save();
	}

	/** Returns what was added. */
	#add(total: Total, { startSeconds, periodSeconds, values }: Observation): number {
		const local = startSeconds + total.offsetSeconds;
		const day = Math.floor(local / secondsPerDay);
		if (day !== total.day) {
			total.day = day;
			total.amount = 0;
			total.isIncomplete = local % secondsPerDay !== 0 && startSeconds !== this.#end;
		} else if (startSeconds !== this.#end) {
			total.isIncomplete = true;
		}
		const value = values[total.source]!;
		if (Number.isNaN(value)) {
			total.isIncomplete = true;
			return 0;
		}
		const added = total.perSecond === 0 ? value : value * periodSeconds * total.perSecond;
		total.amount += added;
		return added;
	}

	#load(): void {
		const stored = this.#read();
		const length = headBytes + this.#totals.length * totalBytes;
		if (stored?.length !== length || stored[0] !== storedVersion) return;
		const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
		this.#totals.forEach((total, index) => {
			const at = headBytes + index * totalBytes;
			total.day = view.getInt32(at);
			total.amount = view.getFloat64(at + 4);
			total.isIncomplete = true;
		});
	}

	#read(): Uint8Array | undefined {
		try {
			return this.#keyValue.read(storageKey);
		} catch {
			return undefined;
		}
	}

	/** Totals that cannot be stored are lost with the next reboot, and flagged after it. */
	#save(): void {
		this.#savedAt = this.#end;
		const stored = new Uint8Array(headBytes + this.#totals.length * totalBytes);
		stored[0] = storedVersion;
		const view = new DataView(stored.buffer);
		this.#totals.forEach(({ day, amount }, index) => {
			const at = headBytes + index * totalBytes;
			view.setInt32(at, day);
			view.setFloat64(at + 4, amount);
		});
		try {
			this.#keyValue.write(storageKey, stored);
		} catch {
			this.unsaved += 1;
		}
	}
}
