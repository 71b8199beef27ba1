import { type Metre, type MetrePerSecond, metre } from "./units.ts";

/** Highest speeds of forces 0 to 11 in m/s, as the scale gives them with one decimal. */
const forceLimits: readonly number[] = Object.freeze([
	0.2, 1.5, 3.3, 5.4, 7.9, 10.7, 13.8, 17.1, 20.7, 24.4, 28.4, 32.6,
]);

/**
 * Force on the Beaufort scale, 0..12; NaN for a speed that is missing or negative.
 *
 * Source: WMO-No. 306 Vol. I.1, code table 1100, 10-minute mean speed at 10 m.
 */
export function beaufort(speed: MetrePerSecond): number {
	if (!(speed >= 0)) return Number.NaN;
	const tenths = Math.round(speed * 10) / 10;
	let force = 0;
	while (force < forceLimits.length && tenths > forceLimits[force]!) force += 1;
	return force;
}

/** The way the air has gone: mean speed over a time in ms. */
export function windRun(meanSpeed: MetrePerSecond, duration: number): Metre {
	return metre((meanSpeed * duration) / 1000);
}
