/**
 * What turns a raw value of a sensor into the right one: `gain × raw + offset`, or a polynomial
 * `c0 + c1 × raw + c2 × raw² …`, in the unit of the channel.
 */
export type Calibration =
	| { readonly offset?: number; readonly gain?: number }
	| { readonly polynomial: readonly number[] };

/** Coefficients of a polynomial at most: the fourth degree. */
const coefficientsMaximum = 5;

/**
 * The coefficients of a calibration, the constant one first.
 *
 * @throws {Error} with one line when it cannot be: no number, all values mapped to one, or too many
 *   coefficients
 */
export function coefficientsOf(calibration: Calibration): readonly number[] {
	const coefficients =
		"polynomial" in calibration
			? calibration.polynomial
			: [calibration.offset ?? 0, calibration.gain ?? 1];
	if (!Array.isArray(coefficients) || coefficients.length > coefficientsMaximum) {
		throw new Error(`expected up to ${coefficientsMaximum} coefficients`);
	}
	if (!coefficients.every((value) => Number.isFinite(value))) {
		throw new Error(`expected numbers, got ${coefficients.join(", ")}`);
	}
	if (coefficients.slice(1).every((value) => value === 0)) {
		throw new Error("expected more than a constant");
	}
	return Object.freeze([...coefficients]);
}

/** Applies a calibration, by Horner's scheme. Allocates nothing. */
export function calibrate(raw: number, coefficients: readonly number[]): number {
	let value = 0;
	for (let power = coefficients.length - 1; power >= 0; power--) {
		value = value * raw + coefficients[power]!;
	}
	return value;
}
