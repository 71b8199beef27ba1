/** The moment `duration` milliseconds after `from`; keeps the brand of `from`. */
export function after<Moment extends number>(from: Moment, duration: number): Moment {
	return (from + duration) as Moment;
}

/** A deadline that never comes. */
export const never = Number.POSITIVE_INFINITY;
