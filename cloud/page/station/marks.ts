import type { Curve } from "./panels.ts";
import type { Loaded } from "./series.ts";

/** A step of a chart that something is said about. */
export interface Mark {
	/** Into the times of the series. */
	readonly index: number;
	readonly curve: Curve;
	/** Flags of values that are there, and reasons of those that are not. */
	readonly flags: readonly string[];
	readonly reasons: readonly string[];
}

/** What is said of values that are missing; `range` is said of both (docs/topics.md §2.4, §2.5). */
const reasonNames: ReadonlySet<string> = new Set(
	"silent nack crc part stuck unplugged wire clock coverage".split(" "),
);

/** Why a direction is missing when nothing is wrong: there is no wind. */
const harmless = "calm";

/** What is said about the values of some curves, in the order of time. */
export function marksOf(curves: readonly Curve[], loaded: Loaded): readonly Mark[] {
	return curves
		.flatMap((curve) => marksOfCurve(curve, loaded))
		.sort((left, right) => left.index - right.index);
}

function marksOfCurve(curve: Curve, { flags, channels }: Loaded): Mark[] {
	const names = new Map<number, string[]>();
	for (const [name, indices] of Object.entries(flags[curve.channel] ?? {})) {
		if (name === harmless) continue;
		for (const index of indices) names.set(index, [...(names.get(index) ?? []), name]);
	}
	const mean = channels[curve.channel]?.mean ?? [];
	return [...names].map(([index, said]) => {
		const isMissing = typeof mean[index] !== "number";
		const isReason = (name: string): boolean => isMissing || reasonNames.has(name);
		return {
			index,
			curve,
			flags: said.filter((name) => !isReason(name)),
			reasons: said.filter(isReason),
		};
	});
}

/** What flags and reasons mean, in few words. docs/topics.md §2.4 and §2.5. */
const words: Readonly<Record<string, string>> = {
	silent: "no sample in time",
	nack: "the sensor does not answer",
	crc: "wrong checksum",
	part: "another part answers",
	range: "out of range",
	stuck: "stuck",
	unplugged: "unplugged",
	wire: "does not fit the report",
	clock: "the time was not known",
	coverage: "too few samples",
	step: "changed too fast",
	persistence: "has not changed for an hour",
	consistency: "contradicts another value",
	incomplete: "part of the day is missing",
};

export const inWords = (name: string): string => words[name] ?? name;
