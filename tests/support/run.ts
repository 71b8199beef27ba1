import { Observation, ObservationRun, TimeQuality } from "../../firmware/base/observation.ts";

/** What a run is made of: for each observation, the values by channel index; null is missing. */
export interface RunInput {
	readonly firstSequence?: number;
	readonly startSeconds?: number;
	readonly periodSeconds?: number;
	readonly timeQuality?: TimeQuality;
	/**
	 * A column for each channel index; a pair is a missing value with its reason code, or a value with
	 * its flags.
	 */
	readonly columns: Readonly<
		Record<number, readonly (number | readonly [value: number | null, note: number])[]>
	>;
	readonly count?: number;
}

/** Builds a run through `ObservationRun.add`, as the outbox does. */
export function makeRun(input: RunInput): ObservationRun {
	const { columns } = input;
	const count = input.count ?? Math.max(...Object.values(columns).map(({ length }) => length));
	const periodSeconds = input.periodSeconds ?? 5;
	const run = new ObservationRun();
	const observation = new Observation();
	for (let row = 0; row < count; row++) {
		observation.clear();
		observation.sequence = (input.firstSequence ?? 1) + row;
		observation.periodSeconds = periodSeconds;
		observation.startSeconds = (input.startSeconds ?? 0) + row * periodSeconds;
		observation.timeQuality = input.timeQuality ?? TimeQuality.Synchronised;
		for (const [channel, column] of Object.entries(columns)) {
			const entry = column[row];
			const [value, note] = typeof entry === "number" ? [entry, 0] : (entry ?? [null, 0]);
			const notes = value === null ? observation.reasons : observation.flags;
			observation.values[Number(channel)] = value ?? Number.NaN;
			notes[Number(channel)] = note;
		}
		if (!run.add(observation)) throw new Error("the run is full");
	}
	return run;
}
