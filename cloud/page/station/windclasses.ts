import type { Loaded } from "./series.ts";
import type { Span } from "./span.ts";

/** Upper ends of the classes of speed, m/s; the last has none. */
export const windClasses = [2, 5, 8, 12] as const;
export const sectors = 16;

/** How often the wind came from where and how strong, in shares of all steps that have a wind. */
export interface Rose {
	/** By sector from north clockwise, by class of speed. */
	readonly shares: readonly (readonly number[])[];
	/** Share of steps whose direction is missing because there was no wind to speak of. */
	readonly calm: number;
	readonly steps: number;
}

/** Counts the steps in a span. The direction of a step is the mean of its vectors. */
export function roseOf({ time, channels }: Loaded, span: Span): Rose {
	const counts = Array.from({ length: sectors }, () =>
		new Array<number>(windClasses.length + 1).fill(0),
	);
	const speeds = channels.windSpeed?.mean ?? [];
	const directions = channels.windDirection?.mean ?? [];
	let steps = 0;
	let calm = 0;
	for (const [index, start] of time.entries()) {
		const speed = speeds[index];
		if (start < span.from || start >= span.to || typeof speed !== "number") continue;
		steps += 1;
		const from = directions[index];
		if (typeof from !== "number") calm += 1;
		else counts[Math.round(from / (360 / sectors)) % sectors]![classOf(speed)]! += 1;
	}
	const share = (count: number): number => (steps === 0 ? 0 : count / steps);
	return { shares: counts.map((row) => row.map(share)), calm: share(calm), steps };
}

function classOf(speed: number): number {
	const found = windClasses.findIndex((end) => speed < end);
	return found < 0 ? windClasses.length : found;
}
