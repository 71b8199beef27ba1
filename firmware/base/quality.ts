/** What is odd about a value: bits that travel with it. A flagged value is still a value. */
export const QualityFlag = Object.freeze({
	/** Outside what the site allows. */
	Range: 1,
	/** Changed by more than nature does in a minute. */
	Step: 2,
	/** Has changed by less than nature does in an hour. */
	Persistence: 4,
	/** Contradicts another channel of the same observation, or the sun. */
	Consistency: 8,
	/** A total over a time of which a part is not known. */
	Incomplete: 16,
} as const);

/** The name of a flag as it stands in archives. */
export type QualityName = "range" | "step" | "persistence" | "consistency" | "incomplete";

const names: readonly (readonly [bit: number, name: QualityName])[] = Object.freeze([
	Object.freeze([QualityFlag.Range, "range"] as const),
	Object.freeze([QualityFlag.Step, "step"] as const),
	Object.freeze([QualityFlag.Persistence, "persistence"] as const),
	Object.freeze([QualityFlag.Consistency, "consistency"] as const),
	Object.freeze([QualityFlag.Incomplete, "incomplete"] as const),
]);

/** The names of the bits in `flags`; bits of a later version have none. */
export function qualityNames(flags: number): QualityName[] {
	return names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
}
