/**
 * Pulses between two readings of a signed 32-bit counter that wraps.
 *
 * @returns 0 or more; negative when the counter stands before where it was, which means that it was
 *   reset: no switch closes two thousand million times between two samples
 */
export function pulsesBetween(before: number, after: number): number {
	return (after - before) | 0;
}
