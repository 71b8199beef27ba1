import { Observation, ObservationRun, TimeQuality } from "../../../firmware/base/observation.ts";
import { Limits } from "../../../firmware/limits.ts";

/** Not looked up in the sandbox of jest each time: that takes longer than all the rest. */
const { is } = Object;
const { fround } = Math;
const { channels, observationsPerReport } = Limits;

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
		else into.values[channel] = fround(sequence / 7 + channel);
	}
	if (sequence % 3 === 0)
		into.flags[sequence % 7] = Number.isNaN(into.values[sequence % 7]) ? 0 : 5;
	if (sequence % 11 === 0) for (let c = 7; c < channels; c++) into.values[c] = c;
	return into;
}

/** Boot-relative where the clock is not set. */
export function startOf(sequence: number, timeQuality: TimeQuality): number {
	const start = sequence * 60;
	return timeQuality === TimeQuality.Unknown ? start : 1_700_000_000 + start;
}

/** Observation `index` of a run, as one that can be compared. */
function pick(run: ObservationRun, index: number, into: Observation): Observation {
	into.clear();
	into.sequence = run.firstSequence + index;
	into.startSeconds = run.startSeconds + index * run.periodSeconds;
	into.periodSeconds = run.periodSeconds;
	into.timeQuality = run.timeQuality;
	for (let channel = 0; channel < channels; channel++) {
		into.values[channel] = run.values[channel * observationsPerReport + index]!;
		into.reasons[channel] = run.reasons[channel * observationsPerReport + index]!;
		into.flags[channel] = run.flags[channel * observationsPerReport + index]!;
	}
	return into;
}

/** Whether two observations are the same in every field. */
export function same(one: Observation, other: Observation): boolean {
	for (let channel = 0; channel < channels; channel++) {
		if (!is(one.values[channel], other.values[channel])) return false;
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

interface Readable {
	peek(from: number, limit: number, into: ObservationRun): number;
}

const run = new ObservationRun();
const picked = new Observation();

/**
 * Reads everything that waits, oldest first, and acknowledges nothing.
 *
 * @param visit  sees one observation after the other, in the same object
 */
export function visit(outbox: Readable, visit: (observation: Observation) => void): void {
	let from = 0;
	for (;;) {
		const count = outbox.peek(from, observationsPerReport, run);
		if (count === 0) return;
		for (let index = 0; index < count; index++) visit(pick(run, index, picked));
		from = run.firstSequence + count;
	}
}

/** Sequences of everything that waits, oldest first. */
export function list(outbox: Readable): number[] {
	const sequences: number[] = [];
	visit(outbox, ({ sequence }) => sequences.push(sequence));
	return sequences;
}

/** Copies of everything that waits, oldest first. */
export function read(outbox: Readable): Observation[] {
	const observations: Observation[] = [];
	visit(outbox, () => observations.push(structuredClone(picked)));
	return observations;
}
