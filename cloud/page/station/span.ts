/** A stretch of time in view: `from <= time < to`, seconds since 1970. */
export interface Span {
	readonly from: number;
	readonly to: number;
}

/** What people ask for, from an hour to a year. */
export const ranges = [
	["1h", "1 h", 3_600],
	["6h", "6 h", 21_600],
	["24h", "24 h", 86_400],
	["7d", "7 d", 604_800],
	["30d", "30 d", 2_592_000],
	["1y", "1 y", 31_536_000],
] as const;

export type RangeName = (typeof ranges)[number][0];

/** Less than this has nothing to show; more than this nobody has measured. */
const shortest = 120;
const longest = 3 * 31_536_000;

/** Another length around a point that stays where it is; `share` is where in the span it is, 0..1. */
export function zoomed({ from, to }: Span, factor: number, share = 0.5): Span {
	const length = Math.min(longest, Math.max(shortest, (to - from) / factor));
	const fixed = from + (to - from) * share;
	return { from: fixed - length * share, to: fixed + length * (1 - share) };
}

/** The same length, moved by a share of it. */
export function moved({ from, to }: Span, share: number): Span {
	const by = (to - from) * share;
	return { from: from + by, to: to + by };
}

/** Keeps a span from leaving what there is by more than a tenth of itself. */
export function bounded(span: Span, bounds: Span): Span {
	const length = span.to - span.from;
	const slack = length / 10;
	if (span.to > bounds.to + slack)
		return { from: bounds.to + slack - length, to: bounds.to + slack };
	const earliest = Math.min(bounds.from, bounds.to - length) - slack;
	if (span.from < earliest) return { from: earliest, to: earliest + length };
	return span;
}

/** What is loaded around a span so that it can be moved before anything is asked for again. */
export function padded({ from, to }: Span, bounds: Span): Span {
	const length = to - from;
	return {
		from: Math.floor(Math.max(Math.min(bounds.from, to - 1), from - length)),
		to: Math.ceil(Math.max(Math.min(bounds.to, to + length), from + 1)),
	};
}

/** Whether loaded steps are good for a span: all of it is there, and neither too coarse nor far too fine. */
export function serves(
	loaded: Span & { readonly step: number },
	span: Span,
	bounds: Span,
	points: number,
): boolean {
	const from = Math.max(span.from, bounds.from);
	const to = Math.min(span.to, bounds.to);
	const length = span.to - span.from;
	const isThere = loaded.from <= from && loaded.to >= to;
	// Steps snap to round lengths, the next of which may be three times as long.
	const isFine = loaded.step <= Math.max(1, (length / points) * 3);
	return isThere && isFine;
}
