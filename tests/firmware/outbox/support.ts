import { Observation, ObservationRun, TimeQuality } from "../../../firmware/base/observation.ts";
import { Limits } from "../../../firmware/limits.ts";

/** What an observation of this sequence looks like; derived from nothing else. */
export function observe(
	sequence: number,
	timeQuality: TimeQuality = TimeQuality.Synchronised,
	into = new Observation(),
): Observation {
	into.clear();
	into.sequence = sequence;
	into.startSeconds = startOf(sequence, timeQuality);
	into.periodSeconds = 60;
	into.timeQuality = timeQuality;
	for (let channel = 0; channel < 7; channel++) {
		if ((sequence + channel) % 5 === 0) into.reasons[channel] = 1 + (sequence % 9);
		else into.values[channel] = Math.fround(sequence / 7 + channel);
	}
	if (sequence % 3 === 0)
		into.flags[sequence % 7] = Number.isNaN(into.values[sequence % 7]) ? 0 : 5;
	if (sequence % 11 === 0) for (let c = 7; c < Limits.channels; c++) into.values[c] = c;
	return into;
}

/** Boot-relative where the clock is not set. */
export function startOf(sequence: number, timeQuality: TimeQuality): number {
	const start = sequence * 60;
	return timeQuality === TimeQuality.Unknown ? start : 1_700_000_000 + start;
}

/** Observation `index` of a run, as one that can be compared. */
function pick(run: ObservationRun, index: number, into = new Observation()): Observation {
	into.clear();
	into.sequence = run.firstSequence + index;
	into.startSeconds = run.startSeconds + index * run.periodSeconds;
	into.periodSeconds = run.periodSeconds;
	into.timeQuality = run.timeQuality;
	for (let channel = 0; channel < Limits.channels; channel++) {
		into.values[channel] = run.values[channel * Limits.observationsPerReport + index]!;
		into.reasons[channel] = run.reasons[channel * Limits.observationsPerReport + index]!;
		into.flags[channel] = run.flags[channel * Limits.observationsPerReport + index]!;
	}
	return into;
}

/** Whether two observations are the same in every field. */
export function same(one: Observation, other: Observation): boolean {
	for (let channel = 0; channel < Limits.channels; channel++) {
		if (!Object.is(one.values[channel], other.values[channel])) return false;
		if (one.reasons[channel] !== other.reasons[channel]) return false;
		if (one.flags[channel] !== other.flags[channel]) return false;
	}
	return (
		one.sequence === other.sequence &&
		one.startSeconds === other.startSeconds &&
		one.periodSeconds === other.periodSeconds &&
		one.timeQuality === other.timeQuality
	);
}

/** Reads everything that waits, oldest first, and acknowledges nothing. */
export function list(
	outbox: { peek(from: number, limit: number, into: ObservationRun): number },
	run = new ObservationRun(),
): Observation[] {
	const observations: Observation[] = [];
	let from = 0;
	for (;;) {
		const count = outbox.peek(from, Limits.observationsPerReport, run);
		if (count === 0) return observations;
		for (let index = 0; index < count; index++) observations.push(pick(run, index));
		from = run.firstSequence + count;
	}
}
