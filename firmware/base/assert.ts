/**
 * Ends the machine on a programmer's error. On the chip the abort hook saves a crash record and
 * the station restarts. Never used for anything that comes from outside.
 *
 * @throws {Error} when `condition` does not hold
 */
export function assert(condition: boolean, message: string): asserts condition {
	if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Marks the branch of a switch that the compiler has shown cannot be reached. */
export function unreachable(value: never): never {
	throw new Error(`unreachable: ${String(value)}`);
}
