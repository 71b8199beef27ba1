/**
 * Checks one number of a driver's configuration.
 *
 * @throws {RangeError} with one line that names the part, the option and what was expected
 */
export function checkRange(what: string, value: number, minimum: number, maximum: number): void {
	if (!(value >= minimum && value <= maximum)) {
		throw new RangeError(`${what}: expected ${minimum}..${maximum}, got ${String(value)}`);
	}
}

/**
 * Finds an option among the settings that the part has.
 *
 * @returns its index, which is how the data sheets number them
 * @throws {RangeError} with one line that names the part, the option and what was expected
 */
export function settingOf<T>(what: string, value: T, settings: readonly T[]): number {
	const index = settings.indexOf(value);
	if (index < 0) {
		throw new RangeError(`${what}: expected one of ${settings.join(", ")}, got ${String(value)}`);
	}
	return index;
}
