import { readFileSync } from "node:fs";
import { Observation, ObservationRun, TimeQuality } from "../firmware/base/observation.ts";
import { ChannelIndex, ChannelTable, reasonCode } from "../firmware/sensing/channel.ts";

const recordFile = "simulator/weather/data/surfrad-alamosa-2016-01-01.csv";
/** 2016-01-01T00:00:00Z. */
const daySeconds = 1_451_606_400;
const minuteSeconds = 60;
const calmMps = 0.5;

/** The channels of a station with the seven core channels. */
export const dayChannels = new ChannelTable([], []);

/** Numbers 0 <= x < 1 that are the same in every run. */
function* chance(seed: number): Generator<number, never> {
	for (let state = seed; ; ) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		yield state / 2 ** 32;
	}
}

/**
 * The recorded day as 1,440 one-minute observations of the seven core channels, with 9-digit
 * sequence numbers. Not recorded, hence modelled: gusts of 1.2 to 1.6 times the mean speed, and two
 * hours of showers that tip a 0.2794 mm bucket in every third minute.
 */
export function recordedDay(): Observation[] {
	const random = chance(1);
	return readFileSync(recordFile, "utf8")
		.trim()
		.split("\n")
		.slice(1)
		.map((line, row) => {
			const [temperature, humidity, speed, direction, pressureHpa] = line
				.split(",")
				.slice(1)
				.map(Number) as [number, number, number, number, number];
			const gust = speed * (1.2 + 0.4 * random.next().value);
			const isTip = row >= 600 && row < 720 && random.next().value < 1 / 3;
			const isCalm = speed < calmMps;
			const observation = new Observation();
			observation.sequence = 123_456_789 + row;
			observation.startSeconds = daySeconds + row * minuteSeconds;
			observation.periodSeconds = minuteSeconds;
			observation.timeQuality = TimeQuality.Synchronised;
			observation.values.set([
				temperature,
				humidity,
				pressureHpa * 100,
				speed,
				gust,
				isCalm ? Number.NaN : direction,
				isTip ? 0.2794 : 0,
			]);
			if (isCalm) observation.reasons[ChannelIndex.windDirection] = reasonCode("calm");
			return observation;
		});
}

/** The day in runs of so many observations, as reports are cut from it. */
export function runsOf(day: readonly Observation[], perReport: number): ObservationRun[] {
	const runs: ObservationRun[] = [];
	for (let first = 0; first < day.length; first += perReport) {
		const run = new ObservationRun(dayChannels.length);
		for (const observation of day.slice(first, first + perReport)) run.add(observation);
		runs.push(run);
	}
	return runs;
}
