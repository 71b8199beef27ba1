import type { StationDefinition } from "../../firmware/index.ts";
import { assumed, type ChipFigures, esp32, sensorFigures } from "./figures.ts";

type Cadence = StationDefinition["cadence"];

/** How a station spends its time between two observations. */
export type PowerProfile = "listening" | "modem-sleep" | "deep-sleep";

/** What a station has done in a day. */
export interface DayCounts {
	/** Rounds in which the sensors were sampled. */
	readonly samples: number;
	readonly observations: number;
	readonly reports: number;
	readonly connects: number;
	/** Wake-ups from deep sleep. */
	readonly wakes: number;
	/** With the firmware running, its own work not counted, and with the radio on. */
	readonly awakeMs: number;
	readonly radioMs: number;
	/** MQTT packets to and from the broker: reports, their acknowledgements, and keep-alive. */
	readonly packets: number;
}

/** A profile, and the cadence that it is computed for. */
export interface ProfileDescription {
	readonly profile: PowerProfile;
	readonly title: string;
	/** `undefined` for that of the station. */
	readonly cadence: Cadence | undefined;
}

const minutely: Cadence = Object.freeze({
	sampleSeconds: 60,
	observeSeconds: 60,
	reportSeconds: 600,
});

export const profiles: readonly ProfileDescription[] = Object.freeze([
	{
		profile: "listening",
		title: "mains, radio always listening",
		cadence: undefined,
	},
	{
		profile: "modem-sleep",
		title: "mains, modem sleep",
		cadence: undefined,
	},
	{
		profile: "deep-sleep",
		title: "solar, deep sleep",
		cadence: minutely,
	},
]);

/** One entry of a ledger: the charge of a day. */
export interface Entry {
	readonly name: string;
	readonly mAh: number;
	readonly isSensor: boolean;
}

/** Where the charge of a day goes. */
export interface Ledger {
	readonly entries: readonly Entry[];
	/** The sum. */
	readonly mAh: number;
	/** Sensors that there is no figure for; they are not in the sum. */
	readonly unknown: readonly string[];
}

const hours = 24;
const dayMs = hours * 3_600_000;

/**
 * Computes what a day of a station takes from its battery, at 3.3 V behind the regulator.
 *
 * @param counts  what the station has done in that day
 * @param parts   names of the parts of its sensors
 * @param chip    currents of its chip
 */
export function computeLedger(
	profile: PowerProfile,
	counts: DayCounts,
	parts: readonly string[],
	chip: ChipFigures = esp32,
): Ledger {
	const sensors = parts.flatMap((name) => {
		const figures = sensorFigures[name];
		if (figures === undefined) return [];
		const { standingMa, measureMa, measureMs } = figures;
		const mAh = standingMa * hours + charge(measureMa, counts.samples * measureMs);
		return [{ name, mAh, isSensor: true }];
	});
	const station = stationEntries(profile, counts, chip).map((one) => ({ ...one, isSensor: false }));
	const entries = [...station, ...sensors];
	return {
		entries,
		mAh: entries.reduce((sum, { mAh }) => sum + mAh, 0),
		unknown: parts.filter((name) => sensorFigures[name] === undefined),
	};
}

/** Of the chip and its radio. */
function stationEntries(
	profile: PowerProfile,
	counts: DayCounts,
	{ idleMa, busyMa, receiveMa, sendMa, sleepMa }: ChipFigures,
): Omit<Entry, "isSensor">[] {
	switch (profile) {
		case "listening":
			return [
				{ name: "radio listening", mAh: receiveMa * hours },
				{ name: "sending", mAh: charge(sendMa - receiveMa, counts.packets * assumed.packet) },
			];
		case "modem-sleep": {
			const beacons = (dayMs / assumed.beaconInterval) * assumed.beacon;
			return [
				{ name: "processor", mAh: idleMa * hours },
				{ name: "beacons", mAh: charge(receiveMa - idleMa, beacons) },
				{ name: "sending", mAh: charge(sendMa - idleMa, counts.packets * assumed.packet) },
			];
		}
		case "deep-sleep": {
			const { wakes, observations, connects, awakeMs, radioMs } = counts;
			const work = wakes * assumed.boot + observations * assumed.observe;
			const wakeMs = work + awakeMs - radioMs;
			const reportMs = radioMs + connects * assumed.connect;
			return [
				{ name: "asleep", mAh: charge(sleepMa, dayMs - wakeMs - reportMs) },
				{ name: "observing", mAh: charge(busyMa, wakeMs) },
				{ name: "connecting and reporting", mAh: charge(receiveMa, reportMs) },
				{ name: "sending", mAh: charge(sendMa - receiveMa, counts.packets * assumed.packet) },
			];
		}
	}
}

/** mAh of a current over some milliseconds. */
function charge(mA: number, ms: number): number {
	return (mA * ms) / 3_600_000;
}

/** What can be taken of a lithium cell at the temperatures of a station. */
const usable = 0.8;

/** Days that a charged battery lasts without sun. */
export function daysOf(batteryMah: number, { mAh }: Ledger): number {
	return (batteryMah * usable) / mAh;
}
