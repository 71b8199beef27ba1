import { smoothstep } from "./noise.ts";
import { solarHour } from "./sun.ts";

const emptyV = 3.7;
const fullV = 4.1;
const sunriseHour = 7;
const sunsetHour = 17;

/** Voltage of a lithium cell that the sun charges from 7 to 17 hours of local solar time. */
export function batteryVoltage(time: number, longitude: number): number {
	const hour = solarHour(time, longitude);
	const isDay = hour >= sunriseHour && hour < sunsetHour;
	const sinceSunset = (hour - sunsetHour + 24) % 24;
	const charge = isDay
		? (hour - sunriseHour) / (sunsetHour - sunriseHour)
		: 1 - sinceSunset / (24 - sunsetHour + sunriseHour);
	return emptyV + (fullV - emptyV) * smoothstep(charge);
}
