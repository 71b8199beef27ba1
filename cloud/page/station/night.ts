import type { Epoch } from "../../../firmware/ports/clock.ts";
import { sunPosition } from "../../../firmware/sensing/sun.ts";
import { degree } from "../../../firmware/sensing/units.ts";
import type { Span } from "./span.ts";

/** Degrees. */
export interface Place {
	readonly latitude: number;
	readonly longitude: number;
}

/** Elevation of the sun's centre at sunrise and sunset, with refraction, in degrees. */
const horizon = -0.833;
const stepSeconds = 300;

/** When the sun is down at a place, within a span, to five minutes. */
export function nights(span: Span, latitude: number, longitude: number): readonly Span[] {
	const found: { from: number; to: number }[] = [];
	const sun = { elevation: degree(0), azimuth: degree(0) };
	const first = Math.floor(span.from / stepSeconds) * stepSeconds;
	for (let time = first; time < span.to; time += stepSeconds) {
		const middle = (time + stepSeconds / 2) * 1000;
		sunPosition(middle as Epoch, degree(latitude), degree(longitude), sun);
		if (sun.elevation >= horizon) continue;
		const last = found.at(-1);
		if (last?.to === time) last.to = time + stepSeconds;
		else found.push({ from: time, to: time + stepSeconds });
	}
	return found;
}
