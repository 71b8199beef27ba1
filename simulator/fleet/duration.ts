const unitMs: Readonly<Record<string, number>> = Object.freeze({
	ms: 1,
	s: 1_000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
});

/** A duration: ms, or a text such as "250ms", "30s", "10m", "2h" or "1.5d". */
export type Duration = number | string;

/** What a duration may look like. */
export const durationPattern = "^\\d+(\\.\\d+)?(ms|s|m|h|d)$";

const pattern = new RegExp(
	durationPattern.replace("^", "^(?<value>").replace("(ms", ")(?<unit>ms"),
);

/**
 * A duration in ms.
 *
 * @throws {RangeError} one line: what stands there, and what was expected
 */
export function milliseconds(duration: Duration): number {
	if (typeof duration === "number") {
		if (duration >= 0 && duration < Number.POSITIVE_INFINITY) return duration;
	} else {
		const { value, unit } = pattern.exec(duration)?.groups ?? {};
		if (value !== undefined) return Number(value) * unitMs[unit!]!;
	}
	throw new RangeError(
		`duration: got ${JSON.stringify(duration)}; expected ms, or a text such as "250ms", "30s", "10m", "2h" or "1d"`,
	);
}
